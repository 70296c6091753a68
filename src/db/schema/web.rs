//! Ground: the web's own table.

diesel::table! {
    /// The answers of POSTs that came with an Idempotency-Key.
    idempotency (key) {
        key -> Text,
        body -> Text,
        answer -> Binary,
        made_at -> BigInt,
    }
}
