//! Ground: the tables of the knowledge base. Its rule: versions are only ever added.

use super::ticket::ticket;

diesel::table! {
    article (code) {
        code -> Text,
        version -> Integer,
        state -> Text,
        draft -> Text,
        draft_by -> BigInt,
        live -> Nullable<Text>,
        live_version -> Nullable<Integer>,
        task -> Nullable<Text>,
        changed_at -> BigInt,
    }
}

diesel::table! {
    article_version (code, version) {
        code -> Text,
        version -> Integer,
        at -> BigInt,
        by_id -> BigInt,
        by_name -> Text,
        act -> Text,
        changed -> Text,
        note -> Nullable<Text>,
        content -> Text,
    }
}

diesel::table! {
    knowledge_mark (id) {
        id -> Integer,
        version -> BigInt,
        changed_at -> BigInt,
        last_no -> BigInt,
    }
}

diesel::table! {
    article_use (id) {
        id -> BigInt,
        code -> Text,
        version -> Integer,
        at -> BigInt,
    }
}

diesel::table! {
    knowledge_gap (id) {
        id -> BigInt,
        at -> BigInt,
        source -> Text,
        words -> Text,
    }
}

diesel::table! {
    reply_print (id) {
        id -> BigInt,
        ticket_id -> BigInt,
        print -> BigInt,
        a -> Integer,
        b -> Integer,
        c -> Integer,
        d -> Integer,
    }
}

diesel::allow_tables_to_appear_in_same_query!(reply_print, ticket);
