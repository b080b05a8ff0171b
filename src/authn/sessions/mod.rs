//! Sessions: one signed-in browser each, opened by a cookie that changes while it is used.
//!
//! The cookie carries the session's id and a random string that is replaced about every
//! SESSION_DB_VERIFICATION_INTERVAL. The string before it stays good for RANDOM_STRING_GRACE, for requests that were
//! under way; one that comes back later was copied, and ends the session for both sides.

mod check;
mod cookie;
mod rotate;
mod sql;

#[cfg(feature = "postgres")]
pub(crate) mod link;

pub(crate) use sql::ALL;

use std::sync::Arc;
use std::time::Duration;

use cookie::{Cookies, SessionSecret};
use sql::*;

use crate::accounts::users::{self, User};
use crate::audit::{Change, Entry, Event, Recorder};
use crate::authz::actor::{Actor, Origin};
use crate::authz::snapshot_cache::{Evict, Snapshots};
use crate::foundation::clock::{Clock, Random};
use crate::foundation::config::{LifetimeFrom, Sessions as Settings};
use crate::foundation::crypto::keyring::Keyring;
use crate::foundation::crypto::token::sha256;
use crate::foundation::error::Error;
use crate::foundation::store::{Conn, Store};
use crate::model::code::Code;
use crate::model::id::{SessionId, UserId};
use crate::model::time::Timestamp;

pub use check::Checked;

/// How long a row of an ended session stays, for the person to see what it was.
const KEEP_ENDED: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long a browser is remembered without being used.
const KEEP_DEVICES: Duration = Duration::from_secs(400 * 24 * 3600);

/// A session of one's own, for a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// Its id.
    pub id: SessionId,
    /// Browser and system.
    pub device: String,
    /// Country code, when it was known.
    pub country: Option<String>,
    /// City, when it was known.
    pub city: Option<String>,
    /// The address it was used from last.
    pub ip: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was used last, to within the verification interval.
    pub last_seen_at: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// A session just begun, with the cookie that opens it.
#[derive(Clone)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// The cookie's value.
    pub cookie: String,
}

/// The sessions of this installation.
#[derive(Clone)]
pub struct Sessions {
    store: Store,
    recorder: Recorder,
    cache: Snapshots,
    cookies: Cookies,
    settings: Arc<Settings>,
    clock: Clock,
    random: Random,
}

impl Sessions {
    pub(crate) fn new(
        store: Store,
        recorder: Recorder,
        cache: Snapshots,
        keys: Arc<Keyring>,
        settings: Settings,
        clock: Clock,
        random: Random,
    ) -> Self {
        Self {
            store,
            recorder,
            cache,
            cookies: Cookies::new(keys),
            settings: Arc::new(settings),
            clock,
            random,
        }
    }

    /// Begins a session for a person who has proved who they are, as part of `work`.
    pub(crate) async fn begin(
        &self,
        work: &mut Change,
        user: UserId,
        origin: &Origin,
        method: &'static str,
    ) -> Result<NewSession, Error> {
        let now = self.clock.now();
        let id = SessionId::from_uuid(self.random.uuid(now));
        let secret = SessionSecret::new(self.random);
        let ip = origin.ip.map(|ip| ip.to_string());
        INSERT
            .bind(id)
            .bind(user)
            .bind(now)
            .bind(now.plus(self.settings.absolute_lifetime))
            .bind(secret.hash())
            .bind(origin.fingerprint)
            .bind(origin.device())
            .bind(method)
            .bind(ip)
            .bind(origin.country.clone())
            .bind(origin.city.clone())
            .execute(&mut work.tx)
            .await?;
        if let Some(device) = origin.device_secret {
            KNOW_DEVICE.bind(user).bind(sha256(&device)).bind(now).execute(&mut work.tx).await?;
        }
        work.record(
            Entry::new(Event::SessionCreated).to(user).with("method", method).with("session", id.to_string()),
        );
        Ok(NewSession { id, cookie: self.cookies.write(id, &secret) })
    }

    /// Ends the session that a browser had before it signs in anew, as part of `work`; the commit evicts it.
    pub(crate) async fn replace(&self, work: &mut Change, before: SessionId) -> Result<(), Error> {
        END.bind(before).bind(self.clock.now()).bind("replaced").execute(&mut work.tx).await.map(drop)
    }

    /// What is in memory of sessions, for commits that end some.
    pub(crate) fn cache(&self) -> &Snapshots {
        &self.cache
    }

