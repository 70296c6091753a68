-- Who has a ticket since its unit rightly refused it: of a million tickets a few thousand were sent to another lead,
-- and fewer were returned. Both indexes are short, where all that was sent in 90 days is not.
CREATE INDEX assignment_again ON assignment (sent_at, ticket_id) WHERE part = 'lead' AND k > 1;
CREATE INDEX assignment_returned ON assignment (ticket_id, k, sent_at, unit) WHERE part = 'lead' AND state = 'returned';
