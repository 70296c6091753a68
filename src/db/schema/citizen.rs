//! Ground: the tables of the citizens' door.

diesel::table! {
    /// Wrong tries to show that a ticket is theirs, by a keyed hash of the number that was typed.
    citizen_try (key) {
        key -> Text,
        ticket_id -> Nullable<BigInt>,
        tries -> Integer,
        at -> BigInt,
    }
}

diesel::table! {
    /// What citizens said that waits for a person.
    citizen_word (id) {
        id -> BigInt,
        at -> BigInt,
        source -> Text,
        why -> Text,
        ticket_no -> Nullable<Text>,
        phone_hash -> Nullable<Text>,
        sealed -> Binary,
        settled_at -> Nullable<BigInt>,
        settled -> Nullable<Text>,
        settled_by -> Nullable<BigInt>,
    }
}
