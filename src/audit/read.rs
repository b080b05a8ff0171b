//! Reading the audit log.

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

/// One line of somebody's activity.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// Its number in the log.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// What, as its stable name.
    pub event: String,
    /// Who did it, when it was a person.
    pub actor: Option<UserId>,
    /// To whom it happened.
    pub user: Option<UserId>,
    /// Where it counts, for roles.
    pub scope: Option<String>,
    /// The request that did it.
    pub request: Option<uuid::Uuid>,
    /// The address it came from.
    pub ip: Option<String>,
    /// The browser and system it came from.
    pub device: Option<String>,
    /// Country code.
    pub country: Option<String>,
    /// City.
    pub city: Option<String>,
    /// More about it.
    pub details: Value,
    /// Names and addresses in it, which are erased with the person. Null when they are.
    pub personal: Value,
}

/// Which entries are wanted. What is left empty does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// The event, by its stable name.
    pub event: String,
    /// To whom it happened.
    pub user: Option<UserId>,
    /// Who did it.
    pub actor: Option<UserId>,
    /// Not before this moment.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
}

impl AuditFilter {
    /// The filter itself, for the entry that tells of its use.
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

/// What happened to `user`, newest first. One's own trail is open; others' need `audit:read`.
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

/// The entries that `filter` lets through, newest first. Needs `audit:read` everywhere.
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
    // Each has an index; of those that are given, the one that lets the fewest through.
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

/// The number before which a page begins.
fn before(page: &PageRequest) -> Result<i64, Error> {
    let Some(cursor) = page.after.as_deref() else { return Ok(i64::MAX) };
    let seq = cursor.parse::<i64>().ok().filter(|seq| *seq > 0);
    seq.ok_or_else(|| Error::on(Field::Cursor, Code::BadCursor))
}

/// When the last entry was written. A clock that says less than that was set back.
pub async fn latest(store: &Store) -> Result<Option<Timestamp>, Error> {
    let row: Option<(i64,)> = LATEST.query().optional(&mut store.read().await?).await?;
    Ok(row.map(|(micros,)| Timestamp::from_micros(micros)))
}

/// An entry beside something else that is read: nothing of it is there when there is no entry.
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
    /// The entry, if there is one.
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
