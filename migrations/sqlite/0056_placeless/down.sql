DROP INDEX ticket_placeless;
CREATE INDEX ticket_placeless ON ticket (received_at, id) WHERE estate IS NULL AND ended_at IS NULL;
