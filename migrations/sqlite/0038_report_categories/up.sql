-- By which categories a report counts its tickets: those they carry, or what older ones are counted as.
ALTER TABLE report ADD COLUMN categories TEXT NOT NULL DEFAULT 'recorded';
