//! Password hashing with argon2id (OWASP Password Storage Cheat Sheet), bounded and off the async
//! threads.
//!
//! At most `hash_concurrency` hashes run at once, so that a flood of sign-ins cannot starve other
//! requests. A request that would wait too long is told to come back later. Strength estimates of
//! new passwords wait for the same slots. Each slot keeps its memory between hashes, wiped.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc::{Ident, Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;
use zeroize::Zeroize;

use super::strength::{self, NewPassword, Password, Strength};
use crate::foundation::clock::Random;
use crate::foundation::config::Passwords as Settings;
use crate::foundation::error::Error;
use crate::model::code::Code;

/// How many callers may wait for each running hash: about two seconds' worth.
const QUEUE_PER_SLOT: usize = 64;
const HASH_BYTES: usize = 32;

/// Hashes and verifies passwords. Cheap to clone.
#[derive(Clone)]
pub struct Passwords(Arc<Inner>);

struct Inner {
    settings: Settings,
    params: Params,
    random: Random,
    slots: Arc<Semaphore>,
    queue: AtomicUsize,
    queue_limit: usize,
    memory: Mutex<Vec<Vec<Block>>>,
    computed: AtomicU64,
    /// A hash that matches no known password, so that verification costs the same for an unknown
    /// user as for a known one.
    decoy: String,
}

/// The result of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password is wrong, or there is none to compare with.
    Wrong,
    /// The password is right.
    Right,
    /// The password is right, but its hash has weaker parameters than the settings: rehash it.
    RightButOld,
}

impl Passwords {
    /// Creates a hasher with the parameters of `settings`.
    ///
    /// # Errors
    ///
    /// [`Code::Internal`] when the parameters are invalid for argon2.
    pub fn new(settings: &Settings, random: Random) -> Result<Self, Error> {
        let params = Params::new(
            settings.argon2_memory_kib,
            settings.argon2_iterations,
            settings.argon2_parallelism,
            Some(HASH_BYTES),
        )
        .map_err(|e| Error::internal("argon2 parameters", e.to_string()))?;
        let slots = match settings.hash_concurrency {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            slots => slots,
        };
        let decoy = encode(&params, &random.bytes(), &random.bytes())?;
        Ok(Self(Arc::new(Inner {
            settings: settings.clone(),
            params,
            random,
            slots: Arc::new(Semaphore::new(slots)),
            queue: AtomicUsize::new(0),
            queue_limit: slots * (QUEUE_PER_SLOT + 1),
            memory: Mutex::new(Vec::new()),
            computed: AtomicU64::new(0),
            decoy,
        })))
    }

    /// Hashes a password. Returns the PHC string to store.
    ///
    /// # Errors
    ///
    /// [`Code::Busy`] when too many callers are waiting.
    pub async fn hash(&self, password: &Password) -> Result<String, Error> {
        let plain = zeroize::Zeroizing::new(password.bytes().to_vec());
        self.run(move |inner| {
            let salt: [u8; 16] = inner.random.bytes();
            let mut hash = [0; HASH_BYTES];
            inner.fill(&inner.params, &plain, &salt, &mut hash)?;
            encode(&inner.params, &salt, &hash)
        })
        .await
    }

