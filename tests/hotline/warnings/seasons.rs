//! What a season's plan counts, counted by the database: what counts, of which categories, and what an import brought.

use std::collections::BTreeSet;
use std::io::Cursor;

use jiesu::moving::{Run, import};
use jiesu::proactive::store::tickets::{count_of_categories, latest_of_categories};
use serde_json::json;

use crate::support::city::City;
use crate::support::databases::on_each_database;

on_each_database! {
    fn a_season_counts_what_counts_and_says_how_much_of_it_an_import_brought(test: &TestDb) {
        let city = City::of(test);
        let before = city.now().plus_millis(-1);
        let mut there: Vec<String> = Vec::new();
        for _ in 0..3 {
            there.push(city.taken());
            city.hours(1);
        }
        let declined = city.taken();
        let why = json!({ "reason": "no_new_fact", "told": "已告知" });
        city.agent().does(&declined, "decline", why);
        let at = city.now();
        let line = json!({
            "no": "H-1", "kind": "help", "channel": "phone", "urgency": "general", "received_at": at,
            "caller": { "name": "张三", "phone": "13900000001" },
            "title": "电梯", "content": "电梯停运", "category": "wy.dt", "estate": "yangguang",
            "assignments": [],
        });
        city.hours(1);
        let (mut lines, mut rejects) = (Cursor::new(format!("{line}\n")), Vec::new());
        let done = import(&city.hotline, &mut lines, &mut rejects, Run::Real).unwrap();
        assert_eq!(done.imported, 1, "{}", String::from_utf8_lossy(&rejects));
        there.push("H-1".to_owned());

        let own = BTreeSet::from(["wy.dt".to_owned()]);
        let other = BTreeSet::from(["none".to_owned()]);
        let count = |categories: &BTreeSet<String>, period| {
            test.db.read(|conn| count_of_categories(conn, categories, period)).unwrap()
        };
        assert_eq!(count(&own, (before, city.now())), (4, 1));
        assert_eq!(count(&own, (city.now(), city.now())), (0, 0));
        assert_eq!(count(&other, (before, city.now())), (0, 0));
        let latest = |most| {
            let read = |conn: &mut _| {
                latest_of_categories(conn, &own, (before, city.now()), most)
            };
            let found = test.db.read(read).unwrap();
            found.into_iter().map(|it| it.no).collect::<Vec<_>>()
        };
        // The latest last.
        assert_eq!(latest(2).last(), there.last());
        assert_eq!(latest(100).len(), 4);
        assert_eq!(latest(2).len(), 2);
    }
}
