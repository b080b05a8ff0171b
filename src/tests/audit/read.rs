//! Reading other users' data: who may, and that the audit log records every way to read it.

use std::time::Duration;

use authtuna::audit::AuditFilter;
use authtuna::authz::actor::Actor;
use authtuna::foundation::names::{Email, Username};
use authtuna::model::code::Code;
use authtuna::model::page::PageRequest;

use crate::support::population::{after, at, every, refused};
use crate::support::{World, on_each, origin};

const SYSTEM: fn() -> Actor = Actor::system;

async fn log(world: &World, filter: AuditFilter, limit: u32) -> Vec<String> {
    let filter = &filter;
    let found =
        every(limit, |page| async move { world.auth.audit.search(&SYSTEM(), filter, &page).await }).await;
    assert!(found.is_sorted_by(|a, b| a.seq > b.seq), "newest first");
    found.into_iter().map(|entry| entry.event).collect()
}

#[test]
fn sessions_of_others_are_listed_and_ended() {
    on_each(|world| async move {
        let moderator = world.actor_with("moderator", "Moderator", "global").await;
        let (one, jun) = (world.person("maria").await, world.person("jun").await);
        let other = world.sign_in("maria", origin()).await.unwrap();
        for session in [&one, &other, &jun] {
            assert!(
                world.opens(&session.session.cookie).await.is_some(),
                "the session is cached from now on"
            );
        }
        let end = world.log_end().await;
        let listed = world.auth.admin.sessions_of(&moderator, one.user).await.unwrap();
        assert!(listed.len() == 2 && listed.iter().all(|session| !session.current));
        let noted = world.log_since(end).await;
        assert_eq!(
            (noted[0].event.as_str(), noted[0].user, noted[0].actor),
            ("USER_READ", Some(one.user), moderator.user_id())
        );
        // Only a session of that user.
        let outcome = world.auth.admin.end_session_of(&moderator, one.user, jun.session.id).await;
        assert_eq!(refused(outcome), Code::NotFound);
        world.auth.admin.end_session_of(&moderator, one.user, other.session.id).await.unwrap();
        assert_eq!(world.opens(&other.session.cookie).await, None, "at once");
        assert!(world.opens(&one.session.cookie).await.is_some());
        let again = world.auth.admin.end_session_of(&moderator, one.user, other.session.id).await;
        assert_eq!(refused(again), Code::NotFound);
        assert_eq!(world.auth.admin.end_sessions_of(&moderator, one.user).await.unwrap(), 1);
        assert_eq!(world.opens(&one.session.cookie).await, None);
        assert!(world.opens(&jun.session.cookie).await.is_some());
        assert_eq!(world.auth.admin.end_sessions_of(&moderator, one.user).await.unwrap(), 0);
        assert_eq!(
            world.events_since(end).await,
            ["USER_READ", "SESSION_TERMINATED", "SESSIONS_TERMINATED_ALL"]
        );
        let actor = world.actor(&jun.session.cookie).await;
        assert_eq!(refused(world.auth.admin.sessions_of(&actor, one.user).await), Code::Forbidden);
        assert_eq!(
            refused(world.auth.admin.sessions_of(&Actor::anonymous(origin()), one.user).await),
            Code::NotAuthenticated
        );
        let nobody = "01890000-0000-7000-8000-000000000000".parse().unwrap();
        assert_eq!(refused(world.auth.admin.sessions_of(&moderator, nobody).await), Code::UserNotFound);
    });
}

#[test]
fn whoever_reads_about_somebody_else_is_noted() {
    on_each(|world| async move {
        let maria = world.account("maria").await;
        let boss = world.actor_with("boss", "Admin", "global").await;
        let name = Username::parse("maria").unwrap();
        let email = Email::parse("maria@example.org").unwrap();
        let page = PageRequest::default();
        let users = &world.auth.users;
        let end = world.log_end().await;
        users.get(&boss, maria).await.unwrap().unwrap();
        users.get_by_username(&boss, &name).await.unwrap().unwrap();
        users.get_by_email(&boss, &email).await.unwrap().unwrap();
        world.auth.admin.sessions_of(&boss, maria).await.unwrap();
        world.auth.audit.of_user(&boss, maria, &page).await.unwrap();
        let noted = world.log_since(end).await;
        assert_eq!(noted.iter().map(|entry| entry.event.as_str()).collect::<Vec<_>>(), ["USER_READ"; 5]);
        assert!(noted.iter().all(|entry| entry.user == Some(maria) && entry.actor == boss.user_id()));
        // Not logged: reads of the caller's own account, reads by the program, and reads of users
        // who do not exist.
        let own = world.as_user(maria).await;
        users.get(&own, maria).await.unwrap().unwrap();
        world.auth.audit.of_user(&own, maria, &page).await.unwrap();
        users.get(&SYSTEM(), maria).await.unwrap().unwrap();
        users.get_by_email(&SYSTEM(), &email).await.unwrap().unwrap();
        world.auth.audit.of_user(&SYSTEM(), maria, &page).await.unwrap();
        assert_eq!(
            users.get_by_username(&boss, &Username::parse("otto").unwrap()).await.unwrap().map(drop),
            None
        );
        assert_eq!(world.log_since(end).await.len(), 5);
        for outcome in [
            users.get(&own, boss.user_id().unwrap()).await,
            users.get_by_email(&own, &email).await,
            users.get_by_username(&own, &name).await,
        ] {
            assert_eq!(refused(outcome), Code::Forbidden);
        }
        assert_eq!(
            refused(world.auth.audit.of_user(&own, boss.user_id().unwrap(), &page).await),
            Code::Forbidden
        );
    });
}

