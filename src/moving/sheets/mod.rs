//! Moving, sheets: tickets from CSV and XLSX as offices keep them, and out again. Its rule: each row becomes
//! the line of a history file and goes the way of all lines; what is not taken comes back as the same sheet with
//! every reason in its last column.

pub mod fields;
pub mod mapping;
pub mod names;
mod out;
mod record;
pub mod rejects;
mod units;

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use super::history::{self, History};
use super::import::{Run, Source, Summary, bring_in};
use super::order;
use super::rejects::{Sink, fault_of_line};
use crate::error::{Error, FieldError, Kind, Result};
use crate::intake::register::check_reach;
use crate::lifecycle::{Hotline, Rules};
use crate::sheet::{self, Grid, Row};
use crate::time::Stamp;
use fields::{Fields, Places, Reason};
use mapping::{Field, Mapping};
use names::Names;
pub use out::export_sheet;
use record::Line;

/// Rows at the top of a sheet in which its headings are looked for.
const TOP: usize = 20;
const BEFORE_RECEIPT: &str = "import.before_receipt";
/// How often a line that cannot be read is looked at again without what is wrong in it.
const LOOKS: usize = 8;

/// Where the headings stand and what they are.
#[derive(Debug, Clone)]
pub struct Head {
    /// The row's place in the grid.
    pub row: usize,
    places: Places,
    /// Headings that are no field.
    pub unused: Vec<String>,
}

impl Head {
    /// The row of the top ones that most fields are named in, or the one that the mapping says.
    ///
    /// # Errors
    /// `import.no_header`; `import.columns_missing`.
    pub fn find(grid: &Grid, mapping: &Mapping) -> Result<Self> {
        let places = |row: &Row| {
            let mut places = Places::default();
            let mut unused = Vec::new();
            for (column, cell) in row.cells.iter().enumerate() {
                let heading = sheet::plain::trimmed(&cell.text()).to_owned();
                match mapping.field(&heading) {
                    Some(field) if !places.0.contains_key(&field) => {
                        places.0.insert(field, (column, heading));
                    }
                    _ if heading.is_empty() || rejects::is_reason(&heading) => {}
                    _ => unused.push(heading),
                }
            }
            (places, unused)
        };
        let named = grid.rows.iter().position(|row| Some(row.number) == mapping.header_row);
        let top = match mapping.header_row {
            Some(_) => named.into_iter().collect::<Vec<_>>(),
            None => (0..grid.rows.len().min(TOP)).collect(),
        };
        let found = top.into_iter().filter_map(|row| {
            let (places, unused) = places(grid.rows.get(row)?);
            (places.0.len() > 1).then_some(Self { row, places, unused })
        });
        // Of equals the first.
        let head =
            found.reduce(
                |best, next| {
                    if next.places.0.len() > best.places.0.len() { next } else { best }
                },
            );
        let head = head.ok_or_else(|| Error::new(Kind::Invalid, "import.no_header"))?;
        head.demand()?;
        Ok(head)
    }

    fn demand(&self) -> Result<()> {
        let has = |field: &Field| self.places.0.contains_key(field);
        let mut missing = Vec::new();
        if !has(&Field::No) && !has(&Field::UpstreamNo) {
            missing.push(Field::No.zh());
        }
        let needed = [Field::ReceivedAt, Field::Content];
        missing.extend(needed.iter().filter(|field| !has(field)).map(|field| field.zh()));
        if missing.is_empty() {
            return Ok(());
        }
        let columns = missing.join("、");
        Err(Error::with(Kind::Invalid, "import.columns_missing", &[("columns", &columns)]))
    }
}

/// Imports the sheet at `path`; rejects go to `NAME.rejects.xlsx` or `.csv` beside it.
///
/// # Errors
/// As [`sheet::read`] and [`Head::find`] before anything is done; then as an import of lines.
pub fn import_sheet(
    hotline: &Arc<Hotline>,
    path: &Path,
    mapping: &Mapping,
    run: Run,
) -> Result<Summary> {
    let grid = sheet::read(path, mapping.sheet.as_deref())?;
    let head = Head::find(&grid, mapping)?;
    let now = hotline.db.now();
    let rules = hotline.db.read(|conn| hotline.rules.current(conn, now))?;
    let mut desk = Desk::read(&grid, &head, mapping, &rules, now)?;
    let before = desk.reasons.len() as u64;
    let source = Source { path: Some(path), form: grid.form.as_str(), refused: before };
    let lines = std::mem::take(&mut desk.lines);
    let mut summary = bring_in(hotline, &mut Cursor::new(lines), &mut desk, run, source)?;
    summary.lines += before;
    summary.rejected += before;
    summary.unused = head.unused;
    summary.rejects = rejects::write(path, &grid, head.row, &desk.reasons, run)?;
    Ok(summary)
}

/// Which column each pointer of a line comes from, with its heading.
type Columns = BTreeMap<String, String>;

/// The rows of a sheet on their way.
struct Desk {
    /// A line each for the rows that can be read, as NDJSON.
    lines: Vec<u8>,
    /// The row of each line, and where its fields come from.
    rows: Vec<(usize, Columns)>,
    /// Row → why it is not taken.
    reasons: BTreeMap<usize, Vec<Reason>>,
}

