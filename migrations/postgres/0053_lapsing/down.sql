DROP INDEX trail_asks;
ALTER TABLE trail DROP COLUMN asks;
DELETE FROM trail
WHERE asked = 0 AND spoke_at IS NULL AND exclusion_at IS NULL AND phone_at IS NULL AND prompted IS NULL;
DROP INDEX assignment_next;
ALTER TABLE assignment DROP COLUMN next_due_at;
