-- 预约回访: when a citizen asked to be rung again; one row a ticket, as its last call has it.
CREATE TABLE survey_appointment (
    ticket_id BIGINT PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX survey_appointment_by_time ON survey_appointment (at);

-- 重听: a survey that was drawn to be heard again by somebody else, and what they found. Codes, ids and times.
CREATE TABLE relisten (
    id BIGINT PRIMARY KEY NOT NULL,
    ticket_id BIGINT NOT NULL,
    -- Which of its surveys: the instant of the attempt.
    asked_at BIGINT NOT NULL,
    -- Of the attempt, as 2026-11, and the account that asked.
    month TEXT NOT NULL,
    surveyor BIGINT NOT NULL,
    finding TEXT,
    reason TEXT,
    heard_at BIGINT,
    heard_by BIGINT
);
CREATE INDEX relisten_by_month ON relisten (month, surveyor);
CREATE INDEX relisten_open ON relisten (id) WHERE heard_at IS NULL;
CREATE INDEX relisten_by_ticket ON relisten (ticket_id);
