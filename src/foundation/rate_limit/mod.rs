//! How often somebody may guess: by address, and by account (OWASP Authentication Cheat Sheet, "Device Cookies").
//!
//! Failures for an account are counted apart for browsers in which its owner signed in before. So a stranger's guesses
//! close the account to strangers, never to its owner. An account that does not exist is counted like one that does.

mod sql;

pub(crate) use sql::ALL;

use std::net::IpAddr;
use std::time::Duration;

use sql::*;

use crate::foundation::clock::Clock;
use crate::foundation::config::Limits as Settings;
use crate::foundation::crypto::token::{sha256, sha256_parts};
use crate::foundation::error::Error;
use crate::foundation::store::Conn;
use crate::model::code::Code;
use crate::model::id::UserId;

/// Failures in a row, over any time, after which an account takes no password from unknown browsers until its owner signs
/// in from a known one, or an operator opens it again (NIST SP 800-63B-4 section 3.2.2). A known browser with as many
/// failures of its own is an unknown one.
pub(crate) const MAX_CONSECUTIVE: i64 = 100;

/// The time in which mails to one person are counted.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long to wait while all allowed tries are being judged.
const JUDGING: Duration = Duration::from_secs(2);

/// What failures are counted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RateLimitKey {
    kind: &'static str,
    key: [u8; 32],
    /// The account behind a device: who signs in from a known browser ends the row of failures that strangers made.
    account: Option<[u8; 32]>,
}

impl RateLimitKey {
    fn of(kind: &'static str, key: [u8; 32]) -> Self {
        Self { kind, key, account: None }
    }

    /// A client address. IPv6 counts by /64: one subscriber has at least that many addresses.
    pub(crate) fn address(ip: IpAddr) -> Self {
        Self::of("address", network(ip))
    }

    /// Accounts made from a client address.
    pub(crate) fn sign_ups(ip: IpAddr) -> Self {
        Self::of("sign_up", network(ip))
    }

    /// Mails asked for from a client address.
    pub(crate) fn mail_requests(ip: IpAddr) -> Self {
        Self::of("mail_request", network(ip))
    }

    /// Passkey prompts asked for from a client address.
    pub(crate) fn prompts(ip: IpAddr) -> Self {
        Self::of("passkey_prompt", network(ip))
    }

    /// Passkey prompts to somebody who is known already, asked for from one network: strangers there, and whoever knows the
    /// password elsewhere, use none of these up.
    pub(crate) fn prompts_to(user: UserId, ip: IpAddr) -> Self {
        Self::of("passkey_prompt", sha256_parts([user.uuid().as_bytes().as_slice(), &network(ip)]))
    }

    /// Mails of one kind to one person or address.
    pub(crate) fn mails(purpose: &str, whom: &str) -> Self {
        Self::of("mail", sha256_parts([purpose.as_bytes(), whom.as_bytes()]))
    }

    /// Mails of one kind to one person, asked for in a browser that they are known in: what strangers ask for uses none of
    /// these up.
    pub(crate) fn mails_from(purpose: &str, user: UserId, device: &[u8; 32]) -> Self {
        Self::of("mail", sha256_parts([purpose.as_bytes(), user.uuid().as_bytes(), device.as_slice()]))
    }

    /// Codes of mails of one kind, tried for one address.
    pub(crate) fn codes(purpose: &str, key: &str) -> Self {
        Self::of("code", sha256_parts([purpose.as_bytes(), key.as_bytes()]))
    }

    /// Codes to stop a recovery, tried from one network for what was typed as a name. Tries from elsewhere use none of these
    /// up, and two names of one account are not counted as one: that would tell that they are.
    pub(crate) fn stops(name: &str, ip: Option<IpAddr>) -> Self {
        let network = ip.map(network).unwrap_or_default();
        Self::of("recovery_stop", sha256_parts([name.as_bytes(), network.as_slice()]))
    }

