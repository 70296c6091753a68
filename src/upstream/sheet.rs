//! Upstream: owed answers as a sheet in the platform's own columns, for cities without an interface. Its
//! rule: the latest answer of each ticket, no caller in it, and no cell that a program would take for a formula.

use std::io::Write;

use rust_xlsxwriter::{Format, Workbook};

use super::Carrier;
use super::store::listing;
use crate::code_enum;
use crate::error::{Error, Kind, Result};
use crate::sheet::page::{self, Widths};
use crate::sheet::plain::guarded;
use crate::sheet::write::fitting;
use crate::time::Stamp;

const PAGE: i64 = 200;
/// Rows that a sheet of this form holds, with its heading.
const ROWS: u32 = 1_048_576;

code_enum! {
    /// What the sheet is written as.
    pub enum SheetFormat { Csv = "csv" "CSV", Xlsx = "xlsx" "Excel" }
}

/// Writes the latest answers caused in `[from, to)`; gives how many there are. An answer whose ticket was
/// erased is left out.
///
/// # Errors
/// What the database or the output says; `upstream.too_many_rows`.
pub fn write(
    carrier: &Carrier,
    window: (Stamp, Stamp),
    format: SheetFormat,
    out: &mut (impl Write + Send),
) -> Result<u64> {
    let titles: Vec<String> = carrier.form.fields.iter().map(|field| field.title.clone()).collect();
    match format {
        SheetFormat::Csv => {
            // Excel and WPS read UTF-8 by its mark.
            out.write_all("\u{feff}".as_bytes()).map_err(Error::internal)?;
            let mut csv = csv::Writer::from_writer(out);
            csv.write_record(titles.iter().map(|cell| guarded(cell))).map_err(Error::internal)?;
            let count = each(carrier, window, |cells| {
                csv.write_record(cells.iter().map(|cell| guarded(cell))).map_err(Error::internal)
            })?;
            csv.flush().map_err(Error::internal)?;
            Ok(count)
        }
        SheetFormat::Xlsx => {
            let mut book = Workbook::new();
            let sheet = book.add_worksheet();
            // Text is text: numbers keep their zeros, and nothing is a formula.
            let text = Format::new().set_num_format("@");
            let (mut row, mut widths) = (0_u32, Widths::default());
            page::set_up(sheet);
            sheet.set_repeat_rows(0, 0).map_err(Error::internal)?;
            let mut put = |cells: &[String]| -> Result<()> {
                if row >= ROWS {
                    return Err(Error::new(Kind::Invalid, "upstream.too_many_rows"));
                }
                for (column, cell) in (0_u16..).zip(cells) {
                    widths.see(usize::from(column), cell);
                    sheet
                        .write_string_with_format(row, column, fitting(cell), &text)
                        .map_err(Error::internal)?;
                }
                row += 1;
                Ok(())
            };
            put(&titles)?;
            let count = each(carrier, window, |cells| put(&cells))?;
            widths.set(sheet).map_err(Error::internal)?;
            let bytes = book.save_to_buffer().map_err(Error::internal)?;
            out.write_all(&bytes).map_err(Error::internal)?;
            Ok(count)
        }
    }
}

fn each(
    carrier: &Carrier,
    window: (Stamp, Stamp),
    mut put: impl FnMut(Vec<String>) -> Result<()>,
) -> Result<u64> {
    let (mut after, mut count) = (i64::MIN, 0);
    loop {
        let page = carrier.db.read(|conn| listing::latest_caused(conn, window, after, PAGE))?;
        let Some(last) = page.last() else { return Ok(count) };
        after = last.id;
        for owed in &page {
            match carrier.facts(owed) {
                Ok(facts) => put(carrier.form.cells(&facts, carrier.zone))?,
                Err(error) if error.kind() == Kind::NotFound => continue,
                Err(error) => return Err(error),
            }
            count += 1;
        }
    }
}
