//! The duty roster 值班表: who puts it, who reads it, what nobody covers, who is on duty now.

use std::collections::BTreeSet;

use chrono_tz::Asia::Shanghai;
use jiesu::db::Tx;
use jiesu::directory::demo;
use jiesu::identity::Actor;
use jiesu::notify::Occasion;
use jiesu::roster::{self, Office as Duty};
use serde_json::{Value, json};

use crate::console_work::{HOSTILE, Office};
use crate::support::city::{at, draft_with};
use crate::support::databases::{TestDb, on_each_database};
use crate::support::mailroom::Mailroom;
use crate::support::town::hotline;
use crate::surveying::versioned;

/// A night of Monday the 2nd, from the unit's own head.
fn night(office: &Office) {
    let body = json!({ "turns": [
        { "shift": "night", "account": "Handler@weixiu", "phone": "0516-80000011" },
        { "shift": "night", "from": "20:00", "to": "22:00", "name": "李工" } ] });
    let put = office.put("unit_head@weixiu", "/api/v1/roster/weixiu/2026-11-02", &body);
    assert_eq!(put.status, 200, "{put:?}");
}

fn names(turns: &Value) -> Vec<&str> {
    turns.as_array().unwrap().iter().map(|turn| turn["name"].as_str().unwrap()).collect()
}

#[test]
fn a_day_is_put_whole_and_tells_its_turns_and_its_gaps() {
    let office = Office::open();
    night(&office);
    let path = "/api/v1/roster?from=2026-11-02&to=2026-11-03&unit=weixiu";
    let roster = office.get("leader", path).json();
    let unit = &roster["units"][0];
    assert_eq!((&unit["unit"], &unit["may_put"]), (&json!("weixiu"), &json!(false)));
    let monday = &unit["days"][0];
    assert_eq!(names(&monday["turns"]), ["handler@weixiu", "李工"], "{roster}");
    let first = &monday["turns"][0];
    assert_eq!((&first["from"], &first["to"]), (&json!("17:30"), &json!("09:00")));
    assert_eq!((&first["next_day"], &first["account"]), (&json!(true), &json!("handler@weixiu")));
    assert_eq!(monday["set_by"], "unit_head@weixiu");
    assert_eq!(monday["gaps"], json!([{ "from": "00:00", "to": "09:00" }]));
    // The night covers the morning; nobody has the next one.
    assert_eq!(unit["days"][1]["gaps"], json!([{ "from": "17:30", "to": "24:00" }]));
    assert_eq!(roster["days"][0]["working"], true);
    let empty = office.put("dispatcher", "/api/v1/roster/weixiu/2026-11-02", &json!({}));
    assert_eq!((empty.status, &empty.json()["turns"]), (200, &json!([])));
    assert_eq!(empty.json()["gaps"][1], json!({ "from": "17:30", "to": "24:00" }));
}

#[test]
fn the_later_of_two_who_change_a_day_is_refused_and_sees_what_is_there() {
    let office = Office::open();
    night(&office);
    let read = || {
        let path = "/api/v1/roster?from=2026-11-02&to=2026-11-03&unit=weixiu";
        office.get("dispatcher", path).json()["units"][0]["days"].clone()
    };
    let days = read();
    let seen = days[0]["version"].as_i64().unwrap();
    assert!(seen > 0 && days[1]["version"] == 0, "{days}");
    let page =
        office.shown("unit_head@weixiu", "/roster?unit=weixiu&from=2026-11-02&edit=2026-11-02");
    assert!(page.contains(&format!("data-method=\"PUT\" data-version=\"{seen}\"")), "{page}");
    let put = |name: &str, day: u8, seen: i64, who: &str| {
        let body = json!({ "turns": [{ "shift": "night", "name": who }] });
        let path = format!("/api/v1/roster/weixiu/2026-11-{day:02}");
        versioned(&office, name, ("PUT", path.as_str()), &seen.to_string(), &body)
    };
    // In the same instant, and yet another version.
    let first = put("dispatcher", 2, seen, "甲");
    assert_eq!(first.status, 200, "{first:?}");
    let now = first.json()["version"].as_i64().unwrap();
    assert!(now > seen, "{first:?}");
    let later = put("unit_head@weixiu", 2, seen, "乙");
    assert_eq!((later.status, &later.json()["code"]), (412, &json!("stale")), "{later:?}");
    assert_eq!(names(&read()[0]["turns"]), ["甲"]);
    assert_eq!(put("handler@weixiu", 2, seen, "丙").status, 403, "before the version");
    assert_eq!(put("unit_head@weixiu", 2, now, "乙").status, 200);
    assert_eq!(put("unit_head@weixiu", 3, 0, "乙").status, 200, "nobody had put it");
    assert_eq!(put("dispatcher", 3, 0, "甲").status, 412);
}

