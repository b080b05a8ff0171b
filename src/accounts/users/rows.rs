//! Rows of users: lookups, and small changes that run in the caller's transaction.

use super::sql::*;
use super::{Credentials, User, taken_meanwhile};
use crate::foundation::error::Error;
use crate::foundation::names::{Email, Identifier};
use crate::foundation::store::Conn;
use crate::model::code::{Code, Field};
use crate::model::id::UserId;
use crate::model::time::Timestamp;

/// Returns the user with this id, with what sign-in needs.
pub(crate) async fn by_id(conn: &mut Conn, id: UserId) -> Result<Option<Credentials>, Error> {
    BY_ID.bind(id).optional::<UserRow>(conn).await?.map(credentials).transpose()
}

/// Returns the user with this username or email address, with what sign-in needs.
pub(crate) async fn by_identifier(conn: &mut Conn, key: &Identifier) -> Result<Option<Credentials>, Error> {
    let query = match key {
        Identifier::Email(key) => BY_EMAIL.bind(key),
        Identifier::Username(key) => BY_USERNAME.bind(key),
    };
    query.optional::<UserRow>(conn).await?.map(credentials).transpose()
}

/// Changes the password that the user has just confirmed. Returns false when the password has
/// changed in the meantime, or when the user is suspended or deleted.
pub(crate) async fn change_password(
    conn: &mut Conn,
    confirmed: &Credentials,
    hash: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let old = confirmed.password_hash.clone();
    let query = CHANGE_PASSWORD.bind(confirmed.user.id).bind(hash).bind(now).bind(old);
    Ok(query.execute(conn).await? > 0)
}

/// Sets the password of a user who has none. Returns false when they have one by now, or when they
/// are suspended or deleted.
pub(crate) async fn set_first_password(
    conn: &mut Conn,
    id: UserId,
    hash: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(SET_FIRST_PASSWORD.bind(id).bind(hash).bind(now).execute(conn).await? > 0)
}

/// Replaces a password hash with one that uses today's parameters, unless the password has changed
/// in the meantime.
pub(crate) async fn rehash(conn: &mut Conn, id: UserId, new: &str, old: &str) -> Result<(), Error> {
    REHASH.bind(id).bind(new).bind(old).execute(conn).await.map(drop)
}

/// Suspends a user. Returns false when they were already suspended.
pub(crate) async fn suspend(
    conn: &mut Conn,
    id: UserId,
    by: Option<UserId>,
    reason: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(SUSPEND.bind(id).bind(now).bind(by).bind(reason).execute(conn).await? > 0)
}

/// Lifts a suspension. Returns false when there was none.
pub(crate) async fn unsuspend(conn: &mut Conn, id: UserId, now: Timestamp) -> Result<bool, Error> {
    Ok(UNSUSPEND.bind(id).bind(now).execute(conn).await? > 0)
}

/// Deletes an account so that it can be restored. Returns false when it was already deleted.
pub(crate) async fn delete(conn: &mut Conn, id: UserId, now: Timestamp) -> Result<bool, Error> {
    Ok(DELETE.bind(id).bind(now).execute(conn).await? > 0)
}

/// Restores a deleted account. Returns false when it was not deleted, or has been erased.
pub(crate) async fn restore(conn: &mut Conn, id: UserId, now: Timestamp) -> Result<bool, Error> {
    Ok(RESTORE.bind(id).bind(now).execute(conn).await? > 0)
}

/// Records a sign-in by the password of `found`. Returns false when the password has changed in the
/// meantime, or when the user may no longer sign in.
pub(crate) async fn record_sign_in(
    conn: &mut Conn,
    found: &Credentials,
    now: Timestamp,
) -> Result<bool, Error> {
    let hash = found.password_hash.clone();
    Ok(RECORD_SIGN_IN.bind(found.user.id).bind(now).bind(hash).bind(false).execute(conn).await? > 0)
}

/// Resets the password of a user who proved that they control `email_key`. Returns false when that
/// is no longer the account's address, or when the user is suspended or deleted.
pub(crate) async fn reset_password(
    conn: &mut Conn,
    id: UserId,
    email_key: &str,
    hash: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let query = RESET_PASSWORD.bind(id).bind(hash).bind(now).bind(email_key).bind(false);
    Ok(query.execute(conn).await? > 0)
}

