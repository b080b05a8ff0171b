//! The command line of `authtuna`.

use clap::{Parser, Subcommand, ValueEnum};

/// Authentication portal: sign-in, accounts, sessions, roles.
#[derive(Debug, Parser)]
#[command(name = "authtuna", version, max_term_width = 100)]
pub struct Cli {
    /// Command to run; `serve` by default.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the portal and the API.
    Serve,
    /// Create the database, bring its tables up to date, and add the built-in data.
    Migrate,
    /// Show every setting with its value and where the value comes from. Secrets are masked.
    Config {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Check this installation and say how to fix it. Changes nothing, except with --mail. Exits
    /// with 1 if a check fails.
    Doctor {
        /// Also send an email to this address, and check the DNS records of the sender's domain.
        #[arg(long, value_name = "ADDRESS")]
        mail: Option<String>,
    },
    /// Manage keys.
    #[command(subcommand)]
    Keys(Keys),
    /// Manage users.
    #[command(subcommand)]
    User(User),
    /// Manage roles.
    #[command(subcommand)]
    Role(Role),
    /// Manage email.
    #[command(subcommand)]
    Mail(Mail),
    /// Delete expired data: sessions, tokens, assignments, failure counts, emails. A running server
    /// does this every hour.
    Purge,
}

/// Manage keys.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Generate a key for FERNET_KEYS and print it.
    Generate,
}

/// Manage users.
#[derive(Debug, Subcommand)]
pub enum User {
    /// Print a one-time link that creates the first administrator. Links printed before stop
    /// working.
    SetUpLink,
    /// Show an account.
    Show {
        /// Username or email address.
        who: String,
    },
    /// Suspend a user. Their sessions end immediately.
    Suspend {
        /// Username or email address.
        who: String,
        /// Reason, for the audit log.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Remove the second factors of an account whose owner lost them. Ends the owner's sessions. If
    /// the server sends email, the owner must also choose a new password.
    RemoveFactors {
        /// Username or email address.
        who: String,
    },
    /// Unlock sign-in after too many wrong passwords.
    Unlock {
        /// Username or email address.
        who: String,
    },
    /// Lift a suspension.
    Unsuspend {
        /// Username or email address.
        who: String,
        /// Reason, for the audit log.
        #[arg(long, default_value = "")]
        reason: String,
    },
}

/// Manage roles.
#[derive(Debug, Subcommand)]
pub enum Role {
    /// List all roles, highest level first.
    List,
    /// Show a role: what it carries, and who holds it.
    Show {
        /// Name of the role.
        name: String,
    },
    /// Assign a role to a user.
    Give {
        /// Name of the role.
        name: String,
        /// Username or email address.
        who: String,
        /// Scope of the assignment, such as org:1.
        #[arg(long, default_value = "global")]
        scope: String,
        /// When the assignment expires: 2027-01-31T12:00:00Z, or a time from now such as 90m, 12h
        /// or 30d.
        #[arg(long)]
        until: Option<String>,
    },
    /// Remove a role from a user.
    Take {
        /// Name of the role.
        name: String,
        /// Username or email address.
        who: String,
        /// Scope of the assignment.
        #[arg(long, default_value = "global")]
        scope: String,
    },
    /// Set what holders of a role must set up before their sessions can do anything else.
    Require {
        /// Name of the role.
        name: String,
        /// A second factor, a passkey, or nothing.
        #[arg(value_enum)]
        what: Required,
    },
}

/// What holders of a role must set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Required {
    /// A second factor: a passkey or an authenticator app.
    Mfa,
    /// A passkey.
    Passkey,
    /// Nothing.
    Nothing,
}

/// Manage email.
#[derive(Debug, Subcommand)]
pub enum Mail {
    /// List the emails of the last 30 days, newest first.
    List {
        /// List only emails that are queued, sent or failed.
        #[arg(long)]
        state: Option<String>,
        /// How many emails to list, at most 200.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Retry an email. A running server sends it, or the next one that starts.
    Retry {
        /// Id of the email.
        id: String,
    },
    /// Send an email immediately, and report the result of every step.
    Test {
        /// Address of the recipient.
        to: String,
    },
}
