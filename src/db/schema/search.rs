//! Ground: the table of kept searches.

diesel::table! {
    kept_search (id) {
        id -> BigInt,
        owner -> BigInt,
        name -> Text,
        asked -> Text,
    }
}
