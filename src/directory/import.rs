//! Directory: sheets (CSV) of units, regions, estates, companies, categories and catalogue rules.
//! Its rule: a good line is taken, a bad one comes back whole with its reasons; the order of lines
//! does not matter.

mod line;
mod sheet;

use chrono::NaiveDate;

use crate::directory::check::check;
use crate::directory::entry::Entry;
use crate::directory::snapshot::Directory;
use crate::directory::store::Recorded;
use crate::error::{Error, FieldError, Result};

pub use line::Rejected;
use line::{Line, table};
pub use sheet::{Days, Sheet};

/// What became of one sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    pub created: usize,
    pub revised: usize,
    /// Lines that said what was known already.
    pub unchanged: usize,
    pub rejected: Vec<Rejected>,
    /// The sheet's columns, in its order.
    pub columns: Vec<String>,
}

impl Imported {
    /// The rejected lines as a sheet of the same form, with `line` and `reason` behind: to be
    /// mended and loaded again.
    pub fn rejects_csv(&self) -> Result<String> {
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        let more = ["line".to_owned(), "reason".to_owned()];
        writer.write_record(self.columns.iter().chain(&more)).map_err(Error::internal)?;
        for rejected in &self.rejected {
            let mut cells = rejected.cells.clone();
            cells.resize(self.columns.len(), String::new());
            cells.extend([rejected.line.to_string(), rejected.reason()]);
            writer.write_record(&cells).map_err(Error::internal)?;
        }
        let bytes = writer.into_inner().map_err(|error| Error::internal(error.into_error()))?;
        String::from_utf8(bytes).map_err(Error::internal)
    }
}

/// What a sheet would record.
#[derive(Debug, Default)]
pub struct Plan {
    pub entries: Vec<Recorded>,
    pub outcome: Imported,
}

/// Reads a sheet beside `directory`, which takes the good lines in. Lines that name what stands
/// further down wait for it.
///
/// # Errors
/// 422 `directory.csv_column` for a column that the sheet does not have, `directory.csv_missing` for
/// one that it must have.
pub fn plan(directory: &mut Directory, sheet: Sheet, text: &str, days: Days) -> Result<Plan> {
    let table = table(text, sheet.columns(), sheet.required())?;
    let mut plan = Plan::default();
    plan.outcome.columns.clone_from(&table.columns);
    plan.outcome.rejected = table.unreadable;
    let mut waiting = table.lines;
    loop {
        let before = waiting.len();
        let mut failed = Vec::new();
        let mut reasons = Vec::new();
        for line in waiting {
            match take(directory, sheet, &line, days, &mut plan) {
                Ok(()) => {}
                Err(faults) => {
                    failed.push(line);
                    reasons.push(faults);
                }
            }
        }
        if failed.is_empty() || failed.len() == before {
            let rejected = failed.into_iter().zip(reasons).map(|(line, why)| line.reject(why));
            plan.outcome.rejected.extend(rejected);
            plan.outcome.rejected.sort_by_key(|rejected| rejected.line);
            return Ok(plan);
        }
        waiting = failed;
    }
}

fn take(
    directory: &mut Directory,
    sheet: Sheet,
    line: &Line,
    days: Days,
    plan: &mut Plan,
) -> std::result::Result<(), Vec<FieldError>> {
    let entry = sheet.entry(directory, line, days)?;
    let faults = check(directory, &entry);
    if !faults.is_empty() {
        return Err(faults);
    }
    if directory.describes(&entry) {
        plan.outcome.unchanged += 1;
        return Ok(());
    }
    let known = directory.recorded(&entry);
    let since_on = since_on(line, &entry, known, days)?;
    let revision = i32::try_from(known + 1).unwrap_or(i32::MAX);
    if known == 0 {
        plan.outcome.created += 1;
    } else {
        plan.outcome.revised += 1;
    }
    directory.add(since_on, entry.clone());
    plan.entries.push(Recorded { since_on, revision, entry });
    Ok(())
}

fn since_on(
    line: &Line,
    entry: &Entry,
    known: usize,
    days: Days,
) -> std::result::Result<NaiveDate, Vec<FieldError>> {
    match line.day("since_on")? {
        Some(day) if day > days.today => {
            Err(vec![FieldError::new("/since_on", "directory.since_future")])
        }
        Some(day) => Ok(day),
        None if known > 0 => Ok(days.today),
        None => Ok(entry.from_on().unwrap_or(days.from_on).min(days.today)),
    }
}

#[cfg(test)]
mod tests;
