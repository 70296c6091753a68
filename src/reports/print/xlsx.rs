//! Reports, printing: a workbook, one sheet a table and one that explains them. Its rule: figures are numbers with their
//! formats, days are days, and every text is written as a text: nothing in it is a formula.

use std::collections::BTreeMap;

use rust_xlsxwriter::{
    DocProperties, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::values::{self, Typed};
use super::{Printed, layout, words};
use crate::error::{Error, Result};
use crate::reports::Document;
use crate::reports::document::{Column, Table, Value};
use crate::sheet::{page, plain, write};

/// Characters of one cell; Excel refuses more, and counts as UTF-16 does.
const CHARACTERS: usize = 32_767;
/// Characters of a sheet's name.
const NAME: usize = 31;
/// Letters of a column of words; more break.
const WORDS: usize = 30;
/// Letters of a heading over figures before it breaks, and how high a line is, in points.
const HEADING: usize = 10;
const LINE: usize = 15;
const ABOUT: &str = "说明";
/// What lies behind headings, and what lines are drawn in.
const SHADE: u32 = 0x00f2_f2f2;
const RULE: u32 = 0x0080_8080;

/// The workbook.
///
/// # Errors
/// `internal`.
pub fn xlsx(document: &Document, printed: &Printed) -> Result<Vec<u8>> {
    book(document, printed).map_err(Error::internal)
}

fn book(document: &Document, printed: &Printed) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let properties = DocProperties::new()
        .set_title(text(&document.title))
        .set_author(text(&document.issuer))
        .set_creation_datetime(&write::moment(printed.at.utc().naive_utc())?);
    book.set_properties(&properties);
    let names = names(document);
    about(book.add_worksheet(), document, printed, &names)?;
    for (table, name) in document.tables().zip(&names) {
        let sheet = book.add_worksheet();
        sheet.set_name(name)?;
        paper(sheet, printed, &table.title, "指标定义见“说明”");
        fill(sheet, table, printed)?;
    }
    book.save_to_buffer()
}

/// Text as it may stand in a cell.
fn text(text: &str) -> String {
    words::within(&plain::guarded(&words::clean(text)), CHARACTERS)
}

/// A name for the sheet of each table: its title as far as Excel takes it, no two alike.
fn names(document: &Document) -> Vec<String> {
    let mut taken = vec![ABOUT.to_owned()];
    for (number, table) in (1..).zip(document.tables()) {
        let title = words::one_line(&table.title);
        let legal: String = title.chars().filter(|c| !r"[]:*?/\'".contains(*c)).collect();
        let begun = |most: usize| words::within(legal.trim(), most);
        let free = |name: &str| {
            let lower = name.to_lowercase();
            !name.trim().is_empty()
                && lower != "history"
                && taken.iter().all(|it| it.to_lowercase() != lower)
        };
        let whole = begun(NAME);
        let mark = format!("（表{number}）");
        // A number that no other title ends with: the longest mark is 9 letters.
        let name = if free(&whole) { whole } else { begun(NAME - 12) + &mark };
        let name = if free(&name) { name } else { format!("表{number} {}", table.rows.len()) };
        taken.push(name);
    }
    taken.split_off(1)
}

/// A4, as wide as the page, under its title, with who took it at the foot.
fn paper(sheet: &mut Worksheet, printed: &Printed, title: &str, aside: &str) {
    page::set_up(sheet);
    // `&` begins a command there.
    let said = |text: &str| words::cut(&words::one_line(text), 100).replace('&', "&&");
    let mark = said(printed.watermark.as_deref().unwrap_or_default());
    // A space parts the size from a title that begins with a figure.
    sheet.set_header(format!("&C&14 {}", said(title)));
    sheet.set_footer(format!("&L&9 {mark}&C&9 {aside}&R&9&P / &N"));
}

/// What holds for all sheets, what each of them is, and what its figures are made of.
fn about(
    sheet: &mut Worksheet,
    document: &Document,
    printed: &Printed,
    names: &[String],
) -> Result<(), XlsxError> {
    let page = layout::layout(document, printed);
    let (bold, wrapped) = (head(), Format::new().set_text_wrap().set_align(FormatAlign::Top));
    let name = Format::new().set_align(FormatAlign::Top);
    sheet.set_name(ABOUT)?.set_landscape();
    paper(sheet, printed, ABOUT, "");
    sheet.set_column_width(0, 26)?.set_column_width(1, 28)?.set_column_width(2, 80)?;
    let large = Format::new().set_bold().set_font_size(16);
    sheet.write_string_with_format(0, 0, text(&page.title), &large)?;
    let mut row = 1;
    let mut pair = |sheet: &mut Worksheet, left: &str, right: &str| -> Result<(), XlsxError> {
        sheet.write_string_with_format(row, 0, text(left), &name)?;
        sheet.write_string(row, 1, text(right))?;
        row += 1;
        Ok(())
    };
    pair(sheet, "期号", &page.issue)?;
    pair(sheet, "编发单位", &page.issuer)?;
    pair(sheet, "周期", &page.period)?;
    pair(sheet, "状态", &page.state)?;
    if let Some(mark) = &page.watermark {
        pair(sheet, "副本", mark)?;
    }
    for mark in &page.marks {
        pair(sheet, &mark.name, &mark.value)?;
    }
    row += 1;
    let mut triple = |sheet: &mut Worksheet, cells: [&str; 3], formats: [&Format; 3]| {
        for ((column, cell), format) in (0..).zip(cells).zip(formats) {
            sheet.write_string_with_format(row, column, text(cell), format)?;
        }
        row += 1;
        Ok::<(), XlsxError>(())
    };
    triple(sheet, ["工作表", "表名", "注"], [&bold; 3])?;
    for (table, it) in document.tables().zip(names) {
        let note = table.note.as_deref().unwrap_or_default();
        triple(sheet, [it, &words::one_line(&table.title), note], [&name, &wrapped, &wrapped])?;
    }
    triple(sheet, ["", "", ""], [&name; 3])?;
    triple(sheet, ["指标", "定义", "算法"], [&bold; 3])?;
    for it in &page.definitions {
        let id = it.id.as_deref().unwrap_or_default();
        triple(sheet, [&it.name, id, &it.formula], [&name, &wrapped, &wrapped])?;
    }
    Ok(())
}

