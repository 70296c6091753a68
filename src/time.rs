//! Ground: instants and days. Its rule: the present instant is read here and nowhere else, and
//! passed on; tests move it by hand.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::BigInt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant in UTC, to the millisecond; a `BIGINT` of milliseconds since 1970 in both databases
/// (exact, small, compared without parsing: see decisions/0002). In JSON it is RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = BigInt)]
pub struct Stamp(i64);

impl Stamp {
    pub const MIN: Self = Self(i64::MIN);
    pub const MAX: Self = Self(i64::MAX);

    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn millis(self) -> i64 {
        self.0
    }
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
    pub fn in_zone(self, zone: Tz) -> DateTime<Tz> {
        self.utc().with_timezone(&zone)
    }
    /// The calendar day of this instant in `zone`.
    pub fn day(self, zone: Tz) -> NaiveDate {
        self.in_zone(zone).date_naive()
    }
    /// RFC 3339 with the zone's offset, milliseconds only where there are some.
    pub fn rfc3339(self, zone: Tz) -> String {
        let at = self.in_zone(zone);
        let format =
            if self.0.rem_euclid(1000) == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
        at.to_rfc3339_opts(format, false)
    }
    /// Parses RFC 3339; anything finer than a millisecond is cut off.
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|at| Self(at.timestamp_millis()))
    }
    /// Parses a time without offset (`2026-10-01T08:00` or with seconds, or a space between) as the
    /// clocks in `zone` show it.
    pub fn parse_local(text: &str, zone: Tz) -> Option<Self> {
        let text = text.replacen(' ', "T", 1);
        ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"]
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(&text, form).ok())
            .map(|local| Self::from_local(local, zone))
    }
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
    #[must_use]
    pub fn plus(self, delta: TimeDelta) -> Self {
        Self(self.0.saturating_add(delta.num_milliseconds()))
    }
    /// Milliseconds from `earlier` to this instant (negative where it lies later).
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
    /// The first instant that reads `local` in `zone`; in a gap, the instant after it.
    pub fn from_local(local: NaiveDateTime, zone: Tz) -> Self {
        let at = zone
            .from_local_datetime(&local)
            .earliest()
            .or_else(|| zone.from_local_datetime(&(local + TimeDelta::hours(1))).earliest())
            .map_or_else(|| local.and_utc(), |at| at.with_timezone(&Utc));
        Self(at.timestamp_millis())
    }
    /// 00:00:00.000 of `day` in `zone`.
    pub fn start_of(day: NaiveDate, zone: Tz) -> Self {
        Self::from_local(day.and_time(chrono::NaiveTime::MIN), zone)
    }
    /// 23:59:59.999 of `day` in `zone`: the last millisecond before the next day starts.
    pub fn end_of(day: NaiveDate, zone: Tz) -> Self {
        let next = day.succ_opt().unwrap_or(NaiveDate::MAX);
        Self::start_of(next, zone).plus_millis(-1)
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(
                "not an RFC 3339 time with offset, such as 2026-10-01T08:00:00+08:00",
            )
        })
    }
}

impl<DB> ToSql<BigInt, DB> for Stamp
where
    DB: diesel::backend::Backend,
    i64: ToSql<BigInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.to_sql(out).map(|_: IsNull| IsNull::No)
    }
}

impl<DB> FromSql<BigInt, DB> for Stamp
where
    DB: diesel::backend::Backend,
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        i64::from_sql(bytes).map(Self)
    }
}

/// How long somebody waits, by this machine's own measure, which no clock sets back.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    /// `patience` from now.
    pub fn after(patience: Duration) -> Self {
        Self(Instant::now() + patience)
    }

    pub fn is_over(self) -> bool {
        Instant::now() > self.0
    }
}

/// Where the present instant comes from.
pub trait Clock: Send + Sync + fmt::Debug {
    fn now(&self) -> Stamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the present is read")]
    fn now(&self) -> Stamp {
        Stamp(Utc::now().timestamp_millis())
    }
}

/// A clock that moves only when told to: for tests and for replaying a demo's past.
#[derive(Debug)]
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn at(start: Stamp) -> Self {
        Self(AtomicI64::new(start.0))
    }
    pub fn set(&self, to: Stamp) {
        self.0.store(to.0, Ordering::SeqCst);
    }
    pub fn forward(&self, by: TimeDelta) {
        self.0.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Stamp {
        Stamp(self.0.load(Ordering::SeqCst))
    }
}
