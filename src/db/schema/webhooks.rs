//! Ground: the tables of webhooks.

diesel::table! {
    /// Programs of others that are told of events.
    webhook (id) {
        id -> BigInt,
        url -> Binary,
        origin -> Text,
        events -> Text,
        unit -> Nullable<Text>,
        secret -> Binary,
        old_secret -> Nullable<Binary>,
        old_until -> Nullable<BigInt>,
        created_at -> BigInt,
        created_by -> Text,
        disabled_at -> Nullable<BigInt>,
        disabled_why -> Nullable<Text>,
        failing_since -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// What was or is to be told to whom.
    webhook_delivery (id) {
        id -> BigInt,
        webhook_id -> BigInt,
        event -> Text,
        body -> Text,
        created_at -> BigInt,
        tries -> Integer,
        tried_at -> Nullable<BigInt>,
        status -> Nullable<Integer>,
        ms -> Nullable<BigInt>,
        why -> Nullable<Text>,
        answer -> Nullable<Text>,
        delivered_at -> Nullable<BigInt>,
        dead_at -> Nullable<BigInt>,
    }
}
