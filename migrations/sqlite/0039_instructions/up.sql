-- What a leader wrote on a report 批示, and what became of it: a task for each unit that it is addressed to. It comes
-- after the report and lies beside it; words are sealed and only added.
CREATE TABLE report_instruction (
    id BIGINT PRIMARY KEY NOT NULL,
    -- The first edition, and the one that it was written on.
    root BIGINT NOT NULL,
    report_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    by_id BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    sealed BLOB NOT NULL
);
CREATE INDEX report_instruction_root ON report_instruction (root, id);

CREATE TABLE report_task (
    id BIGINT PRIMARY KEY NOT NULL,
    instruction_id BIGINT NOT NULL,
    unit TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    due_at BIGINT NOT NULL,
    -- From when its light is yellow.
    soon_at BIGINT NOT NULL,
    answered_at BIGINT,
    answered_by BIGINT,
    UNIQUE (instruction_id, unit)
);
CREATE INDEX report_task_unit ON report_task (unit, id);
CREATE INDEX report_task_state ON report_task (state, due_at);

-- What was answered, and what was said to that.
CREATE TABLE report_task_word (
    id BIGINT PRIMARY KEY NOT NULL,
    task_id BIGINT NOT NULL,
    step TEXT NOT NULL,
    at BIGINT NOT NULL,
    by_id BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    sealed BLOB NOT NULL
);
CREATE INDEX report_task_word_task ON report_task_word (task_id, id);
