//! Ground: the tables of supervision.

use super::moving::{import_batch, imported};
use super::ticket::{assignment, ledger, ticket};

diesel::table! {
    /// One unit of a supervision.
    supervision (ticket_id, side, unit) {
        ticket_id -> BigInt,
        side -> Integer,
        unit -> Text,
        step -> Text,
        opened_at -> BigInt,
        due_at -> Nullable<BigInt>,
        answered_at -> Nullable<BigInt>,
        closed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// What was made of a proposal.
    supervision_word (key) {
        key -> Text,
        ticket_id -> BigInt,
        verdict -> Text,
        at -> BigInt,
        by_id -> BigInt,
        by_name -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(supervision, ticket, import_batch);
diesel::allow_tables_to_appear_in_same_query!(supervision, assignment);
diesel::allow_tables_to_appear_in_same_query!(imported, assignment);
diesel::allow_tables_to_appear_in_same_query!(imported, ledger);
diesel::allow_tables_to_appear_in_same_query!(import_batch, ledger);
diesel::allow_tables_to_appear_in_same_query!(imported, import_batch);
diesel::allow_tables_to_appear_in_same_query!(import_batch, assignment);
