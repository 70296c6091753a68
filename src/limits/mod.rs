//! Limits 时限: what runs out, and when (domain.md §4). Pure: no connection, no clock. Its rule: a
//! limit is counted from data — profile, calendar, instants — and can always say how.

pub mod calendar;
pub mod conduct;
pub mod explain;
pub mod in_force;
pub mod length;
pub mod moves;
pub mod policy;
pub mod profile;
pub mod replay;
pub mod span;
pub mod timer;
pub mod window;
pub mod year_list;

pub use calendar::{Calendar, DayReason, LocalDay, WorkingHours};
pub use explain::{Explanation, explain};
pub use in_force::{InForce, Rulebook, check_profile, check_year};
pub use moves::{Extension, ExtensionReason, Pause, PauseReason, due_and_soon, soon_of};
pub use profile::Profile;
pub use span::{ClockName, Light, Span};
pub use timer::{Note, Recomputed, Timer};
pub use window::{Window, WindowRule};
pub use year_list::{ListError, YearList};
