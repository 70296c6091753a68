//! Under which profile a figure is made, and what it would be under another one or by another catalogue: as an assessor
//! asks, in a city whose clock is moved by hand (decision 0032).

mod command_line;
mod lists;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::badges;
use crate::support::city::{City, draft_with};
use crate::support::databases::on_each_database;
use crate::support::server::{Answer, Server};

/// The city in a running server, and a token for everyone.
struct Desk {
    server: Server,
    city: City,
    badges: BTreeMap<String, String>,
}

impl Desk {
    fn open(url: &str) -> Self {
        let server = Server::start(&[("JIESU_DATABASE__URL", url)]);
        let city = City::served(&server);
        let badges = badges::issue(&server.app, city.people().map(|person| person.actor));
        Self { server, city, badges }
    }

    fn says(&self, who: &str, method: &str, path: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {}", self.badges[who]);
        let path = format!("/api/v1{path}");
        self.server.ask(method, &path, &[("Authorization", &bearer)], body)
    }

    fn asks(&self, who: &str, path: &str) -> Value {
        let answer = self.says(who, "GET", path, "");
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    /// What would be, as the assessor is told.
    fn would(&self, body: &Value) -> Value {
        let answer = self.says("assessor", "POST", "/rates/whatif", &body.to_string());
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// Where and why a question is refused.
    fn refused(&self, body: &Value) -> (u16, String) {
        let answer = self.says("assessor", "POST", "/rates/whatif", &body.to_string());
        let fault = answer.json()["errors"][0].clone();
        (
            answer.status,
            format!("{} {}", fault["pointer"].as_str().unwrap(), fault["code"].as_str().unwrap()),
        )
    }

    /// The sysadmin lays down a version of the default profile.
    fn lays_down(&self, number: u32, from_on: &str, changes: &[(&str, &str)]) {
        let toml = profile(number, changes);
        let body =
            json!({ "name": "default", "version": number, "toml": toml, "from_on": from_on });
        let answer = self.says("sysadmin", "POST", "/profiles", &body.to_string());
        assert_eq!(answer.status, 201, "{answer:?}");
    }

    /// A citizen is basically satisfied with what wuye did; the reply came `days` after it was sent.
    fn answered(&self, days: i64) -> String {
        let no = self.city.handled_by("wuye");
        self.city.days(days);
        self.city.handler("wuye").does(&no, "reply", json!({ "text": "已修好" }));
        self.city.reviewer().does(&no, "review", json!({ "pass": true }));
        self.city.hours(1);
        let basic = json!({
            "outcome": "reached", "contacted": "yes", "solved": "solved", "satisfied": "basic"
        });
        self.city.surveyor().does(&no, "survey", basic);
        no
    }

    /// The profile and the satisfaction rate of a window.
    fn satisfied(&self, window: &str) -> (String, Value) {
        let rates = self.asks("leader", &format!("/rates?window={window}"));
        let profile = rates["profile"].as_str().unwrap().to_owned();
        (profile, rates["total"]["metrics"]["satisfaction_rate"]["value"].clone())
    }
}

/// What a report says was received of a category.
fn received_of(report: &Value, category: &str) -> Option<Value> {
    let sections = report["sections"].as_array().unwrap().iter();
    let blocks = sections.flat_map(|it| it["blocks"].as_array().unwrap());
    let table = blocks.filter(|it| it["id"] == "categories").collect::<Vec<_>>()[0];
    let at = table["columns"].as_array().unwrap().iter().position(|it| it["id"] == "received")?;
    let row = table["rows"].as_array().unwrap().iter().find(|it| it["key"] == category)?;
    Some(row["cells"][at]["value"].clone())
}

/// The text of the default profile as version `number`, with some words replaced.
fn profile(number: u32, changes: &[(&str, &str)]) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/profiles/default.toml");
    let mut text = std::fs::read_to_string(path).unwrap();
    text = text.replacen("version = 1", &format!("version = {number}"), 1);
    for (before, after) in changes {
        assert!(text.contains(before), "{before}");
        text = text.replacen(before, after, 1);
    }
    text
}

const LIGHTER: (&str, &str) = ("basic_satisfied = 0.9", "basic_satisfied = 0.5");
const SHORTER: (&str, &str) = ("general = \"5 workdays\"", "general = \"3 workdays\"");

fn row<'a>(rows: &'a Value, key: &str) -> &'a Value {
    rows.as_array().unwrap().iter().find(|row| row["key"] == key).unwrap()
}

