//! Everything that a group can reach by the rules of delegation, computed from the start alone. It
//! implements the rules again and does not use the code under test.

use std::collections::BTreeSet;

use super::model::Model;
use super::world::{PERMISSIONS, Permission, ROLES, SCOPES};

/// Everything that a group may ever come to hold.
#[derive(Debug)]
pub(super) struct Closure {
    /// Roles, by index of name and of scope.
    roles: BTreeSet<(usize, usize)>,
    /// Permissions beyond those that the roles carry at the start, with their scopes.
    extra: BTreeSet<(Permission, usize)>,
    /// The highest level in each scope. It cannot rise.
    levels: [Option<i64>; SCOPES.len()],
    start: Model,
}

/// Returns whether an assignment in one scope counts in another, by index.
pub(super) fn covers(held: usize, wanted: usize) -> bool {
    match (SCOPES[held], SCOPES[wanted]) {
        ("none", _) | (_, "none") => false,
        ("global", _) => true,
        (held, wanted) => wanted == held || (held == "org:1" && wanted == "org:1/team:1"),
    }
}

impl Closure {
    pub(super) fn of(start: &Model, group: usize) -> Self {
        let roles: BTreeSet<_> = start
            .grants
            .iter()
            .filter(|grant| grant.person < group && SCOPES[grant.scope] != "none")
            .map(|grant| (grant.role, grant.scope))
            .collect();
        let mut levels = [None; SCOPES.len()];
        for (scope, level) in levels.iter_mut().enumerate() {
            let covering = roles.iter().filter(|(_, held)| covers(*held, scope));
            *level = covering.filter_map(|(role, _)| start.role(*role).level).max();
        }
        let mut this = Self { roles, extra: BTreeSet::new(), levels, start: start.clone() };
        loop {
            let before = (this.roles.len(), this.extra.len());
            this.give();
            this.edit();
            if before == (this.roles.len(), this.extra.len()) {
                return this;
            }
        }
    }

    /// Returns whether the group may come to hold `permission` in `scope`.
    pub(super) fn allows(&self, permission: Permission, scope: usize) -> bool {
        let by_role = self.roles.iter().any(|(role, held)| {
            let role = self.start.role(*role);
            covers(*held, scope) && (role.all_permissions || role.permissions.contains(&permission))
        });
        by_role || self.extra.iter().any(|(extra, held)| *extra == permission && covers(*held, scope))
    }

    /// Returns whether the group may come to hold the role of this name in `scope`. A role that did
    /// not exist at the start may belong to anyone.
    pub(super) fn has_role(&self, role: usize, scope: usize) -> bool {
        self.start.roles[role].is_none()
            || self.roles.iter().any(|(known, held)| *known == role && covers(*held, scope))
    }

    pub(super) fn level(&self, scope: usize) -> Option<i64> {
        self.levels[scope]
    }

    /// Adds the roles that the group can assign: a role with a level if that level is below the
    /// group's, and any other role if a member may assign it.
    fn give(&mut self) {
        for role in (0..ROLES).filter(|role| self.start.roles[*role].is_some()) {
            for scope in (0..SCOPES.len()).filter(|scope| SCOPES[*scope] != "none") {
                if self.may_give(role, scope) {
                    self.roles.insert((role, scope));
                }
            }
        }
    }

    fn may_give(&self, role: usize, scope: usize) -> bool {
        if let Some(level) = self.start.role(role).level {
            return Some(level) < self.levels[scope];
        }
        let by_list = self.roles.iter().any(|(grantor, held)| {
            covers(*held, scope) && self.start.role(*grantor).can_assign.contains(&role)
        });
        by_list || self.allows(Permission::Assign(role), scope)
    }

    /// Adds the permissions that the group can add to roles: in the scopes where those roles are
    /// held, or in every scope if the group can create and assign a new role.
    fn edit(&mut self) {
        const GLOBAL: usize = 0;
        if !self.allows(Permission::RolesManage, GLOBAL) {
            return;
        }
        let own = (0..PERMISSIONS).map(Permission::Own);
        let assign = (0..ROLES).map(Permission::Assign);
        for permission in own.chain(assign).chain([Permission::RolesManage, Permission::PermissionsManage]) {
            let granted = self.roles.iter().any(|(role, held)| {
                *held == GLOBAL && self.start.role(*role).can_grant.contains(&permission)
            });
            let ones_own = match permission {
                // A role that is created later may belong to anyone; see `has_role`.
                Permission::Assign(role) if self.start.roles[role].is_none() => true,
                Permission::Assign(role) => self.may_give(role, GLOBAL),
                _ => true,
            };
            if !(ones_own && (granted || self.allows(permission, GLOBAL))) {
                continue;
            }
            let editable = |role: usize| match self.start.role(role).level {
                None => true,
                level => level < self.levels[GLOBAL],
            };
            let mut places: Vec<usize> =
                self.roles.iter().filter(|(role, _)| editable(*role)).map(|(_, held)| *held).collect();
            if self.levels[GLOBAL] > Some(0) {
                places.push(GLOBAL);
            }
            self.extra.extend(places.into_iter().map(|scope| (permission, scope)));
        }
    }
}
