//! Rules: what a user must hold, and in which scope. Programs declare them as constants;
//! [`mod@super::check`] checks them.

use crate::authz::access::Access;
use crate::model::permission::PermissionName;
use crate::model::role::RoleName;
use crate::model::scope::Scope;

/// What a user must hold, and in which scope. [`RequirePermission`] and [`RequireRole`] create
/// rules.
///
/// As a layer, a rule guards routes; as the rule of a [`Check`](super::Check), it guards one
/// handler.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    kind: Kind,
    names: Names,
    scope: RuleScope,
    prefix: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Permission,
    Role,
}

#[derive(Clone, Copy, Debug)]
enum Names {
    One(&'static str),
    All(&'static [&'static str]),
    Any(&'static [&'static str]),
}

#[derive(Clone, Copy, Debug)]
enum RuleScope {
    Everywhere,
    Literal(&'static str),
    FromPath(&'static str),
    /// The rule sets two scopes.
    Twice,
}

/// Where a rule is checked for one request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// In this scope.
    In(Scope),
    /// The value in the path is not a segment of a scope, so it cannot name a resource.
    Nowhere,
    /// The rule is invalid, whatever the request.
    Fault(&'static str),
}

/// Creates rules about permissions.
///
/// ```
/// use authtuna::axum::{RequirePermission, Rule};
///
/// const MANAGE_USERS: Rule = RequirePermission::one("users:manage");
/// const PUBLISH: Rule = RequirePermission::all(&["posts:create", "posts:publish"]).in_scope("org:1");
/// const SEE_TEAM: Rule = RequirePermission::any(&["team:manage", "team:read"]).scope_from_path("team_id");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RequirePermission;

impl RequirePermission {
    /// Requires this permission.
    pub const fn one(permission: &'static str) -> Rule {
        Rule::new(Kind::Permission, Names::One(permission))
    }

    /// Requires all of these permissions. An empty list lets no user in.
    pub const fn all(permissions: &'static [&'static str]) -> Rule {
        Rule::new(Kind::Permission, Names::All(permissions))
    }

    /// Requires at least one of these permissions. An empty list lets no user in.
    pub const fn any(permissions: &'static [&'static str]) -> Rule {
        Rule::new(Kind::Permission, Names::Any(permissions))
    }
}

/// Creates rules about roles.
///
/// Role names are case-insensitive. A higher role does not stand in for the required one. Prefer
/// permissions to decide what a user may do: roles change.
///
/// ```
/// use authtuna::axum::{RequireRole, Rule};
///
/// const STAFF: Rule = RequireRole::any(&["Admin", "SuperAdmin"]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RequireRole;

impl RequireRole {
    /// Requires this role.
    pub const fn one(role: &'static str) -> Rule {
        Rule::new(Kind::Role, Names::One(role))
    }

    /// Requires all of these roles. An empty list lets no user in.
    pub const fn all(roles: &'static [&'static str]) -> Rule {
        Rule::new(Kind::Role, Names::All(roles))
    }

    /// Requires at least one of these roles. An empty list lets no user in.
    pub const fn any(roles: &'static [&'static str]) -> Rule {
        Rule::new(Kind::Role, Names::Any(roles))
    }
}

impl Rule {
    const fn new(kind: Kind, names: Names) -> Self {
        Self { kind, names, scope: RuleScope::Everywhere, prefix: None }
    }

    /// Checks the rule in this scope, such as `org:1/team:2`: what the user holds there, or in a
    /// scope that covers it, counts.
    ///
    /// A rule without a scope requires what the user holds globally. A text that is not a scope
    /// lets no user in: the response is 500, and the log says why.
    #[must_use]
    pub const fn in_scope(self, scope: &'static str) -> Self {
        self.at(RuleScope::Literal(scope))
    }

