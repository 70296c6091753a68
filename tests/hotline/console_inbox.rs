//! A unit's inbox: in the order of what lapses next of the unit's own limits, with the working hours that are left; and
//! the withdrawals that wait for an agent.

use std::collections::BTreeSet;

use jiesu::directory::UnitCode;
use jiesu::places::Gazetteer;
use jiesu::places::queue::Lamp;
use jiesu::ticket::StateName;
use jiesu::ticket::listing::{Filter, Sort, page};
use jiesu::ticket::sight::Scope;
use jiesu::ticket::store::inbox::{PartKey, lapsing};
use serde_json::{Value, json};

use crate::console_work::{HOSTILE, Office};
use crate::support::city::City;
use crate::support::databases::{TestDb, on_each_database};
use crate::support::plan::{self, Plan};

fn items(office: &Office, name: &str) -> Value {
    office.get(name, "/api/v1/work").json()["items"].clone()
}

#[test]
fn what_the_unit_itself_owes_next_stands_first_with_the_working_hours_left() {
    let office = Office::open();
    let city = &office.city;
    // The ticket's own limit is the same for both; one citizen has been spoken to, the other has not.
    let (spoken, fresh) = (city.handled_by("weixiu"), city.sent_to("weixiu"));
    let found = items(&office, "handler@weixiu");
    let order: Vec<&str> =
        found.as_array().unwrap().iter().map(|it| it["no"].as_str().unwrap()).collect();
    assert_eq!(order, [fresh.as_str(), spoken.as_str()], "{found}");
    // A natural day on working days holds one working day of seven hours; five days more than that.
    let next = |n: usize| {
        (found[n]["next"]["clock"].clone(), found[n]["next"]["working_minutes"].as_i64().unwrap())
    };
    assert_eq!(next(0), ("contact".into(), 7 * 60));
    assert_eq!(next(1).0, "handle");
    assert!(next(1).1 > 5 * 7 * 60, "{found}");
    let page = office.shown("handler@weixiu", "/work");
    assert!(page.contains("<strong>联系</strong>") && page.contains("剩 7 工时"), "{page}");
    assert!(
        page.contains("<strong>答复</strong>") && page.contains("data-working=\"420\""),
        "{page}"
    );
    // The stretches in which they run are told: to the lunch of this Monday first.
    let shifts = page.split("data-shifts=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(shifts.replace("&#x2f;", "/").contains("2026-11-02T12:00:00"), "{shifts}");
    // Two hours after the limit has run out two working hours are over.
    city.hours(26);
    let page = office.shown("handler@weixiu", "/work");
    assert!(page.contains("超 2 工时"), "{page}");
}

#[test]
fn an_inbox_goes_on_by_a_key_of_its_own_and_by_no_other() {
    let office = Office::open();
    let no = office.city.sent_to("weixiu");
    assert_eq!(office.get("handler@weixiu", "/api/v1/work?after=x").status, 422);
    let later = office.get("handler@weixiu", "/api/v1/work?after=9000000000000000.1.1").json();
    assert_eq!((&later["items"], &later["next"]), (&json!([]), &Value::Null));
    let page = office.shown("handler@weixiu", "/work?after=0.0.0");
    assert!(page.contains(&no) && page.contains("回到最前"), "{page}");
}

on_each_database! {
    fn pages_of_an_inbox_hold_each_part_once_and_none_that_is_not_owed(test: &TestDb) {
        let city = City::of(test);
        let done = city.replied_by("weixiu");
        let spoken = city.handled_by("weixiu");
        let first = city.sent_to("weixiu");
        city.hours(1);
        let second = city.sent_to("weixiu");
        let others = city.sent_to("wuye");
        let units = BTreeSet::from([UnitCode::new("weixiu")]);
        let id = |no: &str| city.stored(no).id;
        let (mut pages, mut after): (Vec<PartKey>, Option<String>) = (Vec::new(), None);
        loop {
            let ask = after.clone();
            let (page, next) = test.db.read(|conn| lapsing(conn, &units, ask.as_deref(), 1)).unwrap();
            assert_eq!(page.len(), 1);
            pages.extend(page);
            let Some(next) = next else { break };
            after = Some(next);
        }
        assert_eq!(pages, [(id(&first), 1), (id(&second), 1), (id(&spoken), 1)]);
        assert!(!pages.contains(&(id(&done), 1)) && !pages.contains(&(id(&others), 1)));
        // Taken back, nobody owes it.
        city.dispatcher().does(&first, "recall", json!({ "reason": "派错" }));
        let (page, _) = test.db.read(|conn| lapsing(conn, &units, None, 9)).unwrap();
        assert_eq!(page, [(id(&second), 1), (id(&spoken), 1)]);
    }
}

#[test]
fn an_inbox_is_read_out_of_its_own_index_on_each_page() {
    let test = TestDb::sqlite();
    let units = ["weixiu", "wuye"].map(UnitCode::new).into();
    for after in [None, Some("5.5.1")] {
        let plans = plan::of(&test.db, |conn| lapsing(conn, &units, after, 5));
        assert!(plans.iter().all(|it| it.uses("assignment_next")), "{plans:?}");
    }
}

#[test]
fn the_most_urgent_are_walked_by_what_runs_out_and_not_sorted() {
    let test = TestDb::sqlite();
    let states = vec![StateName::InUnits, StateName::OnLedger];
    let filter = Filter { states, sort: Some(Sort::Due), ..Filter::default() };
    let now = test.db.now();
    for after in [None, Some("5.5")] {
        let plans = plan::of(&test.db, |conn| page(conn, &Scope::All, &filter, now, after, 5));
        assert!(plans.iter().all(|it| it.uses("ticket_due") && !it.sorts()), "{plans:?}");
    }
}

#[test]
fn tickets_without_a_place_are_walked_by_their_own_short_index() {
    let test = TestDb::sqlite();
    let city = City::of(&test);
    let rules = city.rules();
    let gazetteer = Gazetteer::of(rules.directory.clone());
    let (keys, today) = (&city.hotline.keys, test.db.now().day(rules.profile.zone));
    let lamp = Lamp { gazetteer: &gazetteer, keys, today, certain: 0.9 };
    let agent = city.agent().actor;
    for after in [None, Some("5.5")] {
        let plans = plan::of(&test.db, |conn| lamp.page(conn, agent, after, 5));
        let walks: Vec<&Plan> =
            plans.iter().filter(|it| it.statement.contains("place_aside")).collect();
        assert!(walks.iter().any(|it| it.uses("ticket_placeless")), "{plans:?}");
        assert!(walks.iter().all(|it| !it.sorts()), "{plans:?}");
    }
}

#[test]
fn a_withdrawal_after_a_dispatch_waits_on_the_agent_s_first_page_until_the_citizen_was_asked() {
    let office = Office::open();
    let city = &office.city;
    let none = office.shown("agent", "/");
    assert!(none.contains("没有待确认的撤单") && !none.contains("withdraw/confirm"), "{none}");
    let (first, second) = (city.handled_by("weixiu"), city.sent_to("wuye"));
    city.person("agent-2").does(&first, "withdraw", json!({ "reason": HOSTILE }));
    city.hours(1);
    city.person("agent-2").does(&second, "withdraw", json!({ "reason": "已自行解决" }));
    // Before a dispatch nobody needs to be asked.
    let early = city.taken();
    city.agent().does(&early, "withdraw", json!({ "reason": "打错了" }));
    let waiting = || office.get("agent", "/api/v1/decisions").json()["items"].clone();
    let found = waiting();
    let told = |n: usize| (found[n]["target"].clone(), found[n]["command"].clone());
    assert_eq!(told(0), (json!(first), json!("withdraw/confirm")), "{found}");
    assert_eq!(told(1), (json!(second), json!("withdraw/confirm")), "{found}");
    assert_eq!(found.as_array().unwrap().len(), 2);
    for path in ["/", "/decisions"] {
        let page = office.shown("agent", path).replace("&#x2f;", "/");
        let form = |no: &str| format!("data-call=\"/api/v1/tickets/{no}/withdraw/confirm\"");
        assert!(page.contains(&form(&first)) && page.contains(&form(&second)), "{page}");
        assert!(page.contains("已自行解决") && !page.contains(&form(&early)), "{page}");
    }
    let page = office.shown("agent", "/");
    assert!(page.contains("data-count=\"withdraw\">2<"), "{page}");
    let at =
        |page: &str, heading: &str| page.find(&format!("id=\"{heading}\"")).expect("a heading");
    assert!(at(&page, "withdrawals") < at(&page, "queue-open"), "what waits stands first");
    for name in ["dispatcher", "leader", "handler@weixiu"] {
        assert!(!office.shown(name, "/").contains("待确认撤单"), "{name}");
    }
    let said = |no: &str, confirmed: bool| {
        let body = json!({ "confirmed": confirmed, "how": "已拨打受理号码核实" });
        office.post("agent", &format!("/api/v1/tickets/{no}/withdraw/confirm"), &body).status
    };
    assert_eq!((said(&first, true), said(&second, false)), (200, 200));
    assert_eq!(waiting(), json!([]));
    let page = office.shown("agent", "/");
    assert!(page.contains("没有待确认的撤单"), "{page}");
    assert!(at(&page, "withdrawals") > at(&page, "queue-open"), "what is empty stands last");
}
