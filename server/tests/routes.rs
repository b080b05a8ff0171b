//! Every route has a rule, the server enforces every rule, and no GET changes anything.

use std::collections::BTreeSet;

use authtuna::authz::guard::Guard;
use authtuna_server::layers::around;
use authtuna_server::layers::guard::guard;
use authtuna_server::route_rules::{Effect, Kind, RouteRule};
use authtuna_server::router;
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use axum::routing::get;
use tower::ServiceExt;

use crate::support::{FakeSite, World, on_each, on_one, on_one_with};

/// Returns a path that matches the rule's pattern.
fn path_of(rule: &RouteRule) -> String {
    let id = "01a20d20-307e-79fc-b38d-201798448d56";
    let path = rule.path.replace("{id}", id).replace("{sid}", id);
    path.replace("{name}", "Admin").replace("{permission}", "users:read")
}

fn rules(world: &World) -> Vec<RouteRule> {
    let mut rules: Vec<RouteRule> = router::rules(world.auth.settings()).all().cloned().collect();
    rules.sort_by_key(|rule| (rule.path.clone(), rule.method.to_string()));
    assert!(rules.len() > 20, "rules are missing");
    rules
}

/// Returns the router's paths, read from its debug output, because axum has no list of them.
fn mounted(router: &Router) -> BTreeSet<String> {
    let described = format!("{router:?}");
    let quoted = described.split('"').skip(1).step_by(2);
    quoted.filter(|text| text.starts_with('/')).map(str::to_owned).collect()
}

#[test]
fn what_is_mounted_is_what_has_a_rule() {
    on_one(async |world| {
        let site = FakeSite::new();
        let mounted = mounted(&router::build(&world.state(&site)).unwrap());
        // Static files: no rule, no session, GET only.
        let files =
            ["/pkg", "/pkg/", "/pkg/{*__private__axum_nest_tail_param}", "/{*__private__axum_fallback}", "/"];
        let mut declared: BTreeSet<String> = rules(&world).into_iter().map(|rule| rule.path).collect();
        let extra: Vec<_> = mounted.iter().filter(|path| !declared.contains(*path)).collect();
        assert!(extra.iter().all(|path| files.contains(&path.as_str())), "mounted without a rule: {extra:?}");
        declared.retain(|path| !mounted.contains(path));
        assert!(declared.is_empty(), "declared but not mounted: {declared:?}");
    });
}

#[test]
fn a_route_without_a_rule_is_not_there() {
    on_one(async |world| {
        let site = FakeSite::new();
        let state = world.state(&site);
        let router = Router::new()
            .route("/forgotten", get(async || "secret"))
            .layer(around(&state, guard))
            .with_state(state);
        let answer = router.oneshot(Request::get("/forgotten").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), 404);
    });
}

#[test]
fn nothing_that_changes_anything_is_a_get() {
    on_one(async |world| {
        let rules = rules(&world);
        for rule in &rules {
            assert_eq!(rule.effect == Effect::Changes, !rule.method.is_safe(), "{rule:?}");
        }
        for rule in rules.iter().filter(|rule| rule.effect == Effect::Changes) {
            let mut known: Vec<&str> = rules
                .iter()
                .filter(|other| other.path == rule.path)
                .map(|other| other.method.as_str())
                .collect();
            if known.contains(&"GET") {
                known.push("HEAD");
            }
            known.sort_unstable();
            for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::PATCH] {
                if known.contains(&method.as_str()) {
                    continue;
                }
                let answer = world.browser().send(method.clone(), &path_of(rule), &[], "").await;
                assert_eq!(answer.status, 405, "{method} {}", rule.path);
                assert_eq!(answer.header("allow"), known.join(", "), "{method} {}", rule.path);
            }
        }
    });
}

