-- Mails: the outbox, and one-time tokens that also have a code to type.

-- SHA-256 of the secret of the browser that asked: the code works there alone.
ALTER TABLE one_time_tokens ADD COLUMN browser_hash BLOB;
-- SHA-256 of that secret with the code: without the browser's secret there is nothing to guess from.
ALTER TABLE one_time_tokens ADD COLUMN code_hash BLOB;
ALTER TABLE one_time_tokens ADD COLUMN code_tries INTEGER NOT NULL DEFAULT 0;
-- What is done once the token is used, such as the address to change to; encrypted.
ALTER TABLE one_time_tokens ADD COLUMN payload TEXT;
CREATE INDEX one_time_tokens_by_browser ON one_time_tokens (browser_hash, purpose) WHERE browser_hash IS NOT NULL;
CREATE INDEX one_time_tokens_by_subject ON one_time_tokens (subject, purpose);

-- The language in which a person reads their mails; NULL for DEFAULT_LANGUAGE.
ALTER TABLE users ADD COLUMN language TEXT;

-- Mails to send: written in the transaction of their cause.
CREATE TABLE outbox (
    id           BLOB NOT NULL PRIMARY KEY,
    -- Which message, such as `password_reset`.
    kind         TEXT NOT NULL,
    -- Whom it is about; NULL for people without an account.
    user_id      BLOB REFERENCES users (id) ON DELETE CASCADE,
    -- The address, encrypted.
    recipient    TEXT NOT NULL,
    -- The letter as JSON, encrypted: it holds links that open something. NULL once it is sent, or worth nothing.
    letter       TEXT,
    created_at   INTEGER NOT NULL,
    -- When it is worth nothing any more.
    expires_at   INTEGER NOT NULL,
    -- When it is tried next. Whoever takes it moves this to the end of its time for the try; NULL when it is done.
    -- A row that has this and sent_at only looks as if: it is never sent (Outbox::pretend).
    next_try_at  INTEGER,
    -- Whose try it is: only that one may note what became of it.
    claim        BLOB,
    tries        INTEGER NOT NULL DEFAULT 0,
    last_error   TEXT,
    sent_at      INTEGER,
    failed_at    INTEGER
) STRICT;
CREATE INDEX outbox_by_turn ON outbox (next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX outbox_by_user ON outbox (user_id);
CREATE INDEX outbox_by_failure ON outbox (id) WHERE failed_at IS NOT NULL;
