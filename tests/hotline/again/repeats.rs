//! The repeat mark: the same caller with the same matter, within the days of the rate.

use std::collections::BTreeMap;

use jiesu::assessment::{
    Behind, Depth, Edition, GroupBy, Metric, Place, Question, Rules, Side, store,
};
use jiesu::db::Conn;
use jiesu::ticket::Ticket;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::{Value, json};

use super::{Centre, KNOWING};
use crate::support::city::City;
use crate::support::databases::on_each_database;

const DAYS: i64 = 90;
const DAY: i64 = 86_400_000;

/// One of few callers, categories, places and instants, so that many meet.
#[derive(Debug, Clone)]
struct Call {
    phone: Option<u8>,
    category: Option<&'static str>,
    place: Option<(&'static str, &'static str)>,
    /// Days ago, and whether a millisecond more.
    days: i64,
    more: bool,
    /// Whether its place is amended afterwards, and to which.
    amended: bool,
    to: Option<(&'static str, &'static str)>,
}

fn place() -> impl Strategy<Value = Option<(&'static str, &'static str)>> {
    prop_oneof![
        4 => Just(Some(("estate", "yangguang"))),
        1 => Just(Some(("estate", "chunhui"))),
        // The region of yangguang, and no estate: another matter.
        2 => Just(Some(("region", "she"))),
        1 => Just(None),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    let phone = prop_oneof![8 => (0..2_u8).prop_map(Some), 1 => Just(None)];
    let category = prop_oneof![
        5 => Just(Some("wy.dt")), 2 => Just(Some("wy.gl.sf")), 1 => Just(None)
    ];
    let days = prop_oneof![Just(0), Just(1), Just(30), Just(90), Just(91), Just(120), 0..200_i64];
    let amended = prop::bool::weighted(0.2);
    (phone, category, place(), days, any::<bool>(), amended, place()).prop_map(
        |(phone, category, place, days, more, amended, to)| Call {
            phone,
            category,
            place,
            days,
            more,
            amended,
            to,
        },
    )
}

fn placed(place: Option<(&'static str, &'static str)>) -> Value {
    place.map_or_else(|| json!({}), |(kind, code)| json!({ kind: code }))
}

/// Takes the calls of one round down, each round with callers of its own; answers their numbers.
fn take(city: &City, round: u8, calls: &[Call]) -> Vec<String> {
    let now = city.now();
    let take = |call: &Call| {
        let received_at = now.plus_millis(-call.days * DAY - i64::from(call.more));
        let mut draft = json!({
            "kind": "help", "channel": "letter", "dispatch": "hold",
            "received_at": received_at, "received_reason": "来信补录",
            "caller": { "anonymous": true },
            "matter": { "content": "电梯停运", "category": call.category },
            "place": placed(call.place),
        });
        if let Some(phone) = call.phone {
            draft["caller"] = json!({ "phone": format!("13900000{round}0{phone}") });
        }
        let no = city.agent().registers(draft);
        if call.amended {
            let body = json!({ "fields": { "place": placed(call.to) }, "reason": "更正" });
            city.dispatcher().does(&no, "amend", body);
        }
        no
    };
    calls.iter().map(take).collect()
}

/// Which of them the rate counts as repeats, by their numbers.
fn counted(city: &City, numbers: &[String]) -> Vec<String> {
    let rules: Rules = (&city.rules().profile).into();
    let (start, end) = (city.now().plus_millis(-300 * DAY), city.now().plus_millis(1));
    let load = |conn: &mut Conn| store::load(conn, start, end, rules.repeat_days);
    let facts = city.hotline.db.read(load).unwrap();
    let (by, edition, rules) = (GroupBy::Unit, Edition::All, &rules);
    let ask = Question { start, end, now: city.now(), by, edition, rules };
    let place = Place { dims: &[], depth: Depth::Own, key: None };
    let items =
        Behind::of(&facts, &ask, Metric::RepeatRate).cell(&facts.names, place, Side::Num, |_| true);
    let ids: Vec<i64> = items.iter().map(|item| item.ticket).collect();
    numbers.iter().filter(|no| ids.contains(&city.stored(no).id)).cloned().collect()
}

/// The mark that is due, told a second time from domain.md §1 and §6.
fn due(ticket: &Ticket, all: &BTreeMap<String, Ticket>) -> Value {
    let about = |it: &Ticket| {
        let estate = it.place.estate.as_ref().map(|code| format!("in {code}"));
        let place = estate.or_else(|| it.place.region.as_ref().map(ToString::to_string))?;
        Some((it.caller.phone.clone()?, it.category.clone()?, place))
    };
    let Some(mine) = about(ticket) else { return Value::Null };
    let near = |it: &&Ticket| {
        let before = ticket.received_at.millis_since(it.received_at);
        about(it).as_ref() == Some(&mine) && before > 0 && before <= DAYS * DAY
    };
    let mut near: Vec<&Ticket> = all.values().filter(near).collect();
    near.sort_by_key(|it| (it.received_at, it.no.clone()));
    near.last().map_or(Value::Null, |last| json!({ "of": last.no, "count": near.len() }))
}

on_each_database! {
    fn the_agent_sees_that_she_called_before_and_her_unit_does_not(test: &TestDb) {
        let centre = Centre::open(test);
        let city = &centre.city;
        let (first, second) = (city.taken(), city.sent_to("wuye"));
        assert_eq!(centre.reads("agent", &first)["repeat"], Value::Null);
        // Of the very same instant none is earlier.
        assert_eq!(centre.reads("agent", &second)["repeat"], Value::Null);
        city.days(30);
        let third = centre.call(&json!({ "kind": "complaint" }));
        let sent = json!({ "lead": "wuye", "assists": ["hongda"] });
        city.dispatcher().does(&third, "dispatch", sent);
        for who in KNOWING {
            let mark = centre.reads(who, &third)["repeat"].clone();
            assert_eq!(mark, json!({ "of": second, "count": 2 }), "{who}");
        }
        for who in ["handler@wuye", "unit_head@wuye", "handler@hongda"] {
            let seen = centre.reads(who, &third);
            assert!(seen.get("repeat").is_none() && !seen.to_string().contains(&second), "{who}");
        }
        assert_eq!(centre.reads("handler@hongda", &third)["handling_copy"], true);
        // Another matter, another caller: no repeat. Nor in the answer that took it down.
        let other = centre.call(&json!({ "matter": { "category": "wy.gl.sf" } }));
        let another = centre.call(&json!({ "caller": { "phone": "13900000002" } }));
        for no in [&other, &another] {
            assert!(centre.reads("agent", no).get("repeat").is_none());
        }
        // After ninety days it is a new matter.
        city.days(90);
        let fourth = city.taken();
        assert_eq!(centre.reads("agent", &fourth)["repeat"], json!({ "of": third, "count": 1 }));
        city.clock.set(city.now().plus_millis(90 * DAY + 1));
        let fifth = city.taken();
        assert!(centre.reads("agent", &fifth).get("repeat").is_none());
    }

    fn whoever_carries_the_mark_is_counted_in_the_rate_and_nobody_else(test: &TestDb) {
        let centre = Centre::open(test);
        let city = &centre.city;
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let mut marked = 0;
        for round in 0..8 {
            let calls = prop::collection::vec(call(), 12..24);
            let calls = calls.new_tree(&mut runner).unwrap().current();
            let numbers = take(city, round, &calls);
            let all: BTreeMap<String, Ticket> =
                numbers.iter().map(|no| (no.clone(), city.ticket(no))).collect();
            let rated = counted(city, &numbers);
            for no in &numbers {
                let mark = mark(city, no);
                assert_eq!(mark, due(&all[no], &all), "{no} of {calls:?}");
                assert_eq!(!mark.is_null(), rated.contains(no), "{no} of {calls:?}");
            }
            marked += rated.len();
        }
        assert!(marked > 20, "{marked}");
    }
}

/// What the program says of one ticket, by the question that the web asks.
fn mark(city: &City, no: &str) -> Value {
    let ticket = city.ticket(no);
    let (Some(phone), Some(about)) =
        (&ticket.caller.phone, jiesu::ticket::again::About::of_ticket(&ticket))
    else {
        return Value::Null;
    };
    let hash = city.hotline.keys.phone_hash(phone);
    let days = i64::from(city.rules().profile.repeat_days);
    let ask = |conn: &mut Conn| store::repeat_of(conn, &hash, &about, ticket.received_at, days);
    let found = city.hotline.db.read(ask).unwrap();
    found.map_or(Value::Null, |it| json!({ "of": it.of, "count": it.count }))
}
