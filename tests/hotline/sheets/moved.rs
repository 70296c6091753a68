//! Histories that are taken back: nothing stays of what hangs on them, nor in the tickets that took them in.

use std::io::Cursor;

use jiesu::intake::incident::linked;
use jiesu::lifecycle::sealer::seal_file;
use jiesu::moving::{Run, batches, export, import, undo};
use serde_json::{Value, json};

use super::counted::counts;
use crate::support::city::{City, draft_with};
use crate::support::databases::{Folder, TestDb, on_each_database};
use crate::support::form::attach;
use crate::support::photo::phone_photo;
use crate::support::server::Server;
use crate::support::{badges, city::people_of_a_server};

/// A history with a photo and a caller, as another house writes it.
fn told() -> (String, Vec<u8>) {
    let source = TestDb::sqlite();
    let server = Server::start(&[("JIESU_DATABASE__URL", source.url.as_str())]);
    let city = City::served(&server);
    let badges = badges::issue(&server.app, people_of_a_server().iter());
    let no = city.handled_by("weixiu");
    city.reviewer().does(&no, "supervise", json!({ "step": "supervise", "text": "请尽快办结" }));
    let badge = format!("Bearer {}", badges["agent"]);
    let photo = phone_photo(6);
    let file = ("before", "漏水.JPG", photo.as_slice());
    assert_eq!(attach(server.address, &badge, &no, file, &[]).unwrap().status, 201);
    let mut out = Vec::new();
    export(&city.hotline, None, &mut out).unwrap();
    (no, out)
}

/// A history of a lift that stands still, merged into another where one is named.
fn line(no: &str, into: Option<&str>) -> Value {
    let at = |text: &str| json!(format!("2026-10-26T{text}:00+08:00"));
    let mut line = json!({"no": no, "kind": "help", "channel": "phone", "urgency": "general",
        "received_at": at("10:00"), "caller": {"phone": "13900000001"},
        "title": "电梯", "content": "电梯停运三天。", "category": "wy.dt", "region": "jie",
        "estate": "yangguang", "assessment_class": "three_rates",
        "assignments": [{"unit": "wuye", "role": "lead", "sent_at": at("11:00")}]});
    if let Some(into) = into {
        (line["merged_into"], line["closed_at"]) = (json!(into), at("12:00"));
    }
    line
}

/// The live tickets that others were merged into, and how many each.
fn linked_in(test: &TestDb) -> Vec<(String, i32)> {
    let found = test.db.read(|conn| linked::page(conn, None, 10)).unwrap();
    found.into_iter().map(|row| (row.no, row.children)).collect()
}

/// Brings `lines` in, every one of them; answers the run.
fn brings(city: &City, lines: &str) -> i64 {
    let mut wrong = Vec::new();
    let done = import(&city.hotline, &mut Cursor::new(lines.to_owned()), &mut wrong, Run::Real);
    assert!(wrong.is_empty(), "{}", String::from_utf8_lossy(&wrong));
    done.unwrap().batch
}

on_each_database! {
    fn whom_a_ticket_took_in_is_known_of_one_that_moved_in_and_no_longer_of_one_taken_back(test: &TestDb) {
        let source = TestDb::sqlite();
        let old = City::of(&source);
        let [parent, child] = ["13900000051", "13900000052"].map(|phone| {
            old.agent().registers(draft_with(&json!({ "caller": { "phone": phone } })))
        });
        old.agent().does(&child, "merge", json!({ "into": parent }));
        assert_eq!(linked_in(&source), [(parent.clone(), 1)]);
        let mut out = Vec::new();
        export(&old.hotline, None, &mut out).unwrap();
        let city = City::of(test);
        let before = counts(test);
        let batch = brings(&city, std::str::from_utf8(&out).unwrap());
        assert_eq!(linked_in(test), [(parent, 1)]);
        assert_eq!(undo(&city.hotline, batch).unwrap().removed, 2);
        assert_eq!(counts(test), before, "no trace");
    }

    fn a_ticket_that_stays_holds_nobody_whose_run_was_taken_back(test: &TestDb) {
        let city = City::of(test);
        brings(&city, &format!("{}\n", line("H-1", None)));
        assert!(linked_in(test).is_empty());
        let [first, second] =
            ["H-2", "H-3"].map(|no| brings(&city, &format!("{}\n", line(no, Some("H-1")))));
        assert_eq!(linked_in(test), [("H-1".to_owned(), 2)]);
        undo(&city.hotline, second).unwrap();
        assert_eq!(linked_in(test), [("H-1".to_owned(), 1)]);
        undo(&city.hotline, first).unwrap();
        assert!(linked_in(test).is_empty());
    }

    fn a_history_with_a_photo_is_taken_back_with_all_that_hangs_on_it(test: &TestDb) {
        let (no, lines) = told();
        let city = City::of(test);
        let (folder, before) = (Folder::new(), counts(test));
        let mut none = Vec::new();
        let done = import(&city.hotline, &mut Cursor::new(lines), &mut none, Run::Real).unwrap();
        assert_eq!((done.imported, done.rejected), (1, 0), "{}", String::from_utf8_lossy(&none));
        assert_eq!(city.ticket(&no).attachments.len(), 1);
        let open = |conn: &mut _| jiesu::handling::store::open(conn);
        assert_eq!(test.db.read(open).unwrap()[0].unit.as_str(), "weixiu", "it is still owed an answer");
        let batch = batches(&city.hotline).unwrap()[0].id;
        assert_eq!(undo(&city.hotline, batch).unwrap().removed, 1);
        assert_eq!(counts(test), before, "no trace");
        let proof = city.hotline.prove(&seal_file(folder.path())).unwrap();
        assert!(proof.holds(), "{:?}", proof.problems);
    }
}
