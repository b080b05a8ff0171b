//! How often somebody may guess: by address, and by account (OWASP Authentication Cheat Sheet, "Device Cookies").
//!
//! Failures for an account are counted apart for browsers in which its owner signed in before. So a stranger's guesses
//! close the account to strangers, never to its owner. An account that does not exist is counted like one that does.

mod sql;

pub(crate) use sql::ALL;

use std::net::IpAddr;
use std::time::Duration;

use sql::*;

use crate::clock::Clock;
use crate::config::Limits as Settings;
use crate::crypto::token::{sha256, sha256_parts};
use crate::error::Error;
use crate::model::code::Code;
use crate::model::id::UserId;
use crate::store::Conn;

/// Failures in a row, over any time, after which an account takes no password from unknown browsers until its owner
/// signs in elsewhere or sets a new one (NIST SP 800-63B-4 section 3.2.2).
pub(crate) const MAX_CONSECUTIVE: i64 = 100;

/// How long to wait while all allowed tries are being judged.
const JUDGING: Duration = Duration::from_secs(2);

/// What failures are counted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    kind: &'static str,
    key: [u8; 32],
}

impl Subject {
    /// A client address. IPv6 counts by /64: one subscriber has at least that many addresses.
    pub(crate) fn address(ip: IpAddr) -> Self {
        let bytes = match ip.to_canonical() {
            IpAddr::V4(v4) => v4.octets().to_vec(),
            IpAddr::V6(v6) => v6.octets()[..8].to_vec(),
        };
        Self { kind: "address", key: sha256(&bytes) }
    }

    /// An account, from a browser that it is not known in.
    pub(crate) fn account(user: UserId) -> Self {
        Self { kind: "account", key: sha256(user.uuid().as_bytes()) }
    }

    /// A name that belongs to nobody.
    pub(crate) fn nobody(typed: &str) -> Self {
        Self { kind: "account", key: sha256_parts([b"nobody".as_slice(), typed.to_lowercase().as_bytes()]) }
    }

    /// An account, from one browser that it is known in.
    pub(crate) fn device(user: UserId, device: &[u8; 32]) -> Self {
        Self { kind: "device", key: sha256_parts([user.uuid().as_bytes().as_slice(), device.as_slice()]) }
    }

    fn limit(&self, settings: &Settings) -> i64 {
        i64::from(match self.kind {
            "address" => settings.max_login_attempts_per_ip,
            _ => settings.max_login_attempts_per_user,
        })
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
    pub(crate) async fn count(&self, conn: &mut Conn, subjects: &[Subject]) -> Result<(), Error> {
        let now = self.clock.now();
        let window_began = now.minus(self.settings.login_window);
        for subject in subjects {
            let row: ThrottleRow =
                COUNT.bind(subject.kind).bind(subject.key).bind(now).bind(window_began).one(conn).await?;
            let limit = subject.limit(&self.settings);
            let wait = if let Some(until) = row.locked_until {
                until.since(now)
            } else if subject.kind == "account" && row.consecutive > MAX_CONSECUTIVE {
                self.settings.login_lockout
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

    /// The counted try failed: closes the subjects whose limit it reached. True when one was closed.
    pub(crate) async fn failed(&self, conn: &mut Conn, subjects: &[Subject]) -> Result<bool, Error> {
        let until = self.clock.now().plus(self.settings.login_lockout);
        let mut closed = false;
        for subject in subjects {
            let limit = subject.limit(&self.settings);
            if limit > 0 {
                closed |=
                    LOCK.bind(subject.kind).bind(subject.key).bind(until).bind(limit).execute(conn).await?
                        > 0;
            }
        }
        Ok(closed)
    }

    /// The counted try succeeded: the account's failures are forgotten. Those of the address stay, less this one: else
    /// somebody with one account could guess at others for ever.
    pub(crate) async fn succeeded(&self, conn: &mut Conn, subjects: &[Subject]) -> Result<(), Error> {
        for subject in subjects {
            let statement = if subject.kind == "address" { UNCOUNT } else { FORGET };
            statement.bind(subject.kind).bind(subject.key).execute(conn).await?;
        }
        Ok(())
    }

    /// Deletes counts that no longer matter; long rows of failures are kept.
    pub(crate) async fn purge(&self, conn: &mut Conn) -> Result<u64, Error> {
        let now = self.clock.now();
        let horizon = self.settings.login_window.max(self.settings.login_lockout);
        // Rows in a row of failures are kept for a year: forgetting them early would hand out new tries.
        PURGE
            .bind(now.minus(horizon))
            .bind(now.minus(Duration::from_secs(365 * 24 * 3600)))
            .execute(conn)
            .await
    }
}
