-- What the city's platform told us, one message a row, each processed once. The content is sealed with a key
-- of its own and goes once the ticket has it; the keyed hash tells a repeat from another message of the same id.
CREATE TABLE upstream_message (
    id TEXT PRIMARY KEY NOT NULL,
    upstream_no TEXT NOT NULL,
    kind TEXT NOT NULL,
    seq INTEGER,
    at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    account TEXT NOT NULL,
    hash BLOB NOT NULL,
    record_key BLOB,
    body BLOB,
    fate TEXT NOT NULL,
    code TEXT,
    reason TEXT,
    pointer TEXT,
    ticket_no TEXT,
    settled_at BIGINT
);
CREATE INDEX upstream_message_no ON upstream_message (upstream_no);
CREATE INDEX upstream_message_fate ON upstream_message (fate, received_at) WHERE fate <> 'applied';

-- What we owe the platform: one answer a row, written with its cause. The text itself is not kept twice: it is
-- made of the events of the ticket `source_id` up to `version`, so that each try says the same.
CREATE TABLE backfill (
    id INTEGER PRIMARY KEY NOT NULL,
    ticket_id BIGINT NOT NULL REFERENCES ticket (id),
    ticket_no TEXT NOT NULL,
    upstream_no TEXT NOT NULL,
    revision INTEGER NOT NULL,
    cause TEXT NOT NULL,
    source_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    caused_at BIGINT NOT NULL,
    soon_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    next_at BIGINT,
    tries INTEGER NOT NULL,
    sent_at BIGINT,
    settled_at BIGINT,
    why TEXT,
    done_by TEXT,
    UNIQUE (ticket_id, revision)
);
CREATE INDEX backfill_state ON backfill (state, due_at) WHERE state <> 'acknowledged';
CREATE INDEX backfill_caused ON backfill (caused_at);

-- What a comparison with the platform's own list found, and when it was found no more.
CREATE TABLE upstream_difference (
    id INTEGER PRIMARY KEY NOT NULL,
    upstream_no TEXT NOT NULL,
    day TEXT NOT NULL,
    what TEXT NOT NULL,
    ours TEXT,
    theirs TEXT,
    found_at BIGINT NOT NULL,
    gone_at BIGINT
);
CREATE INDEX upstream_difference_day ON upstream_difference (day);

-- When a day was compared last.
CREATE TABLE upstream_day (
    day TEXT PRIMARY KEY NOT NULL,
    compared_at BIGINT NOT NULL,
    tickets INTEGER NOT NULL
);
