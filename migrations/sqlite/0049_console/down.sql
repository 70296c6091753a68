DROP TABLE at_work;
DROP TABLE draft;
