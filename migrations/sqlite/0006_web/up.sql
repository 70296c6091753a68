-- The answers of POSTs that came with an Idempotency-Key, written with the change itself.
CREATE TABLE idempotency (
    -- SHA-256 of actor, method, address and key.
    key TEXT PRIMARY KEY NOT NULL,
    -- SHA-256 of the body.
    body TEXT NOT NULL,
    -- Status, headers and body of the answer, sealed.
    answer BLOB NOT NULL,
    made_at BIGINT NOT NULL
);
