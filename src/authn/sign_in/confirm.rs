//! Confirming who one is, for acts that a thief of an open session must not do (OWASP ASVS 5.0 7.5.1, 7.5.3).

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

/// By what somebody can confirm who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Confirms {
    /// A passkey.
    Passkey,
    /// Their password; only for people without a second factor.
    Password,
    /// A code of their app.
    Totp,
    /// A backup code.
    BackupCode,
    /// A mail, for people who have nothing else.
    Mail,
}

/// What somebody shows to confirm who they are: one of them.
#[derive(Clone, Default, Deserialize)]
pub struct Confirmation {
    /// Their password.
    pub password: String,
    /// A code of their app, or a backup code.
    pub code: String,
    /// What a passkey answered: see [`StepUp::ask_for_passkey`].
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
        // One may have been added while the password was judged.
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
    /// By what the person who asks can confirm who they are, the best first. Empty when they have nothing: not even an
    /// address to which mails are sent.
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
        // Who has a second factor shows it: whoever stole session and password must not take it off.
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

    /// Notes that the person who asks has confirmed who they are, in the session that asks: for STEP_UP_SECONDS. Tries are
    /// limited as at sign-in. Err beside its field: [`Code::WrongPassword`], [`Code::BadOtp`].
    pub async fn confirm(&self, actor: &Actor, typed: &Confirmation) -> Result<(), Error> {
        self.judge(actor, typed).await
    }

    /// Sends a mail to confirm by, to people who have nothing else. Err([`Code::NotFound`]) for the others.
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

    /// Confirms by what that mail brought, in a session of the account that it went to. Err beside its field:
    /// [`Code::BadToken`], [`Code::BadOtp`].
    pub async fn confirm_by_email(&self, actor: &Actor, proof: &Proof) -> Result<(), Error> {
        let id = actor.session_user()?.user.id;
        // Asked for before there was anything better.
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
        // The address of then: one that was changed since proves nothing.
        if found.user_id != Some(id) || address.is_none_or(|address| address.key() != found.subject) {
            return Err(Error::on(Field::Token, Code::BadToken));
        }
        self.confirmed(work, actor, "mail").await
    }

    /// Requires that the caller re-authenticated within STEP_UP_SECONDS.
    ///
    /// # Errors
    ///
    /// [`Code::StepUpRequired`] otherwise.
    pub fn require(&self, actor: &Actor) -> Result<(), Error> {
        self.deps.require_confirmed(actor)
    }
}
