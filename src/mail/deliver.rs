//! The job that empties the outbox.
//!
//! A node claims an email before it sends it: it writes a mark of its own into the row, which lasts
//! longer than an attempt may take. Only the node that holds the mark records the outcome. When a
//! node dies, its claim expires and another node takes the email over. An email is sent twice only
//! if the mail server accepted it and the node could not record that.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use uuid::Uuid;

use super::mailer::{Reason, Refusal};
use super::outbox::{EmailMessage, Outbox};
use super::sql::*;
use crate::audit::{Entry, Event};
use crate::authz::actor::Actor;
use crate::foundation::error::Error;
use crate::model::id::MailId;
use crate::model::time::Timestamp;

/// The delay before the second attempt. Each further delay is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
/// The longest delay between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// How long before it expires an email gets its last attempt.
const LAST_CALL: Duration = Duration::from_secs(60);
/// How often a node looks for emails that other nodes queued and did not send.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long finished emails are kept, so that administrators can look at them.
const KEEP: Duration = Duration::from_secs(30 * 24 * 3600);

impl Outbox {
    /// Sends everything that is due, MAIL_CONCURRENCY emails at a time, and returns how many it
    /// attempted.
    ///
    /// Only for the program itself: the jobs call it, and tests may.
    ///
    /// # Errors
    ///
    /// [`Code::Forbidden`](crate::model::code::Code::Forbidden) when the actor is not the program.
    pub async fn deliver_due(&self, program: &Actor) -> Result<u64, Error> {
        program.require_system()?;
        let mut under_way = FuturesUnordered::new();
        let mut tried = 0;
        loop {
            // Get a permit before claiming: the claim must not expire while waiting for one.
            let permit = tokio::select! {
                permit = self.places.clone().acquire_owned() => permit,
                Some(()) = under_way.next(), if !under_way.is_empty() => continue,
            };
            // The semaphore is closed: the program is shutting down.
            let Ok(permit) = permit else { break };
            match self.claim().await? {
                Some((claimed, claim)) => {
                    tried += 1;
                    // A separate task, because dropping the job must not cut off an email halfway.
                    let outbox = self.clone();
                    let task = tokio::spawn(async move {
                        outbox.handle(&claimed, claim).await;
                        drop(permit);
                    });
                    under_way.push(async move { drop(task.await) });
                }
                None => {
                    drop(permit);
                    if under_way.is_empty() {
                        break;
                    }
                    // A mail server that hangs must not delay emails that are queued in the
                    // meantime.
                    tokio::select! {
                        _ = under_way.next() => {}
                        () = self.wake.notified() => self.step_back().await,
                        () = tokio::time::sleep(LOOK_EVERY) => {}
                    }
                }
            }
        }
        Ok(tried)
    }

    /// Stops sending: no new attempts begin, and those in progress get `grace` to finish. The next
    /// start, or another node, sends the emails that were cut off.
    pub async fn finish(&self, grace: Duration) {
        let all = u32::try_from(self.settings.concurrency).unwrap_or(u32::MAX);
        let ended = tokio::time::timeout(grace, self.places.acquire_many(all)).await;
        self.places.close();
        if ended.is_err() {
            tracing::warn!("mails were cut off; they are sent by the next start, or by another node");
        }
    }

