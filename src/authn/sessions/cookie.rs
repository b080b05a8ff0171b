//! The session cookie, which holds the session's id and the random string that opens it, encrypted.

use std::sync::Arc;

use crate::foundation::clock::Random;
use crate::foundation::crypto::keyring::Keyring;
use crate::foundation::crypto::token::sha256;
use crate::model::id::SessionId;

/// The version of the content, so that a later format can be told apart.
const VERSION: u8 = 1;
/// The longest cookie that is read. The server's own have 184 characters.
const MAX_LEN: usize = 512;
/// The number of cookies whose content is kept in memory, so that most requests hash a cookie
/// instead of decrypting it.
const REMEMBERED: u64 = 100_000;

/// Writes and reads session cookies.
#[derive(Clone)]
pub(super) struct Cookies {
    keys: Arc<Keyring>,
    /// Keyed by the SHA-256 hash of the cookie. The content of a cookie never changes, so nothing
    /// here needs eviction. Whether the session is still open is checked elsewhere, each time.
    read: moka::sync::Cache<[u8; 32], Claim>,
}

/// What a cookie claims: that it holds this secret of this session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) session: SessionId,
    pub(super) secret_hash: [u8; 32],
}

/// A session's random string, of 128 bits.
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

    /// Returns the claim of a cookie. `None` when the cookie was not written with one of the
    /// server's keys.
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
