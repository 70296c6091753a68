-- Tickets whose key was destroyed by rule: the proof that it was not taken (decision 0017). Nothing personal.
CREATE TABLE erased (
    ticket_id BIGINT PRIMARY KEY NOT NULL,
    no TEXT NOT NULL UNIQUE,
    at BIGINT NOT NULL,
    -- request or retention
    ground TEXT NOT NULL,
    -- The two who answer for it, by login name; system for what the retention period ends.
    asked_by TEXT NOT NULL,
    agreed_by TEXT NOT NULL,
    -- In their words, masked.
    reason TEXT NOT NULL,
    -- Over all of the above and the head of the ticket's chain, keyed.
    mac BYTEA NOT NULL
);
