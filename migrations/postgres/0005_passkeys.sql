-- Passkeys (WebAuthn credentials), and roles that ask for strong sign-in.

CREATE TABLE passkeys (
    id             uuid NOT NULL PRIMARY KEY,
    user_id        uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The authenticator's id of it. Nobody else may register it again.
    credential_id  bytea NOT NULL UNIQUE,
    name           text NOT NULL,
    -- The model of what keeps it; NULL when it does not say.
    aaguid         uuid,
    -- Public key, counter, transports, whether it may be and is backed up: as webauthn-rs writes it, in JSON.
    credential     text NOT NULL,
    created_at     timestamptz NOT NULL,
    last_used_at   timestamptz,
    -- Since when it opens nothing: its counter went back, so that there may be a copy.
    blocked_at     timestamptz
);

CREATE INDEX passkeys_user ON passkeys (user_id);

-- What holders of the role must have before a session of theirs does anything else: `mfa`, `passkey`, or nothing.
ALTER TABLE roles ADD COLUMN required_factor text;
