-- Searches that people keep: what was typed, never what was found. Nothing personal is kept.
CREATE TABLE kept_search (
    id BIGINT PRIMARY KEY NOT NULL,
    owner BIGINT NOT NULL,
    name TEXT NOT NULL,
    asked TEXT NOT NULL,
    UNIQUE (owner, name)
);
