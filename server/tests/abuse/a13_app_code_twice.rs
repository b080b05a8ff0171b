//! A13: an authenticator app's code works twice.

use std::time::Duration;

use serde_json::json;

use crate::support::{App, Browser, World, on_each, password, sign_in};

/// Returns the status of the second-factor request after the right password.
async fn show(world: &World, code: &str) -> u16 {
    let browser: Browser = world.browser();
    let mfa_challenge = sign_in(&browser, "maria", &password("maria")).await;
    let token = mfa_challenge.json()["mfa_token"].clone();
    browser.post("/mfa/validate-login", &json!({ "mfa_token": token, "code": code })).await.status
}

#[test]
fn a13_a_code_of_an_app_works_once() {
    on_each(async |world| {
        let maria = world.person("maria").await;
        let app = App::set_up(&world, &maria).await;
        let early = app.code(&world);
        world.clock.advance(Duration::from_secs(30));
        let code = app.code(&world);
        assert_eq!(show(&world, &code).await, 200);
        assert_eq!(show(&world, &code).await, 400, "the same code again");
        assert_eq!(
            show(&world, &early).await,
            400,
            "the code of the previous time step, still within its window"
        );
        world.clock.advance(Duration::from_secs(30));
        let code = app.code(&world);
        // A code that confirmed an action does not sign anyone in.
        assert_eq!(maria.post("/auth/confirm", &json!({ "code": code })).await.status, 200);
        assert_eq!(show(&world, &code).await, 400, "a code already used to confirm");
    });
}
