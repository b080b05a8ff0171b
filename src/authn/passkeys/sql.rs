//! The rows and statements of passkeys.

use uuid::Uuid;

use crate::model::id::{PasskeyId, UserId};
use crate::model::time::Timestamp;

macro_rules! columns {
    () => {
        "id, user_id, credential_id, name, aaguid, credential, created_at, last_used_at, blocked_at"
    };
}

crate::statements! {
    pub(super) INSERT = "INSERT INTO passkeys (id, user_id, credential_id, name, aaguid, credential, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (credential_id) DO NOTHING";
    pub(super) OF_USER = concat!("SELECT ", columns!(), " FROM passkeys WHERE user_id = $1 ORDER BY id");
    pub(super) OWN = concat!("SELECT ", columns!(), " FROM passkeys WHERE id = $1 AND user_id = $2");
    pub(super) BY_CREDENTIAL = concat!("SELECT ", columns!(), " FROM passkeys WHERE credential_id = $1");
    pub(super) USED = "UPDATE passkeys SET credential = $2, last_used_at = $3 WHERE id = $1";
    pub(super) BLOCK = "UPDATE passkeys SET blocked_at = $2 WHERE id = $1 AND blocked_at IS NULL";
    pub(super) RENAME = "UPDATE passkeys SET name = $3 WHERE id = $1 AND user_id = $2 AND name <> $3";
    pub(super) DELETE = "DELETE FROM passkeys WHERE id = $1 AND user_id = $2";
    pub(super) DELETE_SINCE = "DELETE FROM passkeys WHERE user_id = $1 AND created_at > $2";
}

/// A row of `passkeys`.
#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) id: PasskeyId,
    pub(crate) user_id: UserId,
    pub(crate) credential_id: Vec<u8>,
    pub(crate) name: String,
    pub(crate) aaguid: Option<Uuid>,
    pub(crate) credential: String,
    pub(crate) created_at: Timestamp,
    pub(crate) last_used_at: Option<Timestamp>,
    pub(crate) blocked_at: Option<Timestamp>,
}
