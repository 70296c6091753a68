//! Ground: the table of vexatious marks.

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

diesel::allow_tables_to_appear_in_same_query!(vexatious, ticket);
