//! How roles are listed and described, and what is left of a deleted one.

use authtuna::authz::actor::Actor;
use authtuna::authz::roles::{Assignment, NewRole, RoleChange};
use authtuna::model::code::Code;
use authtuna::model::page::PageRequest;
use authtuna::model::role::BUILT_IN;

use crate::support::population::{after, every, refused};
use crate::support::{on_each, origin};

const SYSTEM: fn() -> Actor = Actor::system;

fn new(name: &str, level: Option<i64>, permissions: &[&str]) -> NewRole {
    let permissions = permissions.iter().map(|&name| name.to_owned()).collect();
    NewRole { level, permissions, ..NewRole::named(name, "") }
}

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn built_in_roles_keep_their_level_and_stay() {
    on_each(|world| async move {
        let before = world.catalogue().await;
        for role in BUILT_IN {
            let level = Some(if role.level == Some(5) { 6 } else { 5 });
            let change = RoleChange { level: Some(level), ..RoleChange::default() };
            assert_eq!(refused(world.auth.roles.update(&SYSTEM(), role.name, &change).await), Code::BuiltIn);
            if role.level.is_some() {
                let change = RoleChange { level: Some(None), ..RoleChange::default() };
                assert_eq!(
                    refused(world.auth.roles.update(&SYSTEM(), role.name, &change).await),
                    Code::BuiltIn
                );
            }
            assert_eq!(refused(world.auth.roles.delete(&SYSTEM(), role.name).await), Code::BuiltIn);
        }
        assert_eq!(world.catalogue().await, before);
    });
}

#[test]
fn nothing_of_a_deleted_role_comes_back_with_its_name() {
    on_each(|world| async move {
        let roles = &world.auth.roles;
        world.role("Editor", Some(30), &["posts:create"]).await;
        world.role("helper", None, &["roles:assign:editor"]).await;
        world.role("chief", Some(60), &[]).await;
        roles.let_assign(&SYSTEM(), "chief", "editor").await.unwrap();
        roles.let_assign(&SYSTEM(), "editor", "helper").await.unwrap();
        roles.let_grant(&SYSTEM(), "chief", "roles:assign:editor").await.unwrap();
        let maria = world.holder("maria", "editor", "global").await;
        let end = world.log_end().await;
        roles.delete(&SYSTEM(), "EDITOR").await.unwrap();
        let log = world.log_since(end).await;
        assert_eq!((log.len(), log[0].event.as_str()), (1, "ROLE_DELETED"));
        assert_eq!(log[0].details["before"]["permissions"], serde_json::json!(["posts:create"]));
        assert_eq!(roles.get(&SYSTEM(), "editor").await.unwrap(), None);
        assert_eq!(world.auth.permissions.get(&SYSTEM(), "roles:assign:editor").await.unwrap(), None);
        assert_eq!(refused(roles.delete(&SYSTEM(), "editor").await), Code::RoleNotFound);

        roles.create(&SYSTEM(), &new("editor", None, &[])).await.unwrap();
        let details = |name| async move { roles.details(&SYSTEM(), name).await.unwrap().unwrap() };
        let editor = details("editor").await;
        assert_eq!((editor.permissions.len(), editor.can_assign.len(), editor.members), (0, 0, 0));
        assert_eq!(editor.assigned_by, [""; 0]);
        assert_eq!(details("helper").await.permissions, [""; 0]);
        assert_eq!(details("chief").await.can_grant, [""; 0]);
        assert!(!world.as_user(maria).await.access().unwrap().holds_somewhere("editor"));
        let of_user = roles.of_user(&SYSTEM(), maria).await.unwrap();
        assert_eq!(of_user.into_iter().map(|grant| grant.role).collect::<Vec<_>>(), ["User"]);
    });
}

