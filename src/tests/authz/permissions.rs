//! Permissions: their names, who may create and delete them, and what deleting one does to roles.

use authtuna::authz::actor::Actor;
use authtuna::model::code::Code;
use authtuna::model::page::PageRequest;
use authtuna::model::permission::{self, MAX_PERMISSION};
use authtuna::model::scope::Scope;

use crate::support::population::{after, every, refused};
use crate::support::{World, on_each, origin};

const SYSTEM: fn() -> Actor = Actor::system;

async fn names(world: &World, resource: &str, text: &str) -> Vec<String> {
    let found =
        every(2, |page| async move { world.auth.permissions.list(&SYSTEM(), resource, text, &page).await });
    found.await.into_iter().map(|permission| permission.name).collect()
}

#[test]
fn what_is_no_name_is_refused_and_leaves_nothing() {
    on_each(|world| async move {
        let (before, end) = (world.catalogue().await, world.log_end().await);
        let permissions = &world.auth.permissions;
        let long = format!("posts:{}", "a".repeat(MAX_PERMISSION - 5));
        let bad = [
            "",
            ":",
            "posts",
            "posts:",
            ":create",
            "posts::create",
            "posts:create:",
            "Posts:create",
            "posts:Create",
            "posts:cr eate",
            "posts:*",
            "posts.create",
            "pösts:create",
            "posts:cr\u{435}ate",
            "posts:create\u{200b}",
            "posts:cre\0ate",
            "posts:create\u{202e}",
            "posts/create",
            &long,
        ];
        for name in bad {
            let outcome = permissions.create(&SYSTEM(), name, "").await;
            assert_eq!(refused(outcome), Code::BadPermissionName, "{name:?}");
            let outcome = permissions.get_or_create(&SYSTEM(), name, "").await;
            assert_eq!(refused(outcome), Code::BadPermissionName, "{name:?}");
        }
        for (description, code) in [
            ("x".repeat(501), Code::TooLong),
            ("two\nlines".to_owned(), Code::BadCharacters),
            ("nul\0".to_owned(), Code::BadCharacters),
            ("\u{202e}hidden".to_owned(), Code::BadCharacters),
        ] {
            assert_eq!(refused(permissions.create(&SYSTEM(), "posts:create", &description).await), code);
        }
        assert_eq!(world.catalogue().await, before);
        assert_eq!(world.log_end().await, end);
        permissions.create(&SYSTEM(), &long[1..], &"x".repeat(500)).await.unwrap();
        assert_eq!(permissions.create(&SYSTEM(), " a-1:_:b ", "").await.unwrap().name, "a-1:_:b");
    });
}

#[test]
fn names_that_belong_to_roles_are_made_by_nobody() {
    on_each(|world| async move {
        let permissions = &world.auth.permissions;
        for name in ["roles:assign:ghost", "roles:assign:a:b", " roles:assign:ghost"] {
            assert_eq!(refused(permissions.create(&SYSTEM(), name, "").await), Code::ReservedName, "{name}");
            assert_eq!(refused(permissions.get_or_create(&SYSTEM(), name, "").await), Code::ReservedName);
        }
        let outcome = permissions.create(&SYSTEM(), "roles:assign:orgowner", "").await;
        assert_eq!(refused(outcome), Code::PermissionExists);
        let (found, made) = permissions.get_or_create(&SYSTEM(), "roles:assign:orgowner", "").await.unwrap();
        assert!(found.built_in && !made);
    });
}

#[test]
fn one_that_exists_stays_as_it_is() {
    on_each(|world| async move {
        let permissions = &world.auth.permissions;
        let first = permissions.create(&SYSTEM(), "posts:create", "Write posts").await.unwrap();
        assert!(!first.built_in);
        let end = world.log_end().await;
        assert_eq!(
            refused(permissions.create(&SYSTEM(), "posts:create", "Else").await),
            Code::PermissionExists
        );
        let (found, made) = permissions.get_or_create(&SYSTEM(), "posts:create", "Else").await.unwrap();
        assert_eq!((&found, made), (&first, false));
        assert_eq!(permissions.get(&SYSTEM(), " posts:create ").await.unwrap(), Some(first));
        assert_eq!(permissions.get(&SYSTEM(), "posts:delete").await.unwrap(), None);
        assert_eq!(world.log_end().await, end);
    });
}

