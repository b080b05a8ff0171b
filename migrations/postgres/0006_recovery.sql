-- Recovery by whoever lost all their second factors.

CREATE TABLE recoveries (
    id           uuid NOT NULL PRIMARY KEY,
    user_id      uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    started_at   timestamptz NOT NULL,
    -- Halfway, when its person is reminded.
    remind_at    timestamptz NOT NULL,
    -- Not before then the factors are taken off.
    due_at       timestamptz NOT NULL,
    -- When the reminder was written; NULL before.
    reminded_at  timestamptz,
    -- When the mail was written that lets it be finished; NULL before.
    told_at      timestamptz,
    -- NULL while it is open.
    ended_at     timestamptz,
    -- How it ended.
    outcome      text
);

-- At most one of a person's is open.
CREATE UNIQUE INDEX recoveries_open ON recoveries (user_id) WHERE ended_at IS NULL;
-- For the job that writes the mails: few are open at any time.
CREATE INDEX recoveries_due ON recoveries (due_at) WHERE ended_at IS NULL;
