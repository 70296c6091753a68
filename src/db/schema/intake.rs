//! Ground: the tables of vexatious marks, incidents and linked tickets.

use super::ticket::ticket;

diesel::table! {
    /// One caller and one matter.
    vexatious (id) {
        id -> BigInt,
        ticket_id -> BigInt,
        ticket_no -> Text,
        phone_hash -> Text,
        category -> Text,
        estate -> Nullable<Text>,
        region -> Nullable<Text>,
        rests_on -> Text,
        reason -> Text,
        state -> Text,
        proposed_at -> BigInt,
        proposed_by -> BigInt,
        proposed_name -> Text,
        decided_at -> Nullable<BigInt>,
        decided_name -> Nullable<Text>,
        decided_why -> Nullable<Text>,
        ends_at -> Nullable<BigInt>,
        lifted_at -> Nullable<BigInt>,
        lifted_name -> Nullable<Text>,
        lifted_why -> Nullable<Text>,
    }
}

diesel::table! {
    /// What is announced before anybody calls.
    incident (id) {
        id -> BigInt,
        title -> Text,
        category -> Nullable<Text>,
        estates -> Text,
        regions -> Text,
        since -> BigInt,
        expected_end -> Nullable<BigInt>,
        tell -> Text,
        lead -> Nullable<Text>,
        state -> Text,
        version -> Integer,
        declared_at -> BigInt,
        declared_by -> Text,
        changed_at -> BigInt,
        changed_by -> Text,
        result -> Nullable<Text>,
        closed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// A ticket that others were merged into.
    linked (ticket_id) {
        ticket_id -> BigInt,
        children -> Integer,
    }
}

diesel::allow_tables_to_appear_in_same_query!(vexatious, ticket);
diesel::allow_tables_to_appear_in_same_query!(linked, ticket);
