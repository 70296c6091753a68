DROP TABLE kept_search;
