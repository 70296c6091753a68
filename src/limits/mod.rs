//! Limits 时限: what runs out, and when (domain.md §4). Pure: no connection, no clock. Its rule: a
//! limit is counted from data — profile, calendar, instants — and can always say how.

pub mod calendar;
pub mod moves;
pub mod span;
pub mod timer;
pub mod year_list;

pub use calendar::{Calendar, DayReason, LocalDay, LocalKind, WorkingHours};
pub use moves::{Extension, ExtensionReason, Pause, PauseReason};
pub use span::{ClockName, Light, Span};
pub use timer::{Note, Recomputed, Timer};
pub use year_list::{ListError, YearList};
