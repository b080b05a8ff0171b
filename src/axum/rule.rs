//! Rules: what one must hold, and where. They are values that a program writes down; [`super::check`] asks them.

use crate::authz::access::Access;
use crate::model::permission::PermissionName;
use crate::model::role::RoleName;
use crate::model::scope::Scope;

/// What a person must hold, and in which scope. Made by [`RequirePermission`] or [`RequireRole`].
///
/// As a layer it guards routes; as the rule of a [`Check`](super::Check) it guards one handler.
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
    /// Said twice.
    Twice,
}

/// Where a rule asks about one request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Here.
    In(Scope),
    /// What stands in the path is no segment of a scope: nobody's resource.
    Nowhere,
    /// The rule cannot be right, whoever asks.
    Fault(&'static str),
}

/// Rules about permissions.
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
    /// One must hold this permission.
    pub const fn one(permission: &'static str) -> Rule {
        Rule::new(Kind::Permission, Names::One(permission))
    }

    /// One must hold every one of these. An empty list lets nobody in.
    pub const fn all(permissions: &'static [&'static str]) -> Rule {
        Rule::new(Kind::Permission, Names::All(permissions))
    }

    /// One must hold at least one of these. An empty list lets nobody in.
    pub const fn any(permissions: &'static [&'static str]) -> Rule {
        Rule::new(Kind::Permission, Names::Any(permissions))
    }
}

/// Rules about roles. Names are compared without regard to case; a role above the one that is asked for does not stand
/// in for it. What somebody may do is better asked by permission: roles change.
///
/// ```
/// use authtuna::axum::{RequireRole, Rule};
///
/// const STAFF: Rule = RequireRole::any(&["Admin", "SuperAdmin"]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RequireRole;

impl RequireRole {
    /// One must hold this role.
    pub const fn one(role: &'static str) -> Rule {
        Rule::new(Kind::Role, Names::One(role))
    }

    /// One must hold every one of these. An empty list lets nobody in.
    pub const fn all(roles: &'static [&'static str]) -> Rule {
        Rule::new(Kind::Role, Names::All(roles))
    }

    /// One must hold at least one of these. An empty list lets nobody in.
    pub const fn any(roles: &'static [&'static str]) -> Rule {
        Rule::new(Kind::Role, Names::Any(roles))
    }
}

impl Rule {
    const fn new(kind: Kind, names: Names) -> Self {
        Self { kind, names, scope: RuleScope::Everywhere, prefix: None }
    }

    /// In this scope, such as `org:1/team:2`, or in one that covers it. Without a scope, a rule asks for what is held
    /// everywhere. A text that is no scope lets nobody in: 500, and a line in the log.
    #[must_use]
    pub const fn in_scope(self, scope: &'static str) -> Self {
        self.at(RuleScope::Literal(scope))
    }

    /// In the scope `<prefix>:<value>`, with the value of this parameter of the route. The prefix is the parameter's
    /// name without `_id`, unless [`Rule::prefix`] says another: `org_id` with the value 17 asks in `org:17`.
    ///
    /// A value that is no single segment of a scope is answered 404; a route without the parameter 500.
    #[must_use]
    pub const fn scope_from_path(self, parameter: &'static str) -> Self {
        self.at(RuleScope::FromPath(parameter))
    }

    /// The prefix for [`Rule::scope_from_path`].
    #[must_use]
    pub const fn prefix(mut self, prefix: &'static str) -> Self {
        self.prefix = Some(prefix);
        self
    }

    const fn at(mut self, scope: RuleScope) -> Self {
        self.scope = if matches!(self.scope, RuleScope::Everywhere) { scope } else { RuleScope::Twice };
        self
    }

    /// Whether somebody who may do what `access` says meets the rule in `scope`. The rule's own scope is not looked at:
    /// for handlers that know better than the path where to ask.
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

    /// Whether the path of a request has to be read.
    pub(super) fn reads_path(&self) -> bool {
        matches!(self.scope, RuleScope::FromPath(_))
    }

    /// Where to ask, for a route with these parameters.
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
                // Which of the two the handler reads can't be known.
                if values.next().is_some() {
                    return Asked::Fault("the route has two parameters of this name");
                }
                let prefix = self.prefix.unwrap_or(name.strip_suffix("_id").unwrap_or(name));
                // With a good value in place of what came, only the prefix can be wrong.
                if Scope::at(prefix, "0").is_err() {
                    return Asked::Fault("its prefix begins no scope");
                }
                Scope::at(prefix, value).map_or(Asked::Nowhere, Asked::In)
            }
            RuleScope::Twice => Asked::Fault("it has two scopes"),
        }
    }

    /// What is wrong with it wherever it stands.
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
