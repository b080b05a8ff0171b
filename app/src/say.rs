//! Codes, events and moments in words: the one place where each gets its sentence.

use std::time::Duration;

use authtuna::audit::{Activity, Event};
use authtuna::config::Settings;
use authtuna::error::Error;
use authtuna::model::code::{Code, Field};
use authtuna::model::time::Timestamp;
use time::OffsetDateTime;

use crate::error::{Problem, Refusal};
use crate::flash::Notice;
use crate::islands::form::Said;
use crate::words::Lang;

/// An error as a refusal: its codes alone.
pub(crate) fn refusal(error: &Error) -> Refusal {
    let problems =
        error.problems().iter().map(|problem| Problem { field: problem.field, code: problem.code });
    Refusal {
        code: error.code(),
        problems: problems.collect(),
        // Rounded up: whoever waits exactly that long must not come too early.
        retry_after: error
            .wait()
            .map(|wait| u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX)),
        said: Vec::new(),
    }
}

/// A refusal in sentences, each with the field that it belongs beside.
pub(crate) fn said(w: Lang, settings: &Settings, refusal: &Refusal) -> Vec<Said> {
    let say = |field: Option<Field>, code| Said {
        field: field.and_then(input_name).map(str::to_owned),
        text: problem(w, settings, field, code, refusal.retry_after),
    };
    if refusal.problems.is_empty() {
        // Which of the two is wrong is not said; the password is what people type anew.
        let field = (refusal.code == Code::BadCredentials).then_some(Field::Password);
        return vec![say(field, refusal.code)];
    }
    refusal.problems.iter().map(|problem| say(Some(problem.field), problem.code)).collect()
}

/// The `name` of a field's input. None for what nobody types.
fn input_name(field: Field) -> Option<&'static str> {
    match field {
        Field::Identifier => Some("identifier"),
        Field::Username => Some("username"),
        Field::Email => Some("email"),
        Field::Password => Some("password"),
        Field::CurrentPassword => Some("current_password"),
        Field::Code => Some("code"),
        Field::PasswordAgain => Some("password_again"),
        Field::FirstName => Some("first_name"),
        Field::LastName => Some("last_name"),
        Field::Name => Some("name"),
        Field::Token
        | Field::Passkey
        | Field::Session
        | Field::Scope
        | Field::Role
        | Field::Permission
        | Field::Cursor
        | Field::Reason
        | Field::Metadata
        | Field::Description
        | Field::Level
        | Field::User
        | Field::ExpiresAt
        | Field::Event
        | Field::State
        | Field::Limit
        | Field::Skip
        | Field::Since
        | Field::Until => None,
    }
}

