//! What a change to a role would do, previewed before it is made.

use std::time::Duration;

use authtuna::authz::actor::Actor;
use authtuna::authz::roles::{Assignment, RoleChange};
use authtuna::model::code::Code;

use crate::support::population::{at, refused};
use crate::support::{on_each, origin};

const SYSTEM: fn() -> Actor = Actor::system;

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn only_those_gain_or_lose_who_have_it_by_no_other_grant() {
    on_each(|world| async move {
        world.role("editor", Some(30), &["posts:edit"]).await;
        world.role("chief", Some(40), &["posts:edit", "posts:publish"]).await;
        // One assignment; two assignments, of which one covers the other; two assignments side by
        // side.
        world.holder("alone", "editor", "org:1").await;
        let wider = world.holder("wider", "editor", "org:1/team:1").await;
        world.give(wider, "editor", "org:1").await;
        let twice = world.holder("twice", "editor", "org:1").await;
        world.give(twice, "editor", "org:2").await;
        // Another role also carries the permission: one that covers the scope, and one that does
        // not.
        let other = world.holder("other", "editor", "org:1").await;
        world.give(other, "chief", "global").await;
        let below = world.holder("below", "editor", "org:1").await;
        world.give(below, "chief", "org:1/team:1").await;
        let rule = world.holder("rule", "editor", "org:1").await;
        world.give(rule, "SuperAdmin", "org:1").await;
        let ends = world.holder("ends", "editor", "org:1").await;
        let end = world.clock.now().plus(Duration::from_secs(60));
        world
            .auth
            .roles
            .assign(&SYSTEM(), &Assignment::new(ends, "chief").everywhere().until(end))
            .await
            .unwrap();
        let ran_out = world.account("ran-out").await;
        let until = Assignment::new(ran_out, "editor").everywhere().until(end);
        world.auth.roles.assign(&SYSTEM(), &until).await.unwrap();
        for (name, scope) in [("suspended", "org:1"), ("deleted", "org:1"), ("nowhere", "none")] {
            world.holder(name, "editor", scope).await;
        }
        let find = |name: &'static str| {
            let name = authtuna::foundation::names::Username::parse(name).unwrap();
            let users = &world.auth.users;
            async move { users.get_by_username(&SYSTEM(), &name).await.unwrap().unwrap().id }
        };
        world.auth.admin.suspend(&SYSTEM(), find("suspended").await, "").await.unwrap();
        world.auth.admin.delete_user(&SYSTEM(), find("deleted").await, "").await.unwrap();
        world.clock.set(end);

        let change = RoleChange {
            level: Some(Some(31)),
            add_permissions: list(&["posts:publish", "posts:edit"]),
            remove_permissions: list(&["posts:edit", "posts:publish"]),
            ..RoleChange::default()
        };
        let (before, log) = (world.catalogue().await, world.log_end().await);
        let impact = world.auth.explorer.what_if(&SYSTEM(), "EDITOR", &change).await.unwrap();
        assert_eq!(world.catalogue().await, before);
        assert_eq!(world.log_end().await, log, "a preview changes nothing");
        assert_eq!((impact.role.as_str(), impact.level), ("editor", (Some(30), Some(31))));
        assert_eq!(
            impact.holders, 8,
            "each user once, without those who are deleted or hold the role nowhere"
        );
        let expected =
            ["alone org:1", "below org:1", "ends org:1", "twice org:1", "twice org:2", "wider org:1"];
        assert_eq!((impact.gains.len(), impact.loses.len()), (1, 1));
        for (list, permission) in [(&impact.gains, "posts:publish"), (&impact.loses, "posts:edit")] {
            assert_eq!((list[0].permission.as_str(), list[0].people), (permission, 5));
            let mut named: Vec<_> =
                list[0].named.iter().map(|one| format!("{} {}", one.username, one.scope)).collect();
            named.sort();
            assert_eq!(named, expected, "{permission}");
        }
    });
}

