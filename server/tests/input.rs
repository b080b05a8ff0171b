//! Bad input: the response always says what is wrong, with the right status, and is never a 500.

use authtuna_server::route_rules::{Effect, Kind, RouteRule};
use authtuna_server::router;
use axum::http::Method;
use serde_json::json;

use crate::support::{Browser, TestResponse, World, on_each, on_one, on_one_with, raw};

const JSON: &[(&str, &str)] = &[("accept", "application/json"), ("content-type", "application/json")];

/// Asserts that a refusal has the shape that every route uses: `{"detail", "code"}` and, if fields
/// are wrong, `"errors"`.
fn refused(answer: &TestResponse, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    let said = answer.json();
    assert_eq!(said["code"], code, "{answer:?}");
    assert!(said["detail"].as_str().is_some_and(|detail| detail.ends_with('.')), "{answer:?}");
    assert!(
        !answer.text().contains("serde") && !answer.text().contains("expected"),
        "a library's message: {answer:?}"
    );
}

fn changing(world: &World, kind: Kind) -> Vec<String> {
    let rules = router::rules(world.auth.settings());
    let wanted = |rule: &&RouteRule| rule.effect == Effect::Changes && rule.kind == kind;
    let mut paths: Vec<String> =
        rules.all().filter(wanted).map(|rule| rule.path.replace("{id}", "0")).collect();
    paths.sort();
    paths
}

async fn post(browser: &Browser, path: &str, kind: &str, body: impl Into<axum::body::Bytes>) -> TestResponse {
    browser.send(Method::POST, path, &[("accept", "application/json"), ("content-type", kind)], body).await
}

#[test]
fn bodies_that_are_no_json_object() {
    on_each(async |world| {
        let browser = world.person("maria").await;
        for path in ["/auth/signup", "/auth/login", "/auth/change-password"] {
            for body in [
                "",
                "{",
                "null",
                "[]",
                "\"text\"",
                "7",
                "{\"a\":1}}",
                "{\"username\":\"\\ud800\"}",
                "{'a':1}",
                "\u{feff}{}",
            ] {
                refused(&post(&browser, path, "application/json", body).await, 400, "bad_request");
            }
            refused(
                &post(&browser, path, "application/json", &b"{\"a\":\"\xff\"}"[..]).await,
                400,
                "bad_request",
            );
            let deep = "[".repeat(20_000);
            refused(&post(&browser, path, "application/json", deep).await, 400, "bad_request");
            for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "", "json"] {
                refused(&post(&browser, path, kind, "{}").await, 415, "unsupported_media_type");
            }
            let untyped = browser.send(Method::POST, path, &[("accept", "application/json")], "{}").await;
            refused(&untyped, 415, "unsupported_media_type");
        }
        assert_eq!(browser.user_info().await, 200, "the session still works");
    });
}

