//! Ground: the table of places that cannot be resolved.

use super::ticket::ticket;

diesel::table! {
    /// Put aside by a person, until something new can be offered.
    place_aside (ticket_id) {
        ticket_id -> BigInt,
        why -> Text,
        offered -> Text,
        directory_version -> BigInt,
        by_id -> BigInt,
        at -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(place_aside, ticket);
