ALTER TABLE call DROP COLUMN no_ticket_at;
ALTER TABLE call DROP COLUMN no_ticket_by;
ALTER TABLE call DROP COLUMN no_ticket;
