//! Ground: what was erased, and by whom; what was exported in clear.

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
diesel::table! {
    clear_export (id) {
        id -> BigInt,
        asked_at -> BigInt,
        asked_by -> BigInt,
        asked_name -> Text,
        filters -> Text,
        form -> Text,
        reason -> Text,
        tickets -> BigInt,
        digest -> Text,
        state -> Text,
        decided_at -> Nullable<BigInt>,
        decided_name -> Nullable<Text>,
        decided_why -> Nullable<Text>,
        ends_at -> Nullable<BigInt>,
        had_at -> Nullable<BigInt>,
    }
}
