-- The report that a letter carries.
ALTER TABLE letter ADD COLUMN report_id BIGINT;
CREATE INDEX letter_by_report ON letter (report_id) WHERE report_id IS NOT NULL;
