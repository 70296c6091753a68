//! Limits: one year's list of days off and make-up workdays, as the State Council publishes it.
//! Its rule: a list is data; a day stands in it once, and an empty list is no list.

use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A holiday and its days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// As in the notice, such as 国庆节.
    pub name: String,
    pub days: Vec<NaiveDate>,
}

/// One year's list. Its days may touch the year before and the year after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearList {
    pub year: i32,
    /// The notice it was taken from.
    pub source: String,
    /// Days off 放假.
    pub off: Vec<Named>,
    /// Make-up workdays 调休上班.
    #[serde(default)]
    pub work: Vec<Named>,
}

/// Why a list was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    #[error("not a list of days: {0}")]
    Format(#[from] serde_json::Error),
    #[error("the list of {0} names no day")]
    Empty(i32),
    #[error("{0} stands twice in the list")]
    Twice(NaiveDate),
    #[error("{day} is too far from {year}")]
    OtherYear { day: NaiveDate, year: i32 },
}

impl YearList {
    /// Reads our own compact form, or the form of the holiday-cn project (`days` with `isOffDay`).
    ///
    /// # Errors
    /// The text is neither; the list is empty (not yet published); a day stands in it twice or
    /// lies outside the list's year and its neighbours.
    pub fn parse(text: &str) -> Result<Self, ListError> {
        let value: serde_json::Value = serde_json::from_str(text)?;
        let list = if value.get("days").is_some() {
            HolidayCn::deserialize(value)?.into_list()
        } else {
            Self::deserialize(value)?
        };
        list.check()?;
        Ok(list)
    }

    /// Every day with the holiday's name and whether it is off or a make-up workday.
    pub fn days(&self) -> impl Iterator<Item = (NaiveDate, &str, Listed)> {
        let off = self.off.iter().map(|group| (group, Listed::Off));
        let work = self.work.iter().map(|group| (group, Listed::Work));
        off.chain(work).flat_map(|(group, listed)| {
            group.days.iter().map(move |day| (*day, group.name.as_str(), listed))
        })
    }

    fn check(&self) -> Result<(), ListError> {
        use chrono::Datelike;
        let mut seen = std::collections::BTreeSet::new();
        for (day, _, _) in self.days() {
            if !seen.insert(day) {
                return Err(ListError::Twice(day));
            }
            if (day.year() - self.year).abs() > 1 {
                return Err(ListError::OtherYear { day, year: self.year });
            }
        }
        if seen.is_empty() { Err(ListError::Empty(self.year)) } else { Ok(()) }
    }
}

/// What a list says of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    Off,
    Work,
}

/// The form of github.com/NateScarlet/holiday-cn, in which sites usually get a new year.
#[derive(Debug, Deserialize)]
struct HolidayCn {
    year: i32,
    #[serde(default)]
    papers: Vec<String>,
    days: Vec<HolidayCnDay>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HolidayCnDay {
    name: String,
    date: NaiveDate,
    is_off_day: bool,
}

impl HolidayCn {
    fn into_list(self) -> YearList {
        let mut list = YearList {
            year: self.year,
            source: self.papers.join("；"),
            off: Vec::new(),
            work: Vec::new(),
        };
        for day in self.days {
            let groups = if day.is_off_day { &mut list.off } else { &mut list.work };
            match groups.iter_mut().find(|group| group.name == day.name) {
                Some(group) => group.days.push(day.date),
                None => groups.push(Named { name: day.name, days: vec![day.date] }),
            }
        }
        list
    }
}

static PARSED: LazyLock<Vec<YearList>> =
    LazyLock::new(|| BUILTIN.iter().filter_map(|text| YearList::parse(text).ok()).collect());

/// The lists that come with the program, by year: 2015 to 2026.
pub fn builtin() -> &'static [YearList] {
    &PARSED
}

/// Their texts.
pub(super) const BUILTIN: [&str; 12] = [
    include_str!("../../config/calendar/2015.json"),
    include_str!("../../config/calendar/2016.json"),
    include_str!("../../config/calendar/2017.json"),
    include_str!("../../config/calendar/2018.json"),
    include_str!("../../config/calendar/2019.json"),
    include_str!("../../config/calendar/2020.json"),
    include_str!("../../config/calendar/2021.json"),
    include_str!("../../config/calendar/2022.json"),
    include_str!("../../config/calendar/2023.json"),
    include_str!("../../config/calendar/2024.json"),
    include_str!("../../config/calendar/2025.json"),
    include_str!("../../config/calendar/2026.json"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_list_say_the_same() {
        let ours = YearList::parse(
            r#"{"year":2026,"source":"x","off":[{"name":"元旦","days":["2026-01-01","2026-01-02"]}],
                "work":[{"name":"元旦","days":["2026-01-04"]}]}"#,
        )
        .unwrap();
        let theirs = YearList::parse(
            r#"{"$schema":"s","year":2026,"papers":["x"],"days":[
                {"name":"元旦","date":"2026-01-01","isOffDay":true},
                {"name":"元旦","date":"2026-01-02","isOffDay":true},
                {"name":"元旦","date":"2026-01-04","isOffDay":false}]}"#,
        )
        .unwrap();
        assert_eq!(ours, theirs);
    }

    #[test]
    fn a_list_that_is_not_yet_published_is_refused() {
        let empty = YearList::parse(r#"{"year":2027,"papers":[],"days":[]}"#);
        assert!(matches!(empty, Err(ListError::Empty(2027))));
    }

    #[test]
    fn a_day_named_twice_or_of_another_year_is_refused() {
        let twice = r#"{"year":2026,"source":"x","off":[{"name":"元旦","days":["2026-01-01"]}],
                        "work":[{"name":"元旦","days":["2026-01-01"]}]}"#;
        assert!(matches!(YearList::parse(twice), Err(ListError::Twice(_))));
        let far = r#"{"year":2026,"source":"x","off":[{"name":"元旦","days":["2024-01-01"]}]}"#;
        assert!(matches!(YearList::parse(far), Err(ListError::OtherYear { .. })));
    }

    #[test]
    fn the_built_in_lists_are_those_of_the_public_data_set() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/calendar");
        if !std::path::Path::new(folder).is_dir() {
            eprintln!("skipped: {folder} is absent");
            return;
        }
        for (text, year) in BUILTIN.iter().zip(2015..) {
            let ours = YearList::parse(text).unwrap();
            let theirs = std::fs::read_to_string(format!("{folder}/{year}.json")).unwrap();
            let theirs = YearList::parse(&theirs).unwrap();
            assert_eq!(ours.year, year);
            assert_eq!((ours.off, ours.work), (theirs.off, theirs.work), "{year}");
        }
    }
}
