//! Why a command could not do its work, in words for whoever typed it.

use std::net::SocketAddr;
use std::path::PathBuf;

use authtuna::audit::Broken;
use authtuna::auth::StartError;
use authtuna::axum::GeoIpError;
use authtuna::foundation::config::SettingsError;
use authtuna::foundation::error::Error;

/// Why a command ended without success. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Settings that can not be used.
    #[error("{0}`authtuna config` lists all settings; .env.example explains them.")]
    Settings(#[from] SettingsError),
    /// The core does not start.
    #[error("AuthTuna cannot start: {0}.")]
    Start(#[from] StartError),
    /// The database of places can not be read.
    #[error(transparent)]
    GeoIp(#[from] GeoIpError),
    /// LOG_LEVEL makes no sense.
    #[error("LOG_LEVEL cannot be understood: {0}. Right examples: info; or info,authtuna=debug")]
    LogLevel(tracing_subscriber::filter::ParseError),
    /// The address can not be listened on.
    #[error(
        "cannot listen on {address} ({setting}): {source}. End the program that holds it, or change {setting}"
    )]
    Listen {
        /// The setting that names the address.
        setting: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// There are no options of the portal.
    #[error(
        "{0} is not in the working directory. Start AuthTuna in the folder that holds it; it comes with the program"
    )]
    NoOptions(&'static str),
    /// The options of the portal can not be used.
    #[error(
        "Leptos.toml, or a LEPTOS_* variable, cannot be used: {0}. Leptos.toml as it comes with the program is right"
    )]
    Site(String),
    /// A file of the portal is missing.
    #[error(
        "the portal is not built: {0} is missing. Build it with `make serve`; LEPTOS_SITE_ROOT and LEPTOS_HASH_FILE \
         say where it is, if it is elsewhere"
    )]
    Unbuilt(PathBuf),
    /// The address of this server makes no origin.
    #[error("API_BASE_URL cannot be used as an origin: {0}")]
    Origin(String),
    /// The description of the API can not be written.
    #[error("the OpenAPI document cannot be written: {0}")]
    Document(String),
    /// The operating system refuses something.
    #[error("{0}: {1}")]
    System(&'static str, std::io::Error),
    /// The core refused, or failed.
    #[error("{0}")]
    Core(#[from] Error),
    /// Nobody has this name or address.
    #[error("nobody has the username or address {0:?}")]
    NoSuchUser(String),
    /// No role has this name.
    #[error("there is no role {0:?}; `authtuna role list` shows all")]
    NoSuchRole(String),
    /// They do not hold the role there.
    #[error("{0} does not hold the role {1} in {2}; `authtuna role show {1}` shows who does")]
    NoSuchGrant(String, String, String),
    /// No scope.
    #[error("{0:?} is no scope. Right examples: global; org:1; org:1/team:2")]
    BadScope(String),
    /// No address.
    #[error("{0:?} is no e-mail address. Right example: you@example.org")]
    BadAddress(String),
    /// No mail has this id.
    #[error("there is no mail {0:?}; `authtuna mail list` shows all")]
    NoSuchMail(String),
    /// It can not be tried again.
    #[error("mail {0} was sent, is being sent, or what it opens has run out")]
    MailDone(String),
    /// No state of a mail.
    #[error("{0:?} is no state of a mail. There are: queued, sent, failed")]
    BadMailState(String),
    /// Mails are off.
    #[error("no mails are sent: set EMAIL_ENABLED, and SMTP_HOST")]
    MailOff,
    /// A step of the test of mails failed.
    #[error("mails do not arrive; what failed stands above")]
    MailTest,
    /// No moment, or one that is past.
    #[error("{0:?} is no moment that is still to come. Right examples: 2027-01-31T12:00:00Z; 90m; 12h; 30d")]
    BadMoment(String),
    /// `doctor` found something that must be mended.
    #[error("{0} of the checks failed; what to do stands above")]
    Unhealthy(usize),
}

/// What a break in the audit chain means.
pub fn explain(broken: Broken) -> String {
    match broken {
        Broken::Changed(seq) => format!("entry {seq} was changed after it was written"),
        Broken::Missing(seq) => format!("entry {seq} is missing"),
        Broken::Cut(seq) => format!("entries after number {seq} are missing"),
    }
}
