//! Ground: the tables of identity.

diesel::table! {
    /// People and machine accounts.
    account (id) {
        id -> BigInt,
        name -> Text,
        display_name -> Text,
        kind -> Text,
        roles -> Text,
        unit -> Nullable<Text>,
        created_at -> BigInt,
        disabled_at -> Nullable<BigInt>,
        password -> Text,
        password_at -> BigInt,
        one_time -> Bool,
        history -> Text,
        failures -> Integer,
        locked_until -> Nullable<BigInt>,
        totp -> Nullable<Binary>,
        totp_pending -> Nullable<Binary>,
        totp_step -> BigInt,
        epoch -> BigInt,
        last_login_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// Logins: families of refresh tokens.
    login_session (id) {
        id -> BigInt,
        account_id -> BigInt,
        epoch -> BigInt,
        started_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        ended_by -> Nullable<Text>,
    }
}

diesel::table! {
    /// Tokens that are good once.
    refresh_token (hash) {
        hash -> Text,
        session_id -> BigInt,
        issued_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// What machine accounts show instead of a password.
    api_key (id) {
        id -> BigInt,
        account_id -> BigInt,
        label -> Text,
        hash -> Text,
        scopes -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::joinable!(login_session -> account (account_id));
diesel::joinable!(refresh_token -> login_session (session_id));
diesel::joinable!(api_key -> account (account_id));
diesel::allow_tables_to_appear_in_same_query!(account, login_session, refresh_token, api_key);
