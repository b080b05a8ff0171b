//! Roles and assignments in memory, changed by the rules of `authtuna::authz::delegation` in the
//! same way as in the database.

use authtuna::authz::access::{Access, Held};
use authtuna::authz::delegation::{self, Grantor, Rank};
use authtuna::model::code::Code;
use authtuna::model::id::{GrantId, RoleId};
use authtuna::model::permission;
use authtuna::model::scope::Scope;
use authtuna::model::time::Timestamp;

use super::world::{Act, Grant, PERMISSIONS, Permission, Role, SCOPES, World};

#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) roles: Vec<Option<Role>>,
    pub(super) permissions: Vec<bool>,
    pub(super) grants: Vec<Grant>,
}

pub(super) fn scope(index: usize) -> Scope {
    SCOPES[index].parse().unwrap()
}

/// Returns a role's name, which is also its key.
pub(super) fn role_name(world: u64, role: usize) -> String {
    format!("t{world}r{role}")
}

pub(super) fn permission_name(world: u64, permission: Permission) -> String {
    match permission {
        Permission::Own(own) => format!("t{world}:p{own}"),
        Permission::Assign(role) => permission::assign(&role_name(world, role)),
        Permission::RolesManage => permission::ROLES_MANAGE.to_owned(),
        Permission::PermissionsManage => permission::PERMISSIONS_MANAGE.to_owned(),
    }
}

impl Model {
    pub(super) fn of(world: &World) -> Self {
        Self {
            roles: world.roles.clone(),
            permissions: vec![true; PERMISSIONS],
            grants: world.grants.clone(),
        }
    }

    pub(super) fn role(&self, role: usize) -> &Role {
        self.roles[role].as_ref().unwrap()
    }

    /// Returns a user's effective access, in the core's type.
    pub(super) fn access(&self, world: u64, person: usize) -> Access {
        let held = self.grants.iter().filter(|grant| grant.person == person && SCOPES[grant.scope] != "none");
        let names = |list: &[Permission]| {
            let mut names: Vec<String> = list.iter().map(|one| permission_name(world, *one)).collect();
            names.sort_unstable();
            names
        };
        let held = held.map(|grant| {
            let role = self.role(grant.role);
            let mut can_assign: Vec<String> =
                role.can_assign.iter().map(|role| role_name(world, *role)).collect();
            can_assign.sort_unstable();
            Held {
                requires: None,
                grant: GrantId::from_uuid(uuid::Uuid::nil()),
                role_id: RoleId::from_uuid(uuid::Uuid::nil()),
                role: role_name(world, grant.role),
                level: role.level,
                scope: scope(grant.scope),
                given_by: None,
                given_at: Timestamp::EPOCH,
                expires_at: None,
                all_permissions: role.all_permissions,
                permissions: names(&role.permissions),
                can_assign,
                can_grant: names(&role.can_grant),
            }
        });
        Access { held: held.collect() }
    }

