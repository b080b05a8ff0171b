//! Which new passwords are taken (NIST SP 800-63B-4 section 3.1.1.2, OWASP ASVS 5.0 section 6.2).

use std::collections::HashSet;
use std::sync::LazyLock;

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

use crate::foundation::config::Passwords as Settings;
use crate::model::code::Code;

/// The longest password, in bytes of UTF-8 after normalisation. Longer ones are refused, never cut.
pub const MAX_BYTES: usize = 512;

/// zxcvbn's time grows with the square of the length; what this many characters do not make strong, more seldom do.
const ESTIMATED_CHARS: usize = 40;
/// zxcvbn tries every way to read signs as letters (`4` as `a`, `(` as `c`). All of them at once are 800 ways, and a
/// second of work: more than so many different ones stand for nothing but themselves.
const LETTER_SIGNS: usize = 6;
/// The longest word about a person, in characters, and how many words are looked at.
const MAX_ABOUT: (usize, usize) = (100, 8);

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
    ///
    /// Takes milliseconds of work: servers call [`Passwords::accept`](super::password::Passwords::accept).
    pub fn parse(text: &str, settings: &Settings, about: &[&str]) -> Result<Self, Code> {
        let password = Self::screen(text, settings)?;
        if estimate(password.0.expose_secret(), about) < settings.min_score {
            return Err(Code::PasswordTooWeak);
        }
        Ok(Self(password))
    }

    /// All checks that cost nothing.
    pub(super) fn screen(text: &str, settings: &Settings) -> Result<Password, Code> {
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
        Ok(password)
    }

    /// The password itself.
    pub fn password(&self) -> &Password {
        &self.0
    }
}

/// How hard a password is to guess: 0 (at once) to 4 (not in this life), by zxcvbn.
pub fn estimate(plain: &str, about: &[&str]) -> u8 {
    let about: Vec<&str> =
        about.iter().take(MAX_ABOUT.1).map(|word| first_chars(word, MAX_ABOUT.0)).collect();
    zxcvbn::zxcvbn(&with_few_letter_signs(first_chars(plain, ESTIMATED_CHARS)), &about).score().into()
}

fn first_chars(text: &str, count: usize) -> &str {
    let end = text.char_indices().nth(count).map_or(text.len(), |(index, _)| index);
    &text[..end]
}

/// Puts signs that look like no letter in the place of those beyond the first [`LETTER_SIGNS`] different ones. Neither
/// length nor variety changes much, and with them the estimate.
fn with_few_letter_signs(text: &str) -> String {
    const PLAIN: &[u8] = b"&#^*~?=";
    let mut seen = Vec::new();
    let tame = |(index, sign): (usize, char)| {
        if !"4@8({[<3691!|70$5+%2".contains(sign) || seen.contains(&sign) {
            sign
        } else if seen.len() < LETTER_SIGNS {
            seen.push(sign);
            sign
        } else {
            char::from(PLAIN[index % PLAIN.len()])
        }
    };
    text.chars().enumerate().map(tame).collect()
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
    // What is refused never looks good, however clever the estimate finds it.
    let refused = |score: u8, code| Strength {
        score: score.min(settings.min_score.saturating_sub(1)),
        problem: Some(code),
    };
    match NewPassword::screen(plain, settings) {
        Err(code) if plain.len() > MAX_BYTES => refused(0, code),
        Err(code) => refused(estimate(plain, about), code),
        Ok(password) => match estimate(password.0.expose_secret(), about) {
            score if score < settings.min_score => refused(score, Code::PasswordTooWeak),
            score => Strength { score, problem: None },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNS: &str = "4@8({[<3691!|70$5+%2";

    #[test]
    fn signs_that_could_be_letters_are_few() {
        let tamed = with_few_letter_signs(SIGNS);
        assert_eq!(tamed.chars().count(), SIGNS.chars().count());
        let left = tamed.chars().filter(|c| SIGNS.contains(*c)).count();
        assert_eq!(left, LETTER_SIGNS);
        assert_eq!(with_few_letter_signs("Tr0ub4dor&3"), "Tr0ub4dor&3");
    }

    #[test]
    fn taming_makes_no_strong_password_weak_and_no_weak_one_strong() {
        assert_eq!(estimate(SIGNS, &[]), 4);
        assert_eq!(estimate("x9$K2!mP7@vQ4#5(z", &[]), 4);
        assert!(estimate("p4$$w0rd", &[]) < 2);
        assert!(estimate("P@55w0rd1!", &[]) < 3);
        assert!(estimate(&"4@8({[<3691!|70$5+%2".repeat(4)[..40], &[]) >= 3);
        assert_eq!(estimate(&"a".repeat(500), &[]), 0);
    }
}
