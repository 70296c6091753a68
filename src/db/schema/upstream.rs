//! Ground: the tables between us and the city's platform.

diesel::table! {
    /// What the platform told us.
    upstream_message (id) {
        id -> Text,
        upstream_no -> Text,
        kind -> Text,
        seq -> Nullable<Integer>,
        at -> BigInt,
        received_at -> BigInt,
        account_id -> BigInt,
        account -> Text,
        hash -> Binary,
        record_key -> Nullable<Binary>,
        body -> Nullable<Binary>,
        fate -> Text,
        code -> Nullable<Text>,
        reason -> Nullable<Text>,
        pointer -> Nullable<Text>,
        ticket_no -> Nullable<Text>,
        settled_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// What we owe the platform.
    backfill (id) {
        id -> BigInt,
        ticket_id -> BigInt,
        ticket_no -> Text,
        upstream_no -> Text,
        revision -> Integer,
        cause -> Text,
        source_id -> BigInt,
        version -> Integer,
        caused_at -> BigInt,
        soon_at -> BigInt,
        due_at -> BigInt,
        state -> Text,
        asked_at -> BigInt,
        next_at -> Nullable<BigInt>,
        tries -> Integer,
        sent_at -> Nullable<BigInt>,
        settled_at -> Nullable<BigInt>,
        why -> Nullable<Text>,
        done_by -> Nullable<Text>,
    }
}

diesel::table! {
    /// Where both sides differed.
    upstream_difference (id) {
        id -> BigInt,
        upstream_no -> Text,
        day -> Text,
        what -> Text,
        ours -> Nullable<Text>,
        theirs -> Nullable<Text>,
        found_at -> BigInt,
        gone_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// When a day was compared last.
    upstream_day (day) {
        day -> Text,
        compared_at -> BigInt,
        tickets -> Integer,
    }
}
