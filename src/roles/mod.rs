//! Roles: what people may do, and where.

mod sql;

pub(crate) use sql::ALL;

use std::collections::HashMap;

use sql::*;

use crate::audit::{Change, Entry, Event};
use crate::clock::{Clock, Random};
use crate::error::Error;
use crate::model::id::{GrantId, RoleId, UserId};
use crate::model::scope::Scope;
use crate::model::time::Timestamp;
use crate::snapshot::{Access, Held};
use crate::store::Conn;

/// Everything that `user` may do at `now`.
pub(crate) async fn access_of(conn: &mut Conn, user: UserId, now: Timestamp) -> Result<Access, Error> {
    let grants: Vec<GrantRow> = GRANTS_OF.bind(user).bind(now).all(conn).await?;
    if grants.is_empty() {
        return Ok(Access::default());
    }
    let mut permissions: HashMap<RoleId, Vec<String>> = HashMap::new();
    let rows: Vec<(RoleId, String)> = PERMISSIONS_OF.bind(user).bind(now).all(conn).await?;
    for (role, permission) in rows {
        permissions.entry(role).or_default().push(permission);
    }
    let held = grants
        .into_iter()
        .map(|grant| {
            let scope =
                grant.scope.parse::<Scope>().map_err(|_| Error::corrupt("grants", "scope", grant.id))?;
            let mut permissions = permissions.get(&grant.role_id).cloned().unwrap_or_default();
            // Postgres sorts by its collation; look-ups are by bytes.
            permissions.sort_unstable();
            Ok(Held {
                role: grant.role,
                level: grant.level,
                scope,
                expires_at: grant.expires_at,
                all_permissions: grant.all_permissions,
                permissions,
            })
        })
        .collect::<Result<_, Error>>()?;
    Ok(Access { held })
}

/// Gives a built-in role as part of `work`. For the program itself: provisioning, and the role of everybody who signs
/// up. Gives nothing twice.
pub(crate) async fn give_built_in(
    work: &mut Change,
    user: UserId,
    role: &str,
    scope: &Scope,
    clock: &Clock,
    random: Random,
) -> Result<(), Error> {
    let now = clock.now();
    let id = GrantId::from_uuid(random.uuid(now));
    let role_key = role.to_lowercase();
    let given = GIVE.bind(id).bind(user).bind(&role_key).bind(scope).bind(now).execute(&mut work.tx).await?;
    if given == 1 {
        work.record(Entry::new(Event::RoleAssigned).to(user).scope(scope.clone()).with("role", role));
    }
    Ok(())
}

/// Whether anybody who may come in holds `role` everywhere.
pub(crate) async fn has_holder(conn: &mut Conn, role: &str) -> Result<bool, Error> {
    let found: Option<(i32,)> = HOLDER.bind(role.to_lowercase()).optional(conn).await?;
    Ok(found.is_some())
}

/// Brings the built-in roles and permissions up to date: adds what is missing, takes nothing away.
pub(crate) async fn provision(work: &mut Change, clock: &Clock, random: Random) -> Result<(), Error> {
    use crate::model::{permission, role};

    let now = clock.now();
    let mut added = 0;
    for built_in in permission::BUILT_IN {
        added += ADD_PERMISSION
            .bind(random.uuid(now))
            .bind(built_in.name)
            .bind(built_in.description)
            .bind(now)
            .execute(&mut work.tx)
            .await?;
    }
    for built_in in role::BUILT_IN {
        let created = ADD_ROLE
            .bind(random.uuid(now))
            .bind(built_in.name)
            .bind(built_in.name.to_lowercase())
            .bind(built_in.description)
            .bind(built_in.level)
            .bind(built_in.name == role::SUPER_ADMIN)
            .bind(now)
            .execute(&mut work.tx)
            .await?;
        added += created;
        // What an administrator took from a built-in role stays taken.
        if created == 1 {
            for permission in built_in.permissions {
                ADD_ROLE_PERMISSION
                    .bind(built_in.name.to_lowercase())
                    .bind(*permission)
                    .bind(now)
                    .execute(&mut work.tx)
                    .await?;
            }
        }
    }
    for built_in in role::BUILT_IN {
        for assignable in built_in.can_assign {
            ADD_CAN_ASSIGN
                .bind(built_in.name.to_lowercase())
                .bind(assignable.to_lowercase())
                .execute(&mut work.tx)
                .await?;
        }
    }
    if added > 0 {
        work.record(Entry::new(Event::Provisioned).with("added", added));
    }
    Ok(())
}
