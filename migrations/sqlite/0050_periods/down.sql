DROP INDEX ticket_ended;
CREATE INDEX ticket_ended ON ticket (ended_at) WHERE ended_at IS NOT NULL;
DROP INDEX ticket_received;
CREATE INDEX ticket_received ON ticket (received_at, id);
