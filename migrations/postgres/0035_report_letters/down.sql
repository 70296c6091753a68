DROP INDEX letter_by_report;
ALTER TABLE letter DROP COLUMN report_id;
