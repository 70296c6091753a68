//! Ground: the table of the audit trail.

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
