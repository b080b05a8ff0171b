//! Roles: creating, changing and deleting them, all or nothing.

mod assign;
mod assignments;
mod concurrent;
mod listing;
mod without_level;

use authtuna::authz::actor::Actor;
use authtuna::authz::roles::{NewRole, RoleChange};
use authtuna::model::code::{Code, Field};
use authtuna::model::role::MAX_ROLE_NAME;
use authtuna::model::scope::Scope;

use crate::support::on_each;
use crate::support::population::{at, refused};

const SYSTEM: fn() -> Actor = Actor::system;

fn new(name: &str, level: Option<i64>, permissions: &[&str]) -> NewRole {
    let permissions = permissions.iter().map(|&name| name.to_owned()).collect();
    NewRole { level, permissions, ..NewRole::named(name, "") }
}

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn a_role_that_cannot_be_made_leaves_nothing_behind() {
    on_each(|world| async move {
        world.role("Editor", Some(30), &["posts:create"]).await;
        world.role("chief", Some(60), &["roles:manage", "posts:own"]).await;
        let chief = world.actor_with("chief", "chief", "global").await;
        let long = "a".repeat(MAX_ROLE_NAME + 1);
        let described =
            |description: &str| NewRole { description: description.to_owned(), ..new("writer", None, &[]) };
        let bad = [
            (new("", None, &[]), Code::BadRoleName),
            (new("org owner", None, &[]), Code::BadRoleName),
            (new("a:b", None, &[]), Code::BadRoleName),
            (new("pösts", None, &[]), Code::BadRoleName),
            (new("\u{430}dmin", None, &[]), Code::BadRoleName),
            (new("\u{212a}ing", None, &[]), Code::BadRoleName),
            (new("writer\0", None, &[]), Code::BadRoleName),
            (new(&long, None, &[]), Code::BadRoleName),
            (new("Editor", None, &[]), Code::RoleExists),
            (new("eDITOR", Some(1), &[]), Code::RoleExists),
            (new(" editor ", None, &[]), Code::RoleExists),
            (new("superadmin", None, &[]), Code::RoleExists),
            (new("SYSTEM", None, &[]), Code::RoleExists),
            (new("writer", Some(-1), &[]), Code::BadLevel),
            (new("writer", Some(1000), &[]), Code::BadLevel),
            (new("writer", Some(i64::MAX), &[]), Code::BadLevel),
            (new("writer", Some(i64::MIN), &[]), Code::BadLevel),
            (new("writer", Some(60), &[]), Code::AboveYourLevel),
            (new("writer", Some(61), &[]), Code::AboveYourLevel),
            (new("writer", Some(1), &["posts:own", "posts:missing"]), Code::PermissionNotFound),
            (new("writer", Some(1), &["posts:own", "posts:create"]), Code::NotYoursToGive),
            (new("writer", Some(1), &["posts:own", "roles:assign:editor"]), Code::NotYoursToGive),
            (new("writer", Some(1), &["roles:assign:writer"]), Code::NotYoursToGive),
            (described(&"x".repeat(501)), Code::TooLong),
            (described("two\nlines"), Code::BadCharacters),
        ];
        let (before, end) = (world.catalogue().await, world.log_end().await);
        for (role, code) in bad {
            assert_eq!(refused(world.auth.roles.create(&chief, &role).await), code, "{role:?}");
            if code != Code::RoleExists {
                assert_eq!(refused(world.auth.roles.get_or_create(&chief, &role).await), code, "{role:?}");
            }
        }
        assert_eq!(world.catalogue().await, before);
        assert_eq!(world.log_end().await, end);
        // Nothing is left of the failed attempts that would block the name.
        world.auth.roles.create(&chief, &new("writer", Some(59), &["posts:own"])).await.unwrap();
        let made = world.auth.roles.details(&SYSTEM(), "writer").await.unwrap().unwrap();
        assert_eq!((made.role.level, made.permissions), (Some(59), list(&["posts:own"])));
    });
}

