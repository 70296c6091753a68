-- The queue of places is a query: live tickets without an estate whose document has an address. What somebody
-- put aside stands here, with the codes that were offered then: something new brings it back.
CREATE TABLE place_aside (
    ticket_id BIGINT PRIMARY KEY NOT NULL,
    why TEXT NOT NULL,
    -- Codes of estates, separated by commas.
    offered TEXT NOT NULL,
    -- By this version of the directory nothing new can be offered.
    directory_version BIGINT NOT NULL,
    by_id BIGINT NOT NULL,
    at BIGINT NOT NULL
);

CREATE INDEX ticket_placeless ON ticket (received_at, id) WHERE estate IS NULL AND ended_at IS NULL;