fn head() -> Format {
    let head = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::VerticalCenter);
    ruled(head.set_background_color(SHADE))
}

fn ruled(format: Format) -> Format {
    format.set_border(FormatBorder::Thin).set_border_color(RULE)
}

/// How wide a column is, in figures of the sheet's letters.
fn wide(table: &Table, at: usize, column: &Column, printed: &Printed) -> usize {
    let cells = table.rows.iter().filter_map(|row| row.cells.get(at).map(|cell| (row, cell)));
    let widths = cells.take(500).map(|(row, cell)| {
        let depth = if at == 0 { usize::from(row.level) * 2 } else { 0 };
        let text = values::written(&cell.value, column.format, printed.zone);
        text.lines().map(words::width).max().unwrap_or(0) + depth
    });
    let heading = words::width(&values::heading(column));
    let heading = if values::is_numeric(column.format) { heading.min(HEADING) } else { heading };
    (widths.max().unwrap_or(0).max(heading) + 2).clamp(8, WORDS)
}

/// The headings, how wide the columns are, and what of them is printed: what the figures are made of stands once, on the
/// sheet that explains.
fn heads(sheet: &mut Worksheet, table: &Table, printed: &Printed) -> Result<(), XlsxError> {
    let (mut all, mut last, mut high) = (0, 0, 1);
    let (left, right) = (head(), head().set_align(FormatAlign::Right));
    for (at, column) in table.columns.iter().enumerate() {
        let Ok(place) = u16::try_from(at) else { break };
        let width = wide(table, at, column, printed);
        if !column.is_of_row() {
            all += width;
            last = place;
        }
        // A letter to spare: words break where they like.
        high = high.max(words::width(&values::heading(column)).div_ceil(width - 1));
        sheet.set_column_width(place, u32::try_from(width).map_or(60.0, f64::from))?;
        let head = if values::is_numeric(column.format) { &right } else { &left };
        sheet.write_string_with_format(0, place, text(&values::heading(column)), head)?;
    }
    if all > page::UPRIGHT {
        sheet.set_landscape();
    }
    sheet.set_row_height(0, u32::try_from(high.min(8) * LINE).map_or(60.0, f64::from))?;
    let rows = u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
    sheet.set_print_area(0, 0, rows, last)?;
    sheet.set_freeze_panes(1, 1)?;
    sheet.set_repeat_rows(0, 0)?;
    Ok(())
}

fn fill(sheet: &mut Worksheet, table: &Table, printed: &Printed) -> Result<(), XlsxError> {
    let mut formats = Formats::default();
    heads(sheet, table, printed)?;
    for (at, row) in (1..).zip(&table.rows) {
        let bold = row.key == "total";
        for (place, (column, cell)) in (0..).zip(table.columns.iter().zip(&row.cells)) {
            let level = if place == 0 { row.level } else { 0 };
            let typed = values::typed(&cell.value, column.format, printed.zone);
            let shown = match &typed {
                Typed::Text(_) => "",
                Typed::Number(_, shown) | Typed::Moment(_, shown) => shown,
            };
            let right = matches!(cell.value, Value::None) && values::is_numeric(column.format);
            let format = formats.of(Look { shown, level, bold, right });
            match typed {
                Typed::Text(it) => sheet.write_string_with_format(at, place, text(&it), format)?,
                Typed::Number(it, _) => sheet.write_number_with_format(at, place, it, format)?,
                Typed::Moment(it, _) => match write::moment(it) {
                    Ok(moment) => sheet.write_datetime_with_format(at, place, &moment, format)?,
                    // Excel knows no day before 1900.
                    Err(_) => {
                        sheet.write_string(at, place, it.format("%Y-%m-%d %H:%M").to_string())?
                    }
                },
            };
        }
    }
    Ok(())
}

/// How a cell looks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Look {
    shown: &'static str,
    level: u8,
    bold: bool,
    right: bool,
}

/// Each look's format, made once.
#[derive(Default)]
struct Formats(BTreeMap<Look, Format>);

impl Formats {
    fn of(&mut self, look: Look) -> &Format {
        self.0.entry(look).or_insert_with(|| {
            let mut format = ruled(Format::new().set_align(FormatAlign::VerticalCenter));
            if look.shown.is_empty() {
                format = format.set_text_wrap();
            } else {
                format = format.set_num_format(look.shown);
            }
            if look.right {
                format = format.set_align(FormatAlign::Right);
            } else if look.level > 0 {
                format = format.set_indent(look.level.min(15));
            }
            if look.bold { format.set_bold() } else { format }
        })
    }
}
