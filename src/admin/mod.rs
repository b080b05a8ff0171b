//! Operations of administrators on other users' accounts.
//!
//! Acting on a user needs `users:manage` globally and a level above theirs (see
//! [`crate::authz::delegation::may_act_on`]). No administrator acts on themselves or on a system
//! account this way.

mod sessions;

use crate::accounts::oversight::{look_at, may_act_on};
use crate::accounts::users::{self, NewAccount, User, UserChange};
use crate::audit::{Entry, Event};
use crate::authn::deps::Deps;
use crate::authn::mfa::{Factors, factors_of};
use crate::authn::passkeys;
use crate::authn::recovery::{self, Ending};
use crate::authn::sessions::end_all_of;
use crate::authn::tokens::Purpose;
use crate::authz::actor::{Actor, Origin};
use crate::authz::effective_access;
use crate::authz::snapshot_cache::Evict;
use crate::foundation::error::Error;
use crate::mail::{Circumstances, Message};
use crate::model::code::{Code, Field};
use crate::model::id::UserId;
use crate::model::paths;
use crate::model::text;
use crate::model::time::Timestamp;

/// The longest reason that an administrator can give, in characters.
const MAX_REASON: usize = 500;

/// Operations of administrators on other users' accounts.
///
/// # Errors
///
/// Unless stated otherwise, each operation needs `users:manage` globally and a level above the
/// user's. It fails with
///
/// - [`Code::NotAuthenticated`] when the caller is anonymous or their session has ended, and
///   [`Code::EnrollmentRequired`] when they must first set up a factor,
/// - [`Code::Forbidden`] when they lack the permission, or the user is the caller or a system
///   account,
/// - [`Code::UserNotFound`], on the field `user`, when no user has this id,
/// - [`Code::AboveYourLevel`] when the user is not below the caller's level.
#[derive(Clone)]
pub struct Admin {
    deps: Deps,
}

impl Admin {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// Suspends a user. Their sessions end at once. The reason is one line of at most 500
    /// characters.
    ///
    /// # Errors
    ///
    /// As for every operation of [`Admin`], and on the field `reason`: [`Code::TooLong`],
    /// [`Code::BadCharacters`].
    pub async fn suspend(&self, actor: &Actor, id: UserId, reason: &str) -> Result<(), Error> {
        let (mut work, grantor) = effective_access::begin(&self.deps.recorder, actor).await?;
        let target = may_act_on(&mut work, &grantor, actor, id).await?;
        let reason = read_reason(reason)?;
        let now = work.now();
        if users::suspend(&mut work.tx, id, actor.user_id(), &reason, now).await? {
            let ended = end_all_of(&mut work.tx, id, None, "suspended", now).await?;
            recovery::end(&self.deps, &mut work, id, Ending::Suspended).await?;
            self.deps.email_challenges.tell(&mut work, &target, Message::AccountSuspended {}).await?;
            let entry = Entry::new(Event::UserSuspended).to(id).with("sessions_ended", ended);
            work.record(entry.personal("reason", reason.as_str()));
        }
        work.commit_evicting(&self.deps.cache, &[Evict::User(id)]).await
    }

    /// Lifts a suspension.
    ///
    /// # Errors
    ///
    /// As for [`Admin::suspend`].
    pub async fn unsuspend(&self, actor: &Actor, id: UserId, reason: &str) -> Result<(), Error> {
        let (mut work, grantor) = effective_access::begin(&self.deps.recorder, actor).await?;
        may_act_on(&mut work, &grantor, actor, id).await?;
        let reason = read_reason(reason)?;
        let now = work.now();
        if users::unsuspend(&mut work.tx, id, now).await? {
            work.record(Entry::new(Event::UserUnsuspended).to(id).personal("reason", reason.as_str()));
        }
        work.commit().await
    }

    /// Returns a user's second factors. The audit log records who looked.
    ///
    /// # Errors
    ///
    /// As for every operation of [`Admin`].
    pub async fn factors_of(&self, actor: &Actor, id: UserId) -> Result<Factors, Error> {
        look_at(&self.deps.store, &self.deps.recorder, &self.deps.clock, actor, id, "factors").await?;
        factors_of(&mut self.deps.store.read().await?, id).await
    }

    /// Removes a user's second factors and ends their sessions, for users who lost all of them or
    /// whose factors are someone else's.
    ///
    /// The user is told. If email reaches them, they must set a new password first: the old one
    /// alone would open the account now, and someone who knows it may be the reason for the
    /// factors.
    ///
    /// # Errors
    ///
    /// - As for every operation of [`Admin`].
    /// - [`Code::StepUpRequired`] when the caller last authenticated too long ago.
    /// - [`Code::NoSecondFactor`] when the user has none.
    /// - [`Code::LastWayIn`] when a passkey is the user's only way to sign in.
    pub async fn remove_factors(&self, actor: &Actor, id: UserId) -> Result<(), Error> {
        let (mut work, grantor) = effective_access::begin(&self.deps.recorder, actor).await?;
        let target = may_act_on(&mut work, &grantor, actor, id).await?;
        self.deps.require_confirmed(actor)?;
        users::lock(&mut work.tx, id).await?;
        if !passkeys::forget_factors(&mut work, id, Timestamp::EPOCH, "removed_by_administrator").await? {
            return Err(Code::NoSecondFactor.into());
        }
        let now = work.now();
        let by_mail = self.deps.email_challenges.sends() && target.email.is_some();
        if !by_mail && !target.has_password {
            // A passkey was the only way to sign in.
            return Err(Code::LastWayIn.into());
        }
        if by_mail && target.has_password && target.email_verified_at.is_some() {
            users::ask_for_new_password(&mut work.tx, id, now).await?;
        }
        end_all_of(&mut work.tx, id, None, "factors_removed", now).await?;
        self.deps.tokens.void_of(&mut work.tx, id, &[Purpose::SecondFactor, Purpose::Confirm]).await?;
        recovery::end(&self.deps, &mut work, id, Ending::FactorsRemoved).await?;
        let circumstances = Circumstances::of(&Origin::default(), now);
        let (factor, link) = ("all".to_owned(), self.deps.email_challenges.link(paths::SECURITY, None));
        self.deps
            .email_challenges
            .tell(&mut work, &target, Message::FactorRemoved { circumstances, factor, link })
            .await?;
        work.commit_evicting(&self.deps.cache, &[Evict::User(id)]).await
    }

