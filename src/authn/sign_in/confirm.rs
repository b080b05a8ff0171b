//! Re-authentication in a session (step-up), before operations that a thief of an open session must
//! not perform (OWASP ASVS 5.0 7.5.1, 7.5.3).

use crate::authn::deps::Deps;
use serde::{Deserialize, Serialize};

use super::SignInFlow;
use crate::accounts::users::{self, Credentials};
use crate::audit::{Change, Entry, Event};
use crate::authn::email_challenge::{Ask, Proof};
use crate::authn::mfa::{Factor, factors_of};
use crate::authn::sessions::{lock_holder, set_confirmed};
use crate::authn::tokens::Purpose;
use crate::authz::actor::{Actor, PendingChallenge};
use crate::authz::snapshot_cache::Evict;
use crate::foundation::crypto::strength::Password;
use crate::foundation::error::Error;
use crate::foundation::names::Email;
use crate::mail::Message;
use crate::model::code::{Code, Field};
use crate::model::paths;

/// A way to re-authenticate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Confirms {
    /// A passkey.
    Passkey,
    /// The password. Only for users without a second factor.
    Password,
    /// A code from the authenticator app.
    Totp,
    /// A backup code.
    BackupCode,
    /// An email, for users who have nothing else.
    Mail,
}

/// What a user presents to re-authenticate. One field is filled.
#[derive(Clone, Default, Deserialize)]
pub struct Confirmation {
    /// The password.
    pub password: String,
    /// A code from the authenticator app, or a backup code.
    pub code: String,
    /// The response of a passkey: see [`SignInFlow::passkey_prompt`].
    pub passkey: String,
}

/// Re-authentication in a session (step-up).
#[derive(Clone)]
pub struct StepUp {
    deps: Deps,
    sign_in: SignInFlow,
}

impl StepUp {
    pub(crate) fn new(deps: Deps, sign_in: SignInFlow) -> Self {
        Self { deps, sign_in }
    }

    async fn judge(&self, actor: &Actor, typed: &Confirmation) -> Result<(), Error> {
        let id = actor.session_user()?.user.id;
        if !typed.passkey.is_empty() {
            let (work, _, factor) =
                self.sign_in.judge_passkey_of(actor, id, &typed.passkey, Event::ConfirmationFailed).await?;
            return self.confirmed(work, actor, factor.as_str()).await;
        }
        if !typed.code.trim().is_empty() {
            let (work, _, factor) =
                self.sign_in.judge_factor(actor, id, &typed.code, Event::ConfirmationFailed).await?;
            return self.confirmed(work, actor, factor.as_str()).await;
        }
        let mut conn = self.deps.store.read().await?;
        let found = users::by_id(&mut conn, id).await?.ok_or(Code::NotFound)?;
        let by_password = found.user.has_password && !factors_of(&mut conn, id).await?.wanted();
        drop(conn);
        if typed.password.is_empty() || !by_password {
            let field = if by_password { Field::Password } else { Field::Code };
            return Err(Error::on(field, Code::Required));
        }
        let password = Password::typed(&typed.password).map_err(|code| Error::on(Field::Password, code))?;
        self.sign_in
            .judge_password(actor, &found, &password, (Field::Password, Event::ConfirmationFailed))
            .await?;
        let mut work = self.deps.recorder.begin(actor).await?;
        lock_holder(&mut work, actor).await?;
        // A second factor may have been added while the password was checked.
        if factors_of(&mut work.tx, id).await?.wanted() {
            return Err(Error::on(Field::Code, Code::Required));
        }
        self.confirmed(work, actor, "password").await
    }

    async fn confirmed(&self, mut work: Change, actor: &Actor, by: &'static str) -> Result<(), Error> {
        let snapshot = actor.session_user()?;
        let now = work.now();
        if !set_confirmed(&mut work.tx, actor.session()?.id, now).await? {
            return Err(Code::NotAuthenticated.into());
        }
        work.record(Entry::new(Event::Confirmed).to(snapshot.user.id).with("method", by));
        work.commit_evicting(self.deps.sessions.cache(), &[Evict::Session(actor.session()?.id)]).await
    }
}

impl StepUp {
    /// Returns the ways in which the caller can re-authenticate, the best first. Empty when they
    /// have none, not even an address to which the server sends email.
    ///
    /// # Errors
    ///
    /// [`Code::NotAuthenticated`] when the caller has no session.
    pub async fn methods(&self, actor: &Actor) -> Result<Vec<Confirms>, Error> {
        let id = actor.session_user()?.user.id;
        let mut conn = self.deps.store.read().await?;
        let found: Credentials = users::by_id(&mut conn, id).await?.ok_or(Code::NotFound)?;
        let factors = factors_of(&mut conn, id).await?;
        let by = factors.usable().into_iter().map(|factor| match factor {
            Factor::Passkey => Confirms::Passkey,
            Factor::Totp => Confirms::Totp,
            Factor::BackupCode => Confirms::BackupCode,
        });
        let mut ways: Vec<Confirms> = by.collect();
        // A user with a second factor must present it: a thief of the session and the password must
        // not be able to remove it.
        if factors.wanted() {
            return Ok(ways);
        }
        if found.user.has_password {
            ways.push(Confirms::Password);
        } else if found.user.email.is_some() && self.deps.email_challenges.sends() {
            ways.push(Confirms::Mail);
        }
        Ok(ways)
    }

