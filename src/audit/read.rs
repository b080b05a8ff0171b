//! Queries on the audit log.

use serde_json::Value;

use super::event::Event;
use super::sql::{EventRow, LATEST, OF_USER, SEARCH_ACTOR, SEARCH_ALL, SEARCH_EVENT, SEARCH_USER};
use crate::authz::actor::Actor;
use crate::foundation::error::Error;
use crate::foundation::store::Store;
use crate::model::code::{Code, Field};
use crate::model::id::UserId;
use crate::model::page::{Page, PageRequest};
use crate::model::permission::AUDIT_READ;
use crate::model::scope::Scope;
use crate::model::time::Timestamp;

/// An entry of the audit log, as callers see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// The entry's number in the log.
    pub seq: i64,
    /// When the entry was recorded.
    pub at: Timestamp,
    /// The event, by its stable name.
    pub event: String,
    /// The user who caused it; `None` for an anonymous client and for the program itself.
    pub actor: Option<UserId>,
    /// The user it happened to.
    pub user: Option<UserId>,
    /// The scope in which it counts, for role assignments.
    pub scope: Option<String>,
    /// The id of the request that caused it.
    pub request: Option<uuid::Uuid>,
    /// The client's IP address.
    pub ip: Option<String>,
    /// The browser and operating system, by name.
    pub device: Option<String>,
    /// The country code.
    pub country: Option<String>,
    /// The city.
    pub city: Option<String>,
    /// Further details, without personal data.
    pub details: Value,
    /// Personal data such as names and addresses, which can be erased with the user. Null once it
    /// has been erased.
    pub personal: Value,
}

/// Selects audit entries. Empty fields match every entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// The event, by its stable name.
    pub event: String,
    /// The user it happened to.
    pub user: Option<UserId>,
    /// The user who caused it.
    pub actor: Option<UserId>,
    /// The earliest time, inclusive.
    pub since: Option<Timestamp>,
    /// The latest time, exclusive.
    pub until: Option<Timestamp>,
}

impl AuditFilter {
    /// Returns the filter as JSON, for the audit entry that records its use.
    pub(crate) fn in_json(&self) -> Value {
        serde_json::json!({
            "event": self.event,
            "user": self.user,
            "actor": self.actor,
            "since": self.since.map(Timestamp::micros),
            "until": self.until.map(Timestamp::micros),
        })
    }
}

/// Returns what happened to `user`, newest first.
///
/// Users may read their own entries. Reading another user's needs `audit:read` globally.
///
/// # Errors
///
/// - [`Code::NotAuthenticated`] when the caller is anonymous.
/// - [`Code::Forbidden`] when the caller may not read that user's entries.
/// - [`Code::BadCursor`] when `page.after` is not a cursor of this list.
pub async fn activity_of(
    store: &Store,
    actor: &Actor,
    user: UserId,
    page: &PageRequest,
) -> Result<Page<Activity>, Error> {
    if actor.user_id() != Some(user) {
        actor.require(AUDIT_READ, &Scope::global())?;
    }
    let before = before(page)?;
    let mut conn = store.read().await?;
    let found: Vec<EventRow> = OF_USER.bind(user).bind(before).bind(page.rows() + 1).all(&mut conn).await?;
    page.cut(found, |row| row.seq.to_string()).try_map(activity)
}

/// Returns the entries that match `filter`, newest first. Needs `audit:read` globally.
pub(crate) async fn search(
    store: &Store,
    actor: &Actor,
    filter: &AuditFilter,
    page: &PageRequest,
) -> Result<Page<Activity>, Error> {
    actor.require(AUDIT_READ, &Scope::global())?;
    if !filter.event.is_empty() && !Event::ALL.iter().any(|event| event.as_str() == filter.event) {
        return Err(Error::on(Field::Event, Code::Unknown));
    }
    // Each filter has its own index. Start from the most selective one that is set.
    let statement = match filter {
        AuditFilter { user: Some(_), .. } => SEARCH_USER,
        AuditFilter { actor: Some(_), .. } => SEARCH_ACTOR,
        AuditFilter { event, .. } if !event.is_empty() => SEARCH_EVENT,
        AuditFilter { .. } => SEARCH_ALL,
    };
    let query = statement
        .bind(before(page)?)
        .bind(&filter.event)
        .bind(filter.user)
        .bind(filter.actor)
        .bind(filter.since.map_or(i64::MIN, Timestamp::micros))
        .bind(filter.until.map_or(i64::MAX, Timestamp::micros))
        .bind(page.rows() + 1);
    let found: Vec<EventRow> = query.all(&mut store.read().await?).await?;
    page.cut(found, |row| row.seq.to_string()).try_map(activity)
}

/// Parses the cursor: the entry number before which the page starts.
fn before(page: &PageRequest) -> Result<i64, Error> {
    let Some(cursor) = page.after.as_deref() else { return Ok(i64::MAX) };
    let seq = cursor.parse::<i64>().ok().filter(|seq| *seq > 0);
    seq.ok_or_else(|| Error::on(Field::Cursor, Code::BadCursor))
}

/// Returns when the last entry was written, or `None` when the log is empty.
///
/// A clock that reads earlier than this has been set back.
///
/// # Errors
///
/// Fails when the database cannot be read.
pub async fn latest(store: &Store) -> Result<Option<Timestamp>, Error> {
    let row: Option<(i64,)> = LATEST.query().optional(&mut store.read().await?).await?;
    Ok(row.map(|(micros,)| Timestamp::from_micros(micros)))
}

/// An entry from the right side of a left join. Every column is NULL when there is no entry.
#[derive(sqlx::FromRow)]
pub(crate) struct EntryBeside {
    seq: Option<i64>,
    at_micros: Option<i64>,
    event: Option<String>,
    actor_id: Option<UserId>,
    user_id: Option<UserId>,
    scope: Option<String>,
    request_id: Option<uuid::Uuid>,
    details: Option<String>,
    personal: Option<String>,
}

impl EntryBeside {
    /// Returns the entry, if there is one.
    pub(crate) fn activity(self) -> Result<Option<Activity>, Error> {
        let (Some(seq), Some(at_micros), Some(event), Some(details)) =
            (self.seq, self.at_micros, self.event, self.details)
        else {
            return Ok(None);
        };
        let row = EventRow {
            seq,
            at_micros,
            event,
            details,
            actor_id: self.actor_id,
            user_id: self.user_id,
            scope: self.scope,
            request_id: self.request_id,
            personal: self.personal,
            session_id: None,
            personal_salt: None,
            personal_hash: Vec::new(),
            hash: Vec::new(),
        };
        activity(row).map(Some)
    }
}

fn activity(row: EventRow) -> Result<Activity, Error> {
    let parse = |column: &str, text: &str| {
        serde_json::from_str::<Value>(text).map_err(|_| Error::corrupt("audit_events", column, row.seq))
    };
    let personal = match &row.personal {
        Some(text) => parse("personal", text)?,
        None => Value::Null,
    };
    let text = |name: &str| personal.get(name).and_then(Value::as_str).map(str::to_owned);
    Ok(Activity {
        seq: row.seq,
        at: Timestamp::from_micros(row.at_micros),
        actor: row.actor_id,
        user: row.user_id,
        scope: row.scope,
        request: row.request_id,
        ip: text("ip"),
        device: text("device"),
        country: text("country"),
        city: text("city"),
        details: parse("details", &row.details)?,
        event: row.event,
        personal,
    })
}
