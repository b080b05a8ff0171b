//! Searching users, and what administrators change about their accounts.

use serde_json::{Value, json};

use super::rows::credentials;
use super::sql::*;
use super::{NewUser, User, Users, by_id, may_read, name, taken_meanwhile};
use crate::audit::{Entry, Event};
use crate::authz::actor::Actor;
use crate::authz::delegation::Grantor;
use crate::authz::effective_access;
use crate::authz::roles;
use crate::foundation::error::{Error, Problem};
use crate::foundation::names::{Email, Username, fold};
use crate::model::code::{Code, Field};
use crate::model::id::UserId;
use crate::model::page::{Page, PageRequest};
use crate::model::permission::USERS_MANAGE;
use crate::model::role::key_of;
use crate::model::scope::Scope;
use crate::model::text;

/// The largest metadata of a user, in bytes of JSON.
const MAX_METADATA: usize = 16 * 1024;

/// The state of the accounts to find.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// All but deleted ones.
    #[default]
    Present,
    /// Neither suspended nor deleted.
    Active,
    /// Suspended.
    Suspended,
    /// Deleted.
    Deleted,
}

impl State {
    /// Returns the name of the state.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
        }
    }

    /// Parses the name of a state.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Present, Self::Active, Self::Suspended, Self::Deleted]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// Selects users. Empty fields match every user.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// A part of the username or the email address.
    pub text: String,
    /// A role that they hold.
    pub role: String,
    /// The scope in which they hold a role: exactly this one.
    pub scope: Option<Scope>,
    /// The state of the account.
    pub state: State,
}

/// An account to create for another user.
#[derive(Clone, Debug, Default)]
pub struct NewAccount {
    /// The username.
    pub username: String,
    /// The email address.
    pub email: String,
    /// The first name; empty for none.
    pub first_name: String,
    /// The last name; empty for none.
    pub last_name: String,
    /// Free-form data of the product that uses this library: a JSON object. `None` for an empty
    /// one.
    pub metadata: Option<Value>,
}

/// A change to an account. Fields that are `None` stay as they are.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// The username.
    pub username: Option<String>,
    /// The first name; empty for none.
    pub first_name: Option<String>,
    /// The last name; empty for none.
    pub last_name: Option<String>,
    /// Free-form data of the product that uses this library: a JSON object that replaces the
    /// previous one.
    pub metadata: Option<Value>,
}

impl Users {
    /// Returns the users that match `filter`, newest first. The audit log records who looked.
    ///
    /// Needs `users:read` or `users:manage` globally. Filtering by role or scope also needs
    /// `roles:read` or `roles:manage`: a caller who may not see the holders of a role must not
    /// learn them from a list.
    ///
    /// # Errors
    ///
    /// - [`Code::Forbidden`] when the caller lacks a permission.
    /// - [`Code::BadCursor`] when `page.after` is not a cursor of this list.
    pub async fn search(
        &self,
        actor: &Actor,
        filter: &UserFilter,
        page: &PageRequest,
    ) -> Result<Page<User>, Error> {
        may_read(actor)?;
        if !filter.role.is_empty() || filter.scope.is_some() {
            roles::may_read(actor)?;
        }
        let before = page.after.as_deref().map_or(Ok(UserId::from_uuid(uuid::Uuid::max())), |cursor| {
            cursor.parse().map_err(|_| Error::on(Field::Cursor, Code::BadCursor))
        })?;
        let query = SEARCH
            .bind(before)
            .bind(text::contains_pattern(&fold(&filter.text)))
            .bind(text::storable(&key_of(filter.role.trim())))
            .bind(filter.scope.as_ref().map_or("", Scope::as_str))
            .bind(filter.state.as_str())
            .bind(self.clock.now())
            .bind(page.rows() + 1)
            .bind(text::contains_pattern(&filter.text));
        let found: Vec<UserRow> = query.all(&mut self.store.read().await?).await?;
        let found = page
            .cut(found, |row| row.id.to_string())
            .try_map(|row| credentials(row).map(|found| found.user))?;
        if actor.user_id().is_some() {
            let mut work = self.recorder.begin(actor).await?;
            let entry = Entry::new(Event::UserRead).with("what", "search").with("found", found.items.len());
            work.record(entry.personal("text", filter.text.as_str()));
            work.commit().await?;
        }
        Ok(found)
    }

