//! The rows and statements of the `throttle` table.

use crate::model::time::Timestamp;

crate::statements! {
    pub(super) COUNT = "INSERT INTO throttle (kind, subject, failures, window_start, consecutive) \
        VALUES ($1, $2, 1, $3, 1) ON CONFLICT (kind, subject) DO UPDATE SET \
        failures = CASE WHEN throttle.window_start < $4 OR throttle.locked_until <= $3 THEN 1 \
            ELSE throttle.failures + 1 END, \
        window_start = CASE WHEN throttle.window_start < $4 OR throttle.locked_until <= $3 THEN $3 \
            ELSE throttle.window_start END, \
        locked_until = CASE WHEN throttle.locked_until <= $3 THEN NULL ELSE throttle.locked_until END, \
        consecutive = throttle.consecutive + 1 \
        RETURNING failures, locked_until, consecutive";
    pub(super) LOCK = "UPDATE throttle SET locked_until = $3 \
        WHERE kind = $1 AND subject = $2 AND failures >= $4 AND locked_until IS NULL";
    pub(super) UNCOUNT = "UPDATE throttle SET failures = failures - 1, consecutive = 0 \
        WHERE kind = $1 AND subject = $2 AND failures > 0";
    /// Takes back an attempt that was counted and never checked.
    pub(super) UNDO = "UPDATE throttle SET failures = failures - 1, consecutive = consecutive - 1 \
        WHERE kind = $1 AND subject = $2 AND failures > 0 AND consecutive > 0";
    /// Ends the streak of failures; a lock keeps its full duration.
    pub(super) RESET_STREAK = "UPDATE throttle SET consecutive = 0 WHERE kind = $1 AND subject = $2";
    pub(super) IS_SPENT = "SELECT 1 FROM throttle WHERE kind = $1 AND subject = $2 AND consecutive > $3";
    pub(super) FORGET = "DELETE FROM throttle WHERE kind = $1 AND subject = $2";
    pub(super) PURGE = "DELETE FROM throttle WHERE window_start < $1 AND (locked_until IS NULL OR locked_until < $1) \
        AND (consecutive < 10 OR window_start < $2)";
}

/// A row of `throttle`.
#[derive(sqlx::FromRow)]
pub(super) struct ThrottleRow {
    pub(super) failures: i64,
    pub(super) locked_until: Option<Timestamp>,
    pub(super) consecutive: i64,
}
