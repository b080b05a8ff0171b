//! Why something was refused, in words.

use std::time::Duration;

use authtuna::foundation::config::Settings;
use authtuna::foundation::error::Error;
use authtuna::model::code::{Code, Field};

use super::in_words;
use crate::error::{Problem, Refusal};
use crate::form_messages::FormMessage;
use crate::i18n::Lang;

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
pub(crate) fn said(t: Lang, settings: &Settings, refusal: &Refusal) -> Vec<FormMessage> {
    let say = |field: Option<Field>, code| FormMessage {
        field: field.and_then(input_name).map(str::to_owned),
        text: problem(t, settings, field, code, refusal.retry_after),
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
    t: Lang,
    settings: &Settings,
    field: Option<Field>,
    code: Code,
    wait: Option<u64>,
) -> String {
    let sentence = match code {
        Code::Required => match field {
            Some(Field::Identifier) => t.problem_required_identifier(),
            Some(Field::Username) => t.problem_required_username(),
            Some(Field::Email) => t.problem_required_email(),
            Some(Field::Password) => t.problem_required_password(),
            Some(Field::CurrentPassword) => t.problem_required_current_password(),
            Some(Field::Code) => t.problem_required_code(),
            Some(Field::Passkey) => t.problem_required_passkey(),
            _ => t.problem_required(),
        },
        Code::TooLong if field == Some(Field::Username) => t.problem_too_long_username(),
        Code::TooLong => t.problem_too_long(),
        Code::BadCharacters => t.problem_bad_characters(),
        Code::BadCredentials => t.problem_bad_credentials(),
        Code::Suspended => t.problem_suspended(),
        Code::EmailNotVerified => t.problem_email_not_verified(),
        Code::PasswordResetRequired if settings.email.enabled => t.problem_password_reset_required(),
        Code::PasswordResetRequired => t.problem_password_reset_required_no_mail(),
        Code::TooManyAttempts => match wait {
            Some(wait) => return t.problem_too_many_attempts(&in_words(t, Duration::from_secs(wait))),
            None => t.problem_too_many_attempts_later(),
        },
        Code::Busy => match wait {
            Some(wait) => return t.problem_busy(&in_words(t, Duration::from_secs(wait))),
            None => t.problem_busy_later(),
        },
        Code::BadUsername => t.problem_bad_username(),
        Code::UsernameTaken => t.problem_username_taken(),
        Code::BadEmail => t.problem_bad_email(),
        Code::EmailTaken => t.problem_email_taken(),
        Code::EmailDomainNotAllowed => t.problem_email_domain_not_allowed(),
        Code::SignupClosed => t.problem_signup_closed(),
        Code::PasswordTooShort => {
            return t.problem_password_too_short(&settings.passwords.min_length.to_string());
        }
        Code::PasswordTooLong => t.problem_password_too_long(),
        Code::PasswordTooWeak => t.problem_password_too_weak(),
        Code::PasswordCommon => t.problem_password_common(),
        Code::PasswordBreached => t.problem_password_breached(),
        Code::PasswordUnchanged => t.problem_password_unchanged(),
        Code::PasswordMismatch => t.problem_password_mismatch(),
        Code::WrongPassword => t.problem_wrong_password(),
        Code::NotAuthenticated => t.problem_not_authenticated(),
        Code::Forbidden => t.problem_forbidden(),
        Code::NotFound if field == Some(Field::Session) => t.problem_session_gone(),
        Code::NotFound => t.problem_not_found(),
        Code::CrossSite => t.problem_cross_site(),
        Code::BodyTooLarge => t.problem_too_large(),
        Code::StepUpRequired => t.problem_step_up(),
        Code::EnrollmentRequired => t.problem_enrolment(),
        Code::TotpEnabled => t.problem_totp_enabled(),
        Code::TotpNotSetUp => t.problem_totp_not_set_up(),
        Code::NoSecondFactor => t.problem_no_second_factor(),
        Code::BadPasskey => t.problem_bad_passkey(),
        Code::UserVerificationRequired => t.problem_user_verification(),
        Code::PasskeyUnknown => t.problem_passkey_unknown(),
        Code::PasskeyBlocked => t.problem_passkey_blocked(),
        Code::PasskeyExists => t.problem_passkey_exists(),
        Code::TooManyPasskeys => t.problem_too_many_passkeys(),
        Code::LastWayIn => t.problem_last_way_in(),
        Code::BadOtp => t.problem_bad_code(),
        Code::RecoveryTooSoon => {
            let wait = Duration::from_secs(wait.unwrap_or_default());
            return t.problem_recovery_too_soon(&in_words(t, wait));
        }
        Code::PasswordSet => t.problem_password_set(),
        Code::RecoveryNotStopped => t.problem_recovery_not_stopped(),
        Code::EmailUnchanged => t.problem_email_unchanged(),
        Code::MailOff => t.problem_mail_off(),
        Code::MailDone => t.problem_mail_done(),
        Code::BadToken if field == Some(Field::Passkey) => t.problem_bad_prompt(),
        Code::BadToken => t.problem_bad_token(),
        Code::BadCursor => t.problem_bad_cursor(),
        Code::RoleNotFound => t.problem_role_not_found(),
        Code::PermissionNotFound => t.problem_permission_not_found(),
        Code::UserNotFound => t.problem_user_not_found(),
        Code::GrantNotFound => t.problem_grant_not_found(),
        Code::BadRoleName => t.problem_bad_role_name(),
        Code::RoleExists => t.problem_role_exists(),
        Code::BadPermissionName => t.problem_bad_permission_name(),
        Code::PermissionExists => t.problem_permission_exists(),
        Code::ReservedName => t.problem_reserved_name(),
        Code::BuiltIn => t.problem_built_in(),
        Code::BadLevel => t.problem_bad_level(),
        Code::AboveYourLevel => t.problem_above_your_level(),
        Code::NotYoursToGive => t.problem_not_yours_to_give(),
        Code::AssignCycle => t.problem_assign_cycle(),
        Code::BadExpiry => t.problem_bad_expiry(),
        Code::OutlivesGiver => t.problem_outlives_giver(),
        Code::BadScope => t.problem_bad_scope(),
        Code::Unknown => t.problem_unknown_value(),
        Code::AlreadySetUp => t.problem_already_set_up(),
        Code::FeatureOff => t.problem_feature_off(),
        Code::Unavailable => t.problem_unavailable(),
        Code::MethodNotAllowed
        | Code::UnsupportedMediaType
        | Code::BadRequest
        | Code::WrongType
        | Code::UnknownField
        | Code::NoOffsets => t.problem_bad_request(),
        Code::Internal => t.problem_internal(),
    };
    sentence.to_owned()
}
