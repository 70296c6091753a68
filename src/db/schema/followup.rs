//! Ground: the tables of the survey.

diesel::table! {
    /// When a citizen asked to be rung again.
    survey_appointment (ticket_id) {
        ticket_id -> BigInt,
        at -> BigInt,
    }
}

diesel::table! {
    /// A survey that is heard again by somebody else.
    relisten (id) {
        id -> BigInt,
        ticket_id -> BigInt,
        asked_at -> BigInt,
        month -> Text,
        surveyor -> BigInt,
        finding -> Nullable<Text>,
        reason -> Nullable<Text>,
        heard_at -> Nullable<BigInt>,
        heard_by -> Nullable<BigInt>,
    }
}
