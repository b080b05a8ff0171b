//! What one request needs to know about a signed-in user: who they are, in which session, and what
//! they may do.
//!
//! The server reads it from the database at most once per SESSION_DB_VERIFICATION_INTERVAL, and
//! keeps it in memory in between.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::authz::identity::Identity;
use crate::model::id::SessionId;
use crate::model::time::Timestamp;

/// A session and its user, as of `verified_at`.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The user, and what they may do.
    pub identity: Arc<Identity>,
    /// The session.
    pub session: Arc<SessionState>,
    /// When this was read from the database.
    pub verified_at: Timestamp,
    /// Set when any of it has changed since.
    pub(crate) stale: Stale,
}

/// A session, with what decides whether a cookie still opens it.
#[derive(Clone, Debug)]
pub struct SessionState {
    /// The session's id.
    pub id: SessionId,
    /// When the session began.
    pub created_at: Timestamp,
    /// When the session was last used, as far as the database knows.
    pub last_seen_at: Timestamp,
    /// When the user last authenticated.
    pub confirmed_at: Timestamp,
    /// When the session ends at the latest.
    pub absolute_expires_at: Timestamp,
    /// The IP address from which the session was last used.
    pub last_ip: Option<String>,
    /// The country in which the session began, if it was known.
    pub country: Option<String>,
    pub(crate) fingerprint: [u8; 32],
    pub(crate) secret_hash: [u8; 32],
    /// Whether the browser has sent the current secret.
    pub(crate) secret_seen: bool,
    pub(crate) rotated_at: Timestamp,
    /// The secrets that were replaced, and when; newest first.
    pub(crate) old_secrets: Vec<([u8; 32], Timestamp)>,
}

/// A flag that all snapshots of a user share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stale(pub(crate) Arc<AtomicBool>);

impl Stale {
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Release);
    }
}
