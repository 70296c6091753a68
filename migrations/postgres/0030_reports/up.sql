-- Special reports. A row is what a report is now; what it says and the facts behind it lie beside it, and so does
-- every step of its life, in rows that are only added.
CREATE TABLE report (
    id BIGINT PRIMARY KEY NOT NULL,
    -- The first edition, itself included: editions of one report share it, and its objections.
    root BIGINT NOT NULL,
    kind TEXT NOT NULL,
    -- The name of the window, as it was asked for.
    period TEXT NOT NULL,
    start_at BIGINT NOT NULL,
    end_at BIGINT NOT NULL,
    scope_by TEXT,
    scope_key TEXT,
    edition INTEGER NOT NULL,
    restates BIGINT,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    -- By which rules the figures were made: the profile, and its numbers as JSON.
    profile TEXT NOT NULL,
    scoring TEXT NOT NULL,
    -- The instant that the figures are of, and how far the events were then.
    taken_at BIGINT NOT NULL,
    mark TEXT NOT NULL,
    -- SHA-256 of the bytes in report_body.
    document_hash BYTEA NOT NULL,
    facts_hash BYTEA NOT NULL,
    objections_until BIGINT,
    frozen_by BIGINT
);
-- One report a window and scope; a restatement is another edition.
CREATE UNIQUE INDEX report_once
    ON report (start_at, end_at, COALESCE(scope_by, ''), COALESCE(scope_key, ''), edition);
CREATE INDEX report_root ON report (root);

-- The document and the facts, deflated.
CREATE TABLE report_body (
    report_id BIGINT PRIMARY KEY NOT NULL,
    document BYTEA NOT NULL,
    facts BYTEA NOT NULL
);

-- Who did what to a report, when.
CREATE TABLE report_step (
    id BIGINT PRIMARY KEY NOT NULL,
    report_id BIGINT NOT NULL,
    step TEXT NOT NULL,
    at BIGINT NOT NULL,
    by_id BIGINT NOT NULL,
    by_name TEXT NOT NULL
);
CREATE INDEX report_step_report ON report_step (report_id, id);

-- What people wrote into a report, every version of it, sealed.
CREATE TABLE report_text (
    id BIGINT PRIMARY KEY NOT NULL,
    report_id BIGINT NOT NULL,
    field TEXT NOT NULL,
    at BIGINT NOT NULL,
    by_id BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    sealed BYTEA NOT NULL
);
CREATE INDEX report_text_report ON report_text (report_id, id);

-- Objections of units in the check period: codes and times. report_id is the first edition.
CREATE TABLE report_objection (
    id BIGINT PRIMARY KEY NOT NULL,
    report_id BIGINT NOT NULL,
    ticket_id BIGINT NOT NULL,
    unit TEXT NOT NULL,
    at BIGINT NOT NULL,
    by_id BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    decision TEXT,
    decided_at BIGINT,
    decided_name TEXT,
    UNIQUE (report_id, ticket_id)
);

-- What was said in an objection and to it, sealed: it may name people, and goes with the ticket.
CREATE TABLE report_said (
    id BIGINT PRIMARY KEY NOT NULL,
    objection_id BIGINT NOT NULL,
    ticket_id BIGINT NOT NULL,
    part TEXT NOT NULL,
    sealed BYTEA NOT NULL
);
CREATE INDEX report_said_objection ON report_said (objection_id);
CREATE INDEX report_said_ticket ON report_said (ticket_id);
