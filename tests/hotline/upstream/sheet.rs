//! The sheet for cities without an interface: the platform's columns, no caller, nothing that runs.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use jiesu::upstream::sheet::{SheetFormat, write};
use serde_json::json;

use super::{carrier, given};
use crate::support::city::City;
use crate::support::databases::on_each_database;
use crate::support::program::Site;

const FORMULA: &str = "=HYPERLINK(\"http://example.com\",\"点我\")";

on_each_database! {
    fn the_latest_answer_of_each_ticket_stands_there_as_text(test: &TestDb) {
        let city = City::of(test);
        let from = city.now();
        for no in ["0012345", "GD2"] {
            let here = given(&city, no);
            city.agent().does(&here, "answer", json!({ "text": FORMULA }));
        }
        let again = given(&city, "GD3");
        city.agent().does(&again, "answer", json!({ "text": "第一次" }));
        city.hours(1);
        city.agent().does(&again, "reopen", json!({ "reason": "补充" }));
        city.agent().does(&again, "answer", json!({ "text": "第二次" }));
        let carrier = carrier(&city, &[]);
        let window = (from, city.now().plus_millis(1));
        let mut csv = Vec::new();
        assert_eq!(write(&carrier, window, SheetFormat::Csv, &mut csv).unwrap(), 3);
        let csv = String::from_utf8(csv).unwrap();
        assert!(csv.starts_with("\u{feff}消息编号,工单编号,"), "{csv}");
        assert!(csv.contains("\"'=HYPERLINK"), "{csv}");
        assert!(csv.contains("第二次") && !csv.contains("第一次"), "{csv}");
        assert!(!csv.contains("张三") && !csv.contains("13900000001"), "{csv}");
        let mut xlsx = Vec::new();
        assert_eq!(write(&carrier, window, SheetFormat::Xlsx, &mut xlsx).unwrap(), 3);
        let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(xlsx)).unwrap();
        let sheet = book.worksheet_range_at(0).unwrap().unwrap();
        let rows: Vec<&[Data]> = sheet.rows().collect();
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[1][1], Data::String("0012345".to_owned()), "zeros are kept");
        assert_eq!(rows[1][8], Data::String(FORMULA.to_owned()));
        let formulas = book.worksheet_formula("Sheet1").unwrap();
        assert!(formulas.is_empty() || formulas.used_cells().all(|(_, _, cell)| cell.is_empty()));
        let mut none = Vec::new();
        let earlier = (from.plus_millis(-2), from.plus_millis(-1));
        assert_eq!(write(&carrier, earlier, SheetFormat::Csv, &mut none).unwrap(), 0);
    }

    fn no_answer_is_a_formula_and_none_is_too_long_for_its_cell(test: &TestDb) {
        let city = City::of(test);
        let from = city.now();
        let hostile: Vec<String> = serde_json::from_str(include_str!("../../hostile.json")).unwrap();
        let plain = |c: char| !c.is_control() || "\n\r\t".contains(c);
        let hostile = hostile.into_iter().filter(|text| !text.trim().is_empty() && text.chars().all(plain));
        let texts: Vec<String> = hostile.chain(["🛗".repeat(20_000)]).collect();
        for (n, text) in texts.iter().enumerate() {
            let here = given(&city, &format!("GD{n}"));
            city.agent().does(&here, "answer", json!({ "text": text }));
        }
        let (carrier, window) = (carrier(&city, &[]), (from, city.now().plus_millis(1)));
        let mut xlsx = Vec::new();
        assert_eq!(write(&carrier, window, SheetFormat::Xlsx, &mut xlsx).unwrap(), texts.len() as u64);
        let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(xlsx)).unwrap();
        let formulas = book.worksheet_formula("Sheet1").unwrap();
        assert!(formulas.used_cells().all(|(_, _, cell)| cell.is_empty()));
        let sheet = book.worksheet_range_at(0).unwrap().unwrap();
        assert_eq!(sheet.rows().count(), 1 + texts.len());
        assert!(sheet.rows().all(|row| row.iter().all(|cell| matches!(cell, Data::String(_) | Data::Empty))));
        let mut csv = Vec::new();
        write(&carrier, window, SheetFormat::Csv, &mut csv).unwrap();
        let mut reader = csv::ReaderBuilder::new().from_reader(csv.as_slice());
        let begins = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
        let runs = |cell: &str| cell.trim_start_matches(['\u{200b}', '\u{feff}', '\u{202e}']).starts_with(begins);
        for row in reader.records() {
            assert!(row.unwrap().iter().all(|cell| !runs(cell)));
        }
    }

    fn the_file_is_its_owners_alone_even_where_it_lay_open_before(test: &TestDb) {
        use std::os::unix::fs::PermissionsExt;
        let url = (!test.url.starts_with("sqlite")).then_some(test.url.as_str());
        let site = Site::new(url, &[]);
        for format in ["csv", "xlsx"] {
            let path = site.folder().join(format!("answers.{format}"));
            std::fs::write(&path, "of last week").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            let name = path.to_str().unwrap();
            let said = site.run(&["upstream", "export", "--from", "2026-11-01", "--format", format,
                "--out", name]);
            assert!(said.status.success(), "{said:?}");
            let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{format}");
            assert!(!std::fs::read(&path).unwrap().starts_with(b"of last"), "{format}");
        }
    }
}

#[test]
fn a_wrong_day_or_format_is_told_as_what_it_is() {
    let site = Site::new(None, &[]);
    for (arguments, code) in [
        (["--from", "2026-13-01", "--format", "csv"], "upstream.day"),
        (["--from", "2026-11-02", "--to", "2026-11-01"], "upstream.days_backwards"),
        (["--from", "2026-11-02", "--format", "pdf"], "upstream.sheet_format"),
    ] {
        let said = site.run(&[["upstream", "export"].as_slice(), &arguments].concat());
        assert!(!said.status.success(), "{said:?}");
        let told = String::from_utf8(said.stderr).unwrap();
        assert!(told.contains(&format!("({code})")), "{told}");
    }
}
