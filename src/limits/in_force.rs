//! Limits: which profile and which calendar hold on a day, read from the directory's texts. Its
//! rule: what a site loaded replaces what came with the program, year by year and name by name; a
//! text that cannot be read is named and left out, never half used.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

use super::calendar::{Calendar, LocalDay};
use super::profile::{Profile, builtin, builtin_names, builtin_text};
use super::window::Window;
use super::year_list::{self, ListError, YearList};
use crate::directory::{self, Directory, PROFILE_IN_FORCE};
use crate::error::{Error, FieldError, Kind};

/// A profile with the calendar by its zone and cut-off.
#[derive(Debug, Clone)]
pub struct Rulebook {
    pub profile: Profile,
    pub calendar: Calendar,
}

/// Every profile of one state of the directory, parsed once. Build it anew when the directory's
/// version changes.
#[derive(Debug, Clone)]
pub struct InForce {
    books: BTreeMap<String, Arc<Rulebook>>,
    faults: Vec<String>,
}

impl InForce {
    /// Reads the directory's profiles, yearly lists and local days; built-in ones fill the gaps.
    pub fn of(directory: &Directory) -> Self {
        let mut faults = Vec::new();
        let lists = lists(directory, &mut faults);
        let local = local_days(directory);
        let mut profiles: Vec<Profile> = builtin_names().filter_map(builtin).collect();
        for row in directory.profiles() {
            match read(row) {
                // A site's own version takes the place of a built-in one of the same id.
                Ok(profile) => profiles.push(profile),
                Err(why) => faults.push(format!("profile {}@{}: {why}", row.name, row.version)),
            }
        }
        let books = profiles.into_iter().map(|profile| {
            let calendar = Calendar::new(profile.zone, profile.cutoff)
                .with_years(lists.iter().cloned())
                .with_local(local.iter().cloned());
            (profile.id(), Arc::new(Rulebook { profile, calendar }))
        });
        Self { books: books.collect(), faults }
    }

    /// The rulebook in force on `day`: the one that the setting `profile` names, else `fallback`;
    /// its version of that day, before its first one the built-in one, else its first one.
    ///
    /// # Errors
    /// `limits.no_profile` where the profile named is unknown or unreadable.
    pub fn on(
        &self,
        directory: &Directory,
        fallback: &str,
        day: NaiveDate,
    ) -> Result<Arc<Rulebook>, Error> {
        let name = directory.setting_on(PROFILE_IN_FORCE, day).unwrap_or(fallback);
        let first = || {
            let own = directory.profiles().filter(|row| row.name == name);
            own.min_by_key(|row| (row.from_on, row.version))
                .filter(|_| builtin_text(name).is_none())
        };
        let version = directory.profile_on(name, day).or_else(first).map_or(1, |row| row.version);
        self.by_id(&format!("{name}@{version}"))
            .cloned()
            .ok_or_else(|| Error::with(Kind::Unavailable, "limits.no_profile", &[("name", name)]))
    }

    /// The window of this name, such as `2026-10`, cut by the profile in force on the first day of
    /// that month; nothing where it is no month (decision 0032).
    ///
    /// # Errors
    /// As [`InForce::on`].
    pub fn window(
        &self,
        directory: &Directory,
        fallback: &str,
        name: &str,
    ) -> Result<Option<Window>, Error> {
        let Ok(first) = format!("{name}-01").parse::<NaiveDate>() else { return Ok(None) };
        let profile = &self.on(directory, fallback, first)?.profile;
        Ok(profile.window.parse(name, profile.zone))
    }

    /// The rulebook under which the figures of `window` are made: the one in force on the day on
    /// which it begins, whatever was put into force since (decision 0032).
    ///
    /// # Errors
    /// As [`InForce::on`].
    pub fn of_window(
        &self,
        directory: &Directory,
        fallback: &str,
        window: &Window,
    ) -> Result<Arc<Rulebook>, Error> {
        self.on(directory, fallback, window.start.day(window.zone()))
    }

    /// `profile` with the calendar that it would have here: one that is tried and not in force.
    pub fn trial(directory: &Directory, profile: Profile) -> Rulebook {
        let calendar = Calendar::new(profile.zone, profile.cutoff)
            .with_years(lists(directory, &mut Vec::new()))
            .with_local(local_days(directory));
        Rulebook { profile, calendar }
    }

    /// The rulebook that a timer's `profile` names, such as `default@1`.
    pub fn by_id(&self, id: &str) -> Option<&Arc<Rulebook>> {
        self.books.get(id)
    }

