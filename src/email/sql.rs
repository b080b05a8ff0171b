//! The statements of the outbox.

crate::statements! {
    pub(super) INSERT = "INSERT INTO outbox (id, kind, user_id, recipient, letter, created_at, expires_at, next_try_at, \
        sent_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    pub(super) WAITING = "SELECT letter FROM outbox WHERE next_try_at IS NOT NULL ORDER BY id";
}
