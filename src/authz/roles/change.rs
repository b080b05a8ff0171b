//! Changing a role: a request becomes a plan that the rules allow, and the plan is then written.

use serde_json::{Value, json};

use super::find;
use super::sql::*;
use crate::audit::{Change, Entry, Event};
use crate::authz::delegation::{self, Grantor};
use crate::authz::effective_access::{Carried, carried, requirement};
use crate::authz::permissions::{self, MAX_DESCRIPTION};
use crate::foundation::error::Error;
use crate::foundation::store::{Conn, Tx};
use crate::model::code::{Code, Field};
use crate::model::id::{RoleId, UserId};
use crate::model::permission::assigned_by;
use crate::model::role::{Requirement, SYSTEM, is_level, key_of};
use crate::model::text;
use crate::model::time::Timestamp;

/// A change to a role. Fields that are empty stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleChange {
    /// What the role is for.
    pub description: Option<String>,
    /// The level; `Some(None)` removes it.
    pub level: Option<Option<i64>>,
    /// What holders must have set up before their session may do anything else; `Some(None)`
    /// removes the requirement.
    pub requires: Option<Option<Requirement>>,
    /// Permissions to add to the role.
    pub add_permissions: Vec<String>,
    /// Permissions to remove from the role.
    pub remove_permissions: Vec<String>,
    /// Roles that holders may assign and remove from now on.
    pub add_assignable: Vec<String>,
    /// Roles that holders may no longer assign and remove.
    pub remove_assignable: Vec<String>,
    /// Permissions that holders may add to roles, without holding them, from now on.
    pub add_grantable: Vec<String>,
    /// Permissions that holders may no longer add to roles.
    pub remove_grantable: Vec<String>,
}

/// A change that the rules allow, without the parts that are already so.
pub(crate) struct Plan {
    pub(crate) role: RoleRow,
    pub(crate) before: Carried,
    description: String,
    pub(crate) level: Option<i64>,
    requires: Option<Requirement>,
    pub(crate) add_permissions: Vec<String>,
    pub(crate) remove_permissions: Vec<String>,
    /// Keys of roles.
    pub(crate) add_assignable: Vec<String>,
    pub(crate) remove_assignable: Vec<String>,
    pub(crate) add_grantable: Vec<String>,
    pub(crate) remove_grantable: Vec<String>,
}

impl Plan {
    pub(crate) fn is_empty(&self) -> bool {
        self.description == self.role.description && !self.touches_holders()
    }

    /// Returns whether holders may do more afterwards, or have to meet another requirement for it.
    pub(crate) fn adds_power(&self) -> bool {
        let lists = [&self.add_permissions, &self.add_assignable, &self.add_grantable];
        self.level > self.role.level
            || lists.iter().any(|list| !list.is_empty())
            || self.changes_requirement()
    }

    /// Returns the requirement that the change introduces.
    pub(crate) fn new_requirement(&self) -> Option<Requirement> {
        self.requires.filter(|_| self.changes_requirement())
    }

    fn changes_requirement(&self) -> bool {
        self.requires.map(Requirement::as_str) != self.role.required_factor.as_deref()
    }

    /// Returns whether the change affects what holders may do.
    pub(crate) fn touches_holders(&self) -> bool {
        let lists = [
            &self.add_permissions,
            &self.remove_permissions,
            &self.add_assignable,
            &self.remove_assignable,
            &self.add_grantable,
            &self.remove_grantable,
        ];
        self.level != self.role.level
            || self.changes_requirement()
            || lists.iter().any(|list| !list.is_empty())
    }
}

/// Checks `change` to the role `name` against the rules. The order is: whether the caller may
/// change roles at all, whether the role exists, whether the caller may change this one, then each
/// part.
pub(crate) async fn plan(
    conn: &mut Conn,
    grantor: &Grantor,
    name: &str,
    change: &RoleChange,
) -> Result<Plan, Error> {
    delegation::may_manage(grantor)?;
    let role = find(conn, name).await?;
    delegation::may_edit(grantor, role.rank()).map_err(|code| Error::on(Field::Role, code))?;
    let before = carried(conn, role.id).await?;
    let description = match &change.description {
        Some(description) => {
            text::line(description, MAX_DESCRIPTION).map_err(|code| Error::on(Field::Description, code))?
        }
        None => role.description.clone(),
    };
    let level = change.level.unwrap_or(role.level);
    check_level(grantor, &role, level).map_err(|code| Error::on(Field::Level, code))?;
    let requires = match change.requires {
        Some(requires) => requires,
        None => requirement(role.required_factor.as_deref(), role.id)?,
    };
    let names = |list: &[String]| list.iter().map(|name| name.trim().to_owned()).collect::<Vec<_>>();
    let keys = |list: &[String]| list.iter().map(|name| key_of(name.trim())).collect::<Vec<_>>();
    let held_keys: Vec<String> = before.can_assign.iter().map(|name| key_of(name)).collect();

    let all_by_rule = role.all_permissions;
    let edits_permissions = !change.add_permissions.is_empty() || !change.remove_permissions.is_empty();
    if all_by_rule && edits_permissions {
        return Err(Error::on(Field::Permission, Code::BuiltIn));
    }
    let plan = Plan {
        add_permissions: without(names(&change.add_permissions), &before.permissions),
        remove_permissions: only(names(&change.remove_permissions), &before.permissions),
        add_assignable: without(keys(&change.add_assignable), &held_keys),
        remove_assignable: only(keys(&change.remove_assignable), &held_keys),
        add_grantable: without(names(&change.add_grantable), &before.can_grant),
        remove_grantable: only(names(&change.remove_grantable), &before.can_grant),
        role,
        before,
        description,
        level,
        requires,
    };
    for permission in plan.add_permissions.iter().chain(&plan.add_grantable) {
        check_permission(conn, grantor, permission).await?;
    }
    for assignable in &plan.add_assignable {
        check_assignable(conn, grantor, &plan.role, assignable).await?;
    }
    Ok(plan)
}