/// What is wrong, and what to do about it.
pub(crate) fn problem(
    w: Lang,
    settings: &Settings,
    field: Option<Field>,
    code: Code,
    wait: Option<u64>,
) -> String {
    let sentence = match code {
        Code::Required => match field {
            Some(Field::Identifier) => w.problem_required_identifier(),
            Some(Field::Username) => w.problem_required_username(),
            Some(Field::Email) => w.problem_required_email(),
            Some(Field::Password) => w.problem_required_password(),
            Some(Field::CurrentPassword) => w.problem_required_current_password(),
            Some(Field::Code) => w.problem_required_code(),
            Some(Field::Passkey) => w.problem_required_passkey(),
            _ => w.problem_required(),
        },
        Code::TooLong if field == Some(Field::Username) => w.problem_too_long_username(),
        Code::TooLong => w.problem_too_long(),
        Code::BadCharacters => w.problem_bad_characters(),
        Code::BadCredentials => w.problem_bad_credentials(),
        Code::Suspended => w.problem_suspended(),
        Code::EmailNotVerified => w.problem_email_not_verified(),
        Code::PasswordResetRequired if settings.email.enabled => w.problem_password_reset_required(),
        Code::PasswordResetRequired => w.problem_password_reset_required_no_mail(),
        Code::TooManyAttempts => match wait {
            Some(wait) => return w.problem_too_many_attempts(&in_words(w, Duration::from_secs(wait))),
            None => w.problem_too_many_attempts_later(),
        },
        Code::Busy => match wait {
            Some(wait) => return w.problem_busy(&in_words(w, Duration::from_secs(wait))),
            None => w.problem_busy_later(),
        },
        Code::BadUsername => w.problem_bad_username(),
        Code::UsernameTaken => w.problem_username_taken(),
        Code::BadEmail => w.problem_bad_email(),
        Code::EmailTaken => w.problem_email_taken(),
        Code::EmailDomainNotAllowed => w.problem_email_domain_not_allowed(),
        Code::SignupClosed => w.problem_signup_closed(),
        Code::PasswordTooShort => {
            return w.problem_password_too_short(&settings.passwords.min_length.to_string());
        }
        Code::PasswordTooLong => w.problem_password_too_long(),
        Code::PasswordTooWeak => w.problem_password_too_weak(),
        Code::PasswordCommon => w.problem_password_common(),
        Code::PasswordBreached => w.problem_password_breached(),
        Code::PasswordUnchanged => w.problem_password_unchanged(),
        Code::PasswordMismatch => w.problem_password_mismatch(),
        Code::WrongPassword => w.problem_wrong_password(),
        Code::NotAuthenticated => w.problem_not_authenticated(),
        Code::Forbidden => w.problem_forbidden(),
        Code::NotFound if field == Some(Field::Session) => w.problem_session_gone(),
        Code::NotFound => w.problem_not_found(),
        Code::CrossSite => w.problem_cross_site(),
        Code::BodyTooLarge => w.problem_too_large(),
        Code::StepUpRequired => w.problem_step_up(),
        Code::EnrolmentRequired => w.problem_enrolment(),
        Code::TotpEnabled => w.problem_totp_enabled(),
        Code::TotpNotSetUp => w.problem_totp_not_set_up(),
        Code::NoSecondFactor => w.problem_no_second_factor(),
        Code::BadPasskey => w.problem_bad_passkey(),
        Code::UserVerificationRequired => w.problem_user_verification(),
        Code::PasskeyUnknown => w.problem_passkey_unknown(),
        Code::PasskeyBlocked => w.problem_passkey_blocked(),
        Code::PasskeyExists => w.problem_passkey_exists(),
        Code::TooManyPasskeys => w.problem_too_many_passkeys(),
        Code::LastWayIn => w.problem_last_way_in(),
        Code::BadOtp => w.problem_bad_code(),
        Code::PasswordSet => w.problem_password_set(),
        Code::RecoveryNotStopped => w.problem_recovery_not_stopped(),
        Code::EmailUnchanged => w.problem_email_unchanged(),
        Code::MailOff => w.problem_mail_off(),
        Code::MailDone => w.problem_mail_done(),
        Code::BadToken if field == Some(Field::Passkey) => w.problem_bad_prompt(),
        Code::BadToken => w.problem_bad_token(),
        Code::BadCursor => w.problem_bad_cursor(),
        Code::RoleNotFound => w.problem_role_not_found(),
        Code::PermissionNotFound => w.problem_permission_not_found(),
        Code::UserNotFound => w.problem_user_not_found(),
        Code::GrantNotFound => w.problem_grant_not_found(),
        Code::BadRoleName => w.problem_bad_role_name(),
        Code::RoleExists => w.problem_role_exists(),
        Code::BadPermissionName => w.problem_bad_permission_name(),
        Code::PermissionExists => w.problem_permission_exists(),
        Code::ReservedName => w.problem_reserved_name(),
        Code::BuiltIn => w.problem_built_in(),
        Code::BadLevel => w.problem_bad_level(),
        Code::AboveYourLevel => w.problem_above_your_level(),
        Code::NotYoursToGive => w.problem_not_yours_to_give(),
        Code::AssignCycle => w.problem_assign_cycle(),
        Code::BadExpiry => w.problem_bad_expiry(),
        Code::OutlivesGiver => w.problem_outlives_giver(),
        Code::BadScope => w.problem_bad_scope(),
        Code::Unknown => w.problem_unknown_value(),
        Code::AlreadySetUp => w.problem_already_set_up(),
        Code::FeatureOff => w.problem_feature_off(),
        Code::Unavailable => w.problem_unavailable(),
        Code::MethodNotAllowed
        | Code::UnsupportedMediaType
        | Code::BadRequest
        | Code::WrongType
        | Code::UnknownField
        | Code::NoOffsets => w.problem_bad_request(),
        Code::Internal => w.problem_internal(),
    };
    sentence.to_owned()
}

