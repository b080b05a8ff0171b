//! B07: a password reset or a suspension left sessions alive; revocation lagged by the verification
//! interval.
//!
//! The clock of these servers stands still, so no test here can pass because an interval expired:
//! the server saw every session at the same instant and keeps its snapshot in memory.

use authtuna::authz::actor::Actor;
use authtuna::foundation::names::Username;
use serde_json::json;

use crate::support::{Browser, on_each, password, sign_in};

async fn all_in(browsers: &[&Browser]) {
    for browser in browsers {
        assert_eq!(browser.user_info().await, 200);
    }
}

async fn all_out(browsers: &[&Browser]) {
    for browser in browsers {
        assert_eq!(browser.user_info().await, 401);
    }
}

#[test]
fn b07_suspension_ends_every_session_at_the_very_next_request() {
    on_each(async |world| {
        let (first, stranger) = (world.person("maria").await, world.person("juan").await);
        let second = world.signed_in("maria").await;
        all_in(&[&first, &second, &stranger]).await;

        let system = Actor::system();
        let name = Username::parse("maria").unwrap();
        let maria = world.auth.users.get_by_username(&system, &name).await.unwrap().unwrap();
        world.auth.admin.suspend(&system, maria.id, "test").await.unwrap();
        let before = (first.session().unwrap(), second.session().unwrap());
        all_out(&[&first, &second]).await;
        all_in(&[&stranger]).await;

        // Ending the suspension restores no session.
        world.auth.admin.unsuspend(&system, maria.id, "test").await.unwrap();
        first.plant("__Host-session_token", before.0);
        second.plant("__Host-session_token", before.1);
        all_out(&[&first, &second]).await;
        assert_eq!(sign_in(&first, "maria", &password("maria")).await.status, 200);
    });
}

#[test]
fn b07_a_new_password_ends_every_other_session_at_the_very_next_request() {
    on_each(async |world| {
        let (first, second) = (world.person("maria").await, world.signed_in("maria").await);
        all_in(&[&first, &second]).await;
        let copied = first.session().unwrap();
        let form = json!({ "current_password": password("maria"), "new_password": password("new") });
        assert_eq!(first.post("/auth/change-password", &form).await.status, 200);
        let thief = world.browser();
        thief.plant("__Host-session_token", copied);
        all_out(&[&second, &thief]).await;
        all_in(&[&first]).await;
    });
}

#[test]
fn b07_an_ended_session_is_refused_at_the_very_next_request() {
    on_each(async |world| {
        let (first, second) = (world.person("maria").await, world.signed_in("maria").await);
        let third = world.signed_in("maria").await;
        all_in(&[&first, &second, &third]).await;
        let list = second.get("/ui/settings/sessions").await.json();
        let own = list.as_array().unwrap().iter().find(|session| session["is_current"] == true).unwrap();
        let path = format!("/ui/settings/sessions/{}/terminate", own["session_id"].as_str().unwrap());
        assert_eq!(first.post(&path, &json!({})).await.status, 200);
        all_out(&[&second]).await;
        all_in(&[&first, &third]).await;

        let copied = world.browser();
        copied.plant("__Host-session_token", third.session().unwrap());
        assert_eq!(third.post("/auth/logout", &json!({})).await.status, 200);
        all_out(&[&third, &copied]).await;
        all_in(&[&first]).await;
    });
}
