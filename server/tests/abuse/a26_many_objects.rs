//! A26: only the first of many objects in one request is authorized.

use serde_json::{Value, json};

use crate::admin::{no, patch, refusal};
use crate::support::{Browser, World, on_each};

/// Signs in a user who may edit roles, grant `posts:a` and assign the role Low, and nothing else.
async fn editor(world: &World) -> Browser {
    let own = ["admin:access:panel", "roles:manage", "roles:read", "posts:a", "roles:assign:low"];
    world.role("Target", Some(5), &[]).await;
    world.role("Low", Some(10), &["posts:a"]).await;
    world.role("High", Some(70), &["posts:b"]).await;
    world.role("Keeper", Some(50), &own).await;
    world.admin("maria", "Keeper").await
}

async fn details(browser: &Browser) -> Value {
    browser.get("/admin/roles/Target/details-data").await.json()
}

#[test]
fn a26_every_part_of_a_change_is_authorised() {
    on_each(async |world| {
        let maria = editor(&world).await;
        let before = details(&maria).await;
        for (list, good, bad) in [
            ("add_permissions", "posts:a", "posts:b"),
            ("add_permissions", "posts:a", "roles:assign:high"),
            ("add_grantable", "posts:a", "posts:b"),
            ("add_assignable", "Low", "High"),
        ] {
            for names in [[good, bad], [bad, good]] {
                let change = json!({ list: names });
                for answer in [
                    patch(&maria, "/admin/roles/Target", &change).await,
                    maria.post("/admin/roles/Target/what-if", &change).await,
                ] {
                    assert_eq!(answer.status, 403, "{change}: {answer:?}");
                }
                assert_eq!(details(&maria).await, before, "{change}: all or nothing");
            }
            assert_eq!(maria.post("/admin/roles/Target/what-if", &json!({ list: [good] })).await.status, 200);
        }
        // An allowed part does not let a forbidden part of another kind through.
        for change in [
            json!({ "add_permissions": ["posts:a"], "add_assignable": ["High"] }),
            json!({ "add_permissions": ["posts:a"], "level": 60 }),
            json!({ "description": "mine", "add_grantable": ["posts:b"] }),
        ] {
            assert_eq!(patch(&maria, "/admin/roles/Target", &change).await.status, 403, "{change}");
            assert_eq!(details(&maria).await, before, "{change}");
        }
    });
}

#[test]
fn a26_a_role_is_not_made_with_more_than_its_first_permission() {
    on_each(async |world| {
        let maria = editor(&world).await;
        for permissions in [["posts:a", "posts:b"], ["posts:b", "posts:a"]] {
            let role = json!({ "name": "Mine", "level": 1, "permissions": permissions });
            assert_eq!(refusal(&maria.post("/admin/roles", &role).await), no(403, "not_yours_to_give"));
            let there = maria.get("/admin/roles/Mine/details-data").await;
            assert_eq!(refusal(&there), no(404, "role_not_found"));
        }
    });
}
