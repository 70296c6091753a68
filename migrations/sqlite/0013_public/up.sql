-- Wrong tries at the citizens' door. A row comes to be with the first of them, whether the number exists or not.
CREATE TABLE citizen_try (
    -- Keyed hash of the number as it was typed.
    key TEXT PRIMARY KEY NOT NULL,
    -- The ticket, where there is one; tries on others are forgotten after a day.
    ticket_id BIGINT,
    tries INTEGER NOT NULL,
    at BIGINT NOT NULL
);

-- What citizens said that no rule could place: kept until a person has dealt with it, and a season longer.
CREATE TABLE citizen_word (
    id BIGINT PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL,
    source TEXT NOT NULL,
    why TEXT NOT NULL,
    ticket_no TEXT,
    -- To find what is to be erased.
    phone_hash TEXT,
    -- Number and text, sealed.
    sealed BLOB NOT NULL,
    settled_at BIGINT,
    settled TEXT,
    settled_by BIGINT
);
CREATE INDEX citizen_word_open ON citizen_word (id) WHERE settled_at IS NULL;
