-- Who did what, when, on what, for which purpose. No personal data of citizens.
CREATE TABLE audit_entry (
    id INTEGER PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL,
    -- 0 for the program, for citizens, and where nobody could be told.
    account_id BIGINT NOT NULL,
    account_name TEXT NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    purpose TEXT,
    detail TEXT,
    -- Set where the same thing is noted only once (an opening, a reader and a day).
    once_key TEXT UNIQUE
);
CREATE INDEX audit_entry_at ON audit_entry (at, id);
CREATE INDEX audit_entry_subject ON audit_entry (subject_kind, subject, at);
CREATE INDEX audit_entry_account ON audit_entry (account_id, at);
