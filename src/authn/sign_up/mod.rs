//! Creating an account, by self-service sign-up or as the first administrator.

mod by_email;
mod by_passkey;

pub use by_email::{SignedUp, ToConfirm};
pub use by_passkey::PasskeySignUp;

use crate::authn::deps::Deps;
use crate::authn::email_addresses::EmailAddresses;
use crate::authn::passkeys::Passkeys;
use crate::authn::sign_in::SignInFlow;
use serde::Deserialize;
use serde_json::json;

use crate::accounts::users::{NewUser, guessable};
use crate::audit::{Change, Entry, Event};
use crate::authn::sign_in::SignedIn;
use crate::authn::tokens::{NewToken, PresentedToken, Purpose};
use crate::authz::actor::Actor;
use crate::authz::roles;
use crate::foundation::crypto::password::Passwords;
use crate::foundation::crypto::strength::NewPassword;
use crate::foundation::error::{Error, Problem};
use crate::foundation::names::{Email, Username};
use crate::model::code::{Code, Field};
use crate::model::id::UserId;
use crate::model::paths;
use crate::model::role;
use crate::model::scope::Scope;

/// What a user types to create an account.
#[derive(Clone, Default, Deserialize)]
pub struct SignUp {
    /// The username.
    pub username: String,
    /// The email address.
    pub email: String,
    /// The password.
    pub password: String,
}

/// A sign-up whose username and email address are valid.
struct Accepted {
    username: Username,
    email: Email,
}

/// Creates accounts.
#[derive(Clone)]
pub struct SignUpFlow {
    deps: Deps,
    sign_in: SignInFlow,
    passkeys: Passkeys,
    email_addresses: EmailAddresses,
}

impl SignUpFlow {
    pub(crate) fn new(
        deps: Deps,
        sign_in: SignInFlow,
        passkeys: Passkeys,
        email_addresses: EmailAddresses,
    ) -> Self {
        Self { deps, sign_in, passkeys, email_addresses }
    }

    /// Creates an account and signs in to it. Where the server sends email, it first sends one, and
    /// creates the account once the address is verified ([`SignUpFlow::confirm_email`]).
    ///
    /// An email address that already has an account is not reported: its owner is told by email.
    ///
    /// # Errors
    ///
    /// - [`Code::SignupClosed`] without SIGNUP_ENABLED.
    /// - On its field, and all at once, everything else that is wrong with the form.
    /// - [`Code::UsernameTaken`], on its field, when another user has the username.
    /// - [`Code::EmailTaken`], on its field, only where the server sends no email.
    /// - [`Code::TooManyAttempts`] when too many accounts were created from the client's IP
    ///   address.
    /// - [`Code::Busy`] when the server is busy hashing passwords.
    pub async fn with_password(&self, actor: &Actor, typed: &SignUp) -> Result<SignedUp, Error> {
        self.sign_up_is_open()?;
        let (accepted, password) = self.accept(typed, true).await?;
        self.sign_in.count_sign_up(actor).await?;
        let hash = self.deps.passwords.hash(password.password()).await?;
        if self.deps.settings.email.enabled {
            return self.sign_up_by_mail(actor, accepted, Some(hash), None).await;
        }
        let mut work = self.deps.recorder.begin(actor).await?;
        let language = actor.origin.language.clone();
        let user = self.create(&mut work, None, accepted, Some(hash), language).await?;
        self.sign_in.start_first_session(work, actor, user, "sign_up").await.map(SignedUp::In)
    }

    /// Returns a link with which to create the first administrator. `None` when there is one
    /// already. Earlier links stop working.
    ///
    /// # Errors
    ///
    /// [`Code::Forbidden`] when the caller is not the program itself.
    pub async fn issue_setup_link(&self, actor: &Actor) -> Result<Option<String>, Error> {
        actor.require_system()?;
        let mut tx = self.deps.store.write().await?;
        if roles::has_holder(&mut tx, role::SUPER_ADMIN, self.deps.clock.now()).await? {
            return Ok(None);
        }
        self.deps.tokens.void(&mut tx, Purpose::SetUp).await?;
        let token = NewToken {
            purpose: Purpose::SetUp,
            user: None,
            subject: "",
            payload: None,
            lifetime: std::time::Duration::from_secs(24 * 3600),
            browser: None,
            told: true,
        };
        let issued = self.deps.tokens.issue(&mut tx, token).await?;
        tx.commit().await?;
        Ok(Some(self.deps.email_challenges.link(paths::SETUP, Some(&issued.secret))))
    }