#[test]
fn the_demo_city_has_people_on_duty_this_week_and_the_next() {
    let test = TestDb::sqlite();
    let hotline = hotline(&test);
    test.clock.set(at("2026-11-20T10:30:00+08:00"));
    let city =
        |tx: &mut Tx<'_>| demo::load(tx, &Actor::system(), "2026-11-20".parse().unwrap()).map(drop);
    hotline.db.write(city).unwrap();
    let load = || {
        let house = hotline.clone();
        let fill = move |tx: &mut Tx<'_>| {
            let rules = house.rules.current(tx.conn, tx.now)?;
            let office = Duty::of(&rules.profile, &rules.calendar);
            roster::demo::load(tx, (&*rules.directory, office))
        };
        hotline.db.write(fill).unwrap()
    };
    let all = load();
    assert!(all > 0 && all % 14 == 0, "{all}");
    assert_eq!(load(), 0, "once");
    let days = ("2026-11-16".parse().unwrap(), "2026-11-29".parse().unwrap());
    let plans = hotline.db.read(|conn| roster::store::plans(conn, None, days)).unwrap();
    assert_eq!(plans.len(), all);
    let at_night = roster::on_duty(&plans, at("2026-11-21T23:00:00+08:00"), Shanghai);
    let units: BTreeSet<_> = plans.iter().map(|plan| &plan.unit).collect();
    assert_eq!(at_night.len(), units.len() - 1, "one unit has nobody on a Saturday");
    // A week later only the week that is new.
    test.clock.set(at("2026-11-27T10:30:00+08:00"));
    assert_eq!(load(), all / 2);
}

#[test]
fn a_holiday_is_uncovered_from_midnight_to_midnight() {
    let office = Office::open();
    let path = "/api/v1/roster?from=2026-10-01&to=2026-10-01&unit=weixiu";
    let roster = office.get("agent", path).json();
    assert_eq!(roster["units"][0]["days"][0]["gaps"], json!([{ "from": "00:00", "to": "24:00" }]));
    assert_eq!(roster["days"][0]["working"], false, "{roster}");
}

#[test]
fn heads_put_their_own_and_those_below_and_whoever_dispatches_all() {
    let office = Office::open();
    let body = json!({ "turns": [{ "shift": "whole", "name": "甲" }] });
    for (who, unit, status) in [
        ("unit_head@weixiu", "weixiu-1", 200),
        ("unit_head@weixiu", "wuye", 403),
        ("handler@weixiu", "weixiu", 403),
        ("agent", "weixiu", 403),
        ("leader", "weixiu", 403),
        ("dispatcher", "wuye", 200),
        ("sysadmin", "zjj", 200),
        ("unit_head@hongda", "hongda-1", 200),
        // Nothing is said of what is not theirs.
        ("unit_head@hongda", "jiedao", 404),
        ("dispatcher", "none", 404),
        ("secadmin", "weixiu", 403),
    ] {
        let put = office.put(who, &format!("/api/v1/roster/{unit}/2026-11-02"), &body);
        assert_eq!(put.status, status, "{who} {unit}: {put:?}");
    }
}