    /// The same, from one browser that the account is known in.
    pub(crate) fn stops_from(user: UserId, device: &[u8; 32]) -> Self {
        Self::of("recovery_stop", sha256_parts([user.uuid().as_bytes().as_slice(), device.as_slice()]))
    }

    /// Codes of an app to stop recoveries of one account, or of nobody, from wherever.
    pub(crate) fn all_stops(whom: Result<UserId, &str>) -> Self {
        let whom = match whom {
            Ok(user) => sha256(user.uuid().as_bytes()),
            Err(name) => sha256_parts([b"nobody".as_slice(), name.as_bytes()]),
        };
        Self::of("recovery_stops", whom)
    }

    /// An account, from a browser that it is not known in.
    pub(crate) fn account(user: UserId) -> Self {
        Self::of("account", sha256(user.uuid().as_bytes()))
    }

    /// A name that belongs to nobody, folded as names are: spellings of one name count as one.
    pub(crate) fn nobody(key: &str) -> Self {
        Self::of("account", sha256_parts([b"nobody".as_slice(), key.as_bytes()]))
    }

    /// An account, from one browser that it is known in.
    pub(crate) fn device(user: UserId, device: &[u8; 32]) -> Self {
        let key = sha256_parts([user.uuid().as_bytes().as_slice(), device.as_slice()]);
        Self { account: Some(Self::account(user).key), ..Self::of("device", key) }
    }

    /// Second factors of an account, tried from one browser that it is known in, or from all others together.
    pub(crate) fn factor(user: UserId, device: Option<&[u8; 32]>) -> Self {
        let key = |device: &[u8]| sha256_parts([user.uuid().as_bytes().as_slice(), device]);
        let Some(device) = device else { return Self::of("factor", key(&[])) };
        Self { account: Some(key(&[])), ..Self::of("factor", key(device)) }
    }

    fn limit(&self, settings: &Settings) -> i64 {
        i64::from(match self.kind {
            "address" => settings.max_login_attempts_per_ip,
            "sign_up" => settings.max_sign_ups_per_ip,
            "mail_request" => settings.max_mail_requests_per_ip,
            "passkey_prompt" => settings.max_passkey_prompts_per_ip,
            _ => settings.max_login_attempts_per_user,
        })
    }
}

fn network(ip: IpAddr) -> [u8; 32] {
    match ip.to_canonical() {
        IpAddr::V4(v4) => sha256(&v4.octets()),
        IpAddr::V6(v6) => sha256(&v6.octets()[..8]),
    }
}

/// Counts failures.
#[derive(Clone)]
pub(crate) struct Limits {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
}

impl Limits {
    /// Counts a try before it is judged, so that parallel tries can not slip past. Err([`Code::TooManyAttempts`]) while
    /// a subject is locked; the caller then drops the transaction, and the try is not counted: a lock lasts exactly
    /// LOGIN_LOCKOUT_DURATION_SECONDS, whatever happens meanwhile.
    pub(crate) async fn count(&self, conn: &mut Conn, keys: &[RateLimitKey]) -> Result<(), Error> {
        let now = self.clock.now();
        let window_began = now.minus(self.settings.login_window);
        for key in keys {
            let row: ThrottleRow =
                COUNT.bind(key.kind).bind(key.key).bind(now).bind(window_began).one(conn).await?;
            let limit = key.limit(&self.settings);
            let wait = if let Some(until) = row.locked_until {
                until.since(now)
            } else if matches!(key.kind, "account" | "factor") && row.consecutive > MAX_CONSECUTIVE {
                // Not for a time: until somebody who knows the way in comes.
                return Err(Code::TooManyAttempts.into());
            } else if matches!(key.kind, "sign_up" | "mail_request" | "passkey_prompt")
                && limit > 0
                && row.failures > limit
            {
                self.settings.login_window
            } else if limit > 0 && row.failures > limit {
                // As many tries as are allowed are being judged at this moment.
                JUDGING
            } else {
                continue;
            };
            return Err(Error::new(Code::TooManyAttempts).retry_after(wait));
        }
        Ok(())
    }

