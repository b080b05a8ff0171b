//! Changing one's password, and choosing the first.

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

/// What a new password makes worthless: whoever knew the old one may have asked for it.
const ASKED_WITH_PASSWORD: &[Purpose] = &[
    Purpose::PasswordReset,
    Purpose::MagicLink,
    Purpose::EmailChange,
    Purpose::SecondFactor,
    Purpose::Confirm,
];

/// What somebody types to change their password.
#[derive(Clone, Default)]
pub struct ChangePassword {
    /// The password until now.
    pub current: String,
    /// The new one.
    pub new: String,
}

/// The passwords of accounts.
#[derive(Clone)]
pub struct PasswordFlow {
    deps: Deps,
    sign_in: SignInFlow,
}

impl PasswordFlow {
    pub(crate) fn new(deps: Deps, sign_in: SignInFlow) -> Self {
        Self { deps, sign_in }
    }

    /// Judges a password while it is being typed. Keeps nothing.
    pub async fn strength(&self, plain: &str, about: &[&str]) -> Result<Strength, Error> {
        let mut words = vec![self.deps.settings.app.name.as_str()];
        words.extend(about.iter().filter(|word| !word.is_empty()));
        self.deps.passwords.judge(plain, &words).await
    }

    /// Changes one's password. All sessions end, and the one that asks goes on under a new id and cookie.
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
        // Nobody else has changed it since it was confirmed, and nobody was suspended.
        if !users::change_password(&mut work.tx, &found, &hash, now).await? {
            return Err(Error::on(Field::CurrentPassword, Code::WrongPassword));
        }
        let ended = end_all_of(&mut work.tx, id, None, "password_changed", now).await?;
        work.record(Entry::new(Event::PasswordChanged).to(id).with("sessions_ended", ended));
        // Whoever knew the old password may have asked for these.
        self.deps.tokens.void_of(&mut work.tx, id, ASKED_WITH_PASSWORD).await?;
        distrust_devices(&mut work.tx, id).await?;
        tell_password_changed(&self.deps, &mut work, actor, &found.user).await?;
        self.sign_in.rotate_session(work, actor, &[Evict::User(id)]).await
    }

    /// Gives whoever asks a password, if they have none: they came by a passkey or by mails. No session ends: nobody has
    /// found anything out.
    ///
    /// Err beside `password` as for every new one; Err([`Code::PasswordSet`]) when there is one already,
    /// Err([`Code::StepUpRequired`]) when the session was confirmed too long ago.
    pub async fn set_first(&self, actor: &Actor, new: &str) -> Result<(), Error> {
        let snapshot = actor.user()?;
        self.deps.require_confirmed(actor)?;
        // Before anything is hashed; decided once more below.
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
        // Else a mail that was asked for before would replace it.
        self.deps.tokens.void_of(&mut work.tx, user.id, &[Purpose::PasswordReset]).await?;
        work.record(Entry::new(Event::PasswordChanged).to(user.id).with("first", true));
        tell_password_changed(&self.deps, &mut work, actor, &user).await?;
        work.commit_evicting(&self.deps.cache, &[Evict::User(user.id)]).await
    }
}
