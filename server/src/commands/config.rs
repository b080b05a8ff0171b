//! `authtuna config`.

use authtuna::foundation::config::{Described, Settings};
use serde_json::{Value, json};

use super::say;
use crate::cli_error::CliError;

/// Prints every setting.
pub(super) fn config(as_json: bool) -> Result<(), CliError> {
    let settings = Settings::load()?;
    let described = settings.describe();
    if as_json {
        let list: Value = described.iter().map(in_json).collect();
        return say(format_args!("{list:#}"));
    }
    let width = |of: fn(&Described) -> usize| described.iter().map(of).max().unwrap_or(0);
    let names = width(|setting| setting.name.len());
    let values = width(|setting| setting.value.chars().count()).min(60);
    let mut section = "";
    for setting in &described {
        if setting.section != section {
            section = setting.section;
            say(format_args!("\n{section}"))?;
        }
        let line = format!("  {:names$}  {:values$}  {}", setting.name, setting.value, setting.source);
        say(line.trim_end())?;
    }
    for notice in settings.notices() {
        say(format_args!("\nNote: {notice}"))?;
    }
    Ok(())
}

fn in_json(setting: &Described) -> Value {
    json!({
        "name": setting.name,
        "section": setting.section,
        "value": setting.value,
        "source": setting.source.to_string(),
        "doc": setting.doc.trim(),
    })
}
