//! What can be typed after `authtuna`.

use clap::{Parser, Subcommand, ValueEnum};

/// Authentication portal: sign-in, accounts, sessions, roles.
#[derive(Debug, Parser)]
#[command(name = "authtuna", version, max_term_width = 100)]
pub struct Cli {
    /// What to do; `serve` when nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the portal and the API.
    Serve,
    /// Make the database, bring its tables up to date, and add what is built in.
    Migrate,
    /// Show every setting with its value and where that came from. Secrets are masked.
    Config {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Check this installation and say what to mend. Changes nothing. Ends with 1 when a check failed.
    Doctor {
        /// Send a mail to this address too, and look at what DNS says of the sender's domain.
        #[arg(long, value_name = "ADDRESS")]
        mail: Option<String>,
    },
    /// Keys.
    #[command(subcommand)]
    Keys(Keys),
    /// People.
    #[command(subcommand)]
    User(User),
    /// Roles.
    #[command(subcommand)]
    Role(Role),
    /// Mails.
    #[command(subcommand)]
    Mail(Mail),
    /// Delete what has run out: sessions, tokens, counts of failures, mails. A running server does so every hour.
    Purge,
}

/// Keys.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Make a key for FERNET_KEYS and print it.
    Generate,
}

/// People.
#[derive(Debug, Subcommand)]
pub enum User {
    /// Print a one-time link that makes the first administrator. Links printed before stop working.
    SetUpLink,
    /// Show one account.
    Show {
        /// Username or e-mail address.
        who: String,
    },
    /// Suspend somebody: their sessions end at once.
    Suspend {
        /// Username or e-mail address.
        who: String,
        /// Why, for the audit log.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Take the second factors off an account whose owner lost them. Ends their sessions; where mails are sent, they choose
    /// another password.
    RemoveFactors {
        /// Username or e-mail address.
        who: String,
    },
    /// Open sign-in again that too many wrong passwords have closed.
    Unlock {
        /// Username or e-mail address.
        who: String,
    },
    /// Lift a suspension.
    Unsuspend {
        /// Username or e-mail address.
        who: String,
        /// Why, for the audit log.
        #[arg(long, default_value = "")]
        reason: String,
    },
}

/// Roles.
#[derive(Debug, Subcommand)]
pub enum Role {
    /// List all roles, the highest first.
    List,
    /// Show one role: what it carries, and who holds it.
    Show {
        /// Its name.
        name: String,
    },
    /// Give somebody a role.
    Give {
        /// The role's name.
        name: String,
        /// Username or e-mail address.
        who: String,
        /// Where it counts, such as org:1.
        #[arg(long, default_value = "global")]
        scope: String,
        /// Until when it counts: 2027-01-31T12:00:00Z, or a time from now such as 90m, 12h or 30d.
        #[arg(long)]
        until: Option<String>,
    },
    /// Take a role away from somebody.
    Take {
        /// The role's name.
        name: String,
        /// Username or e-mail address.
        who: String,
        /// Where they hold it.
        #[arg(long, default_value = "global")]
        scope: String,
    },
    /// Say what holders of a role must have before a session of theirs does anything else.
    Require {
        /// The role's name.
        name: String,
        /// A second factor, a passkey, or nothing.
        #[arg(value_enum)]
        what: Required,
    },
}

/// What holders of a role must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Required {
    /// A second factor: a passkey, or an authenticator app.
    Mfa,
    /// A passkey.
    Passkey,
    /// Nothing.
    Nothing,
}

/// Mails.
#[derive(Debug, Subcommand)]
pub enum Mail {
    /// List the mails of the last 30 days, the newest first.
    List {
        /// Only those that are queued, sent or failed.
        #[arg(long)]
        state: Option<String>,
        /// How many, at most 200.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Have a mail tried again, by a server that runs or the next that starts.
    Retry {
        /// Its id.
        id: String,
    },
    /// Send a mail at once, and say how every step of it went.
    Test {
        /// To whom.
        to: String,
    },
}
