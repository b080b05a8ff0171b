//! Whoever listens to events takes as long as they like: what a change ended has ended before they are told.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use authtuna::actor::Actor;
use authtuna::audit::Entry;
use authtuna::hooks::Hook;
use tokio::sync::Notify;

use crate::cast::at;
use crate::support::{World, on_each};

/// Tells that it was told, and never comes to an end.
#[derive(Default)]
struct Stuck(Notify);

impl Hook for Stuck {
    fn on_event<'a>(&'a self, _: &'a Entry) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        self.0.notify_one();
        Box::pin(std::future::pending())
    }
}

/// Makes a change until a listener hangs in it, and drops it there.
async fn until_told<T>(world: &World, change: impl Future<Output = T>) {
    let stuck = Arc::new(Stuck::default());
    world.auth.hooks.add(Arc::clone(&stuck) as Arc<dyn Hook>);
    let outcome = futures::future::select(Box::pin(change), Box::pin(stuck.0.notified())).await;
    assert!(matches!(outcome, futures::future::Either::Right(_)), "it waits for the listener");
}

#[test]
fn a_listener_that_hangs_keeps_no_right_alive() {
    on_each(|world| async move {
        world.role("editor", Some(30), &["posts:edit"]).await;
        let maria = world.person("maria").await;
        world.give(maria.user, "editor", "org:1").await;
        let allowed =
            || async { world.actor(&maria.session.cookie).await.require("posts:edit", &at("org:1")).is_ok() };
        assert!(allowed().await);
        let (system, here) = (Actor::system(), at("org:1"));
        until_told(&world, world.auth.roles.remove(&system, maria.user, "editor", &here)).await;
        assert!(!allowed().await);
    });
}

#[test]
fn a_listener_that_hangs_keeps_no_session_open() {
    on_each(|world| async move {
        let maria = world.person("maria").await;
        assert!(world.opens(&maria.session.cookie).await.is_some());
        let system = Actor::system();
        until_told(&world, world.auth.suspend(&system, maria.user, "")).await;
        assert_eq!(world.opens(&maria.session.cookie).await, None);
    });
}

#[test]
fn a_listener_that_hangs_keeps_no_deleted_role_in_memory() {
    on_each(|world| async move {
        world.role("editor", Some(30), &["posts:edit"]).await;
        let maria = world.person("maria").await;
        world.give(maria.user, "editor", "org:1").await;
        let allowed =
            || async { world.actor(&maria.session.cookie).await.require("posts:edit", &at("org:1")).is_ok() };
        assert!(allowed().await);
        let system = Actor::system();
        until_told(&world, world.auth.roles.delete(&system, "editor")).await;
        assert!(!allowed().await);
    });
}
