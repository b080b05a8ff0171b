//! A01, A02: an id in a request body makes the server act for another user, or moves one user's
//! data to another user. API keys do not exist yet, so the tests act on accounts, sessions and
//! assignments.

use serde_json::{Value, json};

use crate::admin::{no, patch, refusal, texts};
use crate::support::{on_each, password, sign_in};

#[test]
fn a01_an_id_in_a_body_acts_for_nobody_else() {
    on_each(async |world| {
        let (maria, juan) = (world.person("maria").await, world.person("juan").await);
        let id = world.id("maria").await;
        let forged = |mut body: Value| {
            for name in ["user_id", "id", "userId", "account"] {
                body[name] = json!(id);
            }
            body
        };
        let change = json!({ "current_password": password("juan"), "new_password": password("new") });
        assert_eq!(juan.post("/auth/change-password", &forged(change)).await.status, 200);
        assert_eq!(
            sign_in(&world.browser(), "maria", &password("maria")).await.status,
            200,
            "maria's password is unchanged"
        );
        assert_eq!(patch(&juan, "/ui/profile", &forged(json!({ "username": "pedro" }))).await.status, 200);
        assert_eq!(maria.get("/auth/user-info").await.json()["username"], "maria");
        assert_eq!(juan.get("/auth/user-info").await.json()["username"], "pedro");
        assert_eq!(juan.post("/ui/settings/sessions/terminate-all", &forged(json!({}))).await.status, 200);
        assert_eq!(juan.post("/auth/logout", &forged(json!({}))).await.status, 200);
        assert_eq!(maria.user_info().await, 200);
    });
}

#[test]
fn a01_sessions_of_others_are_neither_seen_nor_ended() {
    on_each(async |world| {
        let (maria, juan) = (world.person("maria").await, world.person("juan").await);
        let id = world.id("maria").await;
        let hers = texts(&maria.get("/ui/settings/sessions").await.json(), "session_id");
        let listed = juan.get(&format!("/ui/settings/sessions?user_id={id}")).await.json();
        assert!(!texts(&listed, "session_id").contains(&hers[0]));
        let end = format!("/ui/settings/sessions/{}/terminate", hers[0]);
        assert_eq!(refusal(&juan.post(&end, &json!({ "user_id": id })).await), no(404, "not_found"));
        for path in [
            format!("/admin/users/{id}/sessions/{}/terminate", hers[0]),
            format!("/admin/users/{id}/sessions/terminate-all"),
        ] {
            assert_eq!(refusal(&juan.post(&path, &json!({})).await), no(403, "forbidden"));
        }
        assert_eq!(refusal(&juan.get(&format!("/admin/users/{id}/sessions")).await), no(403, "forbidden"));
        assert_eq!(maria.user_info().await, 200);
    });
}

#[test]
fn a02_a_grant_is_given_in_nobody_elses_name_and_never_changes_hands() {
    on_each(async |world| {
        let (admin, juan) = (world.admin("ada", "Admin").await, world.person("juan").await);
        world.person("maria").await;
        let (ada, maria) = (world.id("ada").await, world.id("maria").await);
        // The grantor is always the caller, whatever the body says.
        for name in ["assigner_id", "given_by", "actor_id", "by"] {
            let wish = json!({ "user_id": maria, "role_name": "Moderator", name: ada });
            assert_eq!(
                refusal(&juan.post("/admin/users/roles/assign", &wish).await),
                no(422, "unknown_field")
            );
        }
        let wish = json!({ "user_id": world.id("juan").await, "role_name": "Moderator" });
        assert_eq!(refusal(&juan.post("/admin/users/roles/assign", &wish).await), no(404, "role_not_found"));
        let wish = json!({ "user_id": maria, "role_name": "Moderator" });
        let given = admin.post("/admin/users/roles/assign", &wish).await.json()["grant"].clone();
        assert_eq!(given["given_by"], ada.to_string());
        // Another administrator assigns the same role again: the assignment does not change.
        let rosa = world.admin("rosa", "SuperAdmin").await;
        let again = rosa.post("/admin/users/roles/assign", &wish).await.json()["grant"].clone();
        assert_eq!(again, given);
        let forged =
            json!({ "user_id": world.id("juan").await, "role_name": "Moderator", "id": given["id"] });
        assert_eq!(refusal(&rosa.post("/admin/users/roles/assign", &forged).await), no(422, "unknown_field"));
    });
}
