//! Whole histories that are taken back: nothing stays of what hangs on them.

use std::io::Cursor;

use jiesu::lifecycle::sealer::seal_file;
use jiesu::moving::{Run, batches, export, import, undo};
use serde_json::json;

use super::counted::counts;
use crate::support::city::City;
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

on_each_database! {
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
