//! The rows and statements of users.

use crate::model::id::UserId;
use crate::model::time::Timestamp;

macro_rules! user_columns {
    () => {
        "id, username, email, email_verified_at, first_name, last_name, metadata, \
         password_hash, password_changed_at, requires_password_reset, is_system, suspended_at, suspended_reason, \
         deleted_at, created_at, updated_at, last_login_at, language, \
         (EXISTS (SELECT 1 FROM totp WHERE totp.user_id = users.id AND totp.confirmed_at IS NOT NULL) \
         OR EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = users.id)) AS mfa_enabled"
    };
}

pub(crate) use user_columns;

crate::statements! {
    pub(super) INSERT = "INSERT INTO users (id, username, username_key, email, email_key, email_verified_at, \
        first_name, last_name, metadata, password_hash, password_changed_at, is_system, created_at, updated_at, language) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING";
    pub(super) BY_ID = concat!("SELECT ", user_columns!(), " FROM users WHERE id = $1");
    pub(super) BY_USERNAME = concat!("SELECT ", user_columns!(), " FROM users WHERE username_key = $1");
    pub(super) BY_EMAIL = concat!("SELECT ", user_columns!(), " FROM users WHERE email_key = $1");
    pub(super) SET_PROFILE = "UPDATE users SET username = $2, username_key = $3, first_name = $4, last_name = $5, \
        updated_at = $6 WHERE id = $1";
    pub(super) USERNAME_HOLDER = "SELECT id FROM users WHERE username_key = $1";
    /// Only while it is the password that was confirmed, and its owner may come in.
    pub(super) CHANGE_PASSWORD = "UPDATE users SET password_hash = $2, password_changed_at = $3, updated_at = $3 \
        WHERE id = $1 AND password_hash = $4 AND suspended_at IS NULL AND deleted_at IS NULL";
    /// Only where there is none.
    pub(super) SET_FIRST_PASSWORD = "UPDATE users SET password_hash = $2, password_changed_at = $3, updated_at = $3 \
        WHERE id = $1 AND password_hash IS NULL AND suspended_at IS NULL AND deleted_at IS NULL";
    pub(super) REHASH = "UPDATE users SET password_hash = $2 WHERE id = $1 AND password_hash = $3";
    /// Lets in whoever knew the password, if it still is the password and nothing was put in their way since. The row is
    /// locked until the session is there: a change of password or a suspension comes before it or ends it.
    pub(super) RECORD_SIGN_IN = "UPDATE users SET last_login_at = $2 WHERE id = $1 AND password_hash = $3 \
        AND suspended_at IS NULL AND deleted_at IS NULL AND requires_password_reset = $4";
    /// A new password for whoever proved that the address is theirs: it must still be the account's.
    pub(super) RESET_PASSWORD = "UPDATE users SET password_hash = $2, password_changed_at = $3, updated_at = $3, \
        requires_password_reset = $5, email_verified_at = COALESCE(email_verified_at, $3) \
        WHERE id = $1 AND email_key = $4 AND suspended_at IS NULL AND deleted_at IS NULL";
    /// Lets in whoever proved that they read what is sent to the account's address.
    pub(super) ADMIT_BY_MAIL = "UPDATE users SET last_login_at = $2, \
        email_verified_at = COALESCE(email_verified_at, $2) WHERE id = $1 AND email_key = $3 \
        AND suspended_at IS NULL AND deleted_at IS NULL AND requires_password_reset = $4";
    /// Lets in whoever proved something else of theirs.
    pub(super) ADMIT_BY_OTHER = "UPDATE users SET last_login_at = $2 WHERE id = $1 \
        AND suspended_at IS NULL AND deleted_at IS NULL AND requires_password_reset = $3";
    pub(super) FORGET_PASSWORD = "UPDATE users SET password_hash = NULL, password_changed_at = $2, updated_at = $2 \
        WHERE id = $1 AND password_hash IS NOT NULL";
    pub(super) ASK_FOR_NEW_PASSWORD = "UPDATE users SET requires_password_reset = $3, updated_at = $2 WHERE id = $1";
    /// Locks the row until the transaction ends: whoever uses a token of somebody's up takes this first, then the token, so
    /// that two never wait for each other.
    pub(super) LOCK = "UPDATE users SET last_login_at = last_login_at WHERE id = $1";
    pub(super) VERIFY_EMAIL = "UPDATE users SET email_verified_at = $2, updated_at = $2 \
        WHERE id = $1 AND email_key = $3 AND email_verified_at IS NULL AND deleted_at IS NULL";
    /// Only while the account has the address that it had when the change was asked for.
    pub(super) CHANGE_EMAIL = "UPDATE users SET email = $2, email_key = $3, email_verified_at = $4, updated_at = $4 \
        WHERE id = $1 AND email_key = $5 AND suspended_at IS NULL AND deleted_at IS NULL";
    /// Whatever the address is now: whoever changed it may have done so again.
    pub(super) TAKE_EMAIL_BACK = "UPDATE users SET email = $2, email_key = $3, email_verified_at = $4, updated_at = $4, \
        requires_password_reset = $5 WHERE id = $1 AND deleted_at IS NULL";
    pub(super) SUSPEND = "UPDATE users SET suspended_at = $2, suspended_by = $3, suspended_reason = $4, \
        updated_at = $2 WHERE id = $1 AND suspended_at IS NULL";
    /// The newest first. Filters that are empty do not count. What is looked for in names is folded as they are ($2),
    /// in addresses only lower case ($8).
    pub(super) SEARCH = concat!(
        "SELECT ", user_columns!(), " FROM users WHERE id < $1 \
        AND ($8 = '' OR username_key LIKE $2 ESCAPE '!' OR email_key LIKE $8 ESCAPE '!') \
        AND (($3 = '' AND $4 = '') OR EXISTS (SELECT 1 FROM grants g JOIN roles r ON r.id = g.role_id \
        WHERE g.user_id = users.id AND ($3 = '' OR r.name_key = $3) AND ($4 = '' OR g.scope = $4) \
        AND (g.expires_at IS NULL OR g.expires_at > $6))) \
        AND CASE $5 WHEN 'deleted' THEN deleted_at IS NOT NULL WHEN 'suspended' THEN deleted_at IS NULL \
        AND suspended_at IS NOT NULL WHEN 'active' THEN deleted_at IS NULL AND suspended_at IS NULL \
        ELSE deleted_at IS NULL END ORDER BY id DESC LIMIT $7"
    );
    pub(super) CHANGE = "UPDATE users SET username = $2, username_key = $3, first_name = $4, last_name = $5, \
        metadata = $6, updated_at = $7 WHERE id = $1";
    pub(super) DELETE = "UPDATE users SET deleted_at = $2, updated_at = $2 WHERE id = $1 AND deleted_at IS NULL";
    pub(super) RESTORE = "UPDATE users SET deleted_at = NULL, updated_at = $2 \
        WHERE id = $1 AND deleted_at IS NOT NULL AND erased_at IS NULL";
    pub(super) UNSUSPEND = "UPDATE users SET suspended_at = NULL, suspended_by = NULL, suspended_reason = NULL, \
        updated_at = $2 WHERE id = $1 AND suspended_at IS NOT NULL";
}

/// A row of `users`.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct UserRow {
    pub(super) id: UserId,
    pub(super) username: String,
    pub(super) email: Option<String>,
    pub(super) email_verified_at: Option<Timestamp>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) metadata: String,
    pub(super) password_hash: Option<String>,
    pub(super) password_changed_at: Option<Timestamp>,
    pub(super) requires_password_reset: bool,
    pub(super) is_system: bool,
    pub(super) suspended_at: Option<Timestamp>,
    pub(super) suspended_reason: Option<String>,
    pub(super) deleted_at: Option<Timestamp>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) last_login_at: Option<Timestamp>,
    pub(super) language: Option<String>,
    pub(super) mfa_enabled: bool,
}
