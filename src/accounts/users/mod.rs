//! Users: usernames, email addresses, profiles, and whether they may sign in.
//!
//! Every operation fails with [`Code::NotAuthenticated`] when the caller is anonymous, and with
//! [`Code::EnrollmentRequired`] when they must first set up a factor.

mod directory;
mod rows;
mod sql;

pub use directory::{NewAccount, State, UserChange, UserFilter};

pub(crate) use rows::{
    admit_by_mail, admit_by_other, ask_for_new_password, by_id, by_identifier, change_email, change_password,
    credentials, delete, forget_password, lock, record_sign_in, rehash, reset_password, restore,
    set_first_password, suspend, take_email_back, unsuspend, verify_email,
};
pub(crate) use sql::{ALL, UserRow, user_columns};

/// An id that no user has. Flows look it up when there is no account, so that they run the same
/// queries and take the same time either way.
pub(crate) const NOBODY: UserId = UserId::from_uuid(Uuid::nil());

use serde_json::Value;
use sql::*;
use uuid::Uuid;

use crate::audit::{Change, Entry, Event, Recorder};
use crate::authn::tokens::is_kept;
use crate::authz::actor::Actor;
use crate::authz::snapshot_cache::{Evict, Snapshots};
use crate::foundation::clock::{Clock, Random};
use crate::foundation::error::{Error, Problem};
use crate::foundation::names::{Email, Identifier, Username};
use crate::foundation::store::Store;
use crate::model::code::{Code, Field};
use crate::model::id::UserId;
use crate::model::permission::{USERS_MANAGE, USERS_READ};
use crate::model::scope::Scope;
use crate::model::text;
use crate::model::time::Timestamp;

/// The longest first or last name, in characters.
const MAX_NAME: usize = 100;

/// A user.
#[derive(Clone, Debug)]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// The username, as the user wrote it.
    pub username: String,
    /// The email address; `None` for system accounts.
    pub email: Option<String>,
    /// When the user proved that they control the email address.
    pub email_verified_at: Option<Timestamp>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// Free-form data of the product that uses this library.
    pub metadata: Value,
    /// Whether the user has a password.
    pub has_password: bool,
    /// When the password was set.
    pub password_changed_at: Option<Timestamp>,
    /// Whether the user must set a new password before they can sign in.
    pub requires_password_reset: bool,
    /// Whether this is a system account, with which no one can sign in.
    pub is_system: bool,
    /// When the user was suspended.
    pub suspended_at: Option<Timestamp>,
    /// Why the user was suspended.
    pub suspended_reason: Option<String>,
    /// When the account was deleted.
    pub deleted_at: Option<Timestamp>,
    /// When the account was created.
    pub created_at: Timestamp,
    /// When the account was last changed.
    pub updated_at: Timestamp,
    /// When the user last signed in.
    pub last_login_at: Option<Timestamp>,
    /// The user's language, such as `de-AT`; `None` when it is unknown.
    pub language: Option<String>,
    /// Whether sign-in requires a second factor.
    pub mfa_enabled: bool,
}

impl User {
    /// Returns whether the user may have sessions.
    pub fn may_enter(&self) -> bool {
        self.suspended_at.is_none() && self.deleted_at.is_none() && !self.is_system
    }

    /// Returns the name to address the user by: the first name, or else the username.
    pub fn called(&self) -> &str {
        self.first_name.as_deref().unwrap_or(&self.username)
    }
}

/// What sign-in needs, and no other code may see.
pub(crate) struct Credentials {
    pub(crate) user: User,
    pub(crate) password_hash: Option<String>,
}

/// A user to create.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The id, if one has already been allocated.
    pub id: Option<UserId>,
    /// The username.
    pub username: Username,
    /// The email address; `None` for system accounts.
    pub email: Option<Email>,
    /// Whether the email address is already verified.
    pub email_verified: bool,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// Free-form data, a JSON object.
    pub metadata: Value,
    /// The hash of the password, if there is one.
    pub password_hash: Option<String>,
    /// Whether this is a system account.
    pub is_system: bool,
    /// The user's language, if it is known.
    pub language: Option<String>,
}

