//! What only administrators do to others.

use crate::actor::Actor;
use crate::audit::{Activity, Entry, Event, activity_of};
use crate::auth::Auth;
use crate::delegation;
use crate::error::Error;
use crate::model::code::Code;
use crate::model::id::UserId;
use crate::model::page::{Page, PageRequest};
use crate::model::permission::USERS_MANAGE;
use crate::model::scope::Scope;
use crate::sessions::end_all_of;
use crate::standing;
use crate::users;

impl Auth {
    /// Suspends a person: their sessions end at once. Needs `users:manage`; nobody suspends themselves.
    pub async fn suspend(&self, actor: &Actor, id: UserId, reason: &str) -> Result<(), Error> {
        actor.require(USERS_MANAGE, &Scope::global())?;
        self.may_act_on(actor, id).await?;
        let mut work = self.recorder().begin(actor).await?;
        let now = work.now();
        if users::suspend(&mut work.tx, id, actor.user_id(), reason, now).await? {
            let ended = end_all_of(&mut work.tx, id, None, "suspended", now).await?;
            let entry = Entry::new(Event::UserSuspended).to(id).with("sessions_ended", ended);
            work.record(entry.personal("reason", reason));
        }
        work.commit().await?;
        self.cache().evict_user(id).await;
        Ok(())
    }

    /// Lifts a suspension. Needs `users:manage`.
    pub async fn unsuspend(&self, actor: &Actor, id: UserId, reason: &str) -> Result<(), Error> {
        actor.require(USERS_MANAGE, &Scope::global())?;
        self.may_act_on(actor, id).await?;
        let mut work = self.recorder().begin(actor).await?;
        let now = work.now();
        if users::unsuspend(&mut work.tx, id, now).await? {
            work.record(Entry::new(Event::UserUnsuspended).to(id).personal("reason", reason));
        }
        work.commit().await
    }

    /// Opens sign-in to an account again that was closed by too many wrong passwords. Needs `users:manage`.
    pub async fn unlock(&self, actor: &Actor, id: UserId) -> Result<(), Error> {
        actor.require(USERS_MANAGE, &Scope::global())?;
        self.may_act_on(actor, id).await?;
        let mut work = self.recorder().begin(actor).await?;
        if self.limits().open(&mut work.tx, id).await? {
            work.record(Entry::new(Event::LoginUnlocked).to(id));
        }
        work.commit().await
    }

    /// One's own trail in the audit log, newest first.
    pub async fn activity(&self, actor: &Actor, page: &PageRequest) -> Result<Page<Activity>, Error> {
        let user = actor.user()?.user.id;
        activity_of(self.store(), actor, user, page).await
    }

    /// Acting on a person needs a level above theirs: never oneself, never an account of the software.
    async fn may_act_on(&self, actor: &Actor, id: UserId) -> Result<(), Error> {
        let mut conn = self.store().read().await?;
        let target = users::by_id(&mut conn, id).await?.ok_or(Code::NotFound)?.user;
        if target.is_system || actor.user_id() == Some(id) {
            return Err(Code::Forbidden.into());
        }
        let now = self.clock.now();
        let giver = standing::giver(&mut conn, actor, now).await?;
        let theirs = standing::access_of(&mut conn, id, now).await?;
        Ok(delegation::may_act_on(&giver, &theirs)?)
    }
}
