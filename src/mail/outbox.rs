//! The queue of emails to send.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, Semaphore};

use super::compose::Composer;
use super::dns::Dns;
use super::mailer::{Mailer, MailerError};
use super::message::Message;
use super::render::{Rendered, Renderer};
use super::sql::*;
use crate::audit::{Change, Recorder};
use crate::authz::actor::Actor;
use crate::foundation::clock::{Clock, Random};
use crate::foundation::config::{Email, Settings};
use crate::foundation::crypto::keyring::Keyring;
use crate::foundation::error::Error;
use crate::foundation::store::Store;
use crate::model::code::Code;
use crate::model::id::{MailId, UserId};
use crate::model::time::Timestamp;

/// A message to one recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailMessage {
    /// The address, as its owner wrote it.
    pub to: String,
    /// The recipient's name; empty for a recipient without an account.
    pub name: String,
    /// The recipient's id; `None` for a recipient without an account.
    pub user: Option<UserId>,
    /// The recipient's language; `None` for DEFAULT_LANGUAGE.
    pub language: Option<String>,
    /// When the message becomes useless, because what it opens expires. `None` for notices.
    pub expires_at: Option<Timestamp>,
    /// The message.
    pub message: Message,
}

/// Queues and sends emails. Cheap to clone.
#[derive(Clone)]
pub struct Outbox {
    pub(super) store: Store,
    pub(super) recorder: Recorder,
    pub(super) keys: Arc<Keyring>,
    pub(super) settings: Email,
    pub(super) renderer: Arc<Renderer>,
    pub(super) composer: Arc<Composer>,
    /// `None` when EMAIL_ENABLED is not set.
    pub(super) mailer: Option<Arc<Mailer>>,
    pub(super) dns: Dns,
    pub(super) clock: Clock,
    pub(super) random: Random,
    /// Notified when there is something to send.
    pub(super) wake: Arc<Notify>,
    /// One permit for each email that may be in progress.
    pub(super) places: Arc<Semaphore>,
}

/// What an outbox is built from.
pub(crate) struct OutboxDeps {
    pub(crate) store: Store,
    pub(crate) recorder: Recorder,
    pub(crate) keys: Arc<Keyring>,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
}

impl Outbox {
    /// Builds an outbox that sends through `mailer` or, without one, as the settings say. Fails
    /// when a file that the settings name cannot be used: a template, a key, certificates.
    pub(crate) fn new(
        deps: OutboxDeps,
        settings: &Settings,
        mailer: Option<Mailer>,
    ) -> Result<Self, MailerError> {
        let mailer = match mailer {
            Some(mailer) => Some(mailer),
            None => Mailer::of(settings)?,
        };
        let OutboxDeps { store, recorder, keys, clock, random } = deps;
        Ok(Self {
            store,
            recorder,
            keys,
            settings: settings.email.clone(),
            renderer: Arc::new(Renderer::new(settings)?),
            composer: Arc::new(Composer::new(settings)?),
            mailer: mailer.map(Arc::new),
            dns: Dns::default(),
            clock,
            random,
            wake: Arc::default(),
            places: Arc::new(Semaphore::new(settings.email.concurrency)),
        })
    }

    /// Sets the DNS servers that [`Outbox::self_test`] queries.
    #[must_use]
    pub fn asking(mut self, dns: Dns) -> Self {
        self.dns = dns;
        self
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Checks that emails can be sent; for operations that need one.
    ///
    /// # Errors
    ///
    /// [`Code::MailOff`] when EMAIL_ENABLED is not set.
    pub fn require(&self) -> Result<(), Error> {
        if self.mailer.is_some() { Ok(()) } else { Err(Code::MailOff.into()) }
    }

    /// Queues an email, to be sent once `work` is committed. Does nothing when EMAIL_ENABLED is not
    /// set.
    pub(crate) async fn queue(&self, work: &mut Change, email_message: &EmailMessage) -> Result<(), Error> {
        self.write(work, email_message, None).await
    }

    /// Queues a dummy message: writes what [`Outbox::queue`] would, but nothing is sent. A request
    /// for an email to an unknown address then takes as long to answer as any other (OWASP ASVS 5.0
    /// 6.3.8). The job deletes the dummy when its turn comes.
    pub(crate) async fn queue_dummy(
        &self,
        work: &mut Change,
        email_message: &EmailMessage,
    ) -> Result<(), Error> {
        self.write(work, email_message, Some(self.clock.now())).await
    }

    async fn write(
        &self,
        work: &mut Change,
        email_message: &EmailMessage,
        sent_at: Option<Timestamp>,
    ) -> Result<(), Error> {
        if self.mailer.is_none() {
            return Ok(());
        }
        let now = self.clock.now();
        let json =
            serde_json::to_vec(email_message).map_err(|source| Error::internal("email message", source))?;
        let give_up = now.plus(self.settings.give_up_after);
        let expires_at = email_message.expires_at.map_or(give_up, |expires_at| expires_at.min(give_up));
        INSERT
            .bind(MailId::from_uuid(self.random.uuid(now)))
            .bind(email_message.message.kind())
            .bind(email_message.user)
            .bind(self.keys.encrypt(email_message.to.as_bytes()))
            .bind(self.keys.encrypt(&json))
            .bind(now)
            .bind(expires_at)
            .bind(now)
            .bind(sent_at)
            .execute(&mut work.tx)
            .await?;
        work.wake(&self.wake);
        Ok(())
    }

    /// Renders the email as it is sent, written at `created_at`.
    ///
    /// # Errors
    ///
    /// [`Code::Internal`] when the built-in template fails.
    pub fn render(&self, email_message: &EmailMessage, created_at: Timestamp) -> Result<Rendered, Error> {
        self.renderer.render(email_message, created_at)
    }

    /// Returns the queued emails, oldest first.
    ///
    /// Only for the program itself: they contain links that grant access.
    ///
    /// # Errors
    ///
    /// [`Code::Forbidden`] when the actor is not the program.
    pub async fn queued(&self, program: &Actor) -> Result<Vec<EmailMessage>, Error> {
        program.require_system()?;
        let rows: Vec<(String,)> = WAITING.query().all(&mut self.store.read().await?).await?;
        Ok(rows.iter().filter_map(|(text,)| self.read_email_message(text)).collect())
    }

    /// Queues an email in a transaction of its own.
    ///
    /// Only for the program itself: for a service that sends messages, and for tests.
    ///
    /// # Errors
    ///
    /// - [`Code::Forbidden`] when the actor is not the program.
    /// - [`Code::MailOff`] when EMAIL_ENABLED is not set.
    pub async fn send(&self, program: &Actor, email_message: &EmailMessage) -> Result<(), Error> {
        program.require_system()?;
        self.require()?;
        let mut work = self.recorder.begin(program).await?;
        self.queue(&mut work, email_message).await?;
        work.commit().await
    }
}

/// Checks the files that `settings` name for emails: the templates, the DKIM key and the
/// certificates. Startup makes the same checks.
///
/// # Errors
///
/// The [`MailerError`] for the first file that cannot be used.
pub fn check(settings: &Settings) -> Result<(), MailerError> {
    Mailer::of(settings)?;
    Composer::new(settings)?;
    Renderer::new(settings)?;
    Ok(())
}