#[test]
fn what_is_wrong_with_a_day_is_told_at_its_field() {
    let office = Office::open();
    let one = |turn: Value| json!({ "turns": [turn] });
    let well = one(json!({ "shift": "day", "name": "甲" }));
    for (date, body, pointer, code) in [
        ("2026-11-02", one(json!({ "shift": "day" })), "/turns/0/name", "field.required"),
        (
            "2026-11-02",
            one(json!({ "shift": "day", "account": "nobody" })),
            "/turns/0/account",
            "field.unknown_code",
        ),
        ("2026-11-02", one(json!({ "shift": "evening" })), "/turns/0/shift", "field.unknown_code"),
        ("2028-11-02", well.clone(), "/date", "field.too_far"),
    ] {
        let put = office.put("dispatcher", &format!("/api/v1/roster/weixiu/{date}"), &body);
        let error = put.json()["errors"][0].clone();
        assert_eq!((put.status, &error["pointer"]), (422, &json!(pointer)), "{put:?}");
        assert_eq!(error["code"], code, "{error}");
    }
    let ended = office.put("dispatcher", "/api/v1/roster/jiuke/2026-11-02", &well);
    assert_eq!(ended.json()["errors"][0]["code"], "directory.unit_ended", "{ended:?}");
    // A company names nobody but its own.
    let foreign = one(json!({ "shift": "day", "account": "handler@weixiu" }));
    let put = office.put("unit_head@hongda", "/api/v1/roster/hongda/2026-11-02", &foreign);
    assert_eq!(put.json()["errors"][0]["code"], "field.unknown_code", "{put:?}");
    for query in ["from=2026-11-02&to=2026-11-01", "from=2026-01-01&to=2026-12-31"] {
        let answer = office.get("leader", &format!("/api/v1/roster?{query}"));
        assert_eq!((answer.status, &answer.json()["errors"][0]["pointer"]), (422, &json!("/to")));
    }
}

#[test]
fn who_is_on_duty_now_is_told_and_a_company_sees_nobody_elses_phone() {
    let office = Office::open();
    night(&office);
    let now = |who: &str| office.get(who, "/api/v1/roster/now?unit=weixiu");
    assert_eq!(now("agent").json()["working"], true);
    for (time, there) in [
        ("2026-11-02T17:29:00+08:00", vec![]),
        ("2026-11-02T21:00:00+08:00", vec!["handler@weixiu", "李工"]),
        ("2026-11-03T08:59:00+08:00", vec!["handler@weixiu"]),
        ("2026-11-03T09:00:00+08:00", vec![]),
    ] {
        office.city.clock.set(at(time));
        let answer = now("agent").json();
        assert_eq!(names(&answer["items"][0]["turns"]), there, "{time}: {answer}");
    }
    office.city.clock.set(at("2026-11-02T21:00:00+08:00"));
    let everywhere = office.get("dispatcher", "/api/v1/roster/now").json();
    assert_eq!(
        (&everywhere["working"], &everywhere["items"][0]["unit"]),
        (&json!(false), &json!("weixiu"))
    );
    assert_eq!(everywhere["items"][0]["turns"][0]["phone"], "0516-80000011");
    for who in ["handler@hongda", "unit_head@hongda", "handler@hongda-1"] {
        assert_eq!(now(who).status, 404, "{who}");
        assert_eq!(office.get(who, "/api/v1/roster/now").json()["items"], json!([]), "{who}");
        let roster = office.get(who, "/api/v1/roster?from=2026-11-01&to=2026-11-30");
        assert!(!roster.body.contains("80000011"), "{who}: {}", roster.body);
        assert_eq!(office.get(who, "/api/v1/roster?unit=weixiu").status, 404, "{who}");
    }
    assert_eq!(now("auditor").status, 403);
}