#[test]
fn fields_of_a_wrong_type_are_named() {
    on_one(async |world| {
        for wrong in [json!(7), json!(true), json!(["x"]), json!({ "a": 1 })] {
            let answer = world.browser().post("/auth/login", &json!({ "username_or_email": wrong })).await;
            refused(&answer, 422, "wrong_type");
            assert_eq!(answer.json()["errors"][0]["field"], "identifier");
        }
        let empty = world.browser().post("/auth/login", &json!({})).await;
        refused(&empty, 422, "required");
        let fields: Vec<_> =
            empty.json()["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
        assert_eq!(fields, ["identifier", "password"]);
        let null = world.browser().post("/auth/signup", &json!({ "username": null })).await;
        refused(&null, 422, "required");
    });
}

#[test]
fn a_body_that_is_too_large_is_413_everywhere() {
    on_each(async |world| {
        let browser = world.person("maria").await;
        let hashes = world.auth.password_hashes();
        let large = "x".repeat(70_000);
        for path in changing(&world, Kind::Api) {
            refused(&post(&browser, &path, "application/json", large.clone()).await, 413, "body_too_large");
        }
        for path in changing(&world, Kind::Action) {
            let answer = post(&browser, &path, "application/x-www-form-urlencoded", large.clone()).await;
            refused(&answer, 413, "body_too_large");
            let page = browser.form(&path, &[("password", &large)]).await;
            assert_eq!(page.status, 413);
            assert!(page.header("content-type").starts_with("text/html"), "{page:?}");
            assert!(page.text().contains("too much text"), "{page:?}");
        }
        let get = browser.send(Method::GET, "/auth/user-info", JSON, large).await;
        refused(&get, 413, "body_too_large");
        assert_eq!(world.auth.password_hashes(), hashes);
    });
}

#[test]
fn a_body_without_length_is_measured_too() {
    on_one(async |world| {
        let head = "POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                    Transfer-Encoding: chunked\r\n\r\n";
        let chunk = format!("{:x}\r\n{}\r\n", 40_000, "x".repeat(40_000));
        let answer = raw(world.address, format!("{head}{chunk}{chunk}0\r\n\r\n").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(answer.contains("\"code\":\"body_too_large\""), "{answer}");
    });
}

#[test]
fn forms_that_cannot_be_read() {
    on_one(async |world| {
        let browser = world.person("maria").await;
        for path in changing(&world, Kind::Action) {
            for (kind, body) in [
                ("application/x-www-form-urlencoded", &b"\xff\xfe=%zz&&&=&a=%ff"[..]),
                ("text/plain", b"\xff"),
                ("application/json", b"{}"),
                ("multipart/form-data; boundary=x", b"--x\r\n"),
                ("application/x-www-form-urlencoded", b"password[a]=1&identifier=a&identifier=b"),
            ] {
                let answer = post(&browser, &path, kind, body).await;
                // 501: this server sends no email.
                assert!(answer.status < 500 || answer.status == 501, "{path}: {answer:?}");
                let accept = crate::support::PAGES;
                let headers = [("accept", accept), ("content-type", kind), ("sec-fetch-site", "same-origin")];
                let page = browser.send(Method::POST, &path, &headers, body).await;
                assert!(page.status < 500, "{path}: {page:?}");
                let place = page.header("location");
                assert!(
                    place.is_empty() || place.starts_with('/') && !place.contains("__err"),
                    "{path}: {page:?}"
                );
            }
        }
    });
}

#[test]
fn paths_that_make_no_sense() {
    on_one(async |world| {
        let browser = world.person("maria").await;
        for id in ["x", "%ff", "%00", "..", "%2e%2e", "0", "{id}", "'--", &"9".repeat(5000)] {
            let answer = browser.post(&format!("/ui/settings/sessions/{id}/terminate"), &json!({})).await;
            assert!([400, 404].contains(&answer.status), "{id}: {answer:?}");
            assert!(["not_found", "bad_request"].contains(&answer.code().as_str()), "{id}: {answer:?}");
        }
        for query in
            ["?", "?next=%ff", "?a=%", "?next=%00", "?after=x", "?token=%F0%28%8C%28", "?&&==", "?[]=1"]
        {
            for page in ["/auth/login", "/auth/signup", "/setup", "/ui/activity", "/ui/settings/sessions"] {
                let answer = browser.page(&format!("{page}{query}")).await;
                assert!(answer.status < 500, "{page}{query}: {answer:?}");
            }
        }
    });
}

#[test]
fn bytes_that_are_no_http() {
    on_one(async |world| {
        for bytes in [
            &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
            b"GET\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET /\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: \xff\xfe=\xff; __Host-session_token=\xff\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: \xff\xfe\r\nUser-Agent: \xff\r\nAccept-Language: \xff\r\n\r\n",
            b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
            b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}",
            b"POST /auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"GET http://evil.example/auth/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            b"BREW / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        ] {
            let answer = raw(world.address, bytes).await;
            assert!(!answer.starts_with("HTTP/1.1 5"), "{:?}: {answer}", String::from_utf8_lossy(bytes));
        }
        let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(200_000));
        assert!(raw(world.address, long.as_bytes()).await.starts_with("HTTP/1.1 431 "));
        assert_eq!(world.browser().get("/healthz").await.status, 200);
    });
}

#[test]
fn a_request_that_never_ends_is_given_up() {
    on_one_with(
        |settings| settings.set("REQUEST_TIMEOUT_SECONDS", "1"),
        async |world| {
            let half = b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                         Content-Length: 10\r\n\r\n{";
            let answer = raw(world.address, half).await;
            assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
            assert!(answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
        },
    );
}
