//! An exclusion from the asking to the figures (domain.md §6, §7): a head asks, is refused, appeals, wins. Its rule: who
//! asks decides nothing, nor does the unit; the ticket counts until decided; what was frozen before does not move.

use std::collections::{BTreeMap, BTreeSet};

use jiesu::identity::Role;
use jiesu::time::Stamp;
use serde_json::{Value, json};

use super::bureau::{Bureau, Cell, cells};
use crate::support::city::bad;
use crate::support::databases::{TestDb, on_each_database};

const HEAD: &str = "unit_head@baozhang";
/// Head and reviewer of the same unit.
const BOTH: &str = "both@baozhang";
/// An assessor who sits in the unit.
const INSIDE: &str = "assessor@baozhang";
/// Reviewer and assessor of the centre.
const PANEL: &str = "panel";
const EVIDENCE: &str = "暴雨停电，张三13900000001可以作证";

/// Who did what when, as it happened.
type Steps = Vec<(String, String, Stamp)>;

/// A ticket that was answered badly beside one that was answered well, both of one unit.
struct Story {
    bureau: Bureau,
    no: String,
    steps: Steps,
}

impl Story {
    /// The lead has replied, and its head has asked while the reply waits.
    fn asked(test: &TestDb) -> Self {
        let more: [(&str, &[Role], Option<&str>); 2] = [
            (INSIDE, &[Role::Assessor], Some("baozhang")),
            (PANEL, &[Role::Reviewer, Role::Assessor], None),
        ];
        let bureau = Bureau::with(test, &more);
        bureau.city.closed("baozhang");
        bureau.city.hours(4);
        let no = bureau.city.handled_by("baozhang");
        let story = Self { bureau, no, steps: Vec::new() };
        assert_eq!(
            story.tries(HEAD, "exclude", asking()),
            "409 transition",
            "not before the reply"
        );
        let reply = json!({ "text": "已修好" });
        story.bureau.city.handler("baozhang").does(&story.no, "reply", reply);
        for (who, told) in [
            ("unit_head@weixiu", "404 not_found"),
            ("reviewer", "403 forbidden"),
            ("assessor", "403 forbidden"),
        ] {
            assert_eq!(story.tries(who, "exclude", asking()), told, "{who}");
        }
        story.does(HEAD, "exclude", asking(), "exclusion.ask")
    }

    /// The citizen was asked meanwhile, and the matter is closed unsolved.
    fn answered_badly(self) -> Self {
        let city = &self.bureau.city;
        city.reviewer().does(&self.no, "review", json!({ "pass": true }));
        city.hours(3);
        city.surveyor().does(&self.no, "survey", bad());
        city.reviewer().does(&self.no, "triage", json!({ "why": "no_power", "rework": false }));
        self
    }

    /// The reviewer said no, and the head appealed.
    fn appealed(self) -> Self {
        let no = json!({ "approve": false, "reason": "停电时间与工单不符" });
        let story = self.does(PANEL, "exclude/decide", no, "exclusion.refuse");
        story.does(HEAD, "exclude/appeal", json!({ "text": "附供电局证明" }), "exclusion.appeal")
    }

    fn won(self) -> Self {
        let yes = json!({ "approve": true, "reason": "证明属实" });
        self.does("assessor", "exclude/appeal/decide", yes, "exclusion.appeal_grant")
    }

    fn tries(&self, who: &str, command: &str, body: Value) -> String {
        self.bureau.tries(who, &format!("/tickets/{}/{command}", self.no), body)
    }

    /// An hour later it is done, and is called `action` in the trail.
    fn does(mut self, who: &str, command: &str, body: Value, action: &str) -> Self {
        self.bureau.city.hours(1);
        self.bureau.does(who, &format!("/tickets/{}/{command}", self.no), body);
        self.steps.push((action.to_owned(), who.to_owned(), self.bureau.city.now()));
        self
    }

    fn allowed(&self, who: &str) -> BTreeSet<String> {
        let ticket = self.bureau.asks(who, &format!("/tickets/{}", self.no)).json();
        let allowed = ticket["allowed"].as_array().unwrap().iter();
        let names = allowed.map(|name| name.as_str().unwrap().to_owned());
        names.filter(|name| name.starts_with("exclude")).collect()
    }

    fn rates(&self, edition: &str) -> Value {
        let path = format!("/rates?window=2026-11&group_by=unit&edition={edition}");
        self.bureau.asks("leader", &path).json()
    }

