-- The older program knows one objection to a ticket: of several the one that was upheld stays, since the figures go by
-- it, or else the oldest; what was said in the others goes with them.
DELETE FROM report_objection WHERE EXISTS (
    SELECT 1 FROM report_objection other
    WHERE other.report_id = report_objection.report_id
        AND other.ticket_id = report_objection.ticket_id
        AND (CASE other.decision WHEN 'upheld' THEN 0 ELSE 1 END, other.id)
            < (CASE report_objection.decision WHEN 'upheld' THEN 0 ELSE 1 END, report_objection.id)
);
DELETE FROM report_said WHERE objection_id NOT IN (SELECT id FROM report_objection);
DROP INDEX report_objection_once;
CREATE TABLE report_objection_of_ticket (
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
INSERT INTO report_objection_of_ticket
    (id, report_id, ticket_id, unit, at, by_id, by_name, decision, decided_at, decided_name)
SELECT id, report_id, ticket_id, unit, at, by_id, by_name, decision, decided_at, decided_name
FROM report_objection;
DROP TABLE report_objection;
ALTER TABLE report_objection_of_ticket RENAME TO report_objection;
