DROP TABLE vexatious;
