//! Users: finding, creating, changing, suspending and deleting them, and their sessions.

use serde_json::json;

use super::{delete, no, patch, refusal, texts};
use crate::support::{on_each, password, sign_in};

#[test]
fn people_are_found_and_shown() {
    on_each(async |world| {
        let admin = world.admin("ada", "Admin").await;
        world.person("maria").await;
        world.give("maria", "OrgMember", "org:1").await;
        let id = world.id("maria").await;

        let found = admin.get("/admin/users/search?identity=MAR").await;
        assert_eq!(found.status, 200);
        let found = found.json();
        assert_eq!(texts(&found, "username"), ["maria"]);
        assert_eq!((&found[0]["is_active"], &found[0]["mfa_enabled"]), (&json!(true), &json!(false)));
        assert_eq!(found[0]["id"], id.to_string());
        let by_role = admin.get("/admin/users/search?role=orgmember&scope=org:1").await.json();
        assert_eq!(texts(&by_role, "username"), ["maria"]);
        assert_eq!(admin.get("/admin/users/search?role=OrgMember&scope=org:2").await.json(), json!([]));

        let details = admin.get(&format!("/admin/users/{id}/details-data")).await.json();
        assert_eq!((&details["username"], &details["email"]), (&json!("maria"), &json!("maria@example.org")));
        let mut roles = texts(&details["roles"], "role_name");
        roles.sort();
        assert_eq!(
            (roles, &details["roles_complete"]),
            (vec!["OrgMember".into(), "User".into()], &json!(true))
        );
        let can = texts(&details["can_assign"], "name");
        assert!(can.contains(&"Moderator".to_owned()) && !can.contains(&"Admin".to_owned()), "{can:?}");

        let trail = admin.get(&format!("/admin/users/{id}/audit-log")).await.json();
        assert!(texts(&trail, "event_type").contains(&"USER_READ".to_owned()), "{trail}");
        let nobody = "01a20d20-307e-79fc-b38d-201798448d56";
        for id in [nobody, "x", "0", "%00"] {
            let answer = admin.get(&format!("/admin/users/{id}/details-data")).await;
            assert_eq!(answer.status, 404, "{answer:?}");
        }
        assert_eq!(admin.get("/admin/users/search?scope=nowhere").await.code(), "bad_scope");
    });
}

#[test]
fn a_suspended_person_has_no_sessions() {
    on_each(async |world| {
        let (admin, maria) = (world.admin("ada", "Admin").await, world.person("maria").await);
        let id = world.id("maria").await;
        let done = admin.post(&format!("/admin/users/{id}/suspend"), &json!({ "reason": "spam" })).await;
        assert_eq!((done.status, &done.json()["is_active"]), (200, &json!(false)), "{done:?}");
        assert_eq!(maria.user_info().await, 401);
        let list = admin.get("/admin/users/search?is_active=false").await.json();
        assert_eq!(texts(&list, "username"), ["maria"]);
        // The body is optional.
        let done =
            admin.send(axum::http::Method::POST, &format!("/admin/users/{id}/unsuspend"), &[], "").await;
        assert_eq!((done.status, &done.json()["is_active"]), (200, &json!(true)));
        assert_eq!(sign_in(&maria, "maria", &password("maria")).await.status, 200);

        let ada = world.id("ada").await;
        let itself = admin.post(&format!("/admin/users/{ada}/suspend"), &json!({})).await;
        assert_eq!(refusal(&itself), no(403, "forbidden"));
        world.admin("rosa", "SuperAdmin").await;
        let above = world.id("rosa").await;
        let higher = admin.post(&format!("/admin/users/{above}/suspend"), &json!({})).await;
        assert_eq!(refusal(&higher), no(403, "above_your_level"));
        let stranger = world.person("juan").await;
        for browser in [&stranger, &maria] {
            let answer = browser.post(&format!("/admin/users/{ada}/suspend"), &json!({})).await;
            assert_eq!(refusal(&answer), no(403, "forbidden"));
        }
        let long = json!({ "reason": "x".repeat(501) });
        let answer = admin.post(&format!("/admin/users/{id}/suspend"), &long).await;
        assert_eq!(refusal(&answer), no(422, "too_long"));
        assert_eq!(answer.json()["errors"][0]["field"], "reason");
    });
}

