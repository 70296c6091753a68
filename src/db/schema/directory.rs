//! Ground: the directory's tables. Its rule: the journal's rows are only ever added.

diesel::table! {
    directory_entry (noun, code, revision) {
        noun -> Text,
        code -> Text,
        revision -> Integer,
        since_on -> Text,
        body -> Text,
        recorded_at -> BigInt,
        recorded_by -> Text,
    }
}

diesel::table! {
    directory_version (id) {
        id -> Integer,
        version -> BigInt,
        changed_at -> BigInt,
    }
}
