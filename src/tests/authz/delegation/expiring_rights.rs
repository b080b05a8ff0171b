//! Ways to escalate that the property test's worlds do not contain: rights that expire, users who
//! can no longer sign in, rights that were held a moment ago, spellings, and acting on another
//! user's behalf.

use std::time::Duration;

use authtuna::accounts::users::NewAccount;
use authtuna::authz::actor::Actor;
use authtuna::authz::roles::{Assignment, NewRole, RoleChange};
use authtuna::model::code::Code;
use authtuna::model::time::Timestamp;

use crate::support::population::{at, refused};
use crate::support::{World, on_each};

const SYSTEM: fn() -> Actor = Actor::system;
const SECOND: Duration = Duration::from_secs(1);

fn level(level: Option<i64>) -> RoleChange {
    RoleChange { level: Some(level), ..RoleChange::default() }
}

/// Creates a user who holds a role globally until a given time.
async fn for_a_while(world: &World, name: &str, role: &str, end: Timestamp) -> Actor {
    let user = world.account(name).await;
    let wish = Assignment::new(user, role).everywhere().until(end);
    world.auth.roles.assign(&SYSTEM(), &wish).await.unwrap();
    world.as_user(user).await
}

#[test]
fn nothing_is_given_for_longer_than_the_right_to_give_it_lasts() {
    on_each(|world| async move {
        let roles = &world.auth.roles;
        world.role("desk", Some(20), &[]).await;
        world.role("by-list", None, &[]).await;
        roles.let_assign(&SYSTEM(), "by-list", "desk").await.unwrap();
        let end = world.clock.now().plus(60 * SECOND);
        let moderator = for_a_while(&world, "moderator", "Moderator", end).await;
        let jun = world.account("jun").await;
        let wish = || Assignment::new(jun, "desk").within(at("org:1"));
        assert_eq!(refused(roles.assign(&moderator, &wish()).await), Code::OutlivesGiver);
        let outcome = roles.assign(&moderator, &wish().until(end.plus(Duration::from_micros(1)))).await;
        assert_eq!(refused(outcome), Code::OutlivesGiver);
        roles.assign(&moderator, &wish().until(end)).await.unwrap();
        assert_eq!(
            refused(roles.assign(&moderator, &wish()).await),
            Code::OutlivesGiver,
            "an expiring assignment cannot be made permanent either"
        );
        // The right to assign is permanent, but the level above the role's expires.
        world.give(moderator.user_id().unwrap(), "by-list", "global").await;
        assert_eq!(refused(roles.assign(&moderator, &wish()).await), Code::OutlivesGiver);
        // The right that lasts longest counts; this one covers one scope.
        world.give(moderator.user_id().unwrap(), "Moderator", "org:1").await;
        assert_eq!(refused(roles.assign(&moderator, &wish().everywhere()).await), Code::OutlivesGiver);
        roles.assign(&moderator, &wish()).await.unwrap();
        // Removing an assignment needs no lasting right.
        roles.remove(&moderator, jun, "desk", &at("org:1")).await.unwrap();
        let wish = Assignment::new(jun, "desk").everywhere().until(end.plus(SECOND));
        world.clock.set(end);
        assert_eq!(
            refused(roles.assign(&moderator, &wish).await),
            Code::RoleNotFound,
            "the right ends at that exact time"
        );
    });
}

