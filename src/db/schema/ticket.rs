//! Ground: the tables of a ticket, its parts, its events and their seals.

use super::privacy::erased;

diesel::table! {
    ticket (id) {
        id -> BigInt,
        no -> Text,
        version -> Integer,
        state -> Text,
        kind -> Text,
        channel -> Text,
        urgency -> Text,
        title -> Text,
        category -> Nullable<Text>,
        region -> Nullable<Text>,
        estate -> Nullable<Text>,
        company -> Nullable<Text>,
        lead_unit -> Nullable<Text>,
        lead_head -> Nullable<Text>,
        received_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        gaps -> Text,
        assessment_class -> Text,
        excluded -> Nullable<Text>,
        direct -> Bool,
        first_solved -> Nullable<Text>,
        survey -> Nullable<Text>,
        handled_ms -> Nullable<BigInt>,
        flagged -> Bool,
        sealed -> Bool,
        phone_hash -> Nullable<Text>,
        upstream_no -> Nullable<Text>,
        yellow_at -> Nullable<BigInt>,
        red_at -> Nullable<BigInt>,
        next_at -> Nullable<BigInt>,
        accused -> Nullable<Text>,
        advice -> Nullable<Text>,
    }
}

diesel::table! {
    ticket_body (ticket_id) {
        ticket_id -> BigInt,
        record_key -> Nullable<Binary>,
        doc -> Binary,
        head -> Binary,
    }
}

diesel::table! {
    caller_key (part, hash, ticket_id) {
        part -> Integer,
        hash -> Text,
        ticket_id -> BigInt,
    }
}

diesel::table! {
    assignment (ticket_id, k) {
        ticket_id -> BigInt,
        k -> Integer,
        unit -> Text,
        head -> Nullable<Text>,
        part -> Text,
        state -> Text,
        taken_back -> Bool,
        is_sub -> Bool,
        is_final -> Bool,
        sent_at -> BigInt,
        sign_due_at -> Nullable<BigInt>,
        signed_at -> Nullable<BigInt>,
        contact_due_at -> Nullable<BigInt>,
        contacted_at -> Nullable<BigInt>,
        handle_due_at -> Nullable<BigInt>,
        handle_stopped_at -> Nullable<BigInt>,
        handle_missed -> Bool,
        rework1_due_at -> Nullable<BigInt>,
        rework1_stopped_at -> Nullable<BigInt>,
        rework1_missed -> Bool,
        rework2_due_at -> Nullable<BigInt>,
        rework2_stopped_at -> Nullable<BigInt>,
        rework2_missed -> Bool,
        paused -> Bool,
        urges -> Integer,
        extensions -> Integer,
        rework_count -> Integer,
        next_due_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    contact (ticket_id, k, seq) {
        ticket_id -> BigInt,
        k -> Integer,
        seq -> Integer,
        at -> BigInt,
    }
}

diesel::table! {
    whistle (ticket_id, id, unit) {
        ticket_id -> BigInt,
        id -> Integer,
        unit -> Text,
        head -> Nullable<Text>,
        caller -> Text,
        caller_head -> Nullable<Text>,
        called_at -> BigInt,
        due_at -> BigInt,
        answered_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    ledger (ticket_id, seq) {
        ticket_id -> BigInt,
        seq -> Integer,
        approved_at -> BigInt,
        written_off_at -> Nullable<BigInt>,
        cancelled_at -> Nullable<BigInt>,
        progress_due_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    trail (ticket_id) {
        ticket_id -> BigInt,
        spoke_at -> Nullable<BigInt>,
        survey_at -> Nullable<BigInt>,
        bad_at -> Nullable<BigInt>,
        exclusion_at -> Nullable<BigInt>,
        phone_at -> Nullable<BigInt>,
        asked -> Integer,
        prompted -> Nullable<Bool>,
        asks -> Nullable<Text>,
    }
}

diesel::table! {
    attachment (ticket_id, k) {
        ticket_id -> BigInt,
        k -> Integer,
        hash -> Text,
        bytes -> BigInt,
        gone -> Bool,
    }
}

diesel::table! {
    event (ticket_id, seq) {
        ticket_id -> BigInt,
        seq -> Integer,
        at -> BigInt,
        sealed -> Binary,
        hash -> Binary,
    }
}

diesel::table! {
    /// The calendar by which open limits were last counted.
    counted_by (id) {
        id -> Integer,
        calendar -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    unsealed (ticket_id, seq) {
        ticket_id -> BigInt,
        seq -> Integer,
        since -> Integer,
    }
}

diesel::table! {
    seal (no) {
        no -> BigInt,
        at -> BigInt,
        leaves -> Integer,
        root -> Binary,
        mac -> Binary,
    }
}

diesel::table! {
    seal_leaf (seal_no, ticket_id) {
        seal_no -> BigInt,
        ticket_id -> BigInt,
        seq -> Integer,
        head -> Binary,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    erased,
    caller_key,
    ticket,
    ticket_body,
    assignment,
    attachment,
    contact,
    whistle,
    ledger,
    trail,
    event,
    unsealed,
    seal,
    seal_leaf
);
