//! Ground: what a database error means to the house. Its rule: gone and full are said as such, so
//! that the caller knows whether to come back.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

use crate::error::{Error, Kind};

/// Seconds after which a caller of a database that is away may try again.
pub(super) const AWAY_RETRY_S: u32 = 2;
/// Seconds after which a caller of a crowded database may try again.
pub(super) const CROWDED_RETRY_S: u32 = 1;

impl From<Diesel> for Error {
    fn from(error: Diesel) -> Self {
        match meaning(&error) {
            Meaning::Absent => Error::not_found(),
            Meaning::Away => away(error),
            Meaning::Crowded => crowded(error),
            Meaning::Full => Error::new(Kind::Full, "full").because(error),
            Meaning::Other => Error::internal(error),
        }
    }
}

/// The database cannot be reached.
pub(super) fn away(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(Kind::Unavailable, "unavailable").because(source).retry_after(AWAY_RETRY_S)
}

/// There are more writes than the database takes.
pub(super) fn crowded(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(Kind::Unavailable, "unavailable").because(source).retry_after(CROWDED_RETRY_S)
}

/// A change panicked: what it said stands in the log, not in an answer.
pub(super) fn panicked() -> Error {
    Error::internal("a write panicked; its message stands in the log")
}

enum Meaning {
    Absent,
    Away,
    Crowded,
    Full,
    Other,
}

fn meaning(error: &Diesel) -> Meaning {
    match error {
        Diesel::NotFound => Meaning::Absent,
        // What cannot be sent: the connection was found to be gone only then.
        Diesel::DatabaseError(
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
            _,
        ) => Meaning::Away,
        Diesel::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => Meaning::Crowded,
        Diesel::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _) => Meaning::Other,
        Diesel::DatabaseError(DatabaseErrorKind::Unknown, said) => by_words(said.message()),
        Diesel::RollbackErrorOnCommit { commit_error, .. } => meaning(commit_error),
        Diesel::BrokenTransactionManager => Meaning::Away,
        _ => Meaning::Other,
    }
}

/// diesel hands on no error code for these, only the words (PostgreSQL's in the server's language).
fn by_words(message: &str) -> Meaning {
    const FULL: [&str; 4] =
        ["disk is full", "No space left on device", "could not extend file", "设备上没有空间"];
    const CROWDED: [&str; 4] =
        ["database is locked", "database table is locked", "deadlock detected", "死锁"];
    const AWAY: [&str; 5] = [
        "disk I/O error",
        "unable to open database file",
        "terminating connection",
        "the database system is",
        "数据库系统",
    ];
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    match () {
        () if says(&FULL) => Meaning::Full,
        () if says(&CROWDED) => Meaning::Crowded,
        () if says(&AWAY) => Meaning::Away,
        () => Meaning::Other,
    }
}

/// The database error underneath, if it is one.
pub(super) fn underneath(error: &Error) -> Option<&Diesel> {
    error.cause().and_then(|cause| cause.downcast_ref::<Diesel>())
}

/// Whether the database turned a write away because of others at the same time.
pub(super) fn is_crowded(error: &Error) -> bool {
    matches!(underneath(error).map(meaning), Some(Meaning::Crowded))
}

/// Whether a row with this key is there already: the caller lost a race, or repeats itself.
pub fn is_duplicate(error: &Error) -> bool {
    matches!(underneath(error), Some(Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
}
