//! What administrators see and do about the recoveries of other users. It needs the same rights as
//! removing a user's second factors.

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
    /// Returns a user's open recovery. The audit log records who looked.
    ///
    /// Needs `users:manage` globally, and a level above the user's.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the caller is anonymous or their session has ended, and
    ///   [`Code::EnrollmentRequired`] when they must first set up a factor.
    /// - [`Code::Forbidden`] when the caller lacks that permission, or the user is the caller or a
    ///   system account.
    /// - [`Code::UserNotFound`], on the field `user`, when no user has this id.
    /// - [`Code::AboveYourLevel`] when the user is not below the caller's level.
    pub async fn of_user(&self, actor: &Actor, id: UserId) -> Result<Option<Recovery>, Error> {
        look_at(&self.deps.store, &self.deps.recorder, &self.deps.clock, actor, id, "recovery").await?;
        open_of(&mut self.deps.store.read().await?, id).await
    }

    /// Stops a user's recovery, and tells the user.
    ///
    /// Needs the same rights as [`Recoveries::of_user`].
    ///
    /// # Errors
    ///
    /// As for [`Recoveries::of_user`], and [`Code::NotFound`] when there is no open recovery.
    pub async fn cancel_of(&self, actor: &Actor, id: UserId) -> Result<(), Error> {
        let (mut work, grantor) = effective_access::begin(&self.deps.recorder, actor).await?;
        let target = may_act_on(&mut work, &grantor, actor, id).await?;
        users::lock(&mut work.tx, id).await?;
        if !end_and_tell(&self.deps, &mut work, &target, Ending::ByAdministrator).await? {
            return Err(Code::NotFound.into());
        }
        work.commit().await
    }

    /// Ends the delay of a user's recovery, and sends the user the email with which to finish it.
    /// Changes nothing when the delay is already over.
    ///
    /// Needs the same rights as [`Recoveries::of_user`].
    ///
    /// # Errors
    ///
    /// - As for [`Recoveries::of_user`].
    /// - [`Code::StepUpRequired`] when the caller last authenticated too long ago.
    /// - [`Code::FeatureOff`] without MFA_RECOVERY_ENABLED, and [`Code::MailOff`] when the server
    ///   sends no email.
    /// - [`Code::NotFound`] when there is no open recovery.
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
            // Read again under the lock, because the link is for the current address.
            let user = users::by_id(&mut work.tx, id).await?.ok_or(Code::NotFound)?.user;
            tell_ready(&self.deps, &mut work, recovery, &user).await?;
            work.record(Entry::new(Event::RecoveryHastened).to(id));
        }
        work.commit().await
    }
}
