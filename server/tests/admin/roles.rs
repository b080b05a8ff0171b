//! Roles, permissions and assignments.

use std::time::Duration;

use serde_json::{Value, json};

use super::{delete, no, patch, refusal, texts};
use crate::support::{START, on_each, password};

#[test]
fn roles_and_permissions_are_made_changed_and_deleted() {
    on_each(async |world| {
        let admin = world.admin("rosa", "SuperAdmin").await;
        let permission = json!({ "name": "posts:publish", "description": "Make posts public" });
        assert_eq!(admin.post("/admin/permissions", &permission).await.status, 201);
        assert_eq!(admin.post("/admin/permissions", &permission).await.status, 200, "it already exists");
        let bad = admin.post("/admin/permissions", &json!({ "name": "Posts" })).await;
        assert_eq!(refusal(&bad), no(422, "bad_permission_name"));

        let role = json!({ "name": "Editor", "level": 20, "permissions": ["posts:publish"] });
        let made = admin.post("/admin/roles", &role).await;
        assert_eq!((made.status, &made.json()["name"]), (201, &json!("Editor")), "{made:?}");
        assert_eq!(
            refusal(&admin.post("/admin/roles", &json!({ "name": "EDITOR" })).await),
            no(409, "role_exists")
        );
        assert_eq!(
            refusal(&admin.post("/admin/roles", &json!({ "name": "x y" })).await),
            no(422, "bad_role_name")
        );
        let level = json!({ "name": "High", "level": 1000 });
        assert_eq!(refusal(&admin.post("/admin/roles", &level).await), no(422, "bad_level"));

        let change = json!({ "description": "Writes", "level": null, "add_permissions": ["users:read"] });
        let changed = patch(&admin, "/admin/roles/editor", &change).await;
        assert_eq!((changed.status, &changed.json()["level"]), (200, &Value::Null), "{changed:?}");
        let added =
            admin.post("/admin/roles/Editor/permissions", &json!({ "permission_name": "org:create" })).await;
        assert_eq!(added.status, 200);
        assert_eq!(delete(&admin, "/admin/roles/Editor/permissions/users:read").await.status, 200);
        let pair = json!({ "assigner_role_name": "Editor", "assignable_role_name": "OrgMember" });
        assert_eq!(admin.post("/admin/roles/grants/assign-role", &pair).await.status, 201);
        let pair = json!({ "granter_role_name": "Editor", "grantable_permission_name": "org:manage" });
        assert_eq!(admin.post("/admin/roles/grants/grant-permission", &pair).await.status, 201);
        let details = admin.get("/admin/roles/Editor/details-data").await.json();
        assert_eq!(texts(&details["permissions"], "name"), ["org:create", "posts:publish"]);
        assert_eq!(details["can_assign"], json!(["OrgMember"]));
        assert_eq!(details["can_grant"], json!(["org:manage"]));

        let described =
            patch(&admin, "/admin/permissions/posts:publish", &json!({ "description": "New" })).await;
        assert_eq!((described.status, &described.json()["description"]), (200, &json!("New")));
        assert_eq!(delete(&admin, "/admin/permissions/posts:publish").await.status, 200);
        assert_eq!(
            refusal(&delete(&admin, "/admin/permissions/posts:publish").await),
            no(404, "permission_not_found")
        );
        assert_eq!(refusal(&delete(&admin, "/admin/permissions/users:read").await), no(409, "built_in"));
        assert_eq!(delete(&admin, "/admin/roles/Editor").await.status, 200);
        assert_eq!(refusal(&delete(&admin, "/admin/roles/Editor").await), no(404, "role_not_found"));
        assert_eq!(refusal(&delete(&admin, "/admin/roles/User").await), no(409, "built_in"));
    });
}

#[test]
fn a_role_is_given_for_a_while_and_taken() {
    on_each(async |world| {
        let (admin, maria) = (world.admin("ada", "Admin").await, world.person("maria").await);
        let id = world.id("maria").await;
        let end = START.seconds() + 3600;
        let wish = json!({ "user_id": id, "role_name": "Moderator", "expires_at": end });
        let given = admin.post("/admin/users/roles/assign", &wish).await;
        let grant = given.json()["grant"].clone();
        assert_eq!(
            (given.status, &grant["scope"], &grant["expires_at"]),
            (200, &json!("global"), &json!(end))
        );
        assert_eq!(maria.get("/admin/users/search").await.status, 200);
        world.clock.advance(Duration::from_secs(3600));
        assert_eq!(maria.get("/admin/users/search").await.status, 403, "the assignment has expired");

        for (wrong, status, code) in [
            (json!({ "role_name": "Moderator", "user_id": id, "expires_at": end }), 422, "bad_expiry"),
            (
                json!({ "role_name": "Moderator", "user_id": id, "expires_at": 1e15 as i64 }),
                422,
                "bad_expiry",
            ),
            (json!({ "role_name": "Moderator", "user_id": id, "scope": "x" }), 422, "bad_scope"),
            (json!({ "role_name": "Moderator" }), 422, "required"),
            (json!({ "role_name": 7, "user_id": id }), 422, "wrong_type"),
            (json!({ "role_name": "Moderator", "user_id": "x" }), 404, "user_not_found"),
            (json!({ "role_name": "Nothing", "user_id": id }), 404, "role_not_found"),
            (json!({ "role_name": "a\u{0}", "user_id": id }), 404, "role_not_found"),
            (json!({ "role_name": "Admin", "user_id": id }), 403, "above_your_level"),
            (json!({ "role_name": "Moderator", "user_id": id, "role": 1 }), 422, "unknown_field"),
        ] {
            let answer = admin.post("/admin/users/roles/assign", &wrong).await;
            assert_eq!(refusal(&answer), no(status, code), "{wrong}");
        }
        let wish = json!({ "user_id": id, "role_name": "OrgMember", "scope": "org:1" });
        let old = admin.post("/admin/users/roles/assign", &wish).await;
        assert_eq!(refusal(&old), no(403, "step_up_required"), "an hour after signing in");
        let confirmed = admin.post("/auth/confirm", &json!({ "password": password("ada") })).await;
        assert_eq!(confirmed.status, 200, "{confirmed:?}");
        assert_eq!(admin.post("/admin/users/roles/assign", &wish).await.status, 200);
        assert_eq!(admin.post("/admin/users/roles/revoke", &wish).await.status, 200);
        let again = admin.post("/admin/users/roles/revoke", &wish).await;
        assert_eq!(refusal(&again), no(404, "grant_not_found"));
    });
}

#[test]
fn what_one_may_give_is_listed_with_where() {
    on_each(async |world| {
        world.person("maria").await;
        world.give("maria", "OrgOwner", "org:1").await;
        let maria = world.signed_in("maria").await;
        let list = maria.get("/admin/assignable-roles").await.json();
        assert_eq!(texts(&list, "name").len(), 4);
        assert!(list.as_array().unwrap().iter().all(|one| one["scopes"] == json!(["org:1"])), "{list}");
        let admin = world.admin("ada", "Admin").await;
        let list = admin.get("/admin/assignable-roles").await.json();
        assert!(list.as_array().unwrap().iter().all(|one| one["scopes"] == json!(["global"])), "{list}");
        let id = world.id("maria").await;
        let roles = admin.get(&format!("/admin/users/{id}/assignable-roles")).await.json();
        assert_eq!(texts(&roles, "name"), texts(&list, "name"));
        assert_eq!(
            refusal(&maria.get(&format!("/admin/users/{id}/assignable-roles")).await),
            no(403, "forbidden")
        );
    });
}
