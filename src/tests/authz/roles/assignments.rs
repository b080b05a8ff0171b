//! Assignments: where a role counts, and until when.

use std::time::Duration;

use authtuna::authz::actor::Actor;
use authtuna::authz::roles::Assignment;
use authtuna::model::code::Code;
use authtuna::model::id::UserId;
use authtuna::model::time::Timestamp;

use crate::support::population::{at, refused};
use crate::support::{World, on_each, origin};

const SYSTEM: fn() -> Actor = Actor::system;
const HOUR: Duration = Duration::from_secs(3600);

/// Creates a role that may write posts, and a user without any role of their own.
async fn cast(world: &World) -> UserId {
    world.role("editor", Some(30), &["posts:create"]).await;
    world.account("maria").await
}

fn in_scope(user: UserId, scope: &str) -> Assignment {
    Assignment::new(user, "editor").within(at(scope))
}

async fn may(world: &World, user: UserId, scope: &str) -> bool {
    world.as_user(user).await.require("posts:create", &at(scope)).is_ok()
}

#[test]
fn without_a_scope_a_grant_gives_nothing() {
    on_each(|world| async move {
        let maria = cast(&world).await;
        let grant = world.auth.roles.assign(&SYSTEM(), &Assignment::new(maria, "editor")).await.unwrap();
        assert!(grant.scope.is_none());
        let actor = world.as_user(maria).await;
        let access = actor.access().unwrap();
        for scope in ["global", "none", "org:1"] {
            assert!(!access.allows("posts:create", &at(scope)) && !access.has_role("editor", &at(scope)));
        }
        assert!(!access.holds_somewhere("editor"));
        assert_eq!(access.highest_level(), Some(0), "the level of the role User");
        // A holder in the scope `none` cannot assign what the role would let them assign.
        let holder = world.actor_with("jun", "SuperAdmin", "none").await;
        for wish in [Assignment::new(maria, "User"), in_scope(maria, "global"), in_scope(maria, "org:1")] {
            assert!(world.auth.roles.assign(&holder, &wish).await.is_err());
        }
    });
}

#[test]
fn a_grant_counts_in_its_scope_and_below() {
    on_each(|world| async move {
        let maria = cast(&world).await;
        world.give(maria, "editor", "org:1/team:2").await;
        for (scope, allowed) in [
            ("org:1/team:2", true),
            ("org:1/team:2/desk:3", true),
            ("org:1/team:20", false),
            ("org:1", false),
            ("org:1/team:3", false),
            ("org:2/team:2", false),
            ("team:2", false),
            ("global", false),
            ("none", false),
        ] {
            assert_eq!(may(&world, maria, scope).await, allowed, "{scope}");
        }
        world.give(maria, "editor", "global").await;
        assert!(may(&world, maria, "org:9").await && may(&world, maria, "global").await);
        assert!(!may(&world, maria, "none").await);
        // One assignment is removed; the other stays.
        assert_eq!(
            refused(world.auth.roles.remove(&SYSTEM(), maria, "editor", &at("org:1")).await),
            Code::GrantNotFound
        );
        world.take(maria, "editor", "global").await;
        assert!(!may(&world, maria, "org:9").await && may(&world, maria, "org:1/team:2").await);
    });
}

#[test]
fn a_grant_ends_at_its_moment_also_for_a_session_in_memory() {
    on_each(|world| async move {
        world.role("editor", Some(30), &["posts:create"]).await;
        let maria = world.person("maria").await;
        let end = world.clock.now().plus(Duration::from_secs(5));
        let wish = in_scope(maria.user, "org:1").until(end);
        world.auth.roles.assign(&SYSTEM(), &wish).await.unwrap();
        let cookie = &maria.session.cookie;
        let allowed = || async { world.actor(cookie).await.require("posts:create", &at("org:1")).is_ok() };
        assert!(allowed().await);
        world.clock.set(end.minus(Duration::from_micros(1)));
        assert!(allowed().await);
        world.clock.set(end);
        assert!(!allowed().await, "at that exact time");
        assert!(!may(&world, maria.user, "org:1").await);
        // A renewed assignment counts again at once.
        let end = end.plus(HOUR);
        let grant =
            world.auth.roles.assign(&SYSTEM(), &in_scope(maria.user, "org:1").until(end)).await.unwrap();
        assert_eq!(grant.expires_at, Some(end));
        assert!(allowed().await);
        world.auth.roles.assign(&SYSTEM(), &in_scope(maria.user, "org:1")).await.unwrap();
        world.clock.set(end.plus(Duration::from_secs(1)));
        assert!(may(&world, maria.user, "org:1").await, "the assignment no longer expires");
    });
}

