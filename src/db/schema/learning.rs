//! Ground: the table of what was learnt.

diesel::table! {
    /// Models that suggest categories. Figures are only added.
    learned (id) {
        id -> BigInt,
        made_at -> BigInt,
        newest -> BigInt,
        examples -> Integer,
        labels -> Integer,
        figures -> Text,
        before -> Nullable<Text>,
        verdict -> Text,
        model -> Nullable<Binary>,
    }
}
