//! Why something was refused, in words.

use std::time::Duration;

use authtuna::foundation::config::Settings;
use authtuna::foundation::error::Error;
use authtuna::model::code::{Code, Field};

use super::in_words;
use crate::error::{Problem, Refusal};
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
        Code::RecoveryTooSoon => {
            let wait = Duration::from_secs(wait.unwrap_or_default());
            return w.problem_recovery_too_soon(&in_words(w, wait));
        }
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
