//! Ground: what came in by import.

diesel::table! {
    imported (no) {
        no -> Text,
        ticket_id -> BigInt,
        batch -> BigInt,
        hash -> Binary,
    }
}
