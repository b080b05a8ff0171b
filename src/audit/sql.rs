//! Rows and statements of the audit log.

use uuid::Uuid;

use crate::model::id::UserId;

macro_rules! columns {
    () => {
        "seq, at_micros, event, actor_id, user_id, scope, session_id, request_id, details, personal, personal_salt, \
         personal_hash, hash"
    };
}

/// Selects the entries before number `$1` by one condition that has an index, `$first`, and by the
/// other filters that are set. A NULL or empty filter matches every entry.
macro_rules! search {
    ($first:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM audit_events WHERE seq < $1 AND ",
            $first,
            " AND ($2 = '' OR event = $2) AND (user_id = $3 OR $3 IS NULL) AND (actor_id = $4 OR $4 IS NULL) \
            AND at_micros >= $5 AND at_micros < $6 ORDER BY seq DESC LIMIT $7"
        )
    };
}

crate::statements! {
    /// Advances the head of the chain. The row lock makes other appends wait until the transaction
    /// ends.
    pub(super) TAKE_HEAD = "UPDATE audit_head SET seq = seq + 1 WHERE id = 1 RETURNING seq, hash";
    pub(super) SET_HEAD = "UPDATE audit_head SET hash = $1 WHERE id = 1";
    pub(super) HEAD = "SELECT seq, hash FROM audit_head WHERE id = 1";
    pub(super) INSERT = "INSERT INTO audit_events (seq, at_micros, event, actor_id, user_id, scope, session_id, \
        request_id, details, personal, personal_salt, personal_hash, hash) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    pub(super) AFTER = concat!("SELECT ", columns!(), " FROM audit_events WHERE seq > $1 ORDER BY seq LIMIT $2");
    pub(super) OF_USER = concat!(
        "SELECT ", columns!(), " FROM audit_events WHERE user_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3"
    );
    pub(super) SEARCH_ALL = search!("seq > 0");
    pub(super) SEARCH_EVENT = search!("event = $2");
    pub(super) SEARCH_USER = search!("user_id = $3");
    pub(super) SEARCH_ACTOR = search!("actor_id = $4");
    pub(super) LATEST = "SELECT at_micros FROM audit_events ORDER BY seq DESC LIMIT 1";
}

/// A row of `audit_events`.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct EventRow {
    pub(super) seq: i64,
    pub(super) at_micros: i64,
    pub(super) event: String,
    pub(super) actor_id: Option<UserId>,
    pub(super) user_id: Option<UserId>,
    pub(super) scope: Option<String>,
    pub(super) session_id: Option<Uuid>,
    pub(super) request_id: Option<Uuid>,
    pub(super) details: String,
    pub(super) personal: Option<String>,
    pub(super) personal_salt: Option<Vec<u8>>,
    pub(super) personal_hash: Vec<u8>,
    pub(super) hash: Vec<u8>,
}

/// The row of `audit_head`.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Head {
    pub(super) seq: i64,
    pub(super) hash: Vec<u8>,
}
