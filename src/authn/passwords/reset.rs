//! A new password for whoever forgot theirs. It opens no session: who sets it signs in with it, second factor and all.

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
    /// Sends a mail to set a new password to an address, if it belongs to somebody. The answer is the same if not.
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

    /// Whether a link to set a new password would still work. Looking uses nothing up.
    pub async fn reset_link_works(&self, token: &str) -> Result<bool, Error> {
        Ok(self.deps.peek(Purpose::PasswordReset, PresentedToken::Secret(token)).await?.is_some())
    }

    /// Takes the six digits of a mail, in the browser that asked for it. The answer is a token to set the new password
    /// with. Err([`Code::BadOtp`]).
    pub async fn redeem_reset_code(&self, actor: &Actor, code: &str) -> Result<String, Error> {
        let known = self.deps.email_challenges.judge_code(actor, Purpose::PasswordReset, code).await?;
        let mut tx = self.deps.store.write().await?;
        let secret = self.deps.tokens.reissue(&mut tx, known).await?;
        tx.commit().await?;
        Ok(secret)
    }

    /// Sets a new password by the token of a link. All sessions end; second factors stay.
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
        // A thief's browser is known no longer; this one's owner has just read the mail.
        forget_devices(&mut work.tx, id, actor.origin.device_secret.as_ref()).await?;
        distrust_devices(&mut work.tx, id).await?;
        self.deps.tokens.void_of(&mut work.tx, id, ASKED_WITH_PASSWORD).await?;
        // The owner is there: strangers' guesses close the account to nobody any more.
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