#[test]
fn an_end_lies_ahead() {
    on_each(|world| async move {
        let maria = cast(&world).await;
        let (now, end) = (world.clock.now(), world.log_end().await);
        for bad in
            [now, now.minus(Duration::from_micros(1)), Timestamp::EPOCH, Timestamp::from_micros(i64::MIN)]
        {
            let outcome = world.auth.roles.assign(&SYSTEM(), &in_scope(maria, "org:1").until(bad)).await;
            assert_eq!(refused(outcome), Code::BadExpiry, "{bad:?}");
        }
        assert_eq!(world.log_end().await, end);
        for good in [now.plus(Duration::from_micros(1)), Timestamp::from_micros(i64::MAX)] {
            let grant =
                world.auth.roles.assign(&SYSTEM(), &in_scope(maria, "org:1").until(good)).await.unwrap();
            assert_eq!(grant.expires_at, Some(good));
        }
        assert!(may(&world, maria, "org:1").await);
    });
}

#[test]
fn what_one_has_already_is_not_given_again() {
    on_each(|world| async move {
        let maria = cast(&world).await;
        let first = world.give(maria, "editor", "org:1").await;
        let end = world.log_end().await;
        world.clock.advance(HOUR);
        let other = world.actor_with("chief", "Admin", "global").await;
        let skip = world.log_end().await - end;
        let again = world.auth.roles.assign(&other, &in_scope(maria, "org:1")).await.unwrap();
        assert_eq!(again, first, "its grantor and time stay the same");
        assert_eq!(world.log_end().await, end + skip);
        let until = world.clock.now().plus(HOUR);
        let shorter = world.auth.roles.assign(&other, &in_scope(maria, "org:1").until(until)).await.unwrap();
        assert_eq!((shorter.id, shorter.given_by), (first.id, other.user_id()));
        let log = world.log_since(end + skip).await;
        assert_eq!(
            (log.len(), log[0].event.as_str(), log[0].scope.as_deref()),
            (1, "ROLE_ASSIGNED", Some("org:1"))
        );
        assert_eq!(log[0].details["expires_at"], until.micros());
        assert!(log[0].details["before_expires_at"].is_null());
        world.auth.roles.assign(&other, &in_scope(maria, "org:1").until(until)).await.unwrap();
        assert_eq!(world.log_end().await, end + skip + 1);
    });
}

#[test]
fn nobody_is_given_a_role_who_is_not_there() {
    on_each(|world| async move {
        let maria = cast(&world).await;
        world.auth.admin.delete_user(&SYSTEM(), maria, "").await.unwrap();
        let nobody: UserId = "01890000-0000-7000-8000-000000000000".parse().unwrap();
        for user in [maria, nobody] {
            let outcome = world.auth.roles.assign(&SYSTEM(), &in_scope(user, "org:1")).await;
            assert_eq!(refused(outcome), Code::UserNotFound);
            let taken = world.auth.roles.remove(&SYSTEM(), user, "editor", &at("org:1")).await;
            assert_eq!(refused(taken), Code::GrantNotFound);
        }
        let outcome = world.auth.roles.assign(&SYSTEM(), &Assignment::new(maria, "none")).await;
        assert_eq!(refused(outcome), Code::RoleNotFound);
        let anonymous = Actor::anonymous(origin());
        assert_eq!(
            refused(world.auth.roles.assign(&anonymous, &in_scope(maria, "org:1")).await),
            Code::NotAuthenticated
        );
        assert_eq!(
            refused(world.auth.roles.remove(&anonymous, maria, "editor", &at("org:1")).await),
            Code::NotAuthenticated
        );
    });
}
