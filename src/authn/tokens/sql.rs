//! The statements of one-time tokens.

macro_rules! found {
    () => {
        "user_id, subject, payload, browser_hash"
    };
}

crate::statements! {
    pub(super) INSERT = "INSERT INTO one_time_tokens (id, purpose, user_id, subject, token_hash, created_at, expires_at, \
        browser_hash, code_hash, payload) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    pub(super) REDEEM = concat!(
        "UPDATE one_time_tokens SET used_at = $3 \
        WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 RETURNING ", found!()
    );
    pub(super) REDEEM_KNOWN = concat!(
        "UPDATE one_time_tokens SET used_at = $3 \
        WHERE id = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 RETURNING ", found!()
    );
    pub(super) PEEK = concat!(
        "SELECT ", found!(), " FROM one_time_tokens \
        WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3"
    );
    pub(super) PEEK_KNOWN = concat!(
        "SELECT ", found!(), " FROM one_time_tokens \
        WHERE id = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3"
    );
    pub(super) OF_BROWSER = concat!(
        "SELECT ", found!(), " FROM one_time_tokens \
        WHERE browser_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 ORDER BY id DESC LIMIT 1"
    );
    /// Updates at most one row, because FORGET_CODES removes a browser's earlier codes.
    pub(super) TRY_CODE = "UPDATE one_time_tokens SET code_tries = code_tries + 1 \
        WHERE browser_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 \
        AND code_hash IS NOT NULL AND code_tries < $4 \
        RETURNING id, subject, code_hash";
    pub(super) FORGET_CODES = "UPDATE one_time_tokens SET code_hash = NULL \
        WHERE browser_hash = $1 AND purpose = $2 AND code_hash IS NOT NULL";
    pub(super) REISSUE = "UPDATE one_time_tokens SET token_hash = $2, code_hash = NULL \
        WHERE id = $1 AND used_at IS NULL AND expires_at > $3";
    pub(super) IS_KEPT = "SELECT user_id FROM one_time_tokens \
        WHERE subject = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3";
    pub(super) VOID = "UPDATE one_time_tokens SET used_at = $2 WHERE purpose = $1 AND used_at IS NULL";
    pub(super) VOID_OF = "UPDATE one_time_tokens SET used_at = $3 \
        WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL";
    pub(super) OPEN_OF = "SELECT id FROM one_time_tokens \
        WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3";
    pub(super) VOID_ONE = "UPDATE one_time_tokens SET used_at = $2 WHERE id = $1 AND used_at IS NULL";
    pub(super) BLANK = "UPDATE one_time_tokens SET payload = NULL \
        WHERE payload IS NOT NULL AND (used_at IS NOT NULL OR expires_at < $1)";
    pub(super) FORGET_OF = "DELETE FROM one_time_tokens WHERE user_id = $1 AND purpose = $2 AND subject = $3";
    /// Deletes used and expired tokens of the purposes that produce many tokens and are of no
    /// interest afterwards.
    pub(super) PURGE_BRIEF = "DELETE FROM one_time_tokens \
        WHERE purpose IN ('passkey_prompt', 'passkey_add', 'passkey_sign_up', 'show_once', 'act') \
        AND (used_at IS NOT NULL OR expires_at < $1)";
    pub(super) PURGE = "DELETE FROM one_time_tokens WHERE expires_at < $1";
}
