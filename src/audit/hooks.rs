//! Delivers events to listeners. The audit log comes first and is part of the change itself; hooks
//! run once the change is committed.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, RwLock};

use crate::audit::Entry;

/// A listener to events.
///
/// A hook handles its own errors: the change is already committed, so a hook cannot stop or undo
/// it.
pub trait Hook: Send + Sync {
    /// Handles an event. The core calls this after the change is committed.
    fn on_event<'a>(&'a self, entry: &'a Entry) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
}

/// The registered hooks. Cheap to clone.
#[derive(Clone, Default)]
pub struct Hooks(Arc<RwLock<Vec<Arc<dyn Hook>>>>);

impl Hooks {
    /// Adds a hook. It receives every event from now on; hooks run in the order in which they were
    /// added.
    pub fn add(&self, hook: Arc<dyn Hook>) {
        self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner).push(hook);
    }

    /// Passes `entries` to every hook, one hook after the other.
    pub async fn tell(&self, entries: &[Entry]) {
        let hooks = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        for hook in hooks {
            for entry in entries {
                hook.on_event(entry).await;
            }
        }
    }
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hooks")
    }
}
