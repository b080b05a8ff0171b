//! A10: a Host or X-Forwarded-Host header decides where a link points. Links in emails, the setup
//! link, every redirect target and every address on a page are paths or start with API_BASE_URL.

use authtuna::authz::actor::Actor;
use axum::http::Method;

use serde_json::json;

use crate::support::{Browser, PAGES, TestResponse, mailing, on_one, on_one_with, password};

const EVIL: &[(&str, &str)] = &[
    ("host", "evil.example"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-server", "evil.example"),
    ("x-host", "evil.example"),
    ("x-original-url", "/evil.example"),
    ("x-rewrite-url", "/evil.example"),
    ("x-forwarded-proto", "evil"),
    ("forwarded", "host=evil.example;proto=evil"),
];

fn clean(answer: &TestResponse) {
    let headers = format!("{:?}", answer.headers);
    assert!(!headers.contains("evil") && !answer.text().contains("evil"), "{answer:?}");
}

async fn send(browser: &Browser, method: Method, path: &str, body: &'static str) -> TestResponse {
    let form = [("accept", PAGES), ("content-type", "application/x-www-form-urlencoded")];
    let headers: Vec<_> = EVIL.iter().copied().chain(form).collect();
    browser.send(method, path, &headers, body).await
}

#[test]
fn a10_no_answer_repeats_the_host_that_was_asked_for() {
    on_one(async |world| {
        let (stranger, maria) = (world.browser(), world.person("maria").await);
        for path in
            ["/", "/auth/login", "/auth/signup", "/ui/dashboard", "/ui/settings", "/nothing", "/setup"]
        {
            clean(&send(&stranger, Method::GET, path, "").await);
            clean(&send(&maria, Method::GET, path, "").await);
        }
        let refused = send(&stranger, Method::POST, "/api/sign-in", "identifier=a&password=b").await;
        assert_eq!((refused.status, refused.header("location")), (303, "/auth/login"));
        clean(&refused);
        let body: &'static str =
            Box::leak(format!("identifier=maria&password={}", password("maria").replace(' ', "+")).into());
        let taken = send(&stranger, Method::POST, "/api/sign-in", body).await;
        assert_eq!((taken.status, taken.header("location")), (303, "/ui/dashboard"));
        clean(&taken);
    });
}

#[test]
fn a10_links_begin_with_the_address_of_the_settings() {
    let elsewhere = |settings: authtuna::foundation::config::SettingsBuilder| {
        settings.set("API_BASE_URL", "https://accounts.example.org")
    };
    on_one_with(elsewhere, async |world| {
        // A request with forged host headers before the link is created changes nothing.
        send(&world.browser(), Method::GET, "/setup", "").await;
        let link = world.auth.sign_up.issue_setup_link(&Actor::system()).await.unwrap().unwrap();
        assert!(link.starts_with("https://accounts.example.org/setup?token="), "{link}");
    });
}

#[test]
fn a10_links_in_mails_begin_with_the_address_of_the_settings() {
    let elsewhere = |settings| mailing(settings).set("API_BASE_URL", "https://accounts.example.org");
    on_one_with(elsewhere, async |world| {
        let maria = world.member("maria").await;
        let json = [("accept", "application/json"), ("content-type", "application/json")];
        let headers: Vec<_> = EVIL.iter().copied().chain(json).collect();
        let address = "maria@example.org";
        let new = json!({ "email": "new@example.org", "current_password": password("maria") }).to_string();
        let signup = json!({ "username": "jun", "email": "jun@example.org", "password": password("jun") });
        let email = json!({ "email": address }).to_string();
        for (path, body) in [
            ("/auth/forgot-password", email.clone()),
            ("/auth/passwordless/request", email),
            ("/auth/signup", signup.to_string()),
            ("/auth/change-email", new),
        ] {
            let answer = maria.send(Method::POST, path, &headers, body).await;
            assert_eq!(answer.status, 202, "{path}: {answer:?}");
            clean(&answer);
        }
        let mut links = 0;
        for to in [address, "jun@example.org", "new@example.org"] {
            for email_message in world.email_messages(to).await {
                let said = format!("{email_message:?}");
                assert!(!said.contains("evil"), "{said}");
                links += said.matches("https://accounts.example.org/").count();
                assert_eq!(
                    said.matches("://").count(),
                    said.matches("https://accounts.example.org/").count()
                );
            }
        }
        assert!(links >= 5, "{links}");
    });
}