    /// Re-authenticates the caller in the current session, for STEP_UP_SECONDS. Attempts are
    /// limited as at sign-in.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the caller has no session.
    /// - On the field `password`: [`Code::Required`], [`Code::WrongPassword`].
    /// - On the field `code`: [`Code::Required`], [`Code::BadOtp`].
    /// - On the field `passkey`, the codes of [`SignInFlow::with_passkey`] for a response that is
    ///   refused.
    /// - [`Code::TooManyAttempts`] after too many wrong passwords or codes.
    pub async fn confirm(&self, actor: &Actor, typed: &Confirmation) -> Result<(), Error> {
        self.judge(actor, typed).await
    }

    /// Sends an email with which a caller who has nothing else can re-authenticate.
    ///
    /// # Errors
    ///
    /// - [`Code::MailOff`] when the server sends no email.
    /// - [`Code::NotAuthenticated`] when the caller has no session.
    /// - [`Code::NotFound`] when the caller can re-authenticate in another way.
    pub async fn request_email(&self, actor: &Actor) -> Result<PendingChallenge, Error> {
        let email_challenges = &self.deps.email_challenges;
        self.deps.outbox.require()?;
        if self.methods(actor).await? != [Confirms::Mail] {
            return Err(Code::NotFound.into());
        }
        let id = actor.session_user()?.user.id;
        let mut work = self.deps.recorder.begin(actor).await?;
        let user = users::by_id(&mut work.tx, id).await?.ok_or(Code::NotFound)?.user;
        let address = Email::parse(user.email.as_deref().unwrap_or_default());
        let address = address.map_err(|code| Error::on(Field::Email, code))?;
        let pending_challenge = email_challenges.pending_challenge(actor, &address);
        let ask = Ask {
            purpose: Purpose::Confirm,
            to: &address,
            user: Some(&user),
            reader: Some(&user),
            language: None,
            real: true,
            counted: None,
            payload: None,
            pending_challenge: Some(&pending_challenge),
            page: paths::CONFIRM,
            message: &|link, code| Message::ConfirmAct { act: "change_account".to_owned(), link, code },
            event: Event::ConfirmationRequested,
        };
        email_challenges.ask(&mut work, ask).await?;
        work.commit().await?;
        Ok(pending_challenge)
    }

    /// Re-authenticates with the link or the code of that email, in a session of the account to
    /// which it was sent.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the caller has no session.
    /// - [`Code::BadToken`], on its field, when the link no longer works, or the caller can
    ///   re-authenticate in another way.
    /// - [`Code::Required`] or [`Code::BadOtp`], on the field `code`, when a code is missing or
    ///   wrong.
    /// - [`Code::TooManyAttempts`] when the client tried too many codes.
    pub async fn confirm_by_email(&self, actor: &Actor, proof: &Proof) -> Result<(), Error> {
        let id = actor.session_user()?.user.id;
        // The user may have requested the email before they had anything better.
        if self.methods(actor).await? != [Confirms::Mail] {
            return Err(Error::on(Field::Token, Code::BadToken));
        }
        let presented = self.deps.email_challenges.judge(actor, Purpose::Confirm, proof).await?;
        let mut work = self.deps.recorder.begin(actor).await?;
        lock_holder(&mut work, actor).await?;
        if factors_of(&mut work.tx, id).await?.wanted() {
            return Err(Error::on(Field::Token, Code::BadToken));
        }
        let found = self.deps.tokens.redeem(&mut work.tx, Purpose::Confirm, presented).await?;
        let user = users::by_id(&mut work.tx, id).await?.ok_or(Code::NotFound)?.user;
        let address = user.email.as_deref().and_then(|address| Email::parse(address).ok());
        // The email went to the address of that time. If the address has changed since, it proves
        // nothing.
        if found.user_id != Some(id) || address.is_none_or(|address| address.key() != found.subject) {
            return Err(Error::on(Field::Token, Code::BadToken));
        }
        self.confirmed(work, actor, "mail").await
    }

    /// Checks that the caller authenticated within STEP_UP_SECONDS.
    ///
    /// # Errors
    ///
    /// As for [`Actor::confirmed_within`].
    pub fn require(&self, actor: &Actor) -> Result<(), Error> {
        self.deps.require_confirmed(actor)
    }
}
