//! The session cookie: which session, and the random string that opens it, encrypted.

use std::sync::Arc;

use crate::foundation::clock::Random;
use crate::foundation::crypto::keyring::Keyring;
use crate::foundation::crypto::token::sha256;
use crate::model::id::SessionId;

/// Version of the content, so that a later form can be told apart.
const VERSION: u8 = 1;
/// A cookie of ours has 184 characters; what is longer than this is not looked at.
const MAX_LEN: usize = 512;
/// Cookies whose content is kept, so that a warm request hashes instead of decrypting.
const REMEMBERED: u64 = 100_000;

/// Writes and reads session cookies.
#[derive(Clone)]
pub(super) struct Cookies {
    keys: Arc<Keyring>,
    /// By SHA-256 of the cookie. What a cookie says never changes, so nothing here needs evicting; whether the session
    /// still stands is asked elsewhere, each time.
    read: moka::sync::Cache<[u8; 32], Claim>,
}

/// What a cookie claims: it holds this secret of this session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) session: SessionId,
    pub(super) secret_hash: [u8; 32],
}

/// A session's random string: 128 bits.
pub(super) struct SessionSecret([u8; 16]);

impl SessionSecret {
    pub(super) fn new(random: Random) -> Self {
        Self(random.bytes())
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        sha256(&self.0)
    }
}

impl Cookies {
    pub(super) fn new(keys: Arc<Keyring>) -> Self {
        Self { keys, read: moka::sync::Cache::new(REMEMBERED) }
    }

    pub(super) fn write(&self, session: SessionId, secret: &SessionSecret) -> String {
        let mut plain = Vec::with_capacity(33);
        plain.push(VERSION);
        plain.extend_from_slice(session.uuid().as_bytes());
        plain.extend_from_slice(&secret.0);
        self.keys.encrypt(&plain)
    }

    /// None for what no key of ours wrote.
    pub(super) fn read(&self, cookie: &str) -> Option<Claim> {
        if cookie.len() > MAX_LEN {
            return None;
        }
        let key = sha256(cookie.as_bytes());
        if let Some(claim) = self.read.get(&key) {
            return Some(claim);
        }
        let plain: [u8; 33] = self.keys.decrypt(cookie)?.try_into().ok()?;
        let [VERSION, rest @ ..] = plain else { return None };
        let (id, secret) = rest.split_at(16);
        let session = SessionId::from_uuid(uuid::Uuid::from_slice(id).ok()?);
        let claim = Claim { session, secret_hash: sha256(secret) };
        self.read.insert(key, claim);
        Some(claim)
    }
}
