DROP INDEX assignment_returned;
DROP INDEX assignment_again;