#[test]
fn a_right_that_ends_is_not_made_to_last_by_editing_a_role() {
    on_each(|world| async move {
        let roles = &world.auth.roles;
        world.role("lasting", Some(10), &[]).await;
        world.role("list", None, &[]).await;
        world.role("boss", Some(80), &["roles:manage", "posts:own", "roles:assign:list"]).await;
        world.role("middle", Some(20), &[]).await;
        world.permissions(&["posts:granted"]).await;
        roles.let_grant(&SYSTEM(), "boss", "posts:granted").await.unwrap();
        let end = world.clock.now().plus(60 * SECOND);
        let boss = for_a_while(&world, "maria", "boss", end).await;
        let maria = boss.user_id().unwrap();
        world.give(maria, "lasting", "global").await;
        world.give(maria, "list", "global").await;
        let before = world.catalogue().await;
        for permission in ["posts:own", "posts:granted", "roles:assign:list", "roles:manage"] {
            for role in ["lasting", "list", "User"] {
                assert_eq!(refused(roles.add_permission(&boss, role, permission).await), Code::OutlivesGiver);
                assert_eq!(refused(roles.let_grant(&boss, role, permission).await), Code::OutlivesGiver);
            }
        }
        assert_eq!(refused(roles.let_assign(&boss, "lasting", "list").await), Code::OutlivesGiver);
        assert_eq!(refused(roles.let_assign(&boss, "list", "middle").await), Code::OutlivesGiver);
        assert_eq!(refused(roles.update(&boss, "lasting", &level(Some(79))).await), Code::OutlivesGiver);
        assert_eq!(refused(roles.update(&boss, "lasting", &level(None)).await), Code::OutlivesGiver);
        assert_eq!(refused(roles.update(&boss, "list", &level(Some(0))).await), Code::OutlivesGiver);
        assert_eq!(refused(roles.delete(&boss, "lasting").await), Code::OutlivesGiver);
        let new = NewRole { permissions: vec!["posts:own".to_owned()], ..NewRole::named("new", "") };
        assert_eq!(refused(roles.create(&boss, &new).await), Code::OutlivesGiver);
        assert_eq!(world.catalogue().await, before);
        // These changes give no one anything, so they need no lasting right.
        let change = RoleChange { description: Some("Words".to_owned()), ..RoleChange::default() };
        roles.update(&boss, "middle", &change).await.unwrap();
        roles.create(&boss, &NewRole { level: Some(5), ..NewRole::named("empty", "") }).await.unwrap();
        world.clock.set(end);
        let after = world.as_user(maria).await;
        assert_eq!(after.access().unwrap().highest_level(), Some(10));
        world.clock.set(end.minus(SECOND));
        // A user who also holds the role permanently may.
        world.give(maria, "boss", "global").await;
        roles.add_permission(&boss, "lasting", "posts:own").await.unwrap();
        roles.let_grant(&boss, "lasting", "posts:granted").await.unwrap();
        roles.let_assign(&boss, "lasting", "list").await.unwrap();
        roles.update(&boss, "lasting", &level(Some(79))).await.unwrap();
        roles.delete(&boss, "lasting").await.unwrap();
    });
}

/// The permanent level decides which level may be set permanently.
#[test]
fn a_level_set_for_good_is_below_the_level_that_one_has_for_good() {
    on_each(|world| async move {
        let roles = &world.auth.roles;
        world.role("boss", Some(80), &["roles:manage"]).await;
        world.role("deputy", Some(50), &["roles:manage"]).await;
        world.role("desk", Some(10), &[]).await;
        let end = world.clock.now().plus(60 * SECOND);
        let boss = for_a_while(&world, "maria", "boss", end).await;
        world.give(boss.user_id().unwrap(), "deputy", "global").await;
        world.give(boss.user_id().unwrap(), "desk", "global").await;
        assert_eq!(refused(roles.update(&boss, "desk", &level(Some(79))).await), Code::OutlivesGiver);
        assert_eq!(refused(roles.update(&boss, "desk", &level(Some(50))).await), Code::OutlivesGiver);
        assert_eq!(refused(roles.update(&boss, "desk", &level(Some(80))).await), Code::AboveYourLevel);
        roles.update(&boss, "desk", &level(Some(49))).await.unwrap();
    });
}

