//! Ground: the table of the duty roster.

diesel::table! {
    /// The plan of a unit for a day.
    duty_plan (unit, on_day) {
        unit -> Text,
        on_day -> Text,
        turns -> Text,
        set_by -> Text,
        set_at -> BigInt,
    }
}
