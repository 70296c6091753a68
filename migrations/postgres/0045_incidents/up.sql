-- What is announced before anybody calls: a burst main, a power cut. Place and words are of the matter; nobody is named.
CREATE TABLE incident (
    id BIGINT PRIMARY KEY NOT NULL,
    title TEXT NOT NULL,
    category TEXT,
    -- Codes, as JSON lists; one of them has at least one.
    estates TEXT NOT NULL,
    regions TEXT NOT NULL,
    since BIGINT NOT NULL,
    expected_end BIGINT,
    -- What callers are told.
    tell TEXT NOT NULL,
    -- The number of the ticket that the callers' own are merged into.
    lead TEXT,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    declared_at BIGINT NOT NULL,
    declared_by TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    result TEXT,
    closed_at BIGINT
);
CREATE INDEX incident_state ON incident (state, id);

-- Tickets that others were merged into, and how many. One from before this migration comes with its next change.
CREATE TABLE linked (
    ticket_id BIGINT PRIMARY KEY NOT NULL,
    children INTEGER NOT NULL
);
