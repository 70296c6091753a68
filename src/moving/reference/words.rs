//! Moving, reference: what the cells of a sheet of units, places, rules or users mean. Its rule: a name
//! stands for the thing that bears it, whether that is known already or stands elsewhere in the sheet; what
//! is not understood stays as it was typed, and is refused by whoever checks it.

use std::collections::{BTreeMap, HashMap};

use chrono::Datelike;
use chrono_tz::Tz;
use serde::Deserialize;

use super::Of;
use crate::directory::{Directory, Kind, RegionLevel, UnitKind, Urgency};
use crate::error::{Error, Kind as Sort, Result};
use crate::identity::Role;
use crate::sheet::Cell;
use crate::sheet::day::{self, Year};
use crate::sheet::plain::{folded, heading, narrow, several, trimmed};

const BUILT_IN: &str = include_str!("../../../config/sheets/reference.toml");

/// A mapping as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    sheet: Option<String>,
    from_on: Option<String>,
    ignore: Vec<String>,
    columns: BTreeMap<String, Vec<String>>,
    values: BTreeMap<String, BTreeMap<String, String>>,
}

/// How a sheet of one kind is to be read.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub sheet: Option<String>,
    pub from_on: Option<String>,
    headings: HashMap<String, String>,
    ignored: Vec<String>,
    values: HashMap<(String, String), String>,
}

impl Words {
    /// The built-in words for `of`, with a site's file over them.
    ///
    /// # Errors
    /// `import.mapping`.
    pub fn of(of: Of, site: Option<&str>) -> Result<Self> {
        let mut built_in: BTreeMap<String, File> = parse(BUILT_IN)?;
        let mut words = Self::default();
        words.lay_over(built_in.remove(of.as_str()).unwrap_or_default());
        if let Some(text) = site {
            words.lay_over(parse(text)?);
        }
        Ok(words)
    }

    fn lay_over(&mut self, file: File) {
        self.sheet = file.sheet.or(self.sheet.take());
        self.from_on = file.from_on.or(self.from_on.take());
        self.ignored.extend(file.ignore.iter().map(|name| heading(name)));
        for (column, names) in file.columns {
            for name in names {
                self.headings.insert(heading(&name), column.clone());
            }
        }
        for (column, words) in file.values {
            for (word, code) in words {
                self.values.insert((column.clone(), folded(&word)), code);
            }
        }
    }

    /// The column that a heading stands for.
    pub fn column(&self, typed: &str) -> Option<&str> {
        let name = heading(typed);
        if self.ignored.contains(&name) {
            return None;
        }
        self.headings.get(&name).map(String::as_str)
    }

    fn value(&self, column: &str, typed: &str) -> Option<String> {
        self.values.get(&(column.to_owned(), folded(typed))).cloned()
    }
}

fn parse<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = (before.matches('\n').count() + 1).to_string();
        let values = [("line", line.as_str()), ("why", error.message())];
        Error::with(Sort::Invalid, "import.mapping", &values)
    })
}

/// What things are called: folded name → code, where one thing alone bears it.
#[derive(Debug, Default)]
struct Called(HashMap<String, Option<String>>);

impl Called {
    fn add(&mut self, code: &str, name: &str) {
        let known = self.0.entry(folded(name)).or_insert_with(|| Some(code.to_owned()));
        if known.as_deref() != Some(code) {
            *known = None;
        }
    }

    fn find(&self, typed: &str) -> Option<&str> {
        self.0.get(&folded(typed))?.as_deref()
    }
}

/// Everything that a cell can name.
pub(super) struct Things {
    units: Called,
    regions: Called,
    estates: Called,
    companies: Called,
    categories: Called,
}

impl Things {
    /// What the directory knows, and what stands in the sheet itself: `own`, code and name each.
    pub fn of(directory: &Directory, of: Of, own: &[(String, String)]) -> Self {
        let (mut units, mut regions) = (Called::default(), Called::default());
        let (mut estates, mut companies) = (Called::default(), Called::default());
        let mut categories = Called::default();
        directory.units().for_each(|it| units.add(it.code.as_str(), &it.name));
        directory.regions().for_each(|it| regions.add(it.code.as_str(), &it.name));
        directory.companies().for_each(|it| companies.add(it.code.as_str(), &it.name));
        directory.categories().for_each(|it| categories.add(it.code.as_str(), &it.name));
        for estate in directory.estates() {
            for name in estate.aliases.iter().chain([&estate.name]) {
                estates.add(estate.code.as_str(), name);
            }
        }
        let mut things = Self { units, regions, estates, companies, categories };
        let called = match of {
            Of::Units => Some(&mut things.units),
            Of::Regions => Some(&mut things.regions),
            Of::Estates => Some(&mut things.estates),
            Of::Companies => Some(&mut things.companies),
            Of::Categories => Some(&mut things.categories),
            Of::Catalogue | Of::CategoryMap | Of::Users => None,
        };
        if let Some(called) = called {
            for (code, name) in own {
                called.add(code, name);
            }
        }
        things
    }