/// Records a sign-in by a user who proved that they control `email_key`, and marks the address as
/// verified. Returns false when it is no longer the account's address, or when the user may not
/// sign in.
pub(crate) async fn admit_by_mail(
    conn: &mut Conn,
    id: UserId,
    email_key: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(ADMIT_BY_MAIL.bind(id).bind(now).bind(email_key).bind(false).execute(conn).await? > 0)
}

/// Records a sign-in by a user who proved who they are by other means than a password or an email.
/// Returns false when the user may no longer sign in.
pub(crate) async fn admit_by_other(conn: &mut Conn, id: UserId, now: Timestamp) -> Result<bool, Error> {
    Ok(ADMIT_BY_OTHER.bind(id).bind(now).bind(false).execute(conn).await? > 0)
}

/// Locks a user's row until the transaction ends. Flows that use up the user's tokens begin with
/// it.
pub(crate) async fn lock(conn: &mut Conn, id: UserId) -> Result<(), Error> {
    LOCK.bind(id).execute(conn).await.map(drop)
}

/// Removes the password of an account. Returns false when it had none.
pub(crate) async fn forget_password(conn: &mut Conn, id: UserId, now: Timestamp) -> Result<bool, Error> {
    Ok(FORGET_PASSWORD.bind(id).bind(now).execute(conn).await? > 0)
}

/// Requires a user to set a new password before they can sign in.
pub(crate) async fn ask_for_new_password(conn: &mut Conn, id: UserId, now: Timestamp) -> Result<(), Error> {
    ASK_FOR_NEW_PASSWORD.bind(id).bind(now).bind(true).execute(conn).await.map(drop)
}

/// Marks the email address as verified. Returns false when it already was, when it is no longer the
/// account's address, or when the account is deleted.
pub(crate) async fn verify_email(
    conn: &mut Conn,
    id: UserId,
    email_key: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(VERIFY_EMAIL.bind(id).bind(now).bind(email_key).execute(conn).await? > 0)
}

/// Changes the email address to one that the user has proved they control. Returns false when
/// `before` is no longer the account's address, or when the user is suspended or deleted. Fails
/// with [`Code::EmailTaken`] when another account has the new address.
pub(crate) async fn change_email(
    conn: &mut Conn,
    id: UserId,
    before: &str,
    new: &Email,
    now: Timestamp,
) -> Result<bool, Error> {
    let query = CHANGE_EMAIL.bind(id).bind(new.as_str()).bind(new.key()).bind(now).bind(before);
    Ok(query.execute(conn).await.map_err(email_taken)? > 0)
}

/// Restores the previous email address of an account and requires a new password. Returns false
/// when the account is deleted. Fails with [`Code::EmailTaken`] when another account has the
/// address by now.
pub(crate) async fn take_email_back(
    conn: &mut Conn,
    id: UserId,
    old: &Email,
    now: Timestamp,
) -> Result<bool, Error> {
    let query = TAKE_EMAIL_BACK.bind(id).bind(old.as_str()).bind(old.key()).bind(now).bind(true);
    Ok(query.execute(conn).await.map_err(email_taken)? > 0)
}

fn email_taken(error: Error) -> Error {
    taken_meanwhile(error, Field::Email, Code::EmailTaken)
}

pub(crate) fn credentials(row: UserRow) -> Result<Credentials, Error> {
    let metadata =
        serde_json::from_str(&row.metadata).map_err(|_| Error::corrupt("users", "metadata", row.id))?;
    Ok(Credentials {
        user: User {
            id: row.id,
            username: row.username,
            email: row.email,
            email_verified_at: row.email_verified_at,
            first_name: row.first_name,
            last_name: row.last_name,
            metadata,
            has_password: row.password_hash.is_some(),
            password_changed_at: row.password_changed_at,
            requires_password_reset: row.requires_password_reset,
            is_system: row.is_system,
            suspended_at: row.suspended_at,
            suspended_reason: row.suspended_reason,
            deleted_at: row.deleted_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            last_login_at: row.last_login_at,
            language: row.language,
            mfa_enabled: row.mfa_enabled,
        },
        password_hash: row.password_hash,
    })
}
