-- Recovery by whoever lost all their second factors.

CREATE TABLE recoveries (
    id           BLOB NOT NULL PRIMARY KEY,
    user_id      BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    started_at   INTEGER NOT NULL,
    -- Halfway, when its person is reminded.
    remind_at    INTEGER NOT NULL,
    -- Not before then the factors are taken off.
    due_at       INTEGER NOT NULL,
    -- When the reminder was written; NULL before.
    reminded_at  INTEGER,
    -- When the mail was written that lets it be finished; NULL before.
    told_at      INTEGER,
    -- NULL while it is open.
    ended_at     INTEGER,
    -- How it ended.
    outcome      TEXT
) STRICT;

-- At most one of a person's is open.
CREATE UNIQUE INDEX recoveries_open ON recoveries (user_id) WHERE ended_at IS NULL;
-- For the job that writes the mails: few are open at any time.
CREATE INDEX recoveries_due ON recoveries (due_at) WHERE ended_at IS NULL;
