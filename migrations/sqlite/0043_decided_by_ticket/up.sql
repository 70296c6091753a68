-- What was decided about one ticket is found by it, without a walk over every word that was ever said.
CREATE INDEX supervision_word_by_ticket ON supervision_word (ticket_id);