impl Desk {
    fn read(
        grid: &Grid,
        head: &Head,
        mapping: &Mapping,
        rules: &Rules,
        now: Stamp,
    ) -> Result<Self> {
        let names = Names::of(&rules.directory, mapping);
        let mut desk = Self { lines: Vec::new(), rows: Vec::new(), reasons: BTreeMap::new() };
        for (place, row) in grid.rows.iter().enumerate().skip(head.row + 1) {
            if rejects::is_only_reason(grid, head.row, row) {
                continue;
            }
            match read_row(row, head, mapping, &names, rules, now)? {
                Ok((line, columns)) => {
                    serde_json::to_writer(&mut desk.lines, &line).map_err(Error::internal)?;
                    desk.lines.push(b'\n');
                    desk.rows.push((place, columns));
                }
                Err(reasons) => drop(desk.reasons.insert(place, reasons)),
            }
        }
        Ok(desk)
    }
}

impl Sink for Desk {
    fn put(&mut self, line: u64, _: &[u8], error: Error) -> Result<()> {
        let error = fault_of_line(error)?;
        let place = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
        let Some((row, columns)) = self.rows.get(place) else {
            return Err(Error::internal("a line that no row gave"));
        };
        let mut reasons = Vec::new();
        for field in error.fields() {
            let mut pointer = field.pointer.as_str();
            while !pointer.is_empty() && !columns.contains_key(pointer) {
                pointer = pointer.rsplit_once('/').map_or("", |(outer, _)| outer);
            }
            let (column, detail) = (columns.get(pointer).cloned(), field.detail.clone());
            let reason = Reason { column, code: field.code, detail };
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        if reasons.is_empty() {
            let (code, detail) = (error.code(), error.detail().to_owned());
            reasons.push(Reason { column: None, code, detail });
        }
        self.reasons.insert(*row, reasons);
        Ok(())
    }
}

/// The row as a line with its columns, or everything that is wrong with it.
type Read = std::result::Result<(History, Columns), Vec<Reason>>;

fn read_row(
    row: &Row,
    head: &Head,
    mapping: &Mapping,
    names: &Names<'_>,
    rules: &Rules,
    now: Stamp,
) -> Result<Read> {
    let zone = rules.profile.zone;
    let mut fields = Fields::new(&head.places, mapping, row, zone);
    let mut line = record::line(&mut fields, names, now.day(zone), zone);
    let mut history = None;
    for _ in 0..LOOKS {
        let json = serde_json::to_vec(&line.json).map_err(Error::internal)?;
        match history::parse(&json) {
            Ok(read) => {
                history = Some(read);
                break;
            }
            Err(error) => {
                if !without_wrong(&mut line, &error, &mut fields) {
                    break;
                }
            }
        }
    }
    // What else is wrong is named too, as far as it can be told.
    if let Some(history) = &history {
        let mut wrong = order::faults(history, &rules.directory, now);
        check_reach(&history.caller, "/caller", &mut wrong);
        // Of a ticket that was closed before it was received everything came after its end.
        let is_early = |it: &FieldError| it.pointer == "/closed_at" && it.code == BEFORE_RECEIPT;
        if wrong.iter().any(is_early) {
            wrong.retain(|it| it.code != "import.after_end");
        }
        for error in wrong {
            match record::column(&line, &error) {
                Some(field) => fields.wrong(field, error),
                None => {
                    let (code, detail) = (error.code, error.detail);
                    fields.reasons.push(Reason { column: None, code, detail });
                }
            }
        }
    }
    if !fields.reasons.is_empty() {
        return Ok(Err(fields.reasons));
    }
    let history = history.ok_or_else(|| Error::internal("a line without a fault is none"))?;
    let heading = |field: &Field| {
        let place = head.places.0.get(field);
        place.map_or_else(|| field.zh().to_owned(), |(_, heading)| heading.clone())
    };
    let columns =
        line.columns.iter().map(|(pointer, field)| (pointer.clone(), heading(field))).collect();
    Ok(Ok((history, columns)))
}

/// Notes what `error` says of the line and takes it out, so that the rest can be looked at; whether that
/// could be done.
fn without_wrong(line: &mut Line, error: &Error, fields: &mut Fields<'_>) -> bool {
    let Some(wrong) = error.fields().first() else { return false };
    // What a row lacks was noted when it was read.
    let field = record::column(line, wrong);
    if let Some(field) = field {
        fields.wrong(field, wrong.clone());
    }
    let key = wrong.pointer.split('/').nth(1).unwrap_or_default().to_owned();
    match key.as_str() {
        // Stand-ins, so that the other fields can be judged: the row is not taken anyway.
        "no" => drop(line.json.insert(key, "0".into())),
        "content" => drop(line.json.insert(key, "—".into())),
        "kind" => drop(line.json.insert(key, "help".into())),
        "channel" => drop(line.json.insert(key, "phone".into())),
        _ if line.json.remove(&key).is_some() => {}
        _ => return false,
    }
    !fields.reasons.is_empty()
}
