-- The contacts of a period come out of the index alone.
DROP INDEX contact_at;
CREATE INDEX contact_at ON contact (at, ticket_id, k);
-- What was sent before a period and is due in it is found by when it is due, also a second rework.
CREATE INDEX assignment_rework2 ON assignment (rework2_due_at) WHERE rework2_due_at IS NOT NULL;
