//! Checks whether a cookie opens a session: from memory while the snapshot there is fresh enough,
//! otherwise from the database.

use std::sync::Arc;

use super::Sessions;
use super::cookie::Claim;
use super::rotate::{read_old, replacement_is_lost};
use super::sql::*;
use crate::audit::{Entry, Event};
use crate::authz::actor::{Actor, Origin};
use crate::authz::effective_access;
use crate::authz::identity::{Identity, UserSummary};
use crate::authz::session_snapshot::{SessionState, Snapshot, Stale};
use crate::authz::snapshot_cache::Evict;
use crate::foundation::config::LifetimeFrom;
use crate::foundation::error::Error;
use crate::foundation::store::Conn;
use crate::model::role::Requirement;
use crate::model::time::Timestamp;

/// The result of checking a cookie.
#[derive(Clone, Debug)]
pub enum Checked {
    /// The cookie opens this session. If a new cookie comes with it, that one replaces the one
    /// received.
    Open(Arc<Snapshot>, Option<String>),
    /// The cookie opens nothing, and should be deleted.
    Closed,
}

/// Why a session may not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SessionRejection {
    /// The session expired. There is nothing to report.
    Expired,
    /// The session is used as only a thief would use it, or two browsers that share a cookie. Holds
    /// the reason.
    Stolen(&'static str),
}

impl Sessions {
    /// Checks whether `cookie`, coming from `origin`, opens a session.
    ///
    /// # Errors
    ///
    /// Only when the database cannot be queried. The request must then be refused, not let in.
    pub async fn check(&self, cookie: &str, origin: &Arc<Origin>) -> Result<Checked, Error> {
        let Some(claim) = self.cookies.read(cookie) else { return Ok(Checked::Closed) };
        let now = self.clock.now();
        if let Some(snapshot) = self.cache.get(claim.session)
            && self.is_fresh(&snapshot, now)
            // The arrival of a new secret is recorded at once, because it starts the grace of the
            // previous one.
            && (snapshot.session.secret_seen || claim.secret_hash != snapshot.session.secret_hash)
            && self.rejection(&snapshot.session, &claim, origin, now).is_none()
        {
            return Ok(Checked::Open(snapshot, None));
        }
        self.verify(claim, origin, now).await
    }

    /// Returns whether a snapshot may still be used. A clock that was set back must not make one
    /// fresh again.
    fn is_fresh(&self, snapshot: &Snapshot, now: Timestamp) -> bool {
        now >= snapshot.verified_at
            && now < snapshot.verified_at.plus(self.settings.verification_interval)
            && snapshot.identity.access.next_expiry().is_none_or(|expiry| now < expiry)
    }

    /// Checks the claim against the database.
    async fn verify(&self, claim: Claim, origin: &Arc<Origin>, now: Timestamp) -> Result<Checked, Error> {
        let ticket = self.cache.ticket();
        let mut conn = self.store.read().await?;
        let Some(mut snapshot) = self.load(&mut conn, claim, now).await? else { return Ok(Checked::Closed) };
        drop(conn);
        match self.rejection(&snapshot.session, &claim, origin, now) {
            None => {}
            Some(SessionRejection::Expired) => return Ok(Checked::Closed),
            Some(SessionRejection::Stolen(reason)) => {
                self.invalidate(&snapshot, origin, reason, now).await?;
                return Ok(Checked::Closed);
            }
        }
        let cookie = self.keep_up(&mut snapshot, &claim, origin, now).await?;
        Ok(Checked::Open(self.cache.put(ticket, snapshot), cookie))
    }

    /// Reads the session, its user, and what the user may do. `None` when no such session is open,
    /// or the user may not have one.
    async fn load(&self, conn: &mut Conn, claim: Claim, now: Timestamp) -> Result<Option<Snapshot>, Error> {
        let Some(row) = OPEN.bind(claim.session).optional::<OpenRow>(conn).await? else { return Ok(None) };
        if row.is_system || row.suspended_at.is_some() || row.deleted_at.is_some() {
            return Ok(None);
        }
        let corrupt = |column: &str| Error::corrupt("sessions", column, row.id);
        let session = SessionState {
            id: row.id,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            confirmed_at: row.confirmed_at,
            absolute_expires_at: row.absolute_expires_at,
            last_ip: row.last_ip,
            country: row.country,
            fingerprint: row.fingerprint.try_into().map_err(|_| corrupt("fingerprint"))?,
            secret_hash: row.secret_hash.try_into().map_err(|_| corrupt("secret_hash"))?,
            secret_seen: row.secret_seen,
            rotated_at: row.rotated_at,
            old_secrets: read_old(&row.old_secrets).ok_or_else(|| corrupt("old_secrets"))?,
        };
        let user = UserSummary {
            id: row.user_id,
            username: row.username,
            email: row.email,
            email_verified: row.email_verified_at.is_some(),
            first_name: row.first_name,
            last_name: row.last_name,
            mfa_enabled: row.mfa_enabled,
            has_passkey: row.has_passkey,
        };
        let access = effective_access::access_of(conn, user.id, now).await?;
        let has = |requirement: &Requirement| match requirement {
            Requirement::Mfa => row.has_totp || row.has_passkey,
            Requirement::Passkey => row.has_passkey,
        };
        let lacks = access.requirement().filter(|requirement| !has(requirement));
        let identity = Arc::new(Identity { user, access, lacks });
        let session = Arc::new(session);
        Ok(Some(Snapshot { identity, session, verified_at: now, stale: Stale::default() }))
    }

    fn rejection(
        &self,
        session: &SessionState,
        claim: &Claim,
        origin: &Origin,
        now: Timestamp,
    ) -> Option<SessionRejection> {
        let settings = &self.settings;
        let idle_from = match settings.lifetime_from {
            LifetimeFrom::LastActivity => session.last_seen_at,
            LifetimeFrom::Creation => session.created_at,
        };
        if now >= session.absolute_expires_at || now >= idle_from.plus(settings.lifetime) {
            return Some(SessionRejection::Expired);
        }
        if session.fingerprint != origin.fingerprint {
            return Some(SessionRejection::Stolen("fingerprint_mismatch"));
        }
        if settings.lock_region
            && let (Some(began), Some(comes)) = (&session.country, &origin.country)
            && began != comes
        {
            return Some(SessionRejection::Stolen("region_mismatch"));
        }
        let in_grace = |(hash, replaced): &([u8; 32], Timestamp)| {
            *hash == claim.secret_hash && now <= replaced.plus(settings.random_string_grace)
        };
        if !settings.disable_random_string
            && session.secret_hash != claim.secret_hash
            && !replacement_is_lost(session, claim)
            && !session.old_secrets.iter().any(in_grace)
        {
            return Some(SessionRejection::Stolen("random_string_mismatch"));
        }
        None
    }

    /// Ends a session that looks stolen.
    async fn invalidate(
        &self,
        snapshot: &Snapshot,
        origin: &Arc<Origin>,
        reason: &'static str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let actor = Actor::anonymous_at(Arc::clone(origin));
        let mut work = self.recorder.begin(&actor).await?;
        let ended = END.bind(snapshot.session.id).bind(now).bind(reason).execute(&mut work.tx).await?;
        if ended > 0 {
            work.record(
                Entry::new(Event::SessionInvalidated)
                    .to(snapshot.identity.user.id)
                    .with("reason", reason)
                    .with("session", snapshot.session.id.to_string()),
            );
        }
        work.commit_evicting(&self.cache, &[Evict::Session(snapshot.session.id)]).await
    }
}
