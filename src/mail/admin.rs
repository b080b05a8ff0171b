//! What administrators do with emails: list those in the outbox, and retry them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::outbox::{EmailMessage, Outbox};
use super::sql::*;
use crate::audit::{Entry, Event};
use crate::authz::actor::Actor;
use crate::foundation::error::Error;
use crate::model::code::{Code, Field};
use crate::model::id::{MailId, UserId};
use crate::model::page::{Page, PageRequest};
use crate::model::permission::USERS_MANAGE;
use crate::model::scope::Scope;
use crate::model::time::Timestamp;

/// The delivery state of an email.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailState {
    /// The email waits for its first or next attempt.
    Queued,
    /// A mail server accepted the email.
    Sent,
    /// The server gave up on the email.
    Failed,
}

impl MailState {
    /// Returns the stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }

    /// Parses a stable name. Returns `None` for any other string.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Queued, Self::Sent, Self::Failed].into_iter().find(|state| state.as_str() == text)
    }
}

/// An email in the outbox, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailLine {
    /// The id.
    pub id: MailId,
    /// The kind of message, such as `password_reset`.
    pub kind: String,
    /// The user that the email is about; `None` for a recipient without an account.
    pub user: Option<UserId>,
    /// The recipient's address; empty when the key that encrypted it is gone.
    pub to: String,
    /// The delivery state.
    pub state: MailState,
    /// When the email was queued.
    pub created_at: Timestamp,
    /// The latest time at which the server gives up.
    pub expires_at: Timestamp,
    /// When the next attempt is due.
    pub next_try_at: Option<Timestamp>,
    /// Whether a node has claimed the email: it is sending the email now, or it died while it was.
    pub under_way: bool,
    /// The number of attempts so far.
    pub tries: i64,
    /// Why the last attempt failed: a stable name, a colon, and the mail server's reply. `None`
    /// when the key that encrypted it is gone.
    pub last_error: Option<String>,
    /// When a mail server accepted the email.
    pub sent_at: Option<Timestamp>,
    /// When the server gave up on the email.
    pub failed_at: Option<Timestamp>,
}

impl Outbox {
    /// Returns a page of the emails of the last 30 days, newest first; only those in `state`, if it
    /// is given.
    ///
    /// The actor needs `users:manage` globally, because the list contains addresses. The audit log
    /// records who read it.
    ///
    /// # Errors
    ///
    /// - As for [`Actor::require`].
    /// - [`Code::BadCursor`] when the cursor is invalid.
    pub async fn list(
        &self,
        actor: &Actor,
        state: Option<MailState>,
        page: &PageRequest,
    ) -> Result<Page<MailLine>, Error> {
        actor.require(USERS_MANAGE, &Scope::global())?;
        let before = match page.after.as_deref() {
            None => Uuid::max(),
            Some(cursor) => Uuid::parse_str(cursor).map_err(|_| Error::on(Field::Cursor, Code::BadCursor))?,
        };
        let statement = match state {
            None => LIST,
            Some(MailState::Queued) => LIST_QUEUED,
            Some(MailState::Sent) => LIST_SENT,
            Some(MailState::Failed) => LIST_FAILED,
        };
        let found: Vec<Listed> =
            statement.bind(before).bind(page.rows() + 1).all(&mut self.store.read().await?).await?;
        let mut work = self.recorder.begin(actor).await?;
        let shown = found.len().min(page.rows() as usize);
        let state = state.map_or("", MailState::as_str);
        work.record(Entry::new(Event::MailsRead).with("state", state).with("rows", shown));
        work.commit().await?;
        Ok(page.cut(found, |row| row.id.to_string()).map(|row| self.line(row)))
    }

    /// Schedules an attempt to send an email now, whether it is queued or was given up.
    ///
    /// The actor needs `users:manage` globally. Returns `Ok(None)` when there is no such email.
    ///
    /// # Errors
    ///
    /// - As for [`Actor::require`].
    /// - [`Code::MailOff`] when EMAIL_ENABLED is not set.
    /// - [`Code::MailDone`] when the email was sent, is being sent, or cannot be decrypted, or when
    ///   what it opens has expired.
    pub async fn retry(&self, actor: &Actor, id: MailId) -> Result<Option<()>, Error> {
        actor.require(USERS_MANAGE, &Scope::global())?;
        self.require()?;
        let mut work = self.recorder.begin(actor).await?;
        let found: Option<Kept> = LETTER.bind(id).optional(&mut work.tx).await?;
        let Some(kept) = found else { return Ok(None) };
        let now = self.clock.now();
        let email_message = kept
            .email_message
            .as_deref()
            .filter(|_| kept.sent_at.is_none())
            .and_then(|text| self.read_email_message(text));
        let Some(expires_at) = email_message.and_then(|email_message| self.worth_until(&email_message, now))
        else {
            return Err(Code::MailDone.into());
        };
        if RETRY.bind(now).bind(expires_at).bind(id).execute(&mut work.tx).await? == 0 {
            return Err(Code::MailDone.into());
        }
        let mut entry = Entry::new(Event::MailRetried).with("mail", id.to_string()).with("kind", kept.kind);
        entry.user = kept.user_id;
        work.record(entry);
        work.wake(&self.wake);
        work.commit().await?;
        Ok(Some(()))
    }

    /// Returns when a retried email expires; `None` when what it opens has expired already.
    fn worth_until(&self, email_message: &EmailMessage, now: Timestamp) -> Option<Timestamp> {
        let give_up = now.plus(self.settings.give_up_after);
        match email_message.expires_at {
            Some(own) if own <= now => None,
            own => Some(own.map_or(give_up, |own| own.min(give_up))),
        }
    }

    fn line(&self, row: Listed) -> MailLine {
        let state = match (row.sent_at, row.failed_at) {
            (Some(_), _) => MailState::Sent,
            (None, Some(_)) => MailState::Failed,
            (None, None) => MailState::Queued,
        };
        let read = |text: &str| self.keys.decrypt(text).and_then(|text| String::from_utf8(text).ok());
        MailLine {
            id: row.id,
            kind: row.kind,
            user: row.user_id,
            to: read(&row.recipient).unwrap_or_default(),
            state,
            created_at: row.created_at,
            expires_at: row.expires_at,
            next_try_at: row.next_try_at,
            under_way: row.claim.is_some(),
            tries: row.tries,
            last_error: row.last_error.and_then(|text| read(&text)),
            sent_at: row.sent_at,
            failed_at: row.failed_at,
        }
    }
}
