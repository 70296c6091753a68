-- How a member of staff is reached: sealed, as it names a person's own number.
CREATE TABLE reach (
    account_id INTEGER PRIMARY KEY NOT NULL REFERENCES account (id),
    -- JSON {email, mobile} under the site's key.
    sealed BLOB NOT NULL
);

-- Who gets the letters of somebody who is away, from day to day.
CREATE TABLE deputy (
    id INTEGER PRIMARY KEY NOT NULL,
    principal BIGINT NOT NULL REFERENCES account (id),
    stands_in BIGINT NOT NULL REFERENCES account (id),
    -- ISO dates, both included.
    from_on TEXT NOT NULL,
    to_on TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_at BIGINT NOT NULL
);
CREATE INDEX deputy_of_principal ON deputy (principal);

-- A letter to one person: ids only; addresses and words are looked up when it leaves.
CREATE TABLE letter (
    id INTEGER PRIMARY KEY NOT NULL,
    -- The notice it came of; a digest's own id for a digest.
    notice_id BIGINT NOT NULL,
    ticket_id BIGINT,
    occasion TEXT NOT NULL,
    medium TEXT NOT NULL,
    -- Whose letter it is; 0 for the citizen.
    account_id BIGINT NOT NULL,
    -- In whose place, where a deputy gets it.
    principal BIGINT,
    unit TEXT,
    assignment INTEGER,
    limit_name TEXT,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    tries INTEGER NOT NULL,
    why TEXT,
    done_at BIGINT,
    digest_id BIGINT,
    UNIQUE (notice_id, account_id, medium)
);
CREATE INDEX letter_in_state ON letter (state, id);
CREATE INDEX letter_of_account ON letter (account_id, due_at);
CREATE INDEX letter_of_ticket ON letter (ticket_id);
