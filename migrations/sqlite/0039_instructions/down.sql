DROP TABLE report_task_word;
DROP TABLE report_task;
DROP TABLE report_instruction;
