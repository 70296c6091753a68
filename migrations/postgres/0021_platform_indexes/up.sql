-- An index WHERE state <> 'acknowledged' serves no question that asks by a value which the planner does not see
-- yet: the lists, the feed's round of each minute and the waking walked whole tables. These are whole.
DROP INDEX backfill_state;
CREATE INDEX backfill_state ON backfill (state, due_at, id);
CREATE INDEX backfill_upstream_no ON backfill (upstream_no);

DROP INDEX upstream_message_fate;
-- The round: whatever waits, number by number.
CREATE INDEX upstream_message_fate_no ON upstream_message (fate, upstream_no);
-- The list, newest first, of one fate and of all.
CREATE INDEX upstream_message_fate ON upstream_message (fate, received_at, id);
CREATE INDEX upstream_message_received ON upstream_message (received_at, id);
-- Erasing a ticket empties what was said of it.
CREATE INDEX upstream_message_ticket ON upstream_message (ticket_no);