/// What was done.
pub(crate) fn notice(w: Lang, notice: Notice) -> String {
    match notice {
        Notice::PasswordSet => w.notice_password_set().to_owned(),
        Notice::PasswordChanged => w.notice_password_changed().to_owned(),
        Notice::ProfileSaved => w.notice_profile_saved().to_owned(),
        Notice::ProveFirst => w.notice_prove_first().to_owned(),
        Notice::MailSent => w.notice_mail_sent().to_owned(),
        Notice::EmailConfirmedChoose => w.notice_email_confirmed_choose().to_owned(),
        Notice::Welcome => w.notice_welcome().to_owned(),
        Notice::AccountMade => w.notice_account_made().to_owned(),
        Notice::EmailConfirmed => w.notice_email_confirmed().to_owned(),
        Notice::EmailChanged => w.notice_email_changed().to_owned(),
        Notice::EmailUndone => w.notice_email_undone().to_owned(),
        Notice::PasswordReset => w.notice_password_reset().to_owned(),
        Notice::MfaEnabled => w.notice_mfa_enabled().to_owned(),
        Notice::MfaDisabled => w.notice_mfa_disabled().to_owned(),
        Notice::PasskeyAdded => w.notice_passkey_added().to_owned(),
        Notice::PasskeyRenamed => w.notice_passkey_renamed().to_owned(),
        Notice::PasskeyRemoved => w.notice_passkey_removed().to_owned(),
        Notice::Confirmed => w.notice_confirmed().to_owned(),
        Notice::SessionEnded => w.notice_session_ended().to_owned(),
        Notice::SessionsEnded(count) => w.notice_sessions_ended(count),
        Notice::RecoveryStarted(due) => w.notice_recovery_started(&exactly(w, due).1),
        Notice::RecoveryStopped => w.notice_recovery_stopped().to_owned(),
        Notice::RecoveryStoppedByCode => w.notice_recovery_stopped_by_code().to_owned(),
        Notice::RecoveryFinished => w.notice_recovery_finished().to_owned(),
    }
}

/// How strong a password is, by zxcvbn's score.
pub(crate) fn strength(w: Lang, score: u8) -> &'static str {
    match score {
        0 => w.strength_level_0(),
        1 => w.strength_level_1(),
        2 => w.strength_level_2(),
        3 => w.strength_level_3(),
        _ => w.strength_level_4(),
    }
}

/// The event of a line of activity; None for one that this version does not know.
pub(crate) fn event_of(activity: &Activity) -> Option<Event> {
    Event::ALL.iter().copied().find(|event| event.as_str() == activity.event)
}

