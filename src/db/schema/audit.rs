//! Ground: the tables of the audit trail.

diesel::table! {
    /// Who did what, when, on what, for which purpose.
    audit_entry (id) {
        id -> BigInt,
        at -> BigInt,
        account_id -> BigInt,
        account_name -> Text,
        action -> Text,
        outcome -> Text,
        subject_kind -> Text,
        subject -> Text,
        purpose -> Nullable<Text>,
        detail -> Nullable<Text>,
        once_key -> Nullable<Text>,
    }
}
diesel::table! {
    /// What an entry was done to, where that are many.
    audit_subject (entry_id, part) {
        entry_id -> BigInt,
        part -> Integer,
        subject_kind -> Text,
        lowest -> Text,
        highest -> Text,
        subjects -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(audit_entry, audit_subject);
