//! What administrators see and do of others' recoveries. It needs what taking somebody's second factors off needs.

use super::notices::tell_ready;
use super::sql::*;
use super::{Ending, Recovery, end_and_tell, open_of};
use crate::accounts::users;
use crate::audit::{Entry, Event};
use crate::auth::Auth;
use crate::authn::mfa::{Factors, factors_of};
use crate::authz::actor::Actor;
use crate::authz::effective_access;
use crate::foundation::error::Error;
use crate::model::code::Code;
use crate::model::id::{RecoveryId, UserId};

impl Auth {
    /// Somebody's second factors. Needs what [`Auth::remove_factors`] needs. The audit log notes who looked.
    pub async fn factors_of(&self, actor: &Actor, id: UserId) -> Result<Factors, Error> {
        self.look_at(actor, id, "factors").await?;
        factors_of(&mut self.store().read().await?, id).await
    }

    /// Somebody's open recovery. Needs what [`Auth::remove_factors`] needs. The audit log notes who looked.
    pub async fn recovery_of(&self, actor: &Actor, id: UserId) -> Result<Option<Recovery>, Error> {
        self.look_at(actor, id, "recovery").await?;
        open_of(&mut self.store().read().await?, id).await
    }

    async fn look_at(&self, actor: &Actor, id: UserId, what: &'static str) -> Result<(), Error> {
        let mut conn = self.store().read().await?;
        let grantor = effective_access::grantor(&mut conn, actor, self.clock.now()).await?;
        self.may_act_on(&mut conn, &grantor, actor, id).await?;
        drop(conn);
        let mut work = self.recorder().begin(actor).await?;
        work.record(Entry::new(Event::UserRead).to(id).with("what", what));
        work.commit().await
    }

    /// Stops somebody's recovery; they are told. Needs what [`Auth::remove_factors`] needs. Err([`Code::NotFound`]) when
    /// there is none.
    pub async fn end_recovery(&self, actor: &Actor, id: UserId) -> Result<(), Error> {
        let (mut work, grantor) = effective_access::begin(self.recorder(), actor).await?;
        let target = self.may_act_on(&mut work.tx, &grantor, actor, id).await?;
        users::lock(&mut work.tx, id).await?;
        if !end_and_tell(self.email_challenges(), &mut work, &target, Ending::ByAdministrator).await? {
            return Err(Code::NotFound.into());
        }
        work.commit().await
    }

    /// Ends the waiting of somebody's recovery: they get the mail to finish it. Needs what [`Auth::remove_factors`] needs.
    /// Nothing changes when the waiting is over. Err([`Code::NotFound`]) when there is none, Err([`Code::FeatureOff`]),
    /// Err([`Code::MailOff`]).
    pub async fn hasten_recovery(&self, actor: &Actor, id: UserId) -> Result<(), Error> {
        let (mut work, grantor) = effective_access::begin(self.recorder(), actor).await?;
        self.may_act_on(&mut work.tx, &grantor, actor, id).await?;
        self.require_confirmed(actor)?;
        self.recoveries()?;
        users::lock(&mut work.tx, id).await?;
        if open_of(&mut work.tx, id).await?.is_none() {
            return Err(Code::NotFound.into());
        }
        let now = work.now();
        let hastened: Option<(RecoveryId,)> = HASTEN.bind(id).bind(now).optional(&mut work.tx).await?;
        if let Some((recovery,)) = hastened {
            // As it is under the lock: the link is for the address of this moment.
            let user = users::by_id(&mut work.tx, id).await?.ok_or(Code::NotFound)?.user;
            tell_ready(self.email_challenges(), &mut work, recovery, &user).await?;
            work.record(Entry::new(Event::RecoveryHastened).to(id));
        }
        work.commit().await
    }
}
