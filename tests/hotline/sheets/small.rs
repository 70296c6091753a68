//! Small sheets: one thing each.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use diesel::RunQueryDsl;
use jiesu::jobs::Bell;
use jiesu::lifecycle::Hotline;
use jiesu::lifecycle::sealer::seal_file;
use jiesu::moving::sheets::mapping::Mapping;
use jiesu::moving::{Run, Summary, batches, export_sheet, import_sheet, undo};
use jiesu::sheet::Form;
use jiesu::ticket::command::CommandName;
use jiesu::ticket::store::proof::Fault;
use serde_json::json;

use super::counted::rejected;
use super::{city, load, stamp};
use crate::support::databases::{Folder, TestDb, on_each_database};
use crate::support::desk::{Desk, agent, dispatcher};

const HEAD: &str =
    "工单编号,市平台编号,受理时间,来电人,联系电话,诉求内容,承办单位,并入工单,办结时间\n";

fn sheet(folder: &Folder, name: &str, rows: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, format!("{HEAD}{rows}")).unwrap();
    path
}

fn bring(hotline: &Arc<Hotline>, path: &Path) -> Summary {
    import_sheet(hotline, path, &Mapping::built_in().unwrap(), Run::Real).unwrap()
}

fn outcome(done: &Summary) -> (u64, u64, u64) {
    (done.imported, done.skipped, done.rejected)
}

fn reasons(done: &Summary) -> Vec<(String, String)> {
    rejected(done.rejects.as_deref().unwrap(), Form::Csv)
}

