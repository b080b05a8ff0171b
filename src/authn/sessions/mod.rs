//! Sessions. Each is one signed-in browser, identified by a cookie that changes while the session
//! is in use.
//!
//! The cookie carries the session's id and a random string, which the server replaces about every
//! SESSION_DB_VERIFICATION_INTERVAL. The previous string keeps working for RANDOM_STRING_GRACE
//! after the browser first sends its replacement, because other requests that carry it may be in
//! flight. An old string that arrives later is a sign that the cookie was copied, and ends the
//! session for both holders. DISABLE_RANDOM_STRING turns this off.

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

/// How long the row of an ended session is kept. While it is, [`looks_new`] recognizes its browser.
const KEEP_ENDED: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long a browser counts as known after the user's last sign-in there.
const KEEP_DEVICES: Duration = Duration::from_secs(400 * 24 * 3600);

/// A session, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// The session's id.
    pub id: SessionId,
    /// The browser and operating system.
    pub device: String,
    /// The country code, if known.
    pub country: Option<String>,
    /// The city, if known.
    pub city: Option<String>,
    /// The IP address from which the session was last used.
    pub ip: Option<String>,
    /// When the session began.
    pub created_at: Timestamp,
    /// When the session was last used, to within the verification interval.
    pub last_seen_at: Timestamp,
    /// Whether the request came from this session.
    pub current: bool,
}

/// A new session, and its cookie.
#[derive(Clone)]
pub struct NewSession {
    /// The session's id.
    pub id: SessionId,
    /// The value of the cookie.
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

    /// Begins a session for a user who has authenticated, as part of `work`.
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

    /// Ends the session that a browser had before a new sign-in, as part of `work`. The caller must
    /// evict it when committing.
    pub(crate) async fn replace(&self, work: &mut Change, before: SessionId) -> Result<(), Error> {
        END.bind(before).bind(self.clock.now()).bind("replaced").execute(&mut work.tx).await.map(drop)
    }

    /// Returns the cache of session snapshots, for commits that end sessions.
    pub(crate) fn cache(&self) -> &Snapshots {
        &self.cache
    }

    /// Returns the caller's own sessions, most recently used first, at most 1,000.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the caller has no session.
    /// - [`Code::EnrollmentRequired`] when the caller must first set up a factor.
    pub async fn list(&self, actor: &Actor) -> Result<Vec<SessionView>, Error> {
        let snapshot = actor.user()?;
        self.of(snapshot.user.id, Some(actor.session()?.id)).await
    }

    /// Returns a user's sessions, most recently used first, at most 1,000. `current` is the session
    /// that the request came from.
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

    /// Ends the caller's own session. Does nothing when the caller has none.
    pub async fn sign_out(&self, actor: &Actor) -> Result<(), Error> {
        let Some(session) = actor.session_id() else { return Ok(()) };
        match self.end(actor, session).await {
            Err(error) if error.code() == Code::NotFound => Ok(()),
            other => other,
        }
    }

    /// Ends one of the caller's own sessions.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the caller has no session.
    /// - [`Code::NotFound`] when the session is another user's, or has ended.
    pub async fn end(&self, actor: &Actor, id: SessionId) -> Result<(), Error> {
        let user = actor.session_user()?.user.id;
        let mut work = self.recorder.begin(actor).await?;
        if !end_of(&mut work.tx, user, id, "ended_by_user", self.clock.now()).await? {
            return Err(Code::NotFound.into());
        }
        work.record(Entry::new(Event::SessionTerminated).to(user).with("session", id.to_string()));
        work.commit_evicting(&self.cache, &[Evict::Session(id)]).await
    }

    /// Ends all of the caller's own sessions except the current one, and requires a second factor
    /// in every browser again. Returns how many sessions ended.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the caller has no session.
    /// - [`Code::EnrollmentRequired`] when the caller must first set up a factor.
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

    /// Returns whether evictions by other processes reach this one. While they do not, every
    /// request queries the database.
    pub fn is_linked(&self) -> bool {
        self.cache.is_linked()
    }

    /// Deletes the rows of sessions that ended or expired more than `KEEP_ENDED` ago, and of known
    /// browsers without a sign-in for `KEEP_DEVICES`. Returns how many sessions were deleted.
    ///
    /// # Errors
    ///
    /// [`Code::Forbidden`] when the caller is not the program itself.
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

