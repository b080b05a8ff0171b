//! A29: a script in a field runs anywhere (names, user agents, scopes, audit details, email).

use axum::http::Method;
use serde_json::json;

use crate::support::{TestResponse, on_each, on_one, password, raw, sign_in};

/// Breaks out of an element, an attribute, a script and a comment.
const SCRIPT: &str = "\"'></script>--><script>alert(1)</script><img src=x onerror=alert(1)>";

/// Asserts that the page contains no part of the script as it was sent, which could only be markup.
fn harmless(answer: &TestResponse) {
    let html = answer.text();
    for part in ["<script>alert", "<img src=x", "</script>--&gt;<", "\"'>", "onerror=alert(1)>"] {
        assert!(!html.contains(part), "{part} in {html}");
    }
}

#[test]
fn a29_a_name_is_text_on_every_page() {
    on_each(async |world| {
        let maria = world.person("maria").await;
        let fields = [("username", "maria"), ("first_name", SCRIPT), ("last_name", SCRIPT)];
        let saved = maria.form("/api/update-profile", &fields).await;
        assert_eq!((saved.status, saved.header("location")), (303, "/ui/profile"), "{saved:?}");
        let profile = maria.page("/ui/profile").await;
        assert!(profile.text().contains("alert(1)"), "the name is shown: {}", profile.text());
        for page in ["/ui/profile", "/ui/dashboard", "/ui/settings", "/ui/settings/sessions", "/ui/activity"]
        {
            harmless(&maria.page(page).await);
        }
    });
}

#[test]
fn a29_what_was_typed_comes_back_as_text() {
    on_one(async |world| {
        for (form, field, page) in [
            ("/api/sign-in", "identifier", "/auth/login"),
            ("/api/sign-up", "username", "/auth/signup"),
            ("/api/sign-up", "email", "/auth/signup"),
        ] {
            let browser = world.browser();
            let refused = browser.form(form, &[(field, SCRIPT), ("password", "x")]).await;
            assert_eq!((refused.status, refused.header("location")), (303, page), "{refused:?}");
            harmless(&refused);
            let shown = browser.page(page).await;
            assert!(shown.text().contains("alert(1)"), "the form shows the input again: {}", shown.text());
            harmless(&shown);
        }
    });
}

#[test]
fn a29_names_and_addresses_with_markup_are_refused() {
    on_each(async |world| {
        for (field, code) in [("username", "bad_username"), ("email", "bad_email")] {
            let mut form = json!({ "username": "x1", "email": "x1@example.org", "password": password("x") });
            form[field] = "\"><script>alert(1)</script>@example.org".into();
            let answer = world.browser().post("/auth/signup", &form).await;
            assert_eq!((answer.status, answer.code().as_str()), (422, code));
            assert!(!answer.text().contains("alert"), "{answer:?}");
        }
    });
}

#[test]
fn a29_a_browsers_name_is_one_that_we_know() {
    on_each(async |world| {
        world.person("maria").await;
        let browser = world.browser().with("user-agent", SCRIPT);
        assert_eq!(sign_in(&browser, "maria", &password("maria")).await.status, 200);
        harmless(&browser.page("/ui/settings/sessions").await);
        harmless(&browser.page("/ui/activity").await);
        let list = browser.get("/ui/settings/sessions").await;
        assert!(!list.text().contains("alert"), "{list:?}");
    });
}

#[test]
fn a29_addresses_and_headers_are_not_repeated() {
    on_one(async |world| {
        let encoded: String = url::form_urlencoded::byte_serialize(SCRIPT.as_bytes()).collect();
        let maria = world.person("maria").await;
        for path in [
            format!("/{encoded}"),
            format!("/auth/login?next=/{encoded}"),
            format!("/auth/login?next={encoded}"),
            format!("/auth/signup?next=/{encoded}"),
            format!("/auth/login?__path=/api/sign-in&__err={encoded}"),
            format!("/setup?token={encoded}"),
            format!("/ui/activity?after={encoded}"),
        ] {
            let headers =
                [("accept-language", SCRIPT), ("accept", crate::support::PAGES), ("referer", SCRIPT)];
            harmless(&world.browser().send(Method::GET, &path, &headers, "").await);
            harmless(&maria.send(Method::GET, &path, &headers, "").await);
        }
        let themed = format!("theme={}", SCRIPT.replace(['"', ';', ','], ""));
        let headers = [("cookie", themed.as_str()), ("accept", crate::support::PAGES)];
        harmless(&world.browser().send(Method::GET, "/auth/login", &headers, "").await);
        let bare = "GET /<script>alert(1)</script> HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nConnection: close\r\n\r\n";
        assert!(!raw(world.address, bare.as_bytes()).await.contains("<script>alert"));
    });
}

#[test]
fn a29_json_is_never_a_page() {
    on_one(async |world| {
        let maria = world.person("maria").await;
        for path in ["/auth/user-info", "/ui/settings/sessions", "/nothing", "/healthz"] {
            let answer = maria.get(path).await;
            assert_eq!(answer.header("content-type"), "application/json", "{path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert!(answer.header("content-security-policy").contains("sandbox"), "{path}");
        }
    });
}
