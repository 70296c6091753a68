DROP TABLE relisten;
DROP TABLE survey_appointment;
