DROP TABLE linked;
DROP TABLE incident;