#[test]
fn lists_are_told_as_they_would_be() {
    on_each(|world| async move {
        world.role("editor", Some(30), &[]).await;
        world.role("Helper", Some(10), &[]).await;
        world.auth.roles.let_grant(&SYSTEM(), "editor", "users:read").await.unwrap();
        world.auth.roles.let_assign(&SYSTEM(), "editor", "User").await.unwrap();
        let change = RoleChange {
            add_assignable: list(&["Helper", "user"]),
            remove_assignable: list(&["USER", "Admin"]),
            add_grantable: list(&["users:manage", "users:read"]),
            remove_grantable: list(&["users:read", "audit:read"]),
            ..RoleChange::default()
        };
        let impact = world.auth.explorer.what_if(&SYSTEM(), "editor", &change).await.unwrap();
        assert_eq!((impact.may_assign, impact.may_not_assign), (list(&["Helper"]), list(&["User"])));
        assert_eq!(
            (impact.may_grant, impact.may_not_grant),
            (list(&["users:manage"]), list(&["users:read"]))
        );
        assert_eq!((impact.gains.len(), impact.loses.len(), impact.holders), (0, 0, 0));
    });
}

#[test]
fn the_first_hundred_are_named_and_all_are_counted() {
    on_each(|world| async move {
        world.role("editor", Some(30), &["posts:edit"]).await;
        for n in 0..103 {
            world.holder(&format!("person{n}"), "editor", "org:1").await;
        }
        let change = RoleChange { remove_permissions: list(&["posts:edit"]), ..RoleChange::default() };
        let impact = world.auth.explorer.what_if(&SYSTEM(), "editor", &change).await.unwrap();
        assert_eq!((impact.loses[0].people, impact.loses[0].named.len(), impact.holders), (103, 100, 103));
    });
}

#[test]
fn who_may_not_make_a_change_may_not_ask_what_it_would_do() {
    on_each(|world| async move {
        world.role("editor", Some(30), &["posts:edit"]).await;
        world.role("peer", Some(60), &["posts:peer"]).await;
        world.role("chief", Some(60), &["roles:manage", "posts:own"]).await;
        let actors = [
            SYSTEM(),
            Actor::anonymous(origin()),
            world.actor_with("boss", "SuperAdmin", "global").await,
            world.actor_with("chief", "chief", "global").await,
            world.actor_with("there", "SuperAdmin", "org:1").await,
            world.actor_with("reader", "editor", "global").await,
        ];
        let with = |edit: fn(&mut RoleChange)| {
            let mut change = RoleChange::default();
            edit(&mut change);
            change
        };
        let changes = [
            with(|_| {}),
            with(|change| change.level = Some(Some(60))),
            with(|change| change.level = Some(Some(1000))),
            with(|change| change.add_permissions = list(&["posts:peer"])),
            with(|change| change.add_permissions = list(&["posts:none"])),
            with(|change| change.add_assignable = list(&["editor"])),
            with(|change| change.add_assignable = list(&["peer"])),
            with(|change| change.add_grantable = list(&["users:read"])),
            with(|change| change.remove_permissions = list(&["posts:edit"])),
        ];
        let mut outcomes = Vec::new();
        for actor in &actors {
            for role in ["editor", "peer", "SuperAdmin", "missing"] {
                for change in &changes {
                    let asked = world.auth.explorer.what_if(actor, role, change).await.err();
                    let before = world.log_end().await;
                    let made = world.auth.roles.update(actor, role, change).await.err();
                    let codes = (asked.map(|error| error.code()), made.map(|error| error.code()));
                    assert_eq!(codes.0, codes.1, "{role} {change:?}");
                    outcomes.push(codes.0);
                    // Restores what the change modified.
                    if world.log_end().await != before && role == "editor" {
                        world.auth.roles.delete(&SYSTEM(), "editor").await.unwrap();
                        world.role("editor", Some(30), &["posts:edit"]).await;
                    }
                }
            }
        }
        for code in [
            Code::NotAuthenticated,
            Code::Forbidden,
            Code::AboveYourLevel,
            Code::NotYoursToGive,
            Code::RoleNotFound,
        ] {
            assert!(outcomes.contains(&Some(code)), "{code} did not occur");
        }
        assert!(outcomes.contains(&None));
        assert_eq!(
            refused(world.auth.explorer.what_if(&actors[5], "editor", &changes[0]).await),
            Code::Forbidden
        );
        assert_eq!(refused(actors[5].require("roles:manage", &at("global"))), Code::Forbidden);
    });
}
