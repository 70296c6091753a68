-- The index of callers in parts of 2^13 consecutive numbers, so that a new ticket touches the newest part
-- alone; 16 characters of a hash are enough to tell callers apart. Which ticket repeats an earlier
-- one is found out when figures are asked for, and no longer kept.
DROP INDEX ticket_phone;
ALTER TABLE ticket DROP COLUMN earlier_at;

CREATE TABLE caller_key_in_parts (
    part INTEGER NOT NULL,
    hash TEXT NOT NULL,
    ticket_id BIGINT NOT NULL REFERENCES ticket (id),
    PRIMARY KEY (part, hash, ticket_id)
) WITHOUT ROWID;
-- The last nine digits, at most, that a number ends with.
INSERT INTO caller_key_in_parts (part, hash, ticket_id)
SELECT DISTINCT
    (CAST(substr('000000000' || substr(t.no, length(rtrim(t.no, '0123456789')) + 1), -9) AS INTEGER) >> 13) % 4096,
    substr(c.hash, 1, 16),
    c.ticket_id
FROM caller_key c JOIN ticket t ON t.id = c.ticket_id;
DROP TABLE caller_key;
ALTER TABLE caller_key_in_parts RENAME TO caller_key;