    /// Sends emails as they become due, until the future is dropped.
    pub(crate) async fn run(&self) {
        if self.mailer.is_none() {
            return;
        }
        loop {
            let pause = match self.turn().await {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::error!(error = %error, "mails could not be sent; it is tried again in {LOOK_EVERY:?}");
                    LOOK_EVERY
                }
            };
            // An email queued by this node ends the pause early.
            if tokio::time::timeout(pause, self.wake.notified()).await.is_ok() {
                self.step_back().await;
            }
        }
    }

    /// Waits for an unpredictable time while the request that queued an email is answered. If the
    /// email were rendered and sent at once, the response time would reveal whether there was
    /// anything to send (OWASP ASVS 5.0 6.3.8).
    async fn step_back(&self) {
        let jitter = u64::from(u16::from_be_bytes(self.random.bytes())) % 150;
        tokio::time::sleep(Duration::from_millis(50 + jitter)).await;
    }

    /// Sends what is due, and returns how long to wait before looking again.
    async fn turn(&self) -> Result<Duration, Error> {
        self.deliver_due(&Actor::system()).await?;
        if let Some(mailer) = &self.mailer {
            mailer.rest().await;
        }
        let next: Option<(Timestamp,)> = NEXT.query().optional(&mut self.store.read().await?).await?;
        let wait = next.map_or(LOOK_EVERY, |(next,)| next.since(self.clock.now()));
        Ok(wait.clamp(Duration::from_millis(10), LOOK_EVERY))
    }

    /// Claims the next email that is due.
    async fn claim(&self) -> Result<Option<(Claimed, Uuid)>, Error> {
        loop {
            let now = self.clock.now();
            let claim = self.random.uuid(now);
            // The claim must also cover the time it takes to record the outcome.
            let until = now.plus(2 * self.settings.timeout + Duration::from_secs(1));
            let mut tx = self.store.write().await?;
            let claimed = CLAIM.bind(until).bind(claim).bind(now).optional(&mut tx).await?;
            tx.commit().await?;
            if let Some(claimed) = claimed {
                return Ok(Some((claimed, claim)));
            }
            // Another node may have claimed the first email in the meantime.
            let next: Option<(Timestamp,)> = NEXT.query().optional(&mut self.store.read().await?).await?;
            if next.is_none_or(|(next,)| next > now) {
                return Ok(None);
            }
        }
    }

    async fn handle(&self, mail: &Claimed, claim: Uuid) {
        let noted = match self.try_to_send(mail).await {
            None => self.forget(mail.id, claim).await,
            Some(Ok(_)) => self.sent(mail, claim).await,
            Some(Err(refusal)) => self.refused(mail, claim, &refusal).await,
        };
        if let Err(error) = noted {
            tracing::error!(mail.id = %mail.id, error = %error, "what became of a mail could not be noted: it may be sent again");
        }
    }

    /// Tries to send the email. Returns `None` for a dummy message.
    async fn try_to_send(&self, mail: &Claimed) -> Option<Result<String, Refusal>> {
        if mail.sent_at.is_some() {
            return None;
        }
        if self.clock.now() >= mail.expires_at {
            return Some(Err(Refusal::new(Reason::Expired, "it was not sent in time")));
        }
        let Some(email_message) =
            mail.email_message.as_deref().and_then(|text| self.read_email_message(text))
        else {
            return Some(Err(Refusal::new(
                Reason::Unreadable,
                "it was encrypted with a key that is not in FERNET_KEYS",
            )));
        };
        let mailer = self.mailer.as_ref()?;
        let composed = self
            .render(&email_message, mail.created_at)
            .and_then(|written| self.composer.compose(mail.id, &email_message.to, written, mail.created_at));
        match composed {
            Ok(composed) => {
                let sent = mailer.send(&composed).await;
                Some(sent.map_err(|refusal| refusal.without(&email_message.message.secrets())))
            }
            Err(error) => {
                tracing::error!(mail.id = %mail.id, mail.kind = mail.kind, error = %error, "a mail can not be written");
                Some(Err(Refusal::new(Reason::ContentRefused, "it can not be written; the log says why")))
            }
        }
    }

    pub(super) fn read_email_message(&self, text: &str) -> Option<EmailMessage> {
        serde_json::from_slice(&self.keys.decrypt(text)?).ok()
    }

    async fn forget(&self, id: MailId, claim: Uuid) -> Result<(), Error> {
        let mut tx = self.store.write().await?;
        FORGET.bind(id).bind(claim).execute(&mut tx).await?;
        tx.commit().await
    }

    async fn sent(&self, mail: &Claimed, claim: Uuid) -> Result<(), Error> {
        let mut tx = self.store.write().await?;
        let noted = SENT.bind(self.clock.now()).bind(mail.id).bind(claim).execute(&mut tx).await?;
        tx.commit().await?;
        tracing::info!(mail.id = %mail.id, mail.kind = mail.kind, mail.tries = mail.tries, noted, "mail sent");
        Ok(())
    }

    async fn refused(&self, mail: &Claimed, claim: Uuid, refusal: &Refusal) -> Result<(), Error> {
        let now = self.clock.now();
        let last_call = mail.expires_at.minus(LAST_CALL);
        let reason = refusal.reason.as_str();
        if refusal.reason.is_final() || now >= last_call {
            let code = if refusal.reason.is_final() { reason } else { Reason::Expired.as_str() };
            return self.give_up(mail, claim, code, refusal).await;
        }
        let next = now.plus(self.pause(mail.tries)).min(last_call);
        let mut tx = self.store.write().await?;
        LATER.bind(next).bind(self.told(refusal)).bind(mail.id).bind(claim).execute(&mut tx).await?;
        tx.commit().await?;
        // Do not log the mail server's reply: it may contain the address.
        tracing::warn!(mail.id = %mail.id, mail.kind = mail.kind, mail.tries = mail.tries, reason, "mail not sent yet");
        Ok(())
    }

    async fn give_up(&self, mail: &Claimed, claim: Uuid, code: &str, refusal: &Refusal) -> Result<(), Error> {
        let reason = refusal.reason.as_str();
        let mut work = self.recorder.begin(&Actor::system()).await?;
        let failed = FAILED.bind(self.clock.now()).bind(self.told(refusal)).bind(mail.id).bind(claim);
        if failed.execute(&mut work.tx).await? == 0 {
            return Ok(());
        }
        let mut entry = Entry::new(Event::MailFailed)
            .with("mail", mail.id.to_string())
            .with("kind", mail.kind.as_str())
            .with("code", code)
            .with("reason", reason)
            .with("tries", mail.tries);
        entry.user = mail.user_id;
        work.record(entry);
        work.commit().await?;
        tracing::error!(mail.id = %mail.id, mail.kind = mail.kind, mail.tries = mail.tries, code, reason, "mail given up");
        Ok(())
    }

    /// Returns the delay before the next attempt. It doubles with every attempt, and differs
    /// between emails that failed together.
    fn pause(&self, tries: i64) -> Duration {
        let doubled = FIRST_PAUSE.saturating_mul(1 << (tries - 1).clamp(0, 20));
        let jitter = u32::from(u16::from_be_bytes(self.random.bytes())) % 400;
        doubled.min(LONGEST_PAUSE) * (800 + jitter) / 1000
    }

    /// Deletes finished emails that are older than [`KEEP`], and returns the number of rows.
    pub(crate) async fn purge(&self) -> Result<u64, Error> {
        let before = self.clock.now().minus(KEEP);
        let millis = u128::try_from(before.micros() / 1000).unwrap_or(0);
        let mut tx = self.store.write().await?;
        let rows = PURGE.bind(MailId::from_uuid(Uuid::from_u128(millis << 80))).execute(&mut tx).await?;
        tx.commit().await?;
        Ok(rows)
    }

    /// Returns the error text for administrators. It is encrypted like the address, because mail
    /// servers repeat the address in their replies.
    fn told(&self, refusal: &Refusal) -> String {
        self.keys.encrypt(format!("{}: {}", refusal.reason.as_str(), refusal.text).as_bytes())
    }
}
