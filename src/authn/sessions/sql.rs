//! The rows and statements of sessions.

use crate::model::id::{SessionId, UserId};
use crate::model::time::Timestamp;

crate::statements! {
    pub(super) INSERT = "INSERT INTO sessions (id, user_id, created_at, last_seen_at, confirmed_at, \
        absolute_expires_at, secret_hash, rotated_at, fingerprint, device, method, created_ip, last_ip, country, city) \
        VALUES ($1, $2, $3, $3, $3, $4, $5, $3, $6, $7, $8, $9, $9, $10, $11)";
    /// Reads the session and its user, whether the user may have sessions or not.
    pub(super) OPEN = "SELECT s.id, s.user_id, s.created_at, s.last_seen_at, s.confirmed_at, s.absolute_expires_at, \
        s.secret_hash, s.secret_seen, s.rotated_at, s.old_secrets, s.fingerprint, s.last_ip, s.country, \
        u.username, u.email, u.email_verified_at, u.first_name, u.last_name, u.is_system, u.suspended_at, u.deleted_at, \
        (EXISTS (SELECT 1 FROM totp t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL) \
        OR EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = u.id)) AS mfa_enabled, \
        EXISTS (SELECT 1 FROM totp t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL) AS has_totp, \
        EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = u.id AND p.blocked_at IS NULL) AS has_passkey \
        FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1 AND s.ended_at IS NULL";
    /// Replaces a secret that is still the current one: of several parallel requests, one succeeds.
    pub(super) ROTATE = "UPDATE sessions SET secret_hash = $3, old_secrets = $4, rotated_at = $5, last_seen_at = $5, \
        last_ip = $6, secret_seen = $7 WHERE id = $1 AND secret_hash = $2 AND ended_at IS NULL";
    /// Records that the browser has the current secret, which starts the grace of the previous one.
    pub(super) SEEN = "UPDATE sessions SET secret_seen = $4, old_secrets = $3 \
        WHERE id = $1 AND secret_hash = $2 AND ended_at IS NULL";
    pub(super) TOUCH = "UPDATE sessions SET last_seen_at = $2, last_ip = $3 \
        WHERE id = $1 AND ended_at IS NULL AND last_seen_at < $2";
    pub(super) END = "UPDATE sessions SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL";
    pub(super) END_OWN = "UPDATE sessions SET ended_at = $3, end_reason = $4 \
        WHERE id = $1 AND user_id = $2 AND ended_at IS NULL";
    pub(super) END_ALL = "UPDATE sessions SET ended_at = $2, end_reason = $3 \
        WHERE user_id = $1 AND ended_at IS NULL AND id <> $4";
    pub(super) OF_USER = "SELECT id, created_at, last_seen_at, device, last_ip, country, city \
        FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND absolute_expires_at > $2 AND created_at > $3 \
        AND last_seen_at > $4 ORDER BY last_seen_at DESC, id DESC LIMIT 1000";
    pub(super) PURGE = "DELETE FROM sessions WHERE (ended_at IS NOT NULL AND ended_at < $1) \
        OR absolute_expires_at < $1 OR last_seen_at < $2 OR created_at < $3";
    pub(super) KNOW_DEVICE = "INSERT INTO known_devices (user_id, device_hash, first_seen, last_seen) \
        VALUES ($1, $2, $3, $3) ON CONFLICT (user_id, device_hash) DO UPDATE SET last_seen = excluded.last_seen";
    pub(super) IS_KNOWN_DEVICE = "SELECT 1 FROM known_devices WHERE user_id = $1 AND device_hash = $2";
    /// Returns a row when no session of the user began in a browser that looks like this one, at
    /// this IP address.
    pub(super) LOOKS_NEW = "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM sessions WHERE user_id = $1 AND fingerprint = $2 AND created_ip = $3)";
    pub(super) FORGET_DEVICES = "DELETE FROM known_devices WHERE user_id = $1 AND device_hash <> $2";
    /// Returns a row when the browser needs no second factor.
    pub(super) IS_TRUSTED = "SELECT 1 FROM known_devices WHERE user_id = $1 AND device_hash = $2 AND trusted_until > $3";
    pub(super) TRUST = "UPDATE known_devices SET trusted_until = $3 WHERE user_id = $1 AND device_hash = $2";
    pub(super) DISTRUST = "UPDATE known_devices SET trusted_until = NULL WHERE user_id = $1 AND trusted_until IS NOT NULL";
    pub(super) IS_OPEN = "SELECT confirmed_at FROM sessions WHERE id = $1 AND ended_at IS NULL";
    pub(super) CONFIRM = "UPDATE sessions SET confirmed_at = $2 WHERE id = $1 AND ended_at IS NULL";
    pub(super) PURGE_DEVICES = "DELETE FROM known_devices WHERE last_seen < $1";
}

/// A row of [`OPEN`].
#[derive(sqlx::FromRow)]
pub(super) struct OpenRow {
    pub(super) id: SessionId,
    pub(super) user_id: UserId,
    pub(super) created_at: Timestamp,
    pub(super) last_seen_at: Timestamp,
    pub(super) confirmed_at: Timestamp,
    pub(super) absolute_expires_at: Timestamp,
    pub(super) secret_hash: Vec<u8>,
    pub(super) secret_seen: bool,
    pub(super) rotated_at: Timestamp,
    pub(super) old_secrets: String,
    pub(super) fingerprint: Vec<u8>,
    pub(super) last_ip: Option<String>,
    pub(super) country: Option<String>,
    pub(super) username: String,
    pub(super) email: Option<String>,
    pub(super) email_verified_at: Option<Timestamp>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) is_system: bool,
    pub(super) suspended_at: Option<Timestamp>,
    pub(super) deleted_at: Option<Timestamp>,
    pub(super) mfa_enabled: bool,
    pub(super) has_totp: bool,
    pub(super) has_passkey: bool,
}

/// A row of [`OF_USER`].
#[derive(sqlx::FromRow)]
pub(super) struct ListRow {
    pub(super) id: SessionId,
    pub(super) created_at: Timestamp,
    pub(super) last_seen_at: Timestamp,
    pub(super) device: String,
    pub(super) last_ip: Option<String>,
    pub(super) country: Option<String>,
    pub(super) city: Option<String>,
}
