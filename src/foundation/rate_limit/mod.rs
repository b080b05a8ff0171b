//! Limits how often a client may guess, by its address and by account (OWASP Authentication Cheat
//! Sheet, "Device Cookies").
//!
//! Failures on an account are counted separately for each browser in which its owner signed in
//! before. A stranger's guesses therefore lock the account for strangers; only its own failures
//! lock a known browser. A name without an account is counted like one with an account.

mod key;
mod sql;

pub(crate) use key::RateLimitKey;
pub(crate) use sql::ALL;

use std::time::Duration;

use key::Kind;
use sql::*;

use crate::foundation::clock::Clock;
use crate::foundation::config::Limits as Settings;
use crate::foundation::error::Error;
use crate::foundation::store::Conn;
use crate::model::code::Code;
use crate::model::id::UserId;

/// The number of consecutive failures, over any time, after which an account accepts no password
/// from unknown browsers until its owner signs in from a known one, or an operator unlocks it (NIST
/// SP 800-63B-4 section 3.2.2). A known browser with as many failures of its own counts as unknown.
pub(crate) const MAX_CONSECUTIVE: i64 = 100;

/// The period over which [`Limits::is_over`] counts.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long to wait while all allowed attempts are being checked.
const JUDGING: Duration = Duration::from_secs(2);

/// Counts attempts and enforces the limits.
#[derive(Clone)]
pub(crate) struct Limits {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
}

/// An attempt that was counted and not yet checked.
#[must_use = "an attempt ends by succeed, fail or cancel"]
pub(crate) struct Attempt {
    limits: Limits,
    keys: Vec<RateLimitKey>,
}

impl Limits {
    /// Counts an attempt before it is checked, so that parallel attempts cannot slip past the
    /// limit.
    ///
    /// # Errors
    ///
    /// [`Code::TooManyAttempts`] while a key is locked or over its limit. The caller then drops the
    /// transaction, and the attempt is not counted: a lock lasts exactly
    /// `LOGIN_LOCKOUT_DURATION_SECONDS`, whatever happens in the meantime.
    pub(crate) async fn begin(&self, conn: &mut Conn, keys: Vec<RateLimitKey>) -> Result<Attempt, Error> {
        let now = self.clock.now();
        let window_began = now.minus(self.settings.login_window);
        for RateLimitKey { kind, key, .. } in &keys {
            let row: ThrottleRow =
                COUNT.bind(kind.as_str()).bind(*key).bind(now).bind(window_began).one(conn).await?;
            let limit = kind.limit(&self.settings);
            let over = limit > 0 && row.failures > limit;
            let wait = if let Some(until) = row.locked_until {
                until.since(now)
            } else if kind.ends_after_a_streak() && row.consecutive > MAX_CONSECUTIVE {
                // No wait helps: the key stays locked until the owner signs in or an operator
                // unlocks it.
                return Err(Code::TooManyAttempts.into());
            } else if over {
                // Where only failures count, the other attempts are being checked at this moment.
                if kind.counts_all() { self.settings.login_window } else { JUDGING }
            } else {
                continue;
            };
            return Err(Error::new(Code::TooManyAttempts).retry_after(wait));
        }
        Ok(Attempt { limits: self.clone(), keys })
    }

    /// Counts what is limited whether or not it succeeds: a sign-up, a requested email, a passkey
    /// prompt.
    ///
    /// # Errors
    ///
    /// As for [`Limits::begin`].
    pub(crate) async fn count(&self, conn: &mut Conn, key: RateLimitKey) -> Result<(), Error> {
        self.begin(conn, vec![key]).await.map(drop)
    }

    /// Counts an email or an attempt. Returns whether there were more than `max` within a day; 0
    /// means no limit.
    pub(crate) async fn is_over(
        &self,
        conn: &mut Conn,
        counted: &RateLimitKey,
        max: u32,
    ) -> Result<bool, Error> {
        let now = self.clock.now();
        let query = COUNT.bind(counted.kind.as_str()).bind(counted.key).bind(now).bind(now.minus(DAY));
        let row: ThrottleRow = query.one(conn).await?;
        Ok(max > 0 && row.failures > i64::from(max))
    }

    /// Returns whether a known browser has failed so often that it counts as unknown.
    pub(crate) async fn is_spent(&self, conn: &mut Conn, key: &RateLimitKey) -> Result<bool, Error> {
        let query = IS_SPENT.bind(key.kind.as_str()).bind(key.key).bind(MAX_CONSECUTIVE);
        Ok(query.optional::<(i32,)>(conn).await?.is_some())
    }

    /// Forgets the failures of the first factor of an account from unknown browsers. Returns
    /// whether there were any.
    pub(crate) async fn unlock(&self, conn: &mut Conn, user: UserId) -> Result<bool, Error> {
        let account = RateLimitKey::account(user);
        Ok(FORGET.bind(account.kind.as_str()).bind(account.key).execute(conn).await? > 0)
    }

    /// Forgets the failures of the second factor of an account from unknown browsers. Returns
    /// whether there were any. Do not call this for a client that proved only the first factor: it
    /// could guess forever.
    pub(crate) async fn unlock_second_factor(&self, conn: &mut Conn, user: UserId) -> Result<bool, Error> {
        let factor = RateLimitKey::factor(user, None);
        Ok(FORGET.bind(factor.kind.as_str()).bind(factor.key).execute(conn).await? > 0)
    }

    /// Deletes counters that no longer matter.
    pub(crate) async fn purge(&self, conn: &mut Conn) -> Result<u64, Error> {
        let now = self.clock.now();
        let horizon = self.settings.login_window.max(self.settings.login_lockout).max(DAY);
        // Long streaks of failures are kept for a year: forgetting them early would grant new
        // attempts.
        PURGE
            .bind(now.minus(horizon))
            .bind(now.minus(Duration::from_secs(365 * 24 * 3600)))
            .execute(conn)
            .await
    }
}

impl Attempt {
    /// Ends an attempt that failed, and locks the keys whose limit it reached. Returns whether it
    /// locked any.
    pub(crate) async fn fail(self, conn: &mut Conn) -> Result<bool, Error> {
        let settings = &self.limits.settings;
        let until = self.limits.clock.now().plus(settings.login_lockout);
        let mut locked = false;
        for RateLimitKey { kind, key, .. } in &self.keys {
            let limit = kind.limit(settings);
            if limit > 0 {
                let query = LOCK.bind(kind.as_str()).bind(*key).bind(until).bind(limit);
                locked |= query.execute(conn).await? > 0;
            }
        }
        Ok(locked)
    }

    /// Ends an attempt that succeeded, and forgets the account's failures. Those of the client
    /// address stay, except for this attempt: otherwise a client with one account could guess at
    /// others forever.
    pub(crate) async fn succeed(self, conn: &mut Conn) -> Result<(), Error> {
        for RateLimitKey { kind, key, strangers } in &self.keys {
            let statement = if *kind == Kind::Address { UNCOUNT } else { FORGET };
            statement.bind(kind.as_str()).bind(*key).execute(conn).await?;
            if let Some((kind, key)) = strangers {
                RESET_STREAK.bind(kind.as_str()).bind(*key).execute(conn).await?;
            }
        }
        Ok(())
    }

    /// Takes back an attempt that could not be checked.
    pub(crate) async fn cancel(self, conn: &mut Conn) -> Result<(), Error> {
        for RateLimitKey { kind, key, .. } in &self.keys {
            UNDO.bind(kind.as_str()).bind(*key).execute(conn).await?;
        }
        Ok(())
    }
}
