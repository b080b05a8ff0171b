//! A36: a role edit or an assignment gives more than the caller holds in that scope.

use authtuna::authz::actor::Actor;
use authtuna::authz::roles::Assignment;
use serde_json::json;

use crate::admin::{no, patch, refusal};
use crate::support::{START, on_each};

#[test]
fn a36_a_role_is_given_where_one_may_give_it() {
    on_each(async |world| {
        world.role("Editor", None, &["posts:write"]).await;
        world.role("Lead", None, &["roles:assign:editor"]).await;
        let (maria, juan) = (world.person("maria").await, world.person("juan").await);
        world.give("maria", "Lead", "org:1").await;
        let id = world.id("juan").await;
        let wish = |scope: &str| json!({ "user_id": id, "role_name": "Editor", "scope": scope });
        for scope in ["global", "", "none", "org:2", "org:10", "org:2/team:1"] {
            let answer = maria.post("/admin/users/roles/assign", &wish(scope)).await;
            assert_eq!(refusal(&answer), no(404, "role_not_found"), "{scope}");
        }
        for scope in ["org:1", "org:1/team:2"] {
            assert_eq!(maria.post("/admin/users/roles/assign", &wish(scope)).await.status, 200, "{scope}");
        }
        let own = json!({ "user_id": world.id("maria").await, "role_name": "Lead", "scope": "org:1" });
        assert_eq!(refusal(&maria.post("/admin/users/roles/assign", &own).await), no(403, "forbidden"));
        let held = juan.get(&format!("/admin/access/users/{id}")).await.json();
        assert_eq!(held.as_array().unwrap().len(), 3, "{held}");
    });
}

#[test]
fn a36_nothing_given_outlives_the_right_to_give_it() {
    on_each(async |world| {
        let maria = world.person("maria").await;
        world.person("juan").await;
        let end = START.plus(std::time::Duration::from_secs(3600));
        let wish = Assignment::new(world.id("maria").await, "Admin").everywhere().until(end);
        world.auth.roles.assign(&Actor::system(), &wish).await.unwrap();
        let id = world.id("juan").await;
        for later in [json!(null), json!(end.seconds() + 1), json!(253_402_300_799_i64)] {
            let wish = json!({ "user_id": id, "role_name": "Moderator", "expires_at": later });
            let answer = maria.post("/admin/users/roles/assign", &wish).await;
            assert_eq!(refusal(&answer), no(403, "outlives_giver"), "{wish}");
        }
        let wish = json!({ "user_id": id, "role_name": "Moderator", "expires_at": end.seconds() });
        assert_eq!(maria.post("/admin/users/roles/assign", &wish).await.status, 200);
    });
}

#[test]
fn a36_what_one_holds_in_one_place_is_not_put_into_a_role() {
    on_each(async |world| {
        let own = ["admin:access:panel", "roles:manage", "roles:read"];
        world.role("Keeper", Some(50), &own).await;
        world.role("Writer", None, &["posts:write"]).await;
        world.role("Target", Some(5), &[]).await;
        let maria = world.admin("maria", "Keeper").await;
        world.give("maria", "Writer", "org:1").await;
        let refused = no(403, "not_yours_to_give");
        for list in ["add_permissions", "add_grantable"] {
            let change = json!({ list: ["posts:write"] });
            assert_eq!(refusal(&patch(&maria, "/admin/roles/Target", &change).await), refused, "{list}");
            assert_eq!(refusal(&maria.post("/admin/roles/Target/what-if", &change).await), refused, "{list}");
        }
        let add = json!({ "permission_name": "posts:write" });
        assert_eq!(refusal(&maria.post("/admin/roles/Target/permissions", &add).await), refused);
        let pair = json!({ "granter_role_name": "Target", "grantable_permission_name": "posts:write" });
        assert_eq!(refusal(&maria.post("/admin/roles/grants/grant-permission", &pair).await), refused);
        world.give("maria", "Writer", "global").await;
        assert_eq!(maria.post("/admin/roles/Target/permissions", &add).await.status, 200);
    });
}
