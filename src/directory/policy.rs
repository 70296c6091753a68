//! Directory: a city's calendars, profiles and settings as data. Its rule: kept as written; the
//! limits room reads what they mean.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::code_enum;

/// The State Council's list of one year, as its JSON text (our compact form `{year, off, work}` or
/// holiday-cn's `{year, days: [{name, date, isOffDay}]}`); it may touch days of the year before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarYear {
    pub year: i32,
    pub json: String,
}

code_enum! {
    /// What a local override makes of a day.
    pub enum DayKind {
        Work = "work" "工作日",
        Off = "off" "休息日",
    }
}

/// A local decision about one day: typhoon closure, a city's own make-up day. It wins over the
/// yearly list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarOverride {
    pub on: NaiveDate,
    /// None takes an earlier override back.
    pub day: Option<DayKind>,
    pub reason: String,
}

/// A profile 考核办法: clocks, windows, weights, reasons, as TOML text. One version is never changed;
/// a change is a new version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub name: String,
    /// 1, 2, 3 …
    pub version: i32,
    pub toml: String,
    /// The first day on which this version applies.
    pub from_on: NaiveDate,
}

/// One setting of the site, such as which profile is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    pub name: String,
    pub value: String,
}

/// The profiles that come with the program (`config/profiles/*.toml`); a site may name them without
/// loading them, and may load versions of its own under the same names.
pub const BUILT_IN_PROFILES: &[&str] = &["anhui", "beijing", "default", "jinan", "xuzhou-housing"];

/// The setting that names the profile in force.
pub const PROFILE_IN_FORCE: &str = "profile";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_profiles_are_the_files_that_come_with_the_program() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/profiles");
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|it| it == "toml"))
            .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        assert_eq!(names, BUILT_IN_PROFILES);
    }
}
