//! What a change to a role would do, before it is made.

use super::Explorer;
use super::sql::*;
use crate::authz::actor::Actor;
use crate::authz::effective_access::{self, read_scope};
use crate::authz::roles::{self, RoleChange};
use crate::foundation::error::Error;
use crate::model::id::UserId;
use crate::model::scope::Scope;

/// How many affected users are listed for each permission.
const NAMED: u32 = 100;

/// What a change to a role would do to its holders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impact {
    /// The role's name.
    pub role: String,
    /// How many users hold the role now.
    pub holders: i64,
    /// The role's level, before and after.
    pub level: (Option<i64>, Option<i64>),
    /// Permissions that users would gain.
    pub gains: Vec<PermissionImpact>,
    /// Permissions that users would lose.
    pub loses: Vec<PermissionImpact>,
    /// Roles that holders could assign from then on.
    pub may_assign: Vec<String>,
    /// Roles that holders could no longer assign by this role.
    pub may_not_assign: Vec<String>,
    /// Permissions that holders could add to roles from then on.
    pub may_grant: Vec<String>,
    /// Permissions that holders could no longer add to roles by this role.
    pub may_not_grant: Vec<String>,
}

/// The users who would gain or lose a permission: those to whom no other assignment gives it in the
/// same scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionImpact {
    /// The permission.
    pub permission: String,
    /// How many users would gain or lose it.
    pub people: i64,
    /// The first hundred of them.
    pub named: Vec<Affected>,
}

/// A user who would gain or lose a permission, and in which scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    /// The user's id.
    pub user: UserId,
    /// The username.
    pub username: String,
    /// The scope.
    pub scope: Scope,
}

impl Explorer {
    /// Returns what `change` would do to the role `name`, without changing anything.
    ///
    /// Needs what the change itself needs.
    ///
    /// # Errors
    ///
    /// As for [`crate::authz::roles::Roles::update`], except that this checks neither how recently
    /// the caller authenticated nor whether a new requirement can be met.
    pub async fn what_if(&self, actor: &Actor, name: &str, change: &RoleChange) -> Result<Impact, Error> {
        roles::may_read(actor)?;
        let mut conn = self.store.read().await?;
        let now = self.clock.now();
        let grantor = effective_access::grantor(&mut conn, actor, now).await?;
        let plan = roles::change::plan(&mut conn, &grantor, name, change).await?;
        let (holders,): (i64,) = HOLDERS.bind(plan.role.id).bind(now).one(&mut conn).await?;
        let mut impacts = [Vec::new(), Vec::new()];
        for (list, permissions) in impacts.iter_mut().zip([&plan.add_permissions, &plan.remove_permissions]) {
            for permission in permissions {
                let (people,): (i64,) =
                    AFFECTED_COUNT.bind(plan.role.id).bind(now).bind(permission).one(&mut conn).await?;
                let query = AFFECTED.bind(plan.role.id).bind(now).bind(permission).bind(NAMED);
                let rows: Vec<AffectedRow> = query.all(&mut conn).await?;
                let named = rows.into_iter().map(affected).collect::<Result<_, _>>()?;
                list.push(PermissionImpact { permission: permission.clone(), people, named });
            }
        }
        let [gains, loses] = impacts;
        Ok(Impact {
            level: (plan.role.level, plan.level),
            role: plan.role.name,
            holders,
            gains,
            loses,
            may_assign: roles::names_of(&mut conn, &plan.add_assignable).await?,
            may_not_assign: roles::names_of(&mut conn, &plan.remove_assignable).await?,
            may_grant: plan.add_grantable,
            may_not_grant: plan.remove_grantable,
        })
    }
}

fn affected(row: AffectedRow) -> Result<Affected, Error> {
    Ok(Affected { scope: read_scope(&row.scope, row.user_id)?, user: row.user_id, username: row.username })
}
