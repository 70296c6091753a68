-- Models that suggest categories, and how good each was when it was made. Figures are only added.
CREATE TABLE learned (
    id BIGINT PRIMARY KEY NOT NULL,
    made_at BIGINT NOT NULL,
    -- The newest ticket that it was made from: nothing newer, nothing to learn.
    newest BIGINT NOT NULL,
    examples INTEGER NOT NULL,
    labels INTEGER NOT NULL,
    -- Measured on rows held out, as JSON; and what was in service then, on the same rows.
    figures TEXT NOT NULL,
    before TEXT,
    verdict TEXT NOT NULL,
    -- Of the one in service only.
    model BYTEA
);
