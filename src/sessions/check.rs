//! Whether a cookie opens a session: from memory while that is fresh enough, else from the database.

use std::sync::Arc;

use serde_json::json;

use super::Sessions;
use super::cookie::{Claim, SessionSecret};
use super::sql::*;
use crate::actor::{Actor, Origin, Who};
use crate::audit::{Entry, Event};
use crate::config::LifetimeFrom;
use crate::error::Error;
use crate::model::id::UserId;
use crate::model::time::Timestamp;
use crate::roles;
use crate::snapshot::{SessionState, SignedIn, Snapshot, Stale};
use crate::store::Conn;

/// Replaced secrets are kept at most this many at a time, whatever grace and interval are set to.
const MAX_OLD_SECRETS: usize = 16;

/// What a cookie turned out to be.
#[derive(Clone, Debug)]
pub enum Checked {
    /// It opens this session. With a cookie: it replaces the one that came.
    Open(Arc<Snapshot>, Option<String>),
    /// It opens nothing, and should be deleted.
    Closed,
}

/// What is wrong with the way in which a session is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// It ran out: nothing to tell.
    Expired,
    /// It is used as only a thief, or two browsers with one cookie, would.
    Stolen(&'static str),
}

impl Sessions {
    /// Looks whether `cookie`, coming from `origin`, opens a session.
    ///
    /// Err only when the database can not be asked: the request is then refused, never let in.
    pub async fn check(&self, cookie: &str, origin: &Arc<Origin>) -> Result<Checked, Error> {
        let Some(claim) = self.cookies.read(cookie) else { return Ok(Checked::Closed) };
        let now = self.clock.now();
        if let Some(snapshot) = self.cache.get(claim.session)
            && self.is_fresh(&snapshot, now)
            // That a new secret has arrived is noted at once: the grace of the one before begins.
            && (snapshot.session.secret_seen || claim.secret_hash != snapshot.session.secret_hash)
            && self.trouble(&snapshot.session, &claim, origin, now).is_none()
        {
            return Ok(Checked::Open(snapshot, None));
        }
        self.verify(claim, origin, now).await
    }

    /// A clock that was set back must not make a snapshot young again.
    fn is_fresh(&self, snapshot: &Snapshot, now: Timestamp) -> bool {
        now >= snapshot.verified_at
            && now < snapshot.verified_at.plus(self.settings.verification_interval)
            && snapshot.access.next_expiry().is_none_or(|expiry| now < expiry)
    }

    /// Asks the database.
    async fn verify(&self, claim: Claim, origin: &Arc<Origin>, now: Timestamp) -> Result<Checked, Error> {
        let ticket = self.cache.ticket();
        let mut conn = self.store.read().await?;
        let Some(mut snapshot) = self.load(&mut conn, claim, now).await? else { return Ok(Checked::Closed) };
        drop(conn);
        match self.trouble(&snapshot.session, &claim, origin, now) {
            None => {}
            Some(Trouble::Expired) => return Ok(Checked::Closed),
            Some(Trouble::Stolen(reason)) => {
                self.invalidate(&snapshot, origin, reason, now).await?;
                return Ok(Checked::Closed);
            }
        }
        let cookie = self.keep_up(&mut snapshot, &claim, origin, now).await?;
        Ok(Checked::Open(self.cache.put(ticket, snapshot), cookie))
    }

