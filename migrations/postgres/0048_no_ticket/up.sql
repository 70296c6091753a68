-- That a call needs no ticket (nobody spoke, a wrong number, a prank), who said so, and when.
ALTER TABLE call ADD COLUMN no_ticket TEXT;
ALTER TABLE call ADD COLUMN no_ticket_by TEXT;
ALTER TABLE call ADD COLUMN no_ticket_at BIGINT;