/// New values of a profile. The username must still be unique.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    /// The username.
    pub username: String,
    /// The first name; empty for none.
    pub first_name: String,
    /// The last name; empty for none.
    pub last_name: String,
}

/// The users of this installation.
#[derive(Clone)]
pub struct Users {
    store: Store,
    recorder: Recorder,
    cache: Snapshots,
    clock: Clock,
    random: Random,
}

impl Users {
    pub(crate) fn new(
        store: Store,
        recorder: Recorder,
        cache: Snapshots,
        clock: Clock,
        random: Random,
    ) -> Self {
        Self { store, recorder, cache, clock, random }
    }

    /// Returns the user with this id.
    ///
    /// Users may read their own account. Reading another user's needs `users:read` or
    /// `users:manage` globally, and the audit log records who looked.
    ///
    /// # Errors
    ///
    /// [`Code::Forbidden`] when the caller may not read other users.
    pub async fn get(&self, actor: &Actor, id: UserId) -> Result<Option<User>, Error> {
        if actor.user_id() != Some(id) {
            may_read(actor)?;
        }
        let found = by_id(&mut self.store.read().await?, id).await?;
        self.noted(actor, found).await
    }

    /// Returns the user with this email address.
    ///
    /// Needs `users:read` or `users:manage` globally. The audit log records it as for
    /// [`Users::get`].
    ///
    /// # Errors
    ///
    /// [`Code::Forbidden`] when the caller may not read other users.
    pub async fn get_by_email(&self, actor: &Actor, email: &Email) -> Result<Option<User>, Error> {
        may_read(actor)?;
        let key = Identifier::Email(email.key().to_owned());
        let found = by_identifier(&mut self.store.read().await?, &key).await?;
        self.noted(actor, found).await
    }

    /// Returns the user with this username.
    ///
    /// Needs `users:read` or `users:manage` globally. The audit log records it as for
    /// [`Users::get`].
    ///
    /// # Errors
    ///
    /// [`Code::Forbidden`] when the caller may not read other users.
    pub async fn get_by_username(&self, actor: &Actor, username: &Username) -> Result<Option<User>, Error> {
        may_read(actor)?;
        let key = Identifier::Username(username.key().to_owned());
        let found = by_identifier(&mut self.store.read().await?, &key).await?;
        self.noted(actor, found).await
    }

    /// Records in the audit log that one user looked at another.
    async fn noted(&self, actor: &Actor, found: Option<Credentials>) -> Result<Option<User>, Error> {
        let Some(Credentials { user, .. }) = found else { return Ok(None) };
        if actor.user_id().is_some_and(|reader| reader != user.id) {
            let mut work = self.recorder.begin(actor).await?;
            work.record(Entry::new(Event::UserRead).to(user.id));
            work.commit().await?;
        }
        Ok(Some(user))
    }

    /// Changes the caller's own profile.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the caller has no session.
    /// - On their fields, and all at once, the codes of the invalid values: [`Code::Required`],
    ///   [`Code::BadUsername`], [`Code::TooLong`], [`Code::BadCharacters`].
    /// - [`Code::UsernameTaken`], on its field, when another user has the username.
    pub async fn update_profile(&self, actor: &Actor, change: &ProfileChange) -> Result<(), Error> {
        let id = actor.user()?.user.id;
        let mut problems = Vec::new();
        let username = Username::parse(&change.username)
            .map_err(|code| problems.push(Problem { field: Field::Username, code }))
            .ok();
        let first_name = name(&change.first_name, Field::FirstName, &mut problems);
        let last_name = name(&change.last_name, Field::LastName, &mut problems);
        Error::all(problems)?;
        let Some(username) = username else { return Err(Error::on(Field::Username, Code::Required)) };

        let now = self.clock.now();
        let mut work = self.recorder.begin(actor).await?;
        let holder: Option<(UserId,)> = USERNAME_HOLDER.bind(username.key()).optional(&mut work.tx).await?;
        if holder.is_some_and(|(holder,)| holder != id) {
            return Err(Error::on(Field::Username, Code::UsernameTaken));
        }
        let before = by_id(&mut work.tx, id).await?.ok_or(Code::NotFound)?.user;
        SET_PROFILE
            .bind(id)
            .bind(username.as_str())
            .bind(username.key())
            .bind(first_name.as_deref().map(str::to_owned))
            .bind(last_name.as_deref().map(str::to_owned))
            .bind(now)
            .execute(&mut work.tx)
            .await
            .map_err(|error| taken_meanwhile(error, Field::Username, Code::UsernameTaken))?;
        work.record(
            Entry::new(Event::UserUpdated)
                .to(id)
                .personal(
                    "before",
                    profile_json(&before.username, before.first_name.as_deref(), before.last_name.as_deref()),
                )
                .personal(
                    "after",
                    profile_json(username.as_str(), first_name.as_deref(), last_name.as_deref()),
                ),
        );
        work.commit_evicting(&self.cache, &[Evict::User(id)]).await
    }

