//! Reports, printing: the workbook and the plain tables, of a report as it should be and of a hostile one.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};

use super::super::sample::{self, document, printed};
use super::super::*;
use super::{parsed, part, unpacked};
use crate::reports::Document;
use crate::reports::document::{Block, Table};
use crate::sheet::hostile::{runs, texts};

fn workbook(document: &Document, printed: &Printed) -> Xlsx<Cursor<Vec<u8>>> {
    Xlsx::new(Cursor::new(xlsx(document, printed).unwrap())).unwrap()
}

#[test]
fn the_workbook_keeps_types() {
    let mut book = workbook(&document(), &printed());
    assert_eq!(book.sheet_names(), ["说明", "总体情况", "承办单位办理质量", "典型诉求"]);
    let units = book.worksheet_range("承办单位办理质量").unwrap();
    let at = |row, column| units.get_value((row, column)).cloned().unwrap_or_default();
    assert_eq!(at(0, 4), Data::String("解决率环比（个百分点）".into()));
    assert_eq!(at(1, 0), Data::String("东湖街道".into()));
    assert_eq!(at(1, 1), Data::Float(185.0));
    assert_eq!(at(1, 2), Data::Float(180.0 / 185.0));
    assert_eq!(at(1, 4), Data::Float(1.2));
    assert_eq!(at(7, 2), Data::String("—".into()));
    let cases = book.worksheet_range("典型诉求").unwrap();
    let moment = |column| match cases.get_value((1, column)) {
        Some(Data::DateTime(at)) => at.to_ymd_hms_milli(),
        other => unreachable!("{other:?}"),
    };
    assert_eq!(moment(2), (2026, 10, 12, 0, 0, 0, 0));
    assert_eq!(moment(3), (2026, 10, 12, 9, 30, 0, 0));
    let about = book.worksheet_range("说明").unwrap();
    let said: Vec<String> = about.cells().map(|(_, _, data)| data.to_string()).collect();
    for text in ["物业管理投诉情况专报", "考核办法", "response_rate@1", "副本", "核对稿 第1版"]
    {
        assert!(said.iter().any(|it| it == text), "{text}");
    }
    let files = unpacked(&xlsx(&document(), &printed()).unwrap());
    let sheet = part(&files, "xl/worksheets/sheet3.xml");
    assert!(sheet.contains("state=\"frozen\"") && sheet.contains("topLeftCell=\"B2\""));
    assert!(part(&files, "xl/styles.xml").contains("formatCode=\"0.0%\""));
    assert_eq!(xlsx(&document(), &printed()).unwrap(), xlsx(&document(), &printed()).unwrap());
}

#[test]
fn no_cell_of_a_hostile_workbook_is_a_formula() {
    let (mut document, printed) = sample::hostile();
    // Titles that make no name, and the same name twice.
    let mut more: Vec<Table> = document.tables().cloned().collect();
    more.extend(more.clone());
    for (table, title) in more.iter_mut().zip([
        "",
        "History",
        "说明",
        "[]:*?/\\",
        &"同名".repeat(40),
        &"同名".repeat(40),
    ]) {
        table.title = title.to_owned();
    }
    document.sections[0].blocks.extend(more.into_iter().map(Block::Table));
    let mut book = workbook(&document, &printed);
    let names = book.sheet_names();
    assert_eq!(names.len(), 10);
    let mut seen = Vec::new();
    for name in &names {
        let formulas = book.worksheet_formula(name).unwrap();
        assert_eq!(formulas.used_cells().count(), 0, "{name}");
        assert!(
            name.encode_utf16().count() <= 31
                && !name.contains(['[', ']', ':', '*', '?', '/', '\\'])
        );
        seen.extend(
            book.worksheet_range(name).unwrap().used_cells().map(|(_, _, it)| it.to_string()),
        );
    }
    for (name, bytes) in unpacked(&xlsx(&document, &printed).unwrap()) {
        let xml = String::from_utf8(bytes).unwrap();
        assert!(!xml.contains("<f>") && !xml.contains("<f "), "{name}");
        parsed(&xml);
    }
    for text in texts() {
        let clean = words::clean(text);
        let kept = crate::sheet::plain::guarded(&clean);
        // XLSX itself makes no difference between line ends.
        let alike = |it: &String| it.replace("\r\n", "\n").trim() == kept.trim();
        assert!(seen.iter().any(alike), "{text:?}");
    }
}

#[test]
fn the_workbook_prints_as_wide_as_the_page_under_its_title() {
    let files = unpacked(&xlsx(&document(), &printed()).unwrap());
    let sheet = part(&files, "xl/worksheets/sheet3.xml");
    for said in ["fitToHeight=\"0\"", "承办单位办理质量</oddHeader>", "指标定义见“说明”"]
    {
        assert!(sheet.contains(said), "{said}");
    }
    assert!(part(&files, "xl/workbook.xml").contains("_xlnm.Print_Titles"));
}

#[test]
fn plain_tables_are_guarded_and_have_the_figures_of_the_page() {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let units = text(csv(&document(), &printed(), "units").unwrap().unwrap());
    assert!(units.starts_with("\u{feff}承办单位,工单数,响应率,"), "{units}");
    assert!(units.contains("\r\n东湖街道,185,97.3%,93.2%,1.2,"), "{units}");
    assert!(units.contains("\r\n\u{3000}东湖街道物业管理科,68,"));
    assert!(units.contains("\r\n北城街道,0,—,—,—,—,—,—\r\n"));
    assert!(units.contains(",-0.1,"), "a figure below 0 is no text: {units}");
    assert_eq!(csv(&document(), &printed(), "nope").unwrap(), None);
    let files = unpacked(&csv_all(&document(), &printed()).unwrap());
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["说明.csv", "表1 总体情况.csv", "表2 承办单位办理质量.csv", "表3 典型诉求.csv"]
    );
    let mark = printed().watermark.unwrap();
    let whole = units.strip_suffix(&format!("{mark}\r\n")).expect("who took it stands below");
    assert_eq!(files[2].1, whole.as_bytes(), "in the ZIP that is said once");
    assert!(part(&files, "说明.csv").contains("响应率（response_rate@1）,"));

    let (document, printed) = sample::hostile();
    for (name, bytes) in unpacked(&csv_all(&document, &printed).unwrap()) {
        assert!(!name.contains(['/', '\\', ':', '"']) && name.len() < 255, "{name}");
        let text = text(bytes);
        let mut reader = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        for cell in reader
            .records()
            .flat_map(|it| it.unwrap().iter().map(str::to_owned).collect::<Vec<_>>())
        {
            let is_figure = cell.trim_end_matches('%').parse::<f64>().is_ok();
            assert!(is_figure || !runs(&cell), "{cell:?}");
        }
    }
}