/// What happened, to the person whose trail it is.
pub(crate) fn event(w: Lang, activity: &Activity) -> String {
    let Some(event) = event_of(activity) else { return activity.event.clone() };
    let detail = |name: &str| activity.details.get(name).and_then(serde_json::Value::as_str);
    let sentence = match event {
        Event::UserCreated => w.event_user_created(),
        Event::UserUpdated => w.event_user_updated(),
        Event::UserSuspended => w.event_user_suspended(),
        Event::UserUnsuspended => w.event_user_unsuspended(),
        Event::UserDeleted => w.event_user_deleted(),
        Event::LoginSuccess if detail("method") == Some("password") => w.event_login_success(),
        Event::LoginSuccess if detail("method") == Some("passkey") => w.event_login_success_passkey(),
        Event::LoginSuccess => w.event_login_success_other(),
        Event::LoginFailed if detail("method") == Some("passkey") => w.event_login_failed_passkey(),
        Event::LoginFailed => match detail("reason") {
            Some("suspended") => w.event_login_failed_suspended(),
            Some("password_reset_required") => w.event_login_failed_reset(),
            _ => w.event_login_failed(),
        },
        Event::LoginLocked => w.event_login_locked(),
        Event::LoginUnlocked => w.event_login_unlocked(),
        Event::PasswordChanged => w.event_password_changed(),
        Event::PasswordChangeFailed => w.event_password_change_failed(),
        Event::SessionCreated => w.event_session_created(),
        Event::SessionTerminated => w.event_session_terminated(),
        Event::SessionsTerminatedAll => w.event_sessions_terminated_all(),
        Event::SessionInvalidated => w.event_session_invalidated(),
        Event::SessionIpUpdated => w.event_session_ip_updated(),
        Event::RoleAssigned => match detail("role") {
            Some(role) => return w.event_role_assigned_named(role),
            None => w.event_role_assigned(),
        },
        Event::RoleRemoved => match detail("role") {
            Some(role) => return w.event_role_removed_named(role),
            None => w.event_role_removed(),
        },
        Event::RoleCreated => w.event_role_created(),
        Event::RoleUpdated => w.event_role_updated(),
        Event::RoleDeleted => w.event_role_deleted(),
        Event::PermissionCreated => w.event_permission_created(),
        Event::PermissionUpdated => w.event_permission_updated(),
        Event::PermissionDeleted => w.event_permission_deleted(),
        Event::UserRestored => w.event_user_restored(),
        Event::UserRead => w.event_user_read(),
        Event::AuditRead => w.event_audit_read(),
        Event::TokenUsed => w.event_token_used(),
        Event::SignUpRequested => w.event_sign_up_requested(),
        Event::EmailVerificationRequested => w.event_email_verification_requested(),
        Event::EmailVerified => w.event_email_verified(),
        Event::PasswordResetRequested => w.event_password_reset_requested(),
        Event::PasswordResetCompleted => w.event_password_reset_completed(),
        Event::PasswordlessLoginRequested => w.event_passwordless_login_requested(),
        Event::EmailChangeRequested => w.event_email_change_requested(),
        Event::EmailChanged => w.event_email_changed(),
        Event::EmailChangeUndone => w.event_email_change_undone(),
        Event::MfaRequired => w.event_mfa_required(),
        Event::MfaSucceeded => w.event_mfa_succeeded(),
        Event::MfaFailed => w.event_mfa_failed(),
        Event::MfaEnabled => w.event_mfa_enabled(),
        Event::MfaDisabled => w.event_mfa_disabled(),
        Event::BackupCodesRegenerated => w.event_backup_codes_regenerated(),
        Event::PasskeyAdded => w.event_passkey_added(),
        Event::PasskeyRenamed => w.event_passkey_renamed(),
        Event::PasskeyRemoved => w.event_passkey_removed(),
        Event::PasskeyBlocked => w.event_passkey_blocked(),
        Event::DeviceTrusted => w.event_device_trusted(),
        Event::ConfirmationRequested => w.event_confirmation_requested(),
        Event::Confirmed => w.event_confirmed(),
        Event::ConfirmationFailed => w.event_confirmation_failed(),
        Event::CodeFailed => w.event_code_failed(),
        Event::MailRequestsLimited => w.event_mail_requests_limited(),
        Event::MailFailed => w.event_mail_failed(),
        Event::MailRetried => w.event_mail_retried(),
        Event::MailsRead => w.event_mails_read(),
        Event::MailTested => w.event_mail_tested(),
        Event::Provisioned => w.event_provisioned(),
        Event::RecoveryRequested => w.event_recovery_requested(),
        Event::RecoveryStarted => w.event_recovery_started(),
        Event::RecoveryCancelled => w.event_recovery_cancelled(),
        Event::RecoveryHastened => w.event_recovery_hastened(),
        Event::RecoveryCompleted => w.event_recovery_completed(),
        Event::MfaUndone => w.event_mfa_undone(),
    };
    sentence.to_owned()
}

