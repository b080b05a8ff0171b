//! Roles without a level: no level opens them, only lists and permissions do.

use authtuna::authz::actor::Actor;
use authtuna::authz::roles::{Assignment, RoleChange};
use authtuna::model::code::Code;

use crate::support::population::{at, refused};
use crate::support::{World, on_each};

fn rank(level: Option<i64>) -> RoleChange {
    RoleChange { level: Some(level), ..RoleChange::default() }
}

/// Returns `by_level`, whose level is just below System's, and three users who may assign `guest`
/// in `org:1`.
async fn cast(world: &World) -> [Actor; 4] {
    let roles = &world.auth.roles;
    world.role("guest", None, &["posts:read"]).await;
    world.role("by-level", Some(998), &["roles:manage"]).await;
    world.role("by-list", None, &[]).await;
    world.role("by-permission", None, &["roles:assign:guest"]).await;
    roles.let_assign(&Actor::system(), "by-list", "guest").await.unwrap();
    [
        world.actor_with("by-level", "by-level", "global").await,
        world.actor_with("by-list", "by-list", "org:1").await,
        world.actor_with("by-permission", "by-permission", "org:1").await,
        world.actor_with("superadmin-here", "SuperAdmin", "org:1").await,
    ]
}

#[test]
fn a_level_alone_gives_no_role_that_has_none() {
    on_each(|world| async move {
        let [by_level, by_list, by_permission, superadmin] = cast(&world).await;
        let jun = world.account("jun").await;
        let (roles, here) = (&world.auth.roles, at("org:1/team:1"));
        let wish = Assignment::new(jun, "guest").within(here.clone());
        assert_eq!(refused(roles.assign(&by_level, &wish).await), Code::Forbidden);
        for actor in [by_list, by_permission, superadmin] {
            roles.assign(&actor, &wish).await.unwrap();
            assert_eq!(refused(roles.remove(&by_level, jun, "guest", &here).await), Code::Forbidden);
            let elsewhere = Assignment::new(jun, "guest").within(at("org:2"));
            assert!(roles.assign(&actor, &elsewhere).await.is_err());
            assert!(
                roles.assign(&actor, &Assignment::new(jun, "guest")).await.is_err(),
                "the scope `none` needs a global right"
            );
            roles.remove(&actor, jun, "guest", &here).await.unwrap();
        }
    });
}

#[test]
fn who_may_not_give_an_unlevelled_role_may_edit_but_not_rank_or_delete_it() {
    on_each(|world| async move {
        let [by_level, by_list, ..] = cast(&world).await;
        let roles = &world.auth.roles;
        let before = world.catalogue().await;
        // If they could set a level below their own, they could assign it; if they could delete it,
        // they could create another one of its name.
        assert_eq!(refused(roles.update(&by_level, "guest", &rank(Some(1))).await), Code::Forbidden);
        assert_eq!(refused(roles.delete(&by_level, "guest").await), Code::Forbidden);
        assert_eq!(refused(roles.let_assign(&by_level, "by-list", "by-permission").await), Code::Forbidden);
        assert_eq!(refused(roles.delete(&by_list, "guest").await), Code::Forbidden);
        assert_eq!(world.catalogue().await, before);
        roles.remove_permission(&by_level, "guest", "posts:read").await.unwrap();

        world.give(by_level.user_id().unwrap(), "by-permission", "org:1").await;
        assert_eq!(
            refused(roles.update(&by_level, "guest", &rank(Some(1))).await),
            Code::Forbidden,
            "they may assign it only in org:1"
        );
        world.give(by_level.user_id().unwrap(), "by-permission", "global").await;
        assert_eq!(refused(roles.update(&by_level, "guest", &rank(Some(998))).await), Code::AboveYourLevel);
        roles.update(&by_level, "guest", &rank(Some(997))).await.unwrap();
        roles.update(&by_level, "guest", &rank(None)).await.unwrap();
        roles.delete(&by_level, "guest").await.unwrap();
    });
}

#[test]
fn who_may_give_a_role_by_a_list_may_not_when_it_is_above_them() {
    on_each(|world| async move {
        let [_, by_list, by_permission, superadmin] = cast(&world).await;
        let roles = &world.auth.roles;
        roles.update(&Actor::system(), "guest", &rank(Some(0))).await.unwrap();
        let jun = world.account("jun").await;
        let wish = Assignment::new(jun, "guest").within(at("org:1"));
        // Their only level comes from the global role User.
        for actor in [by_list, by_permission] {
            let seen = refused(roles.assign(&actor, &wish).await);
            assert_eq!(
                seen,
                Code::RoleNotFound,
                "a role that they may neither see nor assign counts as missing"
            );
            let user = actor.user_id().unwrap();
            world.give(user, "guest", "org:2").await;
            assert_eq!(refused(roles.assign(&actor, &wish).await), Code::AboveYourLevel);
        }
        roles.assign(&superadmin, &wish).await.unwrap();
    });
}
