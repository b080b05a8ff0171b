//! What happens, told to whoever listens. The audit log is the first listener and a part of the change itself;
//! the others hear of it once the change is in the database.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, RwLock};

use crate::audit::Entry;

/// Listens to events. Its errors are its own: what has happened has happened.
pub trait Hook: Send + Sync {
    /// Told after the change is committed.
    fn on_event<'a>(&'a self, entry: &'a Entry) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
}

/// The listeners. Cheap to clone.
#[derive(Clone, Default)]
pub struct Hooks(Arc<RwLock<Vec<Arc<dyn Hook>>>>);

impl Hooks {
    /// Adds a listener; it hears every event from now on, in the order of adding.
    pub fn add(&self, hook: Arc<dyn Hook>) {
        self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner).push(hook);
    }

    /// Tells every listener, one after the other.
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
