-- Of which instant each of these was told: what was said of the earliest counts, in whatever order it came.
ALTER TABLE call ADD COLUMN queue_at BIGINT;
ALTER TABLE call ADD COLUMN recording_at BIGINT;
ALTER TABLE call ADD COLUMN phone_at BIGINT;
-- What is there stays: nobody knows any more of which instant it was told.
UPDATE call SET queue_at = first_at WHERE queue IS NOT NULL;
UPDATE call SET recording_at = first_at WHERE recording_id IS NOT NULL;
UPDATE call SET phone_at = first_at WHERE phone_hash IS NOT NULL;