#[test]
fn where_nobody_is_on_duty_the_published_phone_stands() {
    let office = Office::open();
    let unit = json!({ "code": "weixiu", "name": "维修科", "kind": "section", "parent": "zjj",
        "from_on": "2020-01-01", "phones": [{ "number": "0516-80000099", "hours": "工作日" }] });
    let put = office.put("sysadmin", "/api/v1/units/weixiu", &unit);
    assert!(put.status < 300, "{put:?}");
    office.city.clock.set(at("2026-11-02T21:00:00+08:00"));
    let path = "/api/v1/roster/now?unit=weixiu";
    let now = office.get("agent", path).json();
    assert_eq!(now["items"][0]["phones"][0]["number"], "0516-80000099", "{now}");
    night(&office);
    let now = office.get("agent", path).json();
    assert_eq!(now["items"][0]["phones"], json!([]), "{now}");
}

#[test]
fn a_month_s_sheet_puts_good_days_and_gives_the_other_lines_back_with_reasons() {
    let office = Office::open();
    let text = "日期\t班次\t姓名\t值班电话\t单位\n\
        2026/11/2\t夜班\t甲\t0516-80000011\t\n\
        2026/11/3\t夜班\t乙\t\tweixiu-1单位\n\
        2026/11/4\t夜班\t丙\t\t\n\
        2026/11/4\t晚班\t丁\t\t\n\
        2026/11/5\t夜班\t\t\t\n\
        2026/11/6\t夜班\t戊\t\twuye\n";
    let sheet = json!({ "text": text, "unit": "weixiu" });
    let loaded = office.post("unit_head@weixiu", "/api/v1/roster/sheet", &sheet);
    let told = loaded.json();
    assert_eq!((loaded.status, &told["days"]), (200, &json!(2)), "{told}");
    let rejected = told["rejected"].as_array().unwrap();
    let lines: Vec<u64> = rejected.iter().map(|it| it["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [4, 5, 6, 7], "{told}");
    let reason = |n: usize| rejected[n]["reason"].as_str().unwrap();
    assert!(reason(0).contains("其他行有误") && reason(1).starts_with("班次："), "{told}");
    assert!(reason(2).starts_with("姓名：") && reason(3).contains("角色"), "{told}");
    assert_eq!(rejected[1]["cells"][2], "丁");
    let roster = office.get("leader", "/api/v1/roster?from=2026-11-02&to=2026-11-06").json();
    let units = roster["units"].as_array().unwrap();
    let codes: Vec<&str> = units.iter().map(|unit| unit["unit"].as_str().unwrap()).collect();
    assert_eq!(codes, ["weixiu", "weixiu-1"], "{roster}");
    for (who, status) in [("handler@weixiu", 403), ("leader", 403), ("dispatcher", 200)] {
        assert_eq!(office.post(who, "/api/v1/roster/sheet", &sheet).status, status, "{who}");
    }
    let strange = json!({ "text": "日期,生日\n" });
    let refused = office.post("dispatcher", "/api/v1/roster/sheet", &strange);
    assert_eq!((refused.status, &refused.json()["errors"][0]["pointer"]), (422, &json!("/text")));
    for (who, there) in [("unit_head@weixiu", true), ("leader", false)] {
        assert_eq!(office.shown(who, "/roster").contains("data-sheet"), there, "{who}");
    }
}

#[test]
fn the_sheet_shows_turns_and_gaps_and_a_form_only_to_whoever_may_put_it() {
    let office = Office::open();
    let hostile = json!({ "turns": [{ "shift": "night", "name": HOSTILE.get(..40).unwrap() }] });
    let put = office.put("dispatcher", "/api/v1/roster/weixiu/2026-11-03", &hostile);
    assert_eq!(put.status, 200, "{put:?}");
    night(&office);
    let sheet = "/roster?unit=weixiu&from=2026-11-02&edit=2026-11-02";
    for (who, forms) in
        [("unit_head@weixiu", 1), ("dispatcher", 1), ("leader", 0), ("handler@weixiu", 0)]
    {
        let page = office.shown(who, sheet).replace("&#x2f;", "/");
        assert!(page.contains("李工") && page.contains("tel:0516-80000011"), "{who}: {page}");
        assert!(page.contains("无人值班") && page.contains("次日 09:00"), "{who}: {page}");
        let put = "data-call=\"/api/v1/roster/weixiu/2026-11-02\"";
        assert_eq!(page.matches(put).count(), forms, "{who}: {page}");
    }
    let month = office.shown("leader", "/roster?show=month&from=2026-11-15").replace("&#x2f;", "/");
    assert!(month.contains("11月30日") && month.contains("李工"), "{month}");
    assert!(!office.shown("handler@hongda", "/roster?from=2026-11-02").contains("80000011"));
    assert_eq!(office.page("handler@hongda", sheet).status, 404);
    for who in ["secadmin", "auditor"] {
        assert_eq!(office.page(who, "/roster").status, 403, "{who}");
    }
}

#[test]
fn outside_working_hours_a_ticket_names_who_is_on_duty_at_its_lead() {
    let office = Office::open();
    night(&office);
    let urgent = draft_with(&json!({ "matter": { "urgency": "emergency" } }));
    let no = office.city.agent().registers(urgent);
    office.city.dispatcher().does(&no, "dispatch", json!({ "lead": "weixiu" }));
    let path = format!("/tickets/{no}");
    let says = |who: &str, path: &str| office.shown(who, path).contains("0516-80000011");
    for path in [path.as_str(), "/", "/desk"] {
        assert!(!says("agent", path), "in working hours: {path}");
    }
    office.city.clock.set(at("2026-11-02T21:00:00+08:00"));
    for path in [path.as_str(), "/", "/desk", "/queues/open"] {
        assert!(says("agent", path), "{path}");
    }
    assert!(says("dispatcher", &path) && says("dispatcher", "/") && says("leader", &path));
    let page = office.shown("agent", &path);
    assert!(page.contains("紧急工单，现在是非工作时间"), "{page}");
    // The next evening nobody has.
    office.city.clock.set(at("2026-11-03T21:00:00+08:00"));
    let page = office.shown("agent", &path);
    assert!(page.contains("无人值班") && !page.contains("0516-80000011"), "{page}");
    assert!(office.shown("agent", "/").contains("现在无人值班"));
}

on_each_database! {
    fn whoever_is_on_duty_is_told_of_an_emergency_in_the_night(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let bearer = format!("Bearer {}", room.tokens["unit_head@wuye"]);
        let plan = json!({ "turns": [
            { "shift": "night", "account": "unit_head@wuye" },
            // Nothing of the unit's cases is theirs.
            { "shift": "night", "account": "handler@chengguan" } ] });
        let path = "/api/v1/roster/wuye/2026-11-02";
        let headers = [("Authorization", bearer.as_str())];
        let put = room.server.ask("PUT", path, &headers, &plan.to_string());
        assert_eq!(put.status, 200, "{put:?}");
        let told = |urgency: &str| {
            let before = room.letters().len();
            let draft = draft_with(&json!({ "matter": { "urgency": urgency } }));
            let no = room.city.agent().registers(draft);
            room.city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye" }));
            room.minutes(2);
            let new = room.letters().into_iter().skip(before);
            let new = new.filter(|letter| letter.occasion == Occasion::Dispatched);
            new.map(|letter| letter.account_id).collect::<BTreeSet<i64>>()
        };
        let [clerk, head] =
            ["handler@wuye", "unit_head@wuye"].map(|name| room.city.person(name).actor.user);
        room.city.clock.set(at("2026-11-02T20:10:00+08:00"));
        assert_eq!(told("general"), BTreeSet::from([clerk]), "no emergency");
        room.city.clock.set(at("2026-11-02T23:10:00+08:00"));
        assert_eq!(told("emergency"), BTreeSet::from([clerk, head]));
        room.city.clock.set(at("2026-11-03T23:10:00+08:00"));
        assert_eq!(told("emergency"), BTreeSet::from([clerk]), "the plan is of another night");
    }
}
