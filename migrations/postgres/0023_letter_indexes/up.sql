-- A digest is found by its letters and they by it; old rows are found by their age, without a walk
-- over the whole table inside a write.
CREATE INDEX letter_of_digest ON letter (digest_id) WHERE digest_id IS NOT NULL;
CREATE INDEX letter_ended ON letter (state, done_at);
CREATE INDEX webhook_delivery_by_age ON webhook_delivery (created_at);
-- Nobody to tell is not the citizen: -1, and 0 for whoever asked.
UPDATE letter SET account_id = -1 WHERE why = 'notice.nobody' AND state = 'dead';
