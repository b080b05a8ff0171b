//! Changing a password, and setting the first one.

mod reset;

use crate::accounts::users::{self, guessable};
use crate::audit::{Entry, Event};
use crate::authn::credential_reset::tell_password_changed;
use crate::authn::deps::Deps;
use crate::authn::sessions::{distrust_devices, end_all_of, lock_confirmed, lock_holder};
use crate::authn::sign_in::SignInFlow;
use crate::authn::sign_in::SignedIn;
use crate::authn::tokens::Purpose;
use crate::authz::actor::Actor;
use crate::authz::snapshot_cache::Evict;
use crate::foundation::crypto::strength::{Password, Strength};
use crate::foundation::error::{Error, Problem};
use crate::model::code::{Code, Field};

/// The tokens that a new password voids: someone who knew the old one may have requested them.
const ASKED_WITH_PASSWORD: &[Purpose] = &[
    Purpose::PasswordReset,
    Purpose::MagicLink,
    Purpose::EmailChange,
    Purpose::SecondFactor,
    Purpose::Confirm,
];

/// What a user types to change their password.
#[derive(Clone, Default)]
pub struct ChangePassword {
    /// The current password.
    pub current: String,
    /// The new password.
    pub new: String,
}

/// Manages the passwords of accounts.
#[derive(Clone)]
pub struct PasswordFlow {
    deps: Deps,
    sign_in: SignInFlow,
}

impl PasswordFlow {
    pub(crate) fn new(deps: Deps, sign_in: SignInFlow) -> Self {
        Self { deps, sign_in }
    }

    /// Rates a password while the user types it. Stores nothing. `about` lists words that make a
    /// password easier to guess, such as the username.
    ///
    /// # Errors
    ///
    /// [`Code::Busy`] when too many callers are waiting.
    pub async fn strength(&self, plain: &str, about: &[&str]) -> Result<Strength, Error> {
        let mut words = vec![self.deps.settings.app.name.as_str()];
        words.extend(about.iter().filter(|word| !word.is_empty()));
        self.deps.passwords.judge(plain, &words).await
    }

    /// Changes the caller's own password. All sessions end, and the current one continues under a
    /// new id and cookie.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the caller has no session, and
    ///   [`Code::EnrollmentRequired`] when they must first set up a factor.
    /// - On the field `current_password`: [`Code::Required`], [`Code::WrongPassword`].
    /// - On the field `password`: [`Code::PasswordUnchanged`], and the codes of
    ///   [`NewPassword::parse`](crate::foundation::crypto::strength::NewPassword::parse).
    /// - [`Code::TooManyAttempts`] after too many wrong passwords.
    /// - [`Code::Busy`] when the server is busy hashing passwords.
    pub async fn change(&self, actor: &Actor, typed: &ChangePassword) -> Result<SignedIn, Error> {
        let snapshot = actor.user()?;
        let id = snapshot.user.id;
        let email = snapshot.user.email.as_deref().unwrap_or_default();
        let about = guessable(&self.deps.settings.app.name, &snapshot.user.username, email);

        let mut problems = Vec::new();
        let mut note = |field, code| problems.push(Problem { field, code });
        let current = match typed.current.as_str() {
            "" => Err(Code::Required),
            current => Password::typed(current),
        };
        let current = current.map_err(|code| note(Field::CurrentPassword, code)).ok();
        let new = self.deps.passwords.accept(&typed.new, &about).await?;
        let new = new.map_err(|code| note(Field::Password, code)).ok();
        if new.is_some() && typed.new == typed.current {
            note(Field::Password, Code::PasswordUnchanged);
        }
        Error::all(problems)?;
        let (Some(current), Some(new)) = (current, new) else { return Err(Code::BadRequest.into()) };

        let found = users::by_id(&mut self.deps.store.read().await?, id).await?.ok_or(Code::NotFound)?;
        self.sign_in.confirm_password(actor, &found, &current).await?;
        let hash = self.deps.passwords.hash(new.password()).await?;

        let mut work = self.deps.recorder.begin(actor).await?;
        let now = work.now();
        lock_holder(&mut work, actor).await?;
        // Returns false when the password has changed since it was confirmed, or the user was
        // suspended.
        if !users::change_password(&mut work.tx, &found, &hash, now).await? {
            return Err(Error::on(Field::CurrentPassword, Code::WrongPassword));
        }
        let ended = end_all_of(&mut work.tx, id, None, "password_changed", now).await?;
        work.record(Entry::new(Event::PasswordChanged).to(id).with("sessions_ended", ended));
        // Someone who knew the old password may have requested these.
        self.deps.tokens.void_of(&mut work.tx, id, ASKED_WITH_PASSWORD).await?;
        distrust_devices(&mut work.tx, id).await?;
        tell_password_changed(&self.deps, &mut work, actor, &found.user).await?;
        self.sign_in.rotate_session(work, actor, &[Evict::User(id)]).await
    }

    /// Sets a password for a caller who has none, because they signed up with a passkey or sign in
    /// by email. No session ends, because nothing was compromised.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the caller has no session, and
    ///   [`Code::EnrollmentRequired`] when they must first set up a factor.
    /// - [`Code::StepUpRequired`] when the user last authenticated too long ago.
    /// - [`Code::PasswordSet`] when the account already has a password.
    /// - On the field `password`, the codes of
    ///   [`NewPassword::parse`](crate::foundation::crypto::strength::NewPassword::parse).
    pub async fn set_first(&self, actor: &Actor, new: &str) -> Result<(), Error> {
        let snapshot = actor.user()?;
        self.deps.require_confirmed(actor)?;
        // Checked before the password is hashed, and again below.
        let found = users::by_id(&mut self.deps.store.read().await?, snapshot.user.id).await?;
        if found.is_none_or(|found| found.user.has_password) {
            return Err(Code::PasswordSet.into());
        }
        let email = snapshot.user.email.as_deref().unwrap_or_default();
        let about = guessable(&self.deps.settings.app.name, &snapshot.user.username, email);
        let accepted = self.deps.passwords.accept(new, &about).await?;
        let accepted = accepted.map_err(|code| Error::on(Field::Password, code))?;
        let hash = self.deps.passwords.hash(accepted.password()).await?;

        let mut work = self.deps.recorder.begin(actor).await?;
        let now = work.now();
        let user = lock_confirmed(&mut work, actor, self.deps.settings.sessions.step_up).await?;
        if !users::set_first_password(&mut work.tx, user.id, &hash, now).await? {
            return Err(Code::PasswordSet.into());
        }
        // Otherwise a reset email that was requested earlier could replace the password.
        self.deps.tokens.void_of(&mut work.tx, user.id, &[Purpose::PasswordReset]).await?;
        work.record(Entry::new(Event::PasswordChanged).to(user.id).with("first", true));
        tell_password_changed(&self.deps, &mut work, actor, &user).await?;
        work.commit_evicting(&self.deps.cache, &[Evict::User(user.id)]).await
    }
}