on_each_database! {
    fn what_was_worked_on_stays_and_is_named_and_a_family_stays_together(test: &TestDb) {
        let hotline = city(test);
        let folder = Folder::new();
        let seals = seal_file(folder.path());
        let rows = "A-1,,2026-10-08 9:00,甲,10000000001,漏水,物业科,,\n\
            A-2,,2026-10-08 9:00,乙,10000000002,停电,物业科,,\n\
            P-1,,2026-10-08 9:00,丙,10000000003,噪声,物业科,,\n\
            C-1,,2026-10-08 10:00,丁,10000000004,噪声,,P-1,2026-10-09\n\
            P-2,,2026-10-08 9:00,戊,10000000005,门禁,物业科,,\n\
            C-2,,2026-10-08 10:00,己,10000000006,门禁,,P-2,2026-10-09\n\
            P-3,,2026-10-08 9:00,庚,10000000007,车位,物业科,,\n\
            C-3,,2026-10-08 10:00,辛,10000000008,车位,,P-3,2026-10-09\n";
        let done = bring(&hotline, &sheet(&folder, "a.csv", rows));
        assert_eq!(outcome(&done), (8, 0, 0));
        hotline.seal(&seals, &Bell::default()).unwrap();
        let desk = Desk { hotline: hotline.clone() };
        let note = |no: &str| {
            desk.give(agent(), no, CommandName::Note, json!({"text": "再次来电", "public": false})).unwrap();
        };
        note("A-2");
        // A parent that was worked on stays without its child; a child that was holds its parent.
        note("P-2");
        note("C-3");
        let undone = undo(&hotline, done.batch).unwrap();
        assert_eq!(undone.removed, 4);
        assert_eq!(undone.kept, ["A-2", "C-3", "P-2", "P-3"]);
        for no in ["A-1", "P-1", "C-1", "C-2"] {
            assert!(load(&hotline, no).is_none(), "{no}");
        }
        assert!(load(&hotline, "P-2").unwrap().ticket.children.is_empty());
        assert_eq!(load(&hotline, "P-3").unwrap().ticket.children, ["C-3"]);
        hotline.seal(&seals, &Bell::default()).unwrap();
        let proof = hotline.prove(&seals).unwrap();
        assert!(proof.holds(), "{:?}", proof.problems);
        let listed = batches(&hotline).unwrap();
        assert_eq!((listed[0].id, listed[0].tickets, listed[0].undone_at), (done.batch, 4, None));
        assert_eq!((listed[0].file.as_str(), listed[0].form.as_str()), ("a.csv", "csv"));
        // Once more: the same stay.
        assert_eq!(undo(&hotline, done.batch).unwrap().kept, undone.kept);
        assert_eq!(undo(&hotline, 12).unwrap_err().code(), "import.no_batch");
    }

    fn whoever_takes_a_ticket_away_without_the_key_is_found(test: &TestDb) {
        let hotline = city(test);
        let folder = Folder::new();
        let seals = seal_file(folder.path());
        let rows = "A-1,,2026-10-08 9:00,甲,10000000001,漏水,物业科,,\n";
        let done = bring(&hotline, &sheet(&folder, "a.csv", rows));
        hotline.seal(&seals, &Bell::default()).unwrap();
        undo(&hotline, done.batch).unwrap();
        assert!(hotline.prove(&seals).unwrap().holds());
        for forgery in [
            "UPDATE removal SET batch = batch + 1",
            "UPDATE removed_event SET seq = seq + 1",
            "DELETE FROM removed_event",
            "DELETE FROM removal",
        ] {
            let sql = forgery.to_owned();
            test.db.write(move |tx| Ok(diesel::sql_query(sql.as_str()).execute(tx.conn)?)).unwrap();
            let proof = hotline.prove(&seals).unwrap();
            let faults: Vec<Fault> = proof.problems.iter().map(|it| it.fault).collect();
            let found = |fault| faults.contains(&fault);
            assert!(found(Fault::RemovalForged) || found(Fault::LeafOff), "{forgery}: {faults:?}");
        }
    }

    fn the_citys_number_is_had_once(test: &TestDb) {
        let hotline = city(test);
        let folder = Folder::new();
        let first = ",SZ-1,2026-10-08 9:00,甲,10000000001,漏水,物业科,,\n\
            B-2,SZ-2,2026-10-08 9:00,乙,10000000002,停电,物业科,,\n";
        let done = bring(&hotline, &sheet(&folder, "a.csv", first));
        assert_eq!(outcome(&done), (2, 0, 0));
        assert_eq!(load(&hotline, "SZ-1").unwrap().ticket.upstream.unwrap().no.as_str(), "SZ-1");
        // The next day's file: the same again, one with other words, one under another number of ours,
        // and one that is new, twice.
        let next = ",SZ-1,2026-10-08 9:00,甲,10000000001,漏水,物业科,,\n\
            ,SZ-2,2026-10-08 9:00,乙,10000000002,停电,物业科,,\n\
            B-3,SZ-2,2026-10-08 9:00,乙,10000000002,停水,物业科,,\n\
            ,SZ-4,2026-10-09 9:00,丙,10000000003,噪声,物业科,,\n\
            B-4,SZ-4,2026-10-09 9:00,丙,10000000003,噪声,物业科,,\n";
        let dry = import_sheet(&hotline, &sheet(&folder, "b.csv", next), &Mapping::built_in().unwrap(), Run::Dry);
        let done = bring(&hotline, &sheet(&folder, "b.csv", next));
        assert_eq!(outcome(&done), (1, 2, 2));
        assert_eq!(outcome(&dry.unwrap()), (1, 2, 2));
        let reasons = reasons(&done);
        assert_eq!(reasons.iter().map(|(no, _)| no.as_str()).collect::<Vec<_>>(), ["B-3", "B-4"]);
        assert!(reasons.iter().all(|(_, why)| why.starts_with("市平台编号：")), "{reasons:?}");
    }

    fn a_run_that_was_cut_short_goes_on_as_the_same_run_with_the_same_file_only(test: &TestDb) {
        let hotline = city(test);
        let folder = Folder::new();
        let row = |i: usize| format!("A-{i},,2026-10-08 9:00,甲,10000000001,漏水{i},物业科,,\n");
        let some: String = (0..5).map(row).collect();
        let first = bring(&hotline, &sheet(&folder, "a.csv", &some));
        test.db.write(|tx| {
            Ok(diesel::sql_query("UPDATE import_batch SET ended_at = NULL").execute(tx.conn)?)
        }).unwrap();
        // The next day's file under the same name is another run.
        let next: String = (5..9).map(row).collect();
        let second = bring(&hotline, &sheet(&folder, "a.csv", &next));
        assert_eq!(outcome(&second), (4, 0, 0));
        assert_ne!(second.batch, first.batch);
        // The same under another name is the same.
        bring(&hotline, &sheet(&folder, "b.csv", &some));
        let ended = batches(&hotline).unwrap();
        assert_eq!(ended.iter().map(|it| (it.id, it.tickets)).collect::<Vec<_>>(), [(second.batch, 4), (first.batch, 5)]);
        assert!(ended.iter().all(|it| it.ended_at.is_some()));
        assert_eq!(undo(&hotline, second.batch).unwrap().removed, 4);
        assert!(load(&hotline, "A-0").is_some() && load(&hotline, "A-5").is_none());
    }

    fn who_leads_is_who_is_said_to(test: &TestDb) {
        let hotline = city(test);
        let folder = Folder::new();
        let rows = "A-1,,2026-10-08 9:00,甲,10000000001,漏水,物业科、住房保障科（主办）,,\n\
            A-2,,2026-10-08 9:00,甲,10000000001,漏水,物业科（抄送）、住房保障科,,\n\
            A-3,,2026-10-08 9:00,甲,10000000001,漏水,物业科（协办）、住房保障科（主办）、房屋安全科（主办）,,\n";
        assert_eq!(outcome(&bring(&hotline, &sheet(&folder, "a.csv", rows))), (3, 0, 0));
        let units = |no: &str| -> Vec<(String, &'static str)> {
            let ticket = load(&hotline, no).unwrap().ticket;
            ticket.assignments.values().map(|a| (a.unit.to_string(), a.part.as_str())).collect()
        };
        let pair = |unit: &str, part| (unit.to_owned(), part);
        assert_eq!(units("A-1"), [pair("baozhang", "lead"), pair("wuye", "assist")]);
        assert_eq!(units("A-2"), [pair("baozhang", "lead"), pair("wuye", "copy")]);
        assert_eq!(units("A-3"), [pair("baozhang", "lead"), pair("wuye", "assist"), pair("anquan", "assist")]);
    }
}

