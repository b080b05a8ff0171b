//! The portal in a browser without JavaScript.

use authtuna::authz::guard::Guard;
use authtuna_server::route_rules::Rules;
use authtuna_server::router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use tower::ServiceExt;

use crate::support::{FIREFOX, FakeSite, HASH, PAGES, on_each, on_one, password, sign_in};

#[test]
fn signing_up_out_and_in_by_forms_alone() {
    on_each(async |world| {
        let browser = world.browser();
        let login = browser.page("/ui/settings/sessions").await;
        assert_eq!(
            (login.status, login.header("location")),
            (303, "/auth/login?next=%2Fui%2Fsettings%2Fsessions")
        );
        assert_eq!(browser.page("/auth/signup").await.status, 200);
        let pass = password("maria");
        let form = [("username", "maria"), ("email", "maria@example.org"), ("password", pass.as_str())];
        let answer = browser.form("/api/sign-up", &form).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/ui/dashboard"), "{answer:?}");
        assert!(browser.page("/ui/dashboard").await.text().contains("maria"));

        let out = browser.form("/api/sign-out", &[]).await;
        assert_eq!((out.status, out.header("location")), (303, "/auth/signed-out"));
        assert_eq!((browser.session(), browser.page("/auth/signed-out").await.status), (None, 200));

        let form = [("identifier", "maria"), ("password", pass.as_str()), ("next", "/ui/settings/sessions")];
        let back = browser.form("/api/sign-in", &form).await;
        assert_eq!((back.status, back.header("location")), (303, "/ui/settings/sessions"));
        let page = browser.page("/ui/settings/sessions").await;
        assert_eq!((page.status, page.header("cache-control")), (200, "no-store"));
        assert!(page.text().contains("Firefox on Linux"), "{page:?}");
    });
}

#[test]
fn a_refused_form_comes_back_with_what_was_typed_and_why_once() {
    on_each(async |world| {
        world.person("maria").await;
        let browser = world.browser();
        let form = [("identifier", "maria"), ("password", "wrong"), ("next", "/ui/activity")];
        let refused = browser.form("/api/sign-in", &form).await;
        assert_eq!((refused.status, refused.header("location")), (303, "/auth/login?next=%2Fui%2Factivity"));
        let page = browser.page("/auth/login?next=%2Fui%2Factivity").await.text();
        assert!(page.contains("That username and password don't match."), "{page}");
        assert!(page.contains("value=\"maria\"") && !page.contains("value=\"wrong\""), "{page}");
        let again = browser.page("/auth/login").await.text();
        assert!(!again.contains("don't match"), "{again}");
    });
}

#[test]
fn scripts_get_the_same_refusal_under_its_own_status() {
    on_one(async |world| {
        world.person("maria").await;
        let headers = [("accept", "application/json"), ("content-type", "application/x-www-form-urlencoded")];
        let body = "identifier=maria&password=wrong";
        let answer = world.browser().send(Method::POST, "/api/sign-in", &headers, body).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "bad_credentials"));
        assert_eq!(answer.json()["said"][0]["text"], "That username and password don't match.");
    });
}

#[test]
fn a_form_of_an_ended_session_leads_to_sign_in_and_back() {
    on_each(async |world| {
        let browser = world.person("maria").await;
        let other = world.signed_in("maria").await;
        assert_eq!(other.form("/api/end-other-sessions", &[]).await.status, 303);
        let headers = [
            ("accept", PAGES),
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "same-origin"),
            ("referer", "http://localhost:8000/ui/profile"),
        ];
        let answer = browser.send(Method::POST, "/api/update-profile", &headers, "username=x").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/auth/login?next=%2Fui%2Fprofile"));
    });
}

#[test]
fn a_page_leads_to_the_files_that_were_built() {
    on_one(async |world| {
        let page = world.browser().page("/auth/login").await.text();
        for file in ["css", "js", "wasm"] {
            let path = format!("/pkg/authtuna.{HASH}.{file}");
            assert!(page.contains(&format!("\"{path}\"")), "{path}: {page}");
            assert_eq!(world.browser().get(&path).await.status, 200);
        }
        let nothing = world.browser().page("/nothing").await.text();
        assert!(
            !nothing.contains("type=\"module\"") && !nothing.contains(".wasm"),
            "a page without islands loads no script"
        );
    });
}

