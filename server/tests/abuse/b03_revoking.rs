//! B03: revoking a role ignored its scope; deleting a role ignored its level.

use serde_json::{Value, json};

use crate::admin::{delete, no, refusal, texts};
use crate::support::{Browser, World, on_each};

async fn scopes(world: &World, juan: &Browser) -> Vec<String> {
    let held: Value = juan.get(&format!("/admin/access/users/{}", world.id("juan").await)).await.json();
    let held = held.as_array().unwrap().iter().filter(|one| one["role_name"] == "Editor").cloned().collect();
    texts(&Value::Array(held), "scope")
}

#[test]
fn b03_a_role_is_taken_in_one_scope_by_who_may_give_it_there() {
    on_each(async |world| {
        world.role("Editor", Some(10), &["posts:write"]).await;
        world.role("Lead", Some(20), &["roles:assign:editor"]).await;
        let (maria, juan) = (world.person("maria").await, world.person("juan").await);
        world.give("maria", "Lead", "org:1").await;
        for scope in ["global", "org:1", "org:1/team:2", "org:2"] {
            world.give("juan", "Editor", scope).await;
        }
        let id = world.id("juan").await;
        let wish = |scope: &str| json!({ "user_id": id, "role_name": "Editor", "scope": scope });
        for scope in ["global", "", "org:2", "none"] {
            let answer = maria.post("/admin/users/roles/revoke", &wish(scope)).await;
            assert_eq!(refusal(&answer), no(404, "role_not_found"), "{scope}");
        }
        assert_eq!(scopes(&world, &juan).await.len(), 4);
        assert_eq!(maria.post("/admin/users/roles/revoke", &wish("org:1")).await.status, 200);
        assert_eq!(scopes(&world, &juan).await, ["global", "org:1/team:2", "org:2"]);
    });
}

#[test]
fn b03_no_role_of_ones_own_level_or_above_is_taken_or_deleted() {
    on_each(async |world| {
        // A permission to assign does not reach above the user's own level.
        let own =
            ["admin:access:panel", "roles:manage", "roles:read", "roles:assign:high", "roles:assign:peer"];
        world.role("High", Some(70), &["posts:write"]).await;
        world.role("Peer", Some(60), &[]).await;
        world.role("Keeper", Some(60), &own).await;
        let maria = world.admin("maria", "Keeper").await;
        let rosa = world.admin("rosa", "SuperAdmin").await;
        world.admin("juan", "High").await;
        world.give("juan", "Peer", "global").await;
        let id = world.id("juan").await;
        let above = no(403, "above_your_level");
        for role in ["High", "Peer"] {
            let wish = json!({ "user_id": id, "role_name": role });
            assert_eq!(refusal(&maria.post("/admin/users/roles/revoke", &wish).await), above, "{role}");
            assert_eq!(refusal(&delete(&maria, &format!("/admin/roles/{role}")).await), above, "{role}");
        }
        let wish = json!({ "user_id": world.id("rosa").await, "role_name": "SuperAdmin" });
        assert_eq!(refusal(&maria.post("/admin/users/roles/revoke", &wish).await), above);
        let held = rosa.get(&format!("/admin/access/users/{id}")).await.json();
        assert_eq!(texts(&held, "role_name").len(), 3);
    });
}