#[test]
fn an_older_sheet_of_rejects_keeps_its_content_and_a_dry_run_has_its_own() {
    let test = TestDb::sqlite();
    let hotline = city(&test);
    let folder = Folder::new();
    let path = sheet(&folder, "a.csv", "A-1,,昨天,甲,10000000001,漏水,物业科,,\n");
    let first = bring(&hotline, &path).rejects.unwrap();
    std::fs::write(&first, "mended by hand").unwrap();
    let dry = import_sheet(&hotline, &path, &Mapping::built_in().unwrap(), Run::Dry).unwrap();
    assert_eq!(dry.rejects, Some(folder.path().join("a.dry-run.csv")));
    assert_eq!(std::fs::read_to_string(&first).unwrap(), "mended by hand");
    assert_eq!(bring(&hotline, &path).rejects, Some(first));
    let older = std::fs::read_to_string(folder.path().join("a.rejects-1.csv")).unwrap();
    assert_eq!(older, "mended by hand");
}

#[test]
fn a_row_comes_back_with_everything_that_is_wrong_in_it() {
    let test = TestDb::sqlite();
    let hotline = city(&test);
    let folder = Folder::new();
    let rows = "A 1/2,,2026-10-08 9:00,甲,电话,漏水,物业,,2026-10-07\n\
        ,,昨天,乙,10000000002,,物业科,,\n\
        A-3,,2026-10-08 9:00,=1+1,13900000001234567890123,漏水,物业科,A-9,\n";
    let done = bring(&hotline, &sheet(&folder, "a.csv", rows));
    let said: Vec<String> = reasons(&done).into_iter().map(|(_, why)| why).collect();
    let expected = [
        "承办单位：代码、名称、别名里都没有，相近的有：物业科、云川安居物业服务有限公司、岚光物业管理有限公司。 工单编号：此项格式不对。 办结时间：此时间早于受理时间。 联系电话：电话号码格式不对。",
        "受理时间：日期或时间认不准，请写作 2025-03-04 09:05。 工单编号：此项必填。 诉求内容：此项必填。",
        "联系电话：电话号码格式不对。",
    ];
    assert_eq!(said, expected);
    let text = std::fs::read_to_string(done.rejects.unwrap()).unwrap();
    assert!(text.contains(",'=1+1,"), "{text}");
}

#[test]
fn a_sheet_without_what_a_ticket_needs_is_refused_before_anything_is_done() {
    let test = TestDb::sqlite();
    let hotline = city(&test);
    let folder = Folder::new();
    let path = folder.path().join("a.csv");
    for (head, code) in [
        ("甲,乙,丙\n1,2,3\n", "import.no_header"),
        ("受理时间,联系电话\n2026-10-08,1\n", "import.columns_missing"),
    ] {
        std::fs::write(&path, head).unwrap();
        let refused = import_sheet(&hotline, &path, &Mapping::built_in().unwrap(), Run::Real);
        assert_eq!(refused.unwrap_err().code(), code);
    }
    assert!(batches(&hotline).unwrap().is_empty());
}

#[test]
fn what_goes_out_for_reading_is_masked_and_no_formula() {
    let test = TestDb::sqlite();
    let hotline = city(&test);
    let folder = Folder::new();
    let rows = "A-1,,2026-10-08 9:00,欧阳娜娜,13912345678,=HYPERLINK(欧阳娜娜 13912345678),物业科、住房保障科,,\n\
        A-2,SZ-2,2026-09-08 9:00,乙,10000000002,停电,物业科,,2026-09-09 10:00\n";
    assert_eq!(outcome(&bring(&hotline, &sheet(&folder, "a.csv", rows))), (2, 0, 0));
    let desk = Desk { hotline: hotline.clone() };
    desk.give(dispatcher(), "A-1", CommandName::Recall, json!({"reason": "重派"})).unwrap();
    let month = Some((stamp("2026-10-01T00:00:00"), stamp("2026-11-01T00:00:00")));
    for (window, lines) in [(month, 2), (None, 3)] {
        let mut out = Vec::new();
        let count = export_sheet(&hotline, window, Form::Csv, &mut out, folder.path()).unwrap();
        assert_eq!(count + 1, lines);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count() as u64, lines);
        assert!(text.starts_with("\u{feff}工单编号,"));
        assert!(!text.contains("娜娜") && !text.contains("13912345678"), "{text}");
        assert!(text.contains("139****5678") && text.contains("'=HYPERLINK("), "{text}");
        assert!(text.contains(",2026-10-08 09:00:00,"), "{text}");
    }
    let path = folder.path().join("out.xlsx");
    let out = std::fs::File::create(&path).unwrap();
    assert_eq!(export_sheet(&hotline, None, Form::Xlsx, out, folder.path()).unwrap(), 2);
    let grid = jiesu::sheet::read(&path, None).unwrap();
    assert_eq!(grid.rows.len(), 3);
    assert!(matches!(grid.rows[1].cells[6], jiesu::sheet::Cell::Moment(_)), "a day is a day");
}
