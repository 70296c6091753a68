DROP TABLE citizen_word;
DROP TABLE citizen_try;
