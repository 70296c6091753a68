-- Telephone calls as the telephone system tells of them. The number is sealed, and goes with its hash when its
-- time is over; the times stay for the figures.
CREATE TABLE call (
    id BIGINT PRIMARY KEY NOT NULL,
    call_id TEXT NOT NULL UNIQUE,
    first_at BIGINT NOT NULL,
    rang_at BIGINT,
    answered_at BIGINT,
    ended_at BIGINT,
    missed_at BIGINT,
    agent TEXT,
    queue TEXT,
    recording_id TEXT,
    phone BYTEA,
    phone_hash TEXT,
    called_back_at BIGINT,
    called_back_by TEXT,
    called_back TEXT
);
CREATE INDEX call_first ON call (first_at, id);
CREATE INDEX call_missed ON call (first_at, id) WHERE answered_at IS NULL AND called_back_at IS NULL;
