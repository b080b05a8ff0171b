//! Renders messages.

use minijinja::value::{Serde, Value};
use serde_json::{Map, Value as Json, json};
use time::UtcDateTime;

use super::outbox::EmailMessage;
use super::templates::{Language, TemplateError, Templates};
use crate::foundation::config::{Settings, Theme, ThemeColors, ThemeMode};
use crate::foundation::error::Error;
use crate::model::text::is_bidi_control;
use crate::model::time::Timestamp;

/// The maximum line length of the text part, in characters (RFC 3676 section 4.2). URLs may be
/// longer.
const WIDTH: usize = 76;
/// The maximum length of text that users wrote, in characters. Links may be longer.
const LONGEST: usize = 200;

/// A rendered message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// A single line.
    pub subject: String,
    /// The plain text part.
    pub text: String,
    /// A complete HTML page that loads nothing.
    pub html: String,
}

/// Renders messages.
pub(super) struct Renderer {
    templates: Templates,
    app: String,
    url: String,
    theme: Theme,
}

impl Renderer {
    /// Reads the templates. In each language for which EMAIL_TEMPLATE_DIR has files, it also
    /// renders every kind of message once.
    pub(super) fn new(settings: &Settings) -> Result<Self, TemplateError> {
        let folder = settings.email.template_dir.as_deref();
        let renderer = Self {
            templates: Templates::read(folder, &settings.app.default_language)?,
            app: clean(&settings.app.name),
            url: settings.app.api_base_url.as_str().trim_end_matches('/').to_owned(),
            theme: settings.theme.clone(),
        };
        let now = Timestamp::EPOCH;
        for language in renderer.templates.replaced() {
            for email_message in super::samples(&settings.app.api_base_url, now) {
                renderer.write(language, &email_message, now)?;
            }
        }
        Ok(renderer)
    }

    /// Renders the message in the recipient's language. If a template of EMAIL_TEMPLATE_DIR fails,
    /// it logs the error and uses the built-in one: a user who is waiting for an email cannot fix
    /// the template.
    pub(super) fn render(
        &self,
        email_message: &EmailMessage,
        created_at: Timestamp,
    ) -> Result<Rendered, Error> {
        let language = self.templates.of(email_message.language.as_deref());
        let fault = |problem: TemplateError| Error::internal("mail template", problem);
        match self.write(language, email_message, created_at) {
            Err(problem) if !language.is_built_in() => {
                tracing::error!(mail.kind = email_message.message.kind(), %problem, "the built-in template is used");
                self.write(self.templates.built_in(), email_message, created_at).map_err(fault)
            }
            result => result.map_err(fault),
        }
    }

    fn write(
        &self,
        language: &Language,
        email_message: &EmailMessage,
        created_at: Timestamp,
    ) -> Result<Rendered, TemplateError> {
        let kind = email_message.message.kind();
        let mut context = self.context(language, email_message, created_at);
        let subject =
            in_one_line(&language.write(&format!("{kind}/subject.txt"), &Value::from(Serde(&context)))?);
        context.insert("subject".to_owned(), subject.as_str().into());
        let context = Value::from(Serde(&context));
        let text = wrapped(&language.write(&format!("{kind}/body.txt"), &context)?);
        // Escaping turns slashes into `&#x2f;`. Values only appear in text and quoted attributes,
        // where that is not needed, and plain slashes keep the URLs in the source readable.
        let html = language.write(&format!("{kind}/body.html"), &context)?.replace("&#x2f;", "/");
        Ok(Rendered { subject, text, html: html.trim().to_owned() + "\n" })
    }

    /// Builds the values that templates can use.
    fn context(
        &self,
        language: &Language,
        email_message: &EmailMessage,
        created_at: Timestamp,
    ) -> Map<String, Json> {
        let mut context = match serde_json::to_value(&email_message.message) {
            Ok(Json::Object(fields)) => {
                fields.into_iter().map(|(name, value)| readable(name, value)).collect()
            }
            _ => Map::new(),
        };
        let dark = (self.theme.mode != ThemeMode::Single).then(|| colors(&self.theme.dark));
        let minutes = email_message.expires_at.map(|until| until.since(created_at).as_secs().div_ceil(60));
        let rest = [
            ("app", json!(self.app)),
            ("url", json!(self.url)),
            ("name", json!(clean(&email_message.name))),
            ("language", json!(language.name)),
            ("minutes", json!(minutes.unwrap_or(0))),
            ("light", colors(&self.theme.light)),
            ("dark", json!(dark)),
        ];
        context.extend(rest.map(|(name, value)| (name.to_owned(), value)));
        context
    }
}

/// Returns the colors by the names that the setting THEME uses.
fn colors(colors: &ThemeColors) -> Json {
    let named = colors.css_variables();
    named
        .map(|(name, value)| (name.trim_start_matches('-').replace('-', "_"), json!(value)))
        .collect::<Map<_, _>>()
        .into()
}

/// Converts a field of a message for templates: timestamps become their parts, and text becomes a
/// single line without control characters or bidirectional marks.
fn readable(name: String, value: Json) -> (String, Json) {
    let value = match value {
        Json::Number(micros) if matches!(name.as_str(), "at" | "until") => {
            moment(micros.as_i64().unwrap_or(0))
        }
        Json::Object(fields) => {
            Json::Object(fields.into_iter().map(|(name, value)| readable(name, value)).collect())
        }
        // Links are our own, and useless when truncated.
        Json::String(text) if text.starts_with("https://") || text.starts_with("http://") => {
            in_one_line(&text).into()
        }
        Json::String(text) => clean(&text).into(),
        other => other,
    };
    (name, value)
}

fn moment(micros: i64) -> Json {
    let at =
        UtcDateTime::from_unix_timestamp(micros.div_euclid(1_000_000)).unwrap_or(UtcDateTime::UNIX_EPOCH);
    json!({
        "year": at.year(),
        "month": u8::from(at.month()),
        "day": at.day(),
        "time": format!("{:02}:{:02}", at.hour(), at.minute()),
    })
}

/// Makes text that a user wrote safe for a header, a line or a page: removes control characters,
/// line breaks and bidirectional marks, and truncates what is longer than [`LONGEST`].
pub(super) fn clean(text: &str) -> String {
    let words = in_one_line(text);
    match words.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

/// Does the same as [`clean`], but does not truncate.
pub(super) fn in_one_line(text: &str) -> String {
    let unfit = |c: char| c.is_control() || is_bidi_control(c) || matches!(c, '\u{2028}' | '\u{2029}');
    let text: String = text.chars().map(|c| if unfit(c) { ' ' } else { c }).collect();
    let mut words = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    words
}

/// Wraps lines at [`WIDTH`], and reduces consecutive empty lines to one. Keeps indented lines as
/// they are.
fn wrapped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    for line in text.lines() {
        let line = if line == "-- " { line } else { line.trim_end() };
        if line.is_empty() {
            if !out.is_empty() && !out.ends_with("\n\n") {
                out.push('\n');
            }
        } else if line.starts_with("    ") || line == "-- " {
            out.push_str(line);
            out.push('\n');
        } else {
            let mut used = 0;
            for word in line.split_whitespace() {
                let length = word.chars().count();
                if used > 0 && used + 1 + length > WIDTH {
                    out.push('\n');
                    used = 0;
                } else if used > 0 {
                    out.push(' ');
                    used += 1;
                }
                out.push_str(word);
                used += length;
            }
            out.push('\n');
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}
