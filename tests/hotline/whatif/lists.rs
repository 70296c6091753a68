//! Red and black lists 红黑榜: named where the profile in force on the period's first day wants them, in the table and in
//! the sheet, and nowhere else.

use serde_json::{Value, json};

use super::{Desk, row};
use crate::exports::{joined, rows};
use crate::support::city::{draft_with, good};
use crate::support::databases::on_each_database;
use crate::support::form::send;

/// The heading of the sheet's column.
const LIST: &str = "红黑榜";

/// As many answers a unit as make it take part.
const ANSWERS: i64 = 5;
const FEW: (&str, &str) = ("small_n = 10", "small_n = 5");
const LISTS: (&str, &str) = ("lists = false", "lists = true\nlist_length = 1");

impl Desk {
    /// The units are each other's peers from here on.
    fn are_peers(&self, units: &[&str]) {
        for unit in units {
            let mut view = self.asks("sysadmin", &format!("/units/{unit}"));
            view["peer_group"] = json!("科室");
            let answer = self.says("sysadmin", "PUT", &format!("/units/{unit}"), &view.to_string());
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }

    /// A citizen of its own says `answer` of what `unit` did.
    fn hears(&self, unit: &str, phone: &str, answer: &Value) {
        let city = &self.city;
        let no = city.agent().registers(draft_with(&json!({ "caller": { "phone": phone } })));
        city.dispatcher().does(&no, "dispatch", json!({ "lead": unit }));
        city.works(&no, unit, 1);
        city.handler(unit).does(&no, "reply", json!({ "text": "已修好" }));
        city.reviewer().does(&no, "review", json!({ "pass": true }));
        city.surveyor().does(&no, "survey", answer.clone());
    }

    /// The headings of the sheet, and what stands under `红黑榜` for whom, where there is such a column.
    fn sheet(&self, period: &str) -> (Vec<String>, Vec<(String, String)>) {
        let badge = format!("Bearer {}", self.badges["leader"]);
        let path = format!("/api/v1/rates.csv?{period}");
        let headers = [("Authorization", badge.as_str())];
        let reply = send(self.server.address, ("GET", &path), &headers, b"").unwrap();
        assert_eq!(reply.status, 200, "{}", reply.head);
        let is_chunked = reply.header("transfer-encoding") == Some("chunked");
        let body = if is_chunked { joined(&reply.body) } else { reply.body };
        let mut lines = rows(&body);
        let heading = lines.remove(0);
        let Some(at) = heading.iter().position(|it| it == LIST) else {
            return (heading, Vec::new());
        };
        let named = lines.iter().filter_map(|line| Some((line[0].clone(), line.get(at)?.clone())));
        let named = named.filter(|(_, list)| !list.is_empty()).collect();
        (heading, named)
    }
}

on_each_database! {
    fn lists_name_units_where_the_profile_wants_them_and_nobody_where_it_does_not(test: &TestDb) {
        let desk = Desk::open(&test.url);
        desk.are_peers(&["wuye", "weixiu", "baozhang"]);
        desk.lays_down(2, "2026-12-01", &[FEW]);
        desk.lays_down(3, "2026-12-02", &[FEW, LISTS]);
        desk.city.days(30); // Wednesday, the 2nd of December
        let mut phone = 13_900_000_100_i64;
        let bad = json!({
            "outcome": "reached", "contacted": "yes", "solved": "unsolved", "satisfied": "dissatisfied"
        });
        for (unit, answer) in [("wuye", &good()), ("weixiu", &bad), ("baozhang", &bad)] {
            for _ in 0..ANSWERS {
                desk.hears(unit, &phone.to_string(), answer);
                phone += 1;
            }
        }
        let (off, on) = ("from=2026-12-01&to=2027-01-01", "from=2026-12-02&to=2027-01-01");
        let table = |period: &str| desk.asks("leader", &format!("/rates?{period}"));
        let (without, with) = (table(off), table(on));
        assert_eq!((&without["profile"], &with["profile"]), (&json!("default@2"), &json!("default@3")));
        for (unit, list, rank) in [("wuye", "red", 1), ("weixiu", "black", 2), ("baozhang", "black", 2)] {
            let (plain, named) = (row(&without["rows"], unit), row(&with["rows"], unit));
            assert_eq!((&plain["n"], &plain["rank"], plain.get("list")), (&json!(ANSWERS), &json!(rank), None), "{plain}");
            assert_eq!((&named["n"], &named["rank"], &named["list"]), (&json!(ANSWERS), &json!(rank), &json!(list)), "{named}");
        }
        let others = with["rows"].as_array().unwrap().iter().filter(|it| it["n"] == 0);
        assert!(others.chain([&with["total"]]).all(|it| it.get("list").is_none()), "{with}");
        // The sheet has a column of them, or none.
        let (heading, mut named) = desk.sheet(on);
        let place = |name: &str| heading.iter().position(|it| it == name);
        assert_eq!(place(LIST), place("档次").map(|it| it + 1));
        named.sort();
        let due = [("baozhang", "黑榜"), ("weixiu", "黑榜"), ("wuye", "红榜")];
        assert_eq!(named, due.map(|(unit, list)| (unit.to_owned(), list.to_owned())));
        let (plain, nobody) = desk.sheet(off);
        assert!(nobody.is_empty() && plain.len() + 1 == heading.len(), "{plain:?}");
        assert!(plain.iter().all(|it| it != LIST), "{plain:?}");
    }
}
