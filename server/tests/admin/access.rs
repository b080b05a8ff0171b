//! The access explorer: allowed, denied, and what-if.

use serde_json::json;

use super::{no, patch, refusal, texts};
use crate::support::on_each;

#[test]
fn a_permission_is_explained() {
    on_each(async |world| {
        let (admin, maria) = (world.admin("ada", "Admin").await, world.person("maria").await);
        world.give("maria", "Moderator", "org:1").await;
        let id = world.id("maria").await;
        let ask =
            |scope: &str| format!("/admin/access/explain?user_id={id}&permission=users:read&scope={scope}");
        let yes = admin.get(&ask("org:1/team:2")).await.json();
        assert_eq!((&yes["allowed"], &yes["complete"]), (&json!(true), &json!(true)), "{yes}");
        assert_eq!(yes["chains"][0]["grant"]["role_name"], "Moderator");
        let no_way = admin.get(&ask("org:2")).await.json();
        assert_eq!((&no_way["allowed"], &no_way["chains"]), (&json!(false), &json!([])));
        assert_eq!(no_way["elsewhere"][0]["grant"]["scope"], "org:1");
        assert!(no_way["carried_by"].as_array().unwrap().contains(&json!("Admin")), "{no_way}");
        assert_eq!(maria.get(&ask("org:1")).await.json()["allowed"], true, "users may see their own access");

        let who = admin.get("/admin/access/who-can?permission=users:read&scope=org:1").await.json();
        let who = texts(&who["items"], "username");
        assert!(who.contains(&"maria".to_owned()) && who.contains(&"ada".to_owned()));
        let what = admin.get(&format!("/admin/access/users/{id}")).await.json();
        let mut roles = texts(&what, "role_name");
        roles.sort();
        assert_eq!(roles, ["Moderator", "User"]);

        for (path, status, code) in [
            ("/admin/access/explain?permission=users:read", 422, "required"),
            ("/admin/access/explain?permission=users:read&user_id=x", 404, "user_not_found"),
            ("/admin/access/who-can?permission=no:such", 404, "permission_not_found"),
            ("/admin/access/who-can?permission=%00", 404, "permission_not_found"),
            ("/admin/access/who-can?permission=users:read&scope=..", 422, "bad_scope"),
            ("/admin/access/who-can?permission=users:read&after=x", 422, "bad_cursor"),
            ("/admin/access/who-can?permission=users:read&scop=org:1", 422, "unknown_field"),
        ] {
            assert_eq!(refusal(&admin.get(path).await), no(status, code), "{path}");
        }
        let stranger = world.person("juan").await;
        assert_eq!(refusal(&stranger.get(&ask("org:1")).await), no(403, "forbidden"));
    });
}

#[test]
fn what_a_change_would_do_is_told_and_not_done() {
    on_each(async |world| {
        let admin = world.admin("rosa", "SuperAdmin").await;
        world.role("Editor", Some(10), &["posts:write"]).await;
        world.person("maria").await;
        world.give("maria", "Editor", "org:1").await;
        let change =
            json!({ "add_permissions": ["org:create"], "remove_permissions": ["posts:write"], "level": 12 });
        let would = admin.post("/admin/roles/Editor/what-if", &change).await.json();
        assert_eq!(
            (&would["holders"], &would["level_before"], &would["level_after"]),
            (&json!(1), &json!(10), &json!(12))
        );
        assert_eq!(would["gains"][0]["permission"], "org:create");
        assert_eq!(would["loses"][0]["named"][0]["username"], "maria");
        let details = admin.get("/admin/roles/Editor/details-data").await.json();
        assert_eq!(
            (&details["level"], texts(&details["permissions"], "name")),
            (&json!(10), vec!["posts:write".to_owned()])
        );
        assert_eq!(patch(&admin, "/admin/roles/Editor", &change).await.status, 200);
        let maria = world.id("maria").await;
        let ask = format!("/admin/access/explain?user_id={maria}&permission=org:create&scope=org:1");
        assert_eq!(admin.get(&ask).await.json()["allowed"], true);
        let nothing = admin.post("/admin/roles/Nothing/what-if", &json!({})).await;
        assert_eq!(refusal(&nothing), no(404, "role_not_found"));
    });
}
