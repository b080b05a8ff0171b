//! B10: a stolen session changes how the account can be opened, without re-authentication.

use std::time::Duration;

use serde_json::json;

use crate::support::{App, ORIGIN, OverHttp, on_each, password};
use authtuna_testing::authenticator::Authenticator;

#[test]
fn b10_changing_factors_wants_a_confirmation() {
    on_each(async |world| {
        let maria = world.person("maria").await;
        let app = App::set_up(&world, &maria).await;
        let jun = world.person("jun").await;
        assert_eq!(Authenticator::new(ORIGIN).add_to(&jun).await.status, 201);
        let own = jun.get("/passkeys").await.json();
        let own = format!("/passkeys/{}", own[0]["id"].as_str().unwrap());
        world.clock.advance(Duration::from_secs(601));
        let refused = [
            (&maria, "/mfa/disable", json!({})),
            (&maria, "/mfa/recovery-codes", json!({})),
            (&jun, "/mfa/setup", json!({})),
            (&jun, "/mfa/verify", json!({ "code": "000000" })),
            (&jun, "/passkeys/register-options", json!({})),
            (&maria, "/passkeys/register-options", json!({})),
        ];
        for (browser, path, body) in &refused {
            let answer = browser.post(path, body).await;
            assert_eq!((answer.status, answer.code().as_str()), (403, "step_up_required"), "{path}");
        }
        let kept = jun.delete(&own).await;
        assert_eq!((kept.status, kept.code().as_str()), (403, "step_up_required"));
        for path in ["/api/disable-totp", "/api/new-backup-codes"] {
            let answer = maria.form(path, &[]).await;
            let place = answer.header("location");
            assert_eq!(answer.status, 303, "{path}");
            assert!(place.starts_with("/ui/confirm?next=%2Fui%2Fsettings&act="), "{path}: {place}");
        }
        // With an app set up, the password alone, an empty form or a wrong code confirms nothing.
        for body in [json!({}), json!({ "password": password("maria") }), json!({ "code": "000000" })] {
            assert_ne!(maria.post("/auth/confirm", &body).await.status, 200, "{body}");
        }
        assert_eq!(maria.post("/mfa/disable", &json!({})).await.status, 403);
        assert_eq!(maria.post("/auth/confirm", &json!({ "code": app.code(&world) })).await.status, 200);
        // One session's confirmation does not count for another.
        assert_eq!(jun.post("/mfa/setup", &json!({})).await.status, 403);
        assert_eq!(maria.post("/mfa/disable", &json!({})).await.status, 200);
        world.clock.advance(Duration::from_secs(601));
        assert_eq!(
            maria.post("/mfa/setup", &json!({})).await.status,
            403,
            "a confirmation lasts ten minutes"
        );
    });
}

#[test]
fn b10_a_first_password_wants_a_confirmation_and_is_kept_by_nobody() {
    on_each(async |world| {
        let jun = world.browser();
        assert_eq!(Authenticator::new(ORIGIN).sign_up(&jun, "jun").await.status, 201);
        world.clock.advance(Duration::from_secs(601));
        let mine = json!({ "password": password("mine") });
        let refused = jun.post("/auth/set-password", &mine).await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "step_up_required"));
        let answer = jun.form("/api/set-password", &[("password", &password("mine"))]).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/ui/confirm?next=%2Fui%2Fsettings"));
        let page = jun.page("/ui/settings").await.text();
        assert!(!page.contains("name=\"password\""), "the page offers no form that would be refused: {page}");
        assert!(page.contains("/ui/confirm?next=%2Fui%2Fsettings"));
        assert_eq!(world.browser().post("/auth/set-password", &mine).await.status, 401);

        // A user who has a password changes it by confirming the current one.
        let maria = world.person("maria").await;
        let refused = maria.post("/auth/set-password", &mine).await;
        assert_eq!((refused.status, refused.code().as_str()), (409, "password_set"));
        let weak = world.browser();
        assert_eq!(Authenticator::new(ORIGIN).sign_up(&weak, "ada").await.status, 201);
        let refused = weak.post("/auth/set-password", &json!({ "password": "password1" })).await;
        assert_eq!((refused.status, refused.code().as_str()), (422, "password_common"));
        assert!(weak.page("/ui/settings").await.text().contains("name=\"password\""));
        assert_eq!(weak.post("/auth/set-password", &mine).await.status, 200);
        assert_eq!(weak.post("/auth/set-password", &mine).await.status, 409);
    });
}
