//! A new password for whoever forgot theirs. It opens no session: who sets it signs in with it, second factor and all.

use super::ASKED_WITH_PASSWORD;
use crate::accounts::users::{self, User, guessable};
use crate::audit::{Change, Entry, Event};
use crate::auth::Auth;
use crate::authn::email_challenge::Ask;
use crate::authn::mfa::factors_of;
use crate::authn::sessions::{distrust_devices, end_all_of, forget_devices};
use crate::authn::tokens::{NewToken, PresentedToken, Purpose};
use crate::authz::actor::{Actor, PendingChallenge};
use crate::authz::snapshot_cache::Evict;
use crate::foundation::error::Error;
use crate::foundation::names::{Email, Identifier};
use crate::mail::{Circumstances, Message};
use crate::model::code::{Code, Field};
use crate::model::paths;

impl Auth {
    /// Sends a mail to set a new password to an address, if it belongs to somebody. The answer is the same if not.
    pub async fn request_password_reset(
        &self,
        actor: &Actor,
        email: &str,
    ) -> Result<PendingChallenge, Error> {
        let message = |link, code| Message::PasswordReset { link, code };
        self.ask_by_address(
            actor,
            email,
            Purpose::PasswordReset,
            paths::RESET_PASSWORD,
            &message,
            Event::PasswordResetRequested,
        )
        .await
    }

    /// Asks for a mail to an address that may have an account or not, for somebody who is not signed in.
    pub(crate) async fn ask_by_address(
        &self,
        actor: &Actor,
        typed: &str,
        purpose: Purpose,
        page: &'static str,
        message: &(dyn Fn(String, String) -> Message + Sync),
        event: Event,
    ) -> Result<PendingChallenge, Error> {
        let email_challenges = self.email_challenges();
        email_challenges.outbox.require()?;
        let email = Email::parse(typed).map_err(|code| Error::on(Field::Email, code))?;
        email_challenges.count(actor).await?;
        let pending_challenge = email_challenges.pending_challenge(actor, &email);
        let mut work = self.recorder().begin(actor).await?;
        let key = Identifier::Email(email.key().to_owned());
        let found = users::by_identifier(&mut work.tx, &key).await?.map(|found| found.user);
        // Looked up for everybody, so that nobody's mail takes longer than another's.
        let whose = found.as_ref().map_or(users::NOBODY, |user| user.id);
        let factors = factors_of(&mut work.tx, whose).await?;
        let of_use = purpose != Purpose::RecoveryStart || factors.wanted();
        let user = found.as_ref().filter(|user| user.may_enter() && of_use);
        let ask = Ask {
            purpose,
            to: &email,
            user,
            reader: user,
            language: actor.origin.language.as_deref(),
            real: user.is_some(),
            counted: None,
            payload: None,
            pending_challenge: Some(&pending_challenge),
            page,
            message,
            event,
        };
        email_challenges.ask(&mut work, ask).await?;
        work.commit().await?;
        Ok(pending_challenge)
    }

    /// Whether a link to set a new password would still work. Looking uses nothing up.
    pub async fn reset_open(&self, token: &str) -> Result<bool, Error> {
        Ok(self
            .email_challenges()
            .peek(Purpose::PasswordReset, PresentedToken::Secret(token))
            .await?
            .is_some())
    }

    /// Takes the six digits of a mail, in the browser that asked for it. The answer is a token to set the new password
    /// with. Err([`Code::BadOtp`]).
    pub async fn reset_code(&self, actor: &Actor, code: &str) -> Result<String, Error> {
        let known = self.email_challenges().judge_code(actor, Purpose::PasswordReset, code).await?;
        let mut tx = self.store().write().await?;
        let secret = self.tokens().reissue(&mut tx, known).await?;
        tx.commit().await?;
        Ok(secret)
    }

    /// Sets a new password by the token of a link. All sessions end; second factors stay.
    pub async fn reset_password(&self, actor: &Actor, token: &str, new: &str) -> Result<(), Error> {
        let gone = || Error::on(Field::Token, Code::BadToken);
        let presented = PresentedToken::Secret(token);
        let found =
            self.email_challenges().peek(Purpose::PasswordReset, presented).await?.ok_or_else(gone)?;
        let id = found.user_id.ok_or_else(gone)?;
        let user = users::by_id(&mut self.store().read().await?, id).await?.ok_or_else(gone)?.user;
        let email = user.email.as_deref().unwrap_or_default();
        let about = guessable(&self.settings().app.name, &user.username, email);
        let accepted = self.passwords().accept(new, &about).await?;
        let accepted = accepted.map_err(|code| Error::on(Field::Password, code))?;
        let hash = self.passwords().hash(accepted.password()).await?;

        let mut work = self.recorder().begin(actor).await?;
        let now = work.now();
        users::lock(&mut work.tx, id).await?;
        let user = users::by_id(&mut work.tx, id).await?.ok_or_else(gone)?.user;
        let used = self.tokens().redeem(&mut work.tx, Purpose::PasswordReset, presented).await?;
        if !users::reset_password(&mut work.tx, id, &used.subject, &hash, now).await? {
            return Err(gone());
        }
        let ended = end_all_of(&mut work.tx, id, None, "password_reset", now).await?;
        // A thief's browser is known no longer; this one's owner has just read the mail.
        forget_devices(&mut work.tx, id, actor.origin.device_secret.as_ref()).await?;
        distrust_devices(&mut work.tx, id).await?;
        self.tokens().void_of(&mut work.tx, id, ASKED_WITH_PASSWORD).await?;
        // The owner is there: strangers' guesses close the account to nobody any more.
        self.limits().unlock(&mut work.tx, id).await?;
        work.record(Entry::new(Event::PasswordResetCompleted).to(id).with("sessions_ended", ended));
        if user.email_verified_at.is_none() {
            self.take_factors_from_strangers(&mut work, id).await?;
            work.record(Entry::new(Event::EmailVerified).to(id));
        }
        self.tell_password_changed(&mut work, actor, &user).await?;
        work.commit_evicting(self.cache(), &[Evict::User(id)]).await
    }

    /// A token to choose a password with, for somebody who has just proved that the address is theirs, as part of `work`.
    pub(crate) async fn let_choose_password(&self, work: &mut Change, user: &User) -> Result<String, Error> {
        let address = Email::parse(user.email.as_deref().unwrap_or_default());
        let address = address.map_err(|code| Error::on(Field::Email, code))?;
        let token = NewToken {
            purpose: Purpose::PasswordReset,
            user: Some(user.id),
            subject: address.key(),
            payload: None,
            lifetime: self.settings().tokens.expiry,
            browser: None,
            told: true,
        };
        Ok(self.tokens().issue(&mut work.tx, token).await?.secret)
    }

    /// Tells somebody that their password was changed, as part of `work`.
    pub(crate) async fn tell_password_changed(
        &self,
        work: &mut Change,
        actor: &Actor,
        user: &User,
    ) -> Result<(), Error> {
        let circumstances = Circumstances::of(&actor.origin, work.now());
        let link = self.email_challenges().link(paths::FORGOT_PASSWORD, None);
        self.email_challenges().tell(work, user, Message::PasswordChanged { circumstances, link }).await
    }
}
