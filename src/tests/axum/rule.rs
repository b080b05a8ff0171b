//! Rules as layers around routes and in front of handlers: who gets in, where, and which rules can
//! never let anyone in.

use authtuna::authz::actor::Actor;
use authtuna::axum::{Allowed, RequirePermission, RequireRole, Rule, check};
use axum::Router;
use axum::extract::Path;
use axum::http::{Method, header};
use axum::routing::get;

use crate::support::on_each;
use crate::support::web::{Browser, give, role, site};

check! {
    Read = RequirePermission::one("posts:read");
    Both = RequirePermission::all(&["posts:read", "posts:publish"]);
    Either = RequirePermission::any(&["posts:publish", "posts:delete"]);
    InTeam = RequirePermission::one("posts:read").in_scope("org:1/team:2");
    InOrg = RequirePermission::one("posts:read").scope_from_path("org_id");
    Reader = RequireRole::one("READER");
    ReaderInOrg = RequireRole::any(&["Reader", "Editor"]).scope_from_path("slug").prefix("org");
}

async fn guarded<C>(_: Allowed<C>) -> &'static str {
    "in"
}

/// Every rule twice: in front of the handler, and as a layer around the route.
fn routes() -> Router {
    let layered = |path: &str, rule: Rule| {
        Router::new().route(&format!("/layer{path}"), get(|| async { "in" })).route_layer(rule)
    };
    Router::new()
        .route("/handler/read", get(guarded::<Read>))
        .route("/handler/both", get(guarded::<Both>))
        .route("/handler/either", get(guarded::<Either>))
        .route("/handler/team", get(guarded::<InTeam>))
        .route("/handler/orgs/{org_id}", get(guarded::<InOrg>))
        .route("/handler/reader", get(guarded::<Reader>))
        .route("/handler/slugs/{slug}", get(guarded::<ReaderInOrg>))
        .merge(layered("/read", RequirePermission::one("posts:read")))
        .merge(layered("/both", RequirePermission::all(&["posts:read", "posts:publish"])))
        .merge(layered("/either", RequirePermission::any(&["posts:publish", "posts:delete"])))
        .merge(layered("/team", RequirePermission::one("posts:read").in_scope("org:1/team:2")))
        .merge(layered("/orgs/{org_id}", RequirePermission::one("posts:read").scope_from_path("org_id")))
        .merge(layered("/reader", RequireRole::one("READER")))
        .merge(layered(
            "/slugs/{slug}",
            RequireRole::any(&["Reader", "Editor"]).scope_from_path("slug").prefix("org"),
        ))
}

/// Returns the status of a path behind the rule in both forms, which must be the same.
async fn both(browser: &Browser, path: &str) -> u16 {
    let handler = browser.get(&format!("/handler{path}")).await;
    assert_eq!(browser.get(&format!("/layer{path}")).await, handler, "{path}");
    handler
}

#[test]
fn without_a_session_401_without_the_right_403_with_it_200() {
    on_each(|world| async move {
        let auth = &world.auth;
        let site = site(auth, routes());
        role(auth, "reader", &["posts:read"]).await;
        let anonymous = Browser::at(&site);
        let (maria, id) = Browser::of(&site, "maria").await;
        assert_eq!(both(&anonymous, "/read").await, 401);
        let refused = anonymous.send(Method::GET, "/handler/read", "*/*").await;
        assert_eq!(refused.code(), "not_authenticated");
        assert!(!refused.header(header::WWW_AUTHENTICATE).is_empty());
        assert_eq!(both(&maria, "/read").await, 403);
        assert_eq!(maria.send(Method::GET, "/layer/read", "*/*").await.code(), "forbidden");
        give(auth, id, "reader", "global").await;
        assert_eq!(both(&maria, "/read").await, 200, "at the very next request");
        for path in ["/handler/read", "/layer/read"] {
            assert_eq!(maria.send(Method::HEAD, path, "*/*").await.status, 200);
            assert_eq!(anonymous.send(Method::HEAD, path, "*/*").await.status, 401);
        }
        auth.roles.remove(&Actor::system(), id, "reader", &"global".parse().unwrap()).await.unwrap();
        assert_eq!(both(&maria, "/read").await, 403, "at the very next request");
    });
}

