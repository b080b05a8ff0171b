//! Where mails go: to a mail server, into files, or into memory.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::compose::Mail;
use super::render::{clean, in_one_line};
use super::smtp::Smtp;
use crate::foundation::config::Settings;
use crate::model::id::MailId;

/// What sends mails.
pub enum Mailer {
    /// A mail server.
    Smtp(Smtp),
    /// A folder in which each mail becomes a file `<id>.eml`. For development.
    Files(PathBuf),
    /// Memory. For tests.
    Memory(Mailbox),
}

/// Mails that were sent into memory. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Mailbox(Arc<Mutex<Vec<Mail>>>);

impl Mailbox {
    /// Every mail so far, the oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, mail: Mail) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
    }
}

/// Why a mailer can not be made of the settings.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    /// The sender is no address.
    #[error("DEFAULT_SENDER_EMAIL is no e-mail address")]
    Sender,
    /// The key for signing can not be used.
    #[error("DKIM_PRIVATE_KEY_PATH {path}: {1}", path = .0.display())]
    Dkim(PathBuf, String),
    /// The certificates can not be used.
    #[error("SMTP_CA_FILE {path}: {1}", path = .0.display())]
    Certificates(PathBuf, String),
    /// TLS can not be set up.
    #[error("TLS to SMTP_HOST: {0}")]
    Tls(String),
    /// A template can not be used.
    #[error(transparent)]
    Template(#[from] super::templates::TemplateError),
}

/// Why a mail was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The server refuses the recipient for good.
    RecipientRefused,
    /// The server refuses the mail itself for good.
    ContentRefused,
    /// The server refuses us as the sender.
    SenderRefused,
    /// User name and password do not do.
    SignInFailed,
    /// No TLS, or a certificate that is not right.
    Tls,
    /// Nobody answers, or the connection broke.
    Connection,
    /// The server asks to come back later.
    TryLater,
    /// It took longer than MAIL_TIMEOUT_SECONDS.
    TimedOut,
    /// The file can not be written.
    File,
    /// It was not delivered before it was worth nothing any more.
    Expired,
    /// The letter can not be read: it was encrypted with a key that is gone.
    Unreadable,
}

impl Reason {
    /// The stable name.
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

    /// Whether trying again makes no sense. What an operator can mend is tried again: a wrong password, a certificate.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::RecipientRefused | Self::ContentRefused | Self::Expired | Self::Unreadable)
    }
}

/// A mail that was not taken: why, and what the server said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// In the server's words, or the system's. May hold the recipient's address; never a secret of ours.
    pub text: String,
}

impl Refusal {
    pub(super) fn new(reason: Reason, text: impl std::fmt::Display) -> Self {
        Self { reason, text: in_one_line(&text.to_string()) }
    }

    /// The same, short, and without the `secrets` that the server may have repeated.
    pub(super) fn without(self, secrets: &[String]) -> Self {
        // Before it is cut: the beginning of a secret is one too.
        let text = secrets.iter().fold(self.text, |text, secret| text.replace(secret.as_str(), "…"));
        Self { text: clean(&text), ..self }
    }
}

impl Mailer {
    /// The one that the settings ask for: none without EMAIL_ENABLED; without SMTP_HOST, files in DATA_DIR/mail.
    pub fn of(settings: &Settings) -> Result<Option<Self>, MailerError> {
        if !settings.email.enabled {
            return Ok(None);
        }
        let Some(host) = &settings.email.smtp_host else {
            return Ok(Some(Self::Files(folder(settings))));
        };
        Smtp::new(host, settings).map(Self::Smtp).map(Some)
    }

    /// Hands `mail` over. What the server said to it.
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

    /// Lets go of connections that are kept for the next mail.
    pub(super) async fn rest(&self) {
        if let Self::Smtp(smtp) = self {
            smtp.rest().await;
        }
    }
}

/// Where mails are written without SMTP_HOST.
pub fn folder(settings: &Settings) -> PathBuf {
    settings.app.data_dir.join("mail")
}

/// Whole or not at all, and readable by nobody else: the links in it open something.
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
