ALTER TABLE ledger DROP COLUMN progress_due_at;