    /// Checks the rule in the scope `<prefix>:<value>`, where the value is that of this route
    /// parameter.
    ///
    /// The prefix is the parameter's name without `_id`, unless [`Rule::prefix`] sets another:
    /// `org_id` with the value 17 is checked in `org:17`. The response is 404 for a value that is
    /// not a single segment of a scope, and 500 for a route without the parameter.
    #[must_use]
    pub const fn scope_from_path(self, parameter: &'static str) -> Self {
        self.at(RuleScope::FromPath(parameter))
    }

    /// Sets the prefix for [`Rule::scope_from_path`].
    #[must_use]
    pub const fn prefix(mut self, prefix: &'static str) -> Self {
        self.prefix = Some(prefix);
        self
    }

    const fn at(mut self, scope: RuleScope) -> Self {
        self.scope = if matches!(self.scope, RuleScope::Everywhere) { scope } else { RuleScope::Twice };
        self
    }

    /// Returns whether a user with this access meets the rule in `scope`.
    ///
    /// Ignores the rule's own scope: for handlers that know the scope better than the path does.
    ///
    /// ```
    /// use authtuna::authz::access::Access;
    /// use authtuna::axum::RequirePermission;
    /// use authtuna::model::scope::Scope;
    ///
    /// let nobody = Access::default();
    /// assert!(!RequirePermission::all(&[]).is_met(&nobody, &Scope::global()), "an empty list is no open door");
    /// ```
    pub fn is_met(&self, access: &Access, scope: &Scope) -> bool {
        let holds = |name: &&str| match self.kind {
            Kind::Permission => access.allows(name, scope),
            Kind::Role => access.has_role(name, scope),
        };
        match self.names {
            Names::One(name) => holds(&name),
            Names::All(names) => !names.is_empty() && names.iter().all(holds),
            Names::Any(names) => names.iter().any(holds),
        }
    }

    /// Returns whether the rule reads the path of the request.
    pub(super) fn reads_path(&self) -> bool {
        matches!(self.scope, RuleScope::FromPath(_))
    }

    /// Returns where to check the rule for a route with these parameters.
    pub(super) fn asked<'p>(&self, parameters: impl IntoIterator<Item = (&'p str, &'p str)>) -> Asked {
        if let Some(fault) = self.fault() {
            return Asked::Fault(fault);
        }
        match self.scope {
            RuleScope::Everywhere => Asked::In(Scope::global()),
            RuleScope::Literal(text) => match text.parse::<Scope>() {
                Ok(scope) if !scope.is_none() => Asked::In(scope),
                _ => Asked::Fault("its scope is none"),
            },
            RuleScope::FromPath(name) => {
                let mut values = parameters.into_iter().filter(|(known, _)| *known == name);
                let Some((_, value)) = values.next() else {
                    return Asked::Fault("the route has no parameter of this name");
                };
                // It is unknown which of the two the handler reads.
                if values.next().is_some() {
                    return Asked::Fault("the route has two parameters of this name");
                }
                let prefix = self.prefix.unwrap_or(name.strip_suffix("_id").unwrap_or(name));
                // With a valid value in place of the actual one, only the prefix can be wrong.
                if Scope::at(prefix, "0").is_err() {
                    return Asked::Fault("its prefix begins no scope");
                }
                Scope::at(prefix, value).map_or(Asked::Nowhere, Asked::In)
            }
            RuleScope::Twice => Asked::Fault("it has two scopes"),
        }
    }

    /// Returns what is wrong with the rule, whatever the request.
    fn fault(&self) -> Option<&'static str> {
        let names = match &self.names {
            Names::One(name) => std::slice::from_ref(name),
            Names::All(names) | Names::Any(names) => names,
        };
        let is_name = |name: &&str| match self.kind {
            Kind::Permission => PermissionName::parse(name).is_ok(),
            Kind::Role => RoleName::parse(name).is_ok(),
        };
        if !names.iter().all(is_name) {
            return Some("it asks for a name that nothing can have");
        }
        (self.prefix.is_some() && !self.reads_path()).then_some("it has a prefix, and no parameter for it")
    }
}
