//! Role names and levels, and the built-in roles: their levels, their permissions, and which roles
//! they may assign.

use serde::{Deserialize, Serialize};

use super::code::Code;
use super::permission::*;

/// The longest role name, in bytes: `roles:assign:<role>` must be a permission name.
pub const MAX_ROLE_NAME: usize = 64;

/// A role's name: ASCII letters and digits, `_` and `-`, shown as written and compared without
/// regard to case. It never changes, because code refers to roles by name.
///
/// ```
/// use authtuna::model::role::RoleName;
///
/// assert_eq!(RoleName::parse("OrgOwner")?.key(), "orgowner");
/// assert!(RoleName::parse("org owner").is_err());
/// # Ok::<(), authtuna::model::code::Code>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleName {
    name: String,
    key: String,
}

impl RoleName {
    /// Parses a name.
    ///
    /// # Errors
    ///
    /// [`Code::BadRoleName`] when the text is not a role name.
    pub fn parse(text: &str) -> Result<Self, Code> {
        let good = (1..=MAX_ROLE_NAME).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if good { Ok(Self { name: text.to_owned(), key: key_of(text) }) } else { Err(Code::BadRoleName) }
    }

    /// Returns the name as written.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// Returns the key: names with the same key are the same.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Returns the key of a role's name: names that differ only in case are the same.
pub fn key_of(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// A role that provisioning creates.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// Its name, as users see it.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// Its level, 0 to 999; `None` for roles that only mean something inside an organization or
    /// team.
    pub level: Option<i64>,
    /// The permissions it carries. SuperAdmin holds every permission, later ones too, by rule and
    /// not by this list.
    pub permissions: &'static [&'static str],
    /// The roles that its holders may assign.
    pub can_assign: &'static [&'static str],
}

/// The role of the software itself. No user signs in with it.
pub const SYSTEM: &str = "System";
/// Holds every permission, later ones too.
pub const SUPER_ADMIN: &str = "SuperAdmin";
/// The role for day-to-day administration.
pub const ADMIN: &str = "Admin";
/// The role that every user gets at sign-up.
pub const USER: &str = "User";

/// The level of [`SYSTEM`]; nothing is above it. Levels are 0 to 999.
pub const MAX_LEVEL: i64 = 999;

/// Returns whether `level` is a valid level.
pub fn is_level(level: i64) -> bool {
    (0..=MAX_LEVEL).contains(&level)
}

/// Every built-in role, highest first.
pub const BUILT_IN: &[BuiltIn] = &[
    BuiltIn {
        name: SYSTEM,
        description: "The software itself",
        level: Some(MAX_LEVEL),
        permissions: &[
            ROLES_ASSIGN_SUPERADMIN,
            ROLES_ASSIGN_ADMIN,
            ROLES_ASSIGN_MODERATOR,
            ROLES_ASSIGN_USER,
        ],
        can_assign: &[
            SUPER_ADMIN,
            ADMIN,
            "Moderator",
            "OrgOwner",
            "OrgAdmin",
            "OrgMember",
            "TeamLead",
            "TeamMember",
            USER,
        ],
    },
    BuiltIn {
        name: SUPER_ADMIN,
        description: "Holds every permission",
        level: Some(100),
        permissions: &[],
        can_assign: &[
            ADMIN,
            "Moderator",
            "OrgOwner",
            "OrgAdmin",
            "OrgMember",
            "TeamLead",
            "TeamMember",
            USER,
        ],
    },
    BuiltIn {
        name: ADMIN,
        description: "Manages people and roles",
        level: Some(90),
        permissions: &[
            ADMIN_ACCESS_PANEL,
            USERS_READ,
            USERS_MANAGE,
            ROLES_READ,
            ROLES_MANAGE,
            PERMISSIONS_READ,
            AUDIT_READ,
            ROLES_ASSIGN_MODERATOR,
            ROLES_ASSIGN_USER,
        ],
        can_assign: &["Moderator", "OrgOwner", "OrgAdmin", "OrgMember", "TeamLead", "TeamMember", USER],
    },
    BuiltIn {
        name: "Moderator",
        description: "Looks after people",
        level: Some(50),
        permissions: &[ADMIN_ACCESS_PANEL, USERS_READ, USERS_MANAGE, ROLES_ASSIGN_USER],
        can_assign: &[],
    },
    BuiltIn {
        name: "OrgOwner",
        description: "Owns an organization",
        level: None,
        permissions: &[
            ORG_MANAGE,
            ORG_INVITE_MEMBER,
            ORG_REMOVE_MEMBER,
            TEAM_CREATE,
            TEAM_MANAGE,
            TEAM_INVITE_MEMBER,
            TEAM_REMOVE_MEMBER,
            TEAM_DELETE,
        ],
        can_assign: &["OrgAdmin", "OrgMember", "TeamLead", "TeamMember"],
    },
    BuiltIn {
        name: "OrgAdmin",
        description: "Runs an organization",
        level: None,
        permissions: &[
            ORG_INVITE_MEMBER,
            ORG_REMOVE_MEMBER,
            TEAM_CREATE,
            TEAM_MANAGE,
            TEAM_INVITE_MEMBER,
            TEAM_REMOVE_MEMBER,
            TEAM_DELETE,
        ],
        can_assign: &["OrgMember", "TeamLead", "TeamMember"],
    },
    BuiltIn {
        name: "OrgMember",
        description: "Belongs to an organization",
        level: None,
        permissions: &[],
        can_assign: &[],
    },
    BuiltIn {
        name: "TeamLead",
        description: "Leads a team",
        level: None,
        permissions: &[TEAM_MANAGE, TEAM_INVITE_MEMBER, TEAM_REMOVE_MEMBER],
        can_assign: &["TeamMember"],
    },
    BuiltIn {
        name: "TeamMember",
        description: "Belongs to a team",
        level: None,
        permissions: &[],
        can_assign: &[],
    },
    BuiltIn {
        name: USER,
        description: "Everybody who signed up",
        level: Some(0),
        permissions: &[],
        can_assign: &[],
    },
];
/// What holders of a role must have set up before their session may do anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requirement {
    /// A second factor: a passkey, or an authenticator app.
    Mfa,
    /// A passkey.
    Passkey,
}

impl Requirement {
    /// Returns the stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mfa => "mfa",
            Self::Passkey => "passkey",
        }
    }

    /// Returns the requirement with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Mfa, Self::Passkey].into_iter().find(|requirement| requirement.as_str() == name)
    }
}