    /// One's own sessions, the last used first.
    pub async fn list(&self, actor: &Actor) -> Result<Vec<SessionView>, Error> {
        let snapshot = actor.user()?;
        self.of(snapshot.user.id, Some(actor.session()?.id)).await
    }

    /// The sessions of a person, the last used first; `current` is the one that asks.
    pub(crate) async fn of(
        &self,
        user: UserId,
        current: Option<SessionId>,
    ) -> Result<Vec<SessionView>, Error> {
        let now = self.clock.now();
        let (created_after, seen_after) = self.idle_limits(now);
        let rows: Vec<ListRow> = OF_USER
            .bind(user)
            .bind(now)
            .bind(created_after)
            .bind(seen_after)
            .all(&mut self.store.read().await?)
            .await?;
        let view = |row: ListRow| SessionView {
            current: Some(row.id) == current,
            id: row.id,
            device: row.device,
            country: row.country,
            city: row.city,
            ip: row.last_ip,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
        };
        Ok(rows.into_iter().map(view).collect())
    }

    /// Ends the caller's own session. Does nothing when nobody is signed in.
    pub async fn sign_out(&self, actor: &Actor) -> Result<(), Error> {
        let Some(session) = actor.session_id() else { return Ok(()) };
        match self.end(actor, session).await {
            Err(error) if error.code() == Code::NotFound => Ok(()),
            other => other,
        }
    }

    /// Ends one of one's own sessions. Err([`Code::NotFound`]) for others' and for those that have ended.
    pub async fn end(&self, actor: &Actor, id: SessionId) -> Result<(), Error> {
        let user = actor.session_user()?.user.id;
        let mut work = self.recorder.begin(actor).await?;
        if !end_of(&mut work.tx, user, id, "ended_by_user", self.clock.now()).await? {
            return Err(Code::NotFound.into());
        }
        work.record(Entry::new(Event::SessionTerminated).to(user).with("session", id.to_string()));
        work.commit_evicting(&self.cache, &[Evict::Session(id)]).await
    }

    /// Ends all of one's own sessions but the one that asks; their number.
    pub async fn end_others(&self, actor: &Actor) -> Result<u64, Error> {
        let snapshot = actor.user()?;
        let user = snapshot.user.id;
        let mut work = self.recorder.begin(actor).await?;
        let except = Some(actor.session()?.id);
        let ended = end_all_of(&mut work.tx, user, except, "ended_by_user", self.clock.now()).await?;
        distrust_devices(&mut work.tx, user).await?;
        if ended > 0 {
            work.record(Entry::new(Event::SessionsTerminatedAll).to(user).with("ended", ended));
        }
        work.commit_evicting(&self.cache, &[Evict::User(user)]).await?;
        Ok(ended)
    }

    /// Whether evictions by other processes reach this one; while they do not, every request asks the database.
    pub fn is_linked(&self) -> bool {
        self.cache.is_linked()
    }

    /// Deletes the rows of sessions that ended or expired a while ago, and of browsers long unused.
    pub async fn purge(&self, actor: &Actor) -> Result<u64, Error> {
        actor.require_system()?;
        let now = self.clock.now();
        let (created_after, seen_after) = self.idle_limits(now);
        let mut tx = self.store.write().await?;
        let purged = PURGE
            .bind(now.minus(KEEP_ENDED))
            .bind(seen_after.minus(KEEP_ENDED))
            .bind(created_after.minus(KEEP_ENDED))
            .execute(&mut tx)
            .await?;
        PURGE_DEVICES.bind(now.minus(KEEP_DEVICES)).execute(&mut tx).await?;
        tx.commit().await?;
        Ok(purged)
    }

    /// Sessions created, or last seen, before these moments have run out.
    /// Sessions that were created, or last seen, before these moments have expired.
    pub(crate) fn idle_limits(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        let limit = now.minus(self.settings.lifetime);
        match self.settings.lifetime_from {
            LifetimeFrom::Creation => (limit, Timestamp::EPOCH),
            LifetimeFrom::LastActivity => (Timestamp::EPOCH, limit),
        }
    }
}

/// Ends one session of a person, as part of a change; false when it is no open session of theirs. The caller evicts it
/// afterwards.
pub(crate) async fn end_of(
    conn: &mut Conn,
    user: UserId,
    session: SessionId,
    reason: &'static str,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(END_OWN.bind(session).bind(user).bind(now).bind(reason).execute(conn).await? > 0)
}