#[test]
fn nobody_comes_in_where_somebody_must_be_signed_in() {
    on_each(async |world| {
        let closed: Vec<RouteRule> =
            rules(&world).into_iter().filter(|rule| rule.guard != Guard::Public).collect();
        assert!(closed.len() > 10);
        for rule in closed {
            let path = path_of(&rule);
            let program = [("accept", "application/json"), ("content-type", "application/json")];
            let answer = world.browser().send(rule.method.clone(), &path, &program, "{}").await;
            assert_eq!((answer.status, answer.code().as_str()), (401, "not_authenticated"), "{rule:?}");
            let browser = world.browser();
            let answer = if rule.method == Method::GET {
                browser.page(&path).await
            } else if rule.kind == Kind::Api {
                browser.send(rule.method.clone(), &path, &[("accept", crate::support::PAGES)], "").await
            } else {
                browser.form(&path, &[]).await
            };
            if rule.kind == Kind::Api {
                assert_eq!(answer.status, 401, "{rule:?}");
            } else {
                assert_eq!(answer.status, 303, "{rule:?}");
                assert!(answer.header("location").starts_with("/auth/login?next=%2F"), "{answer:?}");
            }
        }
    });
}

#[test]
fn whoever_is_signed_in_comes_in() {
    on_each(async |world| {
        let browser = world.person("maria").await;
        for rule in rules(&world).into_iter().filter(|rule| rule.method == Method::GET) {
            let answer = browser.page(&path_of(&rule)).await;
            let fits: &[u16] = match rule.path.as_str() {
                "/" | "/auth/login" | "/auth/signup" => &[200, 302, 303],
                // No one-time token.
                "/setup" | "/auth/change-email/undo" | "/auth/recovery/finish" | "/auth/recovery/undo" => {
                    &[410]
                }
                // Not for signed-in users.
                "/auth/passwordless" | "/mfa/challenge" | "/mfa/enrol" => &[302, 303],
                // A passkey that does not exist.
                "/ui/settings/passkeys/{id}" => &[404],
                // Access here depends on where the user holds a role; this user holds none that
                // allows it.
                "/admin/access/explain" | "/admin/access/who-can" => &[422],
                "/admin/access/users/{id}" | "/admin/roles/{name}/members" => &[403],
                _ if matches!(rule.guard, Guard::Permission(_)) => &[403],
                _ => &[200],
            };
            assert!(fits.contains(&answer.status), "{rule:?}: {answer:?}");
        }
    });
}

#[test]
fn what_is_nowhere_is_404_for_everybody() {
    on_one(async |world| {
        let signed_in = world.person("maria").await;
        for path in [
            "/nothing",
            "/auth",
            "/auth/",
            "/api",
            "/api/nothing",
            "/ui",
            "/admin",
            "/setup/x",
            "/auth/logout2",
        ] {
            for browser in [&world.browser(), &signed_in] {
                for method in [Method::GET, Method::POST, Method::DELETE] {
                    let answer =
                        browser.send(method.clone(), path, &[("accept", "application/json")], "").await;
                    assert_eq!(
                        (answer.status, answer.code().as_str()),
                        (404, "not_found"),
                        "{method} {path}"
                    );
                }
                let page = browser.page(path).await;
                assert_eq!(page.status, 404, "{path}");
                assert!(page.text().contains("<h1"), "the 404 is a page: {page:?}");
            }
        }
    });
}

#[test]
fn the_front_door_leads_to_the_account_or_to_sign_in() {
    on_one(async |world| {
        assert_eq!(world.browser().page("/").await.header("location"), "/auth/login");
        assert_eq!(world.person("maria").await.page("/").await.header("location"), "/ui/dashboard");
    });
}

#[test]
fn account_pages_can_be_switched_off() {
    let off = |settings: authtuna::foundation::config::SettingsBuilder| settings.set("UI_ENABLED", "false");
    on_one_with(off, async |world| {
        let browser = world.person("maria").await;
        assert_eq!(browser.page("/ui/dashboard").await.status, 404);
        assert_eq!(world.browser().page("/auth/login").await.status, 200);
        // The API stays; at this path only the API is left.
        assert_eq!(browser.get("/ui/settings/sessions").await.status, 200);
    });
}

#[test]
fn only_middleware_answers_health_checks_alone() {
    let alone =
        |settings: authtuna::foundation::config::SettingsBuilder| settings.set("ONLY_MIDDLEWARE", "true");
    on_one_with(alone, async |world| {
        let browser = world.browser();
        assert_eq!(browser.get("/healthz").await.status, 200);
        assert_eq!(browser.get("/readyz").await.status, 200);
        for path in ["/", "/auth/login", "/auth/user-info", "/pkg/x.css"] {
            assert_eq!(browser.get(path).await.code(), "not_found", "{path}");
        }
    });
}
