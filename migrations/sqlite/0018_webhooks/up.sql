-- Programs of others that are told of events (Standard Webhooks).
CREATE TABLE webhook (
    id INTEGER PRIMARY KEY NOT NULL,
    -- Sealed: path and query may hold a token.
    url BLOB NOT NULL,
    -- What of it may be shown: scheme, host, port.
    origin TEXT NOT NULL,
    -- A JSON list of event codes; an empty one stands for all.
    events TEXT NOT NULL,
    -- Only what the handlers of this unit see.
    unit TEXT,
    -- Sealed; the one before is good until old_until.
    secret BLOB NOT NULL,
    old_secret BLOB,
    old_until BIGINT,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    disabled_at BIGINT,
    disabled_why TEXT,
    -- Since when nothing has arrived there.
    failing_since BIGINT
);

-- What was or is to be told to whom: the log, and the body that each try sends again.
CREATE TABLE webhook_delivery (
    id INTEGER PRIMARY KEY NOT NULL,
    webhook_id BIGINT NOT NULL REFERENCES webhook (id),
    event TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    tries INTEGER NOT NULL,
    tried_at BIGINT,
    -- The status that came back, and after how many milliseconds.
    status INTEGER,
    ms BIGINT,
    -- The code of the last failure, and the first letters of the answer.
    why TEXT,
    answer TEXT,
    delivered_at BIGINT,
    dead_at BIGINT
);
CREATE INDEX webhook_delivery_of_webhook ON webhook_delivery (webhook_id, id);
