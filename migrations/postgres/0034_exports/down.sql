DROP TABLE audit_subject;
DROP TABLE clear_export;
