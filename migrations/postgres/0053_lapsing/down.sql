DROP INDEX trail_withdrawal;
ALTER TABLE trail DROP COLUMN withdrawal_at;
DROP INDEX assignment_next;
ALTER TABLE assignment DROP COLUMN next_due_at;
