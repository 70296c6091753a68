DROP TABLE duty_plan;
