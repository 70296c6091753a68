//! Limits: the working calendar 工作日历 (domain.md §4). Its rule: whether a day is worked is data —
//! local override, then the State Council's list, then the weekday rule — and never code.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate, NaiveTime, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::year_list::{Listed, YearList, builtin};
use crate::directory::DayKind;
use crate::time::Stamp;

/// Why a day is worked or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DayReason {
    /// Monday to Friday by the site's week.
    Weekday,
    /// A day off by the site's week.
    Weekend,
    /// Off by the State Council's list.
    Holiday { name: String },
    /// A make-up workday 调休 by the State Council's list.
    MakeUp { name: String },
    /// The site's own rule for this day.
    Local { name: String, kind: DayKind },
}

impl DayReason {
    pub const fn is_working(&self) -> bool {
        matches!(
            self,
            Self::Weekday | Self::MakeUp { .. } | Self::Local { kind: DayKind::Work, .. }
        )
    }

    /// The reason as people read it, with the day's name of the week.
    pub fn zh(&self, day: NaiveDate) -> String {
        let week = week_zh(day.weekday());
        match self {
            Self::Weekday => format!("{week}，工作日"),
            Self::Weekend => format!("{week}，休息日"),
            Self::Holiday { name } => format!("{week}，{name}放假"),
            Self::MakeUp { name } => format!("{week}，{name}调休上班"),
            Self::Local { name, kind: DayKind::Off } => format!("{week}，本地放假（{name}）"),
            Self::Local { name, kind: DayKind::Work } => format!("{week}，本地上班（{name}）"),
        }
    }
}

const fn week_zh(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Mon => "周一",
        Weekday::Tue => "周二",
        Weekday::Wed => "周三",
        Weekday::Thu => "周四",
        Weekday::Fri => "周五",
        Weekday::Sat => "周六",
        Weekday::Sun => "周日",
    }
}

/// One day that the site itself decides (a flood, a local festival); it beats every list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalDay {
    pub on: NaiveDate,
    pub kind: DayKind,
    pub name: String,
}

/// The hours of a working day, for figures in working hours (domain.md §6): half-open spans
/// `[from, to)` of local time, in order, not overlapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkingHours(pub Vec<(NaiveTime, NaiveTime)>);

/// Which days are worked, in which zone, and until when a day takes new work.
#[derive(Debug, Clone)]
pub struct Calendar {
    zone: Tz,
    cutoff: NaiveTime,
    rest: BTreeSet<u32>,
    listed: BTreeMap<NaiveDate, (Listed, String)>,
    local: BTreeMap<NaiveDate, LocalDay>,
    years: BTreeMap<i32, String>,
    version: String,
}

impl Calendar {
    /// A calendar with the weekday rule alone (Saturday and Sunday off). A start later than
    /// `cutoff` counts as a start on the next working day.
    pub fn new(zone: Tz, cutoff: NaiveTime) -> Self {
        let mut calendar = Self {
            zone,
            cutoff,
            rest: BTreeSet::from([6, 7]),
            listed: BTreeMap::new(),
            local: BTreeMap::new(),
            years: BTreeMap::new(),
            version: String::new(),
        };
        calendar.seal();
        calendar
    }

    /// The same with the lists that come with the program (2015 to 2026).
    pub fn builtin(zone: Tz, cutoff: NaiveTime) -> Self {
        Self::new(zone, cutoff).with_years(builtin().iter().cloned())
    }

    /// Adds years' lists in the order given; a later one wins on a day that both name.
    #[must_use]
    pub fn with_years(mut self, lists: impl IntoIterator<Item = YearList>) -> Self {
        for list in lists {
            for (day, name, listed) in list.days() {
                self.listed.insert(day, (listed, name.to_owned()));
            }
            self.years.insert(list.year, list.source);
        }
        self.seal();
        self
    }

    /// Adds the site's own days; a later one for the same day wins.
    #[must_use]
    pub fn with_local(mut self, days: impl IntoIterator<Item = LocalDay>) -> Self {
        self.local.extend(days.into_iter().map(|day| (day.on, day)));
        self.seal();
        self
    }

    /// Replaces the weekdays that are off.
    #[must_use]
    pub fn with_rest(mut self, rest: &[Weekday]) -> Self {
        self.rest = rest.iter().map(|day| day.number_from_monday()).collect();
        self.seal();
        self
    }

    fn seal(&mut self) {
        let mut hash = Sha256::new();
        hash.update(format!("{}|{}|{:?}", self.zone, self.cutoff, self.rest));
        for (day, (listed, name)) in &self.listed {
            hash.update(format!("|{day}{listed:?}{name}"));
        }
        for (day, local) in &self.local {
            hash.update(format!("|{day}{}{}", local.kind, local.name));
        }
        let short: String = hash.finalize().iter().take(4).map(|b| format!("{b:02x}")).collect();
        let last = self.years.keys().next_back().copied().unwrap_or_default();
        self.version = format!("{last}-{short}");
    }

