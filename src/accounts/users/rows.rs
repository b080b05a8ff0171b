//! People as rows: finding them, and the small changes that flows make as part of theirs.

use super::sql::*;
use super::{Credentials, User, taken_meanwhile};
use crate::foundation::error::Error;
use crate::foundation::names::{Email, Identifier};
use crate::foundation::store::Conn;
use crate::model::code::{Code, Field};
use crate::model::id::UserId;
use crate::model::time::Timestamp;

/// The person with this id, with what sign-in needs.
pub(crate) async fn by_id(conn: &mut Conn, id: UserId) -> Result<Option<Credentials>, Error> {
    BY_ID.bind(id).optional::<UserRow>(conn).await?.map(credentials).transpose()
}

/// The person with this name or address, with what sign-in needs.
pub(crate) async fn by_identifier(conn: &mut Conn, key: &Identifier) -> Result<Option<Credentials>, Error> {
    let query = match key {
        Identifier::Email(key) => BY_EMAIL.bind(key),
        Identifier::Username(key) => BY_USERNAME.bind(key),
    };
    query.optional::<UserRow>(conn).await?.map(credentials).transpose()
}

/// Changes the password that was confirmed, as part of `work`. False when somebody else was faster, or the person may
/// not come in any more.
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

/// Gives a password to somebody who has none, as part of `work`. False when they have one by now, or may not come in any
/// more.
pub(crate) async fn set_first_password(
    conn: &mut Conn,
    id: UserId,
    hash: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(SET_FIRST_PASSWORD.bind(id).bind(hash).bind(now).execute(conn).await? > 0)
}

/// Replaces a hash by one with today's parameters, unless the password was changed meanwhile.
pub(crate) async fn rehash(conn: &mut Conn, id: UserId, new: &str, old: &str) -> Result<(), Error> {
    REHASH.bind(id).bind(new).bind(old).execute(conn).await.map(drop)
}

/// Suspends as part of `work`; false when they were suspended already.
pub(crate) async fn suspend(
    conn: &mut Conn,
    id: UserId,
    by: Option<UserId>,
    reason: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(SUSPEND.bind(id).bind(now).bind(by).bind(reason).execute(conn).await? > 0)
}

/// Lifts a suspension as part of `work`; false when there was none.
pub(crate) async fn unsuspend(conn: &mut Conn, id: UserId, now: Timestamp) -> Result<bool, Error> {
    Ok(UNSUSPEND.bind(id).bind(now).execute(conn).await? > 0)
}

/// Deletes as part of `work`, so that it can be restored; false when they were deleted already.
pub(crate) async fn delete(conn: &mut Conn, id: UserId, now: Timestamp) -> Result<bool, Error> {
    Ok(DELETE.bind(id).bind(now).execute(conn).await? > 0)
}

/// Restores as part of `work`; false when they were not deleted, or are erased.
pub(crate) async fn restore(conn: &mut Conn, id: UserId, now: Timestamp) -> Result<bool, Error> {
    Ok(RESTORE.bind(id).bind(now).execute(conn).await? > 0)
}

/// Lets in whoever has just proved the password of `found`, as part of `work`. False when it changed meanwhile, or they
/// may not come in any more.
pub(crate) async fn record_sign_in(
    conn: &mut Conn,
    found: &Credentials,
    now: Timestamp,
) -> Result<bool, Error> {
    let hash = found.password_hash.clone();
    Ok(RECORD_SIGN_IN.bind(found.user.id).bind(now).bind(hash).bind(false).execute(conn).await? > 0)
}

/// Sets the password of somebody who proved that `email_key` is theirs, as part of `work`. False when it is not the
/// account's address any more, or they may not come in.
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

/// Lets in whoever proved that `email_key` is theirs, as part of `work`. False when it is not the account's address any
/// more, or they may not come in.
pub(crate) async fn admit_by_mail(
    conn: &mut Conn,
    id: UserId,
    email_key: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(ADMIT_BY_MAIL.bind(id).bind(now).bind(email_key).bind(false).execute(conn).await? > 0)
}

/// Lets in whoever proved something of theirs that is neither password nor address, as part of `work`. False when they may
/// not come in any more.
pub(crate) async fn admit_by_other(conn: &mut Conn, id: UserId, now: Timestamp) -> Result<bool, Error> {
    Ok(ADMIT_BY_OTHER.bind(id).bind(now).bind(false).execute(conn).await? > 0)
}

/// Locks a person's row until `work` ends. What uses up tokens of theirs begins with it.
pub(crate) async fn lock(conn: &mut Conn, id: UserId) -> Result<(), Error> {
    LOCK.bind(id).execute(conn).await.map(drop)
}

/// Takes the password off an account, as part of `work`. False when it had none.
pub(crate) async fn forget_password(conn: &mut Conn, id: UserId, now: Timestamp) -> Result<bool, Error> {
    Ok(FORGET_PASSWORD.bind(id).bind(now).execute(conn).await? > 0)
}

/// Has somebody choose another password before they come in, as part of `work`.
pub(crate) async fn ask_for_new_password(conn: &mut Conn, id: UserId, now: Timestamp) -> Result<(), Error> {
    ASK_FOR_NEW_PASSWORD.bind(id).bind(now).bind(true).execute(conn).await.map(drop)
}

/// Notes that the address is the person's, as part of `work`. False when that was known, or it is another by now.
pub(crate) async fn verify_email(
    conn: &mut Conn,
    id: UserId,
    email_key: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(VERIFY_EMAIL.bind(id).bind(now).bind(email_key).execute(conn).await? > 0)
}

/// Gives an account another address, proved to be its owner's, as part of `work`. False when `before` is not its address
/// any more, or they may not come in. Err([`Code::EmailTaken`]) when it is somebody's.
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

/// Gives an account the address back that it had, and has its password set anew, as part of `work`. False when the
/// account is deleted. Err([`Code::EmailTaken`]) when the address is somebody's by now.
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
