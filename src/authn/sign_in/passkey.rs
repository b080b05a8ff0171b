//! Signing in with a passkey, and presenting one as a second factor.

use super::{AuthMethod, SignInFlow, SignInOutcome};
use crate::accounts::users::{self, User};
use crate::audit::{Change, Entry, Event};
use crate::authn::mfa::Factor;
use crate::authn::passkeys::{Asserted, Ceremony, PasskeyResponse, owner};
use crate::authn::tokens::{PresentedToken, Purpose};
use crate::authz::actor::Actor;
use crate::authz::snapshot_cache::Evict;
use crate::foundation::error::Error;
use crate::model::code::{Code, Field};
use crate::model::id::UserId;

/// The purpose of a passkey prompt.
#[derive(Clone, Copy, Debug)]
pub enum PasskeyFor<'a> {
    /// Signing in, as any user.
    SignIn,
    /// The second factor of the user with this token of an [`super::MfaChallenge`].
    SecondFactor(&'a str),
    /// Re-authenticating in a session.
    Confirming,
}

impl SignInFlow {
    /// Signs in with the response of a passkey to [`PasskeyFor::SignIn`].
    ///
    /// # Errors
    ///
    /// - [`Code::FeatureOff`] without PASSKEYS_ENABLED.
    /// - On the field `passkey`: [`Code::Required`], [`Code::BadPasskey`],
    ///   [`Code::UserVerificationRequired`], [`Code::PasskeyUnknown`], [`Code::PasskeyBlocked`],
    ///   and [`Code::BadToken`] when the prompt was made too long ago or in another browser.
    /// - [`Code::Suspended`] and [`Code::PasswordResetRequired`], as after the right password.
    pub async fn with_passkey(&self, actor: &Actor, answer: &str) -> Result<SignInOutcome, Error> {
        self.passkeys.offered()?;
        let answer = self.passkeys.ceremonies.presented(actor, answer).await?;
        let owner = owner(&mut self.deps.store.read().await?, answer.credential_id()).await?;
        let owner = owner.ok_or_else(|| Error::on(Field::Passkey, Code::PasskeyUnknown))?;
        let (mut work, user) = self.judge_passkey(actor, owner, answer, Event::LoginFailed).await?;
        let refusal = if user.suspended_at.is_some() {
            Some((Code::Suspended, "suspended"))
        } else if user.requires_password_reset {
            Some((Code::PasswordResetRequired, "password_reset_required"))
        } else if user.email_verified_at.is_none()
            && user.email.is_some()
            && self.deps.email_challenges.sends()
        {
            return self.ask_for_proof(work, actor, &user, None).await;
        } else {
            None
        };
        if let Some((code, reason)) = refusal {
            work.record(Entry::new(Event::LoginFailed).to(user.id).with("reason", reason));
            work.commit().await?;
            return Err(code.into());
        }
        let now = work.now();
        if !users::admit_by_other(&mut work.tx, user.id, now).await? {
            return Err(Error::on(Field::Passkey, Code::PasskeyUnknown));
        }
        self.has_a_factor(&mut work, &user).await?;
        let entered = self.complete_first_factor(&mut work, actor, user.id, AuthMethod::Passkey).await?;
        self.finish(work, entered, &[]).await
    }

    /// Checks a passkey response to a prompt that was made for a known user. A right one is
    /// recorded in the change that is returned, which the caller completes and commits.
    pub(super) async fn judge_passkey_of(
        &self,
        actor: &Actor,
        id: UserId,
        answer: &str,
        failure: Event,
    ) -> Result<(Change, User, Factor), Error> {
        let answer = self.passkeys.ceremonies.presented(actor, answer).await?;
        let (mut work, user) = self.judge_passkey(actor, id, answer, failure).await?;
        if !user.may_enter() {
            return Err(Error::on(Field::Token, Code::BadToken));
        }
        self.has_a_factor(&mut work, &user).await?;
        let factor = Factor::Passkey;
        work.record(Entry::new(Event::MfaSucceeded).to(id).with("factor", factor.as_str()));
        Ok((work, user, factor))
    }

    /// Checks a passkey response of the user `id`. A refused one is recorded as `failure`, and
    /// fails on the field `passkey`. Attempts are not counted, because there is nothing to guess.
    async fn judge_passkey(
        &self,
        actor: &Actor,
        id: UserId,
        answer: PasskeyResponse,
        failure: Event,
    ) -> Result<(Change, User), Error> {
        let mut work = self.deps.recorder.begin(actor).await?;
        users::lock(&mut work.tx, id).await?;
        let found = users::by_id(&mut work.tx, id).await?.map(|found| found.user);
        let user = found.filter(|user| user.deleted_at.is_none() && !user.is_system);
        let user = user.ok_or_else(|| Error::on(Field::Passkey, Code::PasskeyUnknown))?;
        let (reason, code) = match self.passkeys.judge(&mut work, &user, answer).await? {
            Asserted::Right => return Ok((work, user)),
            Asserted::Copied => ("possible_copy", Code::PasskeyBlocked),
            Asserted::Wrong(reason, code) => (reason, code),
        };
        work.record(Entry::new(failure).to(id).with("method", "passkey").with("reason", reason));
        work.commit_evicting(self.deps.sessions.cache(), &[Evict::User(id)]).await?;
        Err(Error::on(Field::Passkey, code))
    }
}

impl SignInFlow {
    /// Asks the browser for a passkey.
    ///
    /// # Errors
    ///
    /// - [`Code::FeatureOff`] for signing in without PASSKEYS_ENABLED.
    /// - [`Code::BadToken`], on its field, when the user must prove the first factor again.
    /// - [`Code::NotAuthenticated`] for re-authenticating without a session.
    /// - [`Code::NotFound`] when the user has no usable passkey.
    /// - [`Code::TooManyAttempts`] when the client asked for too many prompts.
    pub async fn passkey_prompt(&self, actor: &Actor, what: PasskeyFor<'_>) -> Result<Ceremony, Error> {
        let gone = || Error::on(Field::Token, Code::BadToken);
        let user = match what {
            PasskeyFor::SignIn => {
                self.passkeys.offered()?;
                return self.passkeys.ceremonies.ask_to_show(actor, None, &[]).await;
            }
            PasskeyFor::SecondFactor(token) => {
                let found = self.deps.peek(Purpose::SecondFactor, PresentedToken::Secret(token)).await?;
                found.and_then(|found| found.user_id).ok_or_else(gone)?
            }
            PasskeyFor::Confirming => actor.session_user()?.user.id,
        };
        let only = self.passkeys.usable(&mut self.deps.store.read().await?, user).await?;
        if only.is_empty() {
            return Err(Code::NotFound.into());
        }
        self.passkeys.ceremonies.ask_to_show(actor, Some(user), &only).await
    }
}
