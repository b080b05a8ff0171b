//! Refusals in words.

use std::time::Duration;

use authtuna::foundation::config::Settings;
use authtuna::foundation::error::Error;
use authtuna::model::code::{Code, Field};

use super::in_words;
use crate::error::{Problem, Refusal};
use crate::form_messages::FormMessage;
use crate::i18n::Lang;

/// Converts an error to a refusal with its codes alone.
pub(crate) fn refusal(error: &Error) -> Refusal {
    let problems =
        error.problems().iter().map(|problem| Problem { field: problem.field, code: problem.code });
    Refusal {
        code: error.code(),
        problems: problems.collect(),
        retry_after: error.retry_after_seconds(),
        said: Vec::new(),
    }
}

/// Returns the messages of a refusal, each with the field that it belongs to.
pub(crate) fn said(t: Lang, settings: &Settings, refusal: &Refusal) -> Vec<FormMessage> {
    let say = |field: Option<Field>, code| FormMessage {
        field: field.and_then(input_name).map(str::to_owned),
        text: problem(t, settings, field, code, refusal.retry_after),
    };
    if refusal.problems.is_empty() {
        // The message does not say which of the two is wrong. The password is what users type
        // again.
        let field = (refusal.code == Code::BadCredentials).then_some(Field::Password);
        return vec![say(field, refusal.code)];
    }
    refusal.problems.iter().map(|problem| say(Some(problem.field), problem.code)).collect()
}

/// Returns the `name` of a field's input; `None` for a field that users do not type.
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

/// Describes what is wrong, and what to do about it.
pub(crate) fn problem(
    t: Lang,
    settings: &Settings,
    field: Option<Field>,
    code: Code,
    wait: Option<u64>,
) -> String {
    let in_time = |wait: u64| in_words(t, Duration::from_secs(wait));
    let sentence = match (code, field, wait) {
        (Code::Required, Some(Field::Identifier), _) => t.problem_required_identifier(),
        (Code::Required, Some(Field::Username), _) => t.problem_required_username(),
        (Code::Required, Some(Field::Email), _) => t.problem_required_email(),
        (Code::Required, Some(Field::Password), _) => t.problem_required_password(),
        (Code::Required, Some(Field::CurrentPassword), _) => t.problem_required_current_password(),
        (Code::Required, Some(Field::Code), _) => t.problem_required_code(),
        (Code::Required, Some(Field::Passkey), _) => t.problem_required_passkey(),
        (Code::TooLong, Some(Field::Username), _) => t.problem_too_long_username(),
        (Code::NotFound, Some(Field::Session), _) => t.problem_session_gone(),
        (Code::BadToken, Some(Field::Passkey), _) => t.problem_bad_prompt(),
        (Code::PasswordResetRequired, ..) if !settings.email.enabled => {
            t.problem_password_reset_required_no_mail()
        }
        (Code::PasswordTooShort, ..) => {
            return t.problem_password_too_short(&settings.passwords.min_length.to_string());
        }
        (Code::TooManyAttempts, _, Some(wait)) => return t.problem_too_many_attempts(&in_time(wait)),
        (Code::TooManyAttempts, ..) => t.problem_too_many_attempts_later(),
        (Code::Busy, _, Some(wait)) => return t.problem_busy(&in_time(wait)),
        (Code::Busy, ..) => t.problem_busy_later(),
        (Code::RecoveryTooSoon, _, wait) => {
            return t.problem_recovery_too_soon(&in_time(wait.unwrap_or_default()));
        }
        (code, ..) => t.problem_by_name(code.as_str()).unwrap_or(t.problem_bad_request()),
    };
    sentence.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes about requests that no page makes, which share one message.
    const SHARED: [Code; 6] = [
        Code::MethodNotAllowed,
        Code::UnsupportedMediaType,
        Code::BadRequest,
        Code::WrongType,
        Code::UnknownField,
        Code::NoOffsets,
    ];

    #[test]
    fn every_code_has_a_sentence_of_its_own() {
        // With a key, so that none is written to a file.
        let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        let settings = Settings::builder().no_env().set("FERNET_KEYS", key).build().unwrap();
        for lang in Lang::ALL.iter().copied() {
            for code in Code::ALL.iter().copied().filter(|code| !SHARED.contains(code)) {
                let text = problem(lang, &settings, None, code, Some(60));
                assert_ne!(text, lang.problem_bad_request(), "{code:?} has no sentence in {}", lang.tag());
            }
        }
    }
}
