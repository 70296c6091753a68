-- Where another unit came to lead a ticket in the check period, it objects for itself: each unit once to one ticket.
-- A table's own uniqueness cannot be taken from it here: the rows move into one without.
CREATE TABLE report_objection_of_unit (
    id BIGINT PRIMARY KEY NOT NULL,
    report_id BIGINT NOT NULL,
    ticket_id BIGINT NOT NULL,
    unit TEXT NOT NULL,
    at BIGINT NOT NULL,
    by_id BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    decision TEXT,
    decided_at BIGINT,
    decided_name TEXT
);
INSERT INTO report_objection_of_unit
    (id, report_id, ticket_id, unit, at, by_id, by_name, decision, decided_at, decided_name)
SELECT id, report_id, ticket_id, unit, at, by_id, by_name, decision, decided_at, decided_name
FROM report_objection;
DROP TABLE report_objection;
ALTER TABLE report_objection_of_unit RENAME TO report_objection;
CREATE UNIQUE INDEX report_objection_once ON report_objection (report_id, ticket_id, unit);
