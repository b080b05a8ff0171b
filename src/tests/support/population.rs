//! Users, roles and permissions for access tests, and helpers to inspect them.

use std::future::Future;

use authtuna::accounts::users::NewAccount;
use authtuna::audit::{Activity, AuditFilter};
use authtuna::authz::actor::Actor;
use authtuna::authz::roles::{Assignment, Grant, NewRole};
use authtuna::foundation::error::Error;
use authtuna::model::code::Code;
use authtuna::model::id::UserId;
use authtuna::model::page::{Page, PageRequest};
use authtuna::model::scope::Scope;

use crate::support::World;

impl World {
    /// Creates an account without a password. The username is the local part of its email.
    pub(crate) async fn account(&self, name: &str) -> UserId {
        let new = NewAccount {
            username: name.to_owned(),
            email: format!("{name}@example.org"),
            ..NewAccount::default()
        };
        self.auth.users.create(&Actor::system(), &new).await.unwrap().id
    }

    /// Creates an account with a role in a scope, assigned by the program.
    pub(crate) async fn holder(&self, name: &str, role: &str, scope: &str) -> UserId {
        let user = self.account(name).await;
        self.give(user, role, scope).await;
        user
    }

    /// Returns an actor for a user without a session, with their current access.
    pub(crate) async fn as_user(&self, user: UserId) -> Actor {
        self.auth.on_behalf_of(&Actor::system(), user).await.unwrap()
    }

    /// The same, for a new account with a role in a scope.
    pub(crate) async fn actor_with(&self, name: &str, role: &str, scope: &str) -> Actor {
        let user = self.holder(name, role, scope).await;
        self.as_user(user).await
    }

    /// Creates a role with these permissions, and creates those that do not exist.
    pub(crate) async fn role(&self, name: &str, level: Option<i64>, permissions: &[&str]) {
        self.permissions(permissions).await;
        let permissions = permissions.iter().map(|&name| name.to_owned()).collect();
        let new = NewRole { level, permissions, ..NewRole::named(name, "") };
        self.auth.roles.create(&Actor::system(), &new).await.unwrap();
    }

    pub(crate) async fn permissions(&self, names: &[&str]) {
        for name in names {
            self.auth.permissions.get_or_create(&Actor::system(), name, "").await.unwrap();
        }
    }

    /// Assigns a role, as the program.
    pub(crate) async fn give(&self, user: UserId, role: &str, scope: &str) -> Grant {
        let wish = Assignment::new(user, role).within(at(scope));
        self.auth.roles.assign(&Actor::system(), &wish).await.unwrap()
    }

    /// Removes a role, as the program.
    pub(crate) async fn take(&self, user: UserId, role: &str, scope: &str) {
        self.auth.roles.remove(&Actor::system(), user, role, &at(scope)).await.unwrap();
    }

    /// Returns the number of the last entry in the audit log. The program reads it, which adds no
    /// entry.
    pub(crate) async fn log_end(&self) -> i64 {
        let page = PageRequest { after: None, limit: Some(1) };
        let log = self.auth.audit.search(&Actor::system(), &AuditFilter::default(), &page).await.unwrap();
        log.items[0].seq
    }

    /// Returns the audit entries after an entry, oldest first.
    pub(crate) async fn log_since(&self, seq: i64) -> Vec<Activity> {
        let page = PageRequest { after: None, limit: Some(200) };
        let log = self.auth.audit.search(&Actor::system(), &AuditFilter::default(), &page).await.unwrap();
        log.items.into_iter().rev().filter(|entry| entry.seq > seq).collect()
    }

    /// Returns the event names of the audit entries after an entry.
    pub(crate) async fn events_since(&self, seq: i64) -> Vec<String> {
        self.log_since(seq).await.into_iter().map(|entry| entry.event).collect()
    }

    /// Dumps all roles and permissions as text, to check that a refused operation changed nothing.
    pub(crate) async fn catalogue(&self) -> String {
        let system = Actor::system();
        let all = PageRequest { after: None, limit: Some(200) };
        let permissions = self.auth.permissions.list(&system, "", "", &all).await.unwrap();
        let mut text = format!("{:#?}", permissions.items);
        for role in self.auth.roles.list(&system, "", &all).await.unwrap().items {
            let details = self.auth.roles.details(&system, &role.name).await.unwrap();
            text.push_str(&format!("{details:#?}"));
        }
        text
    }
}

/// Returns the code of a refusal.
#[track_caller]
pub(crate) fn refused<T>(outcome: Result<T, Error>) -> Code {
    match outcome {
        Ok(_) => panic!("the operation was allowed"),
        Err(error) => error.code(),
    }
}

/// Parses a scope.
pub(crate) fn at(scope: &str) -> Scope {
    scope.parse().unwrap()
}

/// Returns all items of a list, read page by page.
pub(crate) async fn every<T, F>(limit: u32, ask: impl Fn(PageRequest) -> F) -> Vec<T>
where
    F: Future<Output = Result<Page<T>, Error>>,
{
    let mut all = Vec::new();
    let mut page = PageRequest { after: None, limit: Some(limit) };
    loop {
        let found = ask(page.clone()).await.unwrap();
        assert!(found.items.len() <= limit as usize);
        all.extend(found.items);
        let Some(next) = found.next else { return all };
        page.after = Some(next);
    }
}

/// Requests the page after a cursor.
pub(crate) fn after(cursor: &str) -> PageRequest {
    PageRequest { after: Some(cursor.to_owned()), limit: None }
}