    pub const fn zone(&self) -> Tz {
        self.zone
    }
    /// A start later than this local time counts as a start on the next working day.
    pub const fn cutoff(&self) -> NaiveTime {
        self.cutoff
    }
    /// The last listed year and a digest of everything that decides: equal versions, equal days.
    pub fn version(&self) -> &str {
        &self.version
    }
    /// Whether this year's list is loaded.
    pub fn has_year(&self, year: i32) -> bool {
        self.years.contains_key(&year)
    }
    /// The loaded years with the notices they were taken from.
    pub fn years(&self) -> impl Iterator<Item = (i32, &str)> {
        self.years.iter().map(|(year, source)| (*year, source.as_str()))
    }
    /// The year whose list is missing and due to be warned of on `today`: the running one, and
    /// from November the next (domain.md §4).
    pub fn missing_year(&self, today: NaiveDate) -> Option<i32> {
        let next = (today.month() >= 11).then(|| today.year() + 1);
        std::iter::once(today.year()).chain(next).find(|year| !self.has_year(*year))
    }

    /// Why `day` is worked or not.
    pub fn why(&self, day: NaiveDate) -> DayReason {
        if let Some(local) = self.local.get(&day) {
            return DayReason::Local { name: local.name.clone(), kind: local.kind };
        }
        match self.listed.get(&day) {
            Some((Listed::Off, name)) => DayReason::Holiday { name: name.clone() },
            Some((Listed::Work, name)) => DayReason::MakeUp { name: name.clone() },
            None if self.rests(day) => DayReason::Weekend,
            None => DayReason::Weekday,
        }
    }

    pub fn is_working(&self, day: NaiveDate) -> bool {
        if let Some(local) = self.local.get(&day) {
            return local.kind == DayKind::Work;
        }
        self.listed.get(&day).map_or(!self.rests(day), |(listed, _)| *listed == Listed::Work)
    }

    fn rests(&self, day: NaiveDate) -> bool {
        self.rest.contains(&day.weekday().number_from_monday())
    }

    /// The first working day after `day`.
    pub fn next_workday(&self, day: NaiveDate) -> NaiveDate {
        self.add_workdays(day, 1)
    }

    /// The n-th working day after `day`; `day` itself for 0.
    pub fn add_workdays(&self, day: NaiveDate, n: u32) -> NaiveDate {
        self.walk(day, n, NaiveDate::succ_opt)
    }

    /// The n-th last working day up to and with `day` (1 = `day` itself where it is worked).
    pub fn nth_last_workday(&self, day: NaiveDate, n: u32) -> NaiveDate {
        match n.max(1) - u32::from(self.is_working(day)) {
            0 => day,
            more => self.walk(day, more, NaiveDate::pred_opt),
        }
    }

    /// Walks until `n` working days are passed; gives up where a year goes by without one.
    fn walk(&self, day: NaiveDate, n: u32, step: fn(&NaiveDate) -> Option<NaiveDate>) -> NaiveDate {
        let (mut at, mut left, mut idle) = (day, n, 0);
        while left > 0 && idle < 366 {
            let Some(next) = step(&at) else { break };
            at = next;
            if self.is_working(at) {
                left -= 1;
                idle = 0;
            } else {
                idle += 1;
            }
        }
        at
    }

    /// How many working days d there are with `after < d <= until`.
    pub fn workdays_between(&self, after: NaiveDate, until: NaiveDate) -> u32 {
        let mut day = after;
        let mut count = 0;
        while day < until {
            day = day.checked_add_days(Days::new(1)).unwrap_or(until);
            count += u32::from(self.is_working(day));
        }
        count
    }

    /// The day that a start at `at` counts as: its own day, or the next working day where it is a
    /// day off or later than the cut-off (17:30:00.000 itself is not later).
    pub fn counted_start(&self, at: Stamp) -> NaiveDate {
        let local = at.in_zone(self.zone);
        let day = local.date_naive();
        if self.is_working(day) && local.time() <= self.cutoff {
            day
        } else {
            self.next_workday(day)
        }
    }

    /// 23:59:59.999 of the n-th working day after the day that `at` counts as.
    pub fn due(&self, at: Stamp, n: u32) -> Stamp {
        Stamp::end_of(self.add_workdays(self.counted_start(at), n), self.zone)
    }

    /// Milliseconds of `hours` on working days within `[from, to)`; 0 where `to` is not later.
    pub fn working_millis_between(&self, from: Stamp, to: Stamp, hours: &WorkingHours) -> i64 {
        let shifts = self.shifts_between(from, to, hours);
        shifts.into_iter().map(|(start, end)| end.millis_since(start)).sum()
    }

    /// The stretches of `hours` on working days within `[from, to)`, in order; none where `to` is not later.
    pub fn shifts_between(
        &self,
        from: Stamp,
        to: Stamp,
        hours: &WorkingHours,
    ) -> Vec<(Stamp, Stamp)> {
        let last = to.day(self.zone);
        let mut day = from.day(self.zone);
        let mut shifts = Vec::new();
        while day <= last && from < to {
            if self.is_working(day) {
                for (opens, closes) in &hours.0 {
                    let start = Stamp::from_local(day.and_time(*opens), self.zone).max(from);
                    let end = Stamp::from_local(day.and_time(*closes), self.zone).min(to);
                    if start < end {
                        shifts.push((start, end));
                    }
                }
            }
            let Some(next) = day.succ_opt() else { break };
            day = next;
        }
        shifts
    }
}

#[cfg(test)]
mod tests;
