//! What may wait for a confirmation, in words. Nothing else is kept: whoever confirms is told what is done then. Another may
//! have begun it in this very session, and lead its owner here.

use authtuna::authn::pending_action::PendingAction;
use leptos::server_fn::ServerFn;

use crate::api::email_addresses::RequestEmailChange;
use crate::api::mfa::{DisableTotp, EnableTotp, NewBackupCodes, SetUpTotp};
use crate::api::passkey::{AddPasskey, RemovePasskey};
use crate::i18n::Lang;

/// What an act does. None for what waits for no confirmation.
pub(crate) fn in_words(t: Lang, act: &PendingAction) -> Option<String> {
    let words = match act.path.as_str() {
        SetUpTotp::PATH | EnableTotp::PATH => t.act_set_up_app().to_owned(),
        DisableTotp::PATH => t.act_turn_off_app().to_owned(),
        NewBackupCodes::PATH => t.act_new_codes().to_owned(),
        AddPasskey::PATH => t.act_add_passkey().to_owned(),
        RemovePasskey::PATH => t.act_remove_passkey().to_owned(),
        RequestEmailChange::PATH => t.act_change_email(&field(act, "email")),
        _ => return None,
    };
    Some(words)
}

fn field(act: &PendingAction, name: &str) -> String {
    let mut fields = url::form_urlencoded::parse(act.body.as_bytes());
    fields.find(|(field, _)| field == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}
