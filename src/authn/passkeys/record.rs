//! A passkey as its row stores it, and as its owner sees it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use webauthn_rs::prelude::{Credential, Passkey};

use super::authenticator::authenticator;
use super::sql::Row;
use super::{MAX_NAME, OwnPasskey};
use crate::authz::actor::Origin;
use crate::foundation::error::Error;
use crate::model::code::Field;
use crate::model::text;

/// Returns a credential's id in the form that browsers use.
pub(super) fn credential_text(id: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(id)
}

pub(super) fn own(row: Row) -> Result<OwnPasskey, Error> {
    let credential = Credential::from(read(&row)?);
    Ok(OwnPasskey {
        id: row.id,
        credential_id: credential_text(&row.credential_id),
        name: row.name,
        authenticator: row.aaguid.and_then(authenticator),
        backup_eligible: credential.backup_eligible,
        backed_up: credential.backup_state,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        blocked_at: row.blocked_at,
    })
}

pub(super) fn read(row: &Row) -> Result<Passkey, Error> {
    serde_json::from_str(&row.credential).map_err(|_| Error::corrupt("passkeys", "credential", row.id))
}

pub(super) fn write(passkey: &Passkey) -> Result<String, Error> {
    serde_json::to_string(passkey).map_err(|source| Error::internal("credential", source))
}

/// Checks a typed name. `None` when it is empty.
pub(super) fn read_name(typed: &str) -> Result<Option<String>, Error> {
    let name = text::line(typed, MAX_NAME).map_err(|code| Error::on(Field::Name, code))?;
    Ok(Some(name).filter(|name| !name.is_empty()))
}

/// Returns the name of a passkey for which the user chose none: that of its authenticator, or else
/// of the device on which it was created.
pub(super) fn default_name(aaguid: Option<uuid::Uuid>, origin: &Origin) -> String {
    let known = aaguid.and_then(authenticator).map(|found| found.name.to_owned());
    let device = || Some(origin.device()).filter(|device| !device.is_empty());
    let name = known.or_else(device).unwrap_or_else(|| "Passkey".to_owned());
    name.chars().take(MAX_NAME).collect()
}

/// Returns a name that is not taken, with a number appended if necessary.
pub(super) fn numbered(name: &str, taken: &[&str]) -> String {
    let mut candidates =
        std::iter::once(name.to_owned()).chain((2..).map(|number| format!("{name} ({number})")));
    candidates.find(|candidate| !taken.contains(&candidate.as_str())).unwrap_or_else(|| name.to_owned())
}