    /// Returns two times: a session has expired if it was created no later than the first, or last
    /// seen no later than the second.
    pub(crate) fn idle_limits(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        let limit = now.minus(self.settings.lifetime);
        match self.settings.lifetime_from {
            LifetimeFrom::Creation => (limit, Timestamp::EPOCH),
            LifetimeFrom::LastActivity => (Timestamp::EPOCH, limit),
        }
    }
}

/// Ends one session of a user, as part of a change. Returns false when the user has no open session
/// with this id. The caller must evict it after the commit.
pub(crate) async fn end_of(
    conn: &mut Conn,
    user: UserId,
    session: SessionId,
    reason: &'static str,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(END_OWN.bind(session).bind(user).bind(now).bind(reason).execute(conn).await? > 0)
}

/// Ends the sessions of a user, but not `except`, as part of a change. Returns how many ended. The
/// caller must evict the user after the commit.
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

/// Returns whether the user has signed in before from the browser that sent this device cookie.
pub(crate) async fn is_known_device(conn: &mut Conn, user: UserId, origin: &Origin) -> Result<bool, Error> {
    let Some(device) = origin.device_secret else { return Ok(false) };
    let found: Option<(i32,)> = IS_KNOWN_DEVICE.bind(user).bind(sha256(&device)).optional(conn).await?;
    Ok(found.is_some())
}

/// Forgets every browser in which the user has signed in, but not the one whose device secret is
/// `except`, as part of a change.
pub(crate) async fn forget_devices(
    conn: &mut Conn,
    user: UserId,
    except: Option<&[u8; 32]>,
) -> Result<(), Error> {
    let except = except.map_or([0; 32], |secret| sha256(secret));
    FORGET_DEVICES.bind(user).bind(except).execute(conn).await.map(drop)
}

/// Returns whether a sign-in looks new: no stored session of the user began with this fingerprint
/// at this IP address.
pub(crate) async fn looks_new(conn: &mut Conn, user: UserId, origin: &Origin) -> Result<bool, Error> {
    let ip = origin.ip.map(|ip| ip.to_string());
    let found: Option<(i32,)> = LOOKS_NEW.bind(user).bind(origin.fingerprint).bind(ip).optional(conn).await?;
    Ok(found.is_some())
}

/// Returns whether the user needs no second factor in the requesting browser at `now`.
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

/// Requires no second factor in one of the user's known browsers until `until`, as part of a
/// change.
pub(crate) async fn trust_device(
    conn: &mut Conn,
    user: UserId,
    device: &[u8; 32],
    until: Timestamp,
) -> Result<(), Error> {
    TRUST.bind(user).bind(sha256(device)).bind(until).execute(conn).await.map(drop)
}

/// Requires a second factor in every browser of the user again, as part of a change.
pub(crate) async fn distrust_devices(conn: &mut Conn, user: UserId) -> Result<(), Error> {
    DISTRUST.bind(user).execute(conn).await.map(drop)
}

/// Locks the row of the session's user, as part of a change, so that changes to the account's
/// credentials run one at a time. Returns the user, and when they last authenticated in this
/// session.
///
/// # Errors
///
/// [`Code::NotAuthenticated`] when the session has ended or the user may no longer have one, even
/// if the request's snapshot says otherwise.
pub(crate) async fn lock_holder(work: &mut Change, actor: &Actor) -> Result<(User, Timestamp), Error> {
    let snapshot = actor.session_user()?;
    users::lock(&mut work.tx, snapshot.user.id).await?;
    let open: Option<(Timestamp,)> = IS_OPEN.bind(actor.session()?.id).optional(&mut work.tx).await?;
    let found = users::by_id(&mut work.tx, snapshot.user.id).await?.map(|found| found.user);
    let user = found.filter(User::may_enter).zip(open);
    user.map(|(user, (confirmed_at,))| (user, confirmed_at)).ok_or_else(|| Code::NotAuthenticated.into())
}

/// Does what [`lock_holder`] does, for an operation that requires the user to have authenticated
/// within `step_up`.
///
/// # Errors
///
/// - As for [`lock_holder`].
/// - [`Code::StepUpRequired`] when the user last authenticated longer ago than `step_up`.
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

/// Stores when the user of a session last authenticated, as part of a change. Returns false when
/// the session has ended. The caller must evict it after the commit, unless it is new.
pub(crate) async fn set_confirmed(conn: &mut Conn, session: SessionId, at: Timestamp) -> Result<bool, Error> {
    Ok(CONFIRM.bind(session).bind(at).execute(conn).await? > 0)
}
