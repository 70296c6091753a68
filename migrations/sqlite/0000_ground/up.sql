-- How many times a program has started on this database: gives each its number in identifiers.
CREATE TABLE node_start (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    next BIGINT NOT NULL
);
INSERT INTO node_start (id, next) VALUES (1, 1);

-- Up to which number of a series (a year's tickets) blocks have been given out.
CREATE TABLE number_lease (
    series TEXT PRIMARY KEY NOT NULL,
    taken BIGINT NOT NULL
);
