//! Ground: what came in by import, and what was taken back.

use super::ticket::ticket;

diesel::table! {
    imported (no) {
        no -> Text,
        ticket_id -> BigInt,
        batch -> BigInt,
        hash -> Binary,
        events -> Integer,
    }
}
diesel::table! {
    import_batch (id) {
        id -> BigInt,
        began_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        file -> Text,
        hash -> Binary,
        form -> Text,
        lines -> BigInt,
        skipped -> BigInt,
        rejected -> BigInt,
        undone_at -> Nullable<BigInt>,
    }
}
diesel::table! {
    removal (no) {
        no -> BigInt,
        at -> BigInt,
        batch -> BigInt,
        tickets -> Integer,
        root -> Binary,
        mac -> Binary,
    }
}
diesel::table! {
    removed_event (ticket_id, seq) {
        ticket_id -> BigInt,
        seq -> Integer,
        removal_no -> BigInt,
        head -> Binary,
    }
}

diesel::allow_tables_to_appear_in_same_query!(imported, ticket);
