//! What the tests of the core and of the server share: databases, a security key in software, a mail server, and a few
//! constants. No part of the product.

#![expect(missing_docs, reason = "tests read these by their names")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects by failing")]

pub mod authenticator;
pub mod database;
pub mod smtp_server;

use authtuna::foundation::config::{Settings, SettingsBuilder};
use authtuna::model::time::Timestamp;

use database::Database;

/// 2026-01-01T00:00:00Z.
pub const START: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

/// A current browser.
pub const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0";

/// The `Accept` header of a browser's navigation.
pub const PAGES: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// Returns a good password, different for each word.
pub fn password(word: &str) -> String {
    format!("{word} walks 7 blue kilometers")
}

/// Returns settings for a core over `database`, which read nothing of the machine.
pub fn settings(database: &Database) -> SettingsBuilder {
    Settings::builder()
        .no_env()
        .set("DATA_DIR", database.folder().display().to_string())
        .set("DEFAULT_DATABASE_URI", database.uri())
        .set("DATABASE_POOL_SIZE", "4")
        .set("DATABASE_MAX_OVERFLOW", "4")
}
