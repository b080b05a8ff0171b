//! The hash chain: each entry's hash covers the entry and the previous hash.

use serde_json::Value;

use super::event::Entry;
use super::sql::{AFTER, EventRow, HEAD, Head, INSERT, SET_HEAD, TAKE_HEAD};
use crate::authz::actor::Actor;
use crate::foundation::clock::Random;
use crate::foundation::crypto::token::sha256_parts;
use crate::foundation::error::Error;
use crate::foundation::store::{Store, Tx};
use crate::model::time::Timestamp;

/// How many rows [`verify`] reads at a time.
const STEP: u32 = 1000;

/// Where the chain is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The row with this number was changed after it was written.
    Changed(i64),
    /// The row with this number is missing.
    Missing(i64),
    /// The chain ends at this row, but its head says otherwise: rows at the end are missing.
    Cut(i64),
}

/// Appends `entry` to the chain.
pub(super) async fn append(
    tx: &mut Tx,
    entry: &Entry,
    actor: &Actor,
    now: Timestamp,
    random: Random,
) -> Result<(), Error> {
    let head: Head = TAKE_HEAD.query().one(tx).await?;
    let salt: [u8; 16] = random.bytes();
    let personal = personal_of(entry, actor);
    let mut row = EventRow {
        seq: head.seq,
        at_micros: now.micros(),
        event: entry.event.as_str().to_owned(),
        actor_id: actor.recorded_id(),
        user_id: entry.user,
        scope: entry.scope.as_ref().map(ToString::to_string),
        session_id: actor.session_id().map(crate::model::id::SessionId::uuid),
        request_id: actor.origin.request_id.map(crate::model::id::RequestId::uuid),
        details: Value::Object(entry.details.clone()).to_string(),
        personal_hash: sha256_parts([salt.as_slice(), personal.as_bytes()]).to_vec(),
        personal: Some(personal),
        personal_salt: Some(salt.to_vec()),
        hash: Vec::new(),
    };
    row.hash = hash_of(&head.hash, &row).to_vec();
    INSERT
        .bind(row.seq)
        .bind(row.at_micros)
        .bind(row.event)
        .bind(row.actor_id)
        .bind(row.user_id)
        .bind(row.scope)
        .bind(row.session_id)
        .bind(row.request_id)
        .bind(row.details)
        .bind(row.personal)
        .bind(row.personal_salt)
        .bind(row.personal_hash)
        .bind(row.hash.clone())
        .execute(tx)
        .await?;
    SET_HEAD.bind(row.hash).execute(tx).await?;
    Ok(())
}

/// Verifies the whole chain.
///
/// Returns the first break, or `None` when every row is as it was written.
///
/// # Errors
///
/// Fails when the database cannot be read.
pub async fn verify(store: &Store) -> Result<Option<Broken>, Error> {
    let mut conn = store.read().await?;
    let head: Head = HEAD.query().one(&mut conn).await?;
    let mut last = 0;
    let mut before = vec![0; 32];
    loop {
        let rows: Vec<EventRow> = AFTER.bind(last).bind(STEP).all(&mut conn).await?;
        let Some(end) = rows.last().map(|row| row.seq) else { break };
        for row in rows {
            if row.seq > head.seq {
                // Appended after the head was read, so not part of this check.
                return Ok(None);
            }
            if row.seq != last + 1 {
                return Ok(Some(Broken::Missing(last + 1)));
            }
            let personal_holds = match (&row.personal, &row.personal_salt) {
                (Some(personal), Some(salt)) => {
                    sha256_parts([salt.as_slice(), personal.as_bytes()]).as_slice() == row.personal_hash
                }
                // The personal data has been erased.
                (None, None) => true,
                _ => false,
            };
            if !personal_holds || hash_of(&before, &row).as_slice() != row.hash {
                return Ok(Some(Broken::Changed(row.seq)));
            }
            last = row.seq;
            before = row.hash;
        }
        if end >= head.seq {
            break;
        }
    }
    if last != head.seq || before != head.hash {
        return Ok(Some(Broken::Cut(last)));
    }
    Ok(None)
}

/// Returns the personal data of an entry as JSON: the entry's own, and the IP address, device and
/// location of the request.
fn personal_of(entry: &Entry, actor: &Actor) -> String {
    let mut personal = entry.personal.clone();
    let origin = &actor.origin;
    if let Some(ip) = origin.ip {
        personal.insert("ip".to_owned(), ip.to_string().into());
    }
    for (name, value) in [
        ("device", Some(origin.device())),
        ("country", origin.country.clone()),
        ("city", origin.city.clone()),
    ] {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            personal.insert(name.to_owned(), value.into());
        }
    }
    Value::Object(personal).to_string()
}

fn hash_of(before: &[u8], row: &EventRow) -> [u8; 32] {
    let text = |value: Option<String>| value.unwrap_or_default();
    let parts = [
        row.event.clone(),
        text(row.actor_id.map(|v| v.to_string())),
        text(row.user_id.map(|v| v.to_string())),
        text(row.scope.clone()),
        text(row.session_id.map(|v| v.to_string())),
        text(row.request_id.map(|v| v.to_string())),
        row.details.clone(),
    ];
    let numbers = [row.seq.to_be_bytes(), row.at_micros.to_be_bytes()];
    sha256_parts(
        std::iter::once(before)
            .chain(numbers.iter().map(<[u8; 8]>::as_slice))
            .chain(parts.iter().map(String::as_bytes))
            .chain(std::iter::once(row.personal_hash.as_slice())),
    )
}
