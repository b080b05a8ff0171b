//! Acting on another user's account: whom an administrator may act on, and what the audit log
//! records when they look.

use crate::accounts::users::{self, User};
use crate::audit::{Change, Entry, Event, Recorder};
use crate::authz::actor::Actor;
use crate::authz::delegation::{self, Grantor};
use crate::authz::effective_access;
use crate::foundation::clock::Clock;
use crate::foundation::error::Error;
use crate::foundation::store::{Conn, Store};
use crate::model::code::{Code, Field};
use crate::model::id::UserId;
use crate::model::permission::USERS_MANAGE;
use crate::model::scope::Scope;
use crate::model::time::Timestamp;

/// Authorizes `grantor`, as read just now, to act on a user, and returns that user.
///
/// Acting on a user needs `users:manage` and a level above theirs. No user acts on themselves this
/// way, and no user acts on a system account.
pub(crate) async fn may_act_on(
    work: &mut Change,
    grantor: &Grantor,
    actor: &Actor,
    id: UserId,
) -> Result<User, Error> {
    let now = work.now();
    judge(&mut work.tx, grantor, actor, id, now).await
}

/// Authorizes the caller to see data that only those who may act on the user may see, and records
/// that they looked.
pub(crate) async fn look_at(
    store: &Store,
    recorder: &Recorder,
    clock: &Clock,
    actor: &Actor,
    id: UserId,
    what: &'static str,
) -> Result<(), Error> {
    let mut conn = store.read().await?;
    let now = clock.now();
    let grantor = effective_access::grantor(&mut conn, actor, now).await?;
    judge(&mut conn, &grantor, actor, id, now).await?;
    drop(conn);
    let mut work = recorder.begin(actor).await?;
    work.record(Entry::new(Event::UserRead).to(id).with("what", what));
    work.commit().await
}

async fn judge(
    conn: &mut Conn,
    grantor: &Grantor,
    actor: &Actor,
    id: UserId,
    now: Timestamp,
) -> Result<User, Error> {
    if let Grantor::Person(access) = grantor
        && !access.allows(USERS_MANAGE, &Scope::global())
    {
        return Err(Code::Forbidden.into());
    }
    let target = users::by_id(conn, id).await?;
    let target = target.ok_or_else(|| Error::on(Field::User, Code::UserNotFound))?.user;
    if target.is_system || actor.user_id() == Some(id) {
        return Err(Code::Forbidden.into());
    }
    let theirs = effective_access::access_of(conn, id, now).await?;
    delegation::may_act_on(grantor, &theirs)?;
    Ok(target)
}
