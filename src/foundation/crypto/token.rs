//! Secrets that are shown once and stored only as a hash.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::foundation::clock::Random;

/// 256 random bits for a link or a key. A plain hash is enough to store it, because it cannot be
/// guessed.
pub struct Secret([u8; 32]);

impl Secret {
    /// Generates a secret.
    pub fn new(random: Random) -> Self {
        Self(random.bytes())
    }

    /// Wraps random bytes that were generated elsewhere.
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the text that the recipient gets: 43 URL-safe characters.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Returns the hash to store.
    pub fn hash(&self) -> [u8; 32] {
        sha256(&self.0)
    }

    /// Parses the text that a user presents. Returns `None` when it cannot be a secret.
    pub fn parse(text: &str) -> Option<Self> {
        // Rejects longer texts before decoding them.
        if text.len() != 43 {
            return None;
        }
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

/// Returns the SHA-256 hash of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Returns the SHA-256 hash over `parts`, each preceded by its length, so that no two lists of
/// parts collide.
pub fn sha256_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}
