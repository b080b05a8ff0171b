//! Password reset, for users who forgot theirs. A reset opens no session: the user then signs in
//! with the new password, and with a second factor if they have one.

use super::ASKED_WITH_PASSWORD;
use super::PasswordFlow;
use crate::accounts::users::{self, guessable};
use crate::audit::{Entry, Event};
use crate::authn::address_request::{AddressRequest, ask_by_address};
use crate::authn::credential_reset::tell_password_changed;
use crate::authn::first_proof::take_factors_from_strangers;
use crate::authn::sessions::{distrust_devices, end_all_of, forget_devices};
use crate::authn::tokens::{PresentedToken, Purpose};
use crate::authz::actor::{Actor, PendingChallenge};
use crate::authz::snapshot_cache::Evict;
use crate::foundation::error::Error;
use crate::mail::Message;
use crate::model::code::{Code, Field};
use crate::model::paths;

impl PasswordFlow {
    /// Sends a password reset email to an address, if it has an account. The result is the same if
    /// not.
    ///
    /// # Errors
    ///
    /// - [`Code::MailOff`] when the server sends no email.
    /// - [`Code::BadEmail`], on its field, when the address is invalid.
    /// - [`Code::TooManyAttempts`] when the client asked for too many emails.
    pub async fn request_reset(&self, actor: &Actor, email: &str) -> Result<PendingChallenge, Error> {
        let message = |link, code| Message::PasswordReset { link, code };
        let request = AddressRequest {
            purpose: Purpose::PasswordReset,
            page: paths::RESET_PASSWORD,
            message: &message,
            event: Event::PasswordResetRequested,
        };
        ask_by_address(&self.deps, actor, email, request).await
    }

    /// Returns whether a password reset link still works. Does not redeem it.
    pub async fn reset_link_works(&self, token: &str) -> Result<bool, Error> {
        Ok(self.deps.peek(Purpose::PasswordReset, PresentedToken::Secret(token)).await?.is_some())
    }

    /// Redeems the six digits of an email, in the browser that asked for it. Returns a token with
    /// which to set the new password.
    ///
    /// # Errors
    ///
    /// - [`Code::Required`] or [`Code::BadOtp`], on the field `code`, when the code is missing or
    ///   wrong.
    /// - [`Code::TooManyAttempts`] when the client tried too many codes.
    pub async fn redeem_reset_code(&self, actor: &Actor, code: &str) -> Result<String, Error> {
        let known = self.deps.email_challenges.judge_code(actor, Purpose::PasswordReset, code).await?;
        let mut tx = self.deps.store.write().await?;
        let secret = self.deps.tokens.reissue(&mut tx, known).await?;
        tx.commit().await?;
        Ok(secret)
    }

    /// Sets a new password with the token of a link. All sessions end; second factors stay.
    ///
    /// If this is the first proof that the user controls the address, second factors of an ordinary
    /// account are removed, because a stranger may have added them.
    ///
    /// # Errors
    ///
    /// - [`Code::BadToken`], on its field, when the token no longer works.
    /// - On the field `password`, the codes of
    ///   [`NewPassword::parse`](crate::foundation::crypto::strength::NewPassword::parse).
    /// - [`Code::Busy`] when the server is busy hashing passwords.
    pub async fn reset(&self, actor: &Actor, token: &str, new: &str) -> Result<(), Error> {
        let gone = || Error::on(Field::Token, Code::BadToken);
        let presented = PresentedToken::Secret(token);
        let found = self.deps.peek(Purpose::PasswordReset, presented).await?.ok_or_else(gone)?;
        let id = found.user_id.ok_or_else(gone)?;
        let user = users::by_id(&mut self.deps.store.read().await?, id).await?.ok_or_else(gone)?.user;
        let email = user.email.as_deref().unwrap_or_default();
        let about = guessable(&self.deps.settings.app.name, &user.username, email);
        let accepted = self.deps.passwords.accept(new, &about).await?;
        let accepted = accepted.map_err(|code| Error::on(Field::Password, code))?;
        let hash = self.deps.passwords.hash(accepted.password()).await?;

        let mut work = self.deps.recorder.begin(actor).await?;
        let now = work.now();
        users::lock(&mut work.tx, id).await?;
        let user = users::by_id(&mut work.tx, id).await?.ok_or_else(gone)?.user;
        let used = self.deps.tokens.redeem(&mut work.tx, Purpose::PasswordReset, presented).await?;
        if !users::reset_password(&mut work.tx, id, &used.subject, &hash, now).await? {
            return Err(gone());
        }
        let ended = end_all_of(&mut work.tx, id, None, "password_reset", now).await?;
        // A thief's browser is no longer known. This browser's user has just read the email.
        forget_devices(&mut work.tx, id, actor.origin.device_secret.as_ref()).await?;
        distrust_devices(&mut work.tx, id).await?;
        self.deps.tokens.void_of(&mut work.tx, id, ASKED_WITH_PASSWORD).await?;
        // The owner is back, so strangers' guesses no longer lock the account.
        self.deps.limits.unlock(&mut work.tx, id).await?;
        work.record(Entry::new(Event::PasswordResetCompleted).to(id).with("sessions_ended", ended));
        if user.email_verified_at.is_none() {
            take_factors_from_strangers(&self.deps, &mut work, id).await?;
            work.record(Entry::new(Event::EmailVerified).to(id));
        }
        tell_password_changed(&self.deps, &mut work, actor, &user).await?;
        work.commit_evicting(&self.deps.cache, &[Evict::User(id)]).await
    }
}