    /// Reads the session, its person and what they may do. None when there is no such open session, or the person may
    /// not have one.
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
        let user = SignedIn {
            id: row.user_id,
            username: row.username,
            email: row.email,
            email_verified: row.email_verified_at.is_some(),
            first_name: row.first_name,
            last_name: row.last_name,
        };
        let access = roles::access_of(conn, user.id, now).await?;
        Ok(Some(Snapshot { user, session, access, verified_at: now, stale: Stale::default() }))
    }

    fn trouble(
        &self,
        session: &SessionState,
        claim: &Claim,
        origin: &Origin,
        now: Timestamp,
    ) -> Option<Trouble> {
        let settings = &self.settings;
        let idle_from = match settings.lifetime_from {
            LifetimeFrom::LastActivity => session.last_seen_at,
            LifetimeFrom::Creation => session.created_at,
        };
        if now >= session.absolute_expires_at || now >= idle_from.plus(settings.lifetime) {
            return Some(Trouble::Expired);
        }
        if session.fingerprint != origin.fingerprint {
            return Some(Trouble::Stolen("fingerprint_mismatch"));
        }
        if settings.lock_region
            && let (Some(began), Some(comes)) = (&session.country, &origin.country)
            && began != comes
        {
            return Some(Trouble::Stolen("region_mismatch"));
        }
        let in_grace = |(hash, replaced): &([u8; 32], Timestamp)| {
            *hash == claim.secret_hash && now <= replaced.plus(settings.random_string_grace)
        };
        if !settings.disable_random_string
            && session.secret_hash != claim.secret_hash
            && !replacement_is_lost(session, claim)
            && !session.old_secrets.iter().any(in_grace)
        {
            return Some(Trouble::Stolen("random_string_mismatch"));
        }
        None
    }

    /// Replaces the random string when its time has come, and notes that the session is in use.
    async fn keep_up(
        &self,
        snapshot: &mut Snapshot,
        claim: &Claim,
        origin: &Arc<Origin>,
        now: Timestamp,
    ) -> Result<Option<String>, Error> {
        let settings = &self.settings;
        let ip = origin.ip.map(|ip| ip.to_string());
        let session = &mut snapshot.session;
        // With the shortest interval the list of old secrets would grow beyond its bounds within the grace.
        let spacing = settings.random_string_grace / u32::try_from(MAX_OLD_SECRETS).unwrap_or(u32::MAX);
        let due = session.rotated_at.plus(settings.verification_interval.max(spacing));
        let current = claim.secret_hash == session.secret_hash;
        let rotates =
            !settings.disable_random_string && (current || replacement_is_lost(session, claim)) && now >= due;
        if !rotates {
            self.touch(snapshot, current, origin, now).await?;
            return Ok(None);
        }
        let moved = session.last_ip != ip;
        let secret = SessionSecret::new(self.random);
        let mut old = session.old_secrets.clone();
        if current && !session.secret_seen {
            begin_grace(&mut old, now);
        }
        old.retain(|(hash, replaced)| {
            *hash != claim.secret_hash && now <= replaced.plus(settings.random_string_grace)
        });
        if !current {
            // It may be on its way still.
            old.insert(0, (session.secret_hash, now));
        }
        old.insert(0, (claim.secret_hash, now));
        old.truncate(MAX_OLD_SECRETS);

        let actor = Actor { who: Who::User(Arc::new(snapshot.clone())), origin: Arc::clone(origin) };
        let session = &mut snapshot.session;
        let mut work = self.recorder.begin(&actor).await?;
        let rotated = ROTATE
            .bind(session.id)
            .bind(session.secret_hash)
            .bind(secret.hash())
            .bind(write_old(&old))
            .bind(now)
            .bind(ip.clone())
            .bind(false)
            .execute(&mut work.tx)
            .await?;
        if rotated == 0 {
            // A parallel request was first (or ended the session: the next look-up sees that). The cookie that came is
            // now an old one, good for the grace.
            return Ok(None);
        }
        if moved {
            work.record(moved_from(snapshot.user.id, session));
        }
        work.commit().await?;
        session.secret_hash = secret.hash();
        session.secret_seen = false;
        session.old_secrets = old;
        session.rotated_at = now;
        session.last_seen_at = now;
        session.last_ip = ip;
        Ok(Some(self.cookies.write(session.id, &secret)))
    }

    /// Notes that the session is in use, from where, and by which secret.
    async fn touch(
        &self,
        snapshot: &mut Snapshot,
        current: bool,
        origin: &Arc<Origin>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let ip = origin.ip.map(|ip| ip.to_string());
        let moved = snapshot.session.last_ip != ip;
        let first_seen = current && !snapshot.session.secret_seen;
        let due = now >= snapshot.session.last_seen_at.plus(self.settings.verification_interval);
        if !moved && !first_seen && !due {
            return Ok(());
        }
        let actor = Actor { who: Who::User(Arc::new(snapshot.clone())), origin: Arc::clone(origin) };
        let mut work = self.recorder.begin(&actor).await?;
        let session = &mut snapshot.session;
        let touched = TOUCH.bind(session.id).bind(now).bind(ip.clone()).execute(&mut work.tx).await? > 0;
        if moved && touched {
            work.record(moved_from(snapshot.user.id, session));
        }
        if first_seen {
            begin_grace(&mut session.old_secrets, now);
            let old = write_old(&session.old_secrets);
            SEEN.bind(session.id)
                .bind(session.secret_hash)
                .bind(old)
                .bind(true)
                .execute(&mut work.tx)
                .await?;
            session.secret_seen = true;
        }
        work.commit().await?;
        session.last_seen_at = now;
        session.last_ip = ip;
        Ok(())
    }

    /// Ends a session that looks stolen.
    async fn invalidate(
        &self,
        snapshot: &Snapshot,
        origin: &Arc<Origin>,
        reason: &'static str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let actor = Actor { who: Who::Anonymous, origin: Arc::clone(origin) };
        let mut work = self.recorder.begin(&actor).await?;
        let ended = END.bind(snapshot.session.id).bind(now).bind(reason).execute(&mut work.tx).await?;
        if ended > 0 {
            work.record(
                Entry::new(Event::SessionInvalidated)
                    .to(snapshot.user.id)
                    .with("reason", reason)
                    .with("session", snapshot.session.id.to_string()),
            );
        }
        work.commit().await?;
        self.cache.evict_session(snapshot.session.id).await;
        Ok(())
    }
}

/// Whether the cookie is the one before the current one, and nobody has used the current one yet: the answer that
/// carried it may have been lost (a navigation that was cancelled, a connection that broke). As long as that is so the
/// one before is good, and is replaced anew; a copy shows as soon as both are used.
fn replacement_is_lost(session: &SessionState, claim: &Claim) -> bool {
    !session.secret_seen && session.old_secrets.first().is_some_and(|(hash, _)| *hash == claim.secret_hash)
}

/// The current secret has come back for the first time: from now on the one before it is old.
fn begin_grace(old: &mut [([u8; 32], Timestamp)], now: Timestamp) {
    if let Some((_, replaced)) = old.first_mut() {
        *replaced = now;
    }
}

fn moved_from(user: UserId, session: &SessionState) -> Entry {
    Entry::new(Event::SessionIpUpdated).to(user).personal("from", session.last_ip.clone().unwrap_or_default())
}

fn read_old(text: &str) -> Option<Vec<([u8; 32], Timestamp)>> {
    let list: Vec<(String, i64)> = serde_json::from_str(text).ok()?;
    list.into_iter().map(|(hash, at)| Some((from_base64(&hash)?, Timestamp::from_micros(at)))).collect()
}

fn write_old(list: &[([u8; 32], Timestamp)]) -> String {
    json!(list.iter().map(|(hash, at)| (to_base64(hash), at.micros())).collect::<Vec<_>>()).to_string()
}

fn to_base64(hash: &[u8; 32]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD_NO_PAD.encode(hash)
}

fn from_base64(text: &str) -> Option<[u8; 32]> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD_NO_PAD.decode(text).ok()?.try_into().ok()
}
