//! Reads settings from their layers, and collects everything that is wrong with them.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use super::table::TABLE;
use super::value::Value;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The program that uses the library.
    Program,
    /// The process environment.
    Environment,
    /// The file with this name.
    File(String),
    /// The default in the table of settings.
    Default,
    /// Generated once for development, and kept in `DATA_DIR`.
    Development,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program => f.write_str("program"),
            Self::Environment => f.write_str("environment"),
            Self::File(name) => f.write_str(name),
            Self::Default => f.write_str("default"),
            Self::Development => f.write_str("development"),
        }
    }
}

/// One problem with a setting. It never contains the value, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError {
    /// The name of the setting.
    pub name: String,
    /// Where its value came from.
    pub source: Source,
    /// What is wrong, with a valid example.
    pub problem: String,
}

/// The layers of settings, strongest first.
pub(super) struct Loader {
    layers: Vec<(Source, HashMap<String, String>)>,
    pub(super) wrong: Vec<SettingError>,
    pub(super) sources: BTreeMap<&'static str, (Source, String)>,
}

impl Loader {
    pub(super) fn new(layers: Vec<(Source, HashMap<String, String>)>) -> Self {
        let upper = |(source, values): (Source, HashMap<String, String>)| {
            (source, values.into_iter().map(|(name, value)| (name.to_ascii_uppercase(), value)).collect())
        };
        Self { layers: layers.into_iter().map(upper).collect(), wrong: Vec::new(), sources: BTreeMap::new() }
    }

    /// Returns the value of a setting. Reports a wrong value, and returns `None` for it.
    pub(super) fn take<T: Value>(&mut self, name: &'static str, default: &'static str) -> Option<T> {
        // An empty value means "not set" and hides nothing below it: `.env` files are made from
        // templates, and compose files pass on variables that are not set.
        let found = self.layers.iter().find_map(|(source, values)| {
            let text = values.get(name)?.trim();
            (!text.is_empty()).then(|| (source.clone(), text.to_owned()))
        });
        let (source, text) = found.unwrap_or((Source::Default, default.to_owned()));
        let parsed = T::parse(&text);
        self.sources.insert(name, (source, text));
        match parsed {
            Ok(value) => Some(value),
            Err(problem) => {
                let example = if default.is_empty() { T::EXAMPLE } else { default };
                self.note(name, format!("it must {problem}; for example {name}={example}"));
                None
            }
        }
    }

    /// Reports a problem with a setting.
    pub(super) fn note(&mut self, name: &str, problem: String) {
        let source = self.sources.get(name).map_or(Source::Default, |(source, _)| source.clone());
        self.wrong.push(SettingError { name: name.to_owned(), source, problem });
    }

    /// Returns the names in a layer that are not settings, each with the setting that was probably
    /// meant.
    pub(super) fn unknown(&self, layer: &Source) -> Vec<(String, Option<&'static str>)> {
        let Some((_, values)) = self.layers.iter().find(|(source, _)| source == layer) else {
            return Vec::new();
        };
        let known = |name: &String| TABLE.iter().any(|row| row.name == name);
        let mut unknown: Vec<_> =
            values.keys().filter(|name| !known(name)).map(|name| (name.clone(), meant(name))).collect();
        unknown.sort();
        unknown
    }
}

/// Returns the setting with the most similar name, if one is similar enough.
fn meant(name: &str) -> Option<&'static str> {
    TABLE
        .iter()
        .map(|row| (strsim::damerau_levenshtein(row.name, name), row.name))
        .min()
        .filter(|(distance, known)| *distance <= 2.max(known.len() / 5))
        .map(|(_, known)| known)
}
