DROP TABLE number_lease;
DROP TABLE node_start;
