//! A21: `//path`, a trailing slash, another case or an encoding bypasses a guard or a limit.

use authtuna::authz::guard::Guard;
use authtuna_server::route_rules::RouteRule;
use authtuna_server::router;
use axum::http::Method;

use crate::support::{PAGES, TestResponse, World, on_each, on_one, password, raw};

/// Returns other spellings of a path that a lenient server might treat as the same path.
fn spellings(path: &str) -> Vec<String> {
    let tail = &path[1..];
    let (first, rest) = tail.split_once('/').unwrap_or((tail, ""));
    let encoded = format!("/%{:02x}{}", tail.as_bytes()[0], &tail[1..]);
    vec![
        format!("/{path}"),
        format!("//{path}"),
        format!("{path}/"),
        format!("{path}//"),
        format!("{path}/."),
        format!("/.{path}"),
        format!("/x/..{path}"),
        format!("/{first}//{rest}"),
        format!("/{first}/./{rest}"),
        format!("/{first}%2f{rest}"),
        format!("/{first}%5c{rest}"),
        format!("/{first}\\{rest}"),
        path.to_uppercase(),
        encoded,
        format!("{path}%20"),
        format!("{path}%00"),
        format!("{path};x=1"),
        format!("{path}.json"),
        format!("{path}%2f"),
        format!("{path}%3fa"),
        format!("/%2e{path}"),
    ]
}

fn closed(world: &World) -> Vec<RouteRule> {
    let rules = router::rules(world.auth.settings());
    rules.all().filter(|rule| rule.guard != Guard::Public).cloned().collect()
}

/// Sends the path as raw bytes, because client libraries normalize some of these spellings.
async fn ask(world: &World, method: &Method, path: &str, cookie: &str) -> String {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost:8000\r\nAccept: {PAGES}\r\nCookie: {cookie}\r\n\
         User-Agent: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
    );
    raw(world.address, request.as_bytes()).await
}

#[test]
fn a21_no_spelling_slips_past_a_guard() {
    on_each(async |world| {
        for rule in closed(&world) {
            let path = rule.path.replace("{id}", "01a20d20-307e-79fc-b38d-201798448d56");
            for path in spellings(&path) {
                let answer = ask(&world, &rule.method, &path, "").await;
                let status = answer.get(9..12).unwrap_or_default();
                // Not found, or redirected to sign-in; 405 if the spelling matches another route's
                // pattern.
                assert!(
                    ["400", "401", "303", "404", "405"].contains(&status),
                    "{} {path}: {answer}",
                    rule.method
                );
            }
        }
    });
}

#[test]
fn a21_a_page_is_at_one_address_only() {
    on_one(async |world| {
        // The request below sends no Accept-Language, which is part of the fingerprint.
        let maria = world.browser().with("user-agent", "x").without("accept-language");
        let signed_up = crate::support::sign_up(&maria, "maria").await;
        assert_eq!(signed_up.status, 201);
        let cookie = format!("__Host-session_token={}", maria.session().unwrap());
        let canonical = ask(&world, &Method::GET, "/ui/profile", &cookie).await;
        assert!(canonical.starts_with("HTTP/1.1 200"), "the cookie works: {canonical}");
        for path in spellings("/ui/profile") {
            let answer = ask(&world, &Method::GET, &path, &cookie).await;
            assert!(!answer.contains("maria@example.org"), "{path} shows the page: {answer}");
            assert!(
                answer.starts_with("HTTP/1.1 404") || answer.starts_with("HTTP/1.1 400"),
                "{path}: {answer}"
            );
        }
    });
}

#[test]
fn a21_no_spelling_slips_past_the_limits() {
    on_each(async |world| {
        world.person("maria").await;
        let before = world.auth.password_hashes();
        let form =
            serde_json::json!({ "username_or_email": "maria", "password": password("maria") }).to_string();
        for path in spellings("/auth/login") {
            let request = format!(
                "POST {path} HTTP/1.1\r\nHost: localhost:8000\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n{form}",
                form.len()
            );
            let answer: String = raw(world.address, request.as_bytes()).await;
            assert!(!answer.to_ascii_lowercase().contains("set-cookie"), "{path}: {answer}");
        }
        assert_eq!(world.auth.password_hashes(), before, "the server checked no password");
        // The canonical path counts every spelling of the username: five failures lock the account.
        let mut statuses = Vec::new();
        for who in ["maria", "MARIA", " maria ", "ｍａｒｉａ", "maria@example.org", "Maria@Example.Org"]
        {
            let answer: TestResponse = crate::support::sign_in(&world.browser(), who, "wrong").await;
            statuses.push(answer.status);
        }
        assert_eq!(statuses, [401, 401, 401, 401, 401, 429]);
    });
}
