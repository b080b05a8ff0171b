//! Permission names, and the built-in permissions. A fork adds its own to the table at the end.

use std::fmt;

use super::code::Code;

/// The longest permission name, in bytes.
pub const MAX_PERMISSION: usize = 100;

/// The prefix of the permissions to assign and remove a role. Each role has one, named by
/// [`assign`].
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
    /// Parses a name.
    ///
    /// # Errors
    ///
    /// [`Code::BadPermissionName`] when the text is not a permission name.
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

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the resource: the first segment of the name.
    pub fn resource(&self) -> &str {
        resource(&self.0)
    }
}

impl fmt::Display for PermissionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns the resource of a permission's name: its first segment.
pub fn resource(name: &str) -> &str {
    name.split(':').next().unwrap_or(name)
}

/// Returns the permission to assign and remove the role with this key (its name in lowercase).
pub fn assign(role_key: &str) -> String {
    format!("{ASSIGN_PREFIX}{role_key}")
}

/// Returns the key of the role that holders of `permission` may assign and remove, if it is such a
/// permission.
pub fn assigned_by(permission: &str) -> Option<&str> {
    permission.strip_prefix(ASSIGN_PREFIX)
}

/// A permission that the code itself requires, or that a built-in role carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BuiltIn {
    /// `resource:action`, in lowercase.
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
