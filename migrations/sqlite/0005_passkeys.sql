-- Passkeys (WebAuthn credentials), and roles that ask for strong sign-in.

CREATE TABLE passkeys (
    id             BLOB NOT NULL PRIMARY KEY,
    user_id        BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The authenticator's id of it. Nobody else may register it again.
    credential_id  BLOB NOT NULL UNIQUE,
    name           TEXT NOT NULL,
    -- The model of what keeps it; NULL when it does not say.
    aaguid         BLOB,
    -- Public key, counter, transports, whether it may be and is backed up: as webauthn-rs writes it, in JSON.
    credential     TEXT NOT NULL,
    created_at     INTEGER NOT NULL,
    last_used_at   INTEGER,
    -- Since when it opens nothing: its counter went back, so that there may be a copy.
    blocked_at     INTEGER
) STRICT;

CREATE INDEX passkeys_user ON passkeys (user_id);

-- What holders of the role must have before a session of theirs does anything else: `mfa`, `passkey`, or nothing.
ALTER TABLE roles ADD COLUMN required_factor TEXT;
