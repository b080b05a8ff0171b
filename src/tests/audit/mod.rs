//! The audit log: no change lacks its entry, and no entry can be changed unnoticed.

mod hooks;
mod read;

use authtuna::audit::{Broken, verify};
use authtuna::authz::actor::Actor;
use authtuna::model::page::PageRequest;

use crate::support::{World, on_each, origin, tamper};

async fn some_history(world: &World) {
    world.person("maria").await;
    world.person("jun").await;
    assert_eq!(verify(world.auth.store()).await.unwrap(), None);
}

#[test]
fn a_changed_row_shows() {
    on_each(|world| async move {
        some_history(&world).await;
        tamper(&world, "UPDATE audit_events SET event = 'LOGIN_FAILED' WHERE seq = 4").await;
        assert_eq!(verify(world.auth.store()).await.unwrap(), Some(Broken::Changed(4)));
    });
}

#[test]
fn a_changed_address_shows() {
    on_each(|world| async move {
        some_history(&world).await;
        tamper(
            &world,
            "UPDATE audit_events SET personal = '{}' WHERE event = 'LOGIN_SUCCESS' OR event = 'USER_CREATED'",
        )
        .await;
        assert!(matches!(verify(world.auth.store()).await.unwrap(), Some(Broken::Changed(_))));
    });
}

#[test]
fn an_erased_person_does_not_break_the_chain() {
    on_each(|world| async move {
        some_history(&world).await;
        tamper(&world, "UPDATE audit_events SET personal = NULL, personal_salt = NULL").await;
        assert_eq!(verify(world.auth.store()).await.unwrap(), None);
    });
}

#[test]
fn a_removed_row_shows() {
    on_each(|world| async move {
        some_history(&world).await;
        tamper(&world, "DELETE FROM audit_events WHERE seq = 2").await;
        assert_eq!(verify(world.auth.store()).await.unwrap(), Some(Broken::Missing(2)));
    });
}

#[test]
fn rows_removed_at_the_end_show() {
    on_each(|world| async move {
        some_history(&world).await;
        tamper(&world, "DELETE FROM audit_events WHERE seq > 5").await;
        assert_eq!(verify(world.auth.store()).await.unwrap(), Some(Broken::Cut(5)));
    });
}

#[test]
fn parallel_changes_make_one_chain() {
    on_each(|world| async move {
        let names: Vec<String> = (0..12).map(|n| format!("person{n}")).collect();
        futures::future::join_all(names.iter().map(|name| world.person(name))).await;
        assert_eq!(verify(world.auth.store()).await.unwrap(), None);
    });
}

#[test]
fn activity_is_read_page_by_page_and_by_its_owner_only() {
    on_each(|world| async move {
        let maria = world.person("maria").await;
        for _ in 0..4 {
            world.sign_in("maria", origin()).await.unwrap();
        }
        let actor = world.actor(&maria.session.cookie).await;
        let all = world.events(&actor).await;
        assert!(all.len() >= 10, "{all:?}");
        let mut paged = Vec::new();
        let mut page = PageRequest { after: None, limit: Some(3) };
        loop {
            let found = world.auth.audit.own(&actor, &page).await.unwrap();
            assert!(found.items.len() <= 3);
            paged.extend(found.items.into_iter().map(|item| item.event));
            let Some(next) = found.next else { break };
            page.after = Some(next);
        }
        paged.reverse();
        assert_eq!(paged, all);
        for bad in ["x", "-1", "0", "99999999999999999999"] {
            let page = PageRequest { after: Some(bad.to_owned()), limit: None };
            assert_eq!(
                world.auth.audit.own(&actor, &page).await.unwrap_err().code(),
                authtuna::model::code::Code::BadCursor
            );
        }
        let jun = world.person("jun").await;
        let jun = world.actor(&jun.session.cookie).await;
        let store = world.auth.store();
        let others = authtuna::audit::activity_of(store, &jun, maria.user, &PageRequest::default()).await;
        assert_eq!(others.unwrap_err().code(), authtuna::model::code::Code::Forbidden);
        assert!(world.auth.audit.own(&Actor::anonymous(origin()), &PageRequest::default()).await.is_err());
    });
}
