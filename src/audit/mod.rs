//! The audit log: append-only and hash-chained, so that a row removed or changed later shows.
//!
//! A change and its entries are one transaction ([`Change`]): nothing happens unrecorded, nothing is recorded that did
//! not happen. Personal data (addresses, devices, names) lies apart from the rest and enters the chain only as a salted
//! hash, so that a person can be erased without breaking the chain.

mod chain;
mod event;
pub mod hooks;
mod read;
mod sql;

pub use chain::{Broken, verify};
pub use event::{Entry, Event};
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
    /// Records into `store` and tells `hooks`.
    pub fn new(store: Store, clock: Clock, random: Random, hooks: Hooks) -> Self {
        Self { store, clock, random, hooks }
    }

    /// Begins a change made by `actor`.
    pub async fn begin(&self, actor: &Actor) -> Result<Change, Error> {
        let tx = self.store.write().await?;
        Ok(Change {
            tx,
            actor: actor.clone(),
            entries: Vec::new(),
            pending_challenge: Vec::new(),
            recorder: Arc::new(self.clone()),
        })
    }
}

/// A transaction with the entries that tell of it. Dropped without [`Change::commit`] it leaves no trace.
pub struct Change {
    /// Where the statements of the change run.
    pub tx: Tx,
    actor: Actor,
    entries: Vec<Entry>,
    /// Who waits for the change to last.
    pending_challenge: Vec<Arc<Notify>>,
    recorder: Arc<Recorder>,
}

impl Change {
    /// The present moment.
    pub fn now(&self) -> crate::model::time::Timestamp {
        self.recorder.clock.now()
    }

    /// Where the request came from.
    pub(crate) fn origin(&self) -> &Arc<Origin> {
        &self.actor.origin
    }

    /// Notes what happens. It is written with the change.
    pub fn record(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Tells `pending_challenge` once the change lasts.
    pub(crate) fn wake(&mut self, pending_challenge: &Arc<Notify>) {
        self.pending_challenge.push(Arc::clone(pending_challenge));
    }

    /// Writes the entries at the end of the chain, makes the change last, and tells the hooks.
    pub async fn commit(self) -> Result<(), Error> {
        self.finish(None).await
    }

    /// The same, and forgets what is in memory of those whom the change touches: before the hooks are told, since they
    /// take their time.
    pub(crate) async fn commit_evicting(self, cache: &Snapshots, touched: &[Evict]) -> Result<(), Error> {
        self.finish(Some((cache, touched))).await
    }

    /// In a task of its own: whoever asked may go away while the database commits, and what is in memory must be
    /// forgotten all the same.
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
        for pending_challenge in &self.pending_challenge {
            pending_challenge.notify_one();
        }
        if let Some((cache, touched)) = evict {
            cache.evict(&touched).await;
        }
        self.recorder.hooks.tell(&self.entries).await;
        Ok(())
    }
}
