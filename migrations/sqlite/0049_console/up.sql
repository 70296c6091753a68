-- What somebody has typed into a form of the console and not sent: one row a person and form, for some days.
CREATE TABLE draft (
    -- The account's id.
    owner BIGINT NOT NULL,
    -- The form.
    name TEXT NOT NULL,
    -- The ticket that it is about, where it is about one: when that is erased, this goes.
    ticket_no TEXT,
    -- By the writer's own clock: of two the later counts.
    typed_at BIGINT NOT NULL,
    saved_at BIGINT NOT NULL,
    -- The fields as typed, sealed.
    sealed BLOB NOT NULL,
    PRIMARY KEY (owner, name)
);

-- Who is at work on which ticket, as long as their page says so.
CREATE TABLE at_work (
    ticket_no TEXT NOT NULL,
    -- The account's id.
    account_id BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    PRIMARY KEY (ticket_no, account_id)
);
