//! Who assigns and removes roles, who sees who holds them, and what a refusal reveals.

use authtuna::authz::actor::Actor;
use authtuna::authz::roles::{Assignment, Grant};
use authtuna::model::code::Code;
use authtuna::model::id::UserId;
use authtuna::model::page::PageRequest;
use authtuna::model::scope::Scope;

use crate::support::population::{after, at, every, refused};
use crate::support::{World, on_each, origin};

const SYSTEM: fn() -> Actor = Actor::system;

/// Creates a role that may write posts, and a user without any role of their own.
async fn cast(world: &World) -> UserId {
    world.role("editor", Some(30), &["posts:create"]).await;
    world.account("maria").await
}

fn places(grants: &[Grant]) -> Vec<&str> {
    grants.iter().filter(|grant| grant.role != "User").map(|grant| grant.scope.as_str()).collect()
}

#[test]
fn the_role_of_the_software_is_nobodys_to_give_or_take() {
    on_each(|world| async move {
        let maria = cast(&world).await;
        world.role("highest", Some(999), &["roles:assign:system", "roles:read"]).await;
        let superadmin = world.actor_with("superadmin2", "SuperAdmin", "global").await;
        let highest = world.actor_with("highest", "highest", "global").await;
        let names =
            world.auth.users.search(&SYSTEM(), &Default::default(), &PageRequest::default()).await.unwrap();
        let system_user = names.items.iter().find(|user| user.is_system).unwrap().id;
        for name in ["System", " sYsTeM "] {
            for scope in ["global", "none", "org:1"] {
                let wish = Assignment::new(maria, name).within(at(scope));
                assert_eq!(refused(world.auth.roles.assign(&SYSTEM(), &wish).await), Code::BuiltIn);
                assert_eq!(refused(world.auth.roles.assign(&superadmin, &wish).await), Code::AboveYourLevel);
                assert_eq!(refused(world.auth.roles.assign(&highest, &wish).await), Code::AboveYourLevel);
            }
            let scope = Scope::global();
            assert_eq!(
                refused(world.auth.roles.remove(&SYSTEM(), system_user, name, &scope).await),
                Code::BuiltIn
            );
            let outcome = world.auth.roles.remove(&superadmin, system_user, name, &scope).await;
            assert_eq!(refused(outcome), Code::AboveYourLevel);
        }
    });
}

#[test]
fn a_refusal_does_not_tell_that_a_role_exists() {
    on_each(|world| async move {
        let maria = cast(&world).await;
        let roles = &world.auth.roles;
        world.give(maria, "editor", "org:1").await;
        let outsider = world.actor_with("outsider", "OrgOwner", "org:1").await;
        let holder = world.actor_with("holder", "editor", "org:2").await;
        let reader = world.actor_with("reader", "Admin", "global").await;
        world.role("secret", Some(95), &[]).await;
        for (actor, role, code) in [
            (&outsider, "editor", Code::RoleNotFound),
            (&outsider, "missing", Code::RoleNotFound),
            (&holder, "editor", Code::AboveYourLevel),
            (&holder, "EDITOR", Code::AboveYourLevel),
            (&holder, "secret", Code::RoleNotFound),
            (&reader, "secret", Code::AboveYourLevel),
        ] {
            let wish = Assignment::new(maria, role).within(at("org:1"));
            assert_eq!(refused(roles.assign(actor, &wish).await), code, "{role}");
            assert_eq!(refused(roles.remove(actor, maria, role, &at("org:1")).await), code, "{role}");
        }
        // The same caller can assign a role that is theirs to assign.
        let wish = Assignment::new(maria, "OrgAdmin").within(at("org:1"));
        roles.assign(&outsider, &wish).await.unwrap();
    });
}

