//! People, roles and permissions that tests of access begin with, and short ways to ask about them.

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
    /// An account without a password; their name is their address' local part.
    pub(crate) async fn account(&self, name: &str) -> UserId {
        let new = NewAccount {
            username: name.to_owned(),
            email: format!("{name}@example.org"),
            ..NewAccount::default()
        };
        self.auth.users.create(&Actor::system(), &new).await.unwrap().id
    }

    /// An account with a role in a scope, given by the program.
    pub(crate) async fn holder(&self, name: &str, role: &str, scope: &str) -> UserId {
        let user = self.account(name).await;
        self.give(user, role, scope).await;
        user
    }

    /// Somebody who asks without a session of theirs, as of now.
    pub(crate) async fn as_user(&self, user: UserId) -> Actor {
        self.auth.on_behalf_of(&Actor::system(), user).await.unwrap()
    }

    /// The same for a new account with a role in a scope.
    pub(crate) async fn actor_with(&self, name: &str, role: &str, scope: &str) -> Actor {
        let user = self.holder(name, role, scope).await;
        self.as_user(user).await
    }

    /// A role, and permissions that are made where there are none.
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

    /// The program gives a role.
    pub(crate) async fn give(&self, user: UserId, role: &str, scope: &str) -> Grant {
        let wish = Assignment::new(user, role).within(at(scope));
        self.auth.roles.assign(&Actor::system(), &wish).await.unwrap()
    }

    /// The program takes a role.
    pub(crate) async fn take(&self, user: UserId, role: &str, scope: &str) {
        self.auth.roles.remove(&Actor::system(), user, role, &at(scope)).await.unwrap();
    }

    /// The number of the last entry in the audit log. The program reads it, which leaves no entry.
    pub(crate) async fn log_end(&self) -> i64 {
        let page = PageRequest { after: None, limit: Some(1) };
        let log = self.auth.audit.search(&Actor::system(), &AuditFilter::default(), &page).await.unwrap();
        log.items[0].seq
    }

    /// What the audit log has after an entry, oldest first.
    pub(crate) async fn log_since(&self, seq: i64) -> Vec<Activity> {
        let page = PageRequest { after: None, limit: Some(200) };
        let log = self.auth.audit.search(&Actor::system(), &AuditFilter::default(), &page).await.unwrap();
        log.items.into_iter().rev().filter(|entry| entry.seq > seq).collect()
    }

    /// The names of the events that the audit log has after an entry.
    pub(crate) async fn events_since(&self, seq: i64) -> Vec<String> {
        self.log_since(seq).await.into_iter().map(|entry| entry.event).collect()
    }

    /// Everything about all roles and permissions, as text: what was refused must leave it as it was.
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

/// Why something was refused.
#[track_caller]
pub(crate) fn refused<T>(outcome: Result<T, Error>) -> Code {
    match outcome {
        Ok(_) => panic!("it was allowed"),
        Err(error) => error.code(),
    }
}

/// A scope.
pub(crate) fn at(scope: &str) -> Scope {
    scope.parse().unwrap()
}

/// Everything that a list holds, read page by page.
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

/// The page after a cursor.
pub(crate) fn after(cursor: &str) -> PageRequest {
    PageRequest { after: Some(cursor.to_owned()), limit: None }
}
