//! Making an account where mails are sent: there is none before its address is proved.
//!
//! So nobody can take a name or an address that is not theirs, and whoever tries an address learns nothing: a new one and
//! one that has an account are answered alike, and the name that was typed is free afterwards in both cases.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Accepted;
use super::by_passkey::FirstPasskey;
use crate::accounts::users::{self, NewUser};
use crate::audit::{Entry, Event};
use crate::auth::Auth;
use crate::authn::email_challenge::{Ask, Proof};
use crate::authn::sign_in::SignedIn;
use crate::authn::tokens::{Found, Purpose, Shown, is_kept};
use crate::authz::actor::{Actor, Waiting};
use crate::foundation::error::Error;
use crate::foundation::names::{Email, Identifier, Username};
use crate::mail::Message;
use crate::model::code::{Code, Field};
use crate::model::paths;
use crate::model::role;

/// An account that waits for its address to be proved.
#[derive(Serialize, Deserialize)]
struct Pending {
    username: String,
    email: String,
    /// None for an account that is made with a passkey.
    password_hash: Option<String>,
    language: Option<String>,
    #[serde(default)]
    passkey: Option<FirstPasskey>,
}

/// What a sign-up led to.
#[derive(Clone)]
pub enum SignedUp {
    /// The account is there, and signed in.
    In(SignedIn),
    /// A mail is under way: the browser keeps this, and the account is made when its address is proved.
    Inbox(Waiting),
}

impl SignedUp {
    /// The account that is there at once, as it always is where no mails are sent (EMAIL_ENABLED).
    /// Err([`Code::EmailNotVerified`]) when a mail is under way.
    pub fn signed_in(self) -> Result<SignedIn, Error> {
        match self {
            Self::In(signed_in) => Ok(signed_in),
            Self::Inbox(_) => Err(Code::EmailNotVerified.into()),
        }
    }
}

/// What proving an address led to.
#[derive(Clone)]
pub enum Confirmed {
    /// An account was made and signed in: in the browser that asked for it.
    In(SignedIn),
    /// The address is proved, in another browser than the one in which a password was typed. That one may be a stranger's,
    /// so that it does not count: a new one is set with this token, see [`Auth::reset_password`].
    ChoosePassword(String),
    /// The address of an account that was there is proved.
    Proved,
}

/// What a link to prove an address is about, for the page to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToConfirm {
    /// The address.
    pub email: String,
    /// The username of the account that it makes; None when the account is there already.
    pub username: Option<String>,
}

