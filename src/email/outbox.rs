//! What waits to be sent.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::message::Message;
use super::render::{Rendered, Renderer};
use super::sql::*;
use super::templates::TemplateError;
use crate::actor::Actor;
use crate::audit::Change;
use crate::clock::{Clock, Random};
use crate::config::{Email, Settings};
use crate::crypto::keyring::Keyring;
use crate::error::Error;
use crate::model::code::Code;
use crate::model::id::{MailId, UserId};
use crate::model::time::Timestamp;
use crate::store::Store;

/// A message to somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
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
    store: Store,
    keys: Arc<Keyring>,
    settings: Email,
    renderer: Arc<Renderer>,
    clock: Clock,
    random: Random,
    /// Told when there is something to send.
    wake: Arc<Notify>,
}

impl Outbox {
    /// Err when EMAIL_TEMPLATE_DIR holds a template that can not be used.
    pub(crate) fn new(
        store: Store,
        keys: Arc<Keyring>,
        settings: &Settings,
        clock: Clock,
        random: Random,
    ) -> Result<Self, TemplateError> {
        let renderer = Arc::new(Renderer::new(settings)?);
        Ok(Self {
            store,
            keys,
            settings: settings.email.clone(),
            renderer,
            clock,
            random,
            wake: Arc::default(),
        })
    }

    /// Ok when mails are sent. Err([`Code::MailOff`]) when EMAIL_ENABLED is not set: for what can not do without.
    pub fn require(&self) -> Result<(), Error> {
        if self.settings.enabled { Ok(()) } else { Err(Code::MailOff.into()) }
    }

    /// Has a letter sent once `work` is committed. Where EMAIL_ENABLED is not set, nothing is.
    pub(crate) async fn queue(&self, work: &mut Change, letter: &Letter) -> Result<(), Error> {
        let now = self.clock.now();
        self.write(work, letter, Some(now), None).await?;
        work.wake(&self.wake);
        Ok(())
    }

    /// Writes what [`Outbox::queue`] would, and sends nothing: so that it takes as long to answer whoever asks for a mail
    /// to an address that nobody has (OWASP ASVS 5.0 6.3.8).
    pub(crate) async fn pretend(&self, work: &mut Change, letter: &Letter) -> Result<(), Error> {
        let now = self.clock.now();
        self.write(work, letter, None, Some(now)).await?;
        work.wake(&self.wake);
        Ok(())
    }

    async fn write(
        &self,
        work: &mut Change,
        letter: &Letter,
        next_try_at: Option<Timestamp>,
        sent_at: Option<Timestamp>,
    ) -> Result<(), Error> {
        if !self.settings.enabled {
            return Ok(());
        }
        let now = self.clock.now();
        let json = serde_json::to_vec(letter).map_err(|source| Error::internal("letter", source))?;
        let give_up = now.plus(self.settings.give_up_after);
        let expires_at = letter.expires_at.map_or(give_up, |expires_at| expires_at.min(give_up));
        INSERT
            .bind(MailId::from_uuid(self.random.uuid(now)))
            .bind(letter.message.kind())
            .bind(letter.user)
            .bind(self.keys.encrypt(letter.to.as_bytes()))
            .bind(self.keys.encrypt(&json))
            .bind(now)
            .bind(expires_at)
            .bind(next_try_at)
            .bind(sent_at)
            .execute(&mut work.tx)
            .await
            .map(drop)
    }

    /// The letter as it is sent, written at `created_at`.
    pub fn render(&self, letter: &Letter, created_at: Timestamp) -> Result<Rendered, Error> {
        self.renderer.render(letter, created_at)
    }

    /// The letters that wait, the oldest first. Only for the program itself: they hold links that open something.
    pub async fn waiting(&self, program: &Actor) -> Result<Vec<Letter>, Error> {
        program.require_system()?;
        let rows: Vec<(String,)> = WAITING.query().all(&mut self.store.read().await?).await?;
        let read = |(text,): &(String,)| {
            let json = self.keys.decrypt(text)?;
            serde_json::from_slice(&json).ok()
        };
        Ok(rows.iter().filter_map(read).collect())
    }
}
