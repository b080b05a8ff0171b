//! Which new passwords are accepted (NIST SP 800-63B-4 section 3.1.1.2, OWASP ASVS 5.0 section
//! 6.2).

use std::collections::HashSet;
use std::sync::LazyLock;

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

use crate::foundation::config::Passwords as Settings;
use crate::model::code::Code;

/// The longest password, in bytes of UTF-8 after normalization. Longer ones are rejected, never
/// truncated.
pub const MAX_BYTES: usize = 512;

/// How many characters zxcvbn looks at. Its time grows with the square of the length, and a
/// password that is weak at this length is seldom strong at a greater one.
const ESTIMATED_CHARS: usize = 40;
/// How many different signs zxcvbn may read as letters. It tries every combination (`4` as `a`, `(`
/// as `c`); all signs at once make 800 combinations, which take a second. Further signs are
/// replaced by ones that resemble no letter.
const LETTER_SIGNS: usize = 6;
/// The longest word about the user, in characters, and how many such words are considered.
const MAX_ABOUT: (usize, usize) = (100, 8);

/// The 8,356 passwords of at least eight characters from Django's list of common passwords (by
/// Royce Williams, from breach corpora; see the NOTICE beside the file), in lowercase, sorted.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common-passwords.txt").lines().collect());

/// A password as the user typed it, normalized (NFC) so that every keyboard produces the same
/// bytes.
pub struct Password(SecretString);

impl Password {
    /// Reads a typed password in order to verify it.
    ///
    /// # Errors
    ///
    /// [`Code::PasswordTooLong`] when it is longer than any password can be.
    pub fn typed(text: &str) -> Result<Self, Code> {
        // NFC can shorten a text, but not to less than a third: beyond that, normalizing is wasted
        // work.
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
    /// Checks a new password. `about` lists words that are easy to guess for this user: their name,
    /// their email address, the product's name.
    ///
    /// This takes milliseconds of work: servers call
    /// [`Passwords::accept`](super::password::Passwords::accept).
    ///
    /// # Errors
    ///
    /// - [`Code::Required`] when the password is empty.
    /// - [`Code::PasswordTooLong`] when it is longer than [`MAX_BYTES`].
    /// - [`Code::PasswordTooShort`] when it has fewer characters than `PASSWORD_MIN_LENGTH`.
    /// - [`Code::PasswordCommon`] when it is on the list of common passwords.
    /// - [`Code::PasswordTooWeak`] when its estimate is below `PASSWORD_MIN_SCORE`.
    pub fn parse(text: &str, settings: &Settings, about: &[&str]) -> Result<Self, Code> {
        let password = Self::screen(text, settings)?;
        if estimate(password.0.expose_secret(), about) < settings.min_score {
            return Err(Code::PasswordTooWeak);
        }
        Ok(Self(password))
    }

    /// Runs all checks that cost nothing.
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

    /// Returns the password.
    pub fn password(&self) -> &Password {
        &self.0
    }
}

/// Estimates with zxcvbn how hard a password is to guess, from 0 (instantly) to 4 (not in a
/// lifetime).
pub fn estimate(plain: &str, about: &[&str]) -> u8 {
    let about: Vec<&str> =
        about.iter().take(MAX_ABOUT.1).map(|word| first_chars(word, MAX_ABOUT.0)).collect();
    zxcvbn::zxcvbn(&with_few_letter_signs(first_chars(plain, ESTIMATED_CHARS)), &about).score().into()
}

fn first_chars(text: &str, count: usize) -> &str {
    let end = text.char_indices().nth(count).map_or(text.len(), |(index, _)| index);
    &text[..end]
}

/// Replaces signs beyond the first [`LETTER_SIGNS`] different ones with signs that resemble no
/// letter. Length and variety hardly change, and so neither does the estimate.
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

/// The result of the strength meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strength {
    /// The estimate, 0 to 4.
    pub score: u8,
    /// Why the password would be rejected, if it would.
    pub problem: Option<Code>,
}

/// Rates a password while the user types it.
pub fn judge(plain: &str, settings: &Settings, about: &[&str]) -> Strength {
    // A password that would be rejected never looks good, whatever the estimate says.
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
