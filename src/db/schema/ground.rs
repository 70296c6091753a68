//! Ground: the database room's own tables.

diesel::table! {
    /// How many times a program has started on this database.
    node_start (id) {
        id -> Integer,
        next -> BigInt,
    }
}

diesel::table! {
    /// Up to which number of a series blocks have been given out.
    number_lease (series) {
        series -> Text,
        taken -> BigInt,
    }
}
