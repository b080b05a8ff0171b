//! Who may call which route. Every route is declared with its rule; one without is answered 404.
//!
//! These guards are courtesy: they answer early and in the right form. The core authorises every operation again.

use std::collections::HashMap;

use authtuna::authz::guard::Guard;
use axum::http::Method;

/// What a route is, which decides how a refusal looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Answers programs, in JSON.
    Api,
    /// Shows people a page.
    Page,
    /// A server function: a form's target, or called by a page's script.
    Action,
}

/// What calling a route does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Changes nothing. Every GET.
    Reads,
    /// Changes something. Never a GET.
    Changes,
}

/// One route, declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteRule {
    /// The method; GET stands for HEAD too.
    pub method: Method,
    /// The path as the router knows it, such as `/ui/settings/sessions/{id}/terminate`.
    pub path: String,
    /// Who may call it.
    pub guard: Guard,
    /// What it is.
    pub kind: Kind,
    /// What it does.
    pub effect: Effect,
}

/// The rules of all routes.
#[derive(Clone, Debug, Default)]
pub struct Rules(HashMap<String, Vec<RouteRule>>);

/// What the rules say of a request.
#[derive(Debug)]
pub enum Found<'r> {
    /// This.
    RouteRule(&'r RouteRule),
    /// The path has rules, but for other methods: these, as the header Allow lists them.
    OtherMethods(String),
    /// The path has no rule.
    Nothing,
}

impl Rules {
    /// The rules given, by path.
    pub fn new(rules: impl IntoIterator<Item = RouteRule>) -> Self {
        let mut by_path: HashMap<String, Vec<RouteRule>> = HashMap::new();
        for rule in rules {
            by_path.entry(rule.path.clone()).or_default().push(rule);
        }
        Self(by_path)
    }

    /// What the rules say of `method` at `path`, a path of the router.
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

    /// Every rule.
    pub fn all(&self) -> impl Iterator<Item = &RouteRule> {
        self.0.values().flatten()
    }
}
