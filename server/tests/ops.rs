//! What operators look at: health, metrics, request IDs.

use std::collections::BTreeSet;

use authtuna_server::router;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use axum::routing::any;
use tower::ServiceExt;

use crate::support::{
    Binary, Browser, Database, FakeSite, PAGES, kinds, on_each, on_one, password, sign_in, sign_up,
    within_runtime,
};

#[test]
fn ready_says_whether_the_database_answers_and_alive_does_not() {
    on_each(async |world| {
        let browser = world.browser();
        assert_eq!(browser.get("/healthz").await.json()["status"], "ok");
        assert_eq!(browser.get("/readyz").await.json()["status"], "ready");
        world.auth.store().close().await;
        let unready = browser.get("/readyz").await;
        assert_eq!((unready.status, unready.code().as_str()), (503, "unavailable"));
        assert_eq!(unready.header("retry-after"), "2");
        assert_eq!(browser.get("/healthz").await.status, 200);
    });
}

#[test]
fn metrics_are_at_their_own_address_alone() {
    on_one(async |world| {
        sign_in(&world.browser(), "nobody", "wrong").await;
        for path in ["/metrics", "/metrics/"] {
            let answer = world.browser().get(path).await;
            assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"));
        }
        let operator = Browser::new(world.metrics);
        let metrics = operator.get("/metrics").await;
        assert_eq!(metrics.status, 200);
        assert!(metrics.header("content-type").starts_with("application/openmetrics-text"));
        let text = metrics.text();
        let line = "http_requests_total{method=\"POST\",route=\"/auth/login\",status=\"401\"} 1";
        assert!(text.contains(line), "{text}");
        assert!(text.contains("\nauthtuna_password_hashes_total 1\n"), "{text}");
        assert!(text.contains("\nhttp_requests_in_flight 0\n"), "{text}");
        assert!(text.ends_with("# EOF\n"));
        assert_eq!(operator.get("/auth/login").await.status, 404);
    });
}

#[test]
fn labels_are_not_what_clients_write() {
    on_one(async |world| {
        let browser = world.browser();
        browser.get("/one-of-a-thousand").await;
        browser.get("/pkg/one-of-a-thousand.js").await;
        browser.send(Method::from_bytes(b"BREW").unwrap(), "/auth/login", &[], "").await;
        browser.send(Method::POST, "/ui/settings/sessions/one-of-a-thousand/terminate", &[], "").await;
        let text = Browser::new(world.metrics).get("/metrics").await.text();
        assert!(!text.contains("one-of-a-thousand") && !text.contains("BREW"), "{text}");
        for label in
            ["route=\"unmatched\"", "method=\"other\"", "route=\"/ui/settings/sessions/{id}/terminate\""]
        {
            assert!(text.contains(label), "{label}: {text}");
        }
    });
}

#[test]
fn every_answer_has_a_request_id_of_the_servers_own() {
    on_one(async |world| {
        let mut seen = BTreeSet::new();
        let headers = [("x-request-id", "mine"), ("accept", PAGES)];
        for path in ["/", "/healthz", "/auth/login", "/nothing", "/pkg/none.css", "/favicon.svg"] {
            for _ in 0..2 {
                let answer = world.browser().send(Method::GET, path, &headers, "").await;
                let id = answer.header("x-request-id").to_owned();
                assert!(id.parse::<authtuna::model::id::RequestId>().is_ok(), "{path}: {id}");
                assert_eq!(answer.headers.get_all("x-request-id").iter().count(), 1);
                assert!(seen.insert(id), "{path}: an ID was repeated");
            }
        }
    });
}

#[test]
fn a_page_about_trouble_names_its_request() {
    on_one(async |world| {
        for path in ["/nothing", "/auth/change-password"] {
            let page = world.browser().page(path).await;
            assert!([404, 405].contains(&page.status), "{page:?}");
            assert!(page.text().contains(page.header("x-request-id")), "{path}: {page:?}");
        }
    });
}

/// No credential (password, cookie, token) and no email is in the log, at any log level.
#[test]
fn no_secret_is_logged() {
    for kind in kinds() {
        within_runtime(async {
            let (database, site) = (Database::new(kind).await, FakeSite::new());
            let mut server = Binary::new(&database, &site).set("LOG_LEVEL", "trace").serve().await;
            let link = server.said("/setup?token=").await;
            let token = link.split_once('=').unwrap().1.to_owned();
            let browser = Browser::new(server.address);
            assert_eq!(sign_up(&browser, "maria").await.status, 201);
            let first = browser.session().unwrap();
            assert_eq!(sign_in(&browser, "maria", "wrong but-secret").await.status, 401);
            // A password typed into the wrong field.
            assert_eq!(sign_in(&browser, "Tr0ub4dor&3", "x").await.status, 401);
            assert_eq!(
                browser
                    .form("/api/sign-in", &[("identifier", "maria"), ("password", "form-secret")])
                    .await
                    .status,
                303
            );
            let flash = browser.cookies.lock().unwrap()["__Host-flash"].clone();
            browser.page("/auth/login").await;
            browser.page(&format!("/setup?token={token}")).await;
            assert_eq!(sign_in(&browser, "maria", &password("maria")).await.status, 200);
            let cookies = browser.cookies.lock().unwrap().clone();
            server.terminate().await;

            let mut secrets = vec![token, first, flash, password("maria"), "maria@example.org".to_owned()];
            secrets.extend(["but-secret", "form-secret", "Tr0ub4dor"].map(str::to_owned));
            secrets.extend(cookies.into_values());
            let mut lines = 0;
            while let Some(line) = server.log.recv().await {
                lines += 1;
                let found = secrets.iter().find(|secret| line.contains(secret.as_str()));
                assert!(found.is_none(), "{kind:?}: {found:?} in {line}");
            }
            assert!(lines > 50, "the test did not read the log");
        });
    }
}

#[test]
fn a_panic_is_a_500_that_tells_nothing_but_its_request() {
    on_one(async |world| {
        async fn broken() -> &'static str {
            panic!("secret words")
        }
        let router = Router::new().route("/broken", any(broken));
        let router = router::within_edge(router, &world.state(&FakeSite::new()));
        for method in [Method::GET, Method::POST] {
            for (accept, kind, said) in [
                (PAGES, "text/html; charset=utf-8", "<h1>Something went wrong</h1>"),
                ("application/json", "application/json", "\"code\":\"internal\""),
            ] {
                let request =
                    Request::builder().method(method.clone()).uri("/broken").header("accept", accept);
                let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
                assert_eq!(answer.status(), 500, "{method} {accept}");
                assert_eq!(answer.headers()["content-type"], kind);
                let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
                let text = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
                let text = String::from_utf8(text.into()).unwrap();
                assert!(text.contains(said) && !text.contains("secret"), "{text}");
                assert!(accept != PAGES || text.contains(&id), "{text}");
            }
        }
    });
}
