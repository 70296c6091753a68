-- Work that may fail and is done again: written in the transaction of its cause.
CREATE TABLE job (
    id INTEGER PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    tries INTEGER NOT NULL,
    claim BIGINT,
    why TEXT,
    dead_at BIGINT
);
CREATE INDEX job_due ON job (due_at) WHERE dead_at IS NULL;
CREATE INDEX job_dead ON job (dead_at) WHERE dead_at IS NOT NULL;

-- What runs again and again, on one node at a time.
CREATE TABLE schedule (
    name TEXT PRIMARY KEY NOT NULL,
    next_at BIGINT NOT NULL,
    claim BIGINT,
    claimed_until BIGINT NOT NULL,
    ran_at BIGINT,
    why TEXT
);
