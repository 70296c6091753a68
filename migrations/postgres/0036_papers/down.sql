DROP TABLE paper_line;
DROP TABLE paper;
