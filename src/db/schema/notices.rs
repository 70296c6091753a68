//! Ground: the tables of notices.

use super::identity::account;
use super::ticket::ticket;

diesel::table! {
    /// How a member of staff is reached.
    reach (account_id) {
        account_id -> BigInt,
        sealed -> Binary,
    }
}

diesel::table! {
    /// Who gets the letters of somebody who is away.
    deputy (id) {
        id -> BigInt,
        principal -> BigInt,
        stands_in -> BigInt,
        from_on -> Text,
        to_on -> Text,
        set_by -> Text,
        set_at -> BigInt,
    }
}

diesel::table! {
    /// A letter to one person.
    letter (id) {
        id -> BigInt,
        notice_id -> BigInt,
        ticket_id -> Nullable<BigInt>,
        occasion -> Text,
        medium -> Text,
        account_id -> BigInt,
        principal -> Nullable<BigInt>,
        unit -> Nullable<Text>,
        assignment -> Nullable<Integer>,
        limit_name -> Nullable<Text>,
        state -> Text,
        created_at -> BigInt,
        due_at -> BigInt,
        tries -> Integer,
        why -> Nullable<Text>,
        done_at -> Nullable<BigInt>,
        digest_id -> Nullable<BigInt>,
        report_id -> Nullable<BigInt>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(letter, ticket, account);
