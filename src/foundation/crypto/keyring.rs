//! The Fernet keys: the first encrypts, every one decrypts, so that a key can be replaced while people stay signed in.

use fernet::{Fernet, MultiFernet};
use secrecy::{ExposeSecret, SecretString};

/// Encrypts what leaves the server and must come back unread and unchanged: cookies.
pub struct Keyring {
    first: Fernet,
    all: MultiFernet,
}

/// A list of keys that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// There is no key at all.
    #[error("FERNET_KEYS is empty; it needs at least one key")]
    Empty,
    /// The key at this place, counted from 1, is not 32 bytes in URL-safe base64.
    #[error("key {0} of FERNET_KEYS is no Fernet key (32 bytes in URL-safe base64)")]
    Malformed(usize),
}

impl Keyring {
    /// A new key, as FERNET_KEYS takes it: 32 random bytes in URL-safe base64.
    pub fn generate_key() -> String {
        Fernet::generate_key()
    }

    /// The ring of `keys`, newest first.
    pub fn new(keys: &[SecretString]) -> Result<Self, KeyringError> {
        let read = |(index, key): (usize, &SecretString)| {
            Fernet::new(key.expose_secret()).ok_or(KeyringError::Malformed(index + 1))
        };
        let all = keys.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
        let first =
            keys.first().and_then(|key| Fernet::new(key.expose_secret())).ok_or(KeyringError::Empty)?;
        // MultiFernet panics on an empty list; `first` above has ruled that out.
        Ok(Self { first, all: MultiFernet::new(all) })
    }

    /// Encrypts under the newest key. The text is URL-safe; Fernet puts the machine's time into it in clear, which is
    /// not used for anything here.
    pub fn encrypt(&self, plain: &[u8]) -> String {
        self.first.encrypt(plain)
    }

    /// Decrypts what any key of the ring encrypted; None for everything else.
    pub fn decrypt(&self, text: &str) -> Option<Vec<u8>> {
        self.all.decrypt(text).ok()
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyring")
    }
}
