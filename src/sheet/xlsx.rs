//! Sheet: reading a workbook. Its rule: cell by cell, so that one written at the far end of a sheet
//! takes no room for all those before it.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{DataRef, Dimensions, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx};
use chrono::{NaiveDate, NaiveDateTime};

use super::bounds::{self, Limit, broken, unreadable};
use super::{Cell, Form, Grid, Row, plain};
use crate::error::{Error, Kind, Result};

type Rows = BTreeMap<u32, Vec<Cell>>;

pub(super) fn read(bytes: Vec<u8>, wanted: Option<&str>) -> Result<Grid> {
    bounds::check_packed(&bytes)?;
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
    let sheets: Vec<_> =
        book.sheets_metadata().iter().filter(|it| it.typ == SheetType::WorkSheet).collect();
    let found = match wanted {
        Some(wanted) => sheets.iter().find(|it| plain::folded(&it.name) == plain::folded(wanted)),
        None => sheets.iter().find(|it| it.visible == SheetVisible::Visible).or(sheets.first()),
    };
    let name = found.ok_or_else(|| Error::new(Kind::Invalid, "sheet.no_such"))?.name.clone();
    let others = sheets.len() - 1;
    let mut text = bounds::Text::default();
    let mut rows = cells(&mut book, &name, &mut text)?;
    let merged = book.merge_cells_by_sheet_name(&name).map_err(unreadable)?;
    for range in &merged {
        hold(&mut rows, range, &mut text)?;
    }
    let rows = rows
        .into_iter()
        .filter(|(_, cells)| cells.iter().any(|cell| !cell.is_blank()))
        .map(|(row, cells)| Row { number: row + 1, cells })
        .collect();
    Ok(Grid { form: Form::Xlsx, name, rows, others })
}

fn cells(book: &mut Xlsx<Cursor<Vec<u8>>>, name: &str, text: &mut bounds::Text) -> Result<Rows> {
    let mut reader = book.worksheet_cells_reader(name).map_err(unreadable)?;
    let mut rows = Rows::new();
    while let Some(found) = reader.next_cell().map_err(unreadable)? {
        let (row, column) = found.get_position();
        let cell = match found.get_value() {
            DataRef::Empty => continue,
            DataRef::SharedString(said) => said_in(said, text)?,
            DataRef::String(said) | DataRef::DateTimeIso(said) | DataRef::DurationIso(said) => {
                said_in(said, text)?
            }
            DataRef::Int(number) => Cell::Number(*number as f64),
            DataRef::Float(number) => Cell::Number(*number),
            DataRef::Bool(truth) => Cell::Truth(*truth),
            DataRef::DateTime(at) => moment(at),
            DataRef::Error(error) => Cell::Text(error.to_string()),
        };
        if cell.is_blank() {
            continue;
        }
        if row >= bounds::ROWS {
            return Err(broken(Limit::Rows));
        }
        if column >= bounds::COLUMNS {
            return Err(broken(Limit::Columns));
        }
        put(&mut rows, row, column, cell, text)?;
    }
    Ok(rows)
}

fn said_in(said: &str, text: &mut bounds::Text) -> Result<Cell> {
    text.count(said)?;
    Ok(Cell::Text(plain::unguarded(said).to_owned()))
}

/// Puts it into its place; the places before it in its row take room as well.
fn put(rows: &mut Rows, row: u32, column: u32, cell: Cell, text: &mut bounds::Text) -> Result<()> {
    let cells = rows.entry(row).or_default();
    let column = column as usize;
    if cells.len() <= column {
        text.count_cells(column + 1 - cells.len())?;
        cells.resize(column + 1, Cell::Empty);
    }
    cells[column] = cell;
    Ok(())
}

/// What a sheet shows as a day is one; a time without a day, or a length, stays a number.
fn moment(at: &ExcelDateTime) -> Cell {
    let number = Cell::Number(at.as_f64());
    if !at.is_datetime() || at.as_f64() < 1.0 {
        return number;
    }
    let (year, month, day, hour, minute, second, milli) = at.to_ymd_hms_milli();
    let day = NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day));
    let at: Option<NaiveDateTime> = day.and_then(|day| {
        let (hour, minute, second) = (u32::from(hour), u32::from(minute), u32::from(second));
        day.and_hms_milli_opt(hour, minute, second, u32::from(milli))
    });
    at.map_or(number, Cell::Moment)
}

/// A merged value holds for every row of its range that has something in it; sideways it belongs to
/// its first column alone.
fn hold(rows: &mut Rows, range: &Dimensions, text: &mut bounds::Text) -> Result<()> {
    let ((top, column), (bottom, _)) = (range.start, range.end);
    if column >= bounds::COLUMNS || bottom <= top {
        return Ok(());
    }
    let held = rows.get(&top).and_then(|cells| cells.get(column as usize)).cloned();
    let Some(held) = held.filter(|cell| *cell != Cell::Empty) else { return Ok(()) };
    let below: Vec<u32> = rows.range(top + 1..=bottom).map(|(row, _)| *row).collect();
    for row in below {
        text.count(&held.text())?;
        put(rows, row, column, held.clone(), text)?;
    }
    Ok(())
}
