DROP INDEX upstream_message_ticket;
DROP INDEX upstream_message_received;
DROP INDEX upstream_message_fate;
DROP INDEX upstream_message_fate_no;
CREATE INDEX upstream_message_fate ON upstream_message (fate, received_at) WHERE fate <> 'applied';
DROP INDEX backfill_upstream_no;
DROP INDEX backfill_state;
CREATE INDEX backfill_state ON backfill (state, due_at) WHERE state <> 'acknowledged';