#[test]
fn the_list_keeps_resources_together_and_is_read_page_by_page() {
    on_each(|world| async move {
        let own = ["post:edit", "posts:create", "posts:delete", "posts:delete:any", "posts-2:create"];
        world.permissions(&own).await;
        world.auth.permissions.update(&SYSTEM(), "posts:create", "Write 100% of_all Posts!").await.unwrap();
        let all = names(&world, "", "").await;
        let mut sorted = all.clone();
        sorted.sort();
        assert_eq!(all, sorted, "sorted, each once");
        assert!(
            all.len() > permission::BUILT_IN.len() + own.len(),
            "including the permissions to assign roles"
        );
        assert_eq!(names(&world, "posts", "").await, ["posts:create", "posts:delete", "posts:delete:any"]);
        assert_eq!(names(&world, " post ", "").await, ["post:edit"]);
        assert_eq!(names(&world, "posts", "DELETE").await, ["posts:delete", "posts:delete:any"]);
        for (text, found) in
            [("100%", 1), ("0% of", 1), ("of_all", 1), ("posts!", 1), ("1%o", 0), ("a__", 0), ("!", 1)]
        {
            assert_eq!(names(&world, "posts", text).await.len(), found, "{text}");
        }
        assert_eq!(names(&world, "post%", "").await, [""; 0], "a resource is not a pattern");
        for cursor in ["posts", "Posts:create", "posts:create' OR 1", "\0"] {
            let outcome = world.auth.permissions.list(&SYSTEM(), "", "", &after(cursor)).await;
            assert_eq!(refused(outcome), Code::BadCursor, "{cursor}");
        }
    });
}

#[test]
fn only_the_description_changes_and_the_log_has_both() {
    on_each(|world| async move {
        let permissions = &world.auth.permissions;
        permissions.create(&SYSTEM(), "posts:create", "Old").await.unwrap();
        let end = world.log_end().await;
        permissions.update(&SYSTEM(), "posts:create", " New ").await.unwrap();
        permissions.update(&SYSTEM(), "posts:create", "New").await.unwrap();
        let log = world.log_since(end).await;
        assert_eq!(log.len(), 1, "an update without changes is not logged");
        assert_eq!(
            (log[0].event.as_str(), &log[0].details["before"], &log[0].details["after"]),
            ("PERMISSION_UPDATED", &"Old".into(), &"New".into())
        );
        let now = permissions.get(&SYSTEM(), "posts:create").await.unwrap().unwrap();
        assert_eq!(now.description, "New");
        assert_eq!(refused(permissions.update(&SYSTEM(), "posts:none", "").await), Code::PermissionNotFound);
        permissions.update(&SYSTEM(), permission::USERS_READ, "Words may change").await.unwrap();
    });
}

#[test]
fn a_deleted_permission_is_taken_out_of_every_role() {
    on_each(|world| async move {
        let (permissions, roles) = (&world.auth.permissions, &world.auth.roles);
        world.role("writer", Some(10), &["posts:create", "posts:delete"]).await;
        world.role("chief", Some(20), &[]).await;
        roles.let_grant(&SYSTEM(), "chief", "posts:create").await.unwrap();
        assert_eq!(permissions.roles_with(&SYSTEM(), "posts:create").await.unwrap(), ["chief", "writer"]);
        let maria = world.holder("maria", "writer", "org:1").await;
        let end = world.log_end().await;
        permissions.delete(&SYSTEM(), "posts:create").await.unwrap();
        let log = world.log_since(end).await;
        assert_eq!((log.len(), log[0].event.as_str()), (1, "PERMISSION_DELETED"));
        assert_eq!(log[0].details["roles"], serde_json::json!(["chief", "writer"]));
        let writer = roles.details(&SYSTEM(), "writer").await.unwrap().unwrap();
        assert_eq!(writer.permissions, ["posts:delete"]);
        assert_eq!(roles.details(&SYSTEM(), "chief").await.unwrap().unwrap().can_grant, [""; 0]);
        assert_eq!(refused(permissions.delete(&SYSTEM(), "posts:create").await), Code::PermissionNotFound);
        // A new permission of the same name belongs to no one.
        permissions.create(&SYSTEM(), "posts:create", "").await.unwrap();
        let actor = world.as_user(maria).await;
        assert_eq!(refused(actor.require("posts:create", &"org:1".parse().unwrap())), Code::Forbidden);
    });
}