/// Ends the sessions of a person, but for one, as part of a change. The caller evicts the person afterwards.
pub(crate) async fn end_all_of(
    conn: &mut Conn,
    user: UserId,
    except: Option<SessionId>,
    reason: &'static str,
    now: Timestamp,
) -> Result<u64, Error> {
    let except = except.map_or(uuid::Uuid::nil(), SessionId::uuid);
    END_ALL.bind(user).bind(now).bind(reason).bind(except).execute(conn).await
}

/// Whether the person signed in before in the browser that sends this device cookie.
pub(crate) async fn is_known_device(conn: &mut Conn, user: UserId, origin: &Origin) -> Result<bool, Error> {
    let Some(device) = origin.device_secret else { return Ok(false) };
    let found: Option<(i32,)> = IS_KNOWN_DEVICE.bind(user).bind(sha256(&device)).optional(conn).await?;
    Ok(found.is_some())
}

/// Forgets every browser in which somebody signed in, but for one, as part of a change.
pub(crate) async fn forget_devices(
    conn: &mut Conn,
    user: UserId,
    except: Option<&[u8; 32]>,
) -> Result<(), Error> {
    let except = except.map_or([0; 32], |secret| sha256(secret));
    FORGET_DEVICES.bind(user).bind(except).execute(conn).await.map(drop)
}

/// Whether somebody had no session in a browser like this one at this address, as far as it is remembered.
pub(crate) async fn looks_new(conn: &mut Conn, user: UserId, origin: &Origin) -> Result<bool, Error> {
    let ip = origin.ip.map(|ip| ip.to_string());
    let found: Option<(i32,)> = LOOKS_NEW.bind(user).bind(origin.fingerprint).bind(ip).optional(conn).await?;
    Ok(found.is_some())
}

/// Whether the browser that asks is one in which the person is asked for no second factor.
pub(crate) async fn is_trusted_device(
    conn: &mut Conn,
    user: UserId,
    origin: &Origin,
    now: Timestamp,
) -> Result<bool, Error> {
    let Some(device) = origin.device_secret else { return Ok(false) };
    let found: Option<(i32,)> = IS_TRUSTED.bind(user).bind(sha256(&device)).bind(now).optional(conn).await?;
    Ok(found.is_some())
}

/// Asks for no second factor in one of a person's known browsers until then, as part of a change.
pub(crate) async fn trust_device(
    conn: &mut Conn,
    user: UserId,
    device: &[u8; 32],
    until: Timestamp,
) -> Result<(), Error> {
    TRUST.bind(user).bind(sha256(device)).bind(until).execute(conn).await.map(drop)
}

/// Asks for the second factor in every browser again, as part of a change.
pub(crate) async fn distrust_devices(conn: &mut Conn, user: UserId) -> Result<(), Error> {
    DISTRUST.bind(user).execute(conn).await.map(drop)
}

/// The person of the session that asks, as part of a change of what opens their account, with their row locked: such changes
/// come one after the other. Err([`Code::NotAuthenticated`]) when the session has ended, or they may not come in any more,
/// whatever the request remembers.
///
/// Also when they confirmed last in this session who they are.
pub(crate) async fn lock_holder(work: &mut Change, actor: &Actor) -> Result<(User, Timestamp), Error> {
    let snapshot = actor.session_user()?;
    users::lock(&mut work.tx, snapshot.user.id).await?;
    let open: Option<(Timestamp,)> = IS_OPEN.bind(actor.session()?.id).optional(&mut work.tx).await?;
    let found = users::by_id(&mut work.tx, snapshot.user.id).await?.map(|found| found.user);
    let user = found.filter(User::may_enter).zip(open);
    user.map(|(user, (confirmed_at,))| (user, confirmed_at)).ok_or_else(|| Code::NotAuthenticated.into())
}

/// The same, for what wants a confirmation not older than `step_up`. Err([`Code::StepUpRequired`]).
pub(crate) async fn lock_confirmed(
    work: &mut Change,
    actor: &Actor,
    step_up: Duration,
) -> Result<User, Error> {
    let (user, confirmed_at) = lock_holder(work, actor).await?;
    if work.now().since(confirmed_at) > step_up {
        return Err(Code::StepUpRequired.into());
    }
    Ok(user)
}

/// Notes when the person of a session confirmed last who they are, as part of a change; false when it has ended. The caller
/// evicts it afterwards.
pub(crate) async fn set_confirmed(conn: &mut Conn, session: SessionId, at: Timestamp) -> Result<bool, Error> {
    Ok(CONFIRM.bind(session).bind(at).execute(conn).await? > 0)
}
