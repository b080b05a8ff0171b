//! Changing one's password.

use crate::actor::Actor;
use crate::audit::{Entry, Event};
use crate::auth::Auth;
use crate::crypto::strength::{self, NewPassword, Password, Strength};
use crate::error::{Error, Problem};
use crate::login::SignedIn;
use crate::model::code::{Code, Field};
use crate::sessions::end_all_of;
use crate::users::{self, guessable};

/// What somebody types to change their password.
#[derive(Clone, Default)]
pub struct ChangePassword {
    /// The password until now.
    pub current: String,
    /// The new one.
    pub new: String,
}

impl Auth {
    /// Judges a password while it is being typed. Keeps nothing.
    pub fn strength(&self, plain: &str, about: &[&str]) -> Strength {
        let mut words = vec![self.settings().app.name.as_str()];
        words.extend(about.iter().filter(|word| !word.is_empty()));
        strength::judge(plain, &self.settings().passwords, &words)
    }

    /// Changes one's password. All sessions end, and the one that asks goes on under a new id and cookie.
    pub async fn change_password(&self, actor: &Actor, typed: &ChangePassword) -> Result<SignedIn, Error> {
        let snapshot = actor.user()?;
        let id = snapshot.user.id;
        let email = snapshot.user.email.as_deref().unwrap_or_default();
        let about = guessable(&self.settings().app.name, &snapshot.user.username, email);

        let mut problems = Vec::new();
        let mut note = |field, code| problems.push(Problem { field, code });
        let current = match typed.current.as_str() {
            "" => Err(Code::Required),
            current => Password::typed(current),
        };
        let current = current.map_err(|code| note(Field::CurrentPassword, code)).ok();
        let new = NewPassword::parse(&typed.new, &self.settings().passwords, &about)
            .map_err(|code| note(Field::Password, code))
            .ok();
        if new.is_some() && typed.new == typed.current {
            note(Field::Password, Code::PasswordUnchanged);
        }
        Error::all(problems)?;
        let (Some(current), Some(new)) = (current, new) else { return Err(Code::BadRequest.into()) };

        let found = users::by_id(&mut self.store().read().await?, id).await?.ok_or(Code::NotFound)?;
        self.login().confirm_password(actor, &found, &current).await?;
        let hash = self.passwords().hash(new.password()).await?;

        let mut work = self.recorder().begin(actor).await?;
        let now = work.now();
        users::set_password(&mut work.tx, id, &hash, now).await?;
        let ended = end_all_of(&mut work.tx, id, None, "password_changed", now).await?;
        work.record(Entry::new(Event::PasswordChanged).to(id).with("sessions_ended", ended));
        let signed_in = self.login().enter(&mut work, actor, id, "password").await?;
        work.commit().await?;
        self.cache().evict_user(id).await;
        Ok(signed_in)
    }
}