#[test]
fn all_asks_for_every_one_and_any_for_one() {
    on_each(|world| async move {
        let auth = &world.auth;
        let site = site(auth, routes());
        role(auth, "reader", &["posts:read"]).await;
        role(auth, "publisher", &["posts:publish"]).await;
        let (maria, id) = Browser::of(&site, "maria").await;
        give(auth, id, "reader", "global").await;
        assert_eq!(both(&maria, "/both").await, 403);
        assert_eq!(both(&maria, "/either").await, 403);
        give(auth, id, "publisher", "global").await;
        assert_eq!(both(&maria, "/both").await, 200, "with two roles together");
        assert_eq!(both(&maria, "/either").await, 200);
    });
}

#[test]
fn a_right_counts_where_it_is_held_and_below() {
    on_each(|world| async move {
        let auth = &world.auth;
        let site = site(auth, routes());
        role(auth, "reader", &["posts:read"]).await;
        let (team, id) = Browser::of(&site, "team").await;
        give(auth, id, "reader", "org:1/team:2").await;
        let (org, id) = Browser::of(&site, "orga").await;
        give(auth, id, "reader", "org:1").await;
        let (everywhere, id) = Browser::of(&site, "everywhere").await;
        give(auth, id, "reader", "global").await;
        for (path, of_team, of_org, of_everywhere) in [
            ("/team", 200, 200, 200),
            ("/read", 403, 403, 200),
            ("/orgs/1", 403, 200, 200),
            ("/orgs/2", 403, 403, 200),
            ("/orgs/10", 403, 403, 200),
            ("/reader", 403, 403, 200),
            ("/slugs/1", 403, 200, 200),
            ("/slugs/2", 403, 403, 200),
        ] {
            assert_eq!(both(&team, path).await, of_team, "{path}");
            assert_eq!(both(&org, path).await, of_org, "{path}");
            assert_eq!(both(&everywhere, path).await, of_everywhere, "{path}");
        }
    });
}

#[test]
fn what_is_no_single_segment_is_nobodys_resource() {
    on_each(|world| async move {
        let auth = &world.auth;
        let site = site(auth, routes());
        role(auth, "reader", &["posts:read"]).await;
        let (member, id) = Browser::of(&site, "member").await;
        give(auth, id, "reader", "org:1").await;
        let (everywhere, id) = Browser::of(&site, "everywhere").await;
        give(auth, id, "reader", "global").await;
        let long = "1".repeat(300);
        let odd = [
            "1%2Fteam:2",
            "1%2F",
            "%2F1",
            "1%252F",
            "%20",
            "1%20",
            "1:2",
            "%C3%A9",
            "%FF",
            "1%00",
            "*",
            &long,
        ];
        for odd in odd {
            for path in [format!("/orgs/{odd}"), format!("/slugs/{odd}")] {
                assert_eq!(both(&member, &path).await, 404, "{path}");
                assert_eq!(both(&everywhere, &path).await, 404, "{path}");
                assert_eq!(both(&Browser::at(&site), &path).await, 401, "{path}");
            }
        }
        let refused = member.send(Method::GET, "/handler/orgs/1%2Fteam:2", "*/*").await;
        assert_eq!(refused.code(), "not_found");
        // A segment like any other, in which no one holds a role; and an empty value, which is a
        // different route.
        assert_eq!(both(&member, "/orgs/..").await, 403);
        assert_eq!(both(&member, "/orgs/").await, 404);
    });
}

#[test]
fn role_names_have_no_case_and_no_role_stands_in_for_another() {
    on_each(|world| async move {
        let auth = &world.auth;
        let open = |rule: Rule| Router::new().route("/x", get(|| async {})).route_layer(rule);
        let admin = site(auth, open(RequireRole::one("aDMIN")));
        let (maria, id) = Browser::of(&admin, "maria").await;
        give(auth, id, "SuperAdmin", "global").await;
        assert_eq!(maria.get("/x").await, 403, "SuperAdmin holds every permission but is only one role");
        give(auth, id, "Admin", "global").await;
        assert_eq!(maria.get("/x").await, 200);
    });
}

check! {
    All = RequirePermission::all(&[]);
    Any = RequirePermission::any(&[]);
    NoRoles = RequireRole::all(&[]);
    Missing = RequirePermission::one("posts:read").scope_from_path("team_id");
    NoScope = RequirePermission::one("posts:read").in_scope("org");
    Nowhere = RequirePermission::one("posts:read").in_scope("none");
    Twice = RequirePermission::one("posts:read").in_scope("org:1").scope_from_path("org_id");
    NoName = RequirePermission::one("");
    NoRole = RequireRole::one("two words");
    LonePrefix = RequirePermission::one("posts:read").prefix("org");
    BadPrefix = RequirePermission::one("posts:read").scope_from_path("org_id").prefix("org:1/team");
    Doubled = RequirePermission::one("posts:read").scope_from_path("twice");
}

