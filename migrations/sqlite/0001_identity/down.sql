DROP TABLE api_key;
DROP TABLE refresh_token;
DROP TABLE login_session;
DROP TABLE account;
