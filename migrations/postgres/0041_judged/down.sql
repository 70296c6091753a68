ALTER TABLE warning DROP COLUMN judged;
