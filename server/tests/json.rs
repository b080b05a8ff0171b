//! The JSON API: sign-up, sign-in, sign-out, passwords and sessions.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{on_each, on_each_with, on_one, password, sign_in, sign_up};

#[test]
fn somebody_signs_up_and_is_signed_in() {
    on_each(async |world| {
        let browser = world.browser();
        let answer = sign_up(&browser, "maria").await;
        assert_eq!(answer.status, 201);
        assert_eq!(answer.json(), json!({ "message": "User created and logged in successfully." }));
        let cookies = answer.cookies();
        let session = cookies.iter().find(|cookie| cookie.name() == "__Host-session_token").unwrap();
        assert_eq!((session.http_only(), session.secure()), (Some(true), Some(true)));
        assert_eq!((session.path(), session.domain()), (Some("/"), None));
        assert_eq!(session.same_site(), Some(cookie::SameSite::Lax));
        assert_eq!(answer.header("cache-control"), "no-store");

        let info = browser.get("/auth/user-info").await;
        assert_eq!(info.status, 200);
        let mut info = info.json();
        assert!(uuid_like(info["user_id"].take().as_str().unwrap()));
        let expected = json!({
            "user_id": null, "username": "maria", "email": "maria@example.org", "is_active": true,
            "email_verified": false, "mfa_enabled": false,
        });
        assert_eq!(info, expected);
    });
}

#[test]
fn a_taken_name_or_address_is_409_beside_its_field() {
    on_each(async |world| {
        world.person("maria").await;
        let other = json!({ "username": "maria", "email": "x@example.org", "password": password("x") });
        let answer = world.browser().post("/auth/signup", &other).await;
        assert_eq!((answer.status, answer.code().as_str()), (409, "username_taken"));
        assert_eq!(answer.json()["errors"][0]["field"], "username");
        let other = json!({ "username": "other", "email": "Maria@Example.org", "password": password("x") });
        let answer = world.browser().post("/auth/signup", &other).await;
        assert_eq!((answer.status, answer.code().as_str()), (409, "email_taken"));
        assert_eq!(answer.json()["errors"][0]["field"], "email");
        assert!(answer.cookies().is_empty());
    });
}

#[test]
fn every_wrong_field_is_named_at_once() {
    on_one(async |world| {
        let wrong = json!({ "username": "a b", "email": "nobody", "password": "short" });
        let answer = world.browser().post("/auth/signup", &wrong).await;
        assert_eq!(answer.status, 422);
        let said = answer.json();
        assert_eq!(said["detail"], "Bad username.");
        let errors: Vec<(&str, &str)> = said["errors"].as_array().unwrap().iter().map(named).collect();
        let expected =
            [("username", "bad_username"), ("email", "bad_email"), ("password", "password_too_short")];
        assert_eq!(errors, expected);
    });
}

#[test]
fn closed_sign_up_is_refused() {
    on_each_with(
        |settings| settings.set("SIGNUP_ENABLED", "false"),
        async |world| {
            let answer = sign_up(&world.browser(), "maria").await;
            assert_eq!((answer.status, answer.code().as_str()), (403, "signup_closed"));
        },
    );
}

#[test]
fn signing_in_by_name_or_address() {
    on_each(async |world| {
        world.person("maria").await;
        for who in ["maria", "MARIA", "maria@example.org", " Maria@Example.ORG "] {
            let browser = world.browser();
            let answer = sign_in(&browser, who, &password("maria")).await;
            assert_eq!((answer.status, answer.json()), (200, json!({ "message": "Login successful." })));
            assert_eq!(browser.user_info().await, 200);
        }
        let answer = sign_in(&world.browser(), "maria", "wrong").await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "bad_credentials"));
        assert_eq!(answer.json()["detail"], "Bad credentials.");
        assert_eq!(answer.header("www-authenticate"), "Cookie");
        assert!(answer.cookies().is_empty());
    });
}

#[test]
fn too_many_tries_are_429_with_the_time_to_wait() {
    on_each_with(
        |settings| settings.set("MAX_LOGIN_ATTEMPTS_PER_USER", "2"),
        async |world| {
            world.person("maria").await;
            for _ in 0..2 {
                assert_eq!(sign_in(&world.browser(), "maria", "wrong").await.status, 401);
            }
            let answer = sign_in(&world.browser(), "maria", &password("maria")).await;
            assert_eq!((answer.status, answer.code().as_str()), (429, "too_many_attempts"));
            assert_eq!(answer.header("retry-after"), "1800");
            world.clock.advance(std::time::Duration::from_secs(1800));
            assert_eq!(sign_in(&world.browser(), "maria", &password("maria")).await.status, 200);
        },
    );
}