#[test]
fn no_way_to_read_the_log_goes_unnoted() {
    on_each(|world| async move {
        world.account("maria").await;
        let boss = world.actor_with("boss", "Admin", "global").await;
        let end = world.log_end().await;
        let filter = AuditFilter { event: "USER_CREATED".to_owned(), ..AuditFilter::default() };
        world.auth.audit.search(&boss, &filter, &PageRequest::default()).await.unwrap();
        let noted = world.log_since(end).await;
        assert_eq!((noted.len(), noted[0].event.as_str(), noted[0].actor), (1, "AUDIT_READ", boss.user_id()));
        assert_eq!(noted[0].details["filter"]["event"], "USER_CREATED");
        // A read that starts with a made-up cursor is logged too.
        let found =
            world.auth.audit.search(&boss, &AuditFilter::default(), &after(&i64::MAX.to_string())).await;
        assert!(!found.unwrap().items.is_empty());
        assert_eq!(world.events_since(end).await, ["AUDIT_READ"; 2]);
        let moderator = world.actor_with("moderator", "Moderator", "global").await;
        let here = world.actor_with("here", "Admin", "org:1").await;
        let anonymous = Actor::anonymous(origin());
        let end = world.log_end().await;
        for (actor, code) in
            [(moderator, Code::Forbidden), (here, Code::Forbidden), (anonymous, Code::NotAuthenticated)]
        {
            assert_eq!(
                refused(world.auth.audit.search(&actor, &filter, &PageRequest::default()).await),
                code
            );
        }
        assert_eq!(world.log_end().await, end);
    });
}

#[test]
fn the_log_is_filtered_and_read_page_by_page() {
    on_each(|world| async move {
        world.role("editor", Some(30), &[]).await;
        let boss = world.actor_with("boss", "SuperAdmin", "global").await;
        let (maria, jun) = (world.account("maria").await, world.account("jun").await);
        let start = world.clock.now();
        world.clock.advance(Duration::from_secs(10));
        let roles = &world.auth.roles;
        for user in [maria, jun] {
            let wish = authtuna::authz::roles::Assignment::new(user, "editor").within(at("org:1"));
            roles.assign(&boss, &wish).await.unwrap();
        }
        roles.remove(&boss, maria, "editor", &at("org:1")).await.unwrap();
        let later = world.clock.now();
        world.clock.advance(Duration::from_secs(10));
        world.give(maria, "editor", "org:2").await;

        let all = AuditFilter::default();
        let (of, by) = (Some(maria), boss.user_id());
        let whole = log(&world, all.clone(), 200).await;
        assert!(whole.len() > 20);
        let assigned = "ROLE_ASSIGNED".to_owned();
        for limit in [1, 3, 200] {
            assert_eq!(log(&world, all.clone(), limit).await, whole);
            let get = |filter: AuditFilter| log(&world, filter, limit);
            assert_eq!(
                get(AuditFilter { user: of, ..all.clone() }).await,
                ["ROLE_ASSIGNED", "ROLE_REMOVED", "ROLE_ASSIGNED", "ROLE_ASSIGNED", "USER_CREATED",]
            );
            assert_eq!(
                get(AuditFilter { actor: by, ..all.clone() }).await,
                ["ROLE_REMOVED", "ROLE_ASSIGNED", "ROLE_ASSIGNED"]
            );
            assert_eq!(
                get(AuditFilter { actor: by, user: of, ..all.clone() }).await,
                ["ROLE_REMOVED", "ROLE_ASSIGNED"]
            );
            let filter = AuditFilter { actor: by, user: of, event: assigned.clone(), ..all.clone() };
            assert_eq!(get(filter).await, ["ROLE_ASSIGNED"]);
            let filter = AuditFilter { event: assigned.clone(), since: Some(later), ..all.clone() };
            assert_eq!(get(filter).await, ["ROLE_ASSIGNED"; 3], "`since` is inclusive");
            let filter = AuditFilter { event: assigned.clone(), user: of, until: Some(later), ..all.clone() };
            assert_eq!(get(filter).await, ["ROLE_ASSIGNED"], "`until` is exclusive");
            let filter = AuditFilter {
                since: Some(start.plus(Duration::from_secs(1))),
                until: Some(later),
                ..all.clone()
            };
            assert_eq!(get(filter).await, [""; 0]);
        }
        let unknown = AuditFilter { event: "ROLE_%".to_owned(), ..all.clone() };
        assert_eq!(
            refused(world.auth.audit.search(&SYSTEM(), &unknown, &PageRequest::default()).await),
            Code::Unknown
        );
        for cursor in ["x", "0", "-1", "9223372036854775808"] {
            assert_eq!(
                refused(world.auth.audit.search(&SYSTEM(), &all, &after(cursor)).await),
                Code::BadCursor
            );
        }
        let since_forever = AuditFilter {
            since: Some(start.minus(Duration::MAX)),
            until: Some(start.plus(Duration::MAX)),
            ..all
        };
        assert_eq!(log(&world, since_forever, 200).await, whole);
    });
}
