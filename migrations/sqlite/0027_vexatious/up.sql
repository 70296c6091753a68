-- Vexatious marks: one caller, by the keyed hash of the number and never the number, and one matter. Who
-- proposed, who decided and who lifted it; the reason is masked.
CREATE TABLE vexatious (
    id INTEGER PRIMARY KEY NOT NULL,
    ticket_id BIGINT NOT NULL,
    ticket_no TEXT NOT NULL,
    phone_hash TEXT NOT NULL,
    category TEXT NOT NULL,
    -- Where there is no estate, the region.
    estate TEXT,
    region TEXT,
    -- Numbers of tickets, as a JSON list.
    rests_on TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    proposed_at BIGINT NOT NULL,
    proposed_by BIGINT NOT NULL,
    proposed_name TEXT NOT NULL,
    decided_at BIGINT,
    decided_name TEXT,
    decided_why TEXT,
    -- Of one that was confirmed.
    ends_at BIGINT,
    lifted_at BIGINT,
    lifted_name TEXT,
    lifted_why TEXT
);
CREATE INDEX vexatious_by_caller ON vexatious (phone_hash, category);
CREATE INDEX vexatious_by_state ON vexatious (state, id);
