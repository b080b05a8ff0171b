//! A12: a one-time token, an email code or a backup code works twice, even in 50 parallel requests.

use serde_json::json;

use crate::support::{App, mailing, on_each_with, password, sign_in, sign_up, successes};

/// Turns off the rate limits, so that parallel requests from one address do not count as guesses.
fn unlimited(
    settings: authtuna::foundation::config::SettingsBuilder,
) -> authtuna::foundation::config::SettingsBuilder {
    mailing(settings).set("MAX_LOGIN_ATTEMPTS_PER_IP", "0").set("MAX_LOGIN_ATTEMPTS_PER_USER", "0")
}

#[test]
fn a12_every_token_of_a_mail_works_once() {
    on_each_with(unlimited, async |world| {
        let address = "maria@example.org";
        assert_eq!(sign_up(&world.browser(), "maria").await.status, 202);
        let browser = world.browser();
        let by = async |browser: &crate::support::Browser, path: &str, body: serde_json::Value| {
            assert_eq!(successes(50, || browser.post(path, &body)).await, 1, "{path}");
            let again = browser.post(path, &body).await;
            assert_eq!((again.status, again.code().as_str()), (400, "bad_token"), "{path}");
        };
        let once = async |path: &str, body| by(&browser, path, body).await;
        once("/auth/verify", json!({ "token": world.token(address).await })).await;
        // Gives the welcome email an earlier timestamp than the next email.
        world.clock.advance(std::time::Duration::from_millis(1));

        assert_eq!(
            browser.post("/auth/passwordless/request", &json!({ "email": address })).await.status,
            202
        );
        once("/auth/passwordless/login", json!({ "token": world.token(address).await })).await;

        assert_eq!(browser.post("/auth/forgot-password", &json!({ "email": address })).await.status, 202);
        let reset = json!({ "token": world.token(address).await, "new_password": password("new") });
        once("/auth/reset-password", reset).await;

        let maria = world.browser();
        let typed = json!({ "username_or_email": "maria", "password": password("new") });
        assert_eq!(maria.post("/auth/login", &typed).await.status, 200);
        let change = json!({ "email": "new@example.org", "current_password": password("new") });
        assert_eq!(maria.post("/auth/change-email", &change).await.status, 202);
        by(&maria, "/auth/change-email/confirm", json!({ "token": world.token("new@example.org").await }))
            .await;
        once("/auth/change-email/undo", json!({ "token": world.token(address).await })).await;
    });
}

#[test]
fn a12_the_digits_of_a_mail_work_once() {
    on_each_with(unlimited, async |world| {
        world.member("maria").await;
        let browser = world.browser();
        let email = json!({ "email": "maria@example.org" });
        assert_eq!(browser.post("/auth/passwordless/request", &email).await.status, 202);
        let code = json!({ "code": world.link_and_code("maria@example.org").await.1 });
        // Five at most: the server refuses any further attempt as a guess, even with the right
        // code.
        assert_eq!(successes(5, || browser.post("/auth/passwordless/login", &code)).await, 1);
        assert_eq!(browser.post("/auth/passwordless/login", &code).await.status, 400);
    });
}

#[test]
fn a12_a_backup_code_works_once() {
    on_each_with(unlimited, async |world| {
        let app = App::set_up(&world, &world.member("maria").await).await;
        let browser = world.browser();
        let mut tokens = Vec::new();
        for _ in 0..50 {
            let mfa_challenge = sign_in(&browser, "maria", &password("maria")).await;
            tokens.push(mfa_challenge.json()["mfa_token"].as_str().unwrap().to_owned());
        }
        let tries = tokens.iter().map(async |token| {
            let typed = json!({ "mfa_token": token, "code": app.codes[0] });
            browser.post("/mfa/validate-login", &typed).await.status
        });
        let all = futures::future::join_all(tries).await;
        assert_eq!(all.iter().filter(|status| **status == 200).count(), 1, "{all:?}");
        // One MFA token, all remaining codes at once.
        let mfa_challenge = sign_in(&browser, "maria", &password("maria")).await;
        let token = mfa_challenge.json()["mfa_token"].clone();
        let tries = app.codes[1..].iter().map(async |code| {
            let typed = json!({ "mfa_token": token, "code": code });
            browser.post("/mfa/validate-login", &typed).await.status
        });
        let all = futures::future::join_all(tries).await;
        assert_eq!(all.iter().filter(|status| **status == 200).count(), 1, "{all:?}");
    });
}
