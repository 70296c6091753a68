//! Notices: a mail server or a gateway that is away is left in peace for a while. Its rule: whoever
//! waited for it in vain spares everybody behind that wait; nothing is remembered for longer than said.

use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;

use crate::time::Stamp;

/// When a letter to a server that is away is tried again.
pub(super) const AWAY: TimeDelta = TimeDelta::minutes(10);
/// How long nobody else waits for it.
const LONG: TimeDelta = TimeDelta::minutes(1);

/// Until when nobody waits for it.
#[derive(Debug)]
pub(super) struct Respite(Mutex<Stamp>);

impl Default for Respite {
    fn default() -> Self {
        Self(Mutex::new(Stamp::MIN))
    }
}

impl Respite {
    /// Whether it was away a moment ago.
    pub(super) fn holds(&self, now: Stamp) -> bool {
        now < *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody waited in vain.
    pub(super) fn begin(&self, now: Stamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now.plus(LONG);
    }
}
