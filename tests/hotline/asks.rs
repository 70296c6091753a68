//! What waits for a decision is known by the row, also of what was asked before rows said it.

use diesel::RunQueryDsl;
use jiesu::lifecycle::trails::Trails;
use jiesu::ticket::command::CommandName;
use jiesu::ticket::store::asked::{Which, waiting};
use serde_json::{Value, json};

use crate::support::databases::on_each_database;
use crate::support::office::Office;

/// The numbers that `who` finds at `path`, with what each waits for.
fn found(office: &Office, who: &str, path: &str, of: &str) -> Vec<(String, Value)> {
    let items = office.lists(who, path);
    items.iter().map(|item| (item["no"].as_str().unwrap().to_owned(), item[of].clone())).collect()
}

on_each_database! {
    fn what_was_asked_before_rows_said_so_waits_all_the_same(test: &TestDb) {
        let office = Office::open(test);
        let city = &office.city;
        let later = city.handled_by("wuye");
        let until = json!({ "until": "2026-11-12", "grounds": "配件未到", "caller_told": true });
        city.handler("wuye").works(&later, 1, "extend", until);
        let disputed = city.sent_to("weixiu");
        let why = json!({ "reason": "不属本科职责", "grounds": "应由物业科办理" });
        city.handler("weixiu").works(&disputed, 1, "dispute", why);
        let bad = city.passed("wuye");
        city.surveyor().does(&bad, "survey", crate::support::city::bad());
        city.handled_by("wuye");
        let looks = || {
            let endorsed: Vec<_> = found(&office, "unit_head@wuye", "/work", "waits")
                .into_iter()
                .filter(|(_, waits)| waits == "endorse")
                .collect();
            [
                found(&office, "dispatcher", "/decisions", "command"),
                found(&office, "reviewer", "/decisions", "command"),
                endorsed,
            ]
        };
        let there = looks();
        assert_eq!(there[0], [(disputed, json!("dispute/decide"))]);
        assert_eq!(there[1], [(bad, json!("triage"))]);
        assert_eq!(there[2], [(later, json!("endorse"))]);
        let hotline = &city.hotline;
        for line in ["DELETE FROM trail", "INSERT INTO trail (ticket_id, asked, asks) SELECT id, 0, '?' FROM ticket"] {
            let done = hotline.db.write(move |tx| Ok(diesel::sql_query(line).execute(tx.conn)?));
            done.unwrap();
        }
        assert_eq!(looks(), there, "nobody knows what they ask, so each is opened");
        let log = std::env::temp_dir().join("no-seals-of-this-test");
        let proves = || hotline.prove(&log).unwrap().holds();
        assert!(!proves(), "a row says something else than its document");
        hotline.write_trails(Trails { after: i64::MIN }).unwrap();
        assert!(proves());
        assert_eq!(looks(), there);
    }
}

on_each_database! {
    fn pages_of_what_waits_hold_each_ticket_once_the_longest_received_first(test: &TestDb) {
        let office = Office::open(test);
        let city = &office.city;
        let disputed = || {
            let no = city.sent_to("weixiu");
            let why = json!({ "reason": "不属本科职责", "grounds": "应由物业科办理" });
            city.handler("weixiu").works(&no, 1, "dispute", why);
            city.stored(&no).id
        };
        let first = disputed();
        let bad = city.passed("wuye");
        city.surveyor().does(&bad, "survey", crate::support::city::bad());
        city.hours(1);
        let others = [disputed(), disputed()];
        let asked = [CommandName::DisputeDecide];
        let page = |after: Option<&str>, most: usize| {
            let which = Which { units: None, after };
            test.db.read(|conn| waiting(conn, &asked, which, most))
        };
        let (mut pages, mut after) = (Vec::new(), None::<String>);
        loop {
            let (ids, next) = page(after.as_deref(), 1).unwrap();
            assert_eq!(ids.len(), 1);
            pages.extend(ids);
            let Some(next) = next else { break };
            after = Some(next);
        }
        assert_eq!(pages, [first, others[0], others[1]]);
        assert_eq!(page(None, 3).unwrap(), (pages, None), "and none behind them");
        assert!(page(Some("x"), 3).is_err());
    }
}