#[test]
fn accounts_are_made_changed_deleted_and_restored() {
    on_each(async |world| {
        let admin = world.admin("ada", "Admin").await;
        let new = json!({ "username": "maria", "email": "maria@example.org", "first_name": "Maria" });
        let made = admin.post("/admin/users", &new).await;
        assert_eq!((made.status, &made.json()["email_verified"]), (201, &json!(false)), "{made:?}");
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let again = admin.post("/admin/users", &new).await;
        assert_eq!(refusal(&again), no(409, "username_taken"));
        let fields: Vec<_> =
            again.json()["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
        assert_eq!(fields, ["username", "email"]);
        let wrong = admin.post("/admin/users", &json!({ "username": "a b", "metadata": [] })).await;
        assert_eq!(refusal(&wrong), no(422, "bad_username"));
        assert_eq!(wrong.json()["errors"].as_array().unwrap().len(), 3);

        let path = format!("/admin/users/{id}");
        let changed = patch(&admin, &path, &json!({ "username": "rosa", "metadata": { "plan": 2 } })).await;
        assert_eq!((changed.status, &changed.json()["username"]), (200, &json!("rosa")));
        let details = admin.get(&format!("{path}/details-data")).await.json();
        assert_eq!((&details["first_name"], &details["metadata"]), (&json!("Maria"), &json!({ "plan": 2 })));

        assert_eq!(delete(&admin, &path).await.status, 200);
        assert_eq!(admin.get("/admin/users/search?identity=rosa").await.json(), json!([]));
        let gone = admin.get("/admin/users/search?state=deleted").await.json();
        assert_eq!(texts(&gone, "username"), ["rosa"]);
        assert_eq!(admin.post(&format!("{path}/restore"), &json!({})).await.status, 200);
        assert_eq!(admin.post(&format!("{path}/unlock"), &json!({})).await.status, 200);
        assert_eq!(texts(&admin.get("/admin/users/search?identity=rosa").await.json(), "username"), ["rosa"]);
    });
}

#[test]
fn sessions_of_others_are_seen_and_ended() {
    on_each(async |world| {
        let (admin, first) = (world.admin("ada", "Admin").await, world.person("maria").await);
        let second = world.signed_in("maria").await;
        let id = world.id("maria").await;
        let path = format!("/admin/users/{id}/sessions");
        let list = admin.get(&path).await.json();
        let ids = texts(&list, "session_id");
        assert_eq!(ids.len(), 2);
        // The session is not listed under another user.
        let ada = world.id("ada").await;
        let foreign =
            admin.post(&format!("/admin/users/{ada}/sessions/{}/terminate", ids[0]), &json!({})).await;
        assert_eq!(foreign.status, 403, "administrators cannot act on themselves: {foreign:?}");
        let done = admin.post(&format!("{path}/{}/terminate", ids[0]), &json!({})).await;
        assert_eq!(done.status, 200);
        assert_eq!(
            first.user_info().await + second.user_info().await,
            601,
            "one of the two sessions has ended"
        );
        let again = admin.post(&format!("{path}/{}/terminate", ids[0]), &json!({})).await;
        assert_eq!(refusal(&again), no(404, "not_found"));
        assert_eq!(admin.post(&format!("{path}/x/terminate"), &json!({})).await.status, 404);
        let all = admin.post(&format!("{path}/terminate-all"), &json!({})).await;
        assert_eq!((all.status, &all.json()["terminated"]), (200, &json!(1)));
        assert_eq!((first.user_info().await, second.user_info().await), (401, 401));
        assert_eq!(first.get(&path).await.status, 401);
    });
}
