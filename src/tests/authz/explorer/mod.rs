//! The access explorer: it explains why a user may do something, and discloses nothing that the
//! caller may not see.

mod what_if;
mod who_can;

use std::time::Duration;

use authtuna::authz::actor::Actor;
use authtuna::authz::explorer::{Chain, Explanation};
use authtuna::authz::roles::Assignment;
use authtuna::model::code::Code;
use authtuna::model::id::UserId;
use authtuna::model::page::PageRequest;

use crate::support::population::{at, refused};
use crate::support::{World, on_each, origin};

const SYSTEM: fn() -> Actor = Actor::system;
const HOUR: Duration = Duration::from_secs(3600);
const NOBODY: &str = "01890000-0000-7000-8000-000000000000";

/// Creates two roles that may publish and one that may not.
async fn cast(world: &World) -> UserId {
    world.role("editor", Some(30), &["posts:publish", "posts:edit"]).await;
    world.role("chief", Some(40), &["posts:publish"]).await;
    world.role("guest", Some(10), &["posts:read"]).await;
    world.account("maria").await
}

fn ways(chains: &[Chain]) -> Vec<String> {
    let mut ways: Vec<String> =
        chains.iter().map(|chain| format!("{} in {}", chain.grant.role, chain.grant.scope)).collect();
    ways.sort();
    ways
}

async fn why(world: &World, actor: &Actor, user: UserId, scope: &str) -> Explanation {
    world.auth.explorer.explain(actor, user, "posts:publish", &at(scope)).await.unwrap()
}

#[test]
fn a_yes_names_every_grant_that_allows_it() {
    on_each(|world| async move {
        let maria = cast(&world).await;
        let boss = world.actor_with("boss", "Admin", "global").await;
        let end = world.clock.now().plus(HOUR);
        let wish = Assignment::new(maria, "chief").everywhere().until(end);
        world.auth.roles.assign(&boss, &wish).await.unwrap();
        world.give(maria, "editor", "org:1").await;
        world.give(maria, "guest", "org:1").await;
        world.give(maria, "SuperAdmin", "org:1/team:1").await;
        let found = why(&world, &SYSTEM(), maria, "org:1/team:1").await;
        assert!(found.allowed && found.may_enter && found.complete);
        assert_eq!(ways(&found.chains), ["SuperAdmin in org:1/team:1", "chief in global", "editor in org:1"]);
        assert!(found.elsewhere.is_empty() && found.expired.is_empty());
        let of = |role| found.chains.iter().find(|chain| chain.grant.role == role).unwrap();
        let chief = &of("chief").grant;
        assert_eq!((chief.given_by, chief.expires_at), (boss.user_id(), Some(end)));
        assert_eq!((of("editor").grant.given_by, of("editor").grant.expires_at), (None, None));
        assert_eq!((of("SuperAdmin").by_rule, of("chief").by_rule), (true, false));
        assert_eq!(found.carried_by, ["chief", "editor", "SuperAdmin"]);
    });
}

#[test]
fn a_no_says_what_is_missing() {
    on_each(|world| async move {
        let maria = cast(&world).await;
        let end = world.clock.now().plus(HOUR);
        let until = Assignment::new(maria, "chief").everywhere().until(end);
        world.auth.roles.assign(&SYSTEM(), &until).await.unwrap();
        let until = Assignment::new(maria, "chief").within(at("org:2")).until(end);
        world.auth.roles.assign(&SYSTEM(), &until).await.unwrap();
        world.give(maria, "editor", "org:1/team:1").await;
        world.give(maria, "editor", "none").await;
        world.give(maria, "guest", "org:1").await;
        assert!(why(&world, &SYSTEM(), maria, "org:1").await.allowed);
        world.clock.set(end);
        let found = why(&world, &SYSTEM(), maria, "org:1").await;
        assert!(!found.allowed && found.may_enter && found.chains.is_empty());
        assert_eq!(
            ways(&found.elsewhere),
            ["editor in none", "editor in org:1/team:1"],
            "no expired assignment"
        );
        assert_eq!(ways(&found.expired), ["chief in global"]);
        assert_eq!(found.carried_by, ["chief", "editor", "SuperAdmin"]);
        let nowhere = why(&world, &SYSTEM(), maria, "none").await;
        assert!(!nowhere.allowed && nowhere.chains.is_empty());
        for (user, permission, code) in [
            (maria, "posts:missing", Code::PermissionNotFound),
            (maria, "", Code::PermissionNotFound),
            (maria, "Posts:Publish", Code::PermissionNotFound),
            (NOBODY.parse().unwrap(), "posts:publish", Code::UserNotFound),
        ] {
            let outcome = world.auth.explorer.explain(&SYSTEM(), user, permission, &at("org:1")).await;
            assert_eq!(refused(outcome), code, "{permission}");
        }
    });
}

/// Permission names are trimmed here as everywhere else: an answer about another name would be a
/// wrong "no".
#[test]
fn blanks_around_a_name_change_no_answer() {
    on_each(|world| async move {
        let maria = cast(&world).await;
        world.give(maria, "editor", "org:1").await;
        let (explorer, scope) = (&world.auth.explorer, at("org:1"));
        assert!(explorer.explain(&SYSTEM(), maria, " posts:publish ", &scope).await.unwrap().allowed);
        let page = PageRequest::default();
        let plain = explorer.who_can(&SYSTEM(), "posts:publish", &scope, &page).await.unwrap();
        assert!(plain.items.iter().any(|holder| holder.user == maria));
        assert_eq!(explorer.who_can(&SYSTEM(), " posts:publish\n", &scope, &page).await.unwrap(), plain);
    });
}

