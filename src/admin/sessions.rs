//! The sessions of others.

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
    /// Where somebody is signed in, the last used first. Needs `users:read` or `users:manage` everywhere; the audit log
    /// notes who looked. Err([`Code::UserNotFound`]).
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

    /// Ends one session of somebody. Needs `users:manage`, and a level above theirs. Err([`Code::NotFound`]) for what is
    /// no open session of theirs.
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

    /// Ends all sessions of somebody; their number. Needs `users:manage`, and a level above theirs.
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