    fn code(&self, what: What, typed: &str) -> Option<&str> {
        match what {
            What::Unit | What::Target => self.units.find(typed),
            What::Region => self.regions.find(typed),
            What::Estate => self.estates.find(typed),
            What::Company => self.companies.find(typed),
            What::Category => self.categories.find(typed),
            _ => None,
        }
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Plain,
    Day,
    Whole,
    Phones,
    List,
    Unit,
    Target,
    Region,
    Estate,
    Company,
    Category,
}

fn what(of: Of, column: &str) -> What {
    match (of, column) {
        (_, "from_on" | "to_on" | "since_on" | "head_from_on" | "company_from_on") => What::Day,
        (_, "floor_space_m2" | "households") => What::Whole,
        (_, "phones") => What::Phones,
        (_, "aliases" | "addresses" | "keywords" | "kinds" | "roles") => What::List,
        (_, "lead" | "assists" | "copies") => What::Target,
        (_, "unit") | (Of::Units, "parent") => What::Unit,
        (_, "region") | (Of::Regions, "parent" | "area_code") => What::Region,
        (_, "estate") => What::Estate,
        (_, "company") => What::Company,
        (_, "category") | (Of::Categories, "parent") | (Of::CategoryMap, "code" | "to") => {
            What::Category
        }
        _ => What::Plain,
    }
}

/// The codes and Chinese names of a closed list.
macro_rules! list {
    ($type:ty, $typed:expr) => {{
        let typed = folded($typed);
        let is = |it: &&$type| folded(it.as_str()) == typed || folded(it.zh()) == typed;
        <$type>::ALL.iter().find(is).map(|it| it.as_str())
    }};
}

fn listed(column: &str, typed: &str) -> Option<&'static str> {
    match column {
        "kind" => list!(UnitKind, typed),
        "level" => list!(RegionLevel, typed),
        "urgency" => list!(Urgency, typed),
        "kinds" => list!(Kind, typed),
        "roles" => list!(Role, typed),
        _ => None,
    }
}

/// The cell as the directory's own sheets have it.
pub(super) fn canonical(
    words: &Words,
    things: &Things,
    of: Of,
    column: &str,
    cell: &Cell,
    zone: Tz,
) -> String {
    let typed = cell.text();
    let typed = trimmed(&typed);
    if typed.is_empty() || typed == "-" {
        return typed.to_owned();
    }
    let what = what(of, column);
    let one = |typed: &str| -> String {
        let word = words.value(column, typed);
        let word = word.or_else(|| listed(column, typed).map(str::to_owned));
        word.or_else(|| things.code(what, typed).map(str::to_owned))
            .unwrap_or_else(|| trimmed(typed).to_owned())
    };
    let all = |parts: Vec<&str>| parts.into_iter().map(one).collect::<Vec<_>>().join("|");
    match what {
        What::Day => {
            // Only days with their year: a directory is not a diary.
            let day = day::read(cell, zone, Year::Is(0)).map(|typed| typed.at.day(zone));
            let day = day.filter(|day| day.year() > 1_900);
            day.map_or_else(|| typed.to_owned(), |day| day.to_string())
        }
        What::Whole => {
            let digits: String =
                narrow(typed).chars().filter(|c| !matches!(c, ',' | ' ')).collect();
            digits.parse::<f64>().map_or(digits.clone(), |number| format!("{number:.0}"))
        }
        // Hours have commas of their own.
        What::Phones => {
            let parts = typed.split(['、', ';', '；', '|', '\n']).map(trimmed);
            parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("|")
        }
        What::List => all(several(typed).collect()),
        What::Target if column != "lead" => all(several(typed).collect()),
        What::Plain if column == "code" || of == Of::Users && column == "name" => narrow(typed),
        _ => one(&typed.replace(['\r', '\n'], " ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Sheet;

    #[test]
    fn every_column_of_every_sheet_has_its_own_name_as_a_heading() {
        for of in Of::ALL {
            let words = Words::of(*of, None).unwrap();
            let columns = match of.sheet() {
                Some(sheet) => Sheet::columns(sheet),
                None => &["name", "display_name", "roles", "unit"],
            };
            for column in columns {
                assert_eq!(words.column(column), Some(*column), "{of}");
            }
        }
    }
}
