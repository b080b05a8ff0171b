//! Sends emails to a mail server (RFC 5321) with lettre.
//!
//! Connections are kept for the next email while there are more to send. A connection is never
//! reused after an email that failed or was cut off: lettre's own pool takes connections back in
//! the middle of a command, and the next email would become part of the previous one.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::response::Response;
use secrecy::{ExposeSecret, SecretString};

use super::compose::Mail;
use super::mailer::{MailerError, Reason, Refusal};
use crate::foundation::config::Settings;

/// The client of a mail server.
pub struct Smtp {
    host: String,
    port: u16,
    security: Security,
    user: Option<(String, SecretString)>,
    hello: ClientId,
    timeout: Duration,
    /// Open connections that wait for the next email.
    idle: Mutex<Vec<AsyncSmtpConnection>>,
}

enum Security {
    /// Unencrypted.
    None,
    /// Unencrypted until both sides switch to TLS; nothing is sent without it.
    StartTls(TlsParameters),
    /// Encrypted from the first byte.
    Tls(TlsParameters),
}

/// How far a connection got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// The server responded, encrypted if the settings require it.
    Connected,
    /// The server accepted our credentials.
    SignedIn,
}

impl Smtp {
    pub(super) fn new(host: &str, settings: &Settings) -> Result<Self, MailerError> {
        let email = &settings.email;
        let security = match (email.starttls, email.ssl_tls) {
            (false, false) => Security::None,
            (true, _) => Security::StartTls(tls(host, settings)?),
            (false, true) => Security::Tls(tls(host, settings)?),
        };
        let user = match (&email.smtp_username, &email.smtp_password) {
            (Some(user), Some(password)) if email.use_credentials => Some((user.clone(), password.clone())),
            _ => None,
        };
        let own = settings.app.api_base_url.domain().unwrap_or("localhost");
        Ok(Self {
            host: host.to_owned(),
            port: email.smtp_port,
            security,
            user,
            hello: ClientId::Domain(own.to_owned()),
            timeout: email.timeout,
            idle: Mutex::default(),
        })
    }

    /// Sends an email within MAIL_TIMEOUT_SECONDS.
    pub(super) async fn send(&self, mail: &Mail) -> Result<String, Refusal> {
        let reply = self.in_time(async {
            let mut connection = self.connection().await?;
            let reply = self.transfer(&mut connection, mail).await;
            match &reply {
                Ok(_) => self.idle().push(connection),
                Err(_) => connection.abort().await,
            }
            reply
        });
        reply.await
    }

    /// Opens a connection, reports to `progress` how far it gets, and sends an email.
    pub(super) async fn try_out(
        &self,
        mail: &Mail,
        mut progress: impl FnMut(Progress, String),
    ) -> Result<String, Refusal> {
        let reply = self.in_time(async {
            let mut connection = self.open(&mut progress).await?;
            let reply = self.transfer(&mut connection, mail).await;
            connection.abort().await;
            reply
        });
        reply.await
    }

    /// Returns whether we sign in to the server with a password.
    pub(super) fn signs_in(&self) -> bool {
        self.user.is_some()
    }

