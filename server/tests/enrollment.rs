//! A role that requires a second factor: pages lead to enrollment, and the API says why it refuses.

use authtuna::authz::actor::Actor;
use authtuna::authz::roles::RoleChange;
use authtuna::model::role::Requirement;
use serde_json::json;

use crate::support::{App, ORIGIN, OverHttp, World, on_each, password, sign_in};
use authtuna_testing::authenticator::Authenticator;

async fn require(world: &World, requires: Requirement) {
    let change = RoleChange { requires: Some(Some(requires)), ..RoleChange::default() };
    world.auth.roles.update(&Actor::system(), "User", &change).await.unwrap();
}

#[test]
fn whoever_has_to_enrol_is_led_there_and_comes_back() {
    on_each(async |world| {
        let maria = world.person("maria").await;
        require(&world, Requirement::Mfa).await;
        let page = maria.page("/ui/profile?x=1").await;
        assert_eq!((page.status, page.header("location")), (303, "/mfa/enrol?next=%2Fui%2Fprofile%3Fx%3D1"));
        let enrol = maria.page("/mfa/enrol?next=/ui/profile").await;
        assert_eq!(enrol.status, 200);
        assert!(
            enrol.text().contains("Add a passkey") && enrol.text().contains("Set up an authenticator app")
        );
        for path in ["/ui/profile", "/auth/user-info", "/ui/settings/sessions"] {
            let answer = maria.get(path).await;
            assert_eq!((answer.status, answer.code().as_str()), (403, "mfa_enrolment_required"), "{path}");
        }
        let form = maria.form("/api/update-profile", &[("username", "x")]).await;
        assert_eq!(form.status, 303);
        assert!(form.header("location").starts_with("/mfa/enrol"), "{form:?}");
        for page in ["/mfa/setup", "/ui/settings/passkeys/add", "/ui/confirm"] {
            assert_eq!(maria.page(page).await.status, 200, "{page}");
        }
        App::set_up(&world, &maria).await;
        assert_eq!(maria.page("/ui/profile").await.status, 200);
        let enrolled = maria.page("/mfa/enrol?next=/ui/profile").await;
        assert_eq!(enrolled.header("location"), "/ui/profile");
    });
}

#[test]
fn whoever_has_to_enrol_can_leave_and_is_asked_again() {
    on_each(async |world| {
        world.person("maria").await;
        require(&world, Requirement::Passkey).await;
        let browser = world.browser();
        assert_eq!(sign_in(&browser, "maria", &password("maria")).await.status, 200);
        let page = browser.page("/mfa/enrol").await;
        assert!(
            page.text().contains("Add a passkey") && !page.text().contains("Set up an authenticator app")
        );
        assert_eq!(browser.get("/auth/user-info").await.status, 403);
        assert_eq!(browser.post("/auth/logout", &json!({})).await.status, 200);
        assert_eq!(browser.get("/auth/user-info").await.status, 401);
    });
}

#[test]
fn roles_say_in_json_what_they_ask_for() {
    on_each(async |world| {
        let admin = world.admin("root", "SuperAdmin").await;
        assert_eq!(Authenticator::new(ORIGIN).add_to(&admin).await.status, 201);
        let role = admin.get("/admin/roles?search=moderator").await;
        assert_eq!(role.json()[0]["requires"], json!(null), "{role:?}");
        let change = |body| {
            admin.send(
                axum::http::Method::PATCH,
                "/admin/roles/Moderator",
                &[("accept", "application/json"), ("content-type", "application/json")],
                serde_json::Value::to_string(&body),
            )
        };
        let changed = change(json!({ "requires": "passkey" })).await;
        assert_eq!(
            (changed.status, changed.json()["requires"].clone()),
            (200, json!("passkey")),
            "{changed:?}"
        );
        assert_eq!(change(json!({ "requires": "everything" })).await.status, 422);
        let changed = change(json!({ "requires": null })).await;
        assert_eq!(changed.json()["requires"], json!(null));
    });
}
