DROP TABLE upstream_day;
DROP TABLE upstream_difference;
DROP TABLE backfill;
DROP TABLE upstream_message;
