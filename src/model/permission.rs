//! The permissions that are built in. A fork adds its own to the table at the end.

/// A permission that the code itself asks for, or that a built-in role carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BuiltIn {
    /// `resource:action`, lower case.
    pub name: &'static str,
    /// What it allows, in words for an administrator.
    pub description: &'static str,
}

macro_rules! permissions {
    ($($constant:ident = $name:literal, $description:literal;)+) => {
        $(
            #[doc = $description]
            pub const $constant: &str = $name;
        )+
        /// Every built-in permission, grouped by resource.
        pub const BUILT_IN: &[BuiltIn] = &[$(BuiltIn { name: $name, description: $description }),+];
    };
}

permissions! {
    USERS_READ = "users:read", "See people and their accounts";
    USERS_MANAGE = "users:manage", "Create, change, suspend and delete people";
    ROLES_READ = "roles:read", "See roles and who holds them";
    ROLES_MANAGE = "roles:manage", "Create, change and delete roles";
    PERMISSIONS_READ = "permissions:read", "See the catalogue of permissions";
    PERMISSIONS_MANAGE = "permissions:manage", "Create, change and delete permissions";
    AUDIT_READ = "audit:read", "Read the audit log";
    ADMIN_ACCESS_PANEL = "admin:access:panel", "Open the admin console";
    ROLES_ASSIGN_SUPERADMIN = "roles:assign:superadmin", "Give and take the role SuperAdmin";
    ROLES_ASSIGN_ADMIN = "roles:assign:admin", "Give and take the role Admin";
    ROLES_ASSIGN_MODERATOR = "roles:assign:moderator", "Give and take the role Moderator";
    ROLES_ASSIGN_USER = "roles:assign:user", "Give and take the role User";
    ORG_CREATE = "org:create", "Create organizations";
    ORG_MANAGE = "org:manage", "Rename, transfer and delete an organization";
    ORG_INVITE_MEMBER = "org:invite_member", "Invite people into an organization";
    ORG_REMOVE_MEMBER = "org:remove_member", "Remove people from an organization";
    TEAM_CREATE = "team:create", "Create teams";
    TEAM_MANAGE = "team:manage", "Rename and change teams";
    TEAM_INVITE_MEMBER = "team:invite_member", "Invite people into a team";
    TEAM_REMOVE_MEMBER = "team:remove_member", "Remove people from a team";
    TEAM_DELETE = "team:delete", "Delete teams";
}
