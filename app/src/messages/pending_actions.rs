//! What a form that waits for re-authentication will do, in words.
//!
//! The confirmation page says so, because another person may have started the action in this
//! session and led its owner there.

use authtuna::authn::pending_action::PendingAction;

use crate::i18n::Lang;
use crate::pending_action::PendingKind;

/// Describes what the action does; `None` if this version does not know it.
pub(crate) fn pending_action(t: Lang, action: &PendingAction) -> Option<String> {
    Some(match PendingKind::parse(&action.kind)? {
        PendingKind::SetUpApp => t.act_set_up_app().to_owned(),
        PendingKind::TurnOffApp => t.act_turn_off_app().to_owned(),
        PendingKind::NewBackupCodes => t.act_new_codes().to_owned(),
        PendingKind::AddPasskey => t.act_add_passkey().to_owned(),
        PendingKind::RemovePasskey => t.act_remove_passkey().to_owned(),
        PendingKind::ChangeEmail => t.act_change_email(&field(action, "email")),
    })
}

fn field(action: &PendingAction, name: &str) -> String {
    let mut fields = url::form_urlencoded::parse(action.body.as_bytes());
    fields.find(|(field, _)| field == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}
