-- INTEGER PRIMARY KEY is the number SQLite keeps a row by (64 bits); where the key is the whole row, WITHOUT
-- ROWID. Either saves a second tree that PostgreSQL would not have.

-- The list's side of a ticket: narrow, no personal data, what filters, lists and figures ask.
CREATE TABLE ticket (
    id INTEGER PRIMARY KEY NOT NULL,
    no TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    urgency TEXT NOT NULL,
    title TEXT NOT NULL,
    category TEXT,
    region TEXT,
    estate TEXT,
    company TEXT,
    lead_unit TEXT,
    lead_head TEXT,
    received_at BIGINT NOT NULL,
    ended_at BIGINT,
    gaps TEXT NOT NULL,
    assessment_class TEXT NOT NULL,
    excluded TEXT,
    direct BOOLEAN NOT NULL,
    first_solved TEXT,
    survey TEXT,
    handled_ms BIGINT,
    earlier_at BIGINT,
    flagged BOOLEAN NOT NULL,
    sealed BOOLEAN NOT NULL,
    phone_hash TEXT,
    upstream_no TEXT,
    yellow_at BIGINT,
    red_at BIGINT,
    next_at BIGINT,
    accused TEXT
);
CREATE INDEX ticket_received ON ticket (received_at, id);
CREATE INDEX ticket_state ON ticket (state, received_at, id);
CREATE INDEX ticket_phone ON ticket (phone_hash, received_at) WHERE phone_hash IS NOT NULL;
CREATE INDEX ticket_next ON ticket (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX ticket_ended ON ticket (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX ticket_live ON ticket (received_at) WHERE ended_at IS NULL;
CREATE INDEX ticket_gaps ON ticket (received_at) WHERE gaps <> '';
CREATE UNIQUE INDEX ticket_upstream ON ticket (upstream_no) WHERE upstream_no IS NOT NULL;

-- The whole ticket, sealed with its own key; the key is sealed with the master key. Erasing the key
-- makes the document and the bodies of the events unreadable and leaves the chain valid.
CREATE TABLE ticket_body (
    ticket_id INTEGER PRIMARY KEY NOT NULL REFERENCES ticket (id),
    record_key BLOB,
    doc BLOB NOT NULL,
    head BLOB NOT NULL
);

-- Keyed hashes of a caller's numbers and name, to find a caller's tickets without either.
CREATE TABLE caller_key (
    hash TEXT NOT NULL,
    ticket_id BIGINT NOT NULL REFERENCES ticket (id),
    PRIMARY KEY (hash, ticket_id)
) WITHOUT ROWID;

CREATE TABLE assignment (
    ticket_id BIGINT NOT NULL REFERENCES ticket (id),
    k INTEGER NOT NULL,
    unit TEXT NOT NULL,
    head TEXT,
    part TEXT NOT NULL,
    state TEXT NOT NULL,
    -- Taken back by the dispatcher: its unit sees the ticket no more.
    taken_back BOOLEAN NOT NULL,
    is_sub BOOLEAN NOT NULL,
    is_final BOOLEAN NOT NULL,
    sent_at BIGINT NOT NULL,
    sign_due_at BIGINT,
    signed_at BIGINT,
    contact_due_at BIGINT,
    contacted_at BIGINT,
    handle_due_at BIGINT,
    handle_stopped_at BIGINT,
    handle_missed BOOLEAN NOT NULL,
    rework1_due_at BIGINT,
    rework1_stopped_at BIGINT,
    rework1_missed BOOLEAN NOT NULL,
    rework2_due_at BIGINT,
    rework2_stopped_at BIGINT,
    rework2_missed BOOLEAN NOT NULL,
    paused BOOLEAN NOT NULL,
    urges INTEGER NOT NULL,
    extensions INTEGER NOT NULL,
    rework_count INTEGER NOT NULL,
    PRIMARY KEY (ticket_id, k)
);
CREATE INDEX assignment_unit ON assignment (unit, taken_back, ticket_id);
CREATE INDEX assignment_sent ON assignment (sent_at);
CREATE INDEX assignment_handle ON assignment (handle_due_at) WHERE handle_due_at IS NOT NULL;
CREATE INDEX assignment_rework ON assignment (rework1_due_at) WHERE rework1_due_at IS NOT NULL;

CREATE TABLE contact (
    ticket_id BIGINT NOT NULL REFERENCES ticket (id),
    k INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (ticket_id, k, seq)
) WITHOUT ROWID;
CREATE INDEX contact_at ON contact (at);

CREATE TABLE whistle (
    ticket_id BIGINT NOT NULL REFERENCES ticket (id),
    id INTEGER NOT NULL,
    unit TEXT NOT NULL,
    head TEXT,
    caller TEXT NOT NULL,
    caller_head TEXT,
    called_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    answered_at BIGINT,
    PRIMARY KEY (ticket_id, id, unit)
);
CREATE INDEX whistle_called ON whistle (called_at);

CREATE TABLE ledger (
    ticket_id BIGINT NOT NULL REFERENCES ticket (id),
    seq INTEGER NOT NULL,
    approved_at BIGINT NOT NULL,
    written_off_at BIGINT,
    cancelled_at BIGINT,
    PRIMARY KEY (ticket_id, seq)
);
CREATE INDEX ledger_approved ON ledger (approved_at);

-- One accepted command: sealed, chained over the ciphertext.
CREATE TABLE event (
    ticket_id BIGINT NOT NULL REFERENCES ticket (id),
    seq INTEGER NOT NULL,
    at BIGINT NOT NULL,
    sealed BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (ticket_id, seq)
);

-- The calendar by which open limits were last counted; one row.
CREATE TABLE counted_by (
    id INTEGER NOT NULL PRIMARY KEY,
    calendar TEXT NOT NULL,
    at BIGINT NOT NULL
);
INSERT INTO counted_by (id, calendar, at) VALUES (1, '', 0);

-- Events that no seal covers yet: those of one write, from `since` to `seq`.
CREATE TABLE unsealed (
    ticket_id BIGINT NOT NULL,
    seq INTEGER NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (ticket_id, seq)
) WITHOUT ROWID;

-- A Merkle root over the heads of the tickets that changed, chained and keyed; numbered 1, 2, 3 …
CREATE TABLE seal (
    no INTEGER PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL,
    leaves INTEGER NOT NULL,
    root BLOB NOT NULL,
    mac BLOB NOT NULL
);
CREATE TABLE seal_leaf (
    seal_no BIGINT NOT NULL REFERENCES seal (no),
    ticket_id BIGINT NOT NULL,
    seq INTEGER NOT NULL,
    head BLOB NOT NULL,
    PRIMARY KEY (seal_no, ticket_id)
);
