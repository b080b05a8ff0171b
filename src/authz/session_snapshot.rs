//! What one request needs to know of a signed-in person: who, in which session, and what they may do.
//!
//! Read from the database at most once per SESSION_DB_VERIFICATION_INTERVAL and kept in memory in between.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::authz::access::Access;
use crate::model::id::{SessionId, UserId};
use crate::model::role::Requirement;
use crate::model::time::Timestamp;

/// A signed-in person, as of `verified_at`.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The person.
    pub user: SessionUser,
    /// The session.
    pub session: SessionState,
    /// What they may do.
    pub access: Access,
    /// What a role of theirs asks for, and they do not have.
    pub lacks: Option<Requirement>,
    /// When the database said all this.
    pub verified_at: Timestamp,
    /// Set when something of it has changed since.
    pub(crate) stale: Stale,
}

/// The person of a session.
#[derive(Clone, Debug)]
pub struct SessionUser {
    /// Their id.
    pub id: UserId,
    /// Username, as they wrote it.
    pub username: String,
    /// Address.
    pub email: Option<String>,
    /// Whether the address is known to be theirs.
    pub email_verified: bool,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Whether sign-in asks for a second factor.
    pub mfa_enabled: bool,
    /// Whether they have a passkey that can be used.
    pub has_passkey: bool,
}

/// A session, with what decides whether a cookie still opens it.
#[derive(Clone, Debug)]
pub struct SessionState {
    /// Its id.
    pub id: SessionId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was used last, as far as the database knows.
    pub last_seen_at: Timestamp,
    /// When the person last proved who they are.
    pub confirmed_at: Timestamp,
    /// When it ends in any case.
    pub absolute_expires_at: Timestamp,
    /// The address it was used from last.
    pub last_ip: Option<String>,
    /// The country where it began, if that was known.
    pub country: Option<String>,
    pub(crate) fingerprint: [u8; 32],
    pub(crate) secret_hash: [u8; 32],
    /// Whether the browser has sent the current secret.
    pub(crate) secret_seen: bool,
    pub(crate) rotated_at: Timestamp,
    /// Secrets that were replaced, and when; newest first.
    pub(crate) old_secrets: Vec<([u8; 32], Timestamp)>,
}

/// A person for whom the program acts without a session of theirs.
#[derive(Clone, Debug)]
pub struct Person {
    /// The person.
    pub user: SessionUser,
    /// What they may do.
    pub access: Access,
}

/// A flag shared by all snapshots of one person.
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
