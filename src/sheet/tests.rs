//! Sheet: cells as they are typed, files as they are saved.

use std::io::{Cursor, Write};
use std::path::PathBuf;

use chrono::NaiveDate;
use chrono_tz::Asia::Shanghai;
use proptest::prelude::*;
use zip::write::SimpleFileOptions;

use super::bounds::{Limit, broken};
use super::day::{Typed, Year, read as read_day};
use super::*;
use crate::time::Stamp;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn typed(text: &str) -> Option<Typed> {
    read_day(&Cell::Text(text.to_owned()), Shanghai, Year::UpTo(date("2025-11-26")))
}

fn stamp(text: &str) -> Stamp {
    Stamp::parse(&format!("{text}+08:00")).unwrap()
}

#[test]
fn days_are_read_as_people_type_them() {
    for text in [
        "2025.3.4",
        "2025/3/4",
        "2025-03-04",
        "2025年3月4日",
        "2025年3月4号",
        " 2025 . 3 . 4 ",
        "２０２５．３．４",
        "2025。3。4",
        "20250304",
        "2025年03月04日（周二）",
        "25年3月4日",
        "25.3.4",
        "3月4日",
        "3月4号",
        "3/4",
        "03-04",
        "3.04",
        "45720",
        "2025—3—4",
    ] {
        let expected = Typed { at: stamp("2025-03-04T00:00:00"), whole_day: true };
        assert_eq!(typed(text), Some(expected), "{text}");
    }
}

#[test]
fn times_are_read_as_people_type_them() {
    for (text, at) in [
        ("2025/3/4 9:05", "09:05:00"),
        ("2025.3.4 09：05：07", "09:05:07"),
        ("2025年3月4日上午9点", "09:00:00"),
        ("2025年3月4日 下午3点半", "15:30:00"),
        ("3月4日晚上8时15分", "20:15:00"),
        ("2025-03-04T09:05:00+08:00", "09:05:00"),
        ("2025-03-04T01:05:00Z", "09:05:00"),
        ("2025/3/4 9:05 PM", "21:05:00"),
        ("2025-3-4 中午12点", "12:00:00"),
        ("2025-3-4 凌晨12点30分", "00:30:00"),
        ("202503040905", "09:05:00"),
        ("20250304 09:05", "09:05:00"),
        ("20250304090507", "09:05:07"),
        ("45720.378472222", "09:05:00"),
        ("2025年3月4日9时5分7秒", "09:05:07"),
    ] {
        let at = stamp(&format!("2025-03-04T{at}"));
        assert_eq!(typed(text), Some(Typed { at, whole_day: false }), "{text}");
    }
    let midnight = Typed { at: stamp("2025-03-05T00:00:00"), whole_day: false };
    assert_eq!(typed("2025-03-04 24:00"), Some(midnight));
    assert_eq!(typed("2025年3月4日晚上12点"), Some(midnight));
}

#[test]
fn what_is_no_day_for_sure_is_none() {
    for text in [
        "",
        "昨天",
        "2025.13.4",
        "2025-02-29",
        "9.3",
        "3.4",
        "2025-3-4 25:00",
        "0",
        "-1",
        "123",
        "12.10.5",
        "2025.3",
        "3月",
        "13900000001",
        "2025-3-4 9",
        "2025-3-4-5",
        "1e5",
    ] {
        assert_eq!(typed(text), None, "{text}");
    }
}

#[test]
fn a_year_that_is_not_written_comes_from_around() {
    let read = |text: &str, year| {
        let typed = read_day(&Cell::Text(text.to_owned()), Shanghai, year)?;
        Some(typed.at.day(Shanghai).to_string())
    };
    let today = Year::UpTo(date("2026-01-10"));
    assert_eq!(read("12月28日", today).as_deref(), Some("2025-12-28"));
    assert_eq!(read("1月10日", today).as_deref(), Some("2026-01-10"));
    assert_eq!(read("2月29日", today).as_deref(), Some("2024-02-29"));
    let received = Year::From(date("2025-12-28"));
    assert_eq!(read("12月28日", received).as_deref(), Some("2025-12-28"));
    assert_eq!(read("1月3日", received).as_deref(), Some("2026-01-03"));
    assert_eq!(read("9月30日", Year::Is(2019)).as_deref(), Some("2019-09-30"));
}

