-- Second factors: authenticator apps and backup codes.

-- One authenticator app per person.
CREATE TABLE totp (
    user_id       uuid NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    -- The person's id and the secret, encrypted together: moved to another row it opens nothing.
    secret        text NOT NULL,
    created_at    timestamptz NOT NULL,
    -- NULL while it is being set up: then it counts for nothing.
    confirmed_at  timestamptz,
    -- The 30-second step of the last code that was taken: none of it or before it counts again (RFC 6238 section 5.2).
    last_step     bigint NOT NULL DEFAULT 0
);

CREATE TABLE backup_codes (
    user_id    uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- SHA-256 of 120 random bits with the person's id.
    code_hash  bytea NOT NULL,
    used_at    timestamptz,
    PRIMARY KEY (user_id, code_hash)
);

-- Until when a browser is asked for no second factor; NULL for always asked.
ALTER TABLE known_devices ADD COLUMN trusted_until timestamptz;
