//! Sheet: texts that somebody might type to do harm, or by chance, for the tests of whatever leaves. Its rule: one list
//! (`tests/hostile.json`), which the tests from outside read too.

use std::io::{Cursor, Read};
use std::sync::LazyLock;

use calamine::{Reader, Xlsx};

use super::plain::{guarded, unguarded};
use super::tests::Folder;
use super::write::fitting;
use super::{Cell, Column, Form, Writer, private_file};

/// The texts.
pub fn texts() -> &'static [String] {
    static TEXTS: LazyLock<Vec<String>> =
        LazyLock::new(|| serde_json::from_str(include_str!("../../tests/hostile.json")).unwrap());
    &TEXTS
}

/// Whether a table program might take this for a formula, behind what some of them drop.
pub fn runs(cell: &str) -> bool {
    let dropped = |c: char| {
        let unseen = ['\u{ad}', '\u{feff}', '\u{202e}', '\u{2066}', '\u{2060}', '\u{200b}'];
        unseen.contains(&c) || c.is_control() && !['\t', '\r', '\n'].contains(&c)
    };
    let begins = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    cell.trim_start_matches(dropped).starts_with(begins)
}

/// Texts that fill a cell and more, as Excel counts, and the first that do not.
fn long() -> Vec<String> {
    let fills = [("字", 32_767), ("字", 32_768), ("=", 40_000), ("🛗", 16_383), ("🛗", 16_384)];
    let fills = fills.into_iter().chain([("🛗", 20_000), ("字🛗", 20_000)]);
    fills.map(|(text, times)| text.repeat(times)).collect()
}

#[test]
fn a_guard_is_there_where_it_runs_and_comes_off() {
    for text in texts() {
        let kept = guarded(text);
        assert!(!runs(&kept), "{text:?}");
        assert_eq!(kept != *text, runs(text), "{text:?}");
        if !text.starts_with('\'') {
            assert_eq!(unguarded(&kept), text);
        }
    }
}

#[test]
fn no_cell_of_a_sheet_of_hostile_texts_is_a_formula() {
    let folder = Folder::new();
    let all: Vec<String> = texts().iter().cloned().chain(long()).collect();
    for form in [Form::Csv, Form::Xlsx] {
        let path = folder.0.join(format!("a.{}", form.as_str()));
        // As headings too, as far as one is that short.
        let columns =
            [Column { heading: &texts()[0], width: 12 }, Column { heading: "乙", width: 12 }];
        let out = private_file(&path).unwrap();
        let mut writer = Writer::new(form, out, &folder.0, "表", &columns).unwrap();
        for text in &all {
            writer.row(&[Cell::Text(text.clone()), Cell::Number(-5.0)]).unwrap();
        }
        writer.finish().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let cells = if form == Form::Csv { of_csv(&bytes) } else { of_workbook(bytes) };
        assert_eq!(cells.len(), 1 + all.len(), "{form:?}");
        assert!(cells.iter().all(|cell| !runs(cell)), "{form:?}");
        for (text, cell) in all.iter().zip(&cells[1..]) {
            let kept = guarded(text);
            match form {
                Form::Csv => assert_eq!(*cell, kept),
                // XML has other words for what nobody sees.
                Form::Xlsx if kept.contains(char::is_control) => {}
                Form::Xlsx => assert_eq!(cell.trim(), fitting(&kept).trim()),
            }
        }
    }
}

fn of_csv(bytes: &[u8]) -> Vec<String> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
    let rows = reader.records().map(|row| row.unwrap());
    rows.map(|row| row[0].to_owned()).collect()
}

fn of_workbook(bytes: Vec<u8>) -> Vec<String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
    for place in 0..archive.len() {
        let mut part = archive.by_index(place).unwrap();
        let (name, mut xml) = (part.name().unwrap().into_owned(), String::new());
        part.read_to_string(&mut xml).unwrap();
        assert!(!xml.contains("<f>") && !xml.contains("<f "), "{name}");
        let mut reader = quick_xml::Reader::from_str(&xml);
        while reader.read_event().unwrap() != quick_xml::events::Event::Eof {}
    }
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let formulas = book.worksheet_formula("表").unwrap();
    assert_eq!(formulas.used_cells().filter(|(_, _, it)| !it.is_empty()).count(), 0);
    let sheet = book.worksheet_range("表").unwrap();
    let texts = sheet.rows().map(|row| row[0].to_string());
    texts.inspect(|it| assert!(it.encode_utf16().count() <= 32_767)).collect()
}
