//! Roster: a month's sheet, as CSV or as it is copied out of a spreadsheet. Its rule: a unit's day is put whole or not
//! at all; lines that were not put come back with their reasons.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::change;
use super::cover::Office;
use super::plan::{NewPlan, NewTurn, Shift};
use crate::db::Tx;
use crate::directory::{Directory, Rejected, UnitCode};
use crate::error::{Error, FieldError, Kind, Result};
use crate::identity::{Actor, Role};

/// Lines of a sheet at most: a year of a street, a month of a bureau.
const MOST: usize = 2_000;

/// The columns, each with its other heading.
const COLUMNS: &[(&str, &str)] = &[
    ("unit", "单位"),
    ("date", "日期"),
    ("shift", "班次"),
    ("name", "姓名"),
    ("phone", "值班电话"),
    ("from", "起"),
    ("to", "止"),
    ("account", "用户名"),
];

/// A sheet to be loaded.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSheet {
    /// A line of headings, then a line a turn; between commas or tabs. Columns: 单位, 日期, 班次, 姓名, 值班电话, 起, 止, 用户名,
    /// or `unit, date, shift, name, phone, from, to, account`.
    pub text: String,
    /// The unit of lines that name none.
    #[serde(default)]
    pub unit: Option<String>,
}

/// What became of a sheet.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// Days of units that were put.
    pub days: usize,
    /// Lines that were not, by their place.
    pub rejected: Vec<Rejected>,
}

/// A line: its place, as it came, and its cells by column.
struct Line {
    number: u64,
    all: Vec<String>,
    cells: BTreeMap<&'static str, String>,
}

/// What a sheet says of a unit's day.
#[derive(Default)]
struct Day {
    lines: Vec<Line>,
    turns: Vec<NewTurn>,
    /// Whether a line of it could not be read.
    is_broken: bool,
}

/// Refuses whoever puts no plan at all.
///
/// # Errors
/// 403.
pub fn require(actor: &Actor) -> Result<()> {
    actor.require(&[Role::Dispatcher, Role::Sysadmin, Role::UnitHead])
}

/// Loads a sheet, each unit's day as [`change::put`] does.
///
/// # Errors
/// 403 for whoever puts no plan; 422 at `/text` for headings that cannot be used, or too many lines.
pub fn load(
    tx: &mut Tx<'_>,
    actor: &Actor,
    within: (&Directory, Office<'_>),
    sheet: &NewSheet,
) -> Result<Loaded> {
    require(actor)?;
    let mut loaded = Loaded::default();
    let mut days: BTreeMap<(UnitCode, NaiveDate), Day> = BTreeMap::new();
    for line in lines(&sheet.text)? {
        let place = match line.place(within.0, sheet.unit.as_deref()) {
            Ok(place) => place,
            Err(wrong) => {
                loaded.rejected.push(line.reject(vec![wrong]));
                continue;
            }
        };
        let day = days.entry(place).or_default();
        match line.turn() {
            Ok(turn) => {
                day.lines.push(line);
                day.turns.push(turn);
            }
            Err(wrong) => {
                day.is_broken = true;
                loaded.rejected.push(line.reject(vec![wrong]));
            }
        }
    }
    for ((unit, on), Day { lines, turns, is_broken }) in days {
        let put = if is_broken {
            Err(Error::new(Kind::Invalid, "roster.same_day"))
        } else {
            let plan = NewPlan { turns };
            change::put(tx, actor, within, (&unit, on), &|_| Ok(()), || Ok(plan)).map(drop)
        };
        match put {
            Ok(()) => loaded.days += 1,
            Err(error) if is_of_the_sheet(&error) => {
                let lines = lines.into_iter().enumerate();
                loaded.rejected.extend(lines.map(|(n, line)| line.reject(reasons(&error, n))));
            }
            Err(error) => return Err(error),
        }
    }
    loaded.rejected.sort_by_key(|rejected| rejected.line);
    Ok(loaded)
}

fn is_of_the_sheet(error: &Error) -> bool {
    matches!(error.kind(), Kind::Invalid | Kind::Forbidden | Kind::NotFound)
}

/// Why the `n`th line of a day was not put: its own fields, else the day, else another line of it.
fn reasons(error: &Error, n: usize) -> Vec<FieldError> {
    let start = format!("/turns/{n}/");
    let own = error.fields().iter().filter_map(|field| {
        let column = field.pointer.strip_prefix(start.as_str())?;
        Some(FieldError { pointer: format!("/{}", heading(column)), ..field.clone() })
    });
    let own: Vec<FieldError> = own.collect();
    if !own.is_empty() {
        return own;
    }
    if error.fields().is_empty() {
        let detail = error.detail().to_owned();
        return vec![FieldError { pointer: String::new(), code: error.code(), detail }];
    }
    let of_day = error.fields().iter().find(|field| !field.pointer.starts_with("/turns/"));
    let told = of_day.map(|field| FieldError { pointer: String::new(), ..field.clone() });
    vec![told.unwrap_or_else(|| FieldError::new("", "roster.same_day"))]
}

/// The Chinese heading of a column.
fn heading(column: &str) -> &str {
    COLUMNS.iter().find(|(code, _)| *code == column).map_or(column, |(_, zh)| *zh)
}

/// The lines of a sheet with their cells.
fn lines(text: &str) -> Result<Vec<Line>> {
    // A line is counted as people see it, whichever way it ends.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let first = text.lines().next().unwrap_or_default();
    let between = if first.contains('\t') { b'\t' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(between)
        .from_reader(text.as_bytes());
    let head = reader.headers().map_err(|_| Error::field("/text", "malformed"))?;
    let mut columns = Vec::new();
    for typed in head {
        let known = COLUMNS.iter().find(|(code, zh)| typed == *code || typed == *zh);
        let Some((code, _)) = known else {
            return Err(Error::field("/text", "directory.csv_column"));
        };
        columns.push(*code);
    }
    if !columns.contains(&"date") || !columns.contains(&"shift") {
        return Err(Error::field("/text", "directory.csv_missing"));
    }
    let mut found = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| Error::field("/text", "malformed"))?;
        let all: Vec<String> = record.iter().map(str::to_owned).collect();
        if all.iter().all(String::is_empty) {
            continue;
        }
        let number = record.position().map_or(0, csv::Position::line);
        let cells = columns.iter().copied().zip(all.iter().cloned()).collect();
        found.push(Line { number, all, cells });
    }
    if found.len() > MOST {
        return Err(Error::field("/text", "field.too_long"));
    }
    Ok(found)
}

