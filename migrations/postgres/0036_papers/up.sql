-- Papers 文书 that were given a number, and what each is about: numbers of tickets and places in them, nothing
-- personal. What a paper says is made anew from the ticket as it was then (its version), and is kept nowhere.
CREATE TABLE paper (
    id BIGINT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    year INTEGER NOT NULL,
    number BIGINT NOT NULL,
    -- As it is printed, with the mark that the site had then.
    no TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    -- Of a register: whose it is, where not the whole bureau's.
    unit TEXT,
    UNIQUE (kind, year, number)
);
-- No foreign key to the ticket: an import that is taken back leaves the numbers that were given.
CREATE TABLE paper_line (
    paper_id BIGINT NOT NULL REFERENCES paper (id),
    nth INTEGER NOT NULL,
    ticket_id BIGINT NOT NULL,
    ticket_no TEXT NOT NULL,
    version INTEGER NOT NULL,
    assignment INTEGER,
    side INTEGER,
    PRIMARY KEY (paper_id, nth)
);
CREATE INDEX paper_line_ticket ON paper_line (ticket_id);