#[test]
fn signing_out_is_a_post() {
    on_each(async |world| {
        let browser = world.person("maria").await;
        let before = browser.session().unwrap();
        let answer = browser.post("/auth/logout", &json!({})).await;
        assert_eq!((answer.status, answer.json()), (200, json!({ "message": "Logged out successfully." })));
        assert_eq!(browser.session(), None);
        browser.plant("__Host-session_token", before);
        assert_eq!(browser.user_info().await, 401, "the server ended the session, not only the cookie");
        let again = world.browser().post("/auth/logout", &json!({})).await;
        let nobody = json!({ "message": "Logout failed or no active session found." });
        assert_eq!((again.status, again.json()), (200, nobody));
    });
}

#[test]
fn changing_the_password_ends_all_other_sessions() {
    on_each(async |world| {
        let browser = world.person("maria").await;
        let other = world.signed_in("maria").await;
        let before = browser.session().unwrap();
        let change = |current: &str, new: &str| json!({ "current_password": current, "new_password": new });

        let wrong = browser.post("/auth/change-password", &change("wrong", &password("new"))).await;
        assert_eq!((wrong.status, wrong.code().as_str()), (401, "wrong_password"));
        let weak = browser.post("/auth/change-password", &change(&password("maria"), "12345678")).await;
        assert_eq!((weak.status, weak.code().as_str()), (422, "password_common"));
        assert_eq!((browser.user_info().await, other.user_info().await), (200, 200));

        let changed =
            browser.post("/auth/change-password", &change(&password("maria"), &password("new"))).await;
        let said = "Password updated successfully. All other sessions have been logged out.";
        assert_eq!((changed.status, changed.json()), (200, json!({ "message": said })));
        assert_ne!(browser.session().unwrap(), before);
        assert_eq!((browser.user_info().await, other.user_info().await), (200, 401));
        assert_eq!(sign_in(&world.browser(), "maria", &password("maria")).await.status, 401);
        assert_eq!(sign_in(&world.browser(), "maria", &password("new")).await.status, 200);
    });
}

#[test]
fn ones_sessions_are_listed_and_ended() {
    on_each(async |world| {
        let browser = world.person("maria").await;
        let second = world.signed_in("maria").await;
        let third = world.signed_in("maria").await;
        let stranger = world.person("juan").await;

        let list = browser.get("/ui/settings/sessions").await;
        assert_eq!(list.status, 200);
        let list = list.json();
        let list = list.as_array().unwrap();
        assert_eq!(list.len(), 3);
        let current: Vec<&Value> = list.iter().filter(|session| session["is_current"] == true).collect();
        assert_eq!(current.len(), 1);
        assert_eq!(current[0]["device"], "Firefox on Linux");
        assert_eq!(current[0]["last_ip"], "127.0.0.1");
        assert_eq!(current[0]["ctime"], 1_767_225_600);
        assert_eq!(current[0]["region"], Value::Null);
        let own = current[0]["session_id"].as_str().unwrap();

        let end = |id: &str| format!("/ui/settings/sessions/{id}/terminate");
        let theirs = id_of(&second).await;
        let foreign = stranger.post(&end(&theirs), &json!({})).await;
        assert_eq!((foreign.status, foreign.code().as_str()), (404, "not_found"));
        let itself = browser.post(&end(own), &json!({})).await;
        assert_eq!((itself.status, itself.code().as_str()), (400, "bad_request"));
        let ended = browser.post(&end(&theirs), &json!({})).await;
        assert_eq!((ended.status, ended.json()), (200, json!({ "message": "Session terminated." })));
        assert_eq!((second.user_info().await, third.user_info().await), (401, 200));
        let again = browser.post(&end(&theirs), &json!({})).await;
        assert_eq!(again.status, 404);

        let all = browser.post("/ui/settings/sessions/terminate-all", &json!({})).await;
        let said = json!({ "message": "All other sessions have been terminated.", "terminated": 1 });
        assert_eq!((all.status, all.json()), (200, said));
        let statuses = (browser.user_info().await, third.user_info().await, stranger.user_info().await);
        assert_eq!(statuses, (200, 401, 200));
    });
}

#[test]
fn the_same_address_is_a_page_for_browsers() {
    on_one(async |world| {
        let browser = world.person("maria").await;
        assert!(browser.page("/ui/settings/sessions").await.header("content-type").starts_with("text/html"));
        let any = browser.send(Method::GET, "/ui/settings/sessions", &[("accept", "*/*")], "").await;
        assert!(any.header("content-type").starts_with("text/html"));
        let both = "text/html, application/json";
        let any = browser.send(Method::GET, "/ui/settings/sessions", &[("accept", both)], "").await;
        assert!(any.header("content-type").starts_with("text/html"));
    });
}

/// Returns the ID of a browser's own session.
async fn id_of(browser: &crate::support::Browser) -> String {
    let list = browser.get("/ui/settings/sessions").await.json();
    let own = list.as_array().unwrap().iter().find(|session| session["is_current"] == true).unwrap();
    own["session_id"].as_str().unwrap().to_owned()
}

fn named(error: &Value) -> (&str, &str) {
    (error["field"].as_str().unwrap(), error["code"].as_str().unwrap())
}

fn uuid_like(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}
