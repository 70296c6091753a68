//! Ground: the telephone's table.

diesel::table! {
    /// A call, as the telephone system told of it.
    call (id) {
        id -> BigInt,
        call_id -> Text,
        first_at -> BigInt,
        rang_at -> Nullable<BigInt>,
        answered_at -> Nullable<BigInt>,
        ended_at -> Nullable<BigInt>,
        missed_at -> Nullable<BigInt>,
        agent -> Nullable<Text>,
        queue -> Nullable<Text>,
        recording_id -> Nullable<Text>,
        phone -> Nullable<Binary>,
        phone_hash -> Nullable<Text>,
        called_back_at -> Nullable<BigInt>,
        called_back_by -> Nullable<Text>,
        called_back -> Nullable<Text>,
        queue_at -> Nullable<BigInt>,
        recording_at -> Nullable<BigInt>,
        phone_at -> Nullable<BigInt>,
        no_ticket -> Nullable<Text>,
        no_ticket_by -> Nullable<Text>,
        no_ticket_at -> Nullable<BigInt>,
    }
}
