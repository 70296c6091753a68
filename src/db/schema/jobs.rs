//! Ground: tables of later work.

diesel::table! {
    /// Work that may fail and is done again.
    job (id) {
        id -> BigInt,
        kind -> Text,
        body -> Text,
        created_at -> BigInt,
        due_at -> BigInt,
        tries -> Integer,
        claim -> Nullable<BigInt>,
        why -> Nullable<Text>,
        dead_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// What runs again and again, on one node at a time.
    schedule (name) {
        name -> Text,
        next_at -> BigInt,
        claim -> Nullable<BigInt>,
        claimed_until -> BigInt,
        ran_at -> Nullable<BigInt>,
        why -> Nullable<Text>,
    }
}