#[test]
fn what_the_software_relies_on_is_not_deleted() {
    on_each(|world| async move {
        world.role("writer", None, &[]).await;
        let before = world.catalogue().await;
        let built_in = permission::BUILT_IN.iter().map(|permission| permission.name);
        for name in built_in.chain(["roles:assign:writer", "roles:assign:orgowner"]) {
            assert_eq!(
                refused(world.auth.permissions.delete(&SYSTEM(), name).await),
                Code::BuiltIn,
                "{name}"
            );
        }
        assert_eq!(world.catalogue().await, before);
    });
}

#[test]
fn nobody_deletes_a_permission_out_of_a_role_that_they_may_not_edit() {
    on_each(|world| async move {
        let permissions = &world.auth.permissions;
        world.role("clerk", Some(40), &["permissions:manage"]).await;
        world.role("editor-in-chief", Some(40), &["permissions:manage", "roles:manage"]).await;
        world.role("below", Some(39), &["a:below"]).await;
        world.role("equal", Some(40), &["a:equal"]).await;
        world.role("above", Some(41), &["a:below-too", "a:above"]).await;
        world.permissions(&["a:unused", "a:granted"]).await;
        world.auth.roles.let_grant(&SYSTEM(), "above", "a:granted").await.unwrap();
        world.auth.roles.add_permission(&SYSTEM(), "below", "a:below-too").await.unwrap();
        let clerk = world.actor_with("clerk", "clerk", "global").await;
        let chief = world.actor_with("chief", "editor-in-chief", "global").await;
        let before = world.catalogue().await;
        for name in ["a:equal", "a:above", "a:below-too", "a:granted"] {
            assert_eq!(refused(permissions.delete(&chief, name).await), Code::AboveYourLevel, "{name}");
            assert_eq!(refused(permissions.delete(&clerk, name).await), Code::Forbidden, "{name}");
        }
        assert_eq!(refused(permissions.delete(&clerk, "a:below").await), Code::Forbidden);
        assert_eq!(world.catalogue().await, before);
        permissions.delete(&clerk, "a:unused").await.unwrap();
        permissions.delete(&chief, "a:below").await.unwrap();
    });
}

#[test]
fn each_operation_needs_its_permission_everywhere() {
    on_each(|world| async move {
        let permissions = &world.auth.permissions;
        world.permissions(&["posts:create"]).await;
        world.role("manager", Some(60), &["permissions:manage"]).await;
        world.role("reader", Some(60), &["permissions:read"]).await;
        let none = world.account("none").await;
        let none = world.as_user(none).await;
        let scoped = world.actor_with("scoped", "SuperAdmin", "org:1").await;
        let nowhere = world.actor_with("nowhere", "SuperAdmin", "none").await;
        let reader = world.actor_with("reader", "reader", "global").await;
        let manager = world.actor_with("manager", "manager", "global").await;
        let anonymous = Actor::anonymous(origin());
        let page = PageRequest::default();
        let tried = |actor: Actor, code| {
            let page = &page;
            async move {
                assert_eq!(refused(permissions.get(&actor, "posts:create").await), code);
                assert_eq!(refused(permissions.list(&actor, "", "", page).await), code);
                assert_eq!(refused(permissions.roles_with(&actor, "posts:create").await), code);
            }
        };
        let tried_to_change = |actor: Actor, code| async move {
            assert_eq!(refused(permissions.create(&actor, "posts:new", "").await), code);
            assert_eq!(refused(permissions.get_or_create(&actor, "posts:create", "").await), code);
            assert_eq!(refused(permissions.update(&actor, "posts:create", "x").await), code);
            assert_eq!(refused(permissions.delete(&actor, "posts:create").await), code);
            // The error does not reveal whether the permission exists.
            assert_eq!(refused(permissions.delete(&actor, "posts:missing").await), code);
        };
        tried(anonymous.clone(), Code::NotAuthenticated).await;
        tried_to_change(anonymous, Code::NotAuthenticated).await;
        for actor in [none, scoped, nowhere] {
            tried(actor.clone(), Code::Forbidden).await;
            tried_to_change(actor, Code::Forbidden).await;
        }
        tried_to_change(reader.clone(), Code::Forbidden).await;
        for actor in [&reader, &manager] {
            permissions.get(actor, "posts:create").await.unwrap().unwrap();
            permissions.list(actor, "", "", &page).await.unwrap();
            let roles = permissions.roles_with(actor, "posts:create").await;
            assert_eq!(refused(roles), Code::Forbidden, "the caller may not see roles");
        }
        permissions.create(&manager, "posts:new", "").await.unwrap();
        assert_eq!(
            refused(manager.require("posts:new", &Scope::global())),
            Code::Forbidden,
            "no one holds the new permission yet"
        );
    });
}
