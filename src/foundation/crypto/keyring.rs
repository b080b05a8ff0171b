//! The Fernet keys. The newest encrypts and all of them decrypt, so that keys can be replaced while
//! users stay signed in.

use fernet::{Fernet, MultiFernet};
use secrecy::{ExposeSecret, SecretString};

/// Encrypts data that others must not read or change: cookies, and secrets and emails in the
/// database.
pub struct Keyring {
    first: Fernet,
    all: MultiFernet,
}

/// Why a list of keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The list is empty.
    #[error("FERNET_KEYS is empty; it needs at least one key")]
    Empty,
    /// The key at this position, counted from 1, is not 32 bytes in URL-safe base64.
    #[error("key {0} of FERNET_KEYS is no Fernet key (32 bytes in URL-safe base64)")]
    Malformed(usize),
}

impl Keyring {
    /// Generates a key in the form that `FERNET_KEYS` takes: 32 random bytes in URL-safe base64.
    pub fn generate_key() -> String {
        Fernet::generate_key()
    }

    /// Creates a keyring from `keys`, newest first.
    ///
    /// # Errors
    ///
    /// - [`KeyringError::Empty`] when `keys` is empty.
    /// - [`KeyringError::Malformed`] when a key is not a Fernet key.
    pub fn new(keys: &[SecretString]) -> Result<Self, KeyringError> {
        let read = |(index, key): (usize, &SecretString)| {
            Fernet::new(key.expose_secret()).ok_or(KeyringError::Malformed(index + 1))
        };
        let all = keys.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
        let first =
            keys.first().and_then(|key| Fernet::new(key.expose_secret())).ok_or(KeyringError::Empty)?;
        // MultiFernet panics on an empty list; `first` above rules that out.
        Ok(Self { first, all: MultiFernet::new(all) })
    }

    /// Encrypts with the newest key. The result is URL-safe. Fernet adds the system time in
    /// cleartext; nothing here uses it.
    pub fn encrypt(&self, plain: &[u8]) -> String {
        self.first.encrypt(plain)
    }

    /// Decrypts text that any key of the keyring encrypted. Returns `None` for any other text.
    pub fn decrypt(&self, text: &str) -> Option<Vec<u8>> {
        self.all.decrypt(text).ok()
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyring")
    }
}
