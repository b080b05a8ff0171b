//! Names of permissions, and those that are built in. A fork adds its own to the table at the end.

use std::fmt;

use super::code::Code;

/// The longest name of a permission, in bytes.
pub const MAX_PERMISSION: usize = 100;

/// What the name of the permission to give and take a role begins with. Each role has one, named by [`assign`].
pub const ASSIGN_PREFIX: &str = "roles:assign:";

/// A permission's name: two or more segments of `[a-z0-9_-]` joined by `:`, the resource first.
///
/// ```
/// use authtuna::model::permission::PermissionName;
///
/// let name = PermissionName::parse("org:teams:invite")?;
/// assert_eq!(name.resource(), "org");
/// assert!(PermissionName::parse("Posts:Create").is_err(), "one spelling, so that none looks like another");
/// # Ok::<(), authtuna::model::code::Code>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PermissionName(String);

impl PermissionName {
    /// Reads a name. Err([`Code::BadPermissionName`]).
    pub fn parse(text: &str) -> Result<Self, Code> {
        let segment = |segment: &str| {
            !segment.is_empty()
                && segment
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
        };
        let good = text.len() <= MAX_PERMISSION && text.contains(':') && text.split(':').all(segment);
        if good { Ok(Self(text.to_owned())) } else { Err(Code::BadPermissionName) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is about: its first segment.
    pub fn resource(&self) -> &str {
        resource(&self.0)
    }
}

impl fmt::Display for PermissionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The resource of a permission's name: its first segment.
pub fn resource(name: &str) -> &str {
    name.split(':').next().unwrap_or(name)
}

/// The permission to give and take the role whose key (lower-case name) this is.
pub fn assign(role_key: &str) -> String {
    format!("{ASSIGN_PREFIX}{role_key}")
}

/// The key of the role that holders of `permission` may give and take, when it is such a permission.
pub fn assigned_by(permission: &str) -> Option<&str> {
    permission.strip_prefix(ASSIGN_PREFIX)
}

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
