//! Reading the audit log.

use serde_json::Value;

use super::sql::{EventRow, LATEST, OF_USER};
use crate::actor::Actor;
use crate::error::Error;
use crate::model::code::{Code, Field};
use crate::model::id::UserId;
use crate::model::page::{Page, PageRequest};
use crate::model::permission::AUDIT_READ;
use crate::model::scope::Scope;
use crate::model::time::Timestamp;
use crate::store::Store;

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
    let before = match page.after.as_deref() {
        None => i64::MAX,
        Some(cursor) => cursor
            .parse::<i64>()
            .ok()
            .filter(|seq| *seq > 0)
            .ok_or_else(|| Error::on(Field::Cursor, Code::BadCursor))?,
    };
    let mut conn = store.read().await?;
    let found: Vec<EventRow> = OF_USER.bind(user).bind(before).bind(page.rows() + 1).all(&mut conn).await?;
    page.cut(found, |row| row.seq.to_string()).try_map(activity)
}

/// When the last entry was written. A clock that says less than that was set back.
pub async fn latest(store: &Store) -> Result<Option<Timestamp>, Error> {
    let row: Option<(i64,)> = LATEST.query().optional(&mut store.read().await?).await?;
    Ok(row.map(|(micros,)| Timestamp::from_micros(micros)))
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
        ip: text("ip"),
        device: text("device"),
        country: text("country"),
        city: text("city"),
        details: parse("details", &row.details)?,
        event: row.event,
    })
}
