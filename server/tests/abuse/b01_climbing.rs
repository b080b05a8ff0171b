//! B01: in the Python version, an Admin with only `admin:manage:roles` (here `roles:manage`) could
//! add `roles:assign:SuperAdmin` to their own role and climb, and could create roles at any level.

use serde_json::json;

use crate::admin::{patch, texts};
use crate::support::on_each;

#[test]
fn b01_managing_roles_is_no_ladder() {
    on_each(async |world| {
        let own = ["admin:access:panel", "roles:manage", "roles:read"];
        world.role("Keeper", Some(60), &own).await;
        world.role("Low", Some(10), &[]).await;
        world.role("Free", None, &[]).await;
        let maria = world.admin("maria", "Keeper").await;
        let id = world.id("maria").await;
        for role in ["Keeper", "Low", "Free"] {
            for permission in
                ["roles:assign:superadmin", "roles:assign:admin", "users:manage", "permissions:manage"]
            {
                let path = format!("/admin/roles/{role}/permissions");
                let answer = maria.post(&path, &json!({ "permission_name": permission })).await;
                assert_eq!(answer.status, 403, "{permission} to {role}: {answer:?}");
                let pair = json!({ "granter_role_name": role, "grantable_permission_name": permission });
                assert_eq!(maria.post("/admin/roles/grants/grant-permission", &pair).await.status, 403);
            }
            for target in ["SuperAdmin", "Admin", "Keeper", "System"] {
                let pair = json!({ "assigner_role_name": role, "assignable_role_name": target });
                let answer = maria.post("/admin/roles/grants/assign-role", &pair).await;
                assert!([403, 409].contains(&answer.status), "{target} from {role}: {answer:?}");
            }
            for level in [60, 61, 100, 999] {
                let answer = patch(&maria, &format!("/admin/roles/{role}"), &json!({ "level": level })).await;
                assert_eq!(answer.status, 403, "{role} to {level}: {answer:?}");
            }
        }
        for level in [60, 61, 999] {
            let answer = maria.post("/admin/roles", &json!({ "name": "Mine", "level": level })).await;
            assert_eq!(answer.status, 403, "{level}: {answer:?}");
        }
        let answer =
            maria.post("/admin/roles", &json!({ "name": "Mine", "permissions": ["users:manage"] })).await;
        assert_eq!(answer.status, 403);
        for role in ["SuperAdmin", "Admin", "Keeper"] {
            let wish = json!({ "user_id": id, "role_name": role });
            assert_eq!(maria.post("/admin/users/roles/assign", &wish).await.status, 403, "{role}");
        }
        let held = maria.get(&format!("/admin/access/users/{id}")).await.json();
        let mut roles = texts(&held, "role_name");
        roles.sort();
        assert_eq!(roles, ["Keeper", "User"]);
        let why = format!("/admin/access/explain?user_id={id}&permission=users:manage");
        assert_eq!(maria.get(&why).await.json()["allowed"], false);
    });
}
