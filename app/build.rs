//! Generates the portal's messages from `locales/*.json`: one method of `Lang` per message.
//!
//! The build fails if a language lacks a message, or if its placeholders differ from the English
//! ones. A page that names an unknown message does not compile. Placeholders `{name}` become
//! arguments. A message with plural forms, `{"one": …, "other": …}`, takes a `count` and picks the
//! form by the plural rules of its language (CLDR). Nested keys are joined with `_`: `sign_in` in
//! the group `login` becomes `login_sign_in`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;

/// The reference language: every other language must have exactly its messages.
const FIRST: &str = "en";

/// A message in one language: a text, or one form per plural category.
enum Message {
    Text(String),
    Forms(BTreeMap<String, String>),
}

/// The groups whose messages are looked up by a name from the core.
const BY_NAME: [&str; 2] = ["event", "problem"];

type Messages = BTreeMap<String, Message>;
type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let here = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(variable("OUT_DIR")?);
    let icons = here.join("../public/icons.svg");
    tell(&format!("rerun-if-changed={}", here.join("locales").display()));
    tell(&format!("rerun-if-changed={}", icons.display()));
    // Browsers cache the sprite for a long time, so its URL changes with its content.
    tell(&format!("rustc-env=ICONS=/icons.svg?v={:016x}", hash(&fs::read(&icons)?)));
    fs::write(out.join("words.rs"), generate(&languages(&here.join("locales"))?)?)?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "this is how cargo speaks to a build script")]
fn variable(name: &str) -> Result<String, env::VarError> {
    env::var(name)
}

fn tell(line: &str) {
    println!("cargo::{line}");
}

/// Computes the FNV-1a hash. It only has to change whenever the file changes.
fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Reads every language, with `FIRST` first.
fn languages(folder: &Path) -> Result<Vec<(String, Messages)>, Failure> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(tag) = path.file_stem().and_then(|name| name.to_str()) else { continue };
        let value: Value = serde_json::from_str(&fs::read_to_string(&path)?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let mut messages = Messages::new();
        read("", &value, &mut messages).map_err(|error| format!("{}: {error}", path.display()))?;
        all.push((tag.to_owned(), messages));
    }
    all.sort_by_key(|(tag, _)| (tag != FIRST, tag.clone()));
    check(&all)?;
    Ok(all)
}

fn read(key: &str, value: &Value, into: &mut Messages) -> Result<(), Failure> {
    let message = match value {
        Value::String(text) => Message::Text(text.clone()),
        Value::Object(parts) if parts.contains_key("other") => {
            let form = |(name, text): (&String, &Value)| {
                text.as_str()
                    .map(|text| (name.clone(), text.to_owned()))
                    .ok_or(format!("{key}.{name} is no text"))
            };
            Message::Forms(parts.iter().map(form).collect::<Result<_, _>>()?)
        }
        Value::Object(parts) => {
            for (name, part) in parts {
                read(&if key.is_empty() { name.clone() } else { format!("{key}_{name}") }, part, into)?;
            }
            return Ok(());
        }
        _ => return Err(format!("{key} is neither a text nor a group").into()),
    };
    if into.insert(key.to_owned(), message).is_some() {
        return Err(format!("{key} is there twice").into());
    }
    Ok(())
}

