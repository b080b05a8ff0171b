//! Settings, read from the program, the environment, a file, or their defaults. All problems are
//! reported at once.
//!
//! One table ([`TABLE`]) is the source of parsing, of the documentation and of `.env.example`. So all
//! invalid values are reported together, and `authtuna config` shows where each value came from.

mod builder;
mod development;
mod loader;
mod table;
mod theme;
mod validate;
mod value;

use std::collections::BTreeMap;
use std::fmt;

use url::Url;

pub use builder::SettingsBuilder;
pub use loader::{SettingError, Source};
pub use table::*;
pub use theme::{Theme, ThemeColors};
pub use value::{
    ClientIpSource, DatabaseUri, JwtAlgorithm, KeyHashAlgorithm, LifetimeFrom, LogFormat, SameSite,
    SqliteSynchronous, Strategy, ThemeMode,
};

/// Every setting, typed, by section.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each section's type says what it is")]
pub struct Settings {
    pub app: App,
    pub database: Database,
    pub secrets: Secrets,
    pub bootstrap: Bootstrap,
    pub sessions: Sessions,
    pub passwords: Passwords,
    pub limits: Limits,
    pub tokens: Tokens,
    pub mfa: Mfa,
    pub passkeys: Passkeys,
    pub api_keys: ApiKeys,
    pub email: Email,
    pub theme: Theme,
    pub look: Look,
    pub social: Social,
    pub privacy: Privacy,
    pub rpc: Rpc,
    pub http: Http,
    sources: Sources,
    notices: Vec<String>,
}

/// Where each value came from, and its text. The texts include secrets, so `Debug` prints none.
#[derive(Clone)]
struct Sources(BTreeMap<&'static str, (Source, String)>);

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sources")
    }
}

/// One setting as it is in effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Its name.
    pub name: &'static str,
    /// Its section.
    pub section: &'static str,
    /// Its value, masked if it is a secret.
    pub value: String,
    /// Where it came from.
    pub source: Source,
    /// Its description.
    pub doc: &'static str,
}

/// Everything that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError(pub Vec<SettingError>);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} of the settings cannot be used:", self.0.len())?;
        for wrong in &self.0 {
            writeln!(f, "  {} (from {}): {}", wrong.name, wrong.source, wrong.problem)?;
        }
        Ok(())
    }
}

impl std::error::Error for SettingsError {}

impl Settings {
    /// Reads the settings of this process from its environment, and from `.env` or the file that
    /// `ENV_FILE_NAME` names.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] with everything that is wrong.
    pub fn load() -> Result<Self, SettingsError> {
        Self::builder().build()
    }

    /// Returns a builder, with which a program can override its environment and file.
    pub fn builder() -> SettingsBuilder {
        SettingsBuilder::default()
    }

    /// Returns what an operator should know about these settings.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Returns whether users can add passkeys.
    pub fn passkeys_offered(&self) -> bool {
        self.passkeys.enabled || self.passkeys.webauthn_enabled
    }

    /// Returns whether browsers can create passkeys here. They cannot when the host is an IP
    /// address.
    pub(crate) fn passkeys_possible(&self) -> bool {
        self.passkeys_offered() && self.webauthn_origin().domain().is_some()
    }

    /// Returns the origin in which passkeys are created and used.
    pub(crate) fn webauthn_origin(&self) -> Url {
        self.passkeys.origin.clone().unwrap_or_else(|| self.app.api_base_url.clone())
    }

    /// Returns the domain that passkeys are bound to (WebAuthn: RP ID).
    pub(crate) fn webauthn_rp_id(&self) -> String {
        let host = || self.webauthn_origin().host_str().unwrap_or_default().to_owned();
        self.passkeys.rp_id.clone().unwrap_or_else(host)
    }

    /// Returns every setting with its value and source, secrets masked.
    pub fn describe(&self) -> Vec<Described> {
        let describe = |row: &Row| {
            let (source, text) =
                self.sources.0.get(row.name).cloned().unwrap_or((Source::Default, row.default.to_owned()));
            let value = match (row.secret, text.is_empty()) {
                (_, true) => String::new(),
                (true, false) if row.name == "DEFAULT_DATABASE_URI" => mask_uri(&text),
                (true, false) => "********".to_owned(),
                (false, false) => text,
            };
            Described { name: row.name, section: row.section, value, source, doc: row.doc }
        };
        TABLE.iter().map(describe).collect()
    }
}

impl Settings {
    fn of(s: Sections, notices: Vec<String>) -> Self {
        Self {
            app: s.app,
            database: s.database,
            secrets: s.secrets,
            bootstrap: s.bootstrap,
            sessions: s.sessions,
            passwords: s.passwords,
            limits: s.limits,
            tokens: s.tokens,
            mfa: s.mfa,
            passkeys: s.passkeys,
            api_keys: s.api_keys,
            email: s.email,
            theme: s.look.theme.clone(),
            look: s.look,
            social: s.social,
            privacy: s.privacy,
            rpc: s.rpc,
            http: s.http,
            sources: Sources(BTreeMap::new()),
            notices,
        }
    }
}

/// Returns the text of `.env.example`: every setting with its description and default.
pub fn env_example() -> String {
    let mut text = String::from(
        "# Every setting of AuthTuna, with its default. Generated from the table of settings: do not edit by hand.\n\
         # Copy to .env, and uncomment what you want to change.\n",
    );
    let mut section = "";
    for row in TABLE {
        if row.section != section {
            section = row.section;
            text.push_str(&format!("\n# --- {section}\n"));
        }
        text.push('\n');
        for line in row.doc.trim().lines() {
            text.push_str(&format!("#{}\n", line.trim_end()));
        }
        text.push_str(&format!("#{}={}\n", row.name, row.default));
    }
    text
}

/// Masks the passwords in a database URI, wherever they are.
fn mask_uri(text: &str) -> String {
    const MASK: &str = "********";
    // The SQLite forms are not URLs, and hold no password.
    let Ok(mut url) = Url::parse(text) else {
        return if text.contains('@') { MASK.to_owned() } else { text.to_owned() };
    };
    if url.password().is_some() && url.set_password(Some(MASK)).is_err() {
        return MASK.to_owned();
    }
    if url.query().is_some() {
        let masked: Vec<(String, String)> = url
            .query_pairs()
            .map(|(name, value)| {
                let secret = name.to_ascii_lowercase().contains("pass");
                (name.into_owned(), if secret { MASK.to_owned() } else { value.into_owned() })
            })
            .collect();
        url.query_pairs_mut().clear().extend_pairs(masked);
    }
    url.to_string()
}