#[test]
fn get_or_create_leaves_the_role_that_exists_alone() {
    on_each(|world| async move {
        world.role("Editor", Some(30), &["posts:create"]).await;
        world.permissions(&["posts:delete"]).await;
        let (before, end) = (world.catalogue().await, world.log_end().await);
        let wish = NewRole { description: "Else".to_owned(), ..new(" EDITOR ", Some(90), &["posts:delete"]) };
        let (found, made) = world.auth.roles.get_or_create(&SYSTEM(), &wish).await.unwrap();
        assert_eq!((found.name.as_str(), found.level, made), ("Editor", Some(30), false));
        assert_eq!(world.catalogue().await, before);
        assert_eq!(world.log_end().await, end);
        let (_, made) = world.auth.roles.get_or_create(&SYSTEM(), &new("other", None, &[])).await.unwrap();
        assert!(made);
    });
}

#[test]
fn one_bad_part_refuses_the_whole_change() {
    on_each(|world| async move {
        world.role("editor", Some(30), &["posts:create"]).await;
        world.role("helper", Some(10), &[]).await;
        world.role("peer", Some(60), &["posts:peer"]).await;
        world.role("chief", Some(60), &["roles:manage", "posts:own"]).await;
        let chief = world.actor_with("chief", "chief", "global").await;
        let good = RoleChange {
            description: Some("Edits".to_owned()),
            level: Some(Some(31)),
            add_permissions: list(&["posts:own"]),
            remove_permissions: list(&["posts:create"]),
            add_assignable: list(&["helper"]),
            add_grantable: list(&["posts:own"]),
            ..RoleChange::default()
        };
        let with = |edit: fn(&mut RoleChange)| {
            let mut change = good.clone();
            edit(&mut change);
            change
        };
        let bad = [
            (with(|change| change.description = Some("x".repeat(501))), Code::TooLong, Field::Description),
            (with(|change| change.level = Some(Some(60))), Code::AboveYourLevel, Field::Level),
            (with(|change| change.level = Some(Some(-1))), Code::BadLevel, Field::Level),
            (
                with(|change| change.add_permissions.push("posts:peer".to_owned())),
                Code::NotYoursToGive,
                Field::Permission,
            ),
            (
                with(|change| change.add_permissions.push("posts:none".to_owned())),
                Code::PermissionNotFound,
                Field::Permission,
            ),
            (with(|change| change.add_assignable.push("peer".to_owned())), Code::AboveYourLevel, Field::Role),
            (with(|change| change.add_assignable.push("none".to_owned())), Code::RoleNotFound, Field::Role),
            (with(|change| change.add_assignable.push("editor".to_owned())), Code::AssignCycle, Field::Role),
            (
                with(|change| change.add_grantable.push("posts:peer".to_owned())),
                Code::NotYoursToGive,
                Field::Permission,
            ),
            (
                with(|change| change.add_grantable.push("posts:none".to_owned())),
                Code::PermissionNotFound,
                Field::Permission,
            ),
        ];
        let (before, end) = (world.catalogue().await, world.log_end().await);
        for (change, code, field) in bad {
            let error = world.auth.roles.update(&chief, "editor", &change).await.unwrap_err();
            assert_eq!((error.code(), error.problems()[0].field), (code, field), "{change:?}");
        }
        assert_eq!(world.catalogue().await, before);
        assert_eq!(world.log_end().await, end);
        world.auth.roles.update(&chief, "editor", &good).await.unwrap();
        let log = world.log_since(end).await;
        assert_eq!((log.len(), log[0].event.as_str()), (1, "ROLE_UPDATED"));
        assert_eq!(log[0].details["before"]["permissions"], serde_json::json!(["posts:create"]));
        assert_eq!(log[0].details["after"]["permissions"], serde_json::json!(["posts:own"]));
        assert_eq!(log[0].details["after"]["can_assign"], serde_json::json!(["helper"]));
        world
            .auth
            .roles
            .update(&chief, "editor", &RoleChange { remove_permissions: list(&["posts:create"]), ..good })
            .await
            .unwrap();
        assert_eq!(world.log_end().await, end + 1, "a change without effect is not logged");
    });
}

