-- Exports in clear: who asked for which tickets and why, who agreed, and that the file was had once. What is in
-- it is nowhere kept.
CREATE TABLE clear_export (
    id BIGINT PRIMARY KEY NOT NULL,
    asked_at BIGINT NOT NULL,
    asked_by BIGINT NOT NULL,
    asked_name TEXT NOT NULL,
    -- The filters of a list, as JSON: codes and times.
    filters TEXT NOT NULL,
    form TEXT NOT NULL,
    -- Masked, as every reason here.
    reason TEXT NOT NULL,
    -- How many there were when it was asked.
    tickets BIGINT NOT NULL,
    -- Of their identifiers: whether they are still the same can be told from it, not which they are.
    digest TEXT NOT NULL,
    state TEXT NOT NULL,
    decided_at BIGINT,
    decided_name TEXT,
    decided_why TEXT,
    -- Of one that was approved.
    ends_at BIGINT,
    had_at BIGINT
);
CREATE INDEX clear_export_by_asker ON clear_export (asked_by, id);
-- What an entry of the audit trail was done to where that are many: their numbers, a line each with one before the
-- first and one behind the last; the lowest and the highest by bytes.
CREATE TABLE audit_subject (
    entry_id BIGINT NOT NULL,
    part INTEGER NOT NULL,
    subject_kind TEXT NOT NULL,
    lowest TEXT COLLATE "C" NOT NULL,
    highest TEXT COLLATE "C" NOT NULL,
    subjects TEXT NOT NULL,
    PRIMARY KEY (entry_id, part)
);
CREATE INDEX audit_subject_range ON audit_subject (subject_kind, lowest, highest);