/// Writes a plan and its audit entry.
pub(super) async fn apply(work: &mut Change, by: Option<UserId>, plan: &Plan) -> Result<(), Error> {
    let now = work.now();
    write(&mut work.tx, by, plan, now).await?;
    let row = find(&mut work.tx, &plan.role.name).await?;
    let after = carried(&mut work.tx, row.id).await?;
    work.record(
        Entry::new(Event::RoleUpdated)
            .with("role", row.name.as_str())
            .with("before", in_json(&plan.role, &plan.before))
            .with("after", in_json(&row, &after)),
    );
    Ok(())
}

/// Writes a plan.
pub(super) async fn write(tx: &mut Tx, by: Option<UserId>, plan: &Plan, now: Timestamp) -> Result<(), Error> {
    let id = plan.role.id;
    let requires = plan.requires.map(Requirement::as_str);
    UPDATE.bind(id).bind(&plan.description).bind(plan.level).bind(requires).bind(now).execute(tx).await?;
    for permission in &plan.add_permissions {
        ADD_PERMISSION.bind(id).bind(permission).bind(by).bind(now).execute(tx).await?;
    }
    let lists = [
        (REMOVE_PERMISSION, &plan.remove_permissions),
        (ADD_ASSIGNABLE, &plan.add_assignable),
        (REMOVE_ASSIGNABLE, &plan.remove_assignable),
        (ADD_GRANTABLE, &plan.add_grantable),
        (REMOVE_GRANTABLE, &plan.remove_grantable),
    ];
    for (statement, names) in lists {
        for name in names {
            statement.bind(id).bind(name).execute(tx).await?;
        }
    }
    Ok(())
}

/// Returns the roles whose lists name this one. Deleting it changes what their holders may do.
pub(super) async fn listing(conn: &mut Conn, role: RoleId) -> Result<Vec<RoleId>, Error> {
    let found: Vec<(RoleId,)> = LISTING.bind(role).all(conn).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Returns the roles that may assign this one, directly or through other roles.
async fn assigners(conn: &mut Conn, role: RoleId) -> Result<Vec<RoleId>, Error> {
    let found: Vec<(RoleId,)> = ASSIGNERS_OF.bind(role).all(conn).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Returns a role with what it carries, for the audit log.
pub(super) fn in_json(role: &RoleRow, carried: &Carried) -> Value {
    json!({
        "description": role.description,
        "level": role.level,
        "requires": role.required_factor,
        "permissions": carried.permissions,
        "can_assign": carried.can_assign,
        "can_grant": carried.can_grant,
    })
}

fn check_level(grantor: &Grantor, role: &RoleRow, level: Option<i64>) -> Result<(), Code> {
    if level.is_some_and(|level| !is_level(level)) {
        return Err(Code::BadLevel);
    }
    if level != role.level && role.built_in {
        return Err(Code::BuiltIn);
    }
    delegation::may_rank(grantor, role.rank(), level)
}

async fn check_permission(conn: &mut Conn, grantor: &Grantor, permission: &str) -> Result<(), Error> {
    if !permissions::exists(conn, permission).await? {
        return Err(Error::on(Field::Permission, Code::PermissionNotFound));
    }
    let assigned: Option<RoleRow> = match assigned_by(permission) {
        Some(key) => BY_KEY.bind(key).optional(conn).await?,
        None => None,
    };
    delegation::may_grant_permission(grantor, permission, assigned.as_ref().map(RoleRow::rank))
        .map_err(|code| Error::on(Field::Permission, code))
}

async fn check_assignable(
    conn: &mut Conn,
    grantor: &Grantor,
    role: &RoleRow,
    assignable: &str,
) -> Result<(), Error> {
    let target = find(conn, assignable).await?;
    if target.name == SYSTEM {
        return Err(Error::on(Field::Role, Code::BuiltIn));
    }
    delegation::may_give_for_good(grantor, target.rank()).map_err(|code| Error::on(Field::Role, code))?;
    if target.id == role.id || assigners(conn, role.id).await?.contains(&target.id) {
        return Err(Error::on(Field::Role, Code::AssignCycle));
    }
    Ok(())
}

/// Returns the members of `wanted` that are not in `held` yet, each once.
fn without(wanted: Vec<String>, held: &[String]) -> Vec<String> {
    once(wanted, |name| !held.contains(name))
}

/// Returns the members of `wanted` that are in `held`, each once.
fn only(wanted: Vec<String>, held: &[String]) -> Vec<String> {
    once(wanted, |name| held.contains(name))
}

fn once(mut wanted: Vec<String>, keep: impl Fn(&String) -> bool) -> Vec<String> {
    wanted.retain(keep);
    wanted.sort_unstable();
    wanted.dedup();
    wanted
}
