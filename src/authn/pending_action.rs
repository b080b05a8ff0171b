//! What the server keeps, encrypted, for the next page: values that are shown once, and actions
//! that wait until the user re-authenticates.

use crate::authn::deps::Deps;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::authn::tokens::{NewToken, PresentedToken, Purpose};
use crate::authz::actor::Actor;
use crate::foundation::error::Error;
use crate::model::code::Code;
use crate::model::id::SessionId;

/// How long the server keeps a value or an action. The user may need the time to write down backup
/// codes.
const PATIENCE: Duration = Duration::from_secs(600);

/// A posted form that waits until the user re-authenticates.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingAction {
    /// The kind of action, as the application names it.
    pub kind: String,
    /// The path to which the form was posted.
    pub path: String,
    /// The fields of the form, form-urlencoded.
    pub body: String,
}

/// An action, with the session in which it was begun. In another session, someone else may have
/// begun it.
#[derive(Serialize, Deserialize)]
struct Begun {
    session: SessionId,
    act: PendingAction,
}

/// Keeps pending actions and values that are shown once.
#[derive(Clone)]
pub struct PendingActions {
    deps: Deps,
}

impl PendingActions {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// Keeps an action, encrypted, for ten minutes, and replaces the one that already waits in the
    /// session. Returns a token with which the same session can take it.
    ///
    /// # Errors
    ///
    /// [`Code::NotAuthenticated`] when the caller has no session.
    pub async fn keep(&self, actor: &Actor, act: PendingAction) -> Result<String, Error> {
        let session = actor.session()?.id;
        self.store(actor, Purpose::PendingAction, &session.to_string(), &Begun { session, act }).await
    }

    /// Returns an action that was kept in this session, so that a page can tell the user what
    /// waits. `None` when it is gone, or belongs to another session.
    ///
    /// # Errors
    ///
    /// [`Code::NotAuthenticated`] when the caller has no session.
    pub async fn peek(&self, actor: &Actor, token: &str) -> Result<Option<PendingAction>, Error> {
        let session = actor.session()?.id;
        let found = self.deps.peek(Purpose::PendingAction, PresentedToken::Secret(token)).await?;
        let begun = found.and_then(|found| self.deps.tokens.open::<Begun>(&found).ok());
        Ok(begun.filter(|begun| begun.session == session).map(|begun| begun.act))
    }

    /// Takes an action that was kept in this session, once. `None` when it is gone, or belongs to
    /// another session.
    ///
    /// # Errors
    ///
    /// [`Code::NotAuthenticated`] when the caller has no session.
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

    /// Keeps a value to show to the caller, encrypted, for ten minutes. Returns a token with which
    /// only this user can fetch it.
    ///
    /// # Errors
    ///
    /// [`Code::NotAuthenticated`] when the caller has no session.
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
            // Only one action waits per session, so that no client fills the database with actions
            // that it never confirms.
            self.deps.tokens.forget_of(&mut tx, actor.session_user()?.user.id, purpose, subject).await?;
        }
        let issued = self.deps.tokens.issue(&mut tx, token).await?;
        tx.commit().await?;
        Ok(issued.secret)
    }

    /// Returns a kept value. `None` when it is gone, or belongs to another user. It stays until
    /// [`PendingActions::forget_shown`], because the user may reload the page.
    ///
    /// # Errors
    ///
    /// [`Code::NotAuthenticated`] when the caller has no session.
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

    /// Forgets every value that was kept for the caller.
    ///
    /// # Errors
    ///
    /// [`Code::NotAuthenticated`] when the caller has no session.
    pub async fn forget_shown(&self, actor: &Actor) -> Result<(), Error> {
        let id = actor.session_user()?.user.id;
        let mut tx = self.deps.store.write().await?;
        self.deps.tokens.void_of(&mut tx, id, &[Purpose::ShowOnce]).await?;
        tx.commit().await
    }
}
