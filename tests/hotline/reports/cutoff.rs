//! Surveys after the cut-off of their window ⚙: left out of its report, taken in by a restatement, and each says so. Its
//! rule: live figures know no cut-off.

use jiesu::time::Stamp;
use serde_json::{Value, json};

use super::bureau::{Bureau, cells};
use crate::support::city::{bad, good};
use crate::support::databases::on_each_database;

fn at(text: &str) -> Stamp {
    Stamp::parse(&format!("{text}+08:00")).unwrap()
}

/// From the 4th to the 8th of December 2026, a Tuesday: the second working day after its last day is the Wednesday.
const PERIOD: &str = "from=2026-12-04&to=2026-12-08";
const CUTOFF: &str = "2026-12-10T00:00:00";

impl Bureau {
    /// A site whose default profile has a cut-off of two working days from December on.
    fn with_cut_off(&self) {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/profiles/default.toml");
        let text = std::fs::read_to_string(path).unwrap();
        let toml = text.replacen("version = 1", "version = 2", 1).replacen(
            "small_n = 10",
            "small_n = 10\nlate_surveys = 2",
            1,
        );
        assert!(toml.contains("late_surveys = 2\n"), "{toml}");
        let body =
            json!({ "name": "default", "version": 2, "toml": toml, "from_on": "2026-12-01" });
        self.does("sysadmin", "/profiles", body);
    }

    /// A ticket of wuye whose citizen is asked at these instants; a bad answer is done again.
    fn asked_at(&self, no: &str, answers: &[(Stamp, Value)]) {
        for (when, answer) in answers {
            self.server.clock.set(*when);
            self.city.surveyor().does(no, "survey", answer.clone());
        }
    }
}

fn resolved(document: &Value) -> (f64, i64) {
    let found = cells(document).into_iter().find(|it| {
        (it.table.as_str(), it.row.as_str(), it.column.as_str())
            == ("overview_rates", "resolution_rate", "all")
    });
    let ratio = found.unwrap().value["ratio"].clone();
    (ratio["num"].as_f64().unwrap(), ratio["den"].as_i64().unwrap())
}

fn mark(document: &Value) -> Option<String> {
    let marks = document["marks"].as_array().unwrap().clone();
    marks.into_iter().find(|it| it[0] == "回访截止").map(|it| it[1].as_str().unwrap().to_owned())
}

