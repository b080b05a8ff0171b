//! What waits to be sent.

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

/// A message to somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailMessage {
    /// The address, as its owner wrote it.
    pub to: String,
    /// What the person is called; empty for people without an account.
    pub name: String,
    /// The person; None for people without an account.
    pub user: Option<UserId>,
    /// The language in which they read; None for DEFAULT_LANGUAGE.
    pub language: Option<String>,
    /// When it is worth nothing any more, because what it opens has run out. None for notices.
    pub expires_at: Option<Timestamp>,
    /// What is said.
    pub message: Message,
}

/// Mails to send. Cheap to clone.
#[derive(Clone)]
pub struct Outbox {
    pub(super) store: Store,
    pub(super) recorder: Recorder,
    pub(super) keys: Arc<Keyring>,
    pub(super) settings: Email,
    pub(super) renderer: Arc<Renderer>,
    pub(super) composer: Arc<Composer>,
    /// None where EMAIL_ENABLED is not set.
    pub(super) mailer: Option<Arc<Mailer>>,
    pub(super) dns: Dns,
    pub(super) clock: Clock,
    pub(super) random: Random,
    /// Told when there is something to send.
    pub(super) wake: Arc<Notify>,
    /// One for each mail that may be under way.
    pub(super) places: Arc<Semaphore>,
}

/// What an outbox is built on.
pub(crate) struct Deps {
    pub(crate) store: Store,
    pub(crate) recorder: Recorder,
    pub(crate) keys: Arc<Keyring>,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
}

impl Outbox {
    /// Sends by `mailer`, or, without one, as the settings say. Err when a file that they name can not be used: a template,
    /// a key, certificates.
    pub(crate) fn new(deps: Deps, settings: &Settings, mailer: Option<Mailer>) -> Result<Self, MailerError> {
        let mailer = match mailer {
            Some(mailer) => Some(mailer),
            None => Mailer::of(settings)?,
        };
        let Deps { store, recorder, keys, clock, random } = deps;
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

    /// The same outbox with another source of DNS records for [`Outbox::self_test`].
    #[must_use]
    pub fn asking(mut self, dns: Dns) -> Self {
        self.dns = dns;
        self
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Ok when mails are sent. Err([`Code::MailOff`]) when EMAIL_ENABLED is not set: for what can not do without.
    pub fn require(&self) -> Result<(), Error> {
        if self.mailer.is_some() { Ok(()) } else { Err(Code::MailOff.into()) }
    }

    /// Has a letter sent once `work` is committed. Where EMAIL_ENABLED is not set, nothing is.
    pub(crate) async fn queue(&self, work: &mut Change, email_message: &EmailMessage) -> Result<(), Error> {
        self.write(work, email_message, None).await
    }

    /// Writes what [`Outbox::queue`] would, and sends nothing: so that it takes as long to answer whoever asks for a mail
    /// to an address that nobody has (OWASP ASVS 5.0 6.3.8). The job forgets it when its turn comes.
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
        let json = serde_json::to_vec(email_message).map_err(|source| Error::internal("letter", source))?;
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

    /// The letter as it is sent, written at `created_at`.
    pub fn render(&self, email_message: &EmailMessage, created_at: Timestamp) -> Result<Rendered, Error> {
        self.renderer.render(email_message, created_at)
    }

    /// The letters that wait, the oldest first. Only for the program itself: they hold links that open something.
    pub async fn queued(&self, program: &Actor) -> Result<Vec<EmailMessage>, Error> {
        program.require_system()?;
        let rows: Vec<(String,)> = WAITING.query().all(&mut self.store.read().await?).await?;
        Ok(rows.iter().filter_map(|(text,)| self.read_letter(text)).collect())
    }

    /// Queues a letter by itself. Only for the program itself: a service that sends messages of its own, and tests.
    pub async fn send(&self, program: &Actor, email_message: &EmailMessage) -> Result<(), Error> {
        program.require_system()?;
        self.require()?;
        let mut work = self.recorder.begin(program).await?;
        self.queue(&mut work, email_message).await?;
        work.commit().await
    }
}

/// Whether the files that `settings` name for mails can be used: templates, the key for signing, certificates. A start
/// finds the same.
pub fn check(settings: &Settings) -> Result<(), MailerError> {
    Mailer::of(settings)?;
    Composer::new(settings)?;
    Renderer::new(settings)?;
    Ok(())
}
