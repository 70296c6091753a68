-- When the first clock of a part lapses that its unit owes (to sign, to speak with the citizen, to reply): a unit's inbox
-- is in this order. Of earlier parts it is counted from their clocks.
ALTER TABLE assignment ADD COLUMN next_due_at BIGINT;
UPDATE assignment SET next_due_at = nullif(min(
    coalesce(CASE WHEN signed_at IS NULL THEN sign_due_at END, 9223372036854775807),
    coalesce(CASE WHEN contacted_at IS NULL THEN contact_due_at END, 9223372036854775807),
    coalesce(CASE WHEN handle_stopped_at IS NULL AND paused = 0 THEN handle_due_at END, 9223372036854775807),
    coalesce(CASE WHEN rework1_stopped_at IS NULL AND paused = 0 THEN rework1_due_at END, 9223372036854775807),
    coalesce(CASE WHEN rework2_stopped_at IS NULL AND paused = 0 THEN rework2_due_at END, 9223372036854775807)
), 9223372036854775807)
WHERE state IN ('sent', 'signed', 'handling', 'submitted', 'disputed');
CREATE INDEX assignment_next ON assignment (unit, next_due_at, ticket_id, k) WHERE next_due_at IS NOT NULL;

-- When a withdrawal was asked for that waits for an agent who spoke to the citizen.
ALTER TABLE trail ADD COLUMN withdrawal_at BIGINT;
CREATE INDEX trail_withdrawal ON trail (withdrawal_at) WHERE withdrawal_at IS NOT NULL;
-- Documents are sealed, so that no statement can read them: the program writes the rows of earlier tickets.
INSERT INTO job (id, kind, body, created_at, due_at, tries)
SELECT 3, 'ticket.trails', '{"after":-9223372036854775808}', 0, 0, 0
WHERE EXISTS (SELECT 1 FROM ticket WHERE ended_at IS NULL);
