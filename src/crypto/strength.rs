//! Which new passwords are taken (NIST SP 800-63B-4 section 3.1.1.2, OWASP ASVS 5.0 section 6.2).

use std::collections::HashSet;
use std::sync::LazyLock;

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

use crate::config::Passwords as Settings;
use crate::model::code::Code;

/// The longest password, in bytes of UTF-8 after normalisation. Longer ones are refused, never cut.
pub const MAX_BYTES: usize = 512;

/// zxcvbn's time grows with the square of the length, and its estimate no longer changes after this many characters.
const ESTIMATED_CHARS: usize = 72;

/// The 8,356 passwords of eight characters and more from Django's list of common passwords
/// (by Royce Williams, from breach corpora; see the NOTICE beside the file), lower case, sorted.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common-passwords.txt").lines().collect());

/// A password as it was typed, normalised (NFC) so that every keyboard gives the same bytes.
pub struct Password(SecretString);

impl Password {
    /// Takes what was typed, to be verified. Err when it is longer than any password can be.
    pub fn typed(text: &str) -> Result<Self, Code> {
        // NFC can shorten a text, but not to less than a third; beyond that even looking is wasted work.
        if text.len() > 3 * MAX_BYTES {
            return Err(Code::PasswordTooLong);
        }
        let normal: String = text.nfc().collect();
        if normal.len() > MAX_BYTES {
            return Err(Code::PasswordTooLong);
        }
        Ok(Self(SecretString::from(normal)))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

/// A password that is good enough to be set.
pub struct NewPassword(Password);

impl NewPassword {
    /// Checks a new password. `about` are words that are easy to guess for this person: name, address, the product.
    pub fn parse(text: &str, settings: &Settings, about: &[&str]) -> Result<Self, Code> {
        if text.is_empty() {
            return Err(Code::Required);
        }
        let password = Password::typed(text)?;
        let plain = password.0.expose_secret();
        if plain.chars().count() < settings.min_length {
            return Err(Code::PasswordTooShort);
        }
        if COMMON.contains(plain.to_lowercase().as_str()) {
            return Err(Code::PasswordCommon);
        }
        if estimate(plain, about) < settings.min_score {
            return Err(Code::PasswordTooWeak);
        }
        Ok(Self(password))
    }

    /// The password itself.
    pub fn password(&self) -> &Password {
        &self.0
    }
}

/// How hard a password is to guess: 0 (at once) to 4 (not in this life), by zxcvbn.
pub fn estimate(plain: &str, about: &[&str]) -> u8 {
    let end = plain.char_indices().nth(ESTIMATED_CHARS).map_or(plain.len(), |(index, _)| index);
    zxcvbn::zxcvbn(&plain[..end], about).score().into()
}

/// The answer of the strength meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strength {
    /// 0 to 4.
    pub score: u8,
    /// Why it would be refused, if it would.
    pub problem: Option<Code>,
}

/// Judges a password while it is being typed.
pub fn judge(plain: &str, settings: &Settings, about: &[&str]) -> Strength {
    match NewPassword::parse(plain, settings, about) {
        Ok(_) => Strength { score: estimate(plain, about), problem: None },
        // What is refused never looks good, however clever the estimate finds it.
        Err(code) if plain.len() <= MAX_BYTES => Strength {
            score: estimate(plain, about).min(settings.min_score.saturating_sub(1)),
            problem: Some(code),
        },
        Err(code) => Strength { score: 0, problem: Some(code) },
    }
}
