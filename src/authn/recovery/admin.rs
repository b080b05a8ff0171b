//! What administrators see and do of others' recoveries. It needs what taking somebody's second factors off needs.

use super::notices::tell_ready;
use super::sql::*;
use super::{Ending, Recoveries, Recovery, end_and_tell, open_of};
use crate::accounts::oversight::{look_at, may_act_on};
use crate::accounts::users;
use crate::audit::{Entry, Event};
use crate::authz::actor::Actor;
use crate::authz::effective_access;
use crate::foundation::error::Error;
use crate::model::code::Code;
use crate::model::id::{RecoveryId, UserId};

impl Recoveries {
    /// Somebody's open recovery. Needs what [`Recoveries::remove_factors`] needs. The audit log notes who looked.
    pub async fn of_user(&self, actor: &Actor, id: UserId) -> Result<Option<Recovery>, Error> {
        look_at(&self.deps.store, &self.deps.recorder, &self.deps.clock, actor, id, "recovery").await?;
        open_of(&mut self.deps.store.read().await?, id).await
    }

    /// Stops somebody's recovery; they are told. Needs what [`Recoveries::remove_factors`] needs. Err([`Code::NotFound`]) when
    /// there is none.
    pub async fn cancel_of(&self, actor: &Actor, id: UserId) -> Result<(), Error> {
        let (mut work, grantor) = effective_access::begin(&self.deps.recorder, actor).await?;
        let target = may_act_on(&mut work, &grantor, actor, id).await?;
        users::lock(&mut work.tx, id).await?;
        if !end_and_tell(&self.deps, &mut work, &target, Ending::ByAdministrator).await? {
            return Err(Code::NotFound.into());
        }
        work.commit().await
    }

    /// Ends the waiting of somebody's recovery: they get the mail to finish it. Needs what [`Recoveries::remove_factors`] needs.
    /// Nothing changes when the waiting is over. Err([`Code::NotFound`]) when there is none, Err([`Code::FeatureOff`]),
    /// Err([`Code::MailOff`]).
    pub async fn hasten(&self, actor: &Actor, id: UserId) -> Result<(), Error> {
        let (mut work, grantor) = effective_access::begin(&self.deps.recorder, actor).await?;
        may_act_on(&mut work, &grantor, actor, id).await?;
        self.deps.require_confirmed(actor)?;
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
            tell_ready(&self.deps, &mut work, recovery, &user).await?;
            work.record(Entry::new(Event::RecoveryHastened).to(id));
        }
        work.commit().await
    }
}
