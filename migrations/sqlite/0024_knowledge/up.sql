-- The knowledge base. An article's row is what it is now; what was ever saved, published, confirmed or retired
-- lies beside it in rows that are only added. Days are TEXT YYYY-MM-DD inside the JSON, instants milliseconds.
CREATE TABLE article (
    code TEXT PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    draft TEXT NOT NULL,
    draft_by BIGINT NOT NULL,
    live TEXT,
    live_version INTEGER,
    task TEXT,
    changed_at BIGINT NOT NULL
);
CREATE TABLE article_version (
    code TEXT NOT NULL,
    version INTEGER NOT NULL,
    at BIGINT NOT NULL,
    by_id BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    act TEXT NOT NULL,
    changed TEXT NOT NULL,
    note TEXT,
    content TEXT NOT NULL,
    PRIMARY KEY (code, version)
);

-- One row that rises with every change, so that each node knows when to load anew; and the last number given.
CREATE TABLE knowledge_mark (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    last_no BIGINT NOT NULL
);
INSERT INTO knowledge_mark (id, version, changed_at, last_no) VALUES (1, 0, 0, 0);

-- An answer or a reply rested on an article: which version, when. No ticket is named.
CREATE TABLE article_use (
    id INTEGER PRIMARY KEY NOT NULL,
    code TEXT NOT NULL,
    version INTEGER NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX article_use_code ON article_use (code, at);

-- What was asked and no article answered: words that somebody looked for (masked), or the category of a call that
-- was answered without one. Kept for a time and counted.
CREATE TABLE knowledge_gap (
    id INTEGER PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL,
    source TEXT NOT NULL,
    words TEXT NOT NULL
);
CREATE INDEX knowledge_gap_at ON knowledge_gap (at, id);

-- What replies come to, so that one which is another ticket's is seen: 64 places, and their quarters to find it by.
CREATE TABLE reply_print (
    id INTEGER PRIMARY KEY NOT NULL,
    ticket_id BIGINT NOT NULL,
    print BIGINT NOT NULL,
    a INTEGER NOT NULL,
    b INTEGER NOT NULL,
    c INTEGER NOT NULL,
    d INTEGER NOT NULL
);
CREATE INDEX reply_print_ticket ON reply_print (ticket_id);
CREATE INDEX reply_print_a ON reply_print (a);
CREATE INDEX reply_print_b ON reply_print (b);
CREATE INDEX reply_print_c ON reply_print (c);
CREATE INDEX reply_print_d ON reply_print (d);
