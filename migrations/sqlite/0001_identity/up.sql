-- Whoever can be asked "who are you": people and machine accounts.
CREATE TABLE account (
    id INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('person', 'demo', 'machine')),
    -- A JSON list of role codes.
    roles TEXT NOT NULL,
    unit TEXT,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT,
    -- argon2id in PHC form; empty for machines.
    password TEXT NOT NULL,
    password_at BIGINT NOT NULL,
    -- Given by somebody else: to be changed at the first login.
    one_time BOOLEAN NOT NULL,
    -- A JSON list of the PHC strings before, newest first.
    history TEXT NOT NULL,
    failures INTEGER NOT NULL,
    locked_until BIGINT,
    -- Sealed TOTP secrets: the one in use, and one that waits for its first code.
    totp BLOB,
    totp_pending BLOB,
    -- The last time step a code was taken for, so that no code serves twice.
    totp_step BIGINT NOT NULL,
    -- Raising it ends every session at once.
    epoch BIGINT NOT NULL,
    last_login_at BIGINT
);

-- A login that has not ended: a family of refresh tokens.
CREATE TABLE login_session (
    id INTEGER PRIMARY KEY NOT NULL,
    account_id BIGINT NOT NULL REFERENCES account (id),
    epoch BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    ended_by TEXT
);
CREATE INDEX login_session_of_account ON login_session (account_id);

-- Each is good once; its second use ends the session.
CREATE TABLE refresh_token (
    -- SHA-256, base64url.
    hash TEXT PRIMARY KEY NOT NULL,
    session_id BIGINT NOT NULL REFERENCES login_session (id),
    issued_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX refresh_token_of_session ON refresh_token (session_id);

-- What machine accounts show instead of a password.
CREATE TABLE api_key (
    id INTEGER PRIMARY KEY NOT NULL,
    account_id BIGINT NOT NULL REFERENCES account (id),
    label TEXT NOT NULL,
    -- SHA-256 of the secret, base64url.
    hash TEXT NOT NULL,
    -- A JSON list of scope codes.
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    ended_at BIGINT
);
CREATE INDEX api_key_of_account ON api_key (account_id);