async fn perhaps<C>(found: Option<Allowed<C>>) -> &'static str {
    if found.is_some() { "in" } else { "out" }
}

/// Returns a rule in its three forms, each at its own path.
fn three<C: authtuna::axum::Check>(path: &str) -> Router {
    let layered = Router::new().route(&format!("/layer{path}"), get(|| async {})).route_layer(C::RULE);
    Router::new()
        .route(&format!("/handler{path}"), get(guarded::<C>))
        .route(&format!("/perhaps{path}"), get(perhaps::<C>))
        .merge(layered)
}

#[test]
fn a_rule_that_cannot_be_right_lets_nobody_in() {
    on_each(|world| async move {
        let auth = &world.auth;
        let routes = Router::new()
            .merge(three::<All>("/all"))
            .merge(three::<Any>("/any"))
            .merge(three::<NoRoles>("/no-roles"))
            .merge(three::<Missing>("/missing/{org_id}"))
            .merge(three::<Missing>("/missing-all"))
            .merge(three::<NoScope>("/no-scope"))
            .merge(three::<Nowhere>("/nowhere"))
            .merge(three::<Twice>("/two-scopes/{org_id}"))
            .merge(three::<NoName>("/no-name"))
            .merge(three::<NoRole>("/no-role"))
            .merge(three::<LonePrefix>("/lone-prefix"))
            .merge(three::<BadPrefix>("/bad-prefix/{org_id}"))
            // A nested service adds its path parameters to those of the outer router.
            .nest_service("/outer/{twice}", three::<Doubled>("/{twice}"));
        let site = site(auth, routes);
        let (maria, id) = Browser::of(&site, "maria").await;
        role(auth, "reader", &["posts:read"]).await;
        for (role, scope) in [("SuperAdmin", "global"), ("reader", "global"), ("reader", "org:1")] {
            give(auth, id, role, scope).await;
        }
        for path in ["/all", "/any", "/no-roles"] {
            assert_eq!(both(&maria, path).await, 403, "{path}");
            assert_eq!(maria.page(&format!("/perhaps{path}")).await.body, "out");
        }
        for path in [
            "/missing/1",
            "/missing-all",
            "/no-scope",
            "/nowhere",
            "/two-scopes/1",
            "/no-name",
            "/no-role",
            "/lone-prefix",
            "/bad-prefix/1",
        ] {
            for browser in [&maria, &Browser::at(&site)] {
                assert_eq!(both(browser, path).await, 500, "{path}");
                assert_eq!(browser.get(&format!("/perhaps{path}")).await, 500, "{path}");
            }
        }
        for form in ["handler", "layer", "perhaps"] {
            assert_eq!(maria.get(&format!("/outer/1/{form}/2")).await, 500);
        }
        let told = maria.send(Method::GET, "/layer/missing-all", "*/*").await;
        assert_eq!(told.code(), "internal");
        assert!(!told.body.contains("team_id"), "the cause belongs in the log only: {told:?}");
    });
}

#[test]
fn perhaps_allowed_is_none_where_others_are_refused() {
    on_each(|world| async move {
        let auth = &world.auth;
        async fn where_from(user: Option<Allowed<InOrg>>, Path(org): Path<String>) -> String {
            user.map_or("nobody".to_owned(), |user| format!("{} {org} {}", user.user.username, user.scope()))
        }
        let site = site(auth, Router::new().route("/orgs/{org_id}", get(where_from)));
        role(auth, "reader", &["posts:read"]).await;
        let (maria, id) = Browser::of(&site, "maria").await;
        give(auth, id, "reader", "org:1").await;
        assert_eq!(maria.page("/orgs/1").await.body, "maria 1 org:1");
        let elsewhere = maria.page("/orgs/2").await;
        assert_eq!((elsewhere.status, elsewhere.body.as_str()), (200, "nobody"));
        assert_eq!(Browser::at(&site).page("/orgs/1").await.body, "nobody");
        assert_eq!(maria.get("/orgs/1%2Fteam:2").await, 404);
    });
}
