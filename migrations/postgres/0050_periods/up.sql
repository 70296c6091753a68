-- What a period is counted by comes out of the index: a year's windows, a caller's earlier tickets and an estate's
-- count were looked up row by row, a page of the table each.
DROP INDEX ticket_received;
CREATE INDEX ticket_received ON ticket (received_at, id)
    INCLUDE (state, assessment_class, survey, lead_unit, lead_head, category, estate, company, region, phone_hash);
-- Received before, ended since: without the rows of all that ended since.
DROP INDEX ticket_ended;
CREATE INDEX ticket_ended ON ticket (ended_at, received_at) WHERE ended_at IS NOT NULL;
