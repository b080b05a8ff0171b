//! Usernames and e-mail addresses: what is shown, and the folded key by which they are unique on every database.

use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;
use unicode_security::{GeneralSecurityProfile, MixedScript};

use crate::model::code::Code;

/// The longest username, in characters.
pub const MAX_USERNAME: usize = 64;
/// The longest address (RFC 5321 section 4.5.3.1.3, less the angle brackets).
const MAX_EMAIL: usize = 254;
/// The longest part before the @ (RFC 5321 section 4.5.3.1.1).
const MAX_LOCAL: usize = 64;

/// A username: letters and digits of one script, and `.` `_` `-` between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username {
    shown: String,
    key: String,
}

impl Username {
    /// Reads a username. Characters that Unicode advises against in identifiers (UTS #39), mixed scripts, and an `@`,
    /// which would make it look like an address, are refused.
    pub fn parse(text: &str) -> Result<Self, Code> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Code::Required);
        }
        // Nothing longer than this can normalise to something short enough.
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

    /// As the person wrote it, normalised.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// What must be unique: two names that look alike have the same.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// A combining mark inside a word, such as those of Indic scripts.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c) && c.identifier_allowed()
}

/// Case is folded; beyond ASCII, characters that look alike become one (the skeleton of UTS #39, section 4).
fn key_of(shown: &str) -> String {
    shown.chars().map(alike).collect()
}

/// A part of a username as keys have it, to look for.
pub(crate) fn fold(part: &str) -> String {
    key_of(&part.trim().nfkc().collect::<String>())
}

/// What a character looks like, in either case: `В` looks like B, and `в` is the same letter. ASCII stays what it is: a
/// skeleton would make `0` an O and `m` an rn, in names of other scripts only.
fn alike(c: char) -> String {
    if c.is_ascii() {
        return c.to_ascii_lowercase().to_string();
    }
    let looks = |cased: String| skeleton(&cased).collect::<String>().to_lowercase();
    let (small, capital) = (looks(c.to_lowercase().collect()), looks(c.to_uppercase().collect()));
    if !small.is_ascii() && capital.is_ascii() { capital } else { small }
}

/// An e-mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    shown: String,
    key: String,
    domain: String,
}

impl Email {
    /// Reads an address: a dot-atom, `@`, a domain name. Quoted local parts and address literals are refused; nobody
    /// has them, and they hide surprises.
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

    /// As the person wrote it, normalised.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// What must be unique: case folded, domain in ASCII (IDNA).
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The domain in ASCII, lower case.
    pub fn domain(&self) -> &str {
        &self.domain
    }
}

/// The longest name or address that is looked up, in bytes.
const MAX_IDENTIFIER: usize = 1024;

/// What is wrong with a name or address that somebody typed, whether it can be anybody's or not: [`Code::Required`],
/// [`Code::TooLong`].
pub fn identifier_problem(typed: &str) -> Option<Code> {
    if typed.trim().is_empty() {
        Some(Code::Required)
    } else {
        (typed.len() > MAX_IDENTIFIER).then_some(Code::TooLong)
    }
}

/// What somebody typed to sign in: an address when it has an `@`, else a username. None when it can be neither.
pub fn identifier_key(typed: &str) -> Option<Identifier> {
    if typed.contains('@') {
        Email::parse(typed).ok().map(|email| Identifier::Email(email.key))
    } else {
        Username::parse(typed).ok().map(|name| Identifier::Username(name.key))
    }
}

/// The key to look a person up by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identifier {
    /// An e-mail key.
    Email(String),
    /// A username key.
    Username(String),
}

impl Identifier {
    /// The key alone.
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
