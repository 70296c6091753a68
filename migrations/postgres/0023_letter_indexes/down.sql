UPDATE letter SET account_id = 0 WHERE account_id = -1;
DROP INDEX webhook_delivery_by_age;
DROP INDEX letter_ended;
DROP INDEX letter_of_digest;
