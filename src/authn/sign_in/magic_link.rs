//! Signing in by email, without a password.

use super::SignInFlow;
use super::{AuthMethod, SignInOutcome};
use crate::accounts::users;
use crate::audit::{Entry, Event};
use crate::authn::address_request::{AddressRequest, ask_by_address};
use crate::authn::email_challenge::Proof;
use crate::authn::first_proof::take_from_strangers;
use crate::authn::tokens::{PresentedToken, Purpose};
use crate::authz::actor::{Actor, PendingChallenge};
use crate::authz::snapshot_cache::Evict;
use crate::foundation::error::Error;
use crate::mail::Message;
use crate::model::code::{Code, Field};
use crate::model::paths;

impl SignInFlow {
    /// Sends a magic link to an address, if it has an account. The result is the same if not.
    ///
    /// # Errors
    ///
    /// - [`Code::FeatureOff`] without PASSWORDLESS_LOGIN_ENABLED.
    /// - [`Code::MailOff`] when the server sends no email.
    /// - [`Code::BadEmail`], on its field, when the address is invalid.
    /// - [`Code::TooManyAttempts`] when the client asked for too many emails.
    pub async fn request_magic_link(&self, actor: &Actor, email: &str) -> Result<PendingChallenge, Error> {
        self.magic_links()?;
        let message = |link, code| Message::MagicLink { link, code };
        let request = AddressRequest {
            purpose: Purpose::MagicLink,
            page: paths::MAGIC_LINK_LOGIN,
            message: &message,
            event: Event::PasswordlessLoginRequested,
        };
        ask_by_address(&self.deps, actor, email, request).await
    }

    fn magic_links(&self) -> Result<(), Error> {
        if self.deps.settings.mfa.passwordless_login { Ok(()) } else { Err(Code::FeatureOff.into()) }
    }

    /// Returns the username of the account that a link signs in to. `None` when the link no longer
    /// works. Does not redeem it.
    pub async fn magic_link_username(&self, token: &str) -> Result<Option<String>, Error> {
        let found = self.deps.peek(Purpose::MagicLink, PresentedToken::Secret(token)).await?;
        let Some(id) = found.and_then(|found| found.user_id) else { return Ok(None) };
        let found = users::by_id(&mut self.deps.store.read().await?, id).await?;
        Ok(found.map(|found| found.user.username))
    }

    /// Signs in with the link or the code of an email.
    ///
    /// # Errors
    ///
    /// - [`Code::FeatureOff`] without PASSWORDLESS_LOGIN_ENABLED.
    /// - [`Code::BadToken`], on its field, when the link no longer works.
    /// - [`Code::Required`] or [`Code::BadOtp`], on the field `code`, when a code is missing or
    ///   wrong.
    /// - [`Code::Suspended`] and [`Code::PasswordResetRequired`], as after the right password.
    /// - [`Code::TooManyAttempts`] when the client tried too many codes.
    pub async fn with_magic_link(&self, actor: &Actor, proof: &Proof) -> Result<SignInOutcome, Error> {
        self.magic_links()?;
        let presented = self.deps.email_challenges.judge(actor, Purpose::MagicLink, proof).await?;
        let gone = || Error::on(Field::Token, Code::BadToken);
        let found = self.deps.peek(Purpose::MagicLink, presented).await?.ok_or_else(gone)?;
        let id = found.user_id.ok_or_else(gone)?;
        let mut work = self.deps.recorder.begin(actor).await?;
        let now = work.now();
        users::lock(&mut work.tx, id).await?;
        let token = self.deps.tokens.redeem(&mut work.tx, Purpose::MagicLink, presented).await?;
        let user = users::by_id(&mut work.tx, id).await?.ok_or_else(gone)?.user;
        if !users::admit_by_mail(&mut work.tx, id, &token.subject, now).await? {
            // The token is redeemed all the same.
            let (code, reason) = match &user {
                user if user.suspended_at.is_some() => (Code::Suspended.into(), "suspended"),
                user if user.requires_password_reset => {
                    (Code::PasswordResetRequired.into(), "password_reset_required")
                }
                _ => (gone(), "not_the_address"),
            };
            work.record(Entry::new(Event::LoginFailed).to(id).with("reason", reason));
            work.commit().await?;
            return Err(code);
        }
        self.deps.tokens.void_of(&mut work.tx, id, &[Purpose::MagicLink]).await?;
        if user.email_verified_at.is_none() {
            // Until now, anyone may have created the account, with a password, sessions and an app
            // of their own.
            take_from_strangers(&self.deps, &mut work, actor, &user).await?;
        }
        let entered = self.complete_first_factor(&mut work, actor, id, AuthMethod::MagicLink).await?;
        self.finish(work, entered, &[Evict::User(id)]).await
    }
}
