//! Time and randomness, passed in so that tests decide both.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::{RngCore, TryRngCore};
use uuid::Uuid;

use crate::model::time::Timestamp;

/// Says what time it is. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands at `start` until [`Clock::advance`] moves it. For tests.
    pub fn manual(start: Timestamp) -> Self {
        Self(Some(Arc::new(AtomicI64::new(start.micros()))))
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Some(micros) => Timestamp::from_micros(micros.load(Ordering::SeqCst)),
            None => Self::machine(),
        }
    }

    /// Moves a manual clock forward. The machine's clock stays as it is.
    pub fn advance(&self, by: Duration) {
        if let Some(micros) = &self.0 {
            let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
            micros.fetch_add(by, Ordering::SeqCst);
        }
    }

    /// Sets a manual clock, back too: machines' clocks do that. The machine's own clock stays as it is.
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

/// Random bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Random;

impl Random {
    /// `N` random bytes from the operating system, for secrets.
    ///
    /// # Panics
    /// When the operating system has no randomness to give; nothing that guards a door can go on without.
    #[expect(clippy::expect_used, reason = "without randomness every secret would be guessable")]
    pub fn bytes<const N: usize>(self) -> [u8; N] {
        let mut bytes = [0; N];
        rand::rngs::OsRng.try_fill_bytes(&mut bytes).expect("the operating system gives random bytes");
        bytes
    }

    /// `N` random bytes that nobody can guess and nobody keeps: from this thread's generator (ChaCha, seeded by the
    /// operating system and again after every 64 KiB), without a call into the kernel. Not for secrets that outlive a
    /// request: a copied virtual machine may draw the same bytes twice.
    pub fn passing_bytes<const N: usize>(self) -> [u8; N] {
        let mut bytes = [0; N];
        #[expect(clippy::disallowed_methods, reason = "this is the place where randomness is taken")]
        rand::rng().fill_bytes(&mut bytes);
        bytes
    }

    /// A new UUID version 7 for the moment `now`. Ids are no secrets, and their time keeps copies apart.
    pub fn uuid(self, now: Timestamp) -> Uuid {
        let millis = u64::try_from(now.micros() / 1000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.passing_bytes()).into_uuid()
    }
}
