//! Hooks may take as long as they like: what a change ends has ended before hooks are called.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use authtuna::audit::Entry;
use authtuna::audit::hooks::Hook;
use authtuna::authz::actor::Actor;
use tokio::sync::Notify;

use crate::support::population::at;
use crate::support::{World, on_each};

/// Signals that it was called, and never returns.
#[derive(Default)]
struct Stuck(Notify);

impl Hook for Stuck {
    fn on_event<'a>(&'a self, _: &'a Entry) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        self.0.notify_one();
        Box::pin(std::future::pending())
    }
}

/// Runs a change until it hangs in a hook, and drops it there.
async fn until_told<T>(world: &World, change: impl Future<Output = T>) {
    let stuck = Arc::new(Stuck::default());
    world.auth.hooks.add(Arc::clone(&stuck) as Arc<dyn Hook>);
    let outcome = futures::future::select(Box::pin(change), Box::pin(stuck.0.notified())).await;
    assert!(matches!(outcome, futures::future::Either::Right(_)), "the change must wait for the hook");
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
        until_told(&world, world.auth.admin.suspend(&system, maria.user, "")).await;
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

/// Signals that it was called, waits for permission to continue, and signals that it finished.
#[derive(Default)]
struct Slow {
    told: Notify,
    on: Notify,
    done: Notify,
}

impl Hook for Slow {
    fn on_event<'a>(&'a self, _: &'a Entry) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async {
            self.told.notify_one();
            self.on.notified().await;
            self.done.notify_one();
        })
    }
}

/// axum drops a handler when its client disconnects, possibly while the database commits.
#[test]
fn a_change_runs_to_its_end_when_nobody_waits_for_it_any_more() {
    on_each(|world| async move {
        let maria = world.person("maria").await;
        let slow = Arc::new(Slow::default());
        world.auth.hooks.add(Arc::clone(&slow) as Arc<dyn Hook>);
        let auth = world.auth.clone();
        let asking = tokio::spawn(async move { auth.admin.suspend(&Actor::system(), maria.user, "").await });
        slow.told.notified().await;
        asking.abort();
        assert!(asking.await.unwrap_err().is_cancelled());
        slow.on.notify_one();
        let end = tokio::time::timeout(std::time::Duration::from_secs(20), slow.done.notified()).await;
        assert!(end.is_ok(), "the change was dropped with its caller");
    });
}