    /// Unlocks an account that too many wrong passwords or codes have locked.
    ///
    /// # Errors
    ///
    /// As for every operation of [`Admin`].
    pub async fn unlock(&self, actor: &Actor, id: UserId) -> Result<(), Error> {
        let (mut work, grantor) = effective_access::begin(&self.deps.recorder, actor).await?;
        may_act_on(&mut work, &grantor, actor, id).await?;
        let first = self.deps.limits.unlock(&mut work.tx, id).await?;
        if self.deps.limits.unlock_second_factor(&mut work.tx, id).await? || first {
            work.record(Entry::new(Event::LoginUnlocked).to(id));
        }
        work.commit().await
    }

    /// Creates an account with a password. Only for the program itself: administrators never set
    /// passwords for other users (OWASP ASVS 5.0 6.4.6), they use
    /// [`Users::create`](crate::accounts::users::Users::create).
    ///
    /// # Errors
    ///
    /// - [`Code::Forbidden`] when the caller is not the program itself.
    /// - On the field `password`, the codes of
    ///   [`NewPassword::parse`](crate::foundation::crypto::strength::NewPassword::parse).
    /// - Otherwise as for [`Users::create`](crate::accounts::users::Users::create).
    pub async fn create_user(&self, actor: &Actor, new: &NewAccount, password: &str) -> Result<User, Error> {
        actor.require_system()?;
        let about = users::guessable(&self.deps.settings.app.name, &new.username, &new.email);
        let hash = crate::authn::sign_up::hash_given(&self.deps.passwords, password, &about).await?;
        self.deps.users.create_with(actor, new, Some(hash)).await
    }

    /// Changes a user's username, names or metadata.
    ///
    /// # Errors
    ///
    /// - As for every operation of [`Admin`].
    /// - On their fields: [`Code::BadUsername`], [`Code::UsernameTaken`], [`Code::TooLong`],
    ///   [`Code::BadCharacters`], and [`Code::BadRequest`] when the metadata is not a JSON object.
    pub async fn update_user(&self, actor: &Actor, id: UserId, change: &UserChange) -> Result<User, Error> {
        let (mut work, grantor) = effective_access::begin(&self.deps.recorder, actor).await?;
        let before = may_act_on(&mut work, &grantor, actor, id).await?;
        self.deps.users.write_change(&mut work, &before, change).await?;
        let after = users::by_id(&mut work.tx, id).await?.ok_or(Code::UserNotFound)?.user;
        work.commit_evicting(&self.deps.cache, &[Evict::User(id)]).await?;
        Ok(after)
    }

    /// Deletes an account. Its user can no longer sign in, and its sessions end at once. It can be
    /// restored.
    ///
    /// # Errors
    ///
    /// - As for every operation of [`Admin`].
    /// - [`Code::StepUpRequired`] when the caller last authenticated too long ago.
    /// - On the field `reason`: [`Code::TooLong`], [`Code::BadCharacters`].
    pub async fn delete_user(&self, actor: &Actor, id: UserId, reason: &str) -> Result<(), Error> {
        let (mut work, grantor) = effective_access::begin(&self.deps.recorder, actor).await?;
        may_act_on(&mut work, &grantor, actor, id).await?;
        self.deps.require_confirmed(actor)?;
        let reason = read_reason(reason)?;
        let now = work.now();
        if users::delete(&mut work.tx, id, now).await? {
            let ended = end_all_of(&mut work.tx, id, None, "deleted", now).await?;
            recovery::end(&self.deps, &mut work, id, Ending::Deleted).await?;
            let entry = Entry::new(Event::UserDeleted).to(id).with("sessions_ended", ended);
            work.record(entry.personal("reason", reason.as_str()));
        }
        work.commit_evicting(&self.deps.cache, &[Evict::User(id)]).await
    }

    /// Restores a deleted account as it was.
    ///
    /// # Errors
    ///
    /// As for every operation of [`Admin`].
    pub async fn restore_user(&self, actor: &Actor, id: UserId) -> Result<(), Error> {
        let (mut work, grantor) = effective_access::begin(&self.deps.recorder, actor).await?;
        may_act_on(&mut work, &grantor, actor, id).await?;
        let now = work.now();
        if users::restore(&mut work.tx, id, now).await? {
            work.record(Entry::new(Event::UserRestored).to(id));
        }
        work.commit().await
    }
}

fn read_reason(reason: &str) -> Result<String, Error> {
    text::line(reason, MAX_REASON).map_err(|code| Error::on(Field::Reason, code))
}
