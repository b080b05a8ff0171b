//! A15: a magic link works twice, or a scanner that opens it uses it up.

use authtuna::mail::Message;
use axum::http::Method;
use serde_json::json;

use crate::support::{App, FIREFOX, PAGES, World, mailing, on_each_with, password};

/// Opens a link as scanners and previews do: repeatedly and with several methods.
async fn scan(world: &World, link: &str) {
    let path = link.strip_prefix("http://localhost:8000").unwrap();
    for agent in [FIREFOX, "Slackbot-LinkExpanding 1.0", "BarracudaScanner"] {
        let scanner = world.browser().with("user-agent", agent);
        for method in [Method::GET, Method::HEAD, Method::GET] {
            let answer = scanner.send(method, path, &[("accept", PAGES)], "").await;
            // Account pages redirect to sign-in first.
            let asks = answer.status == 303 && answer.header("location").starts_with("/auth/login?next=");
            assert!(answer.status == 200 || asks, "{path}: {answer:?}");
            assert!(scanner.session().is_none(), "{path} signed a scanner in");
        }
        // Methods that a scanner may try without having loaded the page.
        for method in [Method::PUT, Method::OPTIONS, Method::DELETE] {
            let answer = scanner.send(method, path, &[], "").await;
            assert!((400..500).contains(&answer.status), "{path}: {answer:?}");
        }
    }
}

#[test]
fn a15_opening_a_link_uses_nothing_up() {
    on_each_with(mailing, async |world| {
        let address = "maria@example.org";
        let browser = world.browser();
        assert_eq!(crate::support::sign_up(&browser, "maria").await.status, 202);
        let act = async |path: &str, with: serde_json::Value, status: u16| {
            let (link, _) = world.link_and_code(with["to"].as_str().unwrap_or(address)).await;
            scan(&world, &link).await;
            let mut body = with;
            body["token"] = link.split_once("?token=").unwrap().1.into();
            body.as_object_mut().unwrap().remove("to");
            let answer = browser.post(path, &body).await;
            assert_eq!(answer.status, status, "{path}: {answer:?}");
        };
        act("/auth/verify", json!({}), 200).await;
        assert_eq!(
            browser.post("/auth/passwordless/request", &json!({ "email": address })).await.status,
            202
        );
        act("/auth/passwordless/login", json!({}), 200).await;
        let change = json!({ "email": "new@example.org", "current_password": password("maria") });
        assert_eq!(browser.post("/auth/change-email", &change).await.status, 202);
        act("/auth/change-email/confirm", json!({ "to": "new@example.org" }), 200).await;
        act("/auth/change-email/undo", json!({}), 200).await;
        assert_eq!(browser.post("/auth/forgot-password", &json!({ "email": address })).await.status, 202);
        act("/auth/reset-password", json!({ "new_password": password("new") }), 200).await;
    });
}

#[test]
fn a15_a_magic_link_works_once() {
    on_each_with(mailing, async |world| {
        world.member("maria").await;
        let browser = world.browser();
        let email = json!({ "email": "maria@example.org" });
        assert_eq!(browser.post("/auth/passwordless/request", &email).await.status, 202);
        let (link, _) = world.link_and_code("maria@example.org").await;
        let token = json!({ "token": link.split_once("?token=").unwrap().1 });
        assert_eq!(browser.post("/auth/passwordless/login", &token).await.status, 200);
        let thief = world.browser();
        let again = thief.post("/auth/passwordless/login", &token).await;
        assert_eq!((again.status, again.code().as_str()), (400, "bad_token"));
        assert!(thief.session().is_none());
        // The link's page does not name the account.
        let path = &link[link.find("/auth/").unwrap()..];
        let page = thief.send(Method::GET, path, &[("accept", PAGES)], "").await;
        assert!(!page.text().contains("maria"), "{page:?}");
    });
}

#[test]
fn a15_opening_the_links_of_a_recovery_begins_stops_and_finishes_nothing() {
    on_each_with(mailing, async |world| {
        let address = "maria@example.org";
        let maria = world.member("maria").await;
        App::set_up(&world, &maria).await;
        let first = world.email_messages(address).await.pop().unwrap().message;
        let Message::FirstFactor { undo, .. } = first else { panic!("{}", first.kind()) };
        scan(&world, &undo).await;
        assert_eq!(maria.get("/mfa/factors").await.json()["recovery_codes_left"], 10);
        let open = async || maria.get("/mfa/recovery").await.json()["recovery"].is_object();
        let browser = world.browser();
        let asked = browser.post("/auth/recovery/request", &json!({ "email": address })).await;
        assert_eq!(asked.status, 202);
        let (link, _) = world.link_and_code(address).await;
        scan(&world, &link).await;
        assert!(!open().await);
        let token = json!({ "token": link.split_once("?token=").unwrap().1 });
        assert_eq!(browser.post("/auth/recovery/start", &token).await.status, 200);
        world.clock.advance(std::time::Duration::from_secs(72 * 3600));
        authtuna::jobs::recoveries(&world.auth).await.unwrap();
        let ready = world.email_messages(address).await.pop().unwrap().message;
        let Message::RecoveryReady { link, cancel, .. } = ready else { panic!("{}", ready.kind()) };
        scan(&world, &link).await;
        scan(&world, &cancel).await;
        assert!(open().await);
        let token = json!({ "token": link.split_once("?token=").unwrap().1 });
        assert_eq!(browser.post("/auth/recovery/finish", &token).await.status, 200);
    });
}
