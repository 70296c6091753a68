-- What came in by import: the keyed hash of its line tells an identical one from another of the same
-- number, so that an import that was cut short is run again; the batch says which run brought it.
CREATE TABLE imported (
    no TEXT NOT NULL PRIMARY KEY,
    ticket_id BIGINT NOT NULL REFERENCES ticket (id),
    batch BIGINT NOT NULL,
    hash BLOB NOT NULL
);
