//! What one person may do: the roles they hold, where, since when, and everything that these carry.

use crate::model::id::{GrantId, RoleId, UserId};
use crate::model::permission;
use crate::model::role::{Requirement, key_of};
use crate::model::scope::Scope;
use crate::model::time::Timestamp;

/// A role as held by one person.
#[derive(Clone, Debug)]
pub struct Held {
    /// The grant that gives it.
    pub grant: GrantId,
    /// The role.
    pub role_id: RoleId,
    /// The role's name.
    pub role: String,
    /// Its level.
    pub level: Option<i64>,
    /// Where it counts.
    pub scope: Scope,
    /// Who gave it; None for the program itself.
    pub given_by: Option<UserId>,
    /// When.
    pub given_at: Timestamp,
    /// Until when it counts.
    pub expires_at: Option<Timestamp>,
    /// What its holders must have.
    pub requires: Option<Requirement>,
    /// Whether it holds every permission there is.
    pub all_permissions: bool,
    /// The permissions it carries, sorted.
    pub permissions: Vec<String>,
    /// The keys of the roles that its holders may give and take, sorted.
    pub can_assign: Vec<String>,
    /// The permissions that its holders may add to roles without holding them, sorted.
    pub can_grant: Vec<String>,
}

impl Held {
    /// Whether the role carries `permission`.
    pub fn carries(&self, permission: &str) -> bool {
        self.all_permissions || contains(&self.permissions, permission)
    }

    /// Whether the role lets its holders give the role with this key: by permission, or by its list.
    pub fn assigns(&self, role_key: &str) -> bool {
        contains(&self.can_assign, role_key) || self.carries(&permission::assign(role_key))
    }

    /// Whether the role lets its holders add `permission` to roles: they hold it, or may grant it.
    pub fn may_grant(&self, permission: &str) -> bool {
        self.carries(permission) || contains(&self.can_grant, permission)
    }
}

/// Everything that one person may do.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The roles they held when this was read; expired ones, and those held nowhere, are left out.
    pub held: Vec<Held>,
}

impl Access {
    /// Whether some role held in a scope that covers `scope` carries `permission`.
    ///
    /// ```
    /// use authtuna::authz::access::Access;
    /// use authtuna::model::scope::Scope;
    ///
    /// assert!(!Access::default().allows("posts:create", &Scope::global()), "who holds nothing may do nothing");
    /// ```
    pub fn allows(&self, permission: &str, scope: &Scope) -> bool {
        self.covering(scope).any(|held| held.carries(permission))
    }

    /// Whether the role is held in a scope that covers `scope`.
    pub fn has_role(&self, role: &str, scope: &Scope) -> bool {
        self.covering(scope).any(|held| held.role.eq_ignore_ascii_case(role))
    }

    /// The roles held in scopes that cover `scope`.
    pub fn covering<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = &'a Held> {
        self.held.iter().filter(move |held| held.scope.covers(scope))
    }

    /// The highest level held in scopes that cover `scope`; None when no such role has one.
    pub fn level_in(&self, scope: &Scope) -> Option<i64> {
        self.covering(scope).filter_map(|held| held.level).max()
    }

    /// The highest level held anywhere; None when no role has one.
    pub fn highest_level(&self) -> Option<i64> {
        self.held.iter().filter_map(|held| held.level).max()
    }

    /// The highest level held everywhere that does not run out; None when no such role has one.
    pub fn lasting_level(&self) -> Option<i64> {
        let global = Scope::global();
        self.covering(&global).filter(|held| held.expires_at.is_none()).filter_map(|held| held.level).max()
    }

    /// Whether the role with this name is held somewhere.
    pub fn holds_somewhere(&self, role: &str) -> bool {
        let key = key_of(role);
        self.held.iter().any(|held| key_of(&held.role) == key)
    }

    /// The scopes in which `permission` is held.
    pub fn scopes_of<'a>(&'a self, permission: &'a str) -> impl Iterator<Item = &'a Scope> {
        self.held.iter().filter(move |held| held.carries(permission)).map(|held| &held.scope)
    }

    /// What the roles held ask for, all together; None for nothing.
    pub fn requirement(&self) -> Option<Requirement> {
        self.held.iter().filter_map(|held| held.requires).max()
    }

    /// The first moment at which a role held now expires.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.held.iter().filter_map(|held| held.expires_at).min()
    }
}

/// Whether a sorted list holds `wanted`.
fn contains(sorted: &[String], wanted: &str) -> bool {
    sorted.binary_search_by(|known| known.as_str().cmp(wanted)).is_ok()
}
