ALTER TABLE report DROP COLUMN categories;
