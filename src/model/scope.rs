//! Where an assignment counts: everywhere, nowhere, or at a path such as `org:17/team:3` and below
//! it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest scope, in bytes.
pub const MAX_SCOPE: usize = 255;

/// `global`, `none`, or `type:id` segments joined by `/`, in that written form.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope(String);

/// Why a text is not a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeError {
    /// Longer than [`MAX_SCOPE`] bytes.
    TooLong,
    /// A segment that is not `type:id`, with `[a-z0-9_-]+` before the colon and `[A-Za-z0-9_.-]+`
    /// after it.
    Segment,
}

impl Scope {
    /// Returns the scope that covers everything.
    pub fn global() -> Self {
        Self("global".to_owned())
    }

    /// Returns the scope that covers nothing: an assignment here gives nothing. It is the default
    /// of every assignment, against mistakes.
    pub fn none() -> Self {
        Self("none".to_owned())
    }

    /// Returns the scope of one segment, `kind:id`.
    ///
    /// # Errors
    ///
    /// [`ScopeError::TooLong`] or [`ScopeError::Segment`] when the two do not make one segment, so
    /// that a value taken from a path cannot name more than one place.
    ///
    /// ```
    /// use authtuna::model::scope::Scope;
    ///
    /// assert_eq!(Scope::at("org", "17")?.as_str(), "org:17");
    /// assert!(Scope::at("org", "17/team:3").is_err());
    /// # Ok::<(), authtuna::model::scope::ScopeError>(())
    /// ```
    pub fn at(kind: &str, id: &str) -> Result<Self, ScopeError> {
        let text = format!("{kind}:{id}");
        if text.len() > MAX_SCOPE {
            return Err(ScopeError::TooLong);
        }
        if is_segment(&text) { Ok(Self(text)) } else { Err(ScopeError::Segment) }
    }

    /// Returns whether this is `global`.
    pub fn is_global(&self) -> bool {
        self.0 == "global"
    }

    /// Returns whether this is `none`.
    pub fn is_none(&self) -> bool {
        self.0 == "none"
    }

    /// Returns the written form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether an assignment in this scope counts in `wanted`: this one is `global`, the
    /// same path, or a path above it.
    pub fn covers(&self, wanted: &Self) -> bool {
        if self.0 == "none" || wanted.0 == "none" {
            return false;
        }
        self.0 == "global"
            || wanted.0.strip_prefix(&self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scope({})", self.0)
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_SCOPE {
            return Err(ScopeError::TooLong);
        }
        if text == "global" || text == "none" || text.split('/').all(is_segment) {
            return Ok(Self(text.to_owned()));
        }
        Err(ScopeError::Segment)
    }
}

impl TryFrom<String> for Scope {
    type Error = ScopeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.0
    }
}

impl fmt::Display for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "a scope has at most 255 bytes",
            Self::Segment => "a scope is `global`, `none`, or `type:id` segments joined by `/`",
        })
    }
}

impl std::error::Error for ScopeError {}

fn is_segment(segment: &str) -> bool {
    let Some((kind, id)) = segment.split_once(':') else { return false };
    !kind.is_empty()
        && kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
        && !id.is_empty()
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_covers_its_scope_and_everything_below_it() {
        let covers = |a: &str, b: &str| a.parse::<Scope>().unwrap().covers(&b.parse().unwrap());
        assert!(covers("global", "org:1/team:2"));
        assert!(covers("org:1", "org:1"));
        assert!(covers("org:1", "org:1/team:2"));
        assert!(!covers("org:1", "org:10"), "a longer id that starts alike is another place");
        assert!(!covers("org:1/team:2", "org:1"), "a child does not reach its parent");
        assert!(!covers("org:1", "global"));
        assert!(!covers("none", "none"), "none grants nothing, not even at none");
        assert!(!covers("global", "none"));
    }

    #[test]
    fn the_grammar_refuses_what_is_no_path() {
        for bad in [
            "",
            "org",
            "org:",
            ":1",
            "Org:1",
            "org:1/",
            "/org:1",
            "org:1//team:2",
            "org:1 ",
            "org:a b",
            "org:1/global",
        ] {
            assert_eq!(bad.parse::<Scope>(), Err(ScopeError::Segment), "{bad:?}");
        }
        assert_eq!(format!("org:{}", "1".repeat(260)).parse::<Scope>(), Err(ScopeError::TooLong));
    }
}
