//! Where emails go: to a mail server, into files, or into memory.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::compose::Mail;
use super::render::{clean, in_one_line};
use super::smtp::Smtp;
use crate::foundation::config::Settings;
use crate::model::id::MailId;

/// Delivers emails.
pub enum Mailer {
    /// To a mail server.
    Smtp(Smtp),
    /// Into a folder, each email as a file `<id>.eml`. For development.
    Files(PathBuf),
    /// Into memory. For tests.
    Memory(Mailbox),
}

/// Emails that were delivered into memory. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Mailbox(Arc<Mutex<Vec<Mail>>>);

impl Mailbox {
    /// Returns all emails so far, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, mail: Mail) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
    }
}

/// Why the mailer cannot be built from the settings.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    /// DEFAULT_SENDER_EMAIL is not an email address.
    #[error("DEFAULT_SENDER_EMAIL is no e-mail address")]
    Sender,
    /// The DKIM key cannot be used.
    #[error("DKIM_PRIVATE_KEY_PATH {path}: {1}", path = .0.display())]
    Dkim(PathBuf, String),
    /// The certificates in SMTP_CA_FILE cannot be used.
    #[error("SMTP_CA_FILE {path}: {1}", path = .0.display())]
    Certificates(PathBuf, String),
    /// TLS cannot be set up.
    #[error("TLS to SMTP_HOST: {0}")]
    Tls(String),
    /// A template cannot be used.
    #[error(transparent)]
    Template(#[from] super::templates::TemplateError),
}

/// Why an email was not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The mail server refused the recipient permanently.
    RecipientRefused,
    /// The mail server refused the email itself permanently.
    ContentRefused,
    /// The mail server refused our address as the sender.
    SenderRefused,
    /// The mail server did not accept the username and password.
    SignInFailed,
    /// The mail server has no TLS, or an invalid certificate.
    Tls,
    /// The mail server did not respond, or the connection broke.
    Connection,
    /// The mail server asked to try again later.
    TryLater,
    /// The attempt took longer than MAIL_TIMEOUT_SECONDS.
    TimedOut,
    /// The file could not be written.
    File,
    /// The email expired before it was delivered.
    Expired,
    /// The email cannot be decrypted: its key is gone.
    Unreadable,
}

impl Reason {
    /// Returns the stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RecipientRefused => "recipient_refused",
            Self::ContentRefused => "content_refused",
            Self::SenderRefused => "sender_refused",
            Self::SignInFailed => "sign_in_failed",
            Self::Tls => "tls",
            Self::Connection => "connection",
            Self::TryLater => "try_later",
            Self::TimedOut => "timed_out",
            Self::File => "file",
            Self::Expired => "expired",
            Self::Unreadable => "unreadable",
        }
    }

    /// Returns whether another attempt is pointless. Errors that an operator can fix, such as a
    /// wrong password or certificate, are retried.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::RecipientRefused | Self::ContentRefused | Self::Expired | Self::Unreadable)
    }
}

/// A failed delivery: the reason, and the mail server's reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reason.
    pub reason: Reason,
    /// The mail server's reply, or the system's error. May contain the recipient's address, but no
    /// secrets of ours.
    pub text: String,
}

impl Refusal {
    pub(super) fn new(reason: Reason, text: impl std::fmt::Display) -> Self {
        Self { reason, text: in_one_line(&text.to_string()) }
    }

    /// Shortens the text, and masks the `secrets` that the mail server may have repeated.
    pub(super) fn without(self, secrets: &[String]) -> Self {
        // Mask before truncating: the beginning of a secret is a secret too.
        let text = secrets.iter().fold(self.text, |text, secret| text.replace(secret.as_str(), "…"));
        Self { text: clean(&text), ..self }
    }
}

impl Mailer {
    /// Builds the mailer that the settings ask for: none without EMAIL_ENABLED, and files in
    /// DATA_DIR/mail without SMTP_HOST.
    ///
    /// # Errors
    ///
    /// - [`MailerError::Certificates`] when SMTP_CA_FILE cannot be used.
    /// - [`MailerError::Tls`] when TLS cannot be set up.
    pub fn of(settings: &Settings) -> Result<Option<Self>, MailerError> {
        if !settings.email.enabled {
            return Ok(None);
        }
        let Some(host) = &settings.email.smtp_host else {
            return Ok(Some(Self::Files(folder(settings))));
        };
        Smtp::new(host, settings).map(Self::Smtp).map(Some)
    }

    /// Delivers `mail` and returns the mail server's reply.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] when the email was not delivered.
    pub async fn send(&self, mail: &Mail) -> Result<String, Refusal> {
        match self {
            Self::Smtp(smtp) => smtp.send(mail).await,
            Self::Files(folder) => {
                let (folder, mail) = (folder.clone(), mail.clone());
                let written = tokio::task::spawn_blocking(move || write(&folder, mail.id, &mail.data)).await;
                let written = written.map_err(|problem| Refusal::new(Reason::File, problem))?;
                written.map_err(|problem| Refusal::new(Reason::File, problem))
            }
            Self::Memory(mailbox) => {
                mailbox.put(mail.clone());
                Ok("kept in memory".to_owned())
            }
        }
    }

    /// Closes the connections that are kept for the next email.
    pub(super) async fn rest(&self) {
        if let Self::Smtp(smtp) = self {
            smtp.rest().await;
        }
    }
}

/// Returns the folder into which emails are written without SMTP_HOST.
pub fn folder(settings: &Settings) -> PathBuf {
    settings.app.data_dir.join("mail")
}

/// Writes the file atomically, and readable only by its owner: the links in it grant access.
fn write(folder: &Path, id: MailId, data: &[u8]) -> std::io::Result<String> {
    std::fs::create_dir_all(folder)?;
    let unfinished = folder.join(format!(".{id}.part"));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    std::io::Write::write_all(&mut options.open(&unfinished)?, data)?;
    let path = folder.join(format!("{id}.eml"));
    std::fs::rename(&unfinished, &path)?;
    Ok(path.display().to_string())
}
