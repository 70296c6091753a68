-- What the rule itself made of a warning at its loudest; `grade` is what a demotion left of it. Of a demoted rule's
-- alarms so far nobody knows any more: they count as what they were listed as.
ALTER TABLE warning ADD COLUMN judged TEXT NOT NULL DEFAULT 'watch';
UPDATE warning SET judged = grade;
