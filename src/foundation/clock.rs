//! Time and randomness, passed in so that tests control both.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::{RngCore, TryRngCore};
use uuid::Uuid;

use crate::model::time::Timestamp;

/// Tells the time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// Returns the system clock.
    pub fn system() -> Self {
        Self(None)
    }

    /// Returns a clock that stands at `start` until [`Clock::advance`] or [`Clock::set`] moves it.
    /// For tests.
    pub fn manual(start: Timestamp) -> Self {
        Self(Some(Arc::new(AtomicI64::new(start.micros()))))
    }

    /// Returns the current time.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Some(micros) => Timestamp::from_micros(micros.load(Ordering::SeqCst)),
            None => Self::machine(),
        }
    }

    /// Moves a manual clock forward. Does nothing to the system clock.
    pub fn advance(&self, by: Duration) {
        if let Some(micros) = &self.0 {
            let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
            micros.fetch_add(by, Ordering::SeqCst);
        }
    }

    /// Sets a manual clock, also to an earlier time, because real clocks can jump back too. Does
    /// nothing to the system clock.
    pub fn set(&self, to: Timestamp) {
        if let Some(micros) = &self.0 {
            micros.store(to.micros(), Ordering::SeqCst);
        }
    }

    #[expect(clippy::disallowed_methods, reason = "this is the place where the machine's clock is read")]
    fn machine() -> Timestamp {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => Timestamp::EPOCH.plus(since),
            Err(before) => Timestamp::EPOCH.minus(before.duration()),
        }
    }
}

/// The source of random bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Random;

impl Random {
    /// Returns `N` random bytes from the operating system, for secrets.
    ///
    /// # Panics
    ///
    /// Panics when the operating system has no randomness to give: nothing secure can be done
    /// without it.
    #[expect(clippy::expect_used, reason = "without randomness every secret would be guessable")]
    pub fn bytes<const N: usize>(self) -> [u8; N] {
        let mut bytes = [0; N];
        rand::rngs::OsRng.try_fill_bytes(&mut bytes).expect("the operating system gives random bytes");
        bytes
    }

    /// Returns `N` unpredictable random bytes for values that are not kept.
    ///
    /// They come from this thread's generator (ChaCha, seeded by the operating system and again
    /// after every 64 KiB), without a system call. Do not use them for secrets that outlive a
    /// request: a cloned virtual machine may draw the same bytes twice.
    pub fn passing_bytes<const N: usize>(self) -> [u8; N] {
        let mut bytes = [0; N];
        #[expect(clippy::disallowed_methods, reason = "this is the place where randomness is taken")]
        rand::rng().fill_bytes(&mut bytes);
        bytes
    }

    /// Returns a new UUID version 7 for the time `now`. Ids are not secrets, and their timestamps
    /// keep the ids of cloned virtual machines apart.
    pub fn uuid(self, now: Timestamp) -> Uuid {
        let millis = u64::try_from(now.micros() / 1000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.passing_bytes()).into_uuid()
    }
}
