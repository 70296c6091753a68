//! Ground: why a job was not done, and whether to try again. Its rule: what is stored here is read
//! by operators, so it says codes, never anything personal.

use chrono::TimeDelta;

use crate::error::{Error, Kind};

/// After this many tries a job that still fails is dead, and stays to be seen.
pub const TRIES: i32 = 14;
const FIRST_S: i64 = 5;
const LONGEST_S: i64 = 3_600;

/// Why a job was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fail {
    /// It may go better later: after this long, or by back-off (5 s doubling up to an hour).
    Again { after: Option<TimeDelta>, why: String },
    /// Whoever is needed for it is away: it is put back for so long and costs no try. Whoever says so
    /// gives up by itself one day.
    Later { after: TimeDelta, why: String },
    /// It will never go: the job is dead at once.
    Never { why: String },
}

impl Fail {
    /// It may go better later, by back-off.
    pub fn again(why: impl Into<String>) -> Self {
        Self::Again { after: None, why: why.into() }
    }
    /// It will never go.
    pub fn never(why: impl Into<String>) -> Self {
        Self::Never { why: why.into() }
    }
}

/// What may pass by itself is tried again; what the trade refuses is not.
impl From<Error> for Fail {
    fn from(error: Error) -> Self {
        let why = error.code().to_owned();
        match error.kind() {
            Kind::Unavailable
            | Kind::Full
            | Kind::Internal
            | Kind::Slow
            | Kind::TooMany
            | Kind::Stale => Self::Again {
                after: error.retry_after_s().map(|s| TimeDelta::seconds(i64::from(s))),
                why,
            },
            Kind::Malformed
            | Kind::Invalid
            | Kind::Unauthenticated
            | Kind::Forbidden
            | Kind::NotFound
            | Kind::Refused
            | Kind::TooLarge => Self::Never { why },
        }
    }
}

/// How long the try after this one waits; spread by the job's id, so that what failed together
/// does not come back together.
pub fn back_off(tries: i32, id: i64) -> TimeDelta {
    let doublings = u32::try_from(tries.clamp(1, 16) - 1).unwrap_or_default();
    let plain_ms = (FIRST_S << doublings).min(LONGEST_S) * 1_000;
    let spread_ms = plain_ms / 5;
    TimeDelta::milliseconds(plain_ms + id.rem_euclid(spread_ms.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_from_five_seconds_to_an_hour() {
        let waits: Vec<i64> = (1..=TRIES).map(|tries| back_off(tries, 0).num_seconds()).collect();
        assert_eq!(&waits[..4], [5, 10, 20, 40]);
        assert_eq!(waits.last(), Some(&LONGEST_S));
    }

    #[test]
    fn jobs_that_failed_together_come_back_apart() {
        assert_ne!(back_off(3, 1_001), back_off(3, 1_500));
        assert!(back_off(3, 1_001) < back_off(4, 0));
    }

    #[test]
    fn a_refusal_is_final_and_an_absent_database_is_not() {
        assert!(matches!(Fail::from(Error::refused("stale")), Fail::Never { .. }));
        let away = Error::new(Kind::Unavailable, "unavailable").retry_after(2);
        assert_eq!(
            Fail::from(away),
            Fail::Again { after: Some(TimeDelta::seconds(2)), why: "unavailable".to_owned() }
        );
    }
}
