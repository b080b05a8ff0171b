//! The built-in roles and permissions of an installation.

use super::sql::*;
use crate::audit::{Change, Entry, Event};
use crate::authz::effective_access;
use crate::authz::permissions;
use crate::foundation::clock::{Clock, Random};
use crate::foundation::error::Error;
use crate::model::role::{self, RoleName};

/// Adds the built-in roles and permissions that are missing. It removes nothing, and does not
/// restore what an administrator removed from a built-in role.
pub(crate) async fn provision(work: &mut Change, clock: &Clock, random: Random) -> Result<(), Error> {
    let now = clock.now();
    effective_access::lock(&mut work.tx).await?;
    let mut added = permissions::provision(&mut work.tx, random, now).await?;
    let mut fresh = Vec::new();
    for built_in in role::BUILT_IN {
        let made = INSERT
            .bind(random.uuid(now))
            .bind(built_in.name)
            .bind(role::key_of(built_in.name))
            .bind(built_in.description)
            .bind(built_in.level)
            .bind(true)
            .bind(built_in.name == role::SUPER_ADMIN)
            .bind(now)
            .execute(&mut work.tx)
            .await?;
        added += made;
        let name =
            RoleName::parse(built_in.name).map_err(|code| Error::internal("built-in role", code.as_str()))?;
        permissions::insert_assign(&mut work.tx, &name, random.uuid(now), now).await?;
        if made == 1 {
            fresh.push(built_in);
        }
    }
    // In a second pass, because a role may name one that comes later in the table.
    for built_in in fresh {
        let Some(row) = super::by_name(&mut work.tx, built_in.name).await? else { continue };
        for permission in built_in.permissions {
            ADD_PERMISSION
                .bind(row.id)
                .bind(*permission)
                .bind(None::<crate::model::id::UserId>)
                .bind(now)
                .execute(&mut work.tx)
                .await?;
        }
        for assignable in built_in.can_assign {
            ADD_ASSIGNABLE.bind(row.id).bind(role::key_of(assignable)).execute(&mut work.tx).await?;
        }
    }
    if added > 0 {
        work.record(Entry::new(Event::Provisioned).with("added", added));
    }
    Ok(())
}
