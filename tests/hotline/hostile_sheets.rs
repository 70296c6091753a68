//! Every sheet that leaves the house, of tickets whose every word is `tests/hostile.json`. Its rule: it opens, no cell of
//! it is a formula, and no text is so long that the sheet cannot be written.

use std::io::{Cursor, Read};

use calamine::{Data, Reader, Xlsx};
use serde_json::json;

use crate::exports::House;
use crate::support::city::{bad, draft_with};
use crate::support::databases::on_each_database;

/// Letters of one cell, as Excel counts.
const CELL: usize = 32_767;

/// What the door lets in, and as much as it lets in.
pub fn texts() -> Vec<String> {
    let texts: Vec<String> = serde_json::from_str(include_str!("../hostile.json")).unwrap();
    let is_let_in = |text: &String| {
        let bare = text.trim();
        !bare.is_empty() && !bare.chars().any(|c| c.is_control() && !"\n\r\t".contains(c))
    };
    let long = ["字", "🛗"].map(|text| text.repeat(20_000));
    texts
        .into_iter()
        .filter(is_let_in)
        .chain(long)
        .chain([format!("={}", "A".repeat(19_999))])
        .collect()
}

/// Whether a table program might take this for a formula, behind what some of them drop.
fn runs(cell: &str) -> bool {
    let unseen = ['\u{ad}', '\u{feff}', '\u{202e}', '\u{2066}', '\u{2060}', '\u{200b}'];
    let begins = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    cell.trim_start_matches(unseen).starts_with(begins)
}

/// The workbook opens, has no formula, and no text that would be one; answers its texts.
pub fn workbook(what: &str, bytes: &[u8]) -> Vec<String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    for place in 0..archive.len() {
        let mut xml = String::new();
        archive.by_index(place).unwrap().read_to_string(&mut xml).unwrap();
        assert!(!xml.contains("<f>") && !xml.contains("<f "), "{what}");
        let mut reader = quick_xml::Reader::from_str(&xml);
        while reader.read_event().unwrap() != quick_xml::events::Event::Eof {}
    }
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes.to_vec())).unwrap();
    let mut texts = Vec::new();
    for name in book.sheet_names() {
        let formulas = book.worksheet_formula(&name).unwrap();
        assert!(formulas.used_cells().all(|(_, _, it)| it.is_empty()), "{what}");
        let sheet = book.worksheet_range(&name).unwrap();
        texts.extend(sheet.used_cells().filter_map(|(_, _, cell)| match cell {
            Data::String(text) => Some(text.clone()),
            _ => None,
        }));
    }
    for text in &texts {
        assert!(!runs(text) && text.encode_utf16().count() <= CELL, "{what}: {text:.80?}");
    }
    texts
}

/// No cell of the CSV would be a formula.
pub fn csv(what: &str, bytes: &[u8]) -> Vec<String> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").expect("the mark of UTF-8");
    let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text);
    let rows = reader.records().map(|row| row.unwrap());
    let cells: Vec<String> =
        rows.flat_map(|row| row.iter().map(str::to_owned).collect::<Vec<_>>()).collect();
    for cell in &cells {
        let is_figure = cell.trim_end_matches('%').parse::<f64>().is_ok();
        assert!(is_figure || !runs(cell), "{what}: {cell:.80?}");
    }
    cells
}

/// A ticket of each text; those of the first unit wait on the ledger for it, one was answered and surveyed.
fn city_of(house: &House, texts: &[String]) {
    let city = &house.city;
    for (n, text) in texts.iter().enumerate() {
        let words = json!({
            "caller": { "phone": format!("139{n:08}") },
            "matter": { "content": text },
            "place": { "address": text.chars().take(100).collect::<String>() },
        });
        let no = city.agent().registers(draft_with(&words));
        city.dispatcher().does(&no, "dispatch", json!({ "lead": "weixiu" }));
        city.works(&no, "weixiu", 1);
        let plan = json!({ "grounds": text, "plan": text, "promised_at": "2027-03-01" });
        city.head("weixiu").does(&no, "ledger", plan);
        city.reviewer().does(&no, "ledger/decide", json!({ "approve": true, "reason": text }));
    }
    let no = city.passed("weixiu");
    city.hours(4);
    city.surveyor().does(&no, "survey", bad());
}

pub fn got(house: &House, who: &str, path: &str) -> Vec<u8> {
    let reply = house.get(who, path);
    assert_eq!(reply.status, 200, "{path}: {}", String::from_utf8_lossy(&reply.body));
    reply.body
}

on_each_database! {
    fn no_cell_of_a_list_or_register_that_leaves_is_a_formula(test: &TestDb) {
        let (house, texts) = (House::on(&test.url, &[]), texts());
        assert!(texts.len() > 30, "{}", texts.len());
        city_of(&house, &texts);
        for path in ["/tickets", "/search", "/rates", "/ledger/register"] {
            let query = match path {
                "/tickets" => "",
                "/search" => "?q=HYPERLINK",
                _ => "?window=2026-11",
            };
            let book = workbook(path, &got(&house, "leader", &format!("{path}.xlsx{query}")));
            let sheet = csv(path, &got(&house, "leader", &format!("{path}.csv{query}")));
            assert!(book.len() > 10 && sheet.len() > 10, "{path}");
        }
        let register = workbook("register", &got(&house, "leader", "/ledger/register.xlsx?window=2026-11"));
        assert!(register.iter().any(|text| text.starts_with("'=HYPERLINK")), "the words are in it");
        assert!(register.iter().any(|text| text.starts_with("🛗🛗")), "the long ones too");
    }

    fn no_cell_of_an_export_in_clear_or_a_report_is_a_formula(test: &TestDb) {
        let (house, texts) = (House::on(&test.url, &[]), texts());
        city_of(&house, &texts);
        for form in ["csv", "xlsx"] {
            let id = house.approved(&json!({ "format": form, "reason": "=抽查" }));
            let bytes = got(&house, "reviewer", &format!("/exports/{id}/file"));
            let cells = if form == "csv" { csv(form, &bytes) } else { workbook(form, &bytes) };
            assert!(cells.iter().any(|text| text.starts_with("'=HYPERLINK")), "{form}: the words are in it");
        }
        let made = house.post("assessor", "/reports", &json!({ "window": "2026-11" }));
        assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
        let id = made.json()["id"].as_str().unwrap().to_owned();
        workbook("report", &got(&house, "leader", &format!("/reports/{id}.xlsx")));
    }
}
