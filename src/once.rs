//! What is shown once: it waits, encrypted, for the next page.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::actor::Actor;
use crate::auth::Auth;
use crate::error::Error;
use crate::tokens::{NewToken, Purpose, Shown};

/// How long somebody may take to write it down.
const PATIENCE: Duration = Duration::from_secs(600);

impl Auth {
    /// Keeps what the person who asks is to be shown, encrypted, for ten minutes. The answer is a token to fetch it with; it
    /// is good for this person alone.
    pub async fn keep_to_show(&self, actor: &Actor, what: &impl Serialize) -> Result<String, Error> {
        let token = NewToken {
            purpose: Purpose::ShowOnce,
            user: Some(actor.user()?.user.id),
            subject: "",
            payload: Some(self.inbox().seal(what)?),
            lifetime: PATIENCE,
            browser: None,
            told: true,
        };
        let mut tx = self.store().write().await?;
        let issued = self.tokens().issue(&mut tx, token).await?;
        tx.commit().await?;
        Ok(issued.secret)
    }

    /// What was kept; None when it is gone, or another person's. It stays until [`Auth::was_seen`]: a page may be loaded
    /// again.
    pub async fn shown_once<T: DeserializeOwned>(
        &self,
        actor: &Actor,
        token: &str,
    ) -> Result<Option<T>, Error> {
        let id = actor.user()?.user.id;
        let found = self.inbox().peek(Purpose::ShowOnce, Shown::Secret(token)).await?;
        Ok(found.filter(|found| found.user_id == Some(id)).and_then(|found| self.inbox().open(&found).ok()))
    }

    /// Forgets everything that was kept for the person who asks.
    pub async fn was_seen(&self, actor: &Actor) -> Result<(), Error> {
        let id = actor.user()?.user.id;
        let mut tx = self.store().write().await?;
        self.tokens().void_of(&mut tx, id, &[Purpose::ShowOnce]).await?;
        tx.commit().await
    }
}