#[test]
fn numbers_of_a_sheet_are_days_where_they_can_be() {
    let read = |cell: Cell| read_day(&cell, Shanghai, Year::UpTo(date("2025-11-26")));
    let day = Some(Typed { at: stamp("2025-03-04T00:00:00"), whole_day: true });
    assert_eq!(read(Cell::Number(45_720.0)), day);
    assert_eq!(read(Cell::Number(20_250_304.0)), day);
    assert_eq!(read(Cell::Moment(date("2025-03-04").and_hms_opt(0, 0, 0).unwrap())), day);
    let noon = Some(Typed { at: stamp("2025-03-04T12:00:00"), whole_day: false });
    assert_eq!(read(Cell::Number(45_720.5)), noon);
    for number in [9.3, 0.0, -4.0, 1e9, f64::NAN, f64::INFINITY, 20_251_399.0] {
        assert_eq!(read(Cell::Number(number)), None, "{number}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_is_none(text in "\\PC{0,30}") {
        let _ = typed(&text);
    }

    #[test]
    fn a_day_reads_alike_in_every_form(days in 0i64..30_000, second in 0u32..86_400) {
        let day = date("1990-01-01") + chrono::TimeDelta::days(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let at = Stamp::from_local(day.and_hms_opt(hour, minute, second).unwrap(), Shanghai);
        let expected = Some(Typed { at, whole_day: false });
        for text in [
            day.format("%Y.%-m.%-d").to_string() + &format!(" {hour}:{minute:02}:{second:02}"),
            day.format("%Y年%-m月%-d日").to_string() + &format!("{hour}时{minute}分{second}秒"),
            day.format("%Y%m%d").to_string() + &format!("{hour:02}{minute:02}{second:02}"),
        ] {
            prop_assert_eq!(typed(&text), expected, "{}", text);
        }
    }

    #[test]
    fn a_guard_comes_off_as_it_went_on(text in "['=+\\-@\t\r＝＋a1 ]{0,6}") {
        let text = plain::unguarded(&text);
        let guarded = plain::guarded(text);
        prop_assert!(!guarded.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']));
        prop_assert_eq!(plain::unguarded(&guarded), text);
    }
}

#[test]
fn two_things_in_one_cell_come_apart() {
    for cell in [
        "物业科、住保科",
        "物业科，住保科",
        "物业科,住保科",
        "物业科;住保科",
        " 物业科 / 住保科、",
        "物业科\n住保科",
    ] {
        assert_eq!(plain::several(cell).collect::<Vec<_>>(), ["物业科", "住保科"], "{cell}");
    }
    assert_eq!(plain::narrow("\u{3000}１３９—Ａ\u{200b} "), "139—A");
    assert_eq!(plain::heading(" *联系 电话（手机）："), "联系电话");
}

fn file(name: &str, bytes: &[u8]) -> (Folder, PathBuf) {
    let folder = Folder::new();
    let path = folder.0.join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// A folder of one test.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("jiesu-sheet-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

#[test]
fn csv_is_read_in_every_encoding_that_offices_save() {
    let said = "编号,内容\r\n1,\"电梯，停了\n三天\"\r\n\r\n=\"0012\",'=1+1\r\n";
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(said.replace(',', "\t").encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    for bytes in [
        said.as_bytes().to_vec(),
        [b"\xef\xbb\xbf", said.as_bytes()].concat(),
        encoding_rs::GB18030.encode(said).0.into_owned(),
        encoding_rs::GB18030.encode(&said.replace(',', ";")).0.into_owned(),
        utf16,
    ] {
        let (_folder, path) = file("a.csv", &bytes);
        let grid = read(&path, None).unwrap();
        let rows: Vec<_> = grid.rows.iter().map(|row| (row.number, row.cells.clone())).collect();
        assert_eq!(rows[0], (1, vec![text("编号"), text("内容")]));
        assert_eq!(rows[1], (2, vec![text("1"), text("电梯，停了\n三天")]));
        assert_eq!(rows[2], (5, vec![text("0012"), text("=1+1")]));
    }
    let (_folder, path) = file("a.csv", b"\xff\xff,\x80\n");
    assert_eq!(read(&path, None).unwrap_err().code(), "sheet.encoding");
}

#[test]
fn what_is_written_is_read_again_and_is_no_formula() {
    let folder = Folder::new();
    let day = date("2025-03-04").and_hms_opt(0, 0, 0).unwrap();
    let rows = [
        vec![text("=HYPERLINK(\"http://x\")"), Cell::Number(-5.0), Cell::Moment(day)],
        vec![text("@SUM(1)"), Cell::Empty, Cell::Moment(day.with_hour(9).unwrap())],
        vec![text("+8613900000001"), text("\t=1"), text("常规")],
    ];
    for form in [Form::Csv, Form::Xlsx] {
        let path = folder.0.join(format!("a.{}", form.as_str()));
        let columns = ["甲", "乙", "丙"].map(|heading| Column { heading, width: 12 });
        let out = private_file(&path).unwrap();
        let mut writer = Writer::new(form, out, &folder.0, "表", &columns).unwrap();
        for row in &rows {
            writer.row(row).unwrap();
        }
        writer.finish().unwrap();
        let grid = read(&path, None).unwrap();
        assert_eq!(grid.rows.len(), 4);
        for (row, read) in rows.iter().zip(&grid.rows[1..]) {
            let said = |cells: &[Cell]| cells.iter().map(|it| it.text().into_owned()).collect();
            let (a, mut b): (Vec<String>, Vec<String>) = (said(row), said(&read.cells));
            b.resize(a.len(), String::new());
            assert_eq!(a, b, "{form:?}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    let csv = std::fs::read_to_string(folder.0.join("a.csv")).unwrap();
    assert!(csv.starts_with("\u{feff}甲,乙,丙\r\n\"'=HYPERLINK("), "{csv}");
    assert!(csv.contains("\n'@SUM(1),,") && csv.contains("\n'+86") && csv.contains("'\t=1"));
}

/// A workbook whose first worksheet is `sheet`, packed.
fn workbook(sheet: &str, strings: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    for (name, text) in [
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{rel}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{rel}\"><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{rel}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"{rel}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
            ),
        ),
        ("xl/sharedStrings.xml", format!("<sst xmlns=\"{main}\">{strings}</sst>")),
        ("xl/worksheets/sheet1.xml", format!("<worksheet xmlns=\"{main}\">{sheet}</worksheet>")),
    ] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn refusal(bytes: &[u8]) -> &'static str {
    let (_folder, path) = file("a.xlsx", bytes);
    read(&path, None).unwrap_err().code()
}

#[test]
fn a_sheet_that_would_fill_the_memory_is_refused() {
    let code = |limit| broken(limit).code();
    let cell = |place: &str| {
        workbook(&format!("<sheetData><row><c r=\"{place}\"><v>1</v></c></row></sheetData>"), "")
    };
    assert_eq!(refusal(&cell("A1048576")), code(Limit::Rows));
    assert_eq!(refusal(&cell("XFD1")), code(Limit::Columns));
    // A merged range over the whole sheet holds for the rows that are there alone.
    let merged = "<sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c></row></sheetData>\
        <mergeCells count=\"1\"><mergeCell ref=\"A1:XFD1048576\"/></mergeCells>";
    let (_folder, path) = file("a.xlsx", &workbook(merged, ""));
    assert_eq!(read(&path, None).unwrap().rows.len(), 1);
    // One text of a megabyte, named a thousand times.
    let strings = format!("<si><t>{}</t></si>", "甲".repeat(350_000));
    let rows: String = (1..=1_000)
        .map(|row| format!("<row r=\"{row}\"><c r=\"A{row}\" t=\"s\"><v>0</v></c></row>"))
        .collect();
    let sheet = format!("<sheetData>{rows}</sheetData>");
    assert_eq!(refusal(&workbook(&sheet, &strings)), code(Limit::Text));
    assert_eq!(refusal(b"PK\x03\x04no sheet"), "sheet.unreadable");
    assert_eq!(refusal(b""), "sheet.unreadable");
    let (_folder, path) = file("a.pdf", b"x");
    assert_eq!(read(&path, None).unwrap_err().code(), "sheet.form");
}

#[test]
fn a_bomb_is_refused_whatever_it_says_of_its_size() {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("xl/bomb", SimpleFileOptions::default()).unwrap();
    let zeroes = vec![0; 1 << 20];
    for _ in 0..=(bounds::UNPACKED_BYTES >> 20) {
        zip.write_all(&zeroes).unwrap();
    }
    let mut bytes = zip.finish().unwrap().into_inner();
    assert!(bytes.len() < 2 << 20);
    assert_eq!(refusal(&bytes), broken(Limit::Unpacked).code());
    // The same with a lie in the list of parts: 16 bytes unpacked.
    let list = bytes.windows(4).rposition(|at| at == b"PK\x01\x02").unwrap();
    bytes[list + 24..list + 28].copy_from_slice(&16u32.to_le_bytes());
    assert!(matches!(refusal(&bytes), "sheet.too_large.unpacked" | "sheet.unreadable"));
}

#[test]
fn a_sheet_that_somebody_sends_is_known_by_its_content() {
    let form = |bytes: &[u8]| read_sent(bytes.to_vec(), None).map(|grid| grid.form);
    let sheet = "<sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c></row></sheetData>";
    assert_eq!(form(&workbook(sheet, "")).unwrap(), Form::Xlsx);
    assert_eq!(form("编号\n1\n".as_bytes()).unwrap(), Form::Csv);
    assert_eq!(form(b"PK\x03\x04no sheet").unwrap_err().code(), "sheet.unreadable");
    assert_eq!(form(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1").unwrap_err().code(), "sheet.form");
}
