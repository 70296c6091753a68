-- When the first clock of a part lapses that its unit owes (to sign, to speak with the citizen, to reply): a unit's inbox
-- is in this order. Of earlier parts it is counted from their clocks.
ALTER TABLE assignment ADD COLUMN next_due_at BIGINT;
UPDATE assignment SET next_due_at = nullif(LEAST(
    coalesce(CASE WHEN signed_at IS NULL THEN sign_due_at END, 9223372036854775807),
    coalesce(CASE WHEN contacted_at IS NULL THEN contact_due_at END, 9223372036854775807),
    coalesce(CASE WHEN handle_stopped_at IS NULL AND paused = FALSE THEN handle_due_at END, 9223372036854775807),
    coalesce(CASE WHEN rework1_stopped_at IS NULL AND paused = FALSE THEN rework1_due_at END, 9223372036854775807),
    coalesce(CASE WHEN rework2_stopped_at IS NULL AND paused = FALSE THEN rework2_due_at END, 9223372036854775807)
), 9223372036854775807)
WHERE state IN ('sent', 'signed', 'handling', 'submitted', 'disputed');
CREATE INDEX assignment_next ON assignment (unit, next_due_at, ticket_id, k) WHERE next_due_at IS NOT NULL;

-- Which decisions a ticket waits for, as names of commands joined by commas: lists of what waits opened hundreds of
-- tickets to find the few in which somebody asked for something.
ALTER TABLE trail ADD COLUMN asks TEXT;
CREATE INDEX trail_asks ON trail (ticket_id, asks) WHERE asks IS NOT NULL;
-- Documents are sealed, so that no statement can read them: until the program has, these may ask for anything.
UPDATE trail SET asks = '?'
WHERE exclusion_at IS NOT NULL OR ticket_id IN (SELECT id FROM ticket WHERE ended_at IS NULL);
INSERT INTO trail (ticket_id, asked, asks)
SELECT id, 0, '?' FROM ticket
WHERE ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM trail WHERE ticket_id = id);
INSERT INTO job (id, kind, body, created_at, due_at, tries)
SELECT 3, 'ticket.trails', '{"after":-9223372036854775808}', 0, 0, 0
WHERE EXISTS (SELECT 1 FROM trail WHERE asks IS NOT NULL);