    /// Compares a password with a stored hash. `None`, for a user without a password or for no user
    /// at all, takes the same time.
    ///
    /// # Errors
    ///
    /// - [`Code::Busy`] when too many callers are waiting.
    /// - [`Code::Internal`] when the stored hash is not one of argon2id.
    pub async fn verify(&self, password: &Password, stored: Option<&str>) -> Result<Verdict, Error> {
        let plain = zeroize::Zeroizing::new(password.bytes().to_vec());
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.0.decoy).to_owned();
        let verdict = self.run(move |inner| inner.compare(&plain, &stored)).await?;
        Ok(if known { verdict } else { Verdict::Wrong })
    }

    /// Checks a new password like [`NewPassword::parse`]. Any client can ask for the estimate,
    /// which takes time, so it waits for a slot like a hash.
    ///
    /// # Errors
    ///
    /// The inner error is that of [`NewPassword::parse`]; the outer one is [`Code::Busy`] when too
    /// many callers are waiting.
    pub async fn accept(&self, text: &str, about: &[&str]) -> Result<Result<NewPassword, Code>, Error> {
        if let Err(code) = NewPassword::screen(text, &self.0.settings) {
            return Ok(Err(code));
        }
        let text = zeroize::Zeroizing::new(text.to_owned());
        let about: Vec<String> = about.iter().copied().map(str::to_owned).collect();
        self.run(move |inner| {
            let about: Vec<&str> = about.iter().map(String::as_str).collect();
            Ok(NewPassword::parse(&text, &inner.settings, &about))
        })
        .await
    }

    /// Rates a password while the user types it. It waits for a slot, like a hash.
    ///
    /// # Errors
    ///
    /// [`Code::Busy`] when too many callers are waiting.
    pub async fn judge(&self, text: &str, about: &[&str]) -> Result<Strength, Error> {
        let text = zeroize::Zeroizing::new(text.to_owned());
        let about: Vec<String> = about.iter().copied().map(str::to_owned).collect();
        self.run(move |inner| {
            let about: Vec<&str> = about.iter().map(String::as_str).collect();
            Ok(strength::judge(&text, &inner.settings, &about))
        })
        .await
    }

    /// Returns how many hashes were computed since startup.
    pub fn computed(&self) -> u64 {
        self.0.computed.load(Ordering::Relaxed)
    }

    /// Runs `work` on a blocking thread once a slot is free.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let slot = QueueSlot::take(&self.0)?;
        let permit = Arc::clone(&self.0.slots)
            .acquire_owned()
            .await
            .map_err(|closed| Error::internal("password slots", closed))?;
        tokio::task::spawn_blocking(move || {
            let result = work(&slot.0);
            drop(permit);
            result
        })
        .await
        .map_err(|panic| Error::internal("password hashing", panic))?
    }
}

/// A place in the queue. Dropping it gives the place back, also when the request is canceled while
/// it waits.
struct QueueSlot(Arc<Inner>);

impl QueueSlot {
    fn take(inner: &Arc<Inner>) -> Result<Self, Error> {
        let slot = Self(Arc::clone(inner));
        if inner.queue.fetch_add(1, Ordering::AcqRel) >= inner.queue_limit {
            return Err(Error::new(Code::Busy).retry_after(Duration::from_secs(2)));
        }
        Ok(slot)
    }
}

impl Drop for QueueSlot {
    fn drop(&mut self) {
        self.0.queue.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Inner {
    fn compare(&self, plain: &[u8], stored: &str) -> Result<Verdict, Error> {
        let unreadable = |what: &str| Error::internal("stored password hash", what.to_owned());
        let parsed = PasswordHash::new(stored).map_err(|_| unreadable("not a PHC string"))?;
        let params = Params::try_from(&parsed).map_err(|_| unreadable("unknown parameters"))?;
        let salt = parsed.salt.ok_or_else(|| unreadable("no salt"))?;
        let expected = parsed.hash.ok_or_else(|| unreadable("no hash"))?;
        if parsed.algorithm.as_str() != "argon2id" || expected.len() != HASH_BYTES {
            return Err(unreadable("not argon2id"));
        }
        let mut hash = [0; HASH_BYTES];
        self.fill(&params, plain, salt.as_ref(), &mut hash)?;
        let right = bool::from(hash.ct_eq(expected.as_bytes()));
        let weaker = params.m_cost() < self.params.m_cost()
            || params.t_cost() < self.params.t_cost()
            || params.p_cost() < self.params.p_cost();
        Ok(match (right, weaker) {
            (false, _) => Verdict::Wrong,
            (true, false) => Verdict::Right,
            (true, true) => Verdict::RightButOld,
        })
    }

    /// Runs argon2id once, in memory that it takes from the pile and puts back wiped.
    fn fill(&self, params: &Params, plain: &[u8], salt: &[u8], hash: &mut [u8]) -> Result<(), Error> {
        self.computed.fetch_add(1, Ordering::Relaxed);
        let mut memory = self.pile().pop().unwrap_or_default();
        memory.resize(params.block_count().max(memory.len()), Block::default());
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let done =
            argon2.hash_password_into_with_memory(plain, salt, hash, &mut memory[..params.block_count()]);
        memory.iter_mut().for_each(Zeroize::zeroize);
        self.pile().push(memory);
        done.map_err(|e| Error::internal("argon2", e.to_string()))
    }

    fn pile(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Block>>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn encode(params: &Params, salt: &[u8; 16], hash: &[u8; HASH_BYTES]) -> Result<String, Error> {
    let fault = |e: &dyn std::fmt::Display| Error::internal("PHC string", e.to_string());
    Ok(PasswordHash {
        algorithm: Ident::new("argon2id").map_err(|e| fault(&e))?,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(|e| fault(&e))?,
        salt: Some(Salt::new(salt).map_err(|e| fault(&e))?),
        hash: Some(Output::new(hash).map_err(|e| fault(&e))?),
    }
    .to_string())
}
