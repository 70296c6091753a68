DROP TABLE report_said;
DROP TABLE report_objection;
DROP TABLE report_text;
DROP TABLE report_step;
DROP TABLE report_body;
DROP TABLE report;
