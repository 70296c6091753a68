-- That a unit's head found its figures right in the check period. It is of the figures that were seen: by the instant
-- and the mark of the events that they were taken at. report_id is the first edition.
CREATE TABLE report_confirmation (
    id BIGINT PRIMARY KEY NOT NULL,
    report_id BIGINT NOT NULL,
    unit TEXT NOT NULL,
    at BIGINT NOT NULL,
    by_id BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    taken_at BIGINT NOT NULL,
    mark TEXT NOT NULL,
    -- When the unit objected after all.
    withdrawn_at BIGINT
);
CREATE INDEX report_confirmation_report ON report_confirmation (report_id, id);
