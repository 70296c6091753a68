-- Who is on duty at a unit on a day: one plan a unit and day, put whole. Names and phones of staff, nothing of citizens.
CREATE TABLE duty_plan (
    unit TEXT NOT NULL,
    -- The day on which its shifts begin, YYYY-MM-DD.
    on_day TEXT NOT NULL,
    -- JSON: shift, from, to, account, name, phone of each.
    turns TEXT NOT NULL,
    -- The login name.
    set_by TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    PRIMARY KEY (unit, on_day)
);
CREATE INDEX duty_plan_on_day ON duty_plan (on_day);
