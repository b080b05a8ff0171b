//! Creating an account where the server sends email: there is none until its address is verified.
//!
//! So no one can take a username or an address that is not theirs, and a client that tries an
//! address learns nothing: a new address and one that has an account get the same response, and the
//! username stays free in both cases.

use super::{SignUpFlow, give_built_in};
use crate::authn::credential_reset::issue_password_token;
use crate::authn::email_addresses::Confirmed;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Accepted;
use super::by_passkey::FirstPasskey;
use crate::accounts::users::{self, NewUser};
use crate::audit::{Entry, Event};
use crate::authn::email_challenge::{Ask, Proof};
use crate::authn::sign_in::SignedIn;
use crate::authn::tokens::{Found, PresentedToken, Purpose, is_kept};
use crate::authz::actor::{Actor, PendingChallenge};
use crate::foundation::error::Error;
use crate::foundation::names::{Email, Identifier, Username};
use crate::mail::Message;
use crate::model::code::{Code, Field};
use crate::model::paths;
use crate::model::role;

/// An account that waits until its address is verified.
#[derive(Serialize, Deserialize)]
struct Pending {
    username: String,
    email: String,
    /// `None` for an account that is created with a passkey.
    password_hash: Option<String>,
    language: Option<String>,
    #[serde(default)]
    passkey: Option<FirstPasskey>,
}

/// The result of a sign-up.
#[derive(Clone)]
pub enum SignedUp {
    /// The account exists, and the user is signed in.
    In(SignedIn),
    /// An email is under way. The browser keeps this, and the account is created when its address
    /// is verified.
    EmailChallenge(PendingChallenge),
}

impl SignedUp {
    /// Returns the session of an account that was created at once, as it always is where the server
    /// sends no email (EMAIL_ENABLED).
    ///
    /// # Errors
    ///
    /// [`Code::EmailNotVerified`] when an email is under way instead.
    pub fn signed_in(self) -> Result<SignedIn, Error> {
        match self {
            Self::In(signed_in) => Ok(signed_in),
            Self::EmailChallenge(_) => Err(Code::EmailNotVerified.into()),
        }
    }
}

/// What a verification link is about, for its page to display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToConfirm {
    /// The email address.
    pub email: String,
    /// The username of the account that the link creates. `None` when the account already exists.
    pub username: Option<String>,
}

impl SignUpFlow {
    /// Accepts a sign-up and sends an email, which verifies the address or tells its owner that
    /// they have an account.
    pub(super) async fn sign_up_by_mail(
        &self,
        actor: &Actor,
        accepted: Accepted,
        password_hash: Option<String>,
        passkey: Option<FirstPasskey>,
    ) -> Result<SignedUp, Error> {
        let pending = Pending {
            username: accepted.username.as_str().to_owned(),
            email: accepted.email.as_str().to_owned(),
            password_hash,
            language: actor.origin.language.clone(),
            passkey,
        };
        self.send_sign_up(actor, &pending).await.map(SignedUp::EmailChallenge)
    }

    /// Sends the email again for the sign-up that is pending in this browser.
    ///
    /// # Errors
    ///
    /// - [`Code::MailOff`] when the server sends no email.
    /// - [`Code::SignupClosed`] without SIGNUP_ENABLED.
    /// - [`Code::BadToken`], on its field, when the sign-up has expired: the user must fill in the
    ///   form again.
    /// - [`Code::UsernameTaken`], on its field, when another user has the username by now.
    /// - [`Code::TooManyAttempts`] when the client asked for too many emails.
    pub async fn resend(&self, actor: &Actor) -> Result<PendingChallenge, Error> {
        self.deps.outbox.require()?;
        let gone = || Error::on(Field::Token, Code::BadToken);
        let pending_challenge = actor.origin.pending_challenge.as_ref().ok_or_else(gone)?;
        self.deps.email_challenges.count(actor).await?;
        let mut conn = self.deps.store.read().await?;
        let found =
            self.deps.tokens.of_browser(&mut conn, Purpose::SignUp, &pending_challenge.secret).await?;
        drop(conn);
        let pending: Pending = self.deps.tokens.open(&found.ok_or_else(gone)?)?;
        self.send_sign_up(actor, &pending).await
    }

    async fn send_sign_up(&self, actor: &Actor, pending: &Pending) -> Result<PendingChallenge, Error> {
        self.sign_up_is_open()?;
        let username = Username::parse(&pending.username).map_err(|code| Error::on(Field::Username, code))?;
        let email = Email::parse(&pending.email).map_err(|code| Error::on(Field::Email, code))?;
        let email_challenges = &self.deps.email_challenges;
        let pending_challenge = email_challenges.pending_challenge(actor, &email);
        let mut work = self.deps.recorder.begin(actor).await?;
        let now = work.now();
        let name = Identifier::Username(username.key().to_owned());
        if users::by_identifier(&mut work.tx, &name).await?.is_some() {
            return Err(Error::on(Field::Username, Code::UsernameTaken));
        }
        let address = Identifier::Email(email.key().to_owned());
        let owner = users::by_identifier(&mut work.tx, &address).await?.map(|found| found.user);
        let kept = is_kept(&mut work.tx, email.key(), None, now).await?;
        let (sign_in, reset) =
            (email_challenges.link(paths::LOGIN, None), email_challenges.link(paths::FORGOT_PASSWORD, None));
        let message = |link, code| match &owner {
            Some(_) => Message::SignUpTaken { sign_in: sign_in.clone(), reset: reset.clone() },
            None => Message::SignUp { link, code },
        };
        let ask = Ask {
            purpose: Purpose::SignUp,
            to: &email,
            user: None,
            reader: owner.as_ref(),
            language: pending.language.as_deref(),
            real: owner.as_ref().map_or(!kept, users::User::may_enter),
            counted: None,
            payload: Some(self.deps.tokens.seal(pending)?),
            pending_challenge: Some(&pending_challenge),
            page: paths::VERIFY_EMAIL,
            message: &message,
            event: Event::SignUpRequested,
        };
        email_challenges.ask(&mut work, ask).await?;
        work.commit().await?;
        Ok(pending_challenge)
    }