on_each_database! {
    fn a_profile_of_december_moves_neither_novembers_figures_nor_decembers(test: &TestDb) {
        let desk = Desk::open(&test.url);
        desk.answered(1);
        let november = ("default@1".to_owned(), json!(0.9));
        assert_eq!(desk.satisfied("2026-11"), november);
        // The 4th of December: a lighter weight from the next day on.
        desk.city.days(31);
        desk.lays_down(2, "2026-12-05", &[LIGHTER]);
        desk.answered(2);
        assert_eq!(desk.satisfied("2026-11"), november);
        assert_eq!(desk.satisfied("2026-12"), ("default@1".to_owned(), json!(0.9)), "it began under it");
        desk.city.days(31);
        desk.answered(1);
        assert_eq!(desk.satisfied("2026-11"), november);
        assert_eq!(desk.satisfied("2027-01"), ("default@2".to_owned(), json!(0.5)));
        // What lies behind a figure names its profile, and so does every other face of it.
        let behind = desk.asks("leader", "/rates/tickets?window=2026-11&metric=satisfaction_rate");
        assert_eq!((&behind["profile"], &behind["items"][0]["weight"]), (&json!("default@1"), &json!(0.9)));
        let projected = desk.asks("assessor", "/rates/projection?window=2026-11&unit=wuye");
        assert_eq!(projected["profile"], "default@1");
        assert_eq!(desk.asks("assessor", "/signals?window=2026-11")["profile"], "default@1");
        // The report too.
        let made = desk.says("assessor", "POST", "/reports", &json!({ "window": "2026-11" }).to_string());
        assert_eq!(made.status, 201, "{made:?}");
        let marks = made.json()["marks"].to_string();
        assert!(marks.contains("default@1") && !marks.contains("default@2"), "{marks}");
    }

    fn no_profile_is_put_in_force_for_days_gone_by(test: &TestDb) {
        let desk = Desk::open(&test.url);
        desk.answered(1);
        desk.city.days(31);
        let names = |body: Value| desk.says("sysadmin", "PUT", "/profiles/in-force", &body.to_string());
        let early = names(json!({ "name": "beijing", "since_on": "2026-11-01" }));
        assert_eq!((early.status, &early.json()["errors"][0]["code"]), (422, &json!("directory.profile_past")), "not even the first");
        // The first one named, where tickets were received before: until now it was the configuration's.
        assert_eq!(names(json!({ "name": "beijing" })).status, 200);
        assert_eq!(desk.satisfied("2026-11").0, "default@1");
        assert_eq!(desk.satisfied("2026-12").0, "default@1");
        assert_eq!(desk.satisfied("2027-01").0, "beijing@1");
        let back = names(json!({ "name": "beijing", "since_on": "2026-11-01" }));
        let fault = &back.json()["errors"][0];
        assert_eq!((back.status, &fault["pointer"], &fault["code"]), (422, &json!("/since_on"), &json!("directory.profile_past")));
        assert_eq!(names(json!({ "name": "jinan", "since_on": "2027-02-01" })).status, 200);
        assert_eq!(desk.satisfied("2027-01").0, "beijing@1");
        assert_eq!(desk.satisfied("2027-02").0, "jinan@1");
    }

    fn a_profile_may_be_named_again_for_an_earlier_day_that_has_not_gone_by(test: &TestDb) {
        let desk = Desk::open(&test.url);
        desk.answered(1);
        let names = |name: &str, since_on: Option<&str>| {
            let body = json!({ "name": name, "since_on": since_on }).to_string();
            let answer = desk.says("sysadmin", "PUT", "/profiles/in-force", &body);
            assert_eq!(answer.status, 200, "{answer:?}");
            answer.json()["since_on"].as_str().unwrap().to_owned()
        };
        let made_under = || ["2027-01", "2027-02", "2027-03"].map(|window| desk.satisfied(window).0);
        assert_eq!(names("jinan", Some("2027-03-01")), "2027-03-01");
        assert_eq!(made_under(), ["default@1", "default@1", "jinan@1"]);
        assert_eq!(names("jinan", Some("2027-02-01")), "2027-02-01");
        assert_eq!(made_under(), ["default@1", "jinan@1", "jinan@1"]);
        // For a later day it is named already, and the answer says since when.
        assert_eq!(names("jinan", Some("2027-04-01")), "2027-02-01");
        assert_eq!(made_under(), ["default@1", "jinan@1", "jinan@1"]);
        // Today has not gone by; the month that has begun stays as it began.
        assert_eq!(names("jinan", None), "2026-11-03");
        let since_today = ["2026-11", "2026-12"].map(|window| desk.satisfied(window).0);
        assert_eq!(since_today, ["default@1", "jinan@1"]);
    }

    fn the_assessor_sees_what_a_profile_would_do_before_it_is_laid_down(test: &TestDb) {
        let desk = Desk::open(&test.url);
        // Sent on Monday the 2nd and answered on Friday: in time by five working days, late by three.
        let no = desk.answered(4);
        desk.city.days(10);
        let was = desk.asks("leader", "/rates?window=2026-11");
        let toml = profile(9, &[LIGHTER, SHORTER, ("attempts = 3", "attempts = 4")]);
        let told = desk.would(&json!({ "window": "2026-11", "toml": toml }));
        let figures = &told["figures"];
        assert_eq!(
            (&figures["profile"], &figures["tried"], &figures["on_record"]),
            (&json!("default@1"), &json!("default@9"), &json!(false))
        );
        let wuye = row(&figures["rows"], "wuye");
        let satisfied = &wuye["metrics"]["satisfaction_rate"];
        assert_eq!(satisfied["before"], json!({ "num": 0.9, "den": 1, "value": 0.9 }));
        assert_eq!((&satisfied["after"]["value"], &satisfied["difference"]), (&json!(0.5), &json!(-0.4)));
        let on_time = &wuye["metrics"]["on_time_rate"];
        assert_eq!(
            (&on_time["before"]["value"], &on_time["after"]["value"], &on_time["difference"]),
            (&json!(1.0), &json!(0.0), &json!(-1.0)),
            "{on_time}"
        );
        assert_eq!(wuye["metrics"]["composite"]["difference"], json!(-16.0));
        assert_eq!(wuye["changed"], json!(["satisfaction_rate", "composite", "on_time_rate"]));
        assert_eq!(row(&figures["rows"], "weixiu")["changed"], json!([]));
        let effect = |name: &str| {
            let settings = figures["settings"].as_array().unwrap();
            settings.iter().find(|it| it["setting"] == name).unwrap()["effect"].clone()
        };
        assert_eq!(effect("assessment.basic_satisfied"), "replayed");
        assert_eq!(effect("clocks.handle.general"), "replayed");
        assert_eq!(effect("survey.attempts"), "conduct");
        assert_eq!((&figures["kept"], figures["settings"].as_array().unwrap().len()), (&json!(0), 3));
        assert_eq!(figures["notes"].as_array().unwrap().len(), 2);
        // Nothing was kept, and no ticket is named.
        assert!(!told.to_string().contains(&no));
        assert_eq!(desk.asks("leader", "/rates?window=2026-11"), was);
        // The profile itself changes nothing.
        let same = desk.would(&json!({ "window": "2026-11", "profile": "default@1" }));
        assert_eq!((&same["figures"]["total"]["changed"], &same["figures"]["settings"]), (&json!([]), &json!([])));
        assert_eq!(same["figures"]["on_record"], json!(true));
    }

    fn a_question_that_cannot_be_answered_says_where_and_who_may_not_ask_is_refused(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let good = json!({ "window": "2026-11", "profile": "beijing@1" });
        for who in ["assessor", "leader", "sysadmin"] {
            assert_eq!(desk.says(who, "POST", "/rates/whatif", &good.to_string()).status, 200, "{who}");
        }
        for who in ["agent", "dispatcher", "reviewer", "auditor", "handler@wuye", "unit_head@wuye"] {
            // Who may not ask is not told what is wrong with the question.
            assert_eq!(desk.says(who, "POST", "/rates/whatif", "{}").status, 403, "{who}");
        }
        let with = |name: &str, value: Value| {
            let mut body = good.clone();
            body[name] = value;
            body
        };
        let at = |pointer: &str, code: &str| (422, format!("{pointer} {code}"));
        assert_eq!(desk.refused(&json!({ "window": "2026-11" })), at("/profile", "whatif.nothing"));
        assert_eq!(desk.refused(&with("profile", json!("beijing@9"))), at("/profile", "field.unknown_code"));
        assert_eq!(desk.refused(&with("toml", json!("= ="))), at("/toml", "whatif.both"));
        assert_eq!(desk.refused(&json!({ "window": "2026-11", "toml": "= =" })), at("/toml", "limits.profile"));
        assert_eq!(desk.refused(&with("window", json!("2026-13"))), at("/window", "field.format"));
        let rule = json!({ "code": "N1", "category": "wy.dt", "lead": "nobody", "from_on": "2026-11-01" });
        let wrong = desk.refused(&json!({ "window": "2026-11", "catalogue": { "changes": [rule] } }));
        assert_eq!((wrong.0, wrong.1.split(' ').next()), (422, Some("/catalogue/changes/0/lead")));
    }

    fn a_catalogue_is_compared_by_counts_and_by_no_rate(test: &TestDb) {
        let desk = Desk::open(&test.url);
        for estate in ["yangguang", "yangguang", "yangguang"] {
            let no = desk.city.agent().registers(draft_with(&json!({ "place": { "estate": estate } })));
            desk.city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye", "assists": ["weixiu"] }));
        }
        desk.city.taken(); // never sent: the catalogue was not asked
        let rule = json!({ "code": "N1", "category": "wy.dt", "lead": "baozhang", "assists": ["wuye"], "from_on": "2020-01-01" });
        let told = desk.would(&json!({ "window": "2026-11", "catalogue": { "rules": [rule] } }));
        assert!(told.get("figures").is_none());
        let dispatch = &told["dispatch"];
        assert_eq!((&dispatch["total"], &dispatch["changed"]), (&json!(3), &json!(3)));
        let wuye = row(&dispatch["rows"], "wuye");
        assert_eq!(wuye["before"], json!({ "leads": 3, "assists": 0, "dispatched": 3 }));
        assert_eq!(wuye["after"], json!({ "leads": 0, "assists": 3, "dispatched": 3 }));
        let gained = row(&dispatch["rows"], "baozhang");
        assert_eq!((&gained["leads_difference"], &gained["came"], &gained["went"]), (&json!(3), &json!(3), &json!(0)));
        assert_eq!(row(&dispatch["rows"], "weixiu")["dispatched_difference"], json!(-3));
        let moves = json!([{ "from": "wuye", "to": "baozhang", "tickets": 3 }]);
        assert_eq!(dispatch["moves"], moves);
        assert!(dispatch["notes"][0].as_str().unwrap().contains("不推算任何率"));
    }

    fn older_categories_are_counted_as_newer_ones_and_tickets_keep_theirs(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let of = |category: &str| {
            desk.city.agent().registers(draft_with(&json!({ "matter": { "category": category } })))
        };
        let old = of("wy.dt");
        of("wy.dt");
        of("wy.gl.sf");
        let says = |who: &str, code: &str, body: Value| {
            let answer = desk.says(who, "PUT", &format!("/category-map/{code}"), &body.to_string());
            let code = answer.json()["errors"][0]["code"].as_str().map(str::to_owned);
            (answer.status, code.unwrap_or_default())
        };
        let refused = |code: &str| (422, code.to_owned());
        assert_eq!(says("assessor", "wy.dt", json!({ "to": "wy.gl.sf" })).0, 403);
        assert_eq!(says("sysadmin", "nothing", json!({ "to": "wy.gl.sf" })).0, 404);
        assert_eq!(says("sysadmin", "wy.dt", json!({ "to": "nothing" })), refused("field.unknown_code"));
        assert_eq!(says("sysadmin", "wy.dt", json!({ "to": "wy.gl.sf" })).0, 200);
        assert_eq!(says("sysadmin", "wy.gl.sf", json!({ "to": "wy.dt" })), refused("directory.category_circle"));
        let received = |words: &str, category: &str| {
            let path = format!("/rates?window=2026-11&group_by=category{words}");
            let rates = desk.asks("leader", &path);
            let row = row(&rates["rows"], category)["metrics"]["received"]["value"].clone();
            (row, rates["total"]["metrics"]["received"]["value"].clone())
        };
        assert_eq!(received("", "wy.gl.sf"), (json!(1.0), json!(3.0)));
        let remapped = "&categories=remapped";
        assert_eq!(received(remapped, "wy.gl.sf"), (json!(3.0), json!(3.0)));
        assert_eq!(received(remapped, "wy.dt"), (json!(0.0), json!(3.0)));
        let path = "/rates/tickets?window=2026-11&group_by=category&categories=remapped&key=wy.gl.sf&metric=received";
        assert_eq!(desk.asks("leader", path)["items"].as_array().unwrap().len(), 3);
        assert_eq!(desk.city.ticket(&old).category, Some("wy.dt".into()), "no ticket is touched");
        let listed = desk.asks("agent", "/category-map");
        let word = json!({ "code": "wy.dt", "to": "wy.gl.sf", "from_on": "2026-11-02", "counted_as": "wy.gl.sf" });
        assert_eq!(listed["items"], json!([word]));
        // Taken back, it is as it was.
        assert_eq!(says("sysadmin", "wy.dt", json!({ "to": null })).0, 200);
        assert_eq!(received(remapped, "wy.gl.sf"), (json!(1.0), json!(3.0)));
    }

    fn a_report_by_newer_categories_says_so_and_is_restated_so(test: &TestDb) {
        let desk = Desk::open(&test.url);
        desk.answered(1);
        let map = json!({ "to": "wy.gl.sf" }).to_string();
        assert_eq!(desk.says("sysadmin", "PUT", "/category-map/wy.dt", &map).status, 200);
        desk.city.days(31);
        let asked = json!({ "window": "2026-11", "categories": "remapped" }).to_string();
        let made = desk.says("assessor", "POST", "/reports", &asked);
        assert_eq!(made.status, 201, "{made:?}");
        let report = made.json();
        assert_eq!(report["categories"], "remapped");
        assert!(report["marks"].to_string().contains("新旧类别对照"));
        let whole = desk.asks("leader", &format!("/reports/{}.json", report["id"].as_str().unwrap()));
        assert_eq!(received_of(&whole, "wy.gl"), Some(json!({ "count": 1 })), "of the lift's ticket");
        assert!(received_of(&whole, "wy.dt").is_none_or(|it| it == json!({ "count": 0 })));
        let path = format!("/reports/{}", report["id"].as_str().unwrap());
        assert_eq!(desk.says("assessor", "POST", &format!("{path}/freeze"), "{}").status, 200);
        let restated = desk.says("assessor", "POST", &format!("{path}/restate"), "{}");
        assert_eq!((restated.status, &restated.json()["categories"]), (201, &json!("remapped")));
    }
}
