//! Moving, reference: units, places, categories, catalogue rules and users from sheets. Its rule: the rows
//! become the directory's own sheets (and new accounts) and are judged there; nothing is taken away, for the
//! directory is a journal: what was wrong is described anew.

mod users;
mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::import::Run;
use super::sheets::fields::Reason;
use super::sheets::rejects;
use crate::code_enum;
use crate::db::Db;
use crate::directory::import::plan;
use crate::directory::{self, Days, Directory, Imported, Sheet};
use crate::error::{Error, FieldError, Kind, Result};
use crate::identity::Actor;
use crate::sheet::{self, Grid};
use words::{Things, Words, canonical};

code_enum! {
    /// What a sheet is of.
    pub enum Of {
        Units = "units" "承办单位",
        Regions = "regions" "区域",
        Estates = "estates" "小区",
        Companies = "companies" "物业服务企业",
        Categories = "categories" "事项分类",
        Catalogue = "catalogue" "派单目录",
        CategoryMap = "category-map" "新旧类别对照",
        Users = "users" "用户",
    }
}

impl Of {
    const fn sheet(self) -> Option<Sheet> {
        Some(match self {
            Self::Units => Sheet::Units,
            Self::Regions => Sheet::Regions,
            Self::Estates => Sheet::Estates,
            Self::Companies => Sheet::Companies,
            Self::Categories => Sheet::Categories,
            Self::Catalogue => Sheet::Catalogue,
            Self::CategoryMap => Sheet::CategoryMap,
            Self::Users => return None,
        })
    }
}

/// What came of a sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Described {
    pub lines: usize,
    pub created: usize,
    pub revised: usize,
    pub unchanged: usize,
    pub rejected: usize,
    /// Headings that were left alone.
    pub unused: Vec<String>,
    pub rejects: Option<PathBuf>,
    /// Where the new users' one-time passwords are.
    pub passwords: Option<PathBuf>,
}

