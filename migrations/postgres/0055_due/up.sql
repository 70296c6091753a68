-- What runs out first, of all that is open: a list of the most urgent was made by sorting every open ticket of its states
-- (ten thousand of a million). The state stands in it, so that what is in another one is not opened.
CREATE INDEX ticket_due ON ticket (red_at, id, state) WHERE red_at IS NOT NULL;
