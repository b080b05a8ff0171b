//! What a user may do: the roles they hold, in which scopes, since when, and what those roles
//! carry.

use crate::model::id::{GrantId, RoleId, UserId};
use crate::model::permission;
use crate::model::role::{Requirement, key_of};
use crate::model::scope::Scope;
use crate::model::time::Timestamp;

/// A role that a user holds.
#[derive(Clone, Debug)]
pub struct Held {
    /// The assignment that gives the role.
    pub grant: GrantId,
    /// The role's id.
    pub role_id: RoleId,
    /// The role's name.
    pub role: String,
    /// The role's level.
    pub level: Option<i64>,
    /// The scope in which the role counts.
    pub scope: Scope,
    /// The user who assigned it; `None` for the program itself.
    pub given_by: Option<UserId>,
    /// When it was assigned.
    pub given_at: Timestamp,
    /// When it expires, if it does.
    pub expires_at: Option<Timestamp>,
    /// What holders of the role must have set up.
    pub requires: Option<Requirement>,
    /// Whether the role holds every permission.
    pub all_permissions: bool,
    /// The permissions that the role carries, sorted.
    pub permissions: Vec<String>,
    /// The keys of the roles that its holders may assign and remove, sorted.
    pub can_assign: Vec<String>,
    /// The permissions that its holders may add to roles without holding them, sorted.
    pub can_grant: Vec<String>,
}

impl Held {
    /// Returns whether the role carries `permission`.
    pub fn carries(&self, permission: &str) -> bool {
        self.all_permissions || contains(&self.permissions, permission)
    }

    /// Returns whether the role lets its holders assign the role with this key, by a permission or
    /// by its list.
    pub fn assigns(&self, role_key: &str) -> bool {
        contains(&self.can_assign, role_key) || self.carries(&permission::assign(role_key))
    }

    /// Returns whether the role lets its holders add `permission` to roles: they hold it, or may
    /// grant it.
    pub fn may_grant(&self, permission: &str) -> bool {
        self.carries(permission) || contains(&self.can_grant, permission)
    }
}

/// Everything that a user may do.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The roles that the user held when this was read, without expired ones and without those in
    /// the scope `none`.
    pub held: Vec<Held>,
}

impl Access {
    /// Returns whether a role that the user holds in a scope that covers `scope` carries
    /// `permission`.
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

    /// Returns whether the user holds `role` in a scope that covers `scope`.
    pub fn has_role(&self, role: &str, scope: &Scope) -> bool {
        self.covering(scope).any(|held| held.role.eq_ignore_ascii_case(role))
    }

