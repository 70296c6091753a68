//! Ground: papers that were given a number, and what each is about.

diesel::table! {
    paper (id) {
        id -> BigInt,
        kind -> Text,
        year -> Integer,
        number -> BigInt,
        no -> Text,
        made_at -> BigInt,
        made_by -> Text,
        unit -> Nullable<Text>,
    }
}

diesel::table! {
    paper_line (paper_id, nth) {
        paper_id -> BigInt,
        nth -> Integer,
        ticket_id -> BigInt,
        ticket_no -> Text,
        version -> Integer,
        assignment -> Nullable<Integer>,
        side -> Nullable<Integer>,
    }
}
