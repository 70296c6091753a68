ALTER TABLE call DROP COLUMN phone_at;
ALTER TABLE call DROP COLUMN recording_at;
ALTER TABLE call DROP COLUMN queue_at;