    /// Returns whether a link for the first administrator still works.
    pub async fn setup_link_works(&self, token: &str) -> Result<bool, Error> {
        Ok(self.deps.peek(Purpose::SetUp, PresentedToken::Secret(token)).await?.is_some())
    }

    /// Creates the first administrator and signs them in. The link works once.
    ///
    /// # Errors
    ///
    /// - [`Code::BadToken`], on its field, when the link no longer works.
    /// - On its field, everything that is wrong with the form.
    /// - [`Code::AlreadySetUp`] when there is an administrator already.
    /// - [`Code::Busy`] when the server is busy hashing passwords.
    pub async fn set_up(&self, actor: &Actor, token: &str, typed: &SignUp) -> Result<SignedIn, Error> {
        // Checked before any work is done. What counts is the redemption below.
        if !self.setup_link_works(token).await? {
            return Err(Error::on(Field::Token, Code::BadToken));
        }
        let (accepted, password) = self.accept(typed, false).await?;
        let hash = self.deps.passwords.hash(password.password()).await?;
        let mut work = self.deps.recorder.begin(actor).await?;
        self.deps.tokens.redeem(&mut work.tx, Purpose::SetUp, PresentedToken::Secret(token)).await?;
        if roles::has_holder(&mut work.tx, role::SUPER_ADMIN, self.deps.clock.now()).await? {
            return Err(Code::AlreadySetUp.into());
        }
        work.record(Entry::new(Event::TokenUsed).with("purpose", "set_up"));
        let user = self.create(&mut work, None, accepted, Some(hash), actor.origin.language.clone()).await?;
        give_built_in(&self.deps, &mut work, user, role::SUPER_ADMIN).await?;
        self.sign_in.start_first_session(work, actor, user, "set_up").await
    }

    fn sign_up_is_open(&self) -> Result<(), Error> {
        if self.deps.settings.app.signup_enabled { Ok(()) } else { Err(Code::SignupClosed.into()) }
    }

    /// Checks every field, and fails with all problems at once.
    async fn accept(&self, typed: &SignUp, by_oneself: bool) -> Result<(Accepted, NewPassword), Error> {
        let mut problems = Vec::new();
        let accepted = self.accept_names(&typed.username, &typed.email, by_oneself, &mut problems);
        let about = guessable(&self.deps.settings.app.name, &typed.username, &typed.email);
        let password = self.deps.passwords.accept(&typed.password, &about).await?;
        let password = password.map_err(|code| problems.push(Problem { field: Field::Password, code })).ok();
        Error::all(problems)?;
        accepted.zip(password).ok_or_else(|| Code::BadRequest.into())
    }

    /// Checks the username and the email address, and adds what is wrong with them to `problems`.
    fn accept_names(
        &self,
        username: &str,
        email: &str,
        by_oneself: bool,
        problems: &mut Vec<Problem>,
    ) -> Option<Accepted> {
        let mut note = |field, code| problems.push(Problem { field, code });
        let username = Username::parse(username).map_err(|code| note(Field::Username, code)).ok();
        let email = Email::parse(email).map_err(|code| note(Field::Email, code)).ok();
        if let Some(email) = &email
            && by_oneself
            && !self.deps.settings.email.allows_domain(email.domain())
        {
            note(Field::Email, Code::EmailDomainNotAllowed);
        }
        Some(Accepted { username: username?, email: email? })
    }

    async fn create(
        &self,
        work: &mut Change,
        id: Option<UserId>,
        accepted: Accepted,
        password_hash: Option<String>,
        language: Option<String>,
    ) -> Result<UserId, Error> {
        let user = NewUser {
            id,
            username: accepted.username,
            // The user has not yet proved that they control the address, whether the server sends
            // email or not.
            email_verified: false,
            email: Some(accepted.email),
            first_name: None,
            last_name: None,
            metadata: json!({}),
            password_hash,
            is_system: false,
            language,
        };
        let id = self.deps.users.insert(work, user).await?;
        give_built_in(&self.deps, work, id, role::USER).await?;
        Ok(id)
    }
}

/// Assigns a built-in role globally, as part of `work`.
async fn give_built_in(deps: &Deps, work: &mut Change, user: UserId, role: &str) -> Result<(), Error> {
    roles::give_built_in(work, user, role, &Scope::global(), &deps.clock, deps.random).await
}

/// Hashes a password that an operator set, after the same checks as for any user's.
pub(crate) async fn hash_given(passwords: &Passwords, plain: &str, about: &[&str]) -> Result<String, Error> {
    let password = passwords.accept(plain, about).await?.map_err(|code| Error::on(Field::Password, code))?;
    passwords.hash(password.password()).await
}
