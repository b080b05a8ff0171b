//! Checks the settings, the keys and the portal's files.

use authtuna::foundation::config::{Settings, SettingsError, Source};
use authtuna::foundation::crypto::keyring::Keyring;

use super::{Finding, fail, ok, warn};
use crate::site::Site;

/// The file in DATA_DIR where the core keeps keys for development.
const DEVELOPMENT_KEYS: &str = "development-keys.json";

/// Loads the settings, and checks them and the keys.
///
/// # Errors
///
/// [`SettingsError`] when a setting is invalid.
pub(super) fn settings() -> Result<(Settings, Vec<Finding>), SettingsError> {
    // Outside production, loading the settings creates missing keys. A temporary key prevents that.
    let probe = Settings::builder().set("FERNET_KEYS", Keyring::generate_key()).build()?;
    let without_keys = keys_are_missing() && !probe.app.data_dir.join(DEVELOPMENT_KEYS).exists();
    let settings = if without_keys { probe } else { Settings::load()? };

    let mut findings = vec![ok("settings", format!("all {} are valid", settings.describe().len()))];
    findings.extend(settings.notices().iter().map(|notice| warn("settings", notice)));
    findings.push(if without_keys {
        warn(
            "keys",
            "there are none yet: the first start makes keys for development. Set FERNET_KEYS for production",
        )
    } else {
        match Keyring::new(&settings.secrets.fernet_keys) {
            Ok(_) => ok("keys", format!("{} in FERNET_KEYS", settings.secrets.fernet_keys.len())),
            Err(problem) => fail("keys", format!("{problem}. `authtuna keys generate` creates one")),
        }
    });
    Ok((settings, findings))
}

/// Returns whether FERNET_KEYS is not set anywhere. Settings for production report that, and create
/// no keys.
fn keys_are_missing() -> bool {
    let strict = Settings::builder().set("PRODUCTION", "true").build();
    strict.is_err_and(|problems| {
        problems.0.iter().any(|wrong| wrong.name == "FERNET_KEYS" && wrong.source == Source::Default)
    })
}

/// Checks for what production would refuse, and for what is recommended in production.
pub(super) fn production(settings: &Settings) -> Vec<Finding> {
    if settings.app.production {
        let mut findings = vec![ok("production", "PRODUCTION is true, and all settings allow it")];
        if settings.passwords.min_length < 15 {
            findings.push(warn(
                "passwords",
                "PASSWORD_MIN_LENGTH is below 15, which NIST SP 800-63B-4 requires where a password is the \
                 only factor",
            ));
        }
        return findings;
    }
    let strict = Settings::builder().set("PRODUCTION", "true").set("FERNET_KEYS", Keyring::generate_key());
    let mut text = "PRODUCTION is false: for development only.".to_owned();
    if let Err(problems) = strict.build() {
        text.push_str(" Before it can be true:");
        for wrong in problems.0 {
            text.push_str(&format!("\n{}: {}", wrong.name, wrong.problem));
        }
    }
    vec![warn("production", text)]
}

/// Checks the portal's files.
pub(super) fn site(settings: &Settings) -> Option<Finding> {
    if settings.app.only_middleware {
        return None;
    }
    Some(match Site::load() {
        Ok(site) => ok("portal", format!("its files are in {}", site.root())),
        Err(problem) => fail("portal", problem.to_string()),
    })
}