#[test]
fn what_was_true_when_a_request_began_counts_no_more() {
    on_each(|world| async move {
        let (auth, roles) = (&world.auth, &world.auth.roles);
        world.role("desk", Some(20), &["posts:edit"]).await;
        let (jun, kim) = (world.holder("jun", "desk", "org:1").await, world.account("kim").await);
        let [taken, suspended, deleted, ended] = ["taken", "suspended", "deleted", "ended"];
        let end = world.clock.now().plus(60 * SECOND);
        let mut actors = Vec::new();
        for name in [taken, suspended, deleted] {
            actors.push((name, world.actor_with(name, "SuperAdmin", "global").await));
        }
        actors.push((ended, for_a_while(&world, ended, "SuperAdmin", end).await));
        let id = |n: usize| actors[n].1.user_id().unwrap();
        world.take(id(0), "SuperAdmin", "global").await;
        auth.admin.suspend(&SYSTEM(), id(1), "").await.unwrap();
        auth.admin.delete_user(&SYSTEM(), id(2), "").await.unwrap();
        world.clock.set(end);
        let (before, log) = (world.catalogue().await, world.log_end().await);
        let change = RoleChange { add_permissions: vec!["users:read".to_owned()], ..RoleChange::default() };
        let account = NewAccount {
            username: "otto".to_owned(),
            email: "otto@example.org".to_owned(),
            ..NewAccount::default()
        };
        for (name, actor) in &actors {
            let gone = matches!(*name, "suspended" | "deleted");
            // Their level comes from the role User.
            let (without, below) = if gone {
                (Code::NotAuthenticated, Code::NotAuthenticated)
            } else {
                (Code::Forbidden, Code::RoleNotFound)
            };
            let wish = Assignment::new(kim, "desk").within(at("org:1"));
            assert_eq!(refused(roles.assign(actor, &wish).await), below, "{name}");
            assert_eq!(refused(roles.remove(actor, jun, "desk", &at("org:1")).await), below, "{name}");
            assert_eq!(refused(roles.create(actor, &NewRole::named("new", "")).await), without);
            assert_eq!(refused(roles.get_or_create(actor, &NewRole::named("desk", "")).await), without);
            assert_eq!(refused(roles.update(actor, "desk", &change).await), without);
            assert_eq!(refused(roles.delete(actor, "desk").await), without);
            assert_eq!(refused(auth.explorer.what_if(actor, "desk", &change).await), without);
            assert_eq!(refused(auth.permissions.create(actor, "posts:new", "").await), without);
            assert_eq!(refused(auth.permissions.update(actor, "posts:edit", "x").await), without);
            assert_eq!(refused(auth.permissions.delete(actor, "posts:edit").await), without);
            assert_eq!(refused(auth.admin.suspend(actor, jun, "").await), without);
            assert_eq!(refused(auth.admin.delete_user(actor, jun, "").await), without);
            assert_eq!(refused(auth.users.create(actor, &account).await), without, "{name}");
            let offered = roles.assignable(actor, &at("global")).await;
            assert!(if gone { offered.is_err() } else { offered.unwrap().is_empty() });
        }
        assert_eq!(world.catalogue().await, before);
        assert_eq!(world.log_end().await, log);
    });
}

#[test]
fn no_spelling_leads_around_a_rule() {
    on_each(|world| async move {
        let roles = &world.auth.roles;
        world.role("Desk", Some(60), &["posts:edit"]).await;
        world.role("lead", Some(50), &["roles:manage", "roles:read"]).await;
        let lead = world.actor_with("lead", "lead", "global").await;
        let oneself = lead.user_id().unwrap();
        let before = world.catalogue().await;
        for name in ["Desk", "desk", "DESK", " desk ", "\u{a0}desk", "desk\u{3000}", "\tDESK\n"] {
            let wish = Assignment::new(oneself, name).everywhere();
            assert_eq!(refused(roles.assign(&lead, &wish).await), Code::AboveYourLevel, "{name:?}");
            assert_eq!(refused(roles.add_permission(&lead, name, "roles:read").await), Code::AboveYourLevel);
            assert_eq!(refused(roles.delete(&lead, name).await), Code::AboveYourLevel, "{name:?}");
            assert_eq!(
                refused(roles.let_assign(&lead, "User", name).await),
                Code::AboveYourLevel,
                "{name:?}"
            );
            assert_eq!(refused(roles.create(&lead, &NewRole::named(name, "")).await), Code::RoleExists);
        }
        for name in ["de\u{17f}k", "desk\u{200b}", "desk\0", "\u{ff44}esk", "d%", "desk'--"] {
            let wish = Assignment::new(oneself, name).everywhere();
            assert_eq!(refused(roles.assign(&lead, &wish).await), Code::RoleNotFound, "{name:?}");
            assert_eq!(roles.get(&lead, name).await.unwrap(), None, "{name:?}");
            assert_eq!(refused(roles.create(&lead, &NewRole::named(name, "")).await), Code::BadRoleName);
        }
        for permission in
            ["roles:assign:Desk", "ROLES:ASSIGN:DESK", "posts:Edit", "posts:edit\0", "roles:assign:desk:x"]
        {
            let code = refused(roles.add_permission(&lead, "User", permission).await);
            assert_eq!(code, Code::PermissionNotFound, "{permission:?}");
        }
        for permission in [" roles:assign:desk ", "posts:edit\n", "roles:assign:lead"] {
            assert_eq!(refused(roles.add_permission(&lead, "User", permission).await), Code::NotYoursToGive);
        }
        assert_eq!(world.catalogue().await, before);
    });
}

