//! Audit events in words.

use authtuna::audit::{Activity, Event};

use crate::i18n::Lang;

/// Returns the event of an activity; `None` if this version does not know it.
pub(crate) fn event_of(activity: &Activity) -> Option<Event> {
    Event::ALL.iter().copied().find(|event| event.as_str() == activity.event)
}

/// Describes an activity to the user whose account it is about.
pub(crate) fn event(t: Lang, activity: &Activity) -> String {
    let Some(event) = event_of(activity) else { return activity.event.clone() };
    let detail = |name: &str| activity.details.get(name).and_then(serde_json::Value::as_str);
    let sentence = match event {
        Event::LoginSuccess => match detail("method") {
            Some("password") => t.event_login_success(),
            Some("passkey") => t.event_login_success_passkey(),
            _ => t.event_login_success_other(),
        },
        Event::LoginFailed => match (detail("method"), detail("reason")) {
            (Some("passkey"), _) => t.event_login_failed_passkey(),
            (_, Some("suspended")) => t.event_login_failed_suspended(),
            (_, Some("password_reset_required")) => t.event_login_failed_reset(),
            _ => t.event_login_failed(),
        },
        Event::PasswordChanged if activity.details.get("first").is_some() => t.event_password_set(),
        Event::RoleAssigned if detail("role").is_some() => {
            return t.event_role_assigned_named(detail("role").unwrap_or_default());
        }
        Event::RoleRemoved if detail("role").is_some() => {
            return t.event_role_removed_named(detail("role").unwrap_or_default());
        }
        Event::MfaSucceeded if detail("reason") == Some("recovery_stopped") => t.event_mfa_stopped_recovery(),
        Event::MfaFailed if detail("reason") == Some("recovery_not_stopped") => t.event_mfa_stopped_nothing(),
        event => match t.event_by_name(&event.as_str().to_ascii_lowercase()) {
            Some(sentence) => sentence,
            None => return activity.event.clone(),
        },
    };
    sentence.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_a_sentence() {
        for lang in Lang::ALL.iter().copied() {
            for event in Event::ALL {
                let name = event.as_str().to_ascii_lowercase();
                assert!(lang.event_by_name(&name).is_some(), "{event:?} has no sentence in {}", lang.tag());
            }
        }
    }
}
