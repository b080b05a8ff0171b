//! Small random worlds of roles and users, and the acts that the users then try.

use proptest::prelude::*;

/// The number of users in a world. The first ones are the group that acts; the others only hold
/// assignments.
pub(super) const PEOPLE: usize = 4;
/// The number of role names. Not all roles exist at the start.
pub(super) const ROLES: usize = 5;
/// The number of the world's own permissions.
pub(super) const PERMISSIONS: usize = 3;
/// The scopes of assignments. The second one gives nothing.
pub(super) const SCOPES: [&str; 5] = ["global", "none", "org:1", "org:1/team:1", "org:2"];

/// A permission in a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Permission {
    /// One of the world's own permissions.
    Own(usize),
    /// The permission to assign and remove a role.
    Assign(usize),
    RolesManage,
    PermissionsManage,
}

#[derive(Clone, Debug)]
pub(super) struct Role {
    pub(super) level: Option<i64>,
    pub(super) all_permissions: bool,
    pub(super) permissions: Vec<Permission>,
    /// Only roles after this one in the list, so that there are no cycles.
    pub(super) can_assign: Vec<usize>,
    pub(super) can_grant: Vec<Permission>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Grant {
    pub(super) person: usize,
    pub(super) role: usize,
    pub(super) scope: usize,
}

/// What a member of the group tries.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Give(Grant),
    Take(Grant),
    Create { role: usize, level: Option<i64>, permissions: Vec<Permission> },
    Delete { role: usize },
    SetLevel { role: usize, level: Option<i64> },
    AddPermission { role: usize, permission: Permission },
    RemovePermission { role: usize, permission: Permission },
    LetAssign { role: usize, assignable: usize },
    LetGrant { role: usize, permission: Permission },
    CreatePermission { own: usize },
    DeletePermission { own: usize },
}

/// A start, a group, and a sequence of acts.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) roles: Vec<Option<Role>>,
    pub(super) grants: Vec<Grant>,
    /// How many of the users act.
    pub(super) group: usize,
    /// The actor and the act of each step.
    pub(super) acts: Vec<(usize, Act)>,
}

fn permission() -> impl Strategy<Value = Permission> {
    prop_oneof![
        3 => (0..PERMISSIONS).prop_map(Permission::Own),
        2 => (0..ROLES).prop_map(Permission::Assign),
        2 => Just(Permission::RolesManage),
        1 => Just(Permission::PermissionsManage),
    ]
}

/// Few levels, so that equal ones are common.
fn level() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![2 => Just(None), 5 => (0..4_i64).prop_map(Some)]
}

fn scope() -> impl Strategy<Value = usize> {
    prop_oneof![4 => Just(0_usize), 1 => Just(1_usize), 4 => 2..SCOPES.len()]
}

fn role(index: usize) -> impl Strategy<Value = Option<Role>> {
    let permissions = proptest::collection::vec(permission(), 0..4);
    let after = index + 1..ROLES.max(index + 2);
    let can_assign = proptest::collection::vec(after, 0..2)
        .prop_map(|list| list.into_iter().filter(|role| *role < ROLES).collect::<Vec<_>>());
    let can_grant = proptest::collection::vec(permission(), 0..3);
    let made = (level(), prop::bool::weighted(0.04), permissions, can_assign, can_grant).prop_map(
        |(level, all_permissions, permissions, can_assign, can_grant)| Role {
            level,
            all_permissions,
            permissions,
            can_assign,
            can_grant,
        },
    );
    prop::option::weighted(0.85, made)
}

fn grant() -> impl Strategy<Value = Grant> {
    (0..PEOPLE, 0..ROLES, scope()).prop_map(|(person, role, scope)| Grant { person, role, scope })
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => grant().prop_map(Act::Give),
        1 => grant().prop_map(Act::Take),
        3 => (0..ROLES, level(), proptest::collection::vec(permission(), 0..2))
            .prop_map(|(role, level, permissions)| Act::Create { role, level, permissions }),
        2 => (0..ROLES).prop_map(|role| Act::Delete { role }),
        4 => (0..ROLES, level()).prop_map(|(role, level)| Act::SetLevel { role, level }),
        5 => (0..ROLES, permission()).prop_map(|(role, permission)| Act::AddPermission { role, permission }),
        1 => (0..ROLES, permission()).prop_map(|(role, permission)| Act::RemovePermission { role, permission }),
        3 => (0..ROLES, 0..ROLES).prop_map(|(role, assignable)| Act::LetAssign { role, assignable }),
        2 => (0..ROLES, permission()).prop_map(|(role, permission)| Act::LetGrant { role, permission }),
        1 => (0..PERMISSIONS).prop_map(|own| Act::CreatePermission { own }),
        1 => (0..PERMISSIONS).prop_map(|own| Act::DeletePermission { own }),
    ]
}

pub(super) fn world(acts: usize) -> impl Strategy<Value = World> {
    let roles = (role(0), role(1), role(2), role(3), role(4)).prop_map(|(a, b, c, d, e)| vec![a, b, c, d, e]);
    let grants = proptest::collection::vec(grant(), 1..7);
    let place = prop_oneof![4 => Just(0_usize), 1 => Just(2_usize)];
    let manager = prop::option::weighted(0.9, (1..4_i64, place));
    (roles, grants, 1..3_usize, manager).prop_flat_map(move |(mut roles, mut grants, group, manager)| {
        if let Some((level, place)) = manager {
            make_manager(&mut roles, &mut grants, level, place);
        }
        let acts = proptest::collection::vec((0..group, act()), 1..=acts);
        (Just(roles), Just(grants), Just(group), acts)
            .prop_map(|(roles, grants, group, acts)| World { roles, grants, group, acts }.tidy())
    })
}

/// Gives the first member a role that manages roles, as in most worlds: otherwise nearly every act
/// would be refused.
fn make_manager(roles: &mut [Option<Role>], grants: &mut Vec<Grant>, level: i64, scope: usize) {
    if let Some(role) = roles.iter_mut().flatten().next() {
        role.permissions.push(Permission::RolesManage);
        role.level = Some(level);
    }
    if let Some(role) = roles.iter().position(Option::is_some) {
        grants.push(Grant { person: 0, role, scope });
    }
}

impl World {
    /// Removes everything that refers to missing roles.
    fn tidy(mut self) -> Self {
        let there: Vec<bool> = self.roles.iter().map(Option::is_some).collect();
        self.grants.retain(|grant| there[grant.role]);
        self.grants.sort_unstable();
        self.grants.dedup();
        let real = |permission: &Permission| !matches!(permission, Permission::Assign(role) if !there[*role]);
        for role in self.roles.iter_mut().flatten() {
            role.permissions.retain(real);
            role.can_grant.retain(real);
            role.can_assign.retain(|role| there[*role]);
            for list in [&mut role.permissions, &mut role.can_grant] {
                list.sort_unstable();
                list.dedup();
            }
            role.can_assign.sort_unstable();
            role.can_assign.dedup();
        }
        self
    }
}
