-- What the signals ask of a ticket beside its figures (domain.md §9): instants and two counts, nothing personal. A
-- ticket has no row before a contact, a survey, an exclusion or a correction of the number: a new one costs nothing.
-- No foreign key: its check would be a read (0010).
CREATE TABLE trail (
    ticket_id BIGINT PRIMARY KEY NOT NULL,
    -- The final lead first wrote down that it spoke with the citizen.
    spoke_at BIGINT,
    -- The last valid survey, and the first bad one.
    survey_at BIGINT,
    bad_at BIGINT,
    exclusion_at BIGINT,
    -- The caller's number became another one after a dispatch.
    phone_at BIGINT,
    asked INTEGER NOT NULL,
    prompted BOOLEAN
);
-- Documents are sealed, so that no statement can read them: the program writes the rows of earlier tickets.
INSERT INTO job (id, kind, body, created_at, due_at, tries)
SELECT 1, 'ticket.trails', '{"after":-9223372036854775808}', 0, 0, 0
WHERE EXISTS (SELECT 1 FROM ticket);
