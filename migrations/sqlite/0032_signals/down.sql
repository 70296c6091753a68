DELETE FROM job WHERE kind = 'ticket.trails';
DROP TABLE trail;
