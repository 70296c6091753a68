-- The index of callers begins empty: what is left of the hashes is too short for the older program, which would not
-- find them again to take them away. `jiesu export` and `import` on an empty site make the rows anew.
CREATE TABLE caller_key_whole (
    hash TEXT NOT NULL,
    ticket_id BIGINT NOT NULL REFERENCES ticket (id),
    PRIMARY KEY (hash, ticket_id)
) WITHOUT ROWID;
DROP TABLE caller_key;
ALTER TABLE caller_key_whole RENAME TO caller_key;

CREATE INDEX ticket_phone ON ticket (phone_hash, received_at) WHERE phone_hash IS NOT NULL;
ALTER TABLE ticket ADD COLUMN earlier_at BIGINT;
UPDATE ticket SET earlier_at = (
    SELECT max(e.received_at) FROM ticket e
    WHERE e.phone_hash = ticket.phone_hash
        AND e.category = ticket.category
        AND (e.estate = ticket.estate
            OR (e.estate IS NULL AND ticket.estate IS NULL AND e.region = ticket.region))
        AND e.received_at < ticket.received_at
);
