//! What users hold now, read from the database.

mod sql;

pub(crate) use sql::ALL;

use std::collections::HashMap;

use crate::audit::{Change, Recorder};
use crate::authz::access::{Access, Held};
use crate::authz::actor::{Actor, Principal};
use crate::authz::delegation::Grantor;
use crate::foundation::error::Error;
use crate::foundation::store::{Conn, Tx};
use crate::model::code::Code;
use crate::model::id::{RoleId, UserId};
use crate::model::role::{self, Requirement};
use crate::model::scope::Scope;
use crate::model::time::Timestamp;
use sql::*;

/// What a role carries, by kind, each sorted. Assignable roles are keys or names, depending on the
/// statement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Carried {
    pub(crate) permissions: Vec<String>,
    pub(crate) can_assign: Vec<String>,
    pub(crate) can_grant: Vec<String>,
}

/// Returns everything that `user` may do at `now`. Takes two statements, however much that is.
pub(crate) async fn access_of(conn: &mut Conn, user: UserId, now: Timestamp) -> Result<Access, Error> {
    let grants: Vec<HeldRow> = HELD_BY.bind(user).bind(now).all(conn).await?;
    if grants.is_empty() {
        return Ok(Access::default());
    }
    let carried = by_role(CARRIED_BY.bind(user).all(conn).await?)?;
    let held = grants.into_iter().map(|grant| {
        let Carried { permissions, can_assign, can_grant } =
            carried.get(&grant.role_id).cloned().unwrap_or_default();
        Ok(Held {
            scope: read_scope(&grant.scope, grant.id)?,
            grant: grant.id,
            role_id: grant.role_id,
            role: grant.role,
            level: grant.level,
            given_by: grant.given_by,
            given_at: grant.given_at,
            expires_at: grant.expires_at,
            requires: requirement(grant.required_factor.as_deref(), grant.role_id)?,
            all_permissions: grant.all_permissions,
            permissions,
            can_assign,
            can_grant,
        })
    });
    Ok(Access { held: held.collect::<Result<_, Error>>()? })
}

/// Returns whether a user may do no more than every user: they hold at most the built-in role User.
pub(crate) async fn is_ordinary(conn: &mut Conn, user: UserId, now: Timestamp) -> Result<bool, Error> {
    Ok(access_of(conn, user, now).await?.held.iter().all(|held| held.role == role::USER))
}

/// Begins a change to roles, permissions, assignments or accounts. Such changes run one at a time,
/// and the caller's access is read again under the lock.
pub(crate) async fn begin(recorder: &Recorder, actor: &Actor) -> Result<(Change, Grantor), Error> {
    // Anonymous callers, and those who must first set up a factor, must not make others wait for
    // the lock.
    if matches!(actor.principal, Principal::Anonymous | Principal::EnrollmentRequired(_)) {
        actor.user()?;
    }
    let mut work = recorder.begin(actor).await?;
    lock(&mut work.tx).await?;
    let now = work.now();
    let grantor = grantor(&mut work.tx, actor, now).await?;
    Ok((work, grantor))
}

/// Locks roles, permissions and assignments until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx) -> Result<(), Error> {
    LOCK.query().execute(tx).await.map(drop)
}

/// Reads the access of the caller. The database decides, not the snapshot of the request: a change
/// depends on what holds when it is made.
///
/// Fails with [`Code::NotAuthenticated`] when the caller is anonymous, is suspended or deleted, or
/// when their session has ended, and with [`Code::EnrollmentRequired`] when they must first set up
/// a factor.
pub(crate) async fn grantor(conn: &mut Conn, actor: &Actor, now: Timestamp) -> Result<Grantor, Error> {
    if matches!(actor.principal, Principal::System) {
        return Ok(Grantor::Program);
    }
    let user = actor.user_id().ok_or_else(|| actor.stranger())?;
    let enters: Option<(i32,)> = MAY_ENTER.bind(user).optional(conn).await?;
    let open: Option<(i32,)> = match actor.session_id() {
        Some(session) => IS_OPEN.bind(session).optional(conn).await?,
        None => enters,
    };
    if enters.is_none() || open.is_none() {
        return Err(Code::NotAuthenticated.into());
    }
    Ok(Grantor::Person(access_of(conn, user, now).await?))
}

/// Returns what one role carries.
pub(crate) async fn carried(conn: &mut Conn, role: RoleId) -> Result<Carried, Error> {
    Ok(by_role(CARRIED.bind(role).all(conn).await?)?.remove(&role).unwrap_or_default())
}

fn by_role(rows: Vec<CarriedRow>) -> Result<HashMap<RoleId, Carried>, Error> {
    let mut found: HashMap<RoleId, Carried> = HashMap::new();
    for row in rows {
        let carried = found.entry(row.role_id).or_default();
        match row.kind.as_str() {
            "p" => carried.permissions.push(row.what),
            "a" => carried.can_assign.push(row.what),
            "g" => carried.can_grant.push(row.what),
            _ => return Err(Error::corrupt("roles", "kind", row.role_id)),
        }
    }
    // Lookups compare bytes, while Postgres would sort by its collation.
    for carried in found.values_mut() {
        carried.permissions.sort_unstable();
        carried.can_assign.sort_unstable();
        carried.can_grant.sort_unstable();
    }
    Ok(found)
}

/// Parses the requirement of a role from its row.
pub(crate) fn requirement(name: Option<&str>, row: RoleId) -> Result<Option<Requirement>, Error> {
    let read = |name| Requirement::parse(name).ok_or_else(|| Error::corrupt("roles", "required_factor", row));
    name.map(read).transpose()
}

/// Parses a scope from a row.
pub(crate) fn read_scope(text: &str, row: impl std::fmt::Display) -> Result<Scope, Error> {
    text.parse().map_err(|_| Error::corrupt("grants", "scope", row))
}
