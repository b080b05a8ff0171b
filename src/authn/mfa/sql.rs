//! The rows and statements of second factors.

use crate::model::time::Timestamp;

crate::statements! {
    /// Stores the secret of an app to set up. Replaces a pending secret, but never that of an
    /// enabled app.
    pub(super) BEGIN_TOTP = "INSERT INTO totp (user_id, secret, created_at) VALUES ($1, $2, $3) \
        ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at, last_step = 0 \
        WHERE totp.confirmed_at IS NULL";
    pub(super) TOTP = "SELECT secret, created_at, confirmed_at FROM totp WHERE user_id = $1";
    pub(super) CONFIRM_TOTP = "UPDATE totp SET confirmed_at = $2, last_step = $3 WHERE user_id = $1 AND confirmed_at IS NULL";
    /// Uses a code. A single statement decides, so only one of several parallel attempts with one
    /// code succeeds.
    pub(super) TAKE_STEP = "UPDATE totp SET last_step = $2 WHERE user_id = $1 AND confirmed_at IS NOT NULL AND last_step < $2";
    pub(super) DELETE_TOTP = "DELETE FROM totp WHERE user_id = $1 AND confirmed_at IS NOT NULL";
    pub(super) FORGET_PENDING_TOTP = "DELETE FROM totp WHERE user_id = $1 AND confirmed_at IS NULL";
    pub(super) FORGET_TOTP = "DELETE FROM totp WHERE user_id = $1";
    pub(super) ADD_BACKUP_CODE = "INSERT INTO backup_codes (user_id, code_hash) VALUES ($1, $2)";
    pub(super) TAKE_BACKUP_CODE = "UPDATE backup_codes SET used_at = $3 \
        WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL";
    pub(super) FACTORS = "SELECT (SELECT confirmed_at FROM totp WHERE user_id = $1) AS totp_since, \
        (SELECT COUNT(*) FROM passkeys WHERE user_id = $1 AND blocked_at IS NULL) AS passkeys, \
        (SELECT COUNT(*) FROM passkeys WHERE user_id = $1 AND blocked_at IS NOT NULL) AS blocked_passkeys, \
        (SELECT COUNT(*) FROM backup_codes WHERE user_id = $1 AND used_at IS NULL) AS backup_codes_left";
    pub(super) DELETE_BACKUP_CODES = "DELETE FROM backup_codes WHERE user_id = $1";
}

/// A row of [`TOTP`].
#[derive(sqlx::FromRow)]
pub(super) struct TotpRow {
    pub(super) secret: String,
    pub(super) created_at: Timestamp,
    pub(super) confirmed_at: Option<Timestamp>,
}
