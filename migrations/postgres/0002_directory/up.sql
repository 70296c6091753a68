-- The directory's journal: units, regions, estates, companies, categories, catalogue rules,
-- calendars, profiles and settings, each row one description of one thing from a day on.
-- Rows are only ever added. Days are TEXT YYYY-MM-DD, instants milliseconds since 1970.
CREATE TABLE directory_entry (
    noun TEXT NOT NULL,
    code TEXT NOT NULL,
    revision INTEGER NOT NULL,
    since_on TEXT NOT NULL,
    body TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (noun, code, revision)
);

-- One row that rises with every change, so that each node knows when to load anew.
CREATE TABLE directory_version (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
INSERT INTO directory_version (id, version, changed_at) VALUES (1, 0, 0);
