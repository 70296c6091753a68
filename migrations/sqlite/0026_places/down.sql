DROP INDEX ticket_placeless;
DROP TABLE place_aside;
