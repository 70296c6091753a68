DROP TABLE directory_version;
DROP TABLE directory_entry;