    /// The figures alone: key (empty: the total) → its metrics, n, rank.
    fn figures(&self, edition: &str) -> BTreeMap<String, Value> {
        let rates = self.rates(edition);
        let rows = rates["rows"].as_array().unwrap().iter().chain([&rates["total"]]);
        let figures = |row: &Value| json!([row["metrics"], row["n"], row["rank"]]);
        rows.map(|row| (row["key"].as_str().unwrap_or_default().to_owned(), figures(row))).collect()
    }

    /// In which metrics and on which side of them the ticket lies behind its unit's row and behind the total.
    fn places(&self, edition: &str) -> BTreeSet<String> {
        let definitions = self.rates(edition)["definitions"].as_object().unwrap().clone();
        let mut found = BTreeSet::new();
        for metric in definitions.keys() {
            for side in ["num", "den"] {
                for row in ["&key=baozhang", ""] {
                    let cell = format!("metric={metric}&part={side}{row}");
                    let asked = format!("window=2026-11&group_by=unit&edition={edition}&{cell}");
                    let path = format!("/rates/tickets?{asked}&limit=500");
                    let answer = self.bureau.asks("leader", &path);
                    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
                    let items = answer.json()["items"].as_array().unwrap().clone();
                    if items.iter().any(|item| item["no"] == json!(self.no)) {
                        found.insert(cell);
                    }
                }
            }
        }
        found
    }

    /// The report about November that is frozen now: its id.
    fn frozen(&self, scope: Option<&str>) -> String {
        let mut asked = json!({ "window": "2026-11" });
        if let Some(unit) = scope {
            asked["scope"] = json!({ "by": "unit", "key": unit });
        }
        let made = self.bureau.does("assessor", "/reports", asked);
        let id = made["id"].as_str().unwrap().to_owned();
        self.bureau.does("assessor", &format!("/reports/{id}/freeze"), json!({}));
        id
    }

    /// Of the report's figures of this edition, those that the ticket lies behind, and how many others there are.
    fn behind(&self, id: &str, edition: &str) -> (usize, usize) {
        let (mut with, mut without) = (0, 0);
        for cell in cells(&self.bureau.document("leader", id)) {
            if cell.source["of"] != "figure" || cell.source["edition"] != edition {
                continue;
            }
            let behind =
                ["num", "den"].map(|side| self.bureau.behind("leader", id, &cell, Some(side)));
            let is_there = behind.iter().flatten().any(|(no, _)| *no == self.no);
            *(if is_there { &mut with } else { &mut without }) += 1;
        }
        (with, without)
    }
}

fn asking() -> Value {
    json!({ "reason": "force_majeure", "evidence": EVIDENCE })
}

/// The cells of one table's row, by their columns.
fn row(document: &Value, table: &str, row: &str) -> BTreeMap<String, Cell> {
    let here = cells(document).into_iter().filter(|cell| cell.table == table && cell.row == row);
    here.map(|cell| (cell.column.clone(), cell)).collect()
}

