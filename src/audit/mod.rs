//! The audit log: append-only and hash-chained, so that a row that is later removed or changed is
//! detected.
//!
//! A change and its entries are one transaction ([`Change`]): every change is recorded, and nothing
//! is recorded that did not happen. Personal data (addresses, devices, names) is stored apart from
//! the rest and enters the chain only as a salted hash, so that it can be erased with a user
//! without breaking the chain.

mod chain;
mod event;
pub mod hooks;
mod log;
mod read;
mod sql;

pub use chain::{Broken, verify};
pub use event::{Entry, Event};
pub use log::AuditLog;
pub use read::{Activity, AuditFilter, activity_of, latest};

pub(crate) use read::{EntryBeside, search};

pub(crate) use sql::ALL;

use std::sync::Arc;

use tokio::sync::Notify;
use tracing::Instrument;

use crate::audit::hooks::Hooks;
use crate::authz::actor::{Actor, Origin};
use crate::authz::snapshot_cache::{Evict, Snapshots};
use crate::foundation::clock::{Clock, Random};
use crate::foundation::error::Error;
use crate::foundation::store::{Store, Tx};

/// Begins changes that are recorded. Cheap to clone.
#[derive(Clone)]
pub struct Recorder {
    store: Store,
    clock: Clock,
    random: Random,
    hooks: Hooks,
}

impl Recorder {
    /// Creates a recorder that writes to `store` and calls `hooks`.
    pub fn new(store: Store, clock: Clock, random: Random, hooks: Hooks) -> Self {
        Self { store, clock, random, hooks }
    }

    /// Begins a change by `actor`.
    ///
    /// # Errors
    ///
    /// Fails when the database cannot begin a transaction.
    pub async fn begin(&self, actor: &Actor) -> Result<Change, Error> {
        let tx = self.store.write().await?;
        Ok(Change {
            tx,
            actor: actor.clone(),
            entries: Vec::new(),
            waiting: Vec::new(),
            recorder: Arc::new(self.clone()),
        })
    }
}

/// A transaction with its audit entries. Dropping it without [`Change::commit`] rolls it back.
pub struct Change {
    /// The transaction in which the statements of the change run.
    pub tx: Tx,
    actor: Actor,
    entries: Vec<Entry>,
    /// Notified once the change is committed.
    waiting: Vec<Arc<Notify>>,
    recorder: Arc<Recorder>,
}

impl Change {
    /// Returns the current time.
    pub fn now(&self) -> crate::model::time::Timestamp {
        self.recorder.clock.now()
    }

    /// Returns where the request came from.
    pub(crate) fn origin(&self) -> &Arc<Origin> {
        &self.actor.origin
    }

    /// Adds an entry, which is written with the change.
    pub fn record(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Notifies `waiting` once the change is committed.
    pub(crate) fn wake(&mut self, waiting: &Arc<Notify>) {
        self.waiting.push(Arc::clone(waiting));
    }

    /// Appends the entries to the chain, commits the change, and calls the hooks.
    ///
    /// # Errors
    ///
    /// Fails when the database cannot write the entries or commit.
    pub async fn commit(self) -> Result<(), Error> {
        self.finish(None).await
    }

    /// Commits like [`Change::commit`], and evicts `touched` from the snapshot cache. The eviction
    /// comes before the hooks, which may be slow.
    pub(crate) async fn commit_evicting(self, cache: &Snapshots, touched: &[Evict]) -> Result<(), Error> {
        self.finish(Some((cache, touched))).await
    }

    /// Commits in a task of its own, so that the eviction happens even if the client disconnects
    /// while the database commits.
    async fn finish(self, evict: Option<(&Snapshots, &[Evict])>) -> Result<(), Error> {
        let evict = evict.map(|(cache, touched)| (cache.clone(), touched.to_vec()));
        let done = tokio::spawn(self.run(evict).in_current_span()).await;
        done.map_err(|source| Error::internal("commit", source))?
    }

    async fn run(mut self, evict: Option<(Snapshots, Vec<Evict>)>) -> Result<(), Error> {
        let now = self.recorder.clock.now();
        for entry in &self.entries {
            chain::append(&mut self.tx, entry, &self.actor, now, self.recorder.random).await?;
        }
        self.tx.commit().await?;
        for waiting in &self.waiting {
            waiting.notify_one();
        }
        if let Some((cache, touched)) = evict {
            cache.evict(&touched).await;
        }
        self.recorder.hooks.tell(&self.entries).await;
        Ok(())
    }
}
