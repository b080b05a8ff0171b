//! The random string of a session, which is replaced while the session is used, so that a copied
//! cookie shows.

use std::sync::Arc;

use serde_json::json;

use super::Sessions;
use super::cookie::{Claim, SessionSecret};
use super::sql::*;
use crate::audit::{Entry, Event};
use crate::authz::actor::{Actor, Origin};
use crate::authz::session_snapshot::{SessionState, Snapshot};
use crate::foundation::error::Error;
use crate::model::id::UserId;
use crate::model::time::Timestamp;

/// The maximum number of replaced secrets that are kept, whatever the grace and the interval are.
const MAX_OLD_SECRETS: usize = 16;

impl Sessions {
    /// Replaces the random string when that is due, and records that the session is in use. Returns
    /// the new cookie, if there is one.
    pub(super) async fn keep_up(
        &self,
        snapshot: &mut Snapshot,
        claim: &Claim,
        origin: &Arc<Origin>,
        now: Timestamp,
    ) -> Result<Option<String>, Error> {
        let settings = &self.settings;
        let ip = origin.ip.map(|ip| ip.to_string());
        let session = &snapshot.session;
        // With the shortest interval, the list of old secrets would outgrow its limit within the
        // grace.
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
            // The response that carries it may still be on its way.
            old.insert(0, (session.secret_hash, now));
        }
        old.insert(0, (claim.secret_hash, now));
        old.truncate(MAX_OLD_SECRETS);

        let actor = Actor::in_session(snapshot, Arc::clone(origin));
        let session = Arc::make_mut(&mut snapshot.session);
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
            // A parallel request was first, or ended the session, which the next lookup finds out.
            // The cookie of this request is now an old one, and works for the grace.
            return Ok(None);
        }
        if moved {
            work.record(moved_from(snapshot.identity.user.id, session));
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

    /// Records that the session is in use, from where, and with which secret.
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
        let actor = Actor::in_session(snapshot, Arc::clone(origin));
        let mut work = self.recorder.begin(&actor).await?;
        let session = Arc::make_mut(&mut snapshot.session);
        let touched = TOUCH.bind(session.id).bind(now).bind(ip.clone()).execute(&mut work.tx).await? > 0;
        if moved && touched {
            work.record(moved_from(snapshot.identity.user.id, session));
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
}

/// Returns whether the cookie is the previous one, and the current one has not been used yet.
///
/// The response that carried the current one may have been lost: the user canceled a navigation, or
/// a connection broke. Until the current one arrives, the previous one works and is replaced again.
/// A copy shows as soon as both are used.
pub(super) fn replacement_is_lost(session: &SessionState, claim: &Claim) -> bool {
    !session.secret_seen && session.old_secrets.first().is_some_and(|(hash, _)| *hash == claim.secret_hash)
}

/// Starts the grace of the previous secret, because the current one has arrived for the first time.
fn begin_grace(old: &mut [([u8; 32], Timestamp)], now: Timestamp) {
    if let Some((_, replaced)) = old.first_mut() {
        *replaced = now;
    }
}

fn moved_from(user: UserId, session: &SessionState) -> Entry {
    Entry::new(Event::SessionIpUpdated).to(user).personal("from", session.last_ip.clone().unwrap_or_default())
}

pub(super) fn read_old(text: &str) -> Option<Vec<([u8; 32], Timestamp)>> {
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