#[test]
fn the_highest_roles_come_first_and_pages_lose_none() {
    on_each(|world| async move {
        for (name, level) in
            [("b", Some(30)), ("A", Some(30)), ("c", None), ("Z", None), ("max", Some(999)), ("min", Some(0))]
        {
            world.role(name, level, &[]).await;
        }
        let (roles, world) = (&world.auth.roles, &world);
        let names = |text: &'static str, limit| async move {
            let found = every(limit, |page| async move { roles.list(&SYSTEM(), text, &page).await }).await;
            found.into_iter().map(|role| role.name).collect::<Vec<_>>()
        };
        let whole = names("", 200).await;
        assert_eq!(
            whole,
            [
                "max",
                "System",
                "SuperAdmin",
                "Admin",
                "Moderator",
                "A",
                "b",
                "min",
                "User",
                "c",
                "OrgAdmin",
                "OrgMember",
                "OrgOwner",
                "TeamLead",
                "TeamMember",
                "Z",
            ]
        );
        for limit in [1, 2, 3, 7] {
            assert_eq!(names("", limit).await, whole);
        }
        assert_eq!(names("OWNS AN", 1).await, ["OrgOwner"], "found by its description");
        assert_eq!(names(" orgo ", 1).await, ["OrgOwner"]);
        assert_eq!(names("org_wner", 1).await, [""; 0]);
        assert_eq!(names("%", 1).await, [""; 0]);
        for cursor in ["", "x", "~", "a~b", "99999999999999999999~a"] {
            assert_eq!(refused(roles.list(&SYSTEM(), "", &after(cursor)).await), Code::BadCursor, "{cursor}");
        }
        let anonymous = Actor::anonymous(origin());
        let moderator = world.actor_with("moderator", "Moderator", "global").await;
        let scoped = world.actor_with("scoped", "Admin", "org:1").await;
        for (actor, code) in
            [(anonymous, Code::NotAuthenticated), (moderator, Code::Forbidden), (scoped, Code::Forbidden)]
        {
            assert_eq!(refused(roles.list(&actor, "", &PageRequest::default()).await), code);
            assert_eq!(refused(roles.get(&actor, "User").await), code);
            assert_eq!(refused(roles.details(&actor, "User").await), code);
        }
    });
}

#[test]
fn details_say_everything_about_a_role() {
    on_each(|world| async move {
        let roles = &world.auth.roles;
        world.role("Editor", Some(30), &["posts:b", "posts:a"]).await;
        world.role("Helper", None, &[]).await;
        roles.let_assign(&SYSTEM(), "editor", "helper").await.unwrap();
        roles.let_grant(&SYSTEM(), "editor", "users:read").await.unwrap();
        let (maria, gone) = (world.holder("maria", "editor", "org:1").await, world.account("gone").await);
        world.give(maria, "editor", "org:2").await;
        world.give(gone, "editor", "org:1").await;
        world.auth.admin.delete_user(&SYSTEM(), gone, "").await.unwrap();
        world.holder("nowhere", "editor", "none").await;
        let short = world.account("short").await;
        let end = world.clock.now().plus(std::time::Duration::from_secs(1));
        roles.assign(&SYSTEM(), &Assignment::new(short, "editor").everywhere().until(end)).await.unwrap();
        let of = |name| async move { roles.details(&SYSTEM(), name).await.unwrap().unwrap() };
        assert_eq!(of("editor").await.members, 2, "each user once, without deleted ones");
        world.clock.set(end);
        let editor = of(" EDITOR ").await;
        assert_eq!((editor.members, editor.role.name.as_str(), editor.role.built_in), (1, "Editor", false));
        assert_eq!(
            (editor.permissions, editor.can_assign, editor.can_grant),
            (list(&["posts:a", "posts:b"]), list(&["Helper"]), list(&["users:read"]))
        );
        assert_eq!(of("helper").await.assigned_by, ["Editor"]);
        assert_eq!(roles.details(&SYSTEM(), "none").await.unwrap(), None);
    });
}
