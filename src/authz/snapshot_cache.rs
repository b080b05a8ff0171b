//! Session snapshots in memory, evicted as soon as a change makes them untrue.
//!
//! The cache closes two races. First, a snapshot that was read before a change must not be stored
//! after it: a reader takes a [`Ticket`] before it reads, and every eviction voids older tickets.
//! Second, requests may hold a snapshot at the moment of its eviction: only these requests keep it,
//! because the next lookup sees the flag.

#![cfg_attr(
    not(feature = "postgres"),
    expect(dead_code, reason = "only Postgres carries evictions from one process to another")
)]

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::authz::session_snapshot::{Snapshot, Stale};
use crate::foundation::store::Store;
use crate::model::id::{RoleId, SessionId, UserId};

/// How many sessions are kept. Beyond that, the least used are dropped, and cost a query when they
/// return.
const CAPACITY: u64 = 100_000;

/// The channel on which Postgres carries evictions to other processes.
#[cfg(feature = "postgres")]
pub(crate) const CHANNEL: &str = "authtuna_evict";

/// The cache. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Snapshots(Arc<Inner>);

struct Inner {
    by_session: moka::sync::Cache<SessionId, Arc<Snapshot>>,
    /// The flags of the users who have snapshots. Weak, so that a flag lives as long as a snapshot
    /// that carries it.
    flags: Mutex<HashMap<UserId, Weak<AtomicBool>>>,
    /// Counts evictions.
    generation: AtomicU64,
    /// Whether evictions by other processes can reach this one. While they cannot, nothing is
    /// served from memory.
    linked: AtomicBool,
    store: Store,
}

/// Permission to store a snapshot. Any eviction voids it.
#[derive(Clone, Copy)]
pub(crate) struct Ticket(u64);

/// What to evict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evict {
    Session(SessionId),
    User(UserId),
    /// Every holder of a role.
    Role(RoleId),
    All,
}

impl Snapshots {
    /// Creates an empty cache for the sessions of `store`.
    pub(crate) fn new(store: Store) -> Self {
        Self(Arc::new(Inner {
            by_session: moka::sync::Cache::new(CAPACITY),
            flags: Mutex::new(HashMap::new()),
            generation: AtomicU64::new(0),
            // SQLite belongs to one process. On Postgres, `sessions::link` reports when evictions
            // arrive.
            linked: AtomicBool::new(store.kind() != "postgres"),
            store,
        }))
    }

    /// Returns the snapshot of a session, unless it is stale.
    pub(crate) fn get(&self, id: SessionId) -> Option<Arc<Snapshot>> {
        if !self.0.linked.load(Ordering::Acquire) {
            return None;
        }
        self.0.by_session.get(&id).filter(|snapshot| !snapshot.stale.is_set())
    }

    /// Issues a ticket, to be taken before the database is read.
    pub(crate) fn ticket(&self) -> Ticket {
        Ticket(self.0.generation.load(Ordering::Acquire))
    }

    /// Stores what was read after `ticket` was issued, unless something has been evicted since.
    pub(crate) fn put(&self, ticket: Ticket, mut snapshot: Snapshot) -> Arc<Snapshot> {
        let mut flags = self.flags();
        if self.0.generation.load(Ordering::Acquire) != ticket.0 {
            return Arc::new(snapshot);
        }
        let user = snapshot.identity.user.id;
        // A flag that is set belongs to snapshots from before an eviction.
        let flag = flags.get(&user).and_then(Weak::upgrade).map(Stale);
        snapshot.stale = match flag.filter(|flag| !flag.is_set()) {
            Some(flag) => flag,
            None => {
                let fresh = Stale::default();
                flags.insert(user, Arc::downgrade(&fresh.0));
                fresh
            }
        };
        if flags.len() as u64 > 2 * CAPACITY {
            flags.retain(|_, flag| flag.strong_count() > 0);
        }
        let snapshot = Arc::new(snapshot);
        self.0.by_session.insert(snapshot.session.id, Arc::clone(&snapshot));
        snapshot
    }

    /// Evicts `touched` here and in other processes. Evictions here come first and do not await, so
    /// they happen even if the caller stops waiting for the rest.
    pub(crate) async fn evict(&self, touched: &[Evict]) {
        for what in touched {
            self.forget(*what);
        }
        #[cfg(feature = "postgres")]
        if let Some(pool) = self.0.store.postgres() {
            for what in touched {
                let told = sqlx::query("SELECT pg_notify($1, $2)")
                    .bind(CHANNEL)
                    .bind(what.to_string())
                    .execute(pool);
                // The other processes then notice within the verification interval.
                if let Err(error) = told.await {
                    tracing::warn!(error = %error, "other processes could not be told of an eviction");
                }
            }
        }
    }

    /// Evicts in this process only.
    pub(crate) fn forget(&self, what: Evict) {
        let mut flags = self.flags();
        self.0.generation.fetch_add(1, Ordering::AcqRel);
        match what {
            Evict::Session(id) => self.0.by_session.invalidate(&id),
            Evict::User(id) => {
                if let Some(flag) = flags.remove(&id).and_then(|flag| flag.upgrade()) {
                    Stale(flag).set();
                }
            }
            // Walk the cache: this needs neither an index of holders nor a query.
            Evict::Role(role) => {
                for (_, snapshot) in &self.0.by_session {
                    if snapshot.identity.access.held.iter().any(|held| held.role_id == role) {
                        snapshot.stale.set();
                    }
                }
            }
            Evict::All => {
                for (_, flag) in flags.drain() {
                    if let Some(flag) = flag.upgrade() {
                        Stale(flag).set();
                    }
                }
                self.0.by_session.invalidate_all();
            }
        }
    }

