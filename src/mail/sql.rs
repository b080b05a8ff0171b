//! The SQL statements of the outbox.

use uuid::Uuid;

use crate::model::id::{MailId, UserId};
use crate::model::time::Timestamp;

/// Selects the emails before `$1` for which `$state` is true, newest first.
macro_rules! list {
    ($state:literal) => {
        concat!(
            "SELECT id, kind, user_id, recipient, created_at, expires_at, next_try_at, claim, tries, last_error, \
             sent_at, failed_at FROM outbox WHERE id < $1 AND ",
            $state,
            " ORDER BY id DESC LIMIT $2"
        )
    };
}

crate::statements! {
    pub(super) INSERT = "INSERT INTO outbox (id, kind, user_id, recipient, letter, created_at, expires_at, next_try_at, \
        sent_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    pub(super) WAITING = "SELECT letter FROM outbox WHERE next_try_at IS NOT NULL AND sent_at IS NULL ORDER BY id";
    /// Claims the email that has been due longest, as claim `$2`, until `$1`. The outer WHERE
    /// clause repeats the condition: on PostgreSQL, another node may have claimed the row while
    /// this one waited for its lock. It claims one row at a time: two nodes that lock several rows
    /// each could deadlock.
    pub(super) CLAIM = "UPDATE outbox SET next_try_at = $1, claim = $2, tries = tries + 1 \
        WHERE next_try_at <= $3 AND id = (SELECT id FROM outbox WHERE next_try_at <= $3 ORDER BY next_try_at, id LIMIT 1) \
        RETURNING id, kind, user_id, letter, created_at, expires_at, tries, sent_at";
    /// Selects when the next email is due.
    pub(super) NEXT = "SELECT next_try_at FROM outbox WHERE next_try_at IS NOT NULL ORDER BY next_try_at LIMIT 1";
    pub(super) SENT = "UPDATE outbox SET sent_at = $1, next_try_at = NULL, claim = NULL, letter = NULL, \
        last_error = NULL WHERE id = $2 AND claim = $3";
    pub(super) LATER = "UPDATE outbox SET next_try_at = $1, claim = NULL, last_error = $2 WHERE id = $3 AND claim = $4";
    pub(super) FAILED = "UPDATE outbox SET failed_at = $1, next_try_at = NULL, claim = NULL, last_error = $2 \
        WHERE id = $3 AND claim = $4";
    /// Deletes a dummy message.
    pub(super) FORGET = "DELETE FROM outbox WHERE id = $1 AND claim = $2";
    /// Deletes finished emails whose id is below `$1`: ids grow with time.
    pub(super) PURGE = "DELETE FROM outbox WHERE next_try_at IS NULL AND id < $1";
    pub(super) LIST = list!("(sent_at IS NULL OR next_try_at IS NULL)");
    pub(super) LIST_QUEUED = list!("next_try_at IS NOT NULL AND sent_at IS NULL");
    pub(super) LIST_SENT = list!("sent_at IS NOT NULL AND next_try_at IS NULL");
    pub(super) LIST_FAILED = list!("failed_at IS NOT NULL");
    pub(super) LETTER = "SELECT kind, user_id, letter, sent_at FROM outbox WHERE id = $1";
    /// Schedules an attempt at `$1`, unless the email was sent, or a node has a claim on it beyond
    /// `$1`.
    pub(super) RETRY = "UPDATE outbox SET next_try_at = $1, claim = NULL, failed_at = NULL, expires_at = $2 \
        WHERE id = $3 AND sent_at IS NULL AND letter IS NOT NULL AND (claim IS NULL OR next_try_at <= $1)";
}

/// A claimed email.
#[derive(sqlx::FromRow)]
pub(super) struct Claimed {
    pub(super) id: MailId,
    pub(super) kind: String,
    pub(super) user_id: Option<UserId>,
    #[sqlx(rename = "letter")]
    pub(super) email_message: Option<String>,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) tries: i64,
    pub(super) sent_at: Option<Timestamp>,
}

/// An email in a list.
#[derive(sqlx::FromRow)]
pub(super) struct Listed {
    pub(super) id: MailId,
    pub(super) kind: String,
    pub(super) user_id: Option<UserId>,
    pub(super) recipient: String,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) next_try_at: Option<Timestamp>,
    pub(super) claim: Option<Uuid>,
    pub(super) tries: i64,
    pub(super) last_error: Option<String>,
    pub(super) sent_at: Option<Timestamp>,
    pub(super) failed_at: Option<Timestamp>,
}

/// What decides whether an email can be retried.
#[derive(sqlx::FromRow)]
pub(super) struct Kept {
    pub(super) kind: String,
    pub(super) user_id: Option<UserId>,
    #[sqlx(rename = "letter")]
    pub(super) email_message: Option<String>,
    pub(super) sent_at: Option<Timestamp>,
}