    /// Counts a mail or a try, and says whether there were more than `max` within a day; 0 is no limit.
    pub(crate) async fn is_over(
        &self,
        conn: &mut Conn,
        counted: &RateLimitKey,
        max: u32,
    ) -> Result<bool, Error> {
        let now = self.clock.now();
        let row: ThrottleRow =
            COUNT.bind(counted.kind).bind(counted.key).bind(now).bind(now.minus(DAY)).one(conn).await?;
        Ok(max > 0 && row.failures > i64::from(max))
    }

    /// The counted try failed: closes the subjects whose limit it reached. True when one was closed.
    pub(crate) async fn failed(&self, conn: &mut Conn, keys: &[RateLimitKey]) -> Result<bool, Error> {
        let until = self.clock.now().plus(self.settings.login_lockout);
        let mut closed = false;
        for key in keys {
            let limit = key.limit(&self.settings);
            if limit > 0 {
                closed |= LOCK.bind(key.kind).bind(key.key).bind(until).bind(limit).execute(conn).await? > 0;
            }
        }
        Ok(closed)
    }

    /// The counted try succeeded: the account's failures are forgotten. Those of the address stay, less this one: else
    /// somebody with one account could guess at others for ever.
    pub(crate) async fn succeeded(&self, conn: &mut Conn, keys: &[RateLimitKey]) -> Result<(), Error> {
        for key in keys {
            let statement = if key.kind == "address" { UNCOUNT } else { FORGET };
            statement.bind(key.kind).bind(key.key).execute(conn).await?;
            if let Some(account) = key.account {
                let kind = if key.kind == "factor" { "factor" } else { "account" };
                RESET_STREAK.bind(kind).bind(account).execute(conn).await?;
            }
        }
        Ok(())
    }

    /// The counted try was never judged: it is taken back.
    pub(crate) async fn undo(&self, conn: &mut Conn, keys: &[RateLimitKey]) -> Result<(), Error> {
        for key in keys {
            UNDO.bind(key.kind).bind(key.key).execute(conn).await?;
        }
        Ok(())
    }

    /// Whether a known browser has failed so often that it counts as an unknown one.
    pub(crate) async fn is_spent(&self, conn: &mut Conn, key: &RateLimitKey) -> Result<bool, Error> {
        let query = IS_SPENT.bind(key.kind).bind(key.key).bind(MAX_CONSECUTIVE);
        Ok(query.optional::<(i32,)>(conn).await?.is_some())
    }

    /// Forgets every failure to show the first factor of an account from unknown browsers. True when there was one.
    pub(crate) async fn unlock(&self, conn: &mut Conn, user: UserId) -> Result<bool, Error> {
        let account = RateLimitKey::account(user);
        Ok(FORGET.bind(account.kind).bind(account.key).execute(conn).await? > 0)
    }

    /// The same for the second factor. Not for whoever only proved the first: they would guess for ever.
    pub(crate) async fn unlock_second_factor(&self, conn: &mut Conn, user: UserId) -> Result<bool, Error> {
        let factor = RateLimitKey::factor(user, None);
        Ok(FORGET.bind(factor.kind).bind(factor.key).execute(conn).await? > 0)
    }

    /// Deletes counts that no longer matter; long rows of failures are kept.
    pub(crate) async fn purge(&self, conn: &mut Conn) -> Result<u64, Error> {
        let now = self.clock.now();
        let horizon = self.settings.login_window.max(self.settings.login_lockout).max(DAY);
        // Rows in a row of failures are kept for a year: forgetting them early would hand out new tries.
        PURGE
            .bind(now.minus(horizon))
            .bind(now.minus(Duration::from_secs(365 * 24 * 3600)))
            .execute(conn)
            .await
    }
}