on_each_database! {
    fn a_survey_counts_in_the_report_up_to_the_last_millisecond_before_the_cut_off(test: &TestDb) {
        let bureau = Bureau::open(test);
        bureau.with_cut_off();
        bureau.server.clock.set(at("2026-12-04T09:00:00"));
        let tickets = [(); 4].map(|()| bureau.city.passed("wuye"));
        let cut = at(CUTOFF);
        // One answers badly in time; it is done again, and then they say otherwise, too late.
        bureau.asked_at(&tickets[3], &[(at("2026-12-07T10:00:00"), bad())]);
        bureau.city.reviewer().does(&tickets[3], "triage", json!({ "why": "poor_work", "rework": true }));
        bureau.city.handler("wuye").does(&tickets[3], "reply", json!({ "text": "已重修" }));
        bureau.city.reviewer().does(&tickets[3], "review", json!({ "pass": true }));
        for (no, off) in tickets[..3].iter().zip([-1, 0, 1]) {
            bureau.asked_at(no, &[(cut.plus_millis(off), good())]);
        }
        bureau.asked_at(&tickets[3], &[(cut.plus_millis(3_600_000), good())]);
        bureau.server.clock.set(at("2026-12-14T09:00:00"));

        let made = bureau.does("assessor", "/reports", json!({ "from": "2026-12-04", "to": "2026-12-08" }));
        let id = made["id"].as_str().unwrap().to_owned();
        bureau.does("assessor", &format!("/reports/{id}/freeze"), json!({}));
        let document = bureau.document("leader", &id);
        assert_eq!(resolved(&document), (1.0, 2), "one solved, one not, and two are late");
        let said = mark(&document).unwrap();
        assert!(said.contains("2026-12-09（含）") && said.contains("3件"), "{said}");
        let live = bureau.asks("leader", &format!("/rates?{PERIOD}")).json();
        let solved = &live["total"]["metrics"]["resolution_rate"];
        assert_eq!((&solved["num"], &solved["den"]), (&json!(4.0), &json!(4)));

        let new = bureau.does("assessor", &format!("/reports/{id}/restate"), json!({}));
        let document = bureau.document("leader", new["id"].as_str().unwrap());
        assert_eq!(resolved(&document), (4.0, 4));
        let said = mark(&document).unwrap();
        assert!(said.contains("更正") && said.contains("3件"), "{said}");
    }

    fn the_previous_column_knows_the_cut_off_of_its_own_rules_and_no_other(test: &TestDb) {
        let bureau = Bureau::open(test);
        bureau.with_cut_off();
        // A week of November, whose rules have no cut-off; by those of December its answer would be three days late.
        bureau.server.clock.set(at("2026-11-24T09:00:00"));
        let no = bureau.city.passed("wuye");
        bureau.asked_at(&no, &[(at("2026-12-07T10:00:00"), good())]);
        bureau.server.clock.set(at("2026-12-14T09:00:00"));
        let asked = json!({ "from": "2026-12-01", "to": "2026-12-08" });
        let made = bureau.does("assessor", "/reports", asked);
        let document = bureau.document("leader", made["id"].as_str().unwrap());
        let before = cells(&document).into_iter().find(|it| {
            (it.table.as_str(), it.row.as_str(), it.column.as_str())
                == ("overview_rates", "resolution_rate", "previous")
        });
        assert_ne!(before.unwrap().value, json!("none"), "it was answered, and counts");
        let marks = document["marks"].to_string();
        assert!(marks.contains("各自考核办法所计入的回访"), "{marks}");
    }

    fn after_the_cut_off_nothing_more_enters_and_only_an_exclusion_helps(test: &TestDb) {
        let bureau = Bureau::open(test);
        bureau.with_cut_off();
        bureau.server.clock.set(at("2026-12-04T09:00:00"));
        let [_, answered] = [(); 2].map(|()| bureau.city.passed("wuye"));
        bureau.asked_at(&answered, &[(at("2026-12-07T10:00:00"), bad())]);
        let ahead = || bureau.asks("handler@wuye", "/rates/projection?window=2026-12&unit=wuye").json();
        let helps = |found: &Value| -> Vec<Value> {
            let can = found["pulls_down"][0]["can"].as_array().unwrap().iter();
            can.map(|it| it["code"].clone()).collect()
        };
        bureau.server.clock.set(at("2026-12-15T09:00:00"));
        let found = ahead();
        assert_eq!(found["will_enter"].as_array().unwrap().len(), 1, "{found}");
        assert_eq!(helps(&found), ["triage", "exclude"]);
        let until = found["surveys_until"].as_str().unwrap().to_owned();
        assert!(until.starts_with("2027-01-0"), "{until}");
        bureau.server.clock.set(Stamp::parse(&until).unwrap());
        let found = ahead();
        assert_eq!((&found["will_enter"], helps(&found)), (&json!([]), vec![json!("exclude")]));
    }

    fn a_report_is_not_frozen_while_surveys_still_count_in_it(test: &TestDb) {
        let bureau = Bureau::open(test);
        bureau.with_cut_off();
        let cut = at(CUTOFF);
        bureau.server.clock.set(cut.plus_millis(-1));
        let made = bureau.does("assessor", "/reports", json!({ "from": "2026-12-04", "to": "2026-12-08" }));
        let path = format!("/reports/{}", made["id"].as_str().unwrap());
        let freeze = || bureau.call("assessor", "POST", &format!("{path}/freeze"), &[], "{}");
        let refused = freeze();
        assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("report.surveys_open")));
        assert!(refused.body.contains("2026-12-09（含）"), "{}", refused.body);
        assert!(!refused.json()["allowed"].as_array().unwrap().contains(&json!("freeze")), "{}", refused.body);
        bureau.server.clock.set(cut);
        assert_eq!(freeze().status, 200);
    }

    fn without_a_cut_off_every_survey_up_to_the_freeze_counts_and_none_is_spoken_of(test: &TestDb) {
        let bureau = Bureau::open(test);
        let no = bureau.city.passed("wuye");
        bureau.city.days(45);
        bureau.city.surveyor().does(&no, "survey", good());
        let id = bureau.november();
        bureau.does("assessor", &format!("/reports/{id}/freeze"), json!({}));
        let document = bureau.document("leader", &id);
        assert_eq!((resolved(&document), mark(&document)), ((1.0, 1), None));
    }
}
