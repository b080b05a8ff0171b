//! Lists: cursors, Link headers, filters, and queries that the server refuses.

use serde_json::json;

use super::{no, refusal, texts};
use crate::support::on_each;

#[test]
fn arrays_go_on_by_a_link_header() {
    on_each(async |world| {
        let admin = world.admin("ada", "Admin").await;
        for name in ["maria", "juan", "rosa"] {
            world.person(name).await;
        }
        let mut path = "/admin/users/search?limit=2&state=present".to_owned();
        let mut seen = Vec::new();
        loop {
            let answer = admin.get(&path).await;
            let names = texts(&answer.json(), "username");
            assert!(names.len() <= 2);
            seen.extend(names);
            let Some(link) = answer.header("link").strip_prefix('<') else { break };
            let (next, rest) = link.split_once('>').unwrap();
            assert_eq!(rest, "; rel=\"next\"");
            assert!(next.contains("limit=2") && next.contains("state=present"), "{next}");
            path = next.to_owned();
        }
        // The clock stands still, so all rows have the same creation time: any order, each once.
        seen.sort();
        let count = seen.len();
        seen.dedup();
        assert_eq!(seen.len(), count);
        assert!(
            ["ada", "juan", "maria", "rosa"].iter().all(|name| seen.contains(&(*name).to_owned())),
            "{seen:?}"
        );
        let roles = admin.get("/admin/roles?limit=3").await;
        assert_eq!(texts(&roles.json(), "name"), ["System", "SuperAdmin", "Admin"]);
        assert!(roles.header("link").starts_with("</admin/roles?limit=3&after="), "{roles:?}");
        assert_eq!(admin.get("/admin/roles?search=moder").await.header("link"), "");
    });
}

#[test]
fn newer_lists_carry_their_cursor() {
    on_each(async |world| {
        let admin = world.admin("rosa", "SuperAdmin").await;
        let mut after = String::new();
        let mut seen = Vec::new();
        loop {
            let page = admin.get(&format!("/admin/permissions?limit=5&after={after}")).await.json();
            seen.extend(texts(&page["items"], "name"));
            let Some(next) = page["next"].as_str() else { break };
            after = next.to_owned();
        }
        assert!(seen.len() > 15 && seen.is_sorted(), "{seen:?}");
        let org = admin.get("/admin/permissions?resource=org").await.json();
        assert!(texts(&org["items"], "resource").iter().all(|name| name == "org"));
        world.person("maria").await;
        world.give("maria", "OrgMember", "org:1").await;
        let members = admin.get("/admin/roles/OrgMember/members?scope=org:1").await.json();
        assert_eq!(
            (texts(&members["items"], "username"), &members["next"]),
            (vec!["maria".to_owned()], &json!(null))
        );
        let elsewhere = admin.get("/admin/roles/OrgMember/members?scope=org:2").await.json();
        assert_eq!(elsewhere["items"], json!([]));
    });
}

#[test]
fn the_audit_log_is_filtered() {
    on_each(async |world| {
        let admin = world.admin("rosa", "SuperAdmin").await;
        world.person("maria").await;
        let id = world.id("maria").await;
        let wish = json!({ "user_id": id, "role_name": "Moderator" });
        assert_eq!(admin.post("/admin/users/roles/assign", &wish).await.status, 200);
        let rosa = world.id("rosa").await;
        let given =
            admin.get(&format!("/admin/audit-log?event_type=ROLE_ASSIGNED&actor_id={rosa}")).await.json();
        assert_eq!(given["items"].as_array().unwrap().len(), 1, "{given}");
        assert_eq!(given["items"][0]["user_id"], id.to_string());
        assert_eq!(given["items"][0]["details"]["role"], "Moderator");
        let later = admin.get("/admin/audit-log?since=4000000000").await.json();
        assert_eq!(later["items"], json!([]));
        let of_her = admin.get(&format!("/admin/audit-log?user_id={id}&limit=1")).await.json();
        assert!(of_her["next"].is_string());
        let read = admin.get("/admin/audit-log?event_type=AUDIT_READ").await.json();
        assert!(!read["items"].as_array().unwrap().is_empty(), "reading the log is logged");
        let moderator = world.admin("mo", "Moderator").await;
        assert_eq!(refusal(&moderator.get("/admin/audit-log").await), no(403, "forbidden"));
    });
}

#[test]
fn what_a_query_may_not_say() {
    on_each(async |world| {
        let admin = world.admin("rosa", "SuperAdmin").await;
        for list in ["/admin/users/search", "/admin/roles", "/admin/permissions", "/admin/audit-log"] {
            for (query, status, code) in [
                ("skip=0", 422, "no_offsets"),
                ("limit=x", 422, "wrong_type"),
                ("limit=-1", 422, "wrong_type"),
                ("after=a%00~b", 422, "bad_cursor"),
                ("rol=Admin", 422, "unknown_field"),
                ("limit=1&limit=2", 400, "bad_request"),
            ] {
                let answer = admin.get(&format!("{list}?{query}")).await;
                assert_eq!(refusal(&answer), no(status, code), "{list}?{query}");
            }
            assert_eq!(admin.get(&format!("{list}?limit=&after=")).await.status, 200);
        }
        for query in [
            "users/search?identity=%00&role=%00",
            "users/search?role=a%20b",
            "roles?search=%00",
            "permissions?search=%00&resource=%00",
        ] {
            let answer = admin.get(&format!("/admin/{query}")).await;
            assert_eq!(answer.status, 200, "{query}: {answer:?}");
        }
        for (query, code) in [
            ("state=x", "unknown_value"),
            ("is_active=maybe", "wrong_type"),
            ("is_active=true&state=active", "unknown_value"),
        ] {
            assert_eq!(
                refusal(&admin.get(&format!("/admin/users/search?{query}")).await),
                no(422, code),
                "{query}"
            );
        }
        assert_eq!(
            refusal(&admin.get("/admin/audit-log?event_type=NOTHING").await),
            no(422, "unknown_value")
        );
        assert_eq!(refusal(&admin.get("/admin/audit-log?since=99999999999999").await), no(422, "wrong_type"));
    });
}
