//! Ground: the tables of the bottom line.

use super::ticket::ticket;

diesel::table! {
    /// A flag on a unit, its answer, and the reviewer's word.
    bottom_case (id) {
        id -> BigInt,
        flag -> Text,
        source -> Text,
        unit -> Text,
        ticket_id -> Nullable<BigInt>,
        test_call_id -> Nullable<BigInt>,
        opened_at -> BigInt,
        opened_by -> BigInt,
        soon_at -> BigInt,
        due_at -> BigInt,
        state -> Text,
        answer -> Nullable<Binary>,
        answered_at -> Nullable<BigInt>,
        answered_by -> Nullable<BigInt>,
        answered_name -> Nullable<Text>,
        decision -> Nullable<Binary>,
        decided_at -> Nullable<BigInt>,
        decided_by -> Nullable<BigInt>,
        decided_name -> Nullable<Text>,
    }
}

diesel::table! {
    /// A call to a published phone of a unit.
    test_call (id) {
        id -> BigInt,
        unit -> Text,
        phone -> Integer,
        number -> Text,
        at -> BigInt,
        by_id -> BigInt,
        by_name -> Text,
        outcome -> Text,
        note -> Nullable<Binary>,
    }
}

diesel::table! {
    /// A reply that said nothing.
    empty_reply (id) {
        id -> BigInt,
        ticket_id -> BigInt,
        unit -> Text,
        at -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(bottom_case, test_call);
diesel::allow_tables_to_appear_in_same_query!(bottom_case, ticket);