#[test]
fn whoever_holds_everything_in_one_scope_holds_nothing_beside_it() {
    on_each(|world| async move {
        let (auth, roles) = (&world.auth, &world.auth.roles);
        world.role("desk", Some(20), &["posts:edit"]).await;
        let here = world.actor_with("here", "SuperAdmin", "org:1").await;
        let jun = world.account("jun").await;
        for scope in ["global", "none", "org:2", "org:10", "org:1x"] {
            for role in ["desk", "Admin", "OrgOwner", "User"] {
                let wish = Assignment::new(jun, role).within(at(scope));
                assert!(roles.assign(&here, &wish).await.is_err(), "{role} in {scope}");
            }
        }
        for (role, code) in [("SuperAdmin", Code::AboveYourLevel), ("System", Code::RoleNotFound)] {
            let wish = Assignment::new(jun, role).within(at("org:1"));
            assert_eq!(refused(roles.assign(&here, &wish).await), code, "{role}");
        }
        roles.assign(&here, &Assignment::new(jun, "Admin").within(at("org:1/team:1"))).await.unwrap();
        let before = world.catalogue().await;
        assert_eq!(refused(roles.create(&here, &NewRole::named("new", "")).await), Code::Forbidden);
        assert_eq!(refused(roles.add_permission(&here, "User", "posts:edit").await), Code::Forbidden);
        assert_eq!(refused(roles.delete(&here, "desk").await), Code::Forbidden);
        assert_eq!(refused(auth.permissions.create(&here, "posts:new", "").await), Code::Forbidden);
        assert_eq!(refused(auth.admin.suspend(&here, jun, "").await), Code::Forbidden);
        assert_eq!(world.catalogue().await, before);
    });
}

#[test]
fn only_the_program_acts_for_somebody_and_only_with_what_they_may() {
    on_each(|world| async move {
        let (auth, roles) = (&world.auth, &world.auth.roles);
        let boss = world.actor_with("boss", "SuperAdmin", "global").await;
        let (lead, jun) = (world.holder("lead", "OrgOwner", "org:1").await, world.account("jun").await);
        for actor in [&boss, &Actor::anonymous(crate::support::origin())] {
            assert_eq!(refused(auth.on_behalf_of(actor, lead).await), Code::Forbidden);
        }
        let acting = world.as_user(lead).await;
        assert_eq!((acting.user_id(), acting.session_id()), (Some(lead), None));
        assert_eq!(
            refused(acting.user()),
            Code::NotAuthenticated,
            "acting on behalf of a user has no session"
        );
        assert_eq!(refused(acting.require_system()), Code::Forbidden);
        let end = world.log_end().await;
        roles.assign(&acting, &Assignment::new(jun, "OrgMember").within(at("org:1"))).await.unwrap();
        let outside = Assignment::new(jun, "OrgMember").within(at("org:2"));
        assert_eq!(refused(roles.assign(&acting, &outside).await), Code::RoleNotFound);
        let log = world.log_since(end).await;
        assert_eq!((log.len(), log[0].actor, log[0].user), (1, Some(lead), Some(jun)));
        let system = authtuna::foundation::names::Username::parse("system").unwrap();
        let system = auth.users.get_by_username(&SYSTEM(), &system).await.unwrap().unwrap().id;
        auth.admin.suspend(&SYSTEM(), jun, "").await.unwrap();
        for user in [system, jun, "01890000-0000-7000-8000-000000000000".parse().unwrap()] {
            assert_eq!(refused(auth.on_behalf_of(&SYSTEM(), user).await), Code::UserNotFound);
        }
    });
}
