//! Ground: what was erased, and by whom.

diesel::table! {
    erased (ticket_id) {
        ticket_id -> BigInt,
        no -> Text,
        at -> BigInt,
        ground -> Text,
        asked_by -> Text,
        agreed_by -> Text,
        reason -> Text,
        mac -> Binary,
    }
}