    /// Sets whether evictions by other processes arrive. After a gap, nothing in the cache can be
    /// trusted.
    pub(crate) fn set_linked(&self, linked: bool) {
        if linked {
            self.forget(Evict::All);
        }
        self.0.linked.store(linked, Ordering::Release);
    }

    /// Returns whether evictions by other processes arrive.
    pub(crate) fn is_linked(&self) -> bool {
        self.0.linked.load(Ordering::Acquire)
    }

    fn flags(&self) -> MutexGuard<'_, HashMap<UserId, Weak<AtomicBool>>> {
        self.0.flags.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Display for Evict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Session(id) => write!(f, "s:{id}"),
            Self::User(id) => write!(f, "u:{id}"),
            Self::Role(id) => write!(f, "r:{id}"),
            Self::All => f.write_str("*"),
        }
    }
}

impl Evict {
    /// Parses what another process sent. An unknown message evicts everything, which is safe and
    /// only slow.
    pub(crate) fn parse(text: &str) -> Self {
        let parsed = match text.split_once(':') {
            Some(("s", id)) => id.parse().ok().map(Self::Session),
            Some(("u", id)) => id.parse().ok().map(Self::User),
            Some(("r", id)) => id.parse().ok().map(Self::Role),
            _ => None,
        };
        parsed.unwrap_or(Self::All)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::authz::access::Access;
    use crate::authz::identity::{Identity, UserSummary};
    use crate::authz::session_snapshot::SessionState;
    use crate::foundation::config::Settings;
    use crate::model::time::Timestamp;

    async fn cache() -> (Snapshots, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::builder()
            .no_env()
            .set("DATA_DIR", folder.path().display().to_string())
            .set("DEFAULT_DATABASE_URI", format!("sqlite:///{}/x.db", folder.path().display()))
            .build()
            .unwrap();
        (Snapshots::new(Store::open(&settings.database).await.unwrap()), folder)
    }

    fn snapshot(user: u128, session: u128) -> Snapshot {
        Snapshot {
            identity: Arc::new(Identity {
                user: UserSummary {
                    id: UserId::from_uuid(Uuid::from_u128(user)),
                    username: "maria".to_owned(),
                    email: None,
                    email_verified: false,
                    first_name: None,
                    last_name: None,
                    mfa_enabled: false,
                    has_passkey: false,
                },
                access: Access::default(),
                lacks: None,
            }),
            session: Arc::new(SessionState {
                secret_seen: true,
                id: SessionId::from_uuid(Uuid::from_u128(session)),
                created_at: Timestamp::EPOCH,
                last_seen_at: Timestamp::EPOCH,
                confirmed_at: Timestamp::EPOCH,
                absolute_expires_at: Timestamp::EPOCH,
                last_ip: None,
                country: None,
                fingerprint: [0; 32],
                secret_hash: [0; 32],
                rotated_at: Timestamp::EPOCH,
                old_secrets: Vec::new(),
            }),
            verified_at: Timestamp::EPOCH,
            stale: Stale::default(),
        }
    }

    /// A request reads the database, the session ends, then the request stores what it read.
    #[tokio::test]
    async fn what_was_read_before_an_eviction_is_not_put_in_after_it() {
        let (cache, _folder) = cache().await;
        let session = snapshot(1, 2).session.id;
        let early = cache.ticket();
        cache.evict(&[Evict::Session(session)]).await;
        cache.put(early, snapshot(1, 2));
        assert!(cache.get(session).is_none());
        cache.put(cache.ticket(), snapshot(1, 2));
        assert!(cache.get(session).is_some());
    }

    #[tokio::test]
    async fn evicting_a_person_reaches_all_their_sessions_and_nobody_elses() {
        let (cache, _folder) = cache().await;
        for (user, session) in [(1, 10), (1, 11), (2, 20)] {
            cache.put(cache.ticket(), snapshot(user, session));
        }
        let kept = |session| cache.get(SessionId::from_uuid(Uuid::from_u128(session))).is_some();
        cache.evict(&[Evict::User(UserId::from_uuid(Uuid::from_u128(1)))]).await;
        assert_eq!([kept(10), kept(11), kept(20)], [false, false, true]);
        cache.put(cache.ticket(), snapshot(1, 10));
        assert!(kept(10), "a session read anew is kept again");
    }

    #[tokio::test]
    async fn without_the_link_nothing_is_served_and_after_it_nothing_old() {
        let (cache, _folder) = cache().await;
        let session = snapshot(1, 2).session.id;
        cache.put(cache.ticket(), snapshot(1, 2));
        cache.set_linked(false);
        assert!(cache.get(session).is_none());
        cache.set_linked(true);
        assert!(cache.get(session).is_none());
    }

    #[test]
    fn what_is_not_understood_empties_the_cache() {
        let id = SessionId::from_uuid(Uuid::from_u128(7));
        assert_eq!(Evict::parse(&Evict::Session(id).to_string()), Evict::Session(id));
        for odd in ["", "s:", "s:x", "x:1", "all"] {
            assert_eq!(Evict::parse(odd), Evict::All, "{odd}");
        }
    }
}
