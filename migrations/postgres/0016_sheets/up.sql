-- A run that brings tickets in: named so that it can be listed and undone.
CREATE TABLE import_batch (
    id BIGINT PRIMARY KEY NOT NULL,
    began_at BIGINT NOT NULL,
    -- Empty while it runs, and where it was cut short.
    ended_at BIGINT,
    -- The file's name without its folders, masked.
    file TEXT NOT NULL,
    -- Of the file's bytes: only the same file goes on where a run was cut short.
    hash BYTEA NOT NULL,
    form TEXT NOT NULL,
    lines BIGINT NOT NULL,
    skipped BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    undone_at BIGINT
);
INSERT INTO import_batch (id, began_at, ended_at, file, hash, form, lines, skipped, rejected, undone_at)
SELECT i.batch, max(e.at), max(e.at), '', ''::bytea, 'ndjson', count(*), 0, 0, NULL
FROM imported i JOIN event e ON e.ticket_id = i.ticket_id AND e.seq = 1
GROUP BY i.batch;

-- How many events the run gave the ticket: one with more has been worked on since. What came before this
-- was known is taken to have brought one.
ALTER TABLE imported ADD COLUMN events INTEGER NOT NULL DEFAULT 1;
CREATE INDEX imported_batch ON imported (batch);

-- Tickets taken back: numbered 1, 2, 3 …, a Merkle root over the heads of their events, chained and keyed.
CREATE TABLE removal (
    no BIGINT PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL,
    batch BIGINT NOT NULL,
    tickets INTEGER NOT NULL,
    root BYTEA NOT NULL,
    mac BYTEA NOT NULL
);
-- What is left of an event whose ticket was taken back: its hash, so that the seals over it hold.
CREATE TABLE removed_event (
    ticket_id BIGINT NOT NULL,
    seq INTEGER NOT NULL,
    removal_no BIGINT NOT NULL REFERENCES removal (no),
    head BYTEA NOT NULL,
    PRIMARY KEY (ticket_id, seq)
);
CREATE INDEX removed_event_removal ON removed_event (removal_no);
