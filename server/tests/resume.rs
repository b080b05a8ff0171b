//! A pending action runs once the user has confirmed: only for the same user, in the same session,
//! once.

use std::time::Duration;

use serde_json::json;

use crate::support::{App, Browser, TestResponse, World, mailing, on_each, on_each_with, on_one, password};

/// Returns a session whose last confirmation has expired.
async fn long_ago(world: &World, name: &str) -> Browser {
    let browser = world.person(name).await;
    world.clock.advance(Duration::from_secs(601));
    browser
}

/// Returns the token of the pending action from a redirect to the confirmation page.
fn act(answer: &TestResponse) -> String {
    assert_eq!(answer.status, 303, "{answer:?}");
    let place = answer.header("location");
    assert!(place.starts_with("/ui/confirm?next=%2F"), "{place}");
    place.split_once("&act=").unwrap().1.to_owned()
}

async fn confirm(browser: &Browser, name: &str, act: &str) -> TestResponse {
    browser
        .form("/api/confirm", &[("password", &password(name)), ("next", "/ui/profile"), ("act", act)])
        .await
}

/// Returns whether the setup page shows a secret to confirm.
async fn is_set_up(browser: &Browser) -> bool {
    browser.page("/mfa/setup").await.text().contains("otpauth://")
}

#[test]
fn what_waited_is_done_once_it_is_confirmed() {
    on_each(async |world| {
        let maria = long_ago(&world, "maria").await;
        let act = act(&maria.form("/api/set-up-totp", &[]).await);
        // A wrong password does not use the pending action up, and the redirect keeps its token.
        let wrong = maria.form("/api/confirm", &[("password", "wrong"), ("act", &act)]).await;
        assert!(wrong.header("location").ends_with(&format!("&act={act}")), "{wrong:?}");
        assert!(!is_set_up(&maria).await);
        let done = confirm(&maria, "maria", &act).await;
        assert_eq!((done.status, done.header("location")), (303, "/mfa/setup"));
        assert!(is_set_up(&maria).await);
        // It runs only once.
        let again = confirm(&maria, "maria", &act).await;
        assert_eq!((again.status, again.header("location")), (303, "/ui/profile"));
    });
}

#[test]
fn whoever_confirms_is_told_what_is_done_then() {
    on_each_with(mailing, async |world| {
        let maria = world.member("maria").await;
        App::set_up(&world, &maria).await;
        world.clock.advance(Duration::from_secs(601));
        let said = async |browser: &Browser, act: &str| {
            browser.page(&format!("/ui/confirm?next=/ui/settings&act={act}")).await.text()
        };
        let off = act(&maria.form("/api/disable-totp", &[]).await);
        assert!(said(&maria, &off).await.contains("Then your authenticator app is turned off."));
        assert!(!said(&world.member("jun").await, &off).await.contains("authenticator app is turned off"));
        let codes = act(&maria.form("/api/new-backup-codes", &[]).await);
        assert!(said(&maria, &codes).await.contains("Then you get new backup codes"));
        assert!(
            said(&maria, &off).await.contains("What you are about to do"),
            "only one action is pending at a time"
        );
    });
}

#[test]
fn what_waited_comes_back_to_its_page_when_it_is_refused() {
    on_each(async |world| {
        let maria = world.person("maria").await;
        App::set_up(&world, &maria).await;
        let jun = long_ago(&world, "jun").await;
        let act = act(&jun.form("/api/new-backup-codes", &[]).await);
        let done = confirm(&jun, "jun", &act).await;
        assert_eq!((done.status, done.header("location")), (303, "/ui/settings"));
        assert!(jun.page("/ui/settings").await.text().contains("There is no second step"));
    });
}

#[test]
fn a_script_is_led_on_as_well() {
    on_one(async |world| {
        let maria = long_ago(&world, "maria").await;
        let act = act(&maria.form("/api/set-up-totp", &[]).await);
        let headers = [
            ("accept", "application/json"),
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let password = password("maria").replace(' ', "+");
        let body = format!("password={password}&act={act}");
        let done = maria.send(axum::http::Method::POST, "/api/confirm", &headers, body).await;
        assert_eq!((done.status, done.header("location")), (200, "/mfa/setup"), "{done:?}");
        assert!(is_set_up(&maria).await);
    });
}

#[test]
fn nobody_confirms_what_another_began() {
    on_each(async |world| {
        let maria = world.person("maria").await;
        let thief = long_ago(&world, "jun").await;
        let jun = world.browser();
        crate::support::sign_in(&jun, "jun", &password("jun")).await;
        world.clock.advance(Duration::from_secs(601));
        for (browser, name) in [(&maria, "maria"), (&jun, "jun")] {
            let act = act(&thief.form("/api/set-up-totp", &[]).await);
            let done = confirm(browser, name, &act).await;
            assert_eq!((done.status, done.header("location")), (303, "/ui/profile"), "{name}");
            assert!(!is_set_up(browser).await, "{name}");
        }
        // An invalid token, and a token for something else, runs no pending action.
        for other in ["x", "", &"A".repeat(43)] {
            let done = confirm(&thief, "jun", other).await;
            assert_eq!((done.status, done.header("location")), (303, "/ui/profile"), "{other:?}");
        }
    });
}

#[test]
fn what_is_too_long_is_not_kept_and_the_page_is_led_back_to() {
    on_one(async |world| {
        let maria = long_ago(&world, "maria").await;
        let long = "x".repeat(20_000);
        let answer = maria.form("/api/set-up-totp", &[("more", &long)]).await;
        assert_eq!(answer.header("location"), "/ui/confirm?next=%2Fmfa%2Fsetup");
        let done = confirm(&maria, "maria", "").await;
        assert_eq!((done.status, done.header("location")), (303, "/ui/profile"));
        assert!(!is_set_up(&maria).await);
        assert_eq!(
            maria.post("/mfa/setup", &json!({})).await.status,
            200,
            "the session is confirmed nevertheless"
        );
    });
}