#[test]
fn no_role_comes_to_assign_itself() {
    on_each(|world| async move {
        let roles = &world.auth.roles;
        for name in ["first", "second", "third"] {
            world.role(name, None, &[]).await;
        }
        assert_eq!(refused(roles.let_assign(&SYSTEM(), "first", "FIRST").await), Code::AssignCycle);
        roles.let_assign(&SYSTEM(), "first", "second").await.unwrap();
        assert_eq!(refused(roles.let_assign(&SYSTEM(), "second", "first").await), Code::AssignCycle);
        roles.let_assign(&SYSTEM(), "second", "third").await.unwrap();
        assert_eq!(refused(roles.let_assign(&SYSTEM(), "third", "first").await), Code::AssignCycle);
        roles.let_assign(&SYSTEM(), "first", "third").await.unwrap();
        let change = RoleChange { remove_assignable: list(&["SECOND", "third"]), ..RoleChange::default() };
        roles.update(&SYSTEM(), "first", &change).await.unwrap();
        roles.let_assign(&SYSTEM(), "third", "first").await.unwrap();
        assert_eq!(refused(roles.let_assign(&SYSTEM(), "first", "System").await), Code::BuiltIn);
        assert_eq!(roles.details(&SYSTEM(), "first").await.unwrap().unwrap().assigned_by, ["third"]);
    });
}

#[test]
fn superadmin_holds_permissions_that_come_later() {
    on_each(|world| async move {
        let everything = world.actor_with("maria", "SuperAdmin", "global").await;
        let there = world.actor_with("jun", "SuperAdmin", "org:1").await;
        world.permissions(&["later:act"]).await;
        everything.require("later:act", &at("org:2")).unwrap();
        there.require("later:act", &at("org:1/team:1")).unwrap();
        assert_eq!(refused(there.require("later:act", &at("org:2"))), Code::Forbidden);
        assert_eq!(refused(everything.require("later:act", &Scope::none())), Code::Forbidden);
        // SuperAdmin holds permissions by rule, not by a list that could be edited.
        for change in [
            RoleChange { add_permissions: list(&["later:act"]), ..RoleChange::default() },
            RoleChange { remove_permissions: list(&["users:read"]), ..RoleChange::default() },
        ] {
            assert_eq!(
                refused(world.auth.roles.update(&SYSTEM(), "SuperAdmin", &change).await),
                Code::BuiltIn
            );
        }
    });
}

#[test]
fn what_lets_a_role_be_given_is_added_by_those_alone_who_may_give_it() {
    on_each(|world| async move {
        let roles = &world.auth.roles;
        world.role("desk", Some(60), &[]).await;
        world.role("helper", Some(40), &[]).await;
        world.role("lead", Some(50), &["roles:manage", "roles:assign:desk", "roles:assign:helper"]).await;
        let lead = world.actor_with("lead", "lead", "global").await;
        let before = world.catalogue().await;
        // They hold the permission, but the role is above them: held by a user with a higher level,
        // it would take effect.
        assert_eq!(
            refused(roles.add_permission(&lead, "User", "roles:assign:desk").await),
            Code::AboveYourLevel
        );
        assert_eq!(refused(roles.let_grant(&lead, "User", "roles:assign:desk").await), Code::AboveYourLevel);
        assert_eq!(refused(roles.let_assign(&lead, "User", "desk").await), Code::AboveYourLevel);
        let made = roles.create(&lead, &new("new", Some(1), &["roles:assign:desk"])).await;
        assert_eq!(refused(made), Code::AboveYourLevel);
        assert_eq!(world.catalogue().await, before);
        roles.add_permission(&lead, "User", "roles:assign:helper").await.unwrap();
    });
}