/// A browser and its system, as the core names them.
pub(crate) fn device(w: Lang, name: &str) -> String {
    match name.split_once(" on ") {
        Some((browser, system)) => w.device_on(browser, system),
        None if name.is_empty() || name == "Unknown device" => w.device_unknown().to_owned(),
        None => name.to_owned(),
    }
}

/// City and country, as far as they are known.
pub(crate) fn place(w: Lang, city: Option<&str>, country: Option<&str>) -> Option<String> {
    match (city, country) {
        (Some(city), Some(country)) => Some(w.device_place(city, country)),
        (one, other) => one.or(other).map(str::to_owned),
    }
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const MONTH: u64 = 30 * DAY;
const YEAR: u64 = 365 * DAY;

/// How long ago, to the largest unit that fits.
pub(crate) fn ago(w: Lang, now: Timestamp, at: Timestamp) -> String {
    match now.since(at).as_secs() {
        0..MINUTE => w.time_just_now().to_owned(),
        s @ MINUTE..HOUR => w.time_minutes_ago(s / MINUTE),
        s @ HOUR..DAY => w.time_hours_ago(s / HOUR),
        s @ DAY..MONTH => w.time_days_ago(s / DAY),
        s @ MONTH..YEAR => w.time_months_ago(s / MONTH),
        s => w.time_years_ago(s / YEAR),
    }
}

/// How long, to the largest unit that fits, never too short.
pub(crate) fn in_words(w: Lang, duration: Duration) -> String {
    match duration.as_secs() {
        s @ 0..MINUTE => w.time_seconds(s.max(1)),
        s @ MINUTE..HOUR => w.time_minutes(s.div_ceil(MINUTE)),
        s @ HOUR..DAY => w.time_hours(s.div_ceil(HOUR)),
        s @ DAY..MONTH => w.time_days(s.div_ceil(DAY)),
        s @ MONTH..YEAR => w.time_months(s.div_ceil(MONTH)),
        s => w.time_years(s.div_ceil(YEAR)),
    }
}

/// The moment itself: for a machine (RFC 3339), and for a person, in UTC.
pub(crate) fn exactly(w: Lang, at: Timestamp) -> (String, String) {
    let at = OffsetDateTime::from_unix_timestamp(at.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    let (hour, minute, second) = at.to_hms();
    let name = match month {
        1 => w.time_month_1(),
        2 => w.time_month_2(),
        3 => w.time_month_3(),
        4 => w.time_month_4(),
        5 => w.time_month_5(),
        6 => w.time_month_6(),
        7 => w.time_month_7(),
        8 => w.time_month_8(),
        9 => w.time_month_9(),
        10 => w.time_month_10(),
        11 => w.time_month_11(),
        _ => w.time_month_12(),
    };
    let machine = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
    let clock = format!("{hour:02}:{minute:02}");
    (machine, w.time_exact(&clock, &day.to_string(), name, &year.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_the_largest_unit_that_fits() {
        let now = Timestamp::from_micros(1_800_000_000_000_000);
        let ago = |seconds| ago(Lang::En, now, now.minus(Duration::from_secs(seconds)));
        assert_eq!(ago(59), "just now");
        assert_eq!(ago(61), "1 minute ago");
        assert_eq!(ago(2 * HOUR + 5), "2 hours ago");
        assert_eq!(ago(29 * DAY), "29 days ago");
        assert_eq!(ago(800 * DAY), "2 years ago");
        let (machine, person) = exactly(Lang::En, now);
        assert_eq!(machine, "2027-01-15T08:00:00Z");
        assert_eq!(person, "Jan 15, 2027, 08:00 UTC");
    }

    #[test]
    fn nobody_is_told_to_come_back_too_early() {
        let words = |seconds| in_words(Lang::En, Duration::from_secs(seconds));
        assert_eq!(words(0), "1 second");
        assert_eq!(words(1), "1 second");
        assert_eq!(words(61), "2 minutes");
        assert_eq!(words(1800), "30 minutes");
        assert_eq!(words(7 * DAY), "7 days");
        assert_eq!(words(365 * DAY), "1 year");
    }
}