/// Rows at the top of a sheet in which its headings are looked for.
const TOP: usize = 20;
/// What names no first day was always there, so that histories find it; but a rule of the catalogue.
const ALWAYS: NaiveDate = match NaiveDate::from_ymd_opt(2000, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// Imports the sheet at `path`; rejects go beside it as [`super::import_sheet`]'s do.
///
/// # Errors
/// As [`sheet::read`]; `import.no_header`; `directory.csv_missing`; the database's own.
pub fn import(
    db: &Db,
    zone: Tz,
    of: Of,
    path: &Path,
    mapping: Option<&Path>,
    run: Run,
) -> Result<Described> {
    let site = mapping.map(sheet::text_of).transpose()?;
    let words = Words::of(of, site.as_deref())?;
    let grid = sheet::read(path, words.sheet.as_deref())?;
    let table = Table::of(&grid, &words)?;
    let known = db.read(directory::store::load)?;
    let rows = table.canonical(&grid, &words, of, &known, zone);
    let mut done = match of.sheet() {
        Some(sheet) => describe(db, sheet, &table, &rows, &words, (zone, run), known)?,
        None => users::add(db, path, &table, &rows, run, &known)?,
    };
    let reasons = std::mem::take(&mut done.reasons);
    let mut told = done.told;
    told.lines = rows.len();
    told.rejected = reasons.len();
    told.rejects = rejects::write(path, &grid, table.head, &reasons, run)?;
    told.unused = table.unused;
    Ok(told)
}

/// What was done, and why rows were not taken.
#[derive(Default)]
struct Done {
    told: Described,
    reasons: BTreeMap<usize, Vec<Reason>>,
}

/// Where a sheet's columns stand.
struct Table {
    /// The row of the headings, by its place in the grid.
    head: usize,
    /// Column, where it stands, and its heading.
    columns: Vec<(String, usize, String)>,
    unused: Vec<String>,
}

/// A row's place in the grid, and its cells by the table's columns.
type Rows = Vec<(usize, Vec<String>)>;

impl Table {
    fn of(grid: &Grid, words: &Words) -> Result<Self> {
        let mut best: Option<Self> = None;
        for (head, row) in grid.rows.iter().enumerate().take(TOP) {
            let mut table = Self { head, columns: Vec::new(), unused: Vec::new() };
            for (place, cell) in row.cells.iter().enumerate() {
                let heading = sheet::plain::trimmed(&cell.text()).to_owned();
                match words.column(&heading) {
                    Some(column) if table.columns.iter().all(|(there, ..)| there != column) => {
                        table.columns.push((column.to_owned(), place, heading));
                    }
                    _ if heading.is_empty() || rejects::is_reason(&heading) => {}
                    _ => table.unused.push(heading),
                }
            }
            let most = best.as_ref().map_or(1, |best| best.columns.len());
            if table.columns.len() > most {
                best = Some(table);
            }
        }
        best.ok_or_else(|| Error::new(Kind::Invalid, "import.no_header"))
    }

    fn canonical(&self, grid: &Grid, words: &Words, of: Of, known: &Directory, zone: Tz) -> Rows {
        let rows = grid.rows.iter().enumerate().skip(self.head + 1);
        let rows = rows.filter(|(_, row)| !rejects::is_only_reason(grid, self.head, row));
        let text = |row: &sheet::Row, column: &str| {
            let place = self.columns.iter().find(|(there, ..)| there == column);
            place.map(|(_, place, _)| sheet::plain::trimmed(&row.cell(*place).text()).to_owned())
        };
        let own: Vec<(String, String)> =
            rows.clone().filter_map(|(_, row)| text(row, "code").zip(text(row, "name"))).collect();
        let things = Things::of(known, of, &own);
        rows.map(|(at, row)| {
            let cells = self.columns.iter().map(|(column, place, _)| {
                canonical(words, &things, of, column, row.cell(*place), zone)
            });
            (at, cells.collect())
        })
        .collect()
    }

    /// Faults by column as reasons by heading.
    fn reasons(&self, errors: &[FieldError]) -> Vec<Reason> {
        let reason = |error: &FieldError| {
            let column = error.pointer.split('/').nth(1).unwrap_or_default();
            let heading = self.columns.iter().find(|(there, ..)| there == column);
            let heading = heading.map(|(.., heading)| heading.clone());
            let column = heading.or_else(|| (!column.is_empty()).then(|| column.to_owned()));
            Reason { column, code: error.code, detail: error.detail.clone() }
        };
        errors.iter().map(reason).collect()
    }

    /// The rows as the directory's own sheet; a row a line, the first is line 2.
    fn csv(&self, rows: &Rows) -> Result<String> {
        // Quoted all over, so that nothing is taken for a remark.
        let mut csv =
            csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
        csv.write_record(self.columns.iter().map(|(column, ..)| column))
            .map_err(Error::internal)?;
        for (_, cells) in rows {
            let cells = cells.iter().map(|cell| cell.replace(['\r', '\n'], " "));
            csv.write_record(cells).map_err(Error::internal)?;
        }
        let bytes = csv.into_inner().map_err(|error| Error::internal(error.into_error()))?;
        String::from_utf8(bytes).map_err(Error::internal)
    }
}

fn describe(
    db: &Db,
    sheet: Sheet,
    table: &Table,
    rows: &Rows,
    words: &Words,
    (zone, run): (Tz, Run),
    mut known: Directory,
) -> Result<Done> {
    let text = table.csv(rows)?;
    let today = db.now().day(zone);
    let from_on = match &words.from_on {
        Some(day) => day.parse().map_err(|_| Error::field("/from_on", "field.format"))?,
        // A rule sends what comes in from now on; the units it names may be younger than any other day.
        None if sheet == Sheet::Catalogue => today,
        None => ALWAYS,
    };
    let days = Days { from_on, today };
    let outcome: Imported = match run {
        Run::Dry => plan(&mut known, sheet, &text, days)?.outcome,
        Run::Real => {
            let mut all = db.write(move |tx| {
                directory::import(tx, &Actor::system(), &[(sheet, text.as_str())], days)
            })?;
            all.pop().unwrap_or_default()
        }
    };
    let mut done = Done::default();
    done.told.created = outcome.created;
    done.told.revised = outcome.revised;
    done.told.unchanged = outcome.unchanged;
    for rejected in &outcome.rejected {
        let line = usize::try_from(rejected.line).unwrap_or(usize::MAX);
        if let Some((at, _)) = line.checked_sub(2).and_then(|place| rows.get(place)) {
            done.reasons.insert(*at, table.reasons(&rejected.errors));
        }
    }
    Ok(done)
}