/// Checks that every language has the messages of `FIRST`, with the same placeholders.
fn check(all: &[(String, Messages)]) -> Result<(), Failure> {
    let Some(((first, wanted), others)) = all.split_first() else { return Err("no language at all".into()) };
    if first != FIRST {
        return Err(format!("locales/{FIRST}.json is missing").into());
    }
    let mut wrong = Vec::new();
    for (tag, messages) in others {
        for (key, message) in wanted {
            match messages.get(key) {
                None => wrong.push(format!("{tag}.json lacks {key}")),
                Some(other) if arguments(message) != arguments(other) => {
                    wrong.push(format!("{tag}.json: {key} has other placeholders than {FIRST}.json"));
                }
                Some(_) => {}
            }
        }
        let unknown = messages.keys().filter(|key| !wanted.contains_key(*key));
        wrong.extend(unknown.map(|key| format!("{tag}.json: {key} is not in {FIRST}.json")));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// Returns the placeholders of a message, sorted. A message with plural forms always has `count`.
fn arguments(message: &Message) -> Vec<&str> {
    let mut found: Vec<&str> = match message {
        Message::Text(text) => placeholders(text).collect(),
        Message::Forms(forms) => {
            forms.values().flat_map(|text| placeholders(text)).chain(["count"]).collect()
        }
    };
    found.sort_unstable();
    found.dedup();
    found
}

fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

fn generate(all: &[(String, Messages)]) -> Result<String, Failure> {
    let mut code = String::new();
    let variant = |tag: &str| {
        let mut parts = tag.split('-').map(|part| part[..1].to_uppercase() + &part[1..].to_lowercase());
        parts.by_ref().collect::<String>()
    };
    writeln!(code, "/// A language of the interface: one file in `app/locales`.")?;
    writeln!(code, "#[derive(Clone, Copy, Debug, PartialEq, Eq)]\npub enum Lang {{")?;
    for (tag, _) in all {
        writeln!(code, "    /// `{tag}`\n    {},", variant(tag))?;
    }
    writeln!(code, "}}\n\nimpl Lang {{")?;
    let list =
        |make: &dyn Fn(&str) -> String| all.iter().map(|(tag, _)| make(tag)).collect::<Vec<_>>().join(", ");
    writeln!(
        code,
        "    /// Every language.\n    pub const ALL: &[Self] = &[{}];",
        list(&|t| format!("Self::{}", variant(t)))
    )?;
    writeln!(code, "    /// Its name (RFC 5646).\n    pub const fn tag(self) -> &'static str {{")?;
    writeln!(
        code,
        "        match self {{ {} }}\n    }}",
        list(&|t| format!("Self::{} => {t:?}", variant(t)))
    )?;
    let Some((_, wanted)) = all.first() else { return Ok(code) };
    for (key, message) in wanted {
        method(&mut code, key, message, all, &variant)?;
    }
    for group in BY_NAME {
        by_name(&mut code, group, wanted)?;
    }
    writeln!(code, "}}")?;
    Ok(code)
}

/// Writes a method that finds a message of `group` by its name, for names from the core such as
/// codes and events.
///
/// It leaves out messages with arguments, because callers must pass those explicitly.
fn by_name(code: &mut String, group: &str, wanted: &Messages) -> Result<(), Failure> {
    writeln!(
        code,
        "    /// The message of this name in the group `{group}`, if it is there and takes no arguments."
    )?;
    writeln!(code, "    pub fn {group}_by_name(self, name: &str) -> Option<&'static str> {{")?;
    writeln!(code, "        Some(match name {{")?;
    for (key, message) in wanted {
        if let Some(name) = key.strip_prefix(group).and_then(|rest| rest.strip_prefix('_'))
            && arguments(message).is_empty()
        {
            writeln!(code, "            {name:?} => self.{key}(),")?;
        }
    }
    writeln!(code, "            _ => return None,\n        }})\n    }}")?;
    Ok(())
}

fn method(
    code: &mut String,
    key: &str,
    message: &Message,
    all: &[(String, Messages)],
    variant: &dyn Fn(&str) -> String,
) -> Result<(), Failure> {
    let arguments = arguments(message);
    let doc = match message {
        Message::Text(text) => text,
        Message::Forms(forms) => &forms["other"],
    };
    writeln!(code, "    /// {doc:?}")?;
    let parameters: String = arguments
        .iter()
        .map(|name| if *name == "count" { ", count: u64".to_owned() } else { format!(", {name}: &str") })
        .collect();
    let (constant, returns) = if arguments.is_empty() { ("const ", "&'static str") } else { ("", "String") };
    writeln!(code, "    pub {constant}fn {key}(self{parameters}) -> {returns} {{\n        match self {{")?;
    for (tag, messages) in all {
        let body = match messages.get(key) {
            Some(Message::Text(text)) if arguments.is_empty() => format!("{text:?}"),
            Some(Message::Text(text)) => format!("format!({text:?})"),
            Some(Message::Forms(forms)) => plural(tag, forms)?,
            None => return Err(format!("{tag}.json lacks {key}").into()),
        };
        writeln!(code, "            Self::{} => {body},", variant(tag))?;
    }
    writeln!(code, "        }}\n    }}")?;
    Ok(())
}

/// Writes the code that picks the form for `count`. A language with other plural rules needs its
/// own arm here.
fn plural(tag: &str, forms: &BTreeMap<String, String>) -> Result<String, Failure> {
    let rule = match tag.split('-').next().unwrap_or(tag) {
        "en" | "de" | "nl" | "sv" | "da" | "nb" | "fi" | "et" | "el" | "hu" | "tr" | "it" | "es" | "ca" => {
            "count == 1"
        }
        "fr" | "pt" | "hi" | "fa" => "count <= 1",
        "ja" | "zh" | "ko" | "vi" | "th" | "id" => "false",
        _ => return Err(format!("build.rs does not know the plural rules of {tag} yet").into()),
    };
    let other = &forms["other"];
    let one = forms.get("one").unwrap_or(other);
    let text = |text: &str| match placeholders(text).next() {
        Some(_) => format!("format!({text:?})"),
        None => format!("{text:?}.to_owned()"),
    };
    Ok(format!("if {rule} {{ {} }} else {{ {} }}", text(one), text(other)))
}