    /// Every rulebook, by id.
    pub fn books(&self) -> impl Iterator<Item = &Arc<Rulebook>> {
        self.books.values()
    }

    /// What could not be read, in English, for `doctor` and the log.
    pub fn faults(&self) -> &[String] {
        &self.faults
    }
}

fn read(row: &directory::Profile) -> Result<Profile, String> {
    let profile = Profile::parse(&row.toml).map_err(|error| error.to_string())?;
    if profile.name != row.name || i64::from(profile.version) != i64::from(row.version) {
        return Err(format!("its text calls itself {}", profile.id()));
    }
    Ok(profile)
}

/// Whether a version may be laid down: its text can be read and calls itself what it is, and what
/// stands under a built-in's own number is that text. One that cannot be read would leave the site
/// without rules from its day on.
///
/// # Errors
/// 422 at `/toml` or `/version`.
pub fn check_profile(row: &directory::Profile) -> Result<(), Error> {
    let parsed = Profile::parse(&row.toml).map_err(|why| {
        let why = why.to_string();
        Error::invalid(vec![FieldError::with("/toml", "limits.profile", &[("why", &why)])])
    })?;
    if parsed.name != row.name || i64::from(parsed.version) != i64::from(row.version) {
        return Err(Error::field("/toml", "directory.profile_name"));
    }
    match builtin_text(&row.name) {
        Some(text) if row.version == 1 && text != row.toml => {
            Err(Error::field("/version", "directory.profile_version"))
        }
        _ => Ok(()),
    }
}

/// Whether a year's list may be laid down, as [`check_profile`].
///
/// # Errors
/// 422 at `/days` or `/year`.
pub fn check_year(row: &directory::CalendarYear) -> Result<(), Error> {
    let code = match YearList::parse(&row.json) {
        Ok(list) if list.year == row.year => return Ok(()),
        Ok(_) => return Err(Error::field("/year", "directory.calendar_year")),
        Err(ListError::Format(_)) => "directory.calendar_form",
        Err(ListError::Empty(_)) => "directory.calendar_empty",
        Err(ListError::Twice(_)) => "directory.calendar_twice",
        Err(ListError::OtherYear { .. }) => "directory.calendar_far",
    };
    Err(Error::field("/days", code))
}

fn lists(directory: &Directory, faults: &mut Vec<String>) -> Vec<YearList> {
    let mut lists = Vec::new();
    for row in directory.calendars() {
        match YearList::parse(&row.json) {
            Ok(list) if list.year == row.year => lists.push(list),
            Ok(list) => faults.push(format!("calendar {}: its text is of {}", row.year, list.year)),
            Err(error) => faults.push(format!("calendar {}: {error}", row.year)),
        }
    }
    let own: BTreeSet<i32> = lists.iter().map(|list| list.year).collect();
    lists.extend(year_list::builtin().iter().filter(|list| !own.contains(&list.year)).cloned());
    lists.sort_by_key(|list| list.year);
    lists
}