#[test]
fn who_may_not_come_in_may_nothing_whatever_they_hold() {
    on_each(|world| async move {
        let (maria, jun) = (cast(&world).await, world.account("jun").await);
        for user in [maria, jun] {
            world.give(user, "editor", "org:1").await;
        }
        world.auth.admin.suspend(&SYSTEM(), maria, "").await.unwrap();
        world.auth.admin.delete_user(&SYSTEM(), jun, "").await.unwrap();
        for user in [maria, jun] {
            let found = why(&world, &SYSTEM(), user, "org:1").await;
            assert!(!found.allowed && !found.may_enter);
            assert_eq!(ways(&found.chains), ["editor in org:1"], "what they will have again once restored");
        }
        let scope = at("org:1");
        let list =
            world.auth.explorer.who_can(&SYSTEM(), "posts:publish", &scope, &PageRequest::default()).await;
        assert!(list.unwrap().items.iter().all(|holder| holder.user != maria && holder.user != jun));
    });
}

#[test]
fn who_sees_one_scope_learns_nothing_of_others() {
    on_each(|world| async move {
        let maria = cast(&world).await;
        let viewer = world.actor_with("viewer", "Admin", "org:1").await;
        world.give(maria, "chief", "global").await;
        world.give(maria, "chief", "org:2").await;
        let explorer = &world.auth.explorer;
        // A user of whom the viewer may see nothing counts as missing.
        let nobody = NOBODY.parse().unwrap();
        for user in [maria, nobody] {
            for scope in ["org:1", "org:1/team:1"] {
                let outcome = explorer.explain(&viewer, user, "posts:publish", &at(scope)).await;
                assert_eq!(refused(outcome), Code::UserNotFound);
            }
            assert_eq!(refused(explorer.what_can(&viewer, user).await), Code::UserNotFound);
            for scope in ["global", "org:2", "org:10", "none"] {
                let outcome = explorer.explain(&viewer, user, "posts:publish", &at(scope)).await;
                assert_eq!(refused(outcome), Code::Forbidden, "{scope}");
            }
        }
        // If the viewer may see the user, the explorer shows what is in the viewer's scope.
        world.give(maria, "guest", "org:1/team:1").await;
        let found = why(&world, &viewer, maria, "org:1").await;
        assert!(!found.allowed && !found.complete, "incomplete: limited to what they may see");
        assert!(found.chains.is_empty() && found.elsewhere.is_empty() && found.carried_by.is_empty());
        world.give(maria, "editor", "org:1").await;
        let found = why(&world, &viewer, maria, "org:1").await;
        assert!(found.allowed && !found.complete);
        assert_eq!(ways(&found.chains), ["editor in org:1"]);
        let held = explorer.what_can(&viewer, maria).await.unwrap();
        let held: Vec<_> = held.iter().map(|held| (held.role.as_str(), held.scope.as_str())).collect();
        assert_eq!(held, [("editor", "org:1"), ("guest", "org:1/team:1")]);
        // Without a right to see roles they see nothing.
        let guest = world.actor_with("guest", "guest", "org:1").await;
        assert_eq!(
            refused(explorer.explain(&guest, maria, "posts:publish", &at("org:1")).await),
            Code::Forbidden
        );
        assert_eq!(refused(explorer.what_can(&guest, maria).await), Code::Forbidden);
    });
}

#[test]
fn ones_own_access_is_open() {
    on_each(|world| async move {
        let maria = cast(&world).await;
        world.give(maria, "editor", "org:1").await;
        world.give(maria, "chief", "org:2").await;
        let actor = world.as_user(maria).await;
        let found = why(&world, &actor, maria, "org:1").await;
        assert!(found.allowed && found.complete);
        assert_eq!(
            (ways(&found.chains), ways(&found.elsewhere)),
            (vec!["editor in org:1".to_owned()], vec!["chief in org:2".to_owned()])
        );
        assert!(found.carried_by.is_empty(), "they may not see which roles exist");
        let held = world.auth.explorer.what_can(&actor, maria).await.unwrap();
        let held: Vec<_> = held.into_iter().map(|held| (held.role, held.permissions.len())).collect();
        assert_eq!(held, [("User".to_owned(), 0), ("editor".to_owned(), 2), ("chief".to_owned(), 1)]);
        let anonymous = Actor::anonymous(origin());
        let explorer = &world.auth.explorer;
        assert_eq!(
            refused(explorer.explain(&anonymous, maria, "posts:edit", &at("org:1")).await),
            Code::NotAuthenticated
        );
        assert_eq!(refused(explorer.what_can(&anonymous, maria).await), Code::NotAuthenticated);
        let page = PageRequest::default();
        let outcome = explorer.who_can(&anonymous, "posts:edit", &at("org:1"), &page).await;
        assert_eq!(refused(outcome), Code::NotAuthenticated);
        assert_eq!(
            refused(explorer.who_can(&actor, "posts:edit", &at("org:1"), &page).await),
            Code::Forbidden
        );
        assert_eq!(refused(explorer.what_can(&SYSTEM(), NOBODY.parse().unwrap()).await), Code::UserNotFound);
    });
}
