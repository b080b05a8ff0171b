//! The statements of one-time tokens.

crate::statements! {
    pub(super) INSERT = "INSERT INTO one_time_tokens \
        (id, purpose, user_id, subject, token_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    pub(super) REDEEM = "UPDATE one_time_tokens SET used_at = $3 \
        WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 RETURNING user_id, subject";
    pub(super) PEEK = "SELECT 1 FROM one_time_tokens \
        WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3";
    pub(super) VOID = "UPDATE one_time_tokens SET used_at = $2 WHERE purpose = $1 AND used_at IS NULL";
    pub(super) PURGE = "DELETE FROM one_time_tokens WHERE expires_at < $1";
}
