//! Usernames and email addresses: the displayed form, and the folded key that makes them unique on
//! every database.

use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;
use unicode_security::{GeneralSecurityProfile, MixedScript};

use crate::model::code::Code;

/// The longest username, in characters.
pub const MAX_USERNAME: usize = 64;
/// The longest address, in bytes (RFC 5321 section 4.5.3.1.3, less the angle brackets).
const MAX_EMAIL: usize = 254;
/// The longest part before the @, in bytes (RFC 5321 section 4.5.3.1.1).
const MAX_LOCAL: usize = 64;

/// A username: letters and digits of one script, with `.`, `_` and `-` between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username {
    shown: String,
    key: String,
}

impl Username {
    /// Parses a username.
    ///
    /// # Errors
    ///
    /// - [`Code::Required`] when the text is blank.
    /// - [`Code::TooLong`] when it has more than [`MAX_USERNAME`] characters.
    /// - [`Code::BadUsername`] when it has fewer than two, begins or ends with `.`, `_` or `-`,
    ///   mixes scripts, or contains characters that Unicode advises against in identifiers (UTS
    ///   #39) or an `@`, which would make it look like an email address.
    pub fn parse(text: &str) -> Result<Self, Code> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Code::Required);
        }
        // No longer text can normalize to one that is short enough.
        if text.len() > 16 * MAX_USERNAME {
            return Err(Code::TooLong);
        }
        let shown: String = text.nfkc().collect();
        let length = shown.chars().count();
        if length > MAX_USERNAME {
            return Err(Code::TooLong);
        }
        let inner = |c: char| matches!(c, '.' | '_' | '-');
        let fits = |c: char| inner(c) || (c.is_alphanumeric() && c.identifier_allowed()) || is_mark(c);
        if length < 2
            || !shown.chars().all(fits)
            || shown.starts_with(inner)
            || shown.ends_with(inner)
            || !shown.as_str().is_single_script()
        {
            return Err(Code::BadUsername);
        }
        Ok(Self { key: key_of(&shown), shown })
    }

    /// Returns the username as the user typed it, normalized.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// Returns the key that must be unique. Usernames that look alike have the same key.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Returns whether `c` is a combining mark inside a word, such as those of Indic scripts.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c) && c.identifier_allowed()
}

/// Returns the key of a username. Folds case and, beyond ASCII, characters that look alike (the
/// skeleton of UTS #39, section 4).
fn key_of(shown: &str) -> String {
    shown.chars().map(alike).collect()
}

/// Folds a part of a username as keys are folded, to search for it.
pub(crate) fn fold(part: &str) -> String {
    key_of(&part.trim().nfkc().collect::<String>())
}

/// Returns what a character looks like, in either case: `В` looks like B, and `в` is the same
/// letter. ASCII characters stay as they are, in names of every script: a skeleton would turn `0`
/// into an O and `m` into rn, but only in names beyond ASCII.
fn alike(c: char) -> String {
    if c.is_ascii() {
        return c.to_ascii_lowercase().to_string();
    }
    let looks = |cased: String| skeleton(&cased).collect::<String>().to_lowercase();
    let (small, capital) = (looks(c.to_lowercase().collect()), looks(c.to_uppercase().collect()));
    if !small.is_ascii() && capital.is_ascii() { capital } else { small }
}

/// An email address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    shown: String,
    key: String,
    domain: String,
}

impl Email {
    /// Parses an address: a dot-atom, `@` and a domain name. Rejects quoted local parts and address
    /// literals: nobody uses them, and they hide surprises.
    ///
    /// # Errors
    ///
    /// - [`Code::Required`] when the text is blank.
    /// - [`Code::TooLong`] when it is longer than an address can be.
    /// - [`Code::BadEmail`] when it is not an address.
    pub fn parse(text: &str) -> Result<Self, Code> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Code::Required);
        }
        if text.len() > 4 * MAX_EMAIL {
            return Err(Code::TooLong);
        }
        let shown: String = text.nfkc().collect();
        if shown.len() > MAX_EMAIL {
            return Err(Code::TooLong);
        }
        let (local, domain) = shown.rsplit_once('@').ok_or(Code::BadEmail)?;
        let atom = |c: char| {
            c.is_ascii_alphanumeric()
                || "!#$%&'*+-/=?^_`{|}~".contains(c)
                || (!c.is_ascii() && c.is_alphanumeric())
        };
        let local_fits = local.len() <= MAX_LOCAL
            && local.split('.').all(|part| !part.is_empty() && part.chars().all(|c| atom(c) || is_mark(c)));
        if !local_fits {
            return Err(Code::BadEmail);
        }
        let Ok(url::Host::Domain(ascii)) = url::Host::parse(domain) else { return Err(Code::BadEmail) };
        let label = |part: &str| {
            !part.is_empty()
                && part.len() <= 63
                && !part.starts_with('-')
                && !part.ends_with('-')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        if !ascii.contains('.') || !ascii.split('.').all(label) {
            return Err(Code::BadEmail);
        }
        let key = format!("{}@{ascii}", local.to_lowercase());
        Ok(Self { shown, key, domain: ascii })
    }

    /// Returns the address as the user typed it, normalized.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// Returns the key that must be unique: lowercase, with the domain in ASCII (IDNA).
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the domain in ASCII, lowercase.
    pub fn domain(&self) -> &str {
        &self.domain
    }
}