/// A unit by its code or its whole name.
fn unit_of(directory: &Directory, typed: &str) -> Option<UnitCode> {
    let code = UnitCode::from(typed);
    if directory.unit(&code).is_some() {
        return Some(code);
    }
    directory.units().find(|unit| unit.name == typed).map(|unit| unit.code.clone())
}

/// `2026-11-02`, `2026/11/2`, `2026年11月2日`.
fn day_of(text: &str) -> Option<NaiveDate> {
    let plain = text.replace(['/', '.', '年', '月'], "-").replace('日', "");
    NaiveDate::parse_from_str(&plain, "%Y-%m-%d").ok()
}

impl Line {
    fn cell(&self, column: &str) -> Option<&str> {
        self.cells.get(column).map(String::as_str).filter(|text| !text.is_empty())
    }

    fn required(&self, column: &'static str) -> Result<&str, FieldError> {
        let missing = || FieldError::new(format!("/{}", heading(column)), "field.required");
        self.cell(column).ok_or_else(missing)
    }

    /// Whose day it is.
    fn place(
        &self,
        directory: &Directory,
        otherwise: Option<&str>,
    ) -> Result<(UnitCode, NaiveDate), FieldError> {
        let typed = match self.cell("unit").or(otherwise.filter(|code| !code.is_empty())) {
            Some(typed) => typed,
            None => self.required("unit")?,
        };
        let unknown = || FieldError::new(format!("/{}", heading("unit")), "directory.unit_unknown");
        let unit = unit_of(directory, typed).ok_or_else(unknown)?;
        let wrong = || FieldError::new(format!("/{}", heading("date")), "field.format");
        let on = day_of(self.required("date")?).ok_or_else(wrong)?;
        Ok((unit, on))
    }

    fn turn(&self) -> Result<NewTurn, FieldError> {
        let typed = self.required("shift")?;
        let shift = Shift::ALL.iter().find(|it| it.as_str() == typed || it.zh() == typed);
        let unknown = || FieldError::new(format!("/{}", heading("shift")), "field.unknown_code");
        let own = |column: &str| self.cell(column).map(str::to_owned);
        Ok(NewTurn {
            shift: *shift.ok_or_else(unknown)?,
            from: own("from"),
            to: own("to"),
            account: own("account"),
            name: own("name"),
            phone: own("phone"),
        })
    }

    fn reject(self, errors: Vec<FieldError>) -> Rejected {
        Rejected { line: self.number, cells: self.all, errors }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_is_read_with_either_headings_and_between_commas_or_tabs() {
        let comma = "\u{feff}单位,日期,班次,姓名,值班电话\nwuye,2026/11/2,夜班,甲,123\n,,,,\n";
        let tab = "unit\tdate\tshift\tname\tphone\r\nwuye\t2026-11-02\tnight\t甲\t123\r\n";
        for text in [comma, tab] {
            let found = lines(text).unwrap();
            assert_eq!(found.len(), 1, "{text}");
            let turn = found[0].turn().unwrap();
            assert_eq!((turn.shift, turn.name.as_deref()), (Shift::Night, Some("甲")), "{text}");
            assert_eq!(day_of(found[0].cell("date").unwrap()), "2026-11-02".parse().ok());
            assert_eq!(found[0].number, 2);
        }
        for (text, code) in [
            ("日期,班次,生日\n", "directory.csv_column"),
            ("日期,姓名\n", "directory.csv_missing"),
            ("", "directory.csv_missing"),
        ] {
            assert_eq!(lines(text).err().unwrap().fields()[0].code, code, "{text}");
        }
    }
}