    /// Returns what a verification link is about. `None` when it no longer works. Does not redeem
    /// it.
    pub async fn to_confirm(&self, token: &str) -> Result<Option<ToConfirm>, Error> {
        let presented = PresentedToken::Secret(token);
        if let Some(found) = self.deps.peek(Purpose::SignUp, presented).await? {
            let pending: Pending = self.deps.tokens.open(&found)?;
            return Ok(Some(ToConfirm { email: pending.email, username: Some(pending.username) }));
        }
        let found = self.deps.peek(Purpose::VerifyEmail, presented).await?;
        Ok(found.map(|found| ToConfirm { email: found.subject, username: None }))
    }

    /// Verifies an address: creates the account that was requested with it, or marks the address of
    /// an existing account as verified.
    ///
    /// `username` replaces the requested username, for when that was taken meanwhile. An error does
    /// not use up the proof.
    ///
    /// # Errors
    ///
    /// - [`Code::UsernameTaken`] and [`Code::EmailTaken`], on their fields, when another account
    ///   has them.
    /// - [`Code::BadToken`], on its field, when the link no longer works.
    /// - [`Code::Required`] or [`Code::BadOtp`], on the field `code`, when a code is missing or
    ///   wrong.
    /// - [`Code::SignupClosed`] when the account would be created without SIGNUP_ENABLED.
    /// - [`Code::TooManyAttempts`] when the client tried too many codes.
    pub async fn confirm_email(
        &self,
        actor: &Actor,
        proof: &Proof,
        username: Option<&str>,
    ) -> Result<Confirmed, Error> {
        match proof {
            Proof::Link(token) => {
                let presented = PresentedToken::Secret(token);
                if let Some(found) = self.deps.peek(Purpose::VerifyEmail, presented).await? {
                    return self.email_addresses.prove_email(actor, presented, &found).await;
                }
                self.make_account(actor, presented, username).await
            }
            Proof::Code(code) => {
                let pending_challenge = actor.origin.pending_challenge.as_ref();
                let secret = pending_challenge.ok_or_else(|| Error::on(Field::Code, Code::BadOtp))?.secret;
                let mut conn = self.deps.store.read().await?;
                let signs_up =
                    self.deps.tokens.of_browser(&mut conn, Purpose::SignUp, &secret).await?.is_some();
                drop(conn);
                let purpose = if signs_up { Purpose::SignUp } else { Purpose::VerifyEmail };
                let presented =
                    PresentedToken::Known(self.deps.email_challenges.judge_code(actor, purpose, code).await?);
                if signs_up {
                    return self.make_account(actor, presented, username).await;
                }
                let found = self.deps.peek(purpose, presented).await?;
                let found = found.ok_or_else(|| Error::on(Field::Code, Code::BadOtp))?;
                self.email_addresses.prove_email(actor, presented, &found).await
            }
        }
    }

    async fn make_account(
        &self,
        actor: &Actor,
        presented: PresentedToken<'_>,
        username: Option<&str>,
    ) -> Result<Confirmed, Error> {
        self.sign_up_is_open()?;
        let mut work = self.deps.recorder.begin(actor).await?;
        let found: Found = self.deps.tokens.redeem(&mut work.tx, Purpose::SignUp, presented).await?;
        let here = found.is_of(
            actor.origin.pending_challenge.as_ref().map(|pending_challenge| &pending_challenge.secret),
        );
        let pending: Pending = self.deps.tokens.open(&found)?;
        let username = username.filter(|other| !other.trim().is_empty()).unwrap_or(&pending.username);
        let username = Username::parse(username).map_err(|code| Error::on(Field::Username, code))?;
        let email = Email::parse(&pending.email).map_err(|code| Error::on(Field::Email, code))?;
        let passkey = pending.passkey.filter(|_| here);
        let new = NewUser {
            id: passkey.as_ref().map(|first| first.user),
            username,
            email: Some(email),
            email_verified: true,
            first_name: None,
            last_name: None,
            metadata: json!({}),
            // If the link is opened in another browser, someone else may have typed the password,
            // and would have the key to this user's account. The same holds for the passkey.
            password_hash: pending.password_hash.filter(|_| here),
            is_system: false,
            language: pending.language,
        };
        let id = self.deps.users.insert(&mut work, new).await?;
        give_built_in(&self.deps, &mut work, id, role::USER).await?;
        work.record(Entry::new(Event::EmailVerified).to(id));
        if let Some(first) = &passkey {
            self.passkeys.insert(&mut work, id, None, &first.made).await?;
        }
        let user = users::by_id(&mut work.tx, id).await?.ok_or(Code::NotFound)?.user;
        let welcome = Message::Welcome { link: self.deps.email_challenges.link(paths::DASHBOARD, None) };
        self.deps.email_challenges.tell(&mut work, &user, welcome).await?;
        if here {
            return self.sign_in.start_first_session(work, actor, id, "sign_up").await.map(Confirmed::In);
        }
        let token = issue_password_token(&self.deps, &mut work, &user).await?;
        work.commit().await?;
        Ok(Confirmed::ChoosePassword(token))
    }
}
