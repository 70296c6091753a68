-- PostgreSQL's alone: SQLite has one writer, whom a foreign key does not get in the way of.
SELECT 1;