/// The longest username or address that is looked up, in bytes.
const MAX_IDENTIFIER: usize = 1024;

/// Returns what is wrong with a typed username or email address, whether or not an account could
/// have it: [`Code::Required`] or [`Code::TooLong`].
pub fn identifier_problem(typed: &str) -> Option<Code> {
    if typed.trim().is_empty() {
        Some(Code::Required)
    } else {
        (typed.len() > MAX_IDENTIFIER).then_some(Code::TooLong)
    }
}

/// Parses what a user typed to sign in: an email address when it contains an `@`, otherwise a
/// username. Returns `None` when it cannot be either.
pub fn identifier_key(typed: &str) -> Option<Identifier> {
    if typed.contains('@') {
        Email::parse(typed).ok().map(|email| Identifier::Email(email.key))
    } else {
        Username::parse(typed).ok().map(|name| Identifier::Username(name.key))
    }
}

/// The key to look up a user by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identifier {
    /// The key of an email address.
    Email(String),
    /// The key of a username.
    Username(String),
}

impl Identifier {
    /// Returns the key alone.
    pub fn into_key(self) -> String {
        match self {
            Self::Email(key) | Self::Username(key) => key,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_key(text: &str) -> Result<String, Code> {
        Username::parse(text).map(|name| name.key)
    }

    #[test]
    fn names_that_look_alike_have_one_key() {
        assert_eq!(name_key("Maria").unwrap(), name_key("mARIA").unwrap());
        assert_eq!(name_key("ｍａｒｉａ").unwrap(), "maria", "full-width letters are the same letters");
        assert_eq!(name_key("Jürgen").unwrap(), name_key("Ju\u{308}rgen").unwrap());
        assert_eq!(name_key("сосо").unwrap(), name_key("coco").unwrap(), "Cyrillic that looks Latin");
        for (cyrillic, latin) in
            [("рас0", "pac0"), ("ТОМ", "TOM"), ("том", "tom"), ("ВОВ", "BOB"), ("сосоа1", "cocoa1")]
        {
            assert_eq!(name_key(cyrillic).unwrap(), name_key(latin).unwrap(), "{cyrillic}");
        }
        assert_ne!(name_key("мария").unwrap(), name_key("марина").unwrap());
    }

    #[test]
    fn names_that_hide_something_are_refused() {
        for bad in [
            "a",
            "a b",
            "раypal",
            "admin\u{200b}",
            "ad\u{202e}min",
            "x@y",
            ".dot",
            "dot.",
            "<b>",
            "a/b",
            "a\0b",
            "😀😀",
        ] {
            assert_eq!(Username::parse(bad), Err(Code::BadUsername), "{bad:?}");
        }
        assert_eq!(Username::parse("  "), Err(Code::Required));
        assert_eq!(Username::parse(&"x".repeat(65)), Err(Code::TooLong));
    }

    #[test]
    fn names_of_many_scripts_are_taken() {
        for good in ["maria", "Søren", "Юрий", "张伟", "さくら", "मारिया", "محمد", "o.neil-2", "user_1"]
        {
            assert!(Username::parse(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn one_address_has_one_key() {
        let key = |text: &str| Email::parse(text).map(|e| e.key);
        assert_eq!(key("Maria@Example.ORG").unwrap(), "maria@example.org");
        assert_eq!(key("maria@bücher.example").unwrap(), key("MARIA@xn--bcher-kva.example").unwrap());
        for bad in [
            "maria",
            "@example.org",
            "maria@",
            "maria@localhost",
            "maria@-x.org",
            "a..b@example.org",
            ".a@example.org",
            "\"a b\"@example.org",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a b@example.org",
            "a@b@example.org",
            "a\n@example.org",
            "a@example..org",
            "a@exa mple.org",
            "a@example.org\u{202e}x",
        ] {
            assert_eq!(key(bad), Err(Code::BadEmail), "{bad:?}");
        }
    }
}