fn local_days(directory: &Directory) -> Vec<LocalDay> {
    let days = directory.overrides().filter_map(|change| {
        let kind = change.day?;
        Some(LocalDay { on: change.on, kind, name: change.reason.clone() })
    });
    days.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{CalendarOverride, CalendarYear, DayKind, Entry, Setting};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn profile(version: i32, from: &str) -> Entry {
        let toml = builtin_text("default").unwrap();
        let toml = toml.replacen("version = 1", &format!("version = {version}"), 1);
        let (name, from_on) = ("default".into(), day(from));
        Entry::Profile(directory::Profile { name, version, toml, from_on })
    }

    #[test]
    fn an_empty_site_runs_on_what_came_with_the_program() {
        let directory = Directory::of([]);
        let in_force = InForce::of(&directory);
        let book = in_force.on(&directory, "default", day("2026-10-01")).unwrap();
        assert_eq!(book.profile.id(), "default@1");
        assert!(book.calendar.has_year(2026) && in_force.faults().is_empty());
        assert_eq!(in_force.books().count(), 5);
    }

    #[test]
    fn the_sites_version_of_the_day_and_its_own_days_hold() {
        let json = r#"{"year":2027,"papers":[],"days":[
            {"name":"元旦","date":"2027-01-01","isOffDay":true}]}"#;
        let closed = CalendarOverride {
            on: day("2026-07-21"),
            day: Some(DayKind::Off),
            reason: "台风".into(),
        };
        let directory = Directory::of([
            profile(2, "2026-07-01"),
            Entry::CalendarYear(CalendarYear { year: 2027, json: json.into() }),
            Entry::CalendarOverride(closed),
        ]);
        let in_force = InForce::of(&directory);
        let id = |on: &str| in_force.on(&directory, "default", day(on)).unwrap().profile.id();
        assert_eq!((id("2026-06-30"), id("2026-07-01")), ("default@1".into(), "default@2".into()));
        let calendar = &in_force.by_id("default@2").unwrap().calendar;
        assert!(calendar.has_year(2027) && calendar.has_year(2015));
        assert!(!calendar.is_working(day("2026-07-21")));
    }

    #[test]
    fn what_cannot_be_read_is_named_and_left_out() {
        let setting = Setting { name: PROFILE_IN_FORCE.into(), value: "nanjing".into() };
        let year = CalendarYear { year: 2027, json: r#"{"year":2027,"days":[]}"#.into() };
        let directory = Directory::of([Entry::Setting(setting), Entry::CalendarYear(year)]);
        let in_force = InForce::of(&directory);
        assert_eq!(in_force.faults(), ["calendar 2027: the list of 2027 names no day"]);
        let error = in_force.on(&directory, "default", day("2026-10-01")).unwrap_err();
        assert_eq!(error.code(), "limits.no_profile");
    }

    /// A version of the default profile whose windows begin on `from_day`.
    fn cut_on(version: i32, from: &str, from_day: u32) -> Entry {
        let Entry::Profile(mut row) = profile(version, from) else { unreachable!() };
        let (before, after) = ("\nfrom_day = 1\n", format!("\nfrom_day = {from_day}\n"));
        assert!(row.toml.contains(before));
        row.toml = row.toml.replacen(before, &after, 1);
        Entry::Profile(row)
    }

    #[test]
    fn a_window_has_the_profile_of_its_first_day_whatever_comes_later() {
        let before = Directory::of([profile(2, "2026-09-15")]);
        let after = Directory::of([profile(2, "2026-09-15"), profile(3, "2026-11-05")]);
        let made_under = |directory: &Directory, name: &str| {
            let in_force = InForce::of(directory);
            let window = in_force.window(directory, "default", name).unwrap().unwrap();
            in_force.of_window(directory, "default", &window).unwrap().profile.id()
        };
        for directory in [&before, &after] {
            assert_eq!(made_under(directory, "2026-09"), "default@1", "it came in its middle");
            assert_eq!(made_under(directory, "2026-10"), "default@2");
            assert_eq!(made_under(directory, "2026-11"), "default@2", "it came in its middle");
        }
        assert_eq!(made_under(&before, "2026-12"), "default@2");
        assert_eq!(made_under(&after, "2026-12"), "default@3");
    }

    #[test]
    fn a_name_is_cut_by_the_profile_of_that_months_first_day() {
        let directory = Directory::of([cut_on(2, "2026-11-01", 19)]);
        let in_force = InForce::of(&directory);
        let days = |name: &str| {
            let window = in_force.window(&directory, "default", name).unwrap().unwrap();
            let zone = window.zone();
            (window.start.day(zone), window.end.day(zone))
        };
        assert_eq!(days("2026-10"), (day("2026-10-01"), day("2026-11-01")));
        assert_eq!(days("2026-11"), (day("2026-10-19"), day("2026-11-19")));
        for wrong in ["2026", "2026-13", "2026-1", "2026-10-01", "10-2026", "+2026-10"] {
            assert_eq!(in_force.window(&directory, "default", wrong).unwrap(), None, "{wrong}");
        }
    }

    #[test]
    fn before_its_first_version_a_sites_own_profile_has_its_first_one() {
        let Entry::Profile(row) = profile(4, "2026-07-01") else { unreachable!() };
        let toml = row.toml.replacen("name = \"default\"", "name = \"nanjing\"", 1);
        let row = directory::Profile { name: "nanjing".into(), toml, ..row };
        let directory = Directory::of([Entry::Profile(row)]);
        let in_force = InForce::of(&directory);
        let book = in_force.on(&directory, "nanjing", day("2025-01-01")).unwrap();
        assert_eq!(book.profile.id(), "nanjing@4");
    }

    #[test]
    fn a_profile_that_is_tried_has_the_sites_own_days() {
        let decision = CalendarOverride {
            on: day("2026-07-21"),
            day: Some(DayKind::Off),
            reason: "台风".into(),
        };
        let directory = Directory::of([Entry::CalendarOverride(decision)]);
        let book = InForce::trial(&directory, builtin("beijing").unwrap());
        assert!(!book.calendar.is_working(day("2026-07-21")) && book.calendar.has_year(2026));
    }
}
