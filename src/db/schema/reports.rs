//! Ground: the tables of special reports. Its rule: steps, texts and what was said are only ever added.

diesel::table! {
    report (id) {
        id -> BigInt,
        root -> BigInt,
        kind -> Text,
        period -> Text,
        start_at -> BigInt,
        end_at -> BigInt,
        scope_by -> Nullable<Text>,
        scope_key -> Nullable<Text>,
        edition -> Integer,
        restates -> Nullable<BigInt>,
        state -> Text,
        version -> Integer,
        profile -> Text,
        scoring -> Text,
        taken_at -> BigInt,
        mark -> Text,
        document_hash -> Binary,
        facts_hash -> Binary,
        objections_until -> Nullable<BigInt>,
        frozen_by -> Nullable<BigInt>,
        categories -> Text,
    }
}

diesel::table! {
    report_body (report_id) {
        report_id -> BigInt,
        document -> Binary,
        facts -> Binary,
    }
}

diesel::table! {
    report_step (id) {
        id -> BigInt,
        report_id -> BigInt,
        step -> Text,
        at -> BigInt,
        by_id -> BigInt,
        by_name -> Text,
    }
}

diesel::table! {
    report_text (id) {
        id -> BigInt,
        report_id -> BigInt,
        field -> Text,
        at -> BigInt,
        by_id -> BigInt,
        by_name -> Text,
        sealed -> Binary,
    }
}

diesel::table! {
    report_objection (id) {
        id -> BigInt,
        report_id -> BigInt,
        ticket_id -> BigInt,
        unit -> Text,
        at -> BigInt,
        by_id -> BigInt,
        by_name -> Text,
        decision -> Nullable<Text>,
        decided_at -> Nullable<BigInt>,
        decided_name -> Nullable<Text>,
    }
}

diesel::table! {
    report_confirmation (id) {
        id -> BigInt,
        report_id -> BigInt,
        unit -> Text,
        at -> BigInt,
        by_id -> BigInt,
        by_name -> Text,
        taken_at -> BigInt,
        mark -> Text,
        withdrawn_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    report_said (id) {
        id -> BigInt,
        objection_id -> BigInt,
        ticket_id -> BigInt,
        part -> Text,
        sealed -> Binary,
    }
}

diesel::table! {
    report_instruction (id) {
        id -> BigInt,
        root -> BigInt,
        report_id -> BigInt,
        at -> BigInt,
        by_id -> BigInt,
        by_name -> Text,
        sealed -> Binary,
    }
}

diesel::table! {
    report_task (id) {
        id -> BigInt,
        instruction_id -> BigInt,
        unit -> Text,
        state -> Text,
        version -> Integer,
        due_at -> BigInt,
        soon_at -> BigInt,
        answered_at -> Nullable<BigInt>,
        answered_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    report_task_word (id) {
        id -> BigInt,
        task_id -> BigInt,
        step -> Text,
        at -> BigInt,
        by_id -> BigInt,
        by_name -> Text,
        sealed -> Binary,
    }
}

diesel::joinable!(report_task -> report_instruction (instruction_id));
diesel::allow_tables_to_appear_in_same_query!(report_task, report_instruction);
