-- Until when the unit of a case on the ledger says what has happened since; none of stays from before this version
-- until their next word.
ALTER TABLE ledger ADD COLUMN progress_due_at BIGINT;
