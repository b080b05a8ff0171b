//! Rows and statements of users.

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
    /// Only while the password is the one that was confirmed, and the user is neither suspended nor
    /// deleted.
    pub(super) CHANGE_PASSWORD = "UPDATE users SET password_hash = $2, password_changed_at = $3, updated_at = $3 \
        WHERE id = $1 AND password_hash = $4 AND suspended_at IS NULL AND deleted_at IS NULL";
    /// Only where there is no password.
    pub(super) SET_FIRST_PASSWORD = "UPDATE users SET password_hash = $2, password_changed_at = $3, updated_at = $3 \
        WHERE id = $1 AND password_hash IS NULL AND suspended_at IS NULL AND deleted_at IS NULL";
    pub(super) REHASH = "UPDATE users SET password_hash = $2 WHERE id = $1 AND password_hash = $3";
    /// Records a sign-in if the password is still the one that was verified and the user may still
    /// sign in. The row stays locked until the session exists, so that a password change or a
    /// suspension either comes first or ends the session.
    pub(super) RECORD_SIGN_IN = "UPDATE users SET last_login_at = $2 WHERE id = $1 AND password_hash = $3 \
        AND suspended_at IS NULL AND deleted_at IS NULL AND requires_password_reset = $4";
    /// Resets the password of a user who proved that they control the address, which must still be
    /// the account's.
    pub(super) RESET_PASSWORD = "UPDATE users SET password_hash = $2, password_changed_at = $3, updated_at = $3, \
        requires_password_reset = $5, email_verified_at = COALESCE(email_verified_at, $3) \
        WHERE id = $1 AND email_key = $4 AND suspended_at IS NULL AND deleted_at IS NULL";
    /// Records a sign-in by a user who proved that they read the account's email.
    pub(super) ADMIT_BY_MAIL = "UPDATE users SET last_login_at = $2, \
        email_verified_at = COALESCE(email_verified_at, $2) WHERE id = $1 AND email_key = $3 \
        AND suspended_at IS NULL AND deleted_at IS NULL AND requires_password_reset = $4";
    /// Records a sign-in by any other proof.
    pub(super) ADMIT_BY_OTHER = "UPDATE users SET last_login_at = $2 WHERE id = $1 \
        AND suspended_at IS NULL AND deleted_at IS NULL AND requires_password_reset = $3";
    pub(super) FORGET_PASSWORD = "UPDATE users SET password_hash = NULL, password_changed_at = $2, updated_at = $2 \
        WHERE id = $1 AND password_hash IS NOT NULL";
    pub(super) ASK_FOR_NEW_PASSWORD = "UPDATE users SET requires_password_reset = $3, updated_at = $2 WHERE id = $1";
    /// Locks the row until the transaction ends. A flow that uses up one of the user's tokens takes
    /// this lock first and the token second, so that two flows cannot deadlock.
    pub(super) LOCK = "UPDATE users SET last_login_at = last_login_at WHERE id = $1";
    pub(super) VERIFY_EMAIL = "UPDATE users SET email_verified_at = $2, updated_at = $2 \
        WHERE id = $1 AND email_key = $3 AND email_verified_at IS NULL AND deleted_at IS NULL";
    /// Only while the account has the address that it had when the change was requested.
    pub(super) CHANGE_EMAIL = "UPDATE users SET email = $2, email_key = $3, email_verified_at = $4, updated_at = $4 \
        WHERE id = $1 AND email_key = $5 AND suspended_at IS NULL AND deleted_at IS NULL";
    /// Whatever the address is now: an attacker who changed it may have changed it again.
    pub(super) TAKE_EMAIL_BACK = "UPDATE users SET email = $2, email_key = $3, email_verified_at = $4, updated_at = $4, \
        requires_password_reset = $5 WHERE id = $1 AND deleted_at IS NULL";
    pub(super) SUSPEND = "UPDATE users SET suspended_at = $2, suspended_by = $3, suspended_reason = $4, \
        updated_at = $2 WHERE id = $1 AND suspended_at IS NULL";
    /// Newest first. Empty filters match every account. The search text is folded like usernames
    /// for usernames ($2), and only lowercased for addresses ($8).
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
