//! B02: a level held in one scope counted in every scope.

use serde_json::json;

use crate::admin::{delete, no, patch, refusal};
use crate::support::on_each;

#[test]
fn b02_a_level_counts_where_it_is_held() {
    on_each(async |world| {
        world.role("Boss", Some(80), &[]).await;
        // Global, with every permission needed here but no level.
        let all = ["admin:access:panel", "roles:manage", "roles:read", "users:manage", "users:read"];
        world.role("Hands", None, &all).await;
        world.role("Low", Some(10), &[]).await;
        let maria = world.admin("maria", "Hands").await;
        world.give("maria", "Boss", "org:1").await;
        world.admin("juan", "Low").await;
        let id = world.id("juan").await;

        let above = no(403, "above_your_level");
        let wish = |scope: &str| json!({ "user_id": id, "role_name": "Low", "scope": scope });
        assert_eq!(maria.post("/admin/users/roles/assign", &wish("org:1/team:2")).await.status, 200);
        for scope in ["global", "none", "org:2", "org:10"] {
            let answer = maria.post("/admin/users/roles/assign", &wish(scope)).await;
            assert_eq!(refusal(&answer), above, "{scope}");
            let answer = maria.post("/admin/users/roles/revoke", &wish(scope)).await;
            assert_eq!(refusal(&answer), above, "{scope}");
        }
        assert_eq!(refusal(&patch(&maria, "/admin/roles/Low", &json!({ "description": "x" })).await), above);
        assert_eq!(refusal(&delete(&maria, "/admin/roles/Low").await), above);
        assert_eq!(refusal(&maria.post("/admin/roles", &json!({ "name": "New", "level": 5 })).await), above);
        for act in ["suspend", "unsuspend", "unlock", "restore", "sessions/terminate-all"] {
            let answer = maria.post(&format!("/admin/users/{id}/{act}"), &json!({})).await;
            assert_eq!(refusal(&answer), above, "{act}");
        }
        assert_eq!(
            refusal(&patch(&maria, &format!("/admin/users/{id}"), &json!({ "username": "x1" })).await),
            above
        );
        assert_eq!(refusal(&delete(&maria, &format!("/admin/users/{id}")).await), above);
    });
}
