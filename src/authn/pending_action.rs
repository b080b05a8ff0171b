//! What waits, encrypted, for the next page: what is shown once, and what is done once its person has confirmed who they are.

use crate::authn::deps::Deps;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::authn::tokens::{NewToken, PresentedToken, Purpose};
use crate::authz::actor::Actor;
use crate::foundation::error::Error;
use crate::model::code::Code;
use crate::model::id::SessionId;

/// How long somebody may take to write it down.
const PATIENCE: Duration = Duration::from_secs(600);

/// A form that was posted, and waits until its person has confirmed who they are.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingAction {
    /// What it does, as the application names it.
    pub kind: String,
    /// Where it was posted to.
    pub path: String,
    /// Its fields, form-urlencoded.
    pub body: String,
}

/// An act with the session in which it was begun. In another one, somebody else might have begun it.
#[derive(Serialize, Deserialize)]
struct Begun {
    session: SessionId,
    act: PendingAction,
}

/// What waits for the next page.
#[derive(Clone)]
pub struct PendingActions {
    deps: Deps,
}

impl PendingActions {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// Keeps an act, encrypted, for ten minutes. The answer is a token to take it with, in the same session.
    pub async fn keep(&self, actor: &Actor, act: PendingAction) -> Result<String, Error> {
        let session = actor.session()?.id;
        self.store(actor, Purpose::PendingAction, &session.to_string(), &Begun { session, act }).await
    }

    /// An act that was kept in this session, to tell its person what waits for them. None when it is gone, or another
    /// session's.
    pub async fn peek(&self, actor: &Actor, token: &str) -> Result<Option<PendingAction>, Error> {
        let session = actor.session()?.id;
        let found = self.deps.peek(Purpose::PendingAction, PresentedToken::Secret(token)).await?;
        let begun = found.and_then(|found| self.deps.tokens.open::<Begun>(&found).ok());
        Ok(begun.filter(|begun| begun.session == session).map(|begun| begun.act))
    }

    /// Takes an act that was kept in this session, once. None when it is gone, or another session's.
    pub async fn take(&self, actor: &Actor, token: &str) -> Result<Option<PendingAction>, Error> {
        let session = actor.session()?.id;
        let mut tx = self.deps.store.write().await?;
        let found = match self
            .deps
            .tokens
            .redeem(&mut tx, Purpose::PendingAction, PresentedToken::Secret(token))
            .await
        {
            Err(error) if error.code() == Code::BadToken => return Ok(None),
            found => found?,
        };
        tx.commit().await?;
        let begun = self.deps.tokens.open::<Begun>(&found).ok();
        Ok(begun.filter(|begun| begun.session == session).map(|begun| begun.act))
    }

    /// Keeps what the person who asks is to be shown, encrypted, for ten minutes. The answer is a token to fetch it with; it
    /// is good for this person alone.
    pub async fn keep_to_show(&self, actor: &Actor, what: &impl Serialize) -> Result<String, Error> {
        self.store(actor, Purpose::ShowOnce, "", what).await
    }

    async fn store(
        &self,
        actor: &Actor,
        purpose: Purpose,
        subject: &str,
        what: &impl Serialize,
    ) -> Result<String, Error> {
        let token = NewToken {
            purpose,
            user: Some(actor.session_user()?.user.id),
            subject,
            payload: Some(self.deps.tokens.seal(what)?),
            lifetime: PATIENCE,
            browser: None,
            told: true,
        };
        let mut tx = self.deps.store.write().await?;
        if purpose == Purpose::PendingAction {
            // One waits in a session at a time: nobody fills the database with what they never confirm.
            self.deps.tokens.forget_of(&mut tx, actor.session_user()?.user.id, purpose, subject).await?;
        }
        let issued = self.deps.tokens.issue(&mut tx, token).await?;
        tx.commit().await?;
        Ok(issued.secret)
    }

    /// What was kept; None when it is gone, or another person's. It stays until [`PendingActions::was_seen`]: a page may be loaded
    /// again.
    pub async fn shown_once<T: DeserializeOwned>(
        &self,
        actor: &Actor,
        token: &str,
    ) -> Result<Option<T>, Error> {
        let id = actor.session_user()?.user.id;
        let found = self.deps.peek(Purpose::ShowOnce, PresentedToken::Secret(token)).await?;
        Ok(found
            .filter(|found| found.user_id == Some(id))
            .and_then(|found| self.deps.tokens.open(&found).ok()))
    }

    /// Forgets everything that was kept for the person who asks.
    pub async fn forget_shown(&self, actor: &Actor) -> Result<(), Error> {
        let id = actor.session_user()?.user.id;
        let mut tx = self.deps.store.write().await?;
        self.deps.tokens.void_of(&mut tx, id, &[Purpose::ShowOnce]).await?;
        tx.commit().await
    }
}
