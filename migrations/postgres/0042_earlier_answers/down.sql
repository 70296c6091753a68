DELETE FROM job WHERE kind = 'warning.answers';
