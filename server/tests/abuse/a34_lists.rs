//! A34: the access explorer or a list shows roles or users that the caller may not see.

use serde_json::json;

use crate::admin::{no, refusal, texts};
use crate::support::{Browser, World, on_each};

/// Signs in a user who sees roles in org:1 and nowhere else.
async fn viewer(world: &World) -> Browser {
    world.role("Viewer", None, &["roles:read"]).await;
    let viewer = world.person("viewer").await;
    world.give("viewer", "Viewer", "org:1").await;
    for (name, scope) in [("inside", "org:1/team:2"), ("outside", "org:2"), ("above", "global")] {
        world.person(name).await;
        world.give(name, "OrgAdmin", scope).await;
    }
    world.signed_in("viewer").await;
    viewer
}

#[test]
fn a34_the_explorer_answers_within_ones_sight() {
    on_each(async |world| {
        let viewer = viewer(&world).await;
        let ask = |id: &str, scope: &str| {
            format!("/admin/access/explain?user_id={id}&permission=team:create&scope={scope}")
        };
        let (inside, outside) = (world.id("inside").await.to_string(), world.id("outside").await.to_string());
        let above = world.id("above").await.to_string();
        assert_eq!(viewer.get(&ask(&inside, "org:1/team:2")).await.json()["allowed"], true);
        for scope in ["", "global", "org:2", "org:10", "org:2/team:1"] {
            assert_eq!(refusal(&viewer.get(&ask(&inside, scope)).await), no(403, "forbidden"), "{scope}");
            let who = format!("/admin/access/who-can?permission=team:create&scope={scope}");
            assert_eq!(refusal(&viewer.get(&who).await), no(403, "forbidden"), "{scope}");
            let members = format!("/admin/roles/OrgAdmin/members?scope={scope}");
            assert_eq!(refusal(&viewer.get(&members).await), no(403, "forbidden"), "{scope}");
        }
        // The viewer may see nothing about these users, not even that they exist.
        for id in [&outside, &above] {
            assert_eq!(refusal(&viewer.get(&ask(id, "org:1")).await), no(404, "user_not_found"));
            assert_eq!(
                refusal(&viewer.get(&format!("/admin/access/users/{id}")).await),
                no(404, "user_not_found")
            );
        }
        let held = viewer.get(&format!("/admin/access/users/{inside}")).await.json();
        assert_eq!(texts(&held, "scope"), ["org:1/team:2"], "the viewer may not see the global User role");
        let explained = viewer.get(&ask(&inside, "org:1/team:2")).await.json();
        assert_eq!((&explained["complete"], &explained["carried_by"]), (&json!(false), &json!([])));

        let who = viewer.get("/admin/access/who-can?permission=team:create&scope=org:1/team:2").await.json();
        assert_eq!(texts(&who["items"], "username"), ["inside"]);
        let members = viewer.get("/admin/roles/OrgAdmin/members?scope=org:1").await.json();
        assert_eq!(texts(&members["items"], "username"), ["inside"]);
    });
}

#[test]
fn a34_lists_are_for_who_may_see_all_of_them() {
    on_each(async |world| {
        let viewer = viewer(&world).await;
        let id = world.id("inside").await;
        for path in [
            "/admin/users/search",
            "/admin/roles",
            "/admin/permissions",
            "/admin/audit-log",
            "/admin/roles/OrgAdmin/details-data",
        ] {
            assert_eq!(refusal(&viewer.get(path).await), no(403, "forbidden"), "{path}");
        }
        // This user sees users everywhere and roles nowhere.
        let moderator = world.admin("mo", "Moderator").await;
        assert_eq!(moderator.get("/admin/users/search?identity=inside").await.status, 200);
        for path in [
            "/admin/users/search?role=OrgAdmin".to_owned(),
            "/admin/users/search?scope=org:1".to_owned(),
            "/admin/roles".to_owned(),
            "/admin/permissions".to_owned(),
            "/admin/audit-log".to_owned(),
            format!("/admin/users/{id}/audit-log"),
            format!("/admin/access/users/{id}"),
            "/admin/roles/OrgAdmin/details-data".to_owned(),
            "/admin/roles/OrgAdmin/members".to_owned(),
        ] {
            assert_eq!(refusal(&moderator.get(&path).await), no(403, "forbidden"), "{path}");
        }
        let details = moderator.get(&format!("/admin/users/{id}/details-data")).await.json();
        assert_eq!((&details["roles"], &details["roles_complete"]), (&json!([]), &json!(false)));
        // Now they see users everywhere and roles in org:1.
        world.give("mo", "Viewer", "org:1").await;
        let details = moderator.get(&format!("/admin/users/{id}/details-data")).await.json();
        assert_eq!(texts(&details["roles"], "scope"), ["org:1/team:2"]);
        assert_eq!(details["roles_complete"], false);
        assert_eq!(refusal(&moderator.get("/admin/users/search?role=OrgAdmin").await), no(403, "forbidden"));
    });
}
