//! A18: session fixation: a session ID from before sign-in survives sign-in.

use serde_json::json;

use crate::support::{on_each, password, sign_in, sign_up};

#[test]
fn a18_a_session_planted_before_sign_in_does_not_live_after_it() {
    on_each(async |world| {
        world.person("maria").await;
        let thief = world.person("thief").await;
        // The thief plants their own session in the victim's browser and waits for the victim to
        // sign in.
        let victim = world.browser();
        let planted = thief.session().unwrap();
        victim.plant("__Host-session_token", planted.clone());
        assert_eq!(victim.user_info().await, 200);
        assert_eq!(sign_in(&victim, "maria", &password("maria")).await.status, 200);

        assert_ne!(victim.session().unwrap(), planted, "the victim gets a new session ID");
        assert_eq!(victim.get("/auth/user-info").await.json()["username"], "maria");
        assert_eq!(thief.user_info().await, 401, "the planted session has ended");
    });
}

#[test]
fn a18_every_way_in_gives_a_new_session() {
    on_each(async |world| {
        let browser = world.person("maria").await;
        let mut seen = vec![browser.session().unwrap()];
        assert_eq!(sign_in(&browser, "maria", &password("maria")).await.status, 200);
        seen.push(browser.session().unwrap());
        let change = json!({ "current_password": password("maria"), "new_password": password("new") });
        assert_eq!(browser.post("/auth/change-password", &change).await.status, 200);
        seen.push(browser.session().unwrap());
        let form = [("identifier", "maria"), ("password", &password("new"))];
        assert_eq!(browser.form("/api/sign-in", &form).await.status, 303);
        seen.push(browser.session().unwrap());
        assert_eq!(sign_up(&browser, "other").await.status, 201);
        for old in seen {
            let copied = world.browser();
            copied.plant("__Host-session_token", old);
            assert_eq!(copied.user_info().await, 401);
        }
        assert_eq!(browser.user_info().await, 200);
    });
}

#[test]
fn a18_an_id_that_somebody_made_up_is_not_taken_on() {
    on_each(async |world| {
        world.person("maria").await;
        let browser = world.browser();
        let made_up = world.auth.keyring().encrypt(&[1; 33]);
        browser.plant("__Host-session_token", made_up.clone());
        assert_eq!(sign_in(&browser, "maria", &password("maria")).await.status, 200);
        assert_ne!(browser.session().unwrap(), made_up);
        let thief = world.browser();
        thief.plant("__Host-session_token", made_up);
        assert_eq!(thief.user_info().await, 401);
    });
}
