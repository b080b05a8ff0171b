//! Defines which callers may use which route. Every route is declared with its rule; a route
//! without one results in a 404.
//!
//! These guards are a courtesy: they respond early and in the right format. The core authorizes
//! every operation again.

use std::collections::HashMap;

use authtuna::authz::guard::Guard;
use axum::http::Method;

/// The kind of a route, which decides how a refusal looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Serves programs, in JSON.
    Api,
    /// Shows users a page.
    Page,
    /// A server function: the target of a form, or called by a script of a page.
    Action,
}

/// The effect of calling a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Changes nothing, like every GET.
    Reads,
    /// Changes something. A GET never does.
    Changes,
}

/// The declaration of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteRule {
    /// The method. GET includes HEAD.
    pub method: Method,
    /// The path pattern of the router, such as `/ui/settings/sessions/{id}/terminate`.
    pub path: String,
    /// Which callers may use the route.
    pub guard: Guard,
    /// The kind of the route.
    pub kind: Kind,
    /// The effect of calling it.
    pub effect: Effect,
}

/// The rules of all routes.
#[derive(Clone, Debug, Default)]
pub struct Rules(HashMap<String, Vec<RouteRule>>);

/// The result of looking up a request.
#[derive(Debug)]
pub enum Found<'r> {
    /// The rule of the request.
    RouteRule(&'r RouteRule),
    /// The path has rules, but only for these methods, as listed in the Allow header.
    OtherMethods(String),
    /// The path has no rule.
    Nothing,
}

impl Rules {
    /// Indexes the rules by path.
    pub fn new(rules: impl IntoIterator<Item = RouteRule>) -> Self {
        let mut by_path: HashMap<String, Vec<RouteRule>> = HashMap::new();
        for rule in rules {
            by_path.entry(rule.path.clone()).or_default().push(rule);
        }
        Self(by_path)
    }

    /// Looks up the rule of `method` at `path`, which is a path pattern of the router.
    pub fn find(&self, path: &str, method: &Method) -> Found<'_> {
        let Some(rules) = self.0.get(path) else { return Found::Nothing };
        let wanted = if method == Method::HEAD { &Method::GET } else { method };
        match rules.iter().find(|rule| rule.method == *wanted) {
            Some(rule) => Found::RouteRule(rule),
            None => {
                let mut allowed: Vec<&str> = rules.iter().map(|rule| rule.method.as_str()).collect();
                if allowed.contains(&"GET") {
                    allowed.push("HEAD");
                }
                allowed.sort_unstable();
                allowed.dedup();
                Found::OtherMethods(allowed.join(", "))
            }
        }
    }

    /// Returns every rule.
    pub fn all(&self) -> impl Iterator<Item = &RouteRule> {
        self.0.values().flatten()
    }
}
