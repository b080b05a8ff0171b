//! What operators look at: health, metrics, request ids.

use std::collections::BTreeSet;

use axum::http::Method;

use crate::support::{Browser, PAGES, on_each, on_one, sign_in};

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
                assert!(seen.insert(id), "{path}: an id came twice");
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
