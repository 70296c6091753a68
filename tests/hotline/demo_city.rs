//! The demo city's history: the same for the same day, and something in every queue.

use jiesu::moving::demo;
use jiesu::ticket::{StateName, store};
use jiesu::time::Stamp;

use crate::support::databases::TestDb;
use crate::support::town::hotline;

#[test]
fn the_demo_city_has_three_months_and_a_ticket_in_every_state() {
    let test = TestDb::sqlite();
    let hotline = hotline(&test);
    test.clock.set(Stamp::parse("2026-11-20T10:30:00+08:00").unwrap());
    let today = "2026-11-20".parse().unwrap();
    let city = move |tx: &mut jiesu::db::Tx<'_>| {
        jiesu::directory::demo::load(tx, &jiesu::identity::Actor::system(), today).map(drop)
    };
    hotline.db.write(city).unwrap();
    let rules = hotline.db.read(|conn| hotline.rules.current(conn, hotline.db.now())).unwrap();
    let lines = demo::lines(&rules, hotline.db.now(), 300);
    assert!(lines == demo::lines(&rules, hotline.db.now(), 300));
    let summary = demo::load(&hotline, 300).unwrap().unwrap();
    assert_eq!((summary.imported, summary.rejected), (lines.len() as u64, 0));
    assert_eq!(demo::load(&hotline, 300).unwrap(), None);
    let vault = rules.vault(&hotline.keys);
    let mut states = Vec::new();
    for line in &lines {
        let found = hotline.db.read(|conn| store::load(conn, vault, &line.no)).unwrap();
        states.push(found.unwrap().ticket.state.name());
    }
    for state in StateName::ALL.iter().filter(|state| **state != StateName::Merged) {
        assert!(states.contains(state), "{state}");
    }
}
