-- Where another unit came to lead a ticket in the check period, it objects for itself: each unit once to one ticket.
ALTER TABLE report_objection DROP CONSTRAINT report_objection_report_id_ticket_id_key;
CREATE UNIQUE INDEX report_objection_once ON report_objection (report_id, ticket_id, unit);
