DROP TABLE reply_print;
DROP TABLE knowledge_gap;
DROP TABLE article_use;
DROP TABLE knowledge_mark;
DROP TABLE article_version;
DROP TABLE article;
