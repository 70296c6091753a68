//! Reports: what people say to one, in the order of its life. Its rule: no word changes a figure; it is kept beside the
//! document with who and when, and who asks or answers never decides.
//!
//! Units object to and confirm their figures in the check period ([`objection`], [`confirmation`], [`checking`]); the
//! assessor and the leader write into the places left open ([`texts`]) and choose typical cases ([`cases`],
//! [`choosing`]); what a leader writes on a frozen report is a [`task`] of units.

pub mod cases;
pub mod checking;
pub mod choosing;
pub mod confirmation;
pub mod objection;
pub mod person;
pub mod task;
pub mod texts;
