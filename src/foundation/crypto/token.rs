//! Secrets that are shown once and kept only as a hash.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::foundation::clock::Random;

/// 256 random bits for a link or a key. A plain hash is enough to keep it: there is nothing to guess.
pub struct Secret([u8; 32]);

impl Secret {
    /// A new one.
    pub fn new(random: Random) -> Self {
        Self(random.bytes())
    }

    /// One that somebody else made, at random.
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The form that a person gets: 43 URL-safe characters.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What is kept.
    pub fn hash(&self) -> [u8; 32] {
        sha256(&self.0)
    }

    /// Reads what a person gave back; None for what can be no secret.
    pub fn parse(text: &str) -> Option<Self> {
        // A longer text is refused before it is decoded.
        if text.len() != 43 {
            return None;
        }
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// SHA-256 over parts, each preceded by its length, so that no two lists of parts collide.
pub fn sha256_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}
