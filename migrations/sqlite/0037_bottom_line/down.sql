DROP TABLE supervision_word;
DROP TABLE supervision;
DROP TABLE empty_reply;
DROP TABLE test_call;
DROP TABLE bottom_case;
