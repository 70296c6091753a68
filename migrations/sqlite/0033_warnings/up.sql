-- Acting before the complaint. A warning names its cell, numbers of tickets and how it was counted; it names no
-- caller: the cell of a caller and a matter is a digest of both.
CREATE TABLE warning (
    id INTEGER PRIMARY KEY NOT NULL,
    rule TEXT NOT NULL,
    cell TEXT NOT NULL,
    grade TEXT NOT NULL,
    estate TEXT,
    category TEXT,
    company TEXT,
    -- Who answers for it: a unit, or a desk (a role) where there is none.
    unit TEXT,
    desk TEXT,
    -- The latest ticket it rests on.
    ticket_id BIGINT NOT NULL,
    n INTEGER NOT NULL,
    threshold INTEGER NOT NULL,
    -- Numbers of tickets, as a JSON list; how it was counted, as JSON.
    tickets TEXT NOT NULL,
    why TEXT NOT NULL,
    state TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    -- The login name of whoever took it.
    owner TEXT,
    taken_at BIGINT,
    act TEXT,
    acted_at BIGINT,
    result TEXT,
    -- Of a closed one; nothing where it lapsed by itself.
    is_real BOOLEAN,
    closed_at BIGINT,
    closed_by TEXT
);
CREATE UNIQUE INDEX warning_open ON warning (rule, cell) WHERE state <> 'closed';
CREATE INDEX warning_cell ON warning (rule, cell, closed_at);
CREATE INDEX warning_unit ON warning (unit, id);

-- Up to which seal it was looked at what has changed, and the day on which the seasons were. What lies before this
-- migration is the past, of which nobody is warned.
CREATE TABLE warning_mark (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seal_no BIGINT NOT NULL,
    season_on TEXT NOT NULL
);
INSERT INTO warning_mark (id, seal_no, season_on) SELECT 1, COALESCE(MAX(no), 0), '' FROM seal;

-- The last valid survey of a ticket, in the order of time, for rows of dissatisfied ones.
CREATE TABLE surveyed (
    ticket_id INTEGER PRIMARY KEY NOT NULL,
    ticket_no TEXT NOT NULL,
    at BIGINT NOT NULL,
    estate TEXT,
    company TEXT,
    dissatisfied BOOLEAN NOT NULL
);
CREATE INDEX surveyed_estate ON surveyed (estate, at) WHERE estate IS NOT NULL;
CREATE INDEX surveyed_company ON surveyed (company, at) WHERE company IS NOT NULL;

-- 每月一题: tickets under a goal; points with who, when and proof, as JSON.
CREATE TABLE campaign (
    id INTEGER PRIMARY KEY NOT NULL,
    month TEXT NOT NULL,
    goal TEXT NOT NULL,
    category TEXT,
    estate TEXT,
    state TEXT NOT NULL,
    points TEXT NOT NULL,
    tickets TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    result TEXT,
    closed_at BIGINT
);
CREATE INDEX campaign_month ON campaign (month, id);

-- An estate's tickets of a year.
CREATE INDEX ticket_estate ON ticket (estate, received_at) WHERE estate IS NOT NULL;