#[test]
fn refusals_of_forms_that_the_app_never_sees_are_pages_too() {
    on_one(async |world| {
        let maria = world.person("maria").await;
        let cross = maria
            .send(Method::POST, "/api/sign-out", &[("accept", PAGES), ("sec-fetch-site", "cross-site")], "")
            .await;
        assert_eq!(cross.status, 403);
        let page = cross.text();
        assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\" dir=\"ltr\">"), "{page}");
        assert!(page.contains("This came from another site") && page.contains("href=\"/\""), "{page}");
        assert!(page.contains(cross.header("x-request-id")), "{page}");
        let nonce = page.split("nonce=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        assert!(
            cross.header("content-security-policy").contains(&format!("style-src 'self' 'nonce-{nonce}'"))
        );
        let unread = maria
            .send(
                Method::POST,
                "/api/sign-in",
                &[("accept", PAGES), ("content-type", "application/x-www-form-urlencoded")],
                &b"identifier=\xff"[..],
            )
            .await;
        assert!([303, 400].contains(&unread.status), "{unread:?}");
    });
}

#[test]
fn a_page_that_one_may_not_see_says_so_under_403() {
    on_each(async |world| {
        let maria = world.person("maria").await;
        let site = FakeSite::new();
        // No page requires a permission yet, so the test makes these two require one.
        let usual = router::rules(world.auth.settings());
        let rules = usual.all().cloned().map(|mut rule| {
            if rule.path == "/ui/activity" || rule.path == "/api/update-profile" {
                rule.guard = Guard::Permission("users:manage");
            }
            rule
        });
        let router = router::build(&world.state_with(&site, Rules::new(rules))).unwrap();
        let ask = async |method: Method, path: &str, accept: &str| {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header("accept", accept)
                .header("user-agent", FIREFOX)
                .header("accept-language", "en")
                .header("cookie", format!("__Host-session_token={}", maria.session().unwrap()));
            let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            let status = answer.status().as_u16();
            let text = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
            (status, String::from_utf8(text.into()).unwrap())
        };
        assert_eq!(ask(Method::GET, "/ui/dashboard", PAGES).await.0, 200);
        for (method, path) in [(Method::GET, "/ui/activity"), (Method::POST, "/api/update-profile")] {
            let (status, page) = ask(method.clone(), path, PAGES).await;
            assert!(status == 403 && page.contains("You may not see this"), "{status} {page}");
            let (status, json) = ask(method, path, "application/json").await;
            assert!(status == 403 && json.contains("\"code\":\"forbidden\""), "{status} {json}");
        }
    });
}

#[test]
fn the_same_browser_signs_in_as_somebody_else() {
    on_each(async |world| {
        world.person("maria").await;
        let browser = world.person("juan").await;
        assert_eq!(sign_in(&browser, "maria", &password("maria")).await.status, 200);
        assert_eq!(browser.get("/auth/user-info").await.json()["username"], "maria");
    });
}

#[test]
fn the_api_is_a_page_that_loads_nothing_from_elsewhere() {
    on_one(async |world| {
        let page = world.browser().page("/docs").await;
        assert_eq!(page.status, 200);
        let text = page.text();
        // Leptos's own inline scripts remain in the page.
        assert!(!text.contains("<script type") && !text.contains(" src="), "{page:?}");
        let document = world.browser().get("/openapi.json").await.json();
        for path in document["paths"].as_object().unwrap().keys() {
            assert!(text.contains(path.as_str()), "{path}");
        }
        for shape in document["components"]["schemas"].as_object().unwrap().keys() {
            assert!(text.contains(&format!("<details id=\"{shape}\"")), "{shape}");
        }
        assert!(text.contains("<code>roles:read</code>"), "names are set as code");
    });
}
