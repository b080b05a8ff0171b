//! Creating an account with a passkey, without a password.

use super::SignUpFlow;
use serde::{Deserialize, Serialize};

use super::SignedUp;
use crate::accounts::users;
use crate::authn::passkeys::{Ceremony, Holder, Made};
use crate::authn::tokens::Purpose;
use crate::authz::actor::Actor;
use crate::foundation::error::Error;
use crate::foundation::names::Identifier;
use crate::model::code::{Code, Field};
use crate::model::id::UserId;

/// What a user types to create an account with a passkey. It comes back with the passkey.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct PasskeySignUp {
    /// The username.
    pub username: String,
    /// The email address.
    pub email: String,
}

/// The passkey of an account that does not exist yet, and the id that the account gets, which is
/// the passkey's user handle.
#[derive(Serialize, Deserialize)]
pub(super) struct FirstPasskey {
    pub(super) user: UserId,
    pub(super) made: Made,
}

impl SignUpFlow {
    /// Asks the browser to create a passkey for a new account.
    ///
    /// # Errors
    ///
    /// - [`Code::SignupClosed`] without SIGNUP_ENABLED.
    /// - [`Code::FeatureOff`] without PASSKEYS_ENABLED.
    /// - On their fields, everything that is wrong with the username and the email address, except
    ///   that the address may have an account already.
    /// - [`Code::TooManyAttempts`] when the client asked for too many prompts.
    pub async fn passkey_prompt(&self, actor: &Actor, typed: &PasskeySignUp) -> Result<Ceremony, Error> {
        self.sign_up_is_open()?;
        self.passkeys.offered()?;
        let mut problems = Vec::new();
        let accepted = self.accept_names(&typed.username, &typed.email, true, &mut problems);
        Error::all(problems)?;
        let accepted = accepted.ok_or(Code::BadRequest)?;
        // Counted before the lookup, so that no client can try usernames by the thousand.
        self.passkeys.ceremonies.count(actor, None).await?;
        let mut conn = self.deps.store.read().await?;
        let name = Identifier::Username(accepted.username.key().to_owned());
        if users::by_identifier(&mut conn, &name).await?.is_some() {
            return Err(Error::on(Field::Username, Code::UsernameTaken));
        }
        drop(conn);
        let user = UserId::from_uuid(self.deps.random.uuid(self.deps.clock.now()));
        let (name, display_name) =
            (accepted.email.as_str().to_owned(), accepted.username.as_str().to_owned());
        let holder = Holder { id: user, name, display_name };
        let then = (user, typed);
        self.passkeys.ceremonies.ask_to_make(actor, Purpose::PasskeySignUp, &holder, Vec::new(), then).await
    }

    /// Creates the account with the passkey that an authenticator created, as
    /// [`SignUpFlow::with_password`] does with a password.
    ///
    /// # Errors
    ///
    /// - On the field `passkey`: [`Code::Required`], [`Code::BadPasskey`],
    ///   [`Code::UserVerificationRequired`], [`Code::BadToken`].
    /// - [`Code::FeatureOff`] without PASSKEYS_ENABLED.
    /// - Otherwise as for [`SignUpFlow::with_password`].
    pub async fn with_passkey(&self, actor: &Actor, answer: &str) -> Result<SignedUp, Error> {
        self.sign_up_is_open()?;
        self.passkeys.offered()?;
        let made = self.passkeys.ceremonies.made(actor, Purpose::PasskeySignUp, answer).await?;
        let (made, (user, typed)): (Made, (UserId, PasskeySignUp)) = made;
        let mut problems = Vec::new();
        let accepted = self.accept_names(&typed.username, &typed.email, true, &mut problems);
        Error::all(problems)?;
        let accepted = accepted.ok_or(Code::BadRequest)?;
        self.sign_in.count_sign_up(actor).await?;
        if self.deps.settings.email.enabled {
            return self.sign_up_by_mail(actor, accepted, None, Some(FirstPasskey { user, made })).await;
        }
        let mut work = self.deps.recorder.begin(actor).await?;
        let language = actor.origin.language.clone();
        let user = self.create(&mut work, Some(user), accepted, None, language).await?;
        self.passkeys.insert(&mut work, user, None, &made).await?;
        self.sign_in.start_first_session(work, actor, user, "sign_up").await.map(SignedUp::In)
    }
}
