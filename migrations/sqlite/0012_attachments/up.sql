-- Which sealed file each attachment of a ticket is: its hash is its name. What it is called, what it
-- shows and who brought it stand sealed in the ticket's document, from which these rows follow.
CREATE TABLE attachment (
    ticket_id BIGINT NOT NULL REFERENCES ticket (id),
    k INTEGER NOT NULL,
    hash TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    gone BOOLEAN NOT NULL,
    PRIMARY KEY (ticket_id, k)
) WITHOUT ROWID;