    /// Closes the idle connections.
    pub(super) async fn rest(&self) {
        let idle = std::mem::take(&mut *self.idle());
        for mut connection in idle {
            // It does not matter whether the server responds to QUIT.
            let _ = tokio::time::timeout(Duration::from_secs(1), connection.abort()).await;
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<AsyncSmtpConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn in_time(&self, work: impl Future<Output = Result<String, Refusal>>) -> Result<String, Refusal> {
        let done = tokio::time::timeout(self.timeout, work).await;
        done.unwrap_or_else(|_| {
            let text = format!("no answer from {} within MAIL_TIMEOUT_SECONDS", self.host);
            Err(Refusal::new(Reason::TimedOut, text))
        })
    }

    /// Returns an idle connection that still responds, or opens a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, Refusal> {
        loop {
            let Some(mut connection) = self.idle().pop() else { break };
            if connection.test_connected().await {
                return Ok(connection);
            }
        }
        self.open(&mut |_, _| ()).await
    }

    async fn open(
        &self,
        progress: &mut impl FnMut(Progress, String),
    ) -> Result<AsyncSmtpConnection, Refusal> {
        let implicit = match &self.security {
            Security::Tls(parameters) => Some(parameters.clone()),
            Security::None | Security::StartTls(_) => None,
        };
        let server = (self.host.as_str(), self.port);
        let opened =
            AsyncSmtpConnection::connect_tokio1(server, Some(self.timeout), &self.hello, implicit, None)
                .await;
        let mut connection = opened.map_err(|problem| self.refusal(Reason::Connection, &problem))?;
        if let Security::StartTls(parameters) = &self.security {
            let encrypted = connection.starttls(parameters.clone(), &self.hello).await;
            encrypted.map_err(|problem| self.refusal(Reason::Tls, &problem))?;
        }
        let how = match self.security {
            Security::None => "in clear",
            Security::StartTls(_) => "encrypted by STARTTLS",
            Security::Tls(_) => "encrypted from the first byte",
        };
        progress(Progress::Connected, format!("{}:{}, {how}", self.host, self.port));
        if let Some((user, password)) = &self.user {
            let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            let reply = connection.auth(&mechanisms, &credentials).await;
            let reply = reply.map_err(|problem| self.refusal(Reason::SignInFailed, &problem))?;
            progress(Progress::SignedIn, said(&reply));
        }
        Ok(connection)
    }

    async fn transfer(&self, connection: &mut AsyncSmtpConnection, mail: &Mail) -> Result<String, Refusal> {
        let international = !AsRef::<str>::as_ref(&mail.to).is_ascii();
        let mut parameters = Vec::new();
        if international {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                let text = format!("{} takes no addresses beyond ASCII (SMTPUTF8)", self.host);
                return Err(Refusal::new(Reason::RecipientRefused, text));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let sender = connection.command(MailFrom::new(Some(mail.from.clone()), parameters)).await;
        sender.map_err(|problem| self.refusal(Reason::SenderRefused, &problem))?;
        let recipient = connection.command(Rcpt::new(mail.to.clone(), Vec::new())).await;
        recipient.map_err(|problem| self.refusal(Reason::RecipientRefused, &problem))?;
        let data = connection.command(Data).await;
        data.map_err(|problem| self.refusal(Reason::ContentRefused, &problem))?;
        let reply = connection.message(&mail.data).await;
        reply.map(|reply| said(&reply)).map_err(|problem| self.refusal(Reason::ContentRefused, &problem))
    }

    /// Classifies the error of a step. `refused` is the reason if the server refuses that step.
    fn refusal(&self, refused: Reason, problem: &SmtpError) -> Refusal {
        let status = problem.status().map(u16::from);
        let reason = match status {
            // RFC 4954 section 6: these are about our credentials, whatever the step.
            Some(530 | 534 | 535 | 538) => Reason::SignInFailed,
            Some(500..) => refused,
            Some(_) => Reason::TryLater,
            // Refused by lettre itself: a server without STARTTLS, or without a supported way to
            // sign in.
            None if problem.is_client() => refused,
            None if problem.is_tls() || is_about_certificates(problem) => Reason::Tls,
            None => Reason::Connection,
        };
        Refusal::new(reason, self.without_secrets(&explained(problem)))
    }

    /// Masks our credentials: a server that repeats what we sent must not expose the password.
    fn without_secrets(&self, text: &str) -> String {
        let Some((user, password)) = &self.user else { return text.to_owned() };
        let password = password.expose_secret();
        // Encoded as AUTH LOGIN and AUTH PLAIN send it (RFC 4616), and in plain text. Skip strings
        // of a few characters, which occur in any text.
        let said = [STANDARD.encode(password), STANDARD.encode(format!("\0{user}\0{password}"))];
        let said = said.iter().map(String::as_str).chain([password]).filter(|said| said.len() >= 4);
        said.fold(text.to_owned(), |text, said| text.replace(said, "…"))
    }
}

fn tls(host: &str, settings: &Settings) -> Result<TlsParameters, MailerError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = &settings.email.smtp_ca_file {
        let wrong = |problem: String| MailerError::Certificates(path.clone(), problem);
        let pem = std::fs::read(path).map_err(|problem| wrong(problem.to_string()))?;
        if !pem.windows(10).any(|part| part == b"-----BEGIN") {
            return Err(wrong("it holds no certificates in PEM".to_owned()));
        }
        let certificate = Certificate::from_pem(&pem).map_err(|problem| wrong(problem.to_string()))?;
        builder = builder.add_root_certificate(certificate);
    }
    if !settings.email.validate_certs {
        builder = builder.dangerous_accept_invalid_certs(true).dangerous_accept_invalid_hostnames(true);
    }
    builder.build().map_err(|problem| MailerError::Tls(problem.to_string()))
}

fn said(reply: &Response) -> String {
    let text: Vec<&str> = reply.message().collect();
    super::render::clean(&format!("{} {}", reply.code(), text.join(" ")))
}

/// Returns the text of the error, with those of its causes that the text leaves out.
fn explained(problem: &SmtpError) -> String {
    let mut text = problem.to_string();
    let mut source = std::error::Error::source(problem);
    while let Some(next) = source {
        let part = next.to_string();
        if !text.contains(&part) {
            text = format!("{text}: {part}");
        }
        source = next.source();
    }
    text
}

/// rustls reports its errors as I/O errors of the kind `InvalidData`.
fn is_about_certificates(problem: &SmtpError) -> bool {
    let mut source = std::error::Error::source(problem);
    while let Some(next) = source {
        if let Some(io) = next.downcast_ref::<std::io::Error>() {
            return io.kind() == std::io::ErrorKind::InvalidData;
        }
        source = next.source();
    }
    false
}
