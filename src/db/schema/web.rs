//! Ground: the web's own tables.

diesel::table! {
    /// The answers of POSTs that came with an Idempotency-Key.
    idempotency (key) {
        key -> Text,
        body -> Text,
        answer -> Binary,
        made_at -> BigInt,
    }
}

diesel::table! {
    /// What was typed into a form of the console and not sent.
    draft (owner, name) {
        owner -> BigInt,
        name -> Text,
        ticket_no -> Nullable<Text>,
        typed_at -> BigInt,
        saved_at -> BigInt,
        sealed -> Binary,
    }
}

diesel::table! {
    /// Who is at work on which ticket.
    at_work (ticket_no, account_id) {
        ticket_no -> Text,
        account_id -> BigInt,
        until_at -> BigInt,
    }
}
