//! Why a command failed, in words for the operator.

use std::net::SocketAddr;
use std::path::PathBuf;

use authtuna::audit::Broken;
use authtuna::auth::StartError;
use authtuna::axum::GeoIpError;
use authtuna::foundation::config::SettingsError;
use authtuna::foundation::error::Error;

/// Why a command failed. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A setting is invalid.
    #[error("{0}`authtuna config` lists all settings; .env.example explains them.")]
    Settings(#[from] SettingsError),
    /// The core cannot start.
    #[error("AuthTuna cannot start: {0}.")]
    Start(#[from] StartError),
    /// The GeoIP database cannot be read.
    #[error(transparent)]
    GeoIp(#[from] GeoIpError),
    /// LOG_LEVEL is invalid.
    #[error("LOG_LEVEL is invalid: {0}. Examples: info; info,authtuna=debug")]
    LogLevel(tracing_subscriber::filter::ParseError),
    /// The server cannot listen on the address.
    #[error(
        "cannot listen on {address} ({setting}): {source}. End the program that holds it, or change {setting}"
    )]
    Listen {
        /// The setting that contains the address.
        setting: &'static str,
        /// The address.
        address: SocketAddr,
        /// The error that the operating system returned.
        source: std::io::Error,
    },
    /// The options file of the portal is missing.
    #[error(
        "{0} is not in the working directory. Start AuthTuna in the folder that holds it; it comes with the program"
    )]
    NoOptions(&'static str),
    /// The options of the portal are invalid.
    #[error(
        "Leptos.toml or a LEPTOS_* variable is invalid: {0}. Use the Leptos.toml that comes with AuthTuna"
    )]
    Site(String),
    /// A file of the portal is missing.
    #[error(
        "the portal is not built: {0} is missing. Build it with `make serve`; LEPTOS_SITE_ROOT and LEPTOS_HASH_FILE \
         say where it is, if it is elsewhere"
    )]
    Unbuilt(PathBuf),
    /// API_BASE_URL is not a usable origin.
    #[error("API_BASE_URL cannot be used as an origin: {0}")]
    Origin(String),
    /// The OpenAPI document cannot be serialized.
    #[error("the OpenAPI document cannot be serialized: {0}")]
    Document(String),
    /// The operating system returned an error.
    #[error("{0}: {1}")]
    System(&'static str, std::io::Error),
    /// The core refused the operation, or failed.
    #[error("{0}")]
    Core(#[from] Error),
    /// No user has this username or email address.
    #[error("nobody has the username or address {0:?}")]
    NoSuchUser(String),
    /// No role has this name.
    #[error("there is no role {0:?}; `authtuna role list` lists all roles")]
    NoSuchRole(String),
    /// The user does not hold the role in this scope.
    #[error("{0} does not hold the role {1} in {2}; `authtuna role show {1}` shows who does")]
    NoSuchGrant(String, String, String),
    /// The text is not a scope.
    #[error("{0:?} is no scope. Examples: global; org:1; org:1/team:2")]
    BadScope(String),
    /// The text is not an email address.
    #[error("{0:?} is not an email address. Example: you@example.org")]
    BadAddress(String),
    /// No email has this id.
    #[error("there is no mail {0:?}; `authtuna mail list` lists emails with their ids")]
    NoSuchMail(String),
    /// The email cannot be retried.
    #[error("email {0} was sent, is being sent, or what it opens has expired")]
    MailDone(String),
    /// The text is not a state of an email.
    #[error("{0:?} is no state of a mail. The states are: queued, sent, failed")]
    BadMailState(String),
    /// Email is off.
    #[error("no mails are sent: set EMAIL_ENABLED, and SMTP_HOST")]
    MailOff,
    /// A step of the email test failed.
    #[error("mails do not arrive; what failed stands above")]
    MailTest,
    /// The text is not a time, or the time is past.
    #[error("{0:?} is no moment in the future. Examples: 2027-01-31T12:00:00Z; 90m; 12h; 30d")]
    BadMoment(String),
    /// `doctor` found a problem that must be fixed.
    #[error("{0} of the checks failed; see above for what to do")]
    Unhealthy(usize),
}

/// Describes a break in the audit chain.
pub fn explain(broken: Broken) -> String {
    match broken {
        Broken::Changed(seq) => format!("entry {seq} was changed after it was written"),
        Broken::Missing(seq) => format!("entry {seq} is missing"),
        Broken::Cut(seq) => format!("the entries after {seq} are missing"),
    }
}
