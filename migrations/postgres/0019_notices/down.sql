DROP TABLE letter;
DROP TABLE deputy;
DROP TABLE reach;
