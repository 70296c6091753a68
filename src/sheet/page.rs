//! Sheet: a worksheet on paper. Its rule: A4, and no wider than the page as long as its letters can be read; columns
//! that nobody gave a width are as wide as what stands in them.

use rust_xlsxwriter::{Worksheet, XlsxError};

use super::plain;

/// A4, as Excel numbers papers.
const A4: u8 = 9;
/// In inches: left, right, top, bottom, header, footer.
const MARGINS: [f64; 6] = [0.5, 0.5, 0.8, 0.7, 0.35, 0.3];
/// Letters of a table on a page that stands upright, at most: three quarters of their size.
pub const UPRIGHT: usize = 130;
/// Letters on a page that lies, at most: three fifths of their size. A wider sheet takes pages beside each other.
const LYING: usize = 240;
/// How wide a column is whose width goes by what stands in it: at least and at most so many letters.
const LEAST: usize = 8;
const MOST: usize = 60;

/// A4 with its margins: one page wide, as many high as it takes, each with its number.
pub fn set_up(sheet: &mut Worksheet) {
    sheet.set_paper_size(A4).set_print_fit_to_pages(1, 0).set_print_center_horizontally(true);
    let [left, right, top, bottom, header, footer] = MARGINS;
    sheet.set_margins(left, right, top, bottom, header, footer);
    sheet.set_footer("&C&9&P / &N");
}

/// What a sheet needs besides, whose rows are so many letters wide: it lies where it is wide, and takes several pages
/// beside each other, each with the first column, where the letters of one would be too small.
///
/// # Errors
/// The workbook's own.
pub fn spread(sheet: &mut Worksheet, letters: usize) -> Result<(), XlsxError> {
    if letters > UPRIGHT {
        sheet.set_landscape();
    }
    let pages = letters.div_ceil(LYING);
    if pages > 1 {
        sheet.set_print_fit_to_pages(u16::try_from(pages).unwrap_or(u16::MAX), 0);
        sheet.set_repeat_columns(0, 0)?;
    }
    Ok(())
}

/// How wide the columns of a sheet are by what was seen in them.
#[derive(Debug, Default)]
pub struct Widths(Vec<usize>);

impl Widths {
    /// Makes room for `text` in the column, from 0.
    pub fn see(&mut self, column: usize, text: &str) {
        if self.0.len() <= column {
            self.0.resize(column + 1, LEAST);
        }
        if let Some(widest) = self.0.get_mut(column) {
            let width = text.lines().map(plain::width).max().unwrap_or_default();
            // Letters to spare: those of a sheet are not all alike.
            *widest = (*widest).max((width + 2).min(MOST));
        }
    }

    /// Gives the columns of `sheet` these widths, and the sheet its pages.
    ///
    /// # Errors
    /// The workbook's own.
    pub fn set(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        for (place, width) in (0..).zip(&self.0) {
            sheet.set_column_width(place, u32::try_from(*width).map_or(60.0, f64::from))?;
        }
        spread(sheet, self.0.iter().sum())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use super::super::tests::Folder;
    use super::super::{Cell, Column, Form, Writer};

    /// A part of the workbook with these columns and one row of texts, and its list of sheets.
    fn parts(columns: &[(&str, u16)], row: &[&str]) -> [String; 2] {
        let folder = Folder::new();
        let path = folder.0.join("a.xlsx");
        let columns: Vec<Column<'_>> =
            columns.iter().map(|(heading, width)| Column { heading, width: *width }).collect();
        let out = std::fs::File::create(&path).unwrap();
        let mut writer = Writer::new(Form::Xlsx, out, &folder.0, "表", &columns).unwrap();
        let row: Vec<Cell> = row.iter().map(|text| Cell::Text((*text).to_owned())).collect();
        writer.row(&row).unwrap();
        writer.finish().unwrap();
        let mut zip = zip::ZipArchive::new(Cursor::new(std::fs::read(&path).unwrap())).unwrap();
        ["xl/worksheets/sheet1.xml", "xl/workbook.xml"].map(|name| {
            let mut text = String::new();
            zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            text
        })
    }

    #[test]
    fn a_sheet_prints_as_wide_as_its_pages_with_its_headings_on_each() {
        for (wide, many, said) in [
            (40, 3, "fitToHeight=\"0\" orientation=\"portrait\""),
            (40, 4, "fitToHeight=\"0\" orientation=\"landscape\""),
            (40, 7, "fitToWidth=\"2\" fitToHeight=\"0\" orientation=\"landscape\""),
        ] {
            let [sheet, book] = parts(&vec![("列", wide); many], &["甲"]);
            assert!(sheet.contains("paperSize=\"9\"") && sheet.contains(said), "{many}: {sheet}");
            assert!(sheet.contains("&amp;P / &amp;N"), "{sheet}");
            assert!(book.contains("_xlnm.Print_Titles") && book.contains("$1:$1"), "{book}");
            assert_eq!(book.contains("$A:$A"), many == 7, "{book}");
        }
    }

    #[test]
    fn columns_that_nobody_gave_a_width_are_as_wide_as_what_stands_in_them() {
        let [sheet, _] = parts(&[], &["甲", &"很".repeat(10), &"长".repeat(1000)]);
        assert!(sheet.contains("paperSize=\"9\""), "{sheet}");
        let seen: Vec<f64> = widths(&sheet).into_iter().map(f64::floor).collect();
        assert_eq!(seen, [8.0, 22.0, 60.0]);
    }

    /// The widths of the columns, in order.
    fn widths(sheet: &str) -> Vec<f64> {
        let all = sheet.split("<col ").skip(1);
        all.map(|col| col.split("width=\"").nth(1).unwrap().split('"').next().unwrap())
            .map(|width| width.parse().unwrap())
            .collect()
    }
}