on_each_database! {
    fn the_ticket_counts_until_decided_and_the_asker_decides_nothing(test: &TestDb) {
        let story = Story::asked(test).answered_badly();
        assert_eq!(story.tries(HEAD, "exclude", asking()), "409 exclude.pending");
        let yes = || json!({ "approve": true });
        for (who, told) in [
            (HEAD, "403 forbidden"),
            ("handler@baozhang", "403 forbidden"),
            (INSIDE, "403 forbidden"),
            ("assessor", "403 forbidden"),
            ("leader", "403 forbidden"),
            (BOTH, "403 exclude.own_unit"),
        ] {
            assert_eq!(story.tries(who, "exclude/decide", yes()), told, "{who}");
        }
        assert_eq!(story.allowed(BOTH), BTreeSet::new());
        assert_eq!(story.allowed("reviewer"), BTreeSet::from(["exclude/decide".to_owned()]));
        // In both editions alike, before and after the answer that pulls it down.
        assert_eq!(story.figures("all"), story.figures("assessed"));
        let places = story.places("assessed");
        assert!(places.contains("metric=resolution_rate&part=den&key=baozhang"), "{places:?}");
        assert_eq!(story.places("all"), places);
        assert_eq!(story.tries(PANEL, "exclude/decide", json!({ "approve": false })), "422 field.required");

        let story = story.appealed();
        assert_eq!(story.tries(PANEL, "exclude/decide", yes()), "409 exclude.none");
        assert_eq!(story.tries(HEAD, "exclude", asking()), "409 exclude.pending");
        let again = || json!({ "text": "再次申诉" });
        assert_eq!(story.tries(HEAD, "exclude/appeal", again()), "409 exclude.none", "once");
        for (who, told) in [
            (HEAD, "403 forbidden"),
            (BOTH, "403 forbidden"),
            ("reviewer", "403 forbidden"),
            ("leader", "403 forbidden"),
            (INSIDE, "403 exclude.own_unit"),
            (PANEL, "403 own_request"),
        ] {
            assert_eq!(story.tries(who, "exclude/appeal/decide", yes()), told, "{who}");
        }
        assert_eq!((story.allowed(INSIDE), story.allowed(PANEL)), (BTreeSet::new(), BTreeSet::new()));
        assert_eq!(story.figures("all"), story.figures("assessed"), "it counts while it waits");
        let story = story.won();
        assert_eq!(story.tries("assessor", "exclude/appeal/decide", yes()), "409 exclude.none");
        assert_eq!(story.tries(HEAD, "exclude", asking()), "409 exclude.pending");
    }

    fn who_is_head_and_reviewer_asks_and_decides_nothing(test: &TestDb) {
        let bureau = Bureau::open(test);
        let no = bureau.city.replied_by("baozhang");
        let path = |command: &str| format!("/tickets/{no}/{command}");
        let yes = || json!({ "approve": true, "reason": "属实" });
        assert_eq!(bureau.tries(BOTH, &path("exclude"), asking()), "200");
        assert_eq!(bureau.tries(BOTH, &path("exclude/decide"), yes()), "403 own_request");
        let no_reason = json!({ "approve": false, "reason": "证据不足" });
        assert_eq!(bureau.tries("reviewer", &path("exclude/decide"), no_reason.clone()), "200");
        assert_eq!(bureau.tries(HEAD, &path("exclude"), asking()), "409 exclude.appeal_instead");
        for (who, told) in [
            ("unit_head@wuye", "404 not_found"),
            ("handler@baozhang", "403 forbidden"),
            ("reviewer", "403 forbidden"),
            (HEAD, "200"),
        ] {
            let text = json!({ "text": "请复核" });
            assert_eq!(bureau.tries(who, &path("exclude/appeal"), text), told, "{who}");
        }
        // Lost for good: it counts on, and there is no other way.
        assert_eq!(bureau.tries("assessor", &path("exclude/appeal/decide"), no_reason), "200");
        assert_eq!(bureau.tries(HEAD, &path("exclude/appeal"), json!({ "text": "x" })), "409 exclude.none");
        assert!(!bureau.city.ticket(&no).is_excluded());
    }

    fn what_was_won_leaves_every_assessed_figure_and_no_other(test: &TestDb) {
        let story = Story::asked(test).answered_badly().appealed();
        story.bureau.city.days(60);
        let (all, places) = (story.figures("all"), story.places("all"));
        let story = story.won();
        assert_eq!((story.figures("all"), story.places("all")), (all, places.clone()));
        assert!(places.len() > 20, "{places:?}");
        assert_eq!(story.places("assessed"), BTreeSet::new(), "in no metric");
        for edition in ["all", "assessed"] {
            let rates = story.rates(edition);
            let row = rates["rows"].as_array().unwrap().iter().find(|row| row["key"] == "baozhang").unwrap();
            let reasons = json!({ "force_majeure": 1 });
            assert_eq!((&row["excluded"], &rates["total"]["excluded"]), (&reasons, &reasons), "{edition}");
            let solved = &row["metrics"]["resolution_rate"];
            let due = if edition == "all" { (json!(1.0), json!(2)) } else { (json!(1.0), json!(1)) };
            assert_eq!((&solved["num"], &solved["den"]), (&due.0, &due.1), "{edition}");
        }
    }

    fn a_report_of_then_shows_both_editions_and_one_of_before_is_restated(test: &TestDb) {
        let story = Story::asked(test).answered_badly().appealed();
        story.bureau.city.days(60);
        let id = story.frozen(None);
        let before = story.bureau.document("leader", &id);
        let (all, assessed) = (story.behind(&id, "all"), story.behind(&id, "assessed"));
        assert!(all.0 > 20 && assessed.0 > 20, "it counts in both: {all:?} {assessed:?}");
        assert_eq!(row(&before, "excluded", "total")["count"].value, json!({ "count": 0 }));
        let story = story.won();
        story.bureau.city.hours(1);
        assert_eq!(story.bureau.document("leader", &id), before, "to the last cell");

        let scoped = story.frozen(Some("baozhang"));
        let new = story.bureau.does("assessor", &format!("/reports/{id}/restate"), json!({}));
        let restated = new["id"].as_str().unwrap().to_owned();
        for id in [&scoped, &restated] {
            both_editions(&story, id);
        }
        exactly_those(&story, &before, &restated);
    }

    fn the_trail_says_who_and_when_and_nothing_of_anybody(test: &TestDb) {
        let story = Story::asked(test).answered_badly().appealed().won();
        let trail = story.bureau.asks("auditor", &format!("/audit?subject=ticket:{}", story.no));
        assert_eq!(trail.status, 200, "{}", trail.body);
        let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
        let lines = trail.json()["items"].as_array().unwrap().clone();
        let lines = lines.iter().rev().filter(|item| text(item, "action").starts_with("exclusion."));
        let told: Steps = lines
            .map(|item| {
                assert_eq!((&item["outcome"], &item["detail"]), (&json!("done"), &json!("reason=force_majeure")));
                (text(item, "action"), text(item, "account"), Stamp::parse(&text(item, "at")).unwrap())
            })
            .collect();
        assert_eq!(told, story.steps);
        for word in ["张三", "13900000001", "停电", "供电局"] {
            assert!(!trail.body.contains(word), "{word}");
        }
        // Whoever sees the ticket reads the same in its own events, with the words, masked.
        let events = story.bureau.asks("leader", &format!("/tickets/{}/events", story.no)).json();
        let events = events["items"].as_array().unwrap().clone();
        let events = events.iter().filter(|event| text(event, "command").starts_with("exclude"));
        let seen: Vec<(String, Stamp)> = events
            .map(|event| {
                assert!(!event.to_string().contains("13900000001") && !event.to_string().contains("张三"), "{event}");
                (text(event, "actor"), Stamp::parse(&text(event, "at")).unwrap())
            })
            .collect();
        let due: Vec<(String, Stamp)> = story.steps.iter().map(|(_, who, at)| (who.clone(), *at)).collect();
        assert_eq!(seen, due);
    }
}

