//! Ground: the tables of warnings and campaigns.

diesel::table! {
    /// Something that was warned of.
    warning (id) {
        id -> BigInt,
        rule -> Text,
        cell -> Text,
        grade -> Text,
        estate -> Nullable<Text>,
        category -> Nullable<Text>,
        company -> Nullable<Text>,
        unit -> Nullable<Text>,
        desk -> Nullable<Text>,
        ticket_id -> BigInt,
        n -> Integer,
        threshold -> Integer,
        tickets -> Text,
        why -> Text,
        state -> Text,
        opened_at -> BigInt,
        changed_at -> BigInt,
        owner -> Nullable<Text>,
        taken_at -> Nullable<BigInt>,
        act -> Nullable<Text>,
        acted_at -> Nullable<BigInt>,
        result -> Nullable<Text>,
        is_real -> Nullable<Bool>,
        closed_at -> Nullable<BigInt>,
        closed_by -> Nullable<Text>,
        judged -> Text,
    }
}

diesel::table! {
    /// How far it was looked.
    warning_mark (id) {
        id -> Integer,
        seal_no -> BigInt,
        season_on -> Text,
    }
}

diesel::table! {
    /// The last valid survey of a ticket.
    surveyed (ticket_id) {
        ticket_id -> BigInt,
        ticket_no -> Text,
        at -> BigInt,
        estate -> Nullable<Text>,
        company -> Nullable<Text>,
        dissatisfied -> Bool,
    }
}

diesel::table! {
    /// 每月一题.
    campaign (id) {
        id -> BigInt,
        month -> Text,
        goal -> Text,
        category -> Nullable<Text>,
        estate -> Nullable<Text>,
        state -> Text,
        points -> Text,
        tickets -> Text,
        created_at -> BigInt,
        created_by -> Text,
        result -> Nullable<Text>,
        closed_at -> Nullable<BigInt>,
    }
}
