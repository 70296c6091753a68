DROP INDEX ticket_estate;
DROP TABLE campaign;
DROP TABLE surveyed;
DROP TABLE warning_mark;
DROP TABLE warning;
