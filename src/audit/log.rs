//! The audit log, as callers read it.

use super::{Activity, AuditFilter, Entry, Event, Recorder, activity_of, search};
use crate::authz::actor::Actor;
use crate::foundation::error::Error;
use crate::foundation::store::Store;
use crate::model::id::UserId;
use crate::model::page::{Page, PageRequest};

/// Reads the audit log. Reading other users' entries is itself recorded.
#[derive(Clone)]
pub struct AuditLog {
    store: Store,
    recorder: Recorder,
}

impl AuditLog {
    pub(crate) fn new(store: Store, recorder: Recorder) -> Self {
        Self { store, recorder }
    }

    /// Returns the caller's own entries, newest first.
    ///
    /// # Errors
    ///
    /// [`Code::NotAuthenticated`](crate::model::code::Code::NotAuthenticated) when the caller has
    /// no session.
    pub async fn own(&self, actor: &Actor, page: &PageRequest) -> Result<Page<Activity>, Error> {
        let user = actor.user()?.user.id;
        activity_of(&self.store, actor, user, page).await
    }

    /// Returns a user's entries, newest first.
    ///
    /// Users may read their own entries. Reading another user's needs `audit:read` globally, and
    /// the log records who looked.
    ///
    /// # Errors
    ///
    /// [`Code::Forbidden`](crate::model::code::Code::Forbidden) when the caller may not read that
    /// user's entries.
    pub async fn of_user(
        &self,
        actor: &Actor,
        user: UserId,
        page: &PageRequest,
    ) -> Result<Page<Activity>, Error> {
        let found = activity_of(&self.store, actor, user, page).await?;
        if actor.user_id().is_some_and(|reader| reader != user) {
            let mut work = self.recorder.begin(actor).await?;
            work.record(Entry::new(Event::UserRead).to(user).with("what", "activity"));
            work.commit().await?;
        }
        Ok(found)
    }

    /// Returns the entries that match `filter`, newest first.
    ///
    /// Needs `audit:read` globally. The log records who reads it.
    ///
    /// # Errors
    ///
    /// - [`Code::Forbidden`](crate::model::code::Code::Forbidden) when the caller lacks that
    ///   permission.
    /// - [`Code::Unknown`](crate::model::code::Code::Unknown) when `filter` names an event that
    ///   does not exist.
    pub async fn search(
        &self,
        actor: &Actor,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<Activity>, Error> {
        let found = search(&self.store, actor, filter, page).await?;
        // Every page is recorded, because a caller may start at any cursor.
        if actor.user_id().is_some() {
            let mut work = self.recorder.begin(actor).await?;
            let entry = Entry::new(Event::AuditRead).with("filter", filter.in_json());
            work.record(entry.with("after", page.after.clone()));
            work.commit().await?;
        }
        Ok(found)
    }
}