/// The report has the figures of both editions side by side, the number excluded per reason, and the tickets of each.
fn both_editions(story: &Story, id: &str) {
    let document = story.bureau.document("leader", id);
    let rates = row(&document, "overview_rates", "resolution_rate");
    for (column, den, value) in [("all", 2, 0.5), ("assessed", 1, 1.0)] {
        let ratio = &rates[column].value["ratio"];
        assert_eq!((&ratio["num"], &ratio["den"]), (&json!(1.0), &json!(den)), "{column}");
        assert_eq!(ratio["value"], json!(value), "{column}");
        let behind = story.bureau.behind("leader", id, &rates[column], Some("den"));
        assert_eq!(behind.len(), den, "{column}");
        let is_there = behind.iter().any(|(no, _)| *no == story.no);
        assert_eq!(is_there, column == "all", "{behind:?}");
    }
    for reason in ["force_majeure", "total"] {
        let cell = &row(&document, "excluded", reason)["count"];
        assert_eq!(cell.value, json!({ "count": 1 }), "{reason}");
        let behind = story.bureau.behind("leader", id, cell, None);
        assert_eq!(behind, [(story.no.clone(), 1.0)], "{reason}");
    }
    let (all, assessed) = (story.behind(id, "all"), story.behind(id, "assessed"));
    assert!(all.0 > 20 && assessed.1 > 20, "{all:?} {assessed:?}");
    assert_eq!(assessed.0, 0, "behind no assessed figure");
}

/// The restatement lists the cells that differ, found here by looking at both, and of the ticket alone.
fn exactly_those(story: &Story, before: &Value, restated: &str) {
    let place = |cell: Cell| ((cell.table, cell.row, cell.column), (cell.value, cell.source));
    let old: BTreeMap<_, _> = cells(before).into_iter().map(place).collect();
    let new: BTreeMap<_, _> =
        cells(&story.bureau.document("leader", restated)).into_iter().map(place).collect();
    let mut differing = BTreeSet::new();
    for (place, (value, source)) in &old {
        let Some((now, _)) = new.get(place) else { continue };
        if now != value {
            assert_ne!(source["edition"], "all", "{place:?}: {value} and {now}");
            differing.insert(place.clone());
        }
    }
    let told = story.bureau.asks("leader", &format!("/reports/{restated}/differences")).json();
    let text = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
    let mut listed = BTreeSet::new();
    for item in told["items"].as_array().unwrap() {
        let tickets = item["tickets"].as_array().unwrap();
        assert!(tickets.iter().all(|ticket| ticket["no"] == json!(story.no)), "{item}");
        if item["what"] == "cell" {
            listed.insert((text(item, "table"), text(item, "row"), text(item, "column")));
        }
    }
    assert!(differing.len() > 20, "{differing:?}");
    assert_eq!(listed, differing);
    let events = told["events"].as_object().unwrap();
    assert_eq!(events.keys().collect::<Vec<_>>(), [&story.no]);
    let why = events[&story.no].as_array().unwrap();
    assert_eq!(why.len(), 1, "{why:?}");
    assert_eq!(
        (&why[0]["command"], &why[0]["actor"]),
        (&json!("exclude/appeal/decide"), &json!("assessor"))
    );
}
