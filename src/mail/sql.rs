//! The statements of the outbox.

use uuid::Uuid;

use crate::model::id::{MailId, UserId};
use crate::model::time::Timestamp;

/// The mails before `$1` that `$state` holds for, the newest first.
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
    /// Takes the mail that has waited longest until `$1`, as claim `$2`. The condition stands outside too: on Postgres
    /// the row that was found may have been taken by another node while this one waited for it. One row at a time: two
    /// nodes that lock several each could wait for one another.
    pub(super) CLAIM = "UPDATE outbox SET next_try_at = $1, claim = $2, tries = tries + 1 \
        WHERE next_try_at <= $3 AND id = (SELECT id FROM outbox WHERE next_try_at <= $3 ORDER BY next_try_at, id LIMIT 1) \
        RETURNING id, kind, user_id, letter, created_at, expires_at, tries, sent_at";
    /// When the next is due.
    pub(super) NEXT = "SELECT next_try_at FROM outbox WHERE next_try_at IS NOT NULL ORDER BY next_try_at LIMIT 1";
    pub(super) SENT = "UPDATE outbox SET sent_at = $1, next_try_at = NULL, claim = NULL, letter = NULL, \
        last_error = NULL WHERE id = $2 AND claim = $3";
    pub(super) LATER = "UPDATE outbox SET next_try_at = $1, claim = NULL, last_error = $2 WHERE id = $3 AND claim = $4";
    pub(super) FAILED = "UPDATE outbox SET failed_at = $1, next_try_at = NULL, claim = NULL, last_error = $2 \
        WHERE id = $3 AND claim = $4";
    /// What only looked as if it were to be sent.
    pub(super) FORGET = "DELETE FROM outbox WHERE id = $1 AND claim = $2";
    /// Those that are done and older than the id `$1`: ids grow with time.
    pub(super) PURGE = "DELETE FROM outbox WHERE next_try_at IS NULL AND id < $1";
    pub(super) LIST = list!("(sent_at IS NULL OR next_try_at IS NULL)");
    pub(super) LIST_QUEUED = list!("next_try_at IS NOT NULL AND sent_at IS NULL");
    pub(super) LIST_SENT = list!("sent_at IS NOT NULL AND next_try_at IS NULL");
    pub(super) LIST_FAILED = list!("failed_at IS NOT NULL");
    pub(super) LETTER = "SELECT kind, user_id, letter, sent_at FROM outbox WHERE id = $1";
    /// Has a mail tried at `$1` unless it is sent, or somebody sends it until after `$1`.
    pub(super) RETRY = "UPDATE outbox SET next_try_at = $1, claim = NULL, failed_at = NULL, expires_at = $2 \
        WHERE id = $3 AND sent_at IS NULL AND letter IS NOT NULL AND (claim IS NULL OR next_try_at <= $1)";
}

/// A mail that is taken.
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

/// A mail in a list.
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

/// What decides whether a mail can be tried again.
#[derive(sqlx::FromRow)]
pub(super) struct Kept {
    pub(super) kind: String,
    pub(super) user_id: Option<UserId>,
    #[sqlx(rename = "letter")]
    pub(super) email_message: Option<String>,
    pub(super) sent_at: Option<Timestamp>,
}
