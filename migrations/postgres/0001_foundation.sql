-- The foundation: people, roles, sessions, one-time tokens, audit.

CREATE TABLE meta (
    name        TEXT NOT NULL PRIMARY KEY,
    value       TEXT NOT NULL
);

CREATE TABLE users (
    id                       uuid NOT NULL PRIMARY KEY,
    username                 TEXT NOT NULL,
    -- Folded form (see users::names): two names that look alike have one key.
    username_key             TEXT NOT NULL UNIQUE,
    -- What is shown; ciphertext when PII_ENCRYPTION_ENABLED.
    email                    TEXT,
    -- What is looked up: the folded address, or its HMAC when PII_ENCRYPTION_ENABLED.
    email_key                TEXT UNIQUE,
    email_verified_at        timestamptz,
    first_name               TEXT,
    last_name                TEXT,
    metadata                 TEXT NOT NULL DEFAULT '{}',
    password_hash            TEXT,
    password_changed_at      timestamptz,
    requires_password_reset  boolean NOT NULL DEFAULT false,
    -- An account of the software itself: nobody signs in with it.
    is_system                boolean NOT NULL DEFAULT false,
    suspended_at             timestamptz,
    suspended_by             uuid,
    suspended_reason         TEXT,
    deleted_at               timestamptz,
    erased_at                timestamptz,
    created_at               timestamptz NOT NULL,
    updated_at               timestamptz NOT NULL,
    last_login_at            timestamptz
);
CREATE INDEX users_by_deletion ON users (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE permissions (
    id           uuid NOT NULL PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    description  TEXT NOT NULL,
    built_in     boolean NOT NULL DEFAULT false,
    created_at   timestamptz NOT NULL
);

CREATE TABLE roles (
    id               uuid NOT NULL PRIMARY KEY,
    name             TEXT NOT NULL,
    name_key         TEXT NOT NULL UNIQUE,
    description      TEXT NOT NULL,
    level            bigint,
    built_in         boolean NOT NULL DEFAULT false,
    -- Holds every permission, those created later too.
    all_permissions  boolean NOT NULL DEFAULT false,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    CHECK (level IS NULL OR (level >= 0 AND level <= 999))
);

CREATE TABLE role_permissions (
    role_id        uuid NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    permission_id  uuid NOT NULL REFERENCES permissions (id) ON DELETE CASCADE,
    added_by       uuid,
    added_at       timestamptz NOT NULL,
    PRIMARY KEY (role_id, permission_id)
);
CREATE INDEX role_permissions_by_permission ON role_permissions (permission_id);

-- Holders of role_id may give and take assignable_id.
CREATE TABLE role_can_assign (
    role_id        uuid NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    assignable_id  uuid NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    PRIMARY KEY (role_id, assignable_id)
);
CREATE INDEX role_can_assign_by_assignable ON role_can_assign (assignable_id);

-- Holders of role_id may add permission_id to roles that they may edit.
CREATE TABLE role_can_grant (
    role_id        uuid NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    permission_id  uuid NOT NULL REFERENCES permissions (id) ON DELETE CASCADE,
    PRIMARY KEY (role_id, permission_id)
);
CREATE INDEX role_can_grant_by_permission ON role_can_grant (permission_id);

CREATE TABLE grants (
    id          uuid NOT NULL PRIMARY KEY,
    user_id     uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role_id     uuid NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    scope       TEXT NOT NULL,
    given_by    uuid,
    given_at    timestamptz NOT NULL,
    expires_at  timestamptz,
    UNIQUE (user_id, role_id, scope)
);
CREATE INDEX grants_by_role ON grants (role_id, id);

CREATE TABLE sessions (
    id                   uuid NOT NULL PRIMARY KEY,
    user_id              uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at           timestamptz NOT NULL,
    last_seen_at         timestamptz NOT NULL,
    -- When the person last proved who they are (sign-in or "confirm it's you").
    confirmed_at         timestamptz NOT NULL,
    absolute_expires_at  timestamptz NOT NULL,
    ended_at             timestamptz,
    end_reason           TEXT,
    -- SHA-256 of the random string that the cookie carries now.
    secret_hash          bytea NOT NULL,
    rotated_at           timestamptz NOT NULL,
    -- JSON [[base64 SHA-256, microseconds when it was replaced], ...], newest first, pruned at each rotation.
    old_secrets          TEXT NOT NULL DEFAULT '[]',
    -- Whether the current secret has come back from the browser: until then the one before it is good.
    secret_seen          boolean NOT NULL DEFAULT true,
    -- SHA-256 of the FINGERPRINT_HEADERS at sign-in.
    fingerprint          bytea NOT NULL,
    device               TEXT NOT NULL,
    method               TEXT NOT NULL,
    created_ip           TEXT,
    last_ip              TEXT,
    country              TEXT,
    city                 TEXT
);
CREATE INDEX sessions_by_user ON sessions (user_id, id);
CREATE INDEX sessions_by_end ON sessions (absolute_expires_at);

-- Browsers in which a user signed in before: failures elsewhere do not lock these out (OWASP device cookies).
CREATE TABLE known_devices (
    user_id      uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device_hash  bytea NOT NULL,
    first_seen   timestamptz NOT NULL,
    last_seen    timestamptz NOT NULL,
    PRIMARY KEY (user_id, device_hash)
);
CREATE INDEX known_devices_by_age ON known_devices (last_seen);

-- Failures by address, by account from unknown browsers, and by account from one known browser.
CREATE TABLE throttle (
    kind          TEXT NOT NULL,
    subject       bytea NOT NULL,
    failures      bigint NOT NULL,
    window_start  timestamptz NOT NULL,
    locked_until  timestamptz,
    -- Failures since the last success, whatever the window (NIST SP 800-63B-4, 3.2.2).
    consecutive   bigint NOT NULL,
    PRIMARY KEY (kind, subject)
);
CREATE INDEX throttle_by_age ON throttle (window_start);

CREATE TABLE one_time_tokens (
    id          uuid NOT NULL PRIMARY KEY,
    purpose     TEXT NOT NULL,
    user_id     uuid REFERENCES users (id) ON DELETE CASCADE,
    -- What the token is bound to, such as the folded address it was sent to.
    subject     TEXT NOT NULL,
    -- SHA-256 of 256 random bits; the token itself is kept nowhere.
    token_hash  bytea NOT NULL UNIQUE,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz
);
CREATE INDEX one_time_tokens_by_user ON one_time_tokens (user_id, purpose, created_at);
CREATE INDEX one_time_tokens_by_end ON one_time_tokens (expires_at);

-- Append-only and hash-chained. Times are microseconds in both dialects, because the hash is over these very values.
CREATE TABLE audit_events (
    seq            bigint NOT NULL PRIMARY KEY,
    at_micros      bigint NOT NULL,
    event          TEXT NOT NULL,
    actor_id       uuid,
    user_id        uuid,
    scope          TEXT,
    session_id     uuid,
    request_id     uuid,
    -- JSON without personal data.
    details        TEXT NOT NULL,
    -- JSON with personal data (address, device, names). Erased with its salt; the chain holds only its hash.
    personal       TEXT,
    personal_salt  bytea,
    personal_hash  bytea NOT NULL,
    hash           bytea NOT NULL
);
CREATE INDEX audit_events_by_user ON audit_events (user_id, seq);
CREATE INDEX audit_events_by_actor ON audit_events (actor_id, seq);
CREATE INDEX audit_events_by_event ON audit_events (event, seq);

-- The end of the chain: one row, locked by every append.
CREATE TABLE audit_head (
    id    bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    seq   bigint NOT NULL,
    hash  bytea NOT NULL
);
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, decode(repeat('00', 32), 'hex'));
