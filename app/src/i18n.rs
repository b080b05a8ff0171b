//! Every text on every page, in the reader's language: the methods of [`Lang`], generated from
//! `app/locales` at build time.

use http::header::ACCEPT_LANGUAGE;

use crate::viewer::{auth, request};

include!(concat!(env!("OUT_DIR"), "/words.rs"));

/// Stands in a message for something that is not text, such as a `<time>`; see
/// `ui::time::around`.
pub const HERE: &str = "\u{fffc}";

impl Lang {
    /// Returns the writing direction: `ltr` or `rtl`.
    pub fn direction(self) -> &'static str {
        match self.tag().split('-').next() {
            Some("ar" | "he" | "fa" | "ur") => "rtl",
            _ => "ltr",
        }
    }

    fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or(tag);
        let exact = Self::ALL.iter().find(|lang| lang.tag().eq_ignore_ascii_case(tag));
        let close = || Self::ALL.iter().find(|lang| lang.tag().eq_ignore_ascii_case(primary));
        exact.or_else(close).copied()
    }

    /// Returns the language that the reader prefers among those available (RFC 9110 section
    /// 12.5.4).
    fn preferred(accept: &str) -> Option<Self> {
        let weighed = accept.split(',').filter_map(|range| {
            let (tag, rest) = range.split_once(';').unwrap_or((range, ""));
            let weight =
                rest.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.trim().parse::<f32>().ok())?;
            Some((Self::of_tag(tag.trim())?, weight)).filter(|(_, weight)| *weight > 0.0)
        });
        // Among equal weights, the first one wins.
        weighed.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(lang, _)| lang)
    }
}

/// Returns the language of the current request: the reader's preference, else `DEFAULT_LANGUAGE`,
/// else the first language available.
pub fn lang() -> Lang {
    let asked = request(|parts| Lang::preferred(parts.headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?));
    let default = || Lang::of_tag(&auth().ok()?.settings().app.default_language);
    asked.or_else(default).unwrap_or(Lang::ALL[0])
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use authtuna::audit::Event;
    use authtuna::model::code::Code;

    use super::*;

    #[test]
    fn a_reader_gets_a_language_that_they_read() {
        assert_eq!(Lang::preferred("en-GB,en;q=0.8"), Some(Lang::En));
        assert_eq!(Lang::preferred("tlh, en;q=0.1"), Some(Lang::En));
        assert_eq!(Lang::preferred("en;q=0"), None);
        assert_eq!(Lang::preferred("en;q=much, ;;,"), None);
        assert_eq!(Lang::preferred("tlh"), None);
    }

    #[test]
    fn every_word_is_used() {
        fn sources(folder: &Path, into: &mut String) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    sources(&path, into);
                } else {
                    into.push_str(&fs::read_to_string(path).unwrap());
                }
            }
        }
        let mut used = String::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut used);
        let made = include_str!(concat!(env!("OUT_DIR"), "/words.rs"));
        let names =
            made.split("fn ").skip(1).filter_map(|rest| rest.split_once("(self")).map(|(name, _)| name);
        // The core's codes and events look up their messages by name.
        let named = |name: &str| {
            Code::ALL.iter().any(|code| name == format!("problem_{}", code.as_str()))
                || Event::ALL.iter().any(|event| name == format!("event_{}", event.as_str().to_lowercase()))
        };
        let is_used = |name: &str| used.contains(&format!("{name}(")) || named(name);
        let unused: Vec<_> = names.filter(|name| !is_used(name)).collect();
        assert!(unused.is_empty(), "these are in locales/en.json and on no page: {unused:?}");
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(Lang::En.time_minutes_ago(1), "1 minute ago");
        assert_eq!(Lang::En.time_minutes_ago(0), "0 minutes ago");
        assert_eq!(Lang::En.time_minutes_ago(12), "12 minutes ago");
    }
}