#[test]
fn members_are_those_within_a_scope_page_by_page() {
    on_each(|world| async move {
        cast(&world).await;
        let roles = &world.auth.roles;
        for n in 0..7 {
            let user = world.holder(&format!("person{n}"), "editor", "org:1").await;
            world.give(user, "editor", if n % 2 == 0 { "org:1/team:1" } else { "org:10" }).await;
        }
        let gone = world.holder("gone", "editor", "org:1").await;
        world.auth.admin.delete_user(&SYSTEM(), gone, "").await.unwrap();
        let admin = world.actor_with("chief", "Admin", "org:1").await;
        for (scope, count) in
            [("org:1", 11), ("org:1/team:1", 4), ("org:10", 3), ("global", 14), ("org:2", 0)]
        {
            let scope = at(scope);
            for limit in [1, 3, 200] {
                let scope = &scope;
                let found =
                    every(
                        limit,
                        |page| async move { roles.members(&SYSTEM(), "EDITOR", scope, &page).await },
                    );
                let found = found.await;
                let mut ids: Vec<_> = found.iter().map(|grant| grant.id).collect();
                assert!(ids.is_sorted());
                ids.dedup();
                assert_eq!((ids.len(), found.len()), (count, count), "{scope}, page size {limit}");
                assert!(found.iter().all(|grant| scope.covers(&grant.scope)));
            }
            let seen = roles.members(&admin, "editor", &scope, &PageRequest::default()).await;
            assert_eq!(seen.is_ok(), at("org:1").covers(&scope), "{scope}");
        }
        assert_eq!(
            refused(roles.members(&SYSTEM(), "none", &Scope::global(), &PageRequest::default()).await),
            Code::RoleNotFound
        );
        assert_eq!(
            refused(roles.members(&SYSTEM(), "editor", &Scope::global(), &after("x")).await),
            Code::BadCursor
        );
    });
}

#[test]
fn of_others_one_sees_the_grants_in_ones_own_scopes_only() {
    on_each(|world| async move {
        let maria = cast(&world).await;
        for scope in ["global", "none", "org:1/team:1", "org:10", "org:2"] {
            world.give(maria, "editor", scope).await;
        }
        let roles = &world.auth.roles;
        let there = world.actor_with("there", "Admin", "org:1").await;
        world.give(there.user_id().unwrap(), "Admin", "org:2").await;
        let there = world.as_user(there.user_id().unwrap()).await;
        let nothing = world.actor_with("nothing", "editor", "global").await;
        let all = world.actor_with("all", "Admin", "global").await;
        let own = world.as_user(maria).await;
        let everything = ["global", "none", "org:1/team:1", "org:10", "org:2"];
        assert_eq!(places(&roles.of_user(&there, maria).await.unwrap()), ["org:1/team:1", "org:2"]);
        assert_eq!(places(&roles.of_user(&all, maria).await.unwrap()), everything);
        assert_eq!(places(&roles.of_user(&own, maria).await.unwrap()), everything);
        assert_eq!(refused(roles.of_user(&nothing, maria).await), Code::Forbidden);
        assert_eq!(refused(roles.of_user(&Actor::anonymous(origin()), maria).await), Code::NotAuthenticated);
    });
}

#[test]
fn what_one_may_give_is_what_is_offered() {
    on_each(|world| async move {
        let maria = cast(&world).await;
        let roles = &world.auth.roles;
        let offered = |actor: Actor, scope: &'static str| async move {
            let found = roles.assignable(&actor, &at(scope)).await.unwrap();
            found.into_iter().map(|role| role.name).collect::<Vec<_>>()
        };
        let owner = world.actor_with("owner", "OrgOwner", "org:1").await;
        let moderator = world.actor_with("moderator", "Moderator", "global").await;
        let superadmin = world.actor_with("there", "SuperAdmin", "org:1").await;
        assert_eq!(
            offered(owner.clone(), "org:1").await,
            ["OrgAdmin", "OrgMember", "TeamLead", "TeamMember"]
        );
        assert_eq!(offered(owner, "org:2").await, [""; 0]);
        assert_eq!(offered(moderator, "none").await, ["editor", "User"]);
        assert!(!offered(SYSTEM(), "global").await.contains(&"System".to_owned()));
        for scope in ["global", "none", "org:1", "org:1/team:1", "org:2"] {
            let list = offered(superadmin.clone(), scope).await;
            for role in authtuna::model::role::BUILT_IN.iter().map(|role| role.name).chain(["editor"]) {
                let wish = Assignment::new(maria, role).within(at(scope));
                let given = roles.assign(&superadmin, &wish).await.is_ok();
                assert_eq!(list.contains(&role.to_owned()), given, "{role} in {scope}");
            }
        }
        assert_eq!(
            refused(roles.assignable(&Actor::anonymous(origin()), &at("org:1")).await),
            Code::NotAuthenticated
        );
    });
}
