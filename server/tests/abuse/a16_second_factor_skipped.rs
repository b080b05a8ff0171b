//! A16: a way to sign in skips the second factor, or a restart resets the count of guesses.

use std::time::Duration;

use serde_json::json;

use crate::support::{App, Browser, mailing, on_each_with, password, sign_in};

/// Asserts that the browser is not signed in.
async fn outside(browser: &Browser, how: &str) {
    assert_eq!(browser.user_info().await, 401, "{how}");
    assert_eq!(browser.session(), None, "{how}");
}

#[test]
fn a16_every_way_in_asks_for_the_second_factor() {
    on_each_with(mailing, async |world| {
        let address = "maria@example.org";
        let app = App::set_up(&world, &world.member("maria").await).await;

        let browser = world.browser();
        let mfa_challenge = sign_in(&browser, "maria", &password("maria")).await;
        assert_eq!((mfa_challenge.status, &mfa_challenge.json()["mfa_required"]), (200, &json!(true)));
        outside(&browser, "password").await;

        let browser = world.browser();
        let typed = [("identifier", "maria"), ("password", &password("maria"))];
        let answer = browser.form("/api/sign-in", &typed).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/mfa/challenge"));
        outside(&browser, "the portal's form").await;
        assert!(browser.page("/mfa/challenge").await.text().contains("one-time-code"));

        let browser = world.browser();
        browser.post("/auth/passwordless/request", &json!({ "email": address })).await;
        let link = json!({ "token": world.token(address).await });
        let mfa_challenge = browser.post("/auth/passwordless/login", &link).await;
        assert_eq!((mfa_challenge.status, &mfa_challenge.json()["mfa_required"]), (200, &json!(true)));
        outside(&browser, "a link of a mail").await;
        world.clock.advance(Duration::from_millis(1));

        let browser = world.browser();
        browser.post("/auth/passwordless/request", &json!({ "email": address })).await;
        let code = world.link_and_code(address).await.1;
        let answer = browser.form("/api/sign-in-by-mail", &[("code", &code)]).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/mfa/challenge"));
        outside(&browser, "an email code").await;
        world.clock.advance(Duration::from_millis(1));

        let browser = world.browser();
        browser.post("/auth/forgot-password", &json!({ "email": address })).await;
        let reset = json!({ "token": world.token(address).await, "new_password": password("new") });
        assert_eq!(browser.post("/auth/reset-password", &reset).await.status, 200);
        outside(&browser, "a reset").await;
        let mfa_challenge = sign_in(&browser, "maria", &password("new")).await;
        assert_eq!(mfa_challenge.json()["mfa_required"], json!(true));
        outside(&browser, "the new password").await;

        // The MFA token, which proves the first factor, is worth nothing at any other endpoint.
        let token = mfa_challenge.json()["mfa_token"].as_str().unwrap().to_owned();
        for path in ["/auth/verify", "/auth/passwordless/login"] {
            assert_eq!(browser.post(path, &json!({ "token": token })).await.status, 400, "{path}");
        }
        let typed = json!({ "token": token, "new_password": password("other") });
        assert_eq!(browser.post("/auth/reset-password", &typed).await.status, 400);
        for code in ["", "000000", "null"] {
            let typed = json!({ "mfa_token": token, "code": code });
            assert_ne!(browser.post("/mfa/validate-login", &typed).await.status, 200);
        }
        outside(&browser, "a token alone").await;
        let right = json!({ "mfa_token": token, "code": app.code(&world) });
        assert_eq!(browser.post("/mfa/validate-login", &right).await.status, 200);
        assert_eq!(browser.user_info().await, 200);
    });
}

#[test]
fn a16_guesses_are_limited_over_restarts() {
    let few = |builder| {
        mailing(builder).set("MAX_LOGIN_ATTEMPTS_PER_USER", "5").set("MAX_LOGIN_ATTEMPTS_PER_IP", "0")
    };
    on_each_with(few, async |world| {
        let app = App::set_up(&world, &world.member("maria").await).await;
        let guess = async |world: &crate::support::World, code: &str| {
            let browser = world.browser();
            let mfa_challenge = sign_in(&browser, "maria", &password("maria")).await;
            let token = mfa_challenge.json()["mfa_token"].clone();
            browser.post("/mfa/validate-login", &json!({ "mfa_token": token, "code": code })).await.status
        };
        for _ in 0..5 {
            assert_eq!(guess(&world, "000000").await, 400);
        }
        let again = world.beside(few).await;
        for world in [&world, &again] {
            assert_eq!(guess(world, &app.code(world)).await, 429, "the right code is refused too");
            assert_eq!(guess(world, &app.codes[0]).await, 429, "a backup code is refused too");
        }
    });
}
