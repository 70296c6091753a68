DROP INDEX assignment_rework2;
DROP INDEX contact_at;
CREATE INDEX contact_at ON contact (at);