    /// Creates an account for another user. It has no password: its owner sets one (OWASP ASVS 5.0
    /// 6.4.6).
    ///
    /// Needs `users:manage` globally.
    ///
    /// # Errors
    ///
    /// - [`Code::Forbidden`] when the caller lacks that permission.
    /// - On their fields, and all at once, the codes of the invalid values: [`Code::Required`],
    ///   [`Code::BadUsername`], [`Code::BadEmail`], [`Code::TooLong`], [`Code::BadCharacters`], and
    ///   [`Code::BadRequest`] when the metadata is not a JSON object.
    /// - [`Code::UsernameTaken`] and [`Code::EmailTaken`], on their fields.
    pub async fn create(&self, actor: &Actor, new: &NewAccount) -> Result<User, Error> {
        self.create_with(actor, new, None).await
    }

    /// Creates an account like [`Users::create`], but with a password hash. For the program itself.
    pub(crate) async fn create_with(
        &self,
        actor: &Actor,
        new: &NewAccount,
        password_hash: Option<String>,
    ) -> Result<User, Error> {
        let (mut work, grantor) = effective_access::begin(&self.recorder, actor).await?;
        if let Grantor::Person(access) = &grantor
            && !access.allows(USERS_MANAGE, &Scope::global())
        {
            return Err(Code::Forbidden.into());
        }
        let mut problems = Vec::new();
        let mut note = |field, code| problems.push(Problem { field, code });
        let username = Username::parse(&new.username).map_err(|code| note(Field::Username, code)).ok();
        let email = Email::parse(&new.email).map_err(|code| note(Field::Email, code)).ok();
        let metadata = new.metadata.clone().unwrap_or_else(|| json!({}));
        if let Err(code) = check_metadata(&metadata) {
            note(Field::Metadata, code);
        }
        let first_name = name(&new.first_name, Field::FirstName, &mut problems);
        let last_name = name(&new.last_name, Field::LastName, &mut problems);
        Error::all(problems)?;
        let (Some(username), email @ Some(_)) = (username, email) else {
            return Err(Code::BadRequest.into());
        };
        let user = NewUser {
            id: None,
            username,
            email,
            email_verified: false,
            first_name,
            last_name,
            metadata,
            password_hash,
            is_system: false,
            language: None,
        };
        let id = self.insert(&mut work, user).await?;
        let role = crate::model::role::USER;
        roles::give_built_in(&mut work, id, role, &Scope::global(), &self.clock, self.random).await?;
        let made = by_id(&mut work.tx, id).await?.ok_or(Code::UserNotFound)?.user;
        work.commit().await?;
        Ok(made)
    }

    /// Writes an administrator's change to an account as part of `work`. The caller has already
    /// authorized it.
    pub(crate) async fn write_change(
        &self,
        work: &mut crate::audit::Change,
        before: &User,
        change: &UserChange,
    ) -> Result<(), Error> {
        let mut problems = Vec::new();
        let username = Username::parse(change.username.as_deref().unwrap_or(&before.username))
            .map_err(|code| problems.push(Problem { field: Field::Username, code }))
            .ok();
        let mut pick = |new: &Option<String>, old: &Option<String>, field| match new {
            Some(new) => name(new, field, &mut problems),
            None => old.clone(),
        };
        let first_name = pick(&change.first_name, &before.first_name, Field::FirstName);
        let last_name = pick(&change.last_name, &before.last_name, Field::LastName);
        let metadata = change.metadata.clone().unwrap_or_else(|| before.metadata.clone());
        if let Err(code) = check_metadata(&metadata) {
            problems.push(Problem { field: Field::Metadata, code });
        }
        Error::all(problems)?;
        let Some(username) = username else { return Err(Error::on(Field::Username, Code::BadUsername)) };
        let holder: Option<(UserId,)> = USERNAME_HOLDER.bind(username.key()).optional(&mut work.tx).await?;
        if holder.is_some_and(|(holder,)| holder != before.id) {
            return Err(Error::on(Field::Username, Code::UsernameTaken));
        }
        let after = json!({
            "username": username.as_str(), "first_name": &first_name, "last_name": &last_name, "metadata": &metadata,
        });
        CHANGE
            .bind(before.id)
            .bind(username.as_str())
            .bind(username.key())
            .bind(first_name)
            .bind(last_name)
            .bind(metadata.to_string())
            .bind(work.now())
            .execute(&mut work.tx)
            .await
            .map_err(|error| taken_meanwhile(error, Field::Username, Code::UsernameTaken))?;
        let then = json!({
            "username": &before.username, "first_name": &before.first_name, "last_name": &before.last_name,
            "metadata": &before.metadata,
        });
        if then != after {
            let entry = Entry::new(Event::UserUpdated).to(before.id);
            work.record(entry.personal("before", then).personal("after", after));
        }
        Ok(())
    }
}

fn check_metadata(metadata: &Value) -> Result<(), Code> {
    if !metadata.is_object() {
        return Err(Code::BadRequest);
    }
    if metadata.to_string().len() > MAX_METADATA { Err(Code::TooLong) } else { Ok(()) }
}