    /// Lets `actor` try `act`. A refused act changes nothing.
    pub(super) fn step(&mut self, world: u64, actor: usize, act: &Act) -> Result<(), Code> {
        let access = self.access(world, actor);
        let manages_permissions = access.allows(permission::PERMISSIONS_MANAGE, &Scope::global());
        let grantor = Grantor::Person(access);
        let this = Attempt { world, grantor: &grantor, model: self };
        match act {
            Act::Give(grant) => {
                this.may_give(grant.role, grant.scope)?;
                if !self.grants.contains(grant) {
                    self.grants.push(*grant);
                }
            }
            Act::Take(grant) => {
                this.may_give(grant.role, grant.scope)?;
                let before = self.grants.len();
                self.grants.retain(|held| held != grant);
                if self.grants.len() == before {
                    return Err(Code::GrantNotFound);
                }
            }
            Act::Create { role, level, permissions } => {
                delegation::may_manage(&grantor)?;
                delegation::is_below(&grantor, *level)?;
                if self.roles[*role].is_some() {
                    return Err(Code::RoleExists);
                }
                let mut made = Role {
                    level: *level,
                    all_permissions: false,
                    permissions: Vec::new(),
                    can_assign: Vec::new(),
                    can_grant: Vec::new(),
                };
                let mut after = self.clone();
                after.roles[*role] = Some(made.clone());
                let with_role = Attempt { world, grantor: &grantor, model: &after };
                let mut wanted = permissions.clone();
                wanted.sort_unstable_by_key(|one| permission_name(world, *one));
                wanted.dedup();
                for permission in &wanted {
                    with_role.may_grant_permission(*permission)?;
                }
                made.permissions = wanted;
                self.roles[*role] = Some(made);
            }
            Act::Delete { role } => {
                this.may_edit(*role)?;
                delegation::may_give(&grantor, this.rank(*role)?.rank(), &Scope::global())?;
                self.forget(Permission::Assign(*role));
                self.roles[*role] = None;
                self.grants.retain(|grant| grant.role != *role);
                for other in self.roles.iter_mut().flatten() {
                    other.can_assign.retain(|assignable| assignable != role);
                }
            }
            Act::SetLevel { role, level } => {
                this.may_edit(*role)?;
                delegation::may_rank(&grantor, this.rank(*role)?.rank(), *level)?;
                self.change(*role).level = *level;
            }
            Act::AddPermission { role, permission } => {
                this.may_edit(*role)?;
                if self.role(*role).all_permissions {
                    return Err(Code::BuiltIn);
                }
                if !self.role(*role).permissions.contains(permission) {
                    this.may_grant_permission(*permission)?;
                    self.change(*role).permissions.push(*permission);
                }
            }
            Act::RemovePermission { role, permission } => {
                this.may_edit(*role)?;
                if self.role(*role).all_permissions {
                    return Err(Code::BuiltIn);
                }
                self.change(*role).permissions.retain(|held| held != permission);
            }
            Act::LetGrant { role, permission } => {
                this.may_edit(*role)?;
                if !self.role(*role).can_grant.contains(permission) {
                    this.may_grant_permission(*permission)?;
                    self.change(*role).can_grant.push(*permission);
                }
            }
            Act::LetAssign { role, assignable } => {
                this.may_edit(*role)?;
                if !self.role(*role).can_assign.contains(assignable) {
                    delegation::may_give(&grantor, this.rank(*assignable)?.rank(), &Scope::global())?;
                    if role == assignable || self.assigns(*assignable, *role) {
                        return Err(Code::AssignCycle);
                    }
                    self.change(*role).can_assign.push(*assignable);
                }
            }
            Act::CreatePermission { own } => {
                if !manages_permissions {
                    return Err(Code::Forbidden);
                }
                if self.permissions[*own] {
                    return Err(Code::PermissionExists);
                }
                self.permissions[*own] = true;
            }
            Act::DeletePermission { own } => {
                if !manages_permissions {
                    return Err(Code::Forbidden);
                }
                if !self.permissions[*own] {
                    return Err(Code::PermissionNotFound);
                }
                let permission = Permission::Own(*own);
                for (index, role) in self.roles.iter().enumerate() {
                    let Some(role) = role else { continue };
                    if role.permissions.contains(&permission) || role.can_grant.contains(&permission) {
                        this.may_edit(index)?;
                    }
                }
                self.permissions[*own] = false;
                self.forget(permission);
            }
        }
        Ok(())
    }

    fn change(&mut self, role: usize) -> &mut Role {
        self.roles[role].as_mut().unwrap()
    }

    fn forget(&mut self, permission: Permission) {
        for role in self.roles.iter_mut().flatten() {
            role.permissions.retain(|held| *held != permission);
            role.can_grant.retain(|held| *held != permission);
        }
    }

    /// Returns whether `from` lets its holders assign `to`, directly or through the roles that it
    /// lets them assign.
    fn assigns(&self, from: usize, to: usize) -> bool {
        self.roles[from]
            .as_ref()
            .is_some_and(|role| role.can_assign.iter().any(|next| *next == to || self.assigns(*next, to)))
    }
}

/// One attempt by a user, with the checks that it makes.
struct Attempt<'a> {
    world: u64,
    grantor: &'a Grantor,
    model: &'a Model,
}

/// A role's key and level, kept for a [`Rank`].
struct Ranked(String, Option<i64>);

impl Ranked {
    fn rank(&self) -> Rank<'_> {
        Rank { key: &self.0, level: self.1 }
    }
}

impl Attempt<'_> {
    fn rank(&self, role: usize) -> Result<Ranked, Code> {
        let found = self.model.roles[role].as_ref().ok_or(Code::RoleNotFound)?;
        Ok(Ranked(role_name(self.world, role), found.level))
    }

    fn may_edit(&self, role: usize) -> Result<(), Code> {
        delegation::may_manage(self.grantor)?;
        delegation::may_edit(self.grantor, self.rank(role)?.rank())
    }

    /// A role that the caller may neither see nor assign counts as missing.
    fn may_give(&self, role: usize, place: usize) -> Result<(), Code> {
        let rank = self.rank(role)?;
        let Grantor::Person(access) = self.grantor else { return Ok(()) };
        let sees =
            access.holds_somewhere(&rank.0) || access.allows(permission::ROLES_MANAGE, &Scope::global());
        match delegation::may_give(self.grantor, rank.rank(), &scope(place)) {
            Ok(_) => Ok(()),
            Err(_) if !sees => Err(Code::RoleNotFound),
            Err(code) => Err(code),
        }
    }

    fn may_grant_permission(&self, permission: Permission) -> Result<(), Code> {
        let role = match permission {
            Permission::Own(own) if !self.model.permissions[own] => return Err(Code::PermissionNotFound),
            Permission::Assign(role) if self.model.roles[role].is_none() => {
                return Err(Code::PermissionNotFound);
            }
            Permission::Assign(role) => Some(self.rank(role)?),
            _ => None,
        };
        let name = permission_name(self.world, permission);
        delegation::may_grant_permission(self.grantor, &name, role.as_ref().map(Ranked::rank))
    }
}
