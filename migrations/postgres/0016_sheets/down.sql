DROP TABLE removed_event;
DROP TABLE removal;
DROP INDEX imported_batch;
ALTER TABLE imported DROP COLUMN events;
DROP TABLE import_batch;