    /// Inserts a user as part of `work`.
    ///
    /// Fails on its field with [`Code::UsernameTaken`] or [`Code::EmailTaken`]. An email address
    /// also counts as taken while its previous owner can still restore it.
    pub(crate) async fn insert(&self, work: &mut Change, user: NewUser) -> Result<UserId, Error> {
        let now = self.clock.now();
        let id = user.id.unwrap_or_else(|| UserId::from_uuid(self.random.uuid(now)));
        let email_key = user.email.as_ref().map(|email| email.key().to_owned());
        if let Some(key) = &email_key
            && is_kept(&mut work.tx, key, None, now).await?
        {
            return Err(Error::on(Field::Email, Code::EmailTaken));
        }
        let inserted = INSERT
            .bind(id)
            .bind(user.username.as_str())
            .bind(user.username.key())
            .bind(user.email.as_ref().map(|email| email.as_str().to_owned()))
            .bind(email_key.clone())
            .bind(user.email_verified.then_some(now))
            .bind(user.first_name)
            .bind(user.last_name)
            .bind(user.metadata.to_string())
            .bind(user.password_hash.clone())
            .bind(user.password_hash.map(|_| now))
            .bind(user.is_system)
            .bind(now)
            .bind(now)
            .bind(user.language)
            .execute(&mut work.tx)
            .await?;
        if inserted == 1 {
            work.record(
                Entry::new(Event::UserCreated)
                    .to(id)
                    .personal("username", user.username.as_str())
                    .personal("email", user.email.as_ref().map_or("", Email::as_str)),
            );
            return Ok(id);
        }
        let name_held = USERNAME_HOLDER.bind(user.username.key()).optional::<(UserId,)>(&mut work.tx).await?;
        let mut problems = Vec::new();
        if name_held.is_some() {
            problems.push(Problem { field: Field::Username, code: Code::UsernameTaken });
        }
        if let Some(key) = email_key
            && by_identifier(&mut work.tx, &Identifier::Email(key)).await?.is_some()
        {
            problems.push(Problem { field: Field::Email, code: Code::EmailTaken });
        }
        Error::all(problems)?;
        Err(Error::internal("insert user", "refused, although neither name nor address is taken"))
    }
}

/// Checks whether the actor may see other users.
fn may_read(actor: &Actor) -> Result<(), Error> {
    actor.require_any(&[USERS_READ, USERS_MANAGE], &Scope::global())
}

/// Returns words that make a password easy to guess for an attacker who knows the user.
pub(crate) fn guessable<'a>(product: &'a str, username: &'a str, email: &'a str) -> Vec<&'a str> {
    let local = email.split('@').next().unwrap_or_default();
    [product, username, email, local].into_iter().filter(|word| !word.is_empty()).collect()
}

/// Reads an optional name. An invalid one is added to `problems`.
fn name(typed: &str, field: Field, problems: &mut Vec<Problem>) -> Option<String> {
    match text::line(typed, MAX_NAME) {
        Ok(name) => (!name.is_empty()).then_some(name),
        Err(code) => {
            problems.push(Problem { field, code });
            None
        }
    }
}

fn profile_json(username: &str, first_name: Option<&str>, last_name: Option<&str>) -> Value {
    serde_json::json!({ "username": username, "first_name": first_name, "last_name": last_name })
}

/// Maps a unique violation: another user took the name between the check and the write, which is
/// possible on Postgres only.
fn taken_meanwhile(error: Error, field: Field, code: Code) -> Error {
    if error.is_unique_violation() { Error::on(field, code) } else { error }
}