impl Auth {
    /// Takes a sign-up, and sends a mail: to prove the address, or to tell its owner that they have an account.
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
        self.send_sign_up(actor, &pending).await.map(SignedUp::Inbox)
    }

    /// Sends the mail of the sign-up that this browser waits for once more. Err([`Code::BadToken`]) when it ran out: the
    /// form has to be filled in again.
    pub async fn resend_sign_up(&self, actor: &Actor) -> Result<Waiting, Error> {
        self.inbox().outbox.require()?;
        let gone = || Error::on(Field::Token, Code::BadToken);
        let waiting = actor.origin.waiting.as_ref().ok_or_else(gone)?;
        self.inbox().count(actor).await?;
        let mut conn = self.store().read().await?;
        let found = self.tokens().of_browser(&mut conn, Purpose::SignUp, &waiting.secret).await?;
        drop(conn);
        let pending: Pending = self.inbox().open(&found.ok_or_else(gone)?)?;
        self.send_sign_up(actor, &pending).await
    }

    async fn send_sign_up(&self, actor: &Actor, pending: &Pending) -> Result<Waiting, Error> {
        self.sign_up_is_open()?;
        let username = Username::parse(&pending.username).map_err(|code| Error::on(Field::Username, code))?;
        let email = Email::parse(&pending.email).map_err(|code| Error::on(Field::Email, code))?;
        let inbox = self.inbox();
        let waiting = inbox.waiting(actor, &email);
        let mut work = self.recorder().begin(actor).await?;
        let now = work.now();
        let name = Identifier::Username(username.key().to_owned());
        if users::by_identifier(&mut work.tx, &name).await?.is_some() {
            return Err(Error::on(Field::Username, Code::UsernameTaken));
        }
        let address = Identifier::Email(email.key().to_owned());
        let owner = users::by_identifier(&mut work.tx, &address).await?.map(|found| found.user);
        let kept = is_kept(&mut work.tx, email.key(), None, now).await?;
        let (sign_in, reset) = (inbox.link(paths::LOGIN, None), inbox.link(paths::FORGOT_PASSWORD, None));
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
            payload: Some(inbox.seal(pending)?),
            waiting: Some(&waiting),
            page: paths::VERIFY_EMAIL,
            message: &message,
            event: Event::SignUpRequested,
        };
        inbox.ask(&mut work, ask).await?;
        work.commit().await?;
        Ok(waiting)
    }

    /// What a link to prove an address is about; None when it does not work any more. Looking uses nothing up.
    pub async fn to_confirm(&self, token: &str) -> Result<Option<ToConfirm>, Error> {
        let shown = Shown::Secret(token);
        if let Some(found) = self.inbox().peek(Purpose::SignUp, shown).await? {
            let pending: Pending = self.inbox().open(&found)?;
            return Ok(Some(ToConfirm { email: pending.email, username: Some(pending.username) }));
        }
        let found = self.inbox().peek(Purpose::VerifyEmail, shown).await?;
        Ok(found.map(|found| ToConfirm { email: found.subject, username: None }))
    }

    /// Proves an address: makes the account that was asked for with it, or notes that the address of one is its owner's.
    ///
    /// `username` is another one, for when the one that was asked for was taken meanwhile. Err beside its field:
    /// [`Code::UsernameTaken`], [`Code::EmailTaken`], [`Code::BadToken`], [`Code::BadOtp`]. Then nothing is used up.
    pub async fn confirm_email(
        &self,
        actor: &Actor,
        proof: &Proof,
        username: Option<&str>,
    ) -> Result<Confirmed, Error> {
        match proof {
            Proof::Link(token) => {
                let shown = Shown::Secret(token);
                if let Some(found) = self.inbox().peek(Purpose::VerifyEmail, shown).await? {
                    return self.prove_email(actor, shown, &found).await;
                }
                self.make_account(actor, shown, username).await
            }
            Proof::Code(code) => {
                let waiting = actor.origin.waiting.as_ref();
                let secret = waiting.ok_or_else(|| Error::on(Field::Code, Code::BadOtp))?.secret;
                let mut conn = self.store().read().await?;
                let signs_up = self.tokens().of_browser(&mut conn, Purpose::SignUp, &secret).await?.is_some();
                drop(conn);
                let purpose = if signs_up { Purpose::SignUp } else { Purpose::VerifyEmail };
                let shown = Shown::Known(self.inbox().judge_code(actor, purpose, code).await?);
                if signs_up {
                    return self.make_account(actor, shown, username).await;
                }
                let found = self.inbox().peek(purpose, shown).await?;
                let found = found.ok_or_else(|| Error::on(Field::Code, Code::BadOtp))?;
                self.prove_email(actor, shown, &found).await
            }
        }
    }

    async fn make_account(
        &self,
        actor: &Actor,
        shown: Shown<'_>,
        username: Option<&str>,
    ) -> Result<Confirmed, Error> {
        self.sign_up_is_open()?;
        let mut work = self.recorder().begin(actor).await?;
        let found: Found = self.tokens().redeem(&mut work.tx, Purpose::SignUp, shown).await?;
        let here = found.is_of(actor.origin.waiting.as_ref().map(|waiting| &waiting.secret));
        let pending: Pending = self.inbox().open(&found)?;
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
            // Who typed it elsewhere may be somebody else, and would have the key to this person's account. So with the
            // passkey.
            password_hash: pending.password_hash.filter(|_| here),
            is_system: false,
            language: pending.language,
        };
        let id = self.users.insert(&mut work, new).await?;
        self.give(&mut work, id, role::USER).await?;
        work.record(Entry::new(Event::EmailVerified).to(id));
        if let Some(first) = &passkey {
            self.passkeys.insert(&mut work, id, None, &first.made).await?;
        }
        let user = users::by_id(&mut work.tx, id).await?.ok_or(Code::NotFound)?.user;
        let welcome = Message::Welcome { link: self.inbox().link(paths::DASHBOARD, None) };
        self.inbox().tell(&mut work, &user, welcome).await?;
        if here {
            return self.login().welcome(work, actor, id, "sign_up").await.map(Confirmed::In);
        }
        let token = self.let_choose_password(&mut work, &user).await?;
        work.commit().await?;
        Ok(Confirmed::ChoosePassword(token))
    }
}
