//! The sessions of other users.

use super::Admin;
use crate::accounts::oversight::may_act_on;
use crate::accounts::users;
use crate::audit::{Entry, Event};
use crate::authn::sessions::{SessionView, end_all_of, end_of};
use crate::authz::actor::Actor;
use crate::authz::effective_access;
use crate::authz::snapshot_cache::Evict;
use crate::foundation::error::Error;
use crate::model::code::{Code, Field};
use crate::model::id::{SessionId, UserId};
use crate::model::permission::{USERS_MANAGE, USERS_READ};
use crate::model::scope::Scope;

impl Admin {
    /// Returns the sessions of a user, the last used first. The audit log records who looked.
    ///
    /// Needs `users:read` or `users:manage` globally, at any level.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the caller is anonymous, and [`Code::EnrollmentRequired`]
    ///   when they must first set up a factor.
    /// - [`Code::Forbidden`] when the caller lacks both permissions.
    /// - [`Code::UserNotFound`], on the field `user`, when no user has this id.
    pub async fn sessions_of(&self, actor: &Actor, id: UserId) -> Result<Vec<SessionView>, Error> {
        actor.require_any(&[USERS_READ, USERS_MANAGE], &Scope::global())?;
        let found = users::by_id(&mut self.deps.store.read().await?, id).await?;
        if found.is_none() {
            return Err(Error::on(Field::User, Code::UserNotFound));
        }
        let sessions = self.deps.sessions.of(id, actor.session_id()).await?;
        if actor.user_id().is_some_and(|reader| reader != id) {
            let mut work = self.deps.recorder.begin(actor).await?;
            work.record(Entry::new(Event::UserRead).to(id).with("what", "sessions"));
            work.commit().await?;
        }
        Ok(sessions)
    }

    /// Ends one session of a user.
    ///
    /// # Errors
    ///
    /// As for every operation of [`Admin`], and [`Code::NotFound`], on the field `session`, when it
    /// is not an open session of that user.
    pub async fn end_session_of(&self, actor: &Actor, id: UserId, session: SessionId) -> Result<(), Error> {
        let (mut work, grantor) = effective_access::begin(&self.deps.recorder, actor).await?;
        may_act_on(&mut work, &grantor, actor, id).await?;
        let now = work.now();
        if !end_of(&mut work.tx, id, session, "ended_by_administrator", now).await? {
            return Err(Error::on(Field::Session, Code::NotFound));
        }
        let entry = Entry::new(Event::SessionTerminated).to(id).with("session", session.to_string());
        work.record(entry.with("by", "administrator"));
        work.commit_evicting(&self.deps.cache, &[Evict::Session(session)]).await
    }

    /// Ends all sessions of a user. Returns how many.
    ///
    /// # Errors
    ///
    /// As for every operation of [`Admin`].
    pub async fn end_sessions_of(&self, actor: &Actor, id: UserId) -> Result<u64, Error> {
        let (mut work, grantor) = effective_access::begin(&self.deps.recorder, actor).await?;
        may_act_on(&mut work, &grantor, actor, id).await?;
        let now = work.now();
        let ended = end_all_of(&mut work.tx, id, None, "ended_by_administrator", now).await?;
        if ended > 0 {
            let entry = Entry::new(Event::SessionsTerminatedAll).to(id).with("ended", ended);
            work.record(entry.with("by", "administrator"));
        }
        work.commit_evicting(&self.deps.cache, &[Evict::User(id)]).await?;
        Ok(ended)
    }
}
