-- Bottom line 触碰底线: a case a flag, with the unit's answer and the reviewer's word on it. Codes, times and
-- ciphertext: what was said lies under the key of the ticket, and goes with it; of a test call under the master key.
CREATE TABLE bottom_case (
    id BIGINT PRIMARY KEY NOT NULL,
    flag TEXT NOT NULL,
    source TEXT NOT NULL,
    unit TEXT NOT NULL,
    -- What it rests on: a ticket, or a test call.
    ticket_id BIGINT,
    test_call_id BIGINT,
    opened_at BIGINT NOT NULL,
    -- Whoever flagged it; 0 for a citizen and for the program.
    opened_by BIGINT NOT NULL,
    soon_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    answer BYTEA,
    answered_at BIGINT,
    answered_by BIGINT,
    answered_name TEXT,
    decision BYTEA,
    decided_at BIGINT,
    decided_by BIGINT,
    decided_name TEXT
);
CREATE INDEX bottom_case_by_time ON bottom_case (opened_at);
CREATE INDEX bottom_case_by_ticket ON bottom_case (ticket_id);
CREATE INDEX bottom_case_by_unit ON bottom_case (unit, state);

-- 拨测: one call to a published phone of a unit.
CREATE TABLE test_call (
    id BIGINT PRIMARY KEY NOT NULL,
    unit TEXT NOT NULL,
    -- Which of its published phones, from 0, and the number as it was published then.
    phone INTEGER NOT NULL,
    number TEXT NOT NULL,
    at BIGINT NOT NULL,
    by_id BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    outcome TEXT NOT NULL,
    -- Sealed.
    note BYTEA
);
CREATE INDEX test_call_by_time ON test_call (at);
CREATE INDEX test_call_by_phone ON test_call (unit, number, at);

-- A lead's reply that said nothing: which unit, when. Not what it said.
CREATE TABLE empty_reply (
    id BIGINT PRIMARY KEY NOT NULL,
    ticket_id BIGINT NOT NULL,
    unit TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX empty_reply_by_unit ON empty_reply (unit, at);

-- 督办: one line a unit of a supervision, as its ticket has it; written with the ticket from now on.
CREATE TABLE supervision (
    ticket_id BIGINT NOT NULL,
    -- Its place in the ticket.
    side INTEGER NOT NULL,
    unit TEXT NOT NULL,
    step TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    due_at BIGINT,
    answered_at BIGINT,
    closed_at BIGINT,
    PRIMARY KEY (ticket_id, side, unit)
);
CREATE INDEX supervision_by_unit ON supervision (unit, opened_at);
CREATE INDEX supervision_open ON supervision (opened_at) WHERE closed_at IS NULL;

-- What a reviewer made of a proposed supervision. What is proposed is counted each time and stands in no table.
CREATE TABLE supervision_word (
    -- What was proposed and why.
    key TEXT PRIMARY KEY NOT NULL,
    ticket_id BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    at BIGINT NOT NULL,
    by_id BIGINT NOT NULL,
    by_name TEXT NOT NULL
);
