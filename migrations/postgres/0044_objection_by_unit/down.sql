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
ALTER TABLE report_objection
    ADD CONSTRAINT report_objection_report_id_ticket_id_key UNIQUE (report_id, ticket_id);