    /// Iterates over the roles that the user holds in scopes that cover `scope`.
    pub fn covering<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = &'a Held> {
        self.held.iter().filter(move |held| held.scope.covers(scope))
    }

    /// Returns the highest level held in scopes that cover `scope`; `None` when no role there has
    /// one.
    pub fn level_in(&self, scope: &Scope) -> Option<i64> {
        self.covering(scope).filter_map(|held| held.level).max()
    }

    /// Returns the highest level held in any scope; `None` when no role has one.
    pub fn highest_level(&self) -> Option<i64> {
        self.held.iter().filter_map(|held| held.level).max()
    }

    /// Returns the highest level held globally without an expiry; `None` when no such role has one.
    pub fn lasting_level(&self) -> Option<i64> {
        let global = Scope::global();
        self.covering(&global).filter(|held| held.expires_at.is_none()).filter_map(|held| held.level).max()
    }

    /// Returns whether the user holds `role` in any scope.
    pub fn holds_somewhere(&self, role: &str) -> bool {
        let key = key_of(role);
        self.held.iter().any(|held| key_of(&held.role) == key)
    }

    /// Iterates over the scopes in which the user holds `permission`.
    pub fn scopes_of<'a>(&'a self, permission: &'a str) -> impl Iterator<Item = &'a Scope> {
        self.held.iter().filter(move |held| held.carries(permission)).map(|held| &held.scope)
    }

    /// Returns what the held roles require, taken together; `None` when they require nothing.
    pub fn requirement(&self) -> Option<Requirement> {
        self.held.iter().filter_map(|held| held.requires).max()
    }

    /// Returns what is left of this access to a credential that may use only `permissions`, and only
    /// within `scope`: an API key, or an access token.
    ///
    /// Nothing is added: a permission counts where a role carries it. Names and levels of roles, and
    /// what roles let their holders assign or grant, are dropped, because they are powers of the user
    /// and not of the credential: what asks for a role is not met.
    pub fn restricted_to(&self, permissions: &[String], scope: &Scope) -> Self {
        let held = self.held.iter().filter_map(|held| {
            let narrower = if held.scope.covers(scope) {
                scope.clone()
            } else if scope.covers(&held.scope) {
                held.scope.clone()
            } else {
                return None;
            };
            let mut kept: Vec<String> =
                permissions.iter().filter(|permission| held.carries(permission)).cloned().collect();
            kept.sort_unstable();
            Some(Held {
                scope: narrower,
                // No role has an empty name: what asks for a role is not met.
                role: String::new(),
                level: None,
                all_permissions: false,
                permissions: kept,
                can_assign: Vec::new(),
                can_grant: Vec::new(),
                ..held.clone()
            })
        });
        Self { held: held.collect() }
    }

    /// Returns when the first of the held roles expires.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.held.iter().filter_map(|held| held.expires_at).min()
    }
}

/// Returns whether a sorted list contains `wanted`.
fn contains(sorted: &[String], wanted: &str) -> bool {
    sorted.binary_search_by(|known| known.as_str().cmp(wanted)).is_ok()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn held(scope: &str, permissions: &[&str], all_permissions: bool) -> Held {
        let mut permissions: Vec<String> = permissions.iter().map(|&name| name.to_owned()).collect();
        permissions.sort_unstable();
        Held {
            grant: GrantId::from_uuid(Uuid::nil()),
            role_id: RoleId::from_uuid(Uuid::nil()),
            role: "editor".to_owned(),
            level: Some(50),
            scope: scope.parse().unwrap(),
            given_by: None,
            given_at: Timestamp::EPOCH,
            expires_at: None,
            requires: None,
            all_permissions,
            permissions,
            can_assign: vec!["viewer".to_owned()],
            can_grant: vec!["posts:read".to_owned()],
        }
    }

    #[test]
    fn a_restricted_access_holds_nothing_that_the_whole_does_not_and_nothing_beyond_its_limits() {
        let whole = Access {
            held: vec![
                held("org:1", &["posts:read", "posts:edit"], false),
                held("org:1/team:2", &["posts:delete"], false),
                held("org:9", &["posts:read"], false),
                held("org:3", &[], true),
            ],
        };
        let scopes: Vec<Scope> = ["global", "org:1", "org:1/team:2", "org:1/team:4", "org:3", "org:9"]
            .map(|scope| scope.parse().unwrap())
            .into();
        let names = ["posts:read", "posts:edit", "posts:delete", "users:manage"];
        for limit in &scopes {
            for allowed in [&names[..0], &names[..1], &names[1..3], &names[..]] {
                let allowed: Vec<String> = allowed.iter().map(|&name| name.to_owned()).collect();
                let left = whole.restricted_to(&allowed, limit);
                for (scope, name) in scopes.iter().flat_map(|scope| names.map(|name| (scope, name))) {
                    let expected = limit.covers(scope)
                        && allowed.iter().any(|permission| permission == name)
                        && whole.allows(name, scope);
                    assert_eq!(left.allows(name, scope), expected, "{name} in {scope}, limited to {limit}");
                }
                assert_eq!(left.highest_level(), None);
                assert!(!scopes.iter().any(|scope| left.has_role("editor", scope)));
                assert!(!left.holds_somewhere("editor"));
                assert!(left.held.iter().all(|held| held.can_assign.is_empty() && held.can_grant.is_empty()));
            }
        }
    }
}
