//! The rows and statements of recoveries.

use crate::model::id::{RecoveryId, UserId};
use crate::model::time::Timestamp;

crate::statements! {
    /// Starts a recovery. A unique index refuses a second open one.
    pub(super) BEGIN = "INSERT INTO recoveries (id, user_id, started_at, remind_at, due_at) VALUES ($1, $2, $3, $4, $5)";
    pub(super) OPEN_OF = "SELECT started_at, due_at FROM recoveries WHERE user_id = $1 AND ended_at IS NULL";
    pub(super) END = "UPDATE recoveries SET ended_at = $2, outcome = $3 WHERE user_id = $1 AND ended_at IS NULL";
    /// Reads when a recovery last ended in one of these two ways.
    pub(super) SHOWN_SINCE = "SELECT ended_at FROM recoveries WHERE user_id = $1 AND ended_at > $2 \
        AND outcome IN ($3, $4) ORDER BY ended_at DESC LIMIT 1";
    /// Completes a recovery, only once its delay is over.
    pub(super) COMPLETE = "UPDATE recoveries SET ended_at = $2, outcome = $3 \
        WHERE user_id = $1 AND ended_at IS NULL AND due_at <= $2";
    pub(super) HASTEN = "UPDATE recoveries SET due_at = $2 \
        WHERE user_id = $1 AND ended_at IS NULL AND due_at > $2 RETURNING id";
    /// Reads what the job has to do: emails to send, and recoveries that no one finished ($2).
    pub(super) WAITING = "SELECT id, user_id FROM recoveries WHERE ended_at IS NULL AND (told_at <= $2 \
        OR (told_at IS NULL AND (due_at <= $1 OR (reminded_at IS NULL AND remind_at <= $1)))) \
        ORDER BY due_at LIMIT 100";
    pub(super) ALL_OPEN = "SELECT id, user_id FROM recoveries WHERE ended_at IS NULL ORDER BY due_at LIMIT 100";
    /// Of several processes, the one that changes the row sends the email.
    pub(super) REMIND = "UPDATE recoveries SET reminded_at = $2 WHERE id = $1 AND ended_at IS NULL \
        AND reminded_at IS NULL AND told_at IS NULL AND remind_at <= $2 AND due_at > $2 RETURNING due_at";
    /// Of several processes, the one that changes the row sends the email.
    pub(super) TELL = "UPDATE recoveries SET told_at = $2 WHERE id = $1 AND ended_at IS NULL \
        AND told_at IS NULL AND due_at <= $2";
    pub(super) IS_LEFT = "SELECT id FROM recoveries WHERE id = $1 AND ended_at IS NULL AND told_at <= $2";
    pub(super) NEWER_PASSKEYS = "SELECT COUNT(*) FROM passkeys WHERE user_id = $1 AND created_at > $2";
    pub(super) PURGE = "DELETE FROM recoveries WHERE ended_at < $1";
}

/// A row of [`WAITING`].
#[derive(sqlx::FromRow)]
pub(super) struct WaitingRow {
    pub(super) id: RecoveryId,
    pub(super) user_id: UserId,
}

/// A row of [`REMIND`].
#[derive(sqlx::FromRow)]
pub(super) struct DueRow {
    pub(super) due_at: Timestamp,
}
