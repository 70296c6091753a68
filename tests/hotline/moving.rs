//! Moving histories in and out: a line becomes the ticket that a live site would have had.

use std::io::Cursor;
use std::sync::Arc;

use jiesu::db::schema::imported;
use jiesu::jobs::Bell;
use jiesu::lifecycle::Hotline;
use jiesu::limits::{ClockName, Timer};
use jiesu::moving::{Run, Summary, export, history, import, import_file, replay};
use jiesu::ticket::assignment::DisputeOutcome;
use jiesu::ticket::state::{Closing, WorkName};
use jiesu::ticket::store::{self, Stored};
use jiesu::ticket::{Part, State, StateName, Ticket};
use jiesu::time::Stamp;
use serde_json::{Value, json};

use crate::support::databases::{TestDb, on_each_database};
use crate::support::histories::{Plan, histories};
use crate::support::record::{Days, Limit, read};
use crate::support::town::{codes, hotline};

fn stamp(text: &str) -> Stamp {
    Stamp::parse(&format!("{text}+08:00")).unwrap()
}

fn at(text: &str) -> Value {
    json!(format!("2026-{text}+08:00"))
}

/// The example of contract.md, in the tests' town: received on 30 September, closed on 14 October.
fn line() -> Value {
    json!({"no": "2026-000123", "kind": "complaint", "channel": "phone", "urgency": "general",
        "received_at": at("09-30T10:12:00"),
        "caller": {"name": "张三", "phone": "13900000001", "confidential": false},
        "title": "电梯", "content": "电梯停运三天。", "category": "leaf1", "region": "street1",
        "estate": "estate1", "assessment_class": "three_rates",
        "assignments": [{"unit": "unit1", "role": "lead", "sent_at": at("09-30T11:00:00"),
            "signed_at": at("09-30T14:00:00"),
            "contacts": [{"at": at("09-30T15:00:00"), "outcome": "spoke"}],
            "replied_at": at("10-12T10:00:00"), "reply": "已修复。"}],
        "reviews": [{"at": at("10-12T16:00:00"), "pass": true}],
        "surveys": [{"at": at("10-13T10:00:00"), "outcome": "reached", "contacted": "yes",
            "solved": "basic", "satisfied": "satisfied", "bottom_line": []}],
        "closed_at": at("10-13T10:01:00")})
}

fn with(mut line: Value, changes: &[(&str, Value)]) -> Value {
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = line.pointer_mut(parent).unwrap();
        match parent {
            Value::Object(fields) if value.is_null() => drop(fields.remove(key)),
            Value::Object(fields) => drop(fields.insert(key.to_owned(), value.clone())),
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.clone(),
            _ => panic!("{pointer}"),
        }
    }
    line
}

/// A town at 1 November 2026.
fn town(test: &TestDb) -> Arc<Hotline> {
    let hotline = hotline(test);
    test.clock.set(stamp("2026-11-01T09:00:00"));
    hotline
}

fn run(hotline: &Arc<Hotline>, lines: &[Value]) -> (Summary, Vec<Value>) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let mut rejects = Vec::new();
    let summary = import(hotline, &mut Cursor::new(text), &mut rejects, Run::Real).unwrap();
    let rejects = String::from_utf8(rejects).unwrap();
    (summary, rejects.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn counts(summary: &Summary) -> (u64, u64, u64) {
    (summary.imported, summary.skipped, summary.rejected)
}

fn ticket(hotline: &Hotline, line: &Value) -> Ticket {
    let rules = hotline.db.read(|conn| hotline.rules.current(conn, hotline.db.now())).unwrap();
    let history = history::parse(line.to_string().as_bytes()).unwrap();
    replay::replay(&history, &rules, hotline.db.now()).unwrap()
}

fn load(hotline: &Hotline, no: &str) -> Stored {
    let rules = hotline.db.read(|conn| hotline.rules.current(conn, hotline.db.now())).unwrap();
    hotline.db.read(|conn| store::load(conn, rules.vault(&hotline.keys), no)).unwrap().unwrap()
}

#[test]
fn a_line_becomes_the_ticket_a_live_site_would_have_had() {
    let test = TestDb::sqlite();
    let ticket = ticket(&town(&test), &line());
    assert_eq!(ticket.state, State::Closed { how: Closing::Surveyed });
    assert_eq!(ticket.ended_at(), Some(stamp("2026-10-13T10:01:00")));
    let overall = &ticket.timers[&ClockName::Overall];
    assert_eq!(overall.due_at, stamp("2026-10-14T23:59:59.999"));
    assert_eq!(overall.stopped_at, Some(stamp("2026-10-12T16:00:00")));
    let lead = &ticket.assignments[&1];
    let limit = |clock| lead.timers.get(&clock).map(|timer: &Timer| (timer.due_at, timer.missed));
    assert_eq!(limit(ClockName::Handle), Some((stamp("2026-10-13T23:59:59.999"), false)));
    assert_eq!(limit(ClockName::Sign), Some((stamp("2026-10-08T23:59:59.999"), false)));
    assert_eq!(limit(ClockName::Contact), Some((stamp("2026-10-01T11:00:00"), false)));
    assert_eq!((lead.work.name(), ticket.attempts.len()), (WorkName::Done, 1));
}

#[test]
fn a_return_a_send_back_and_a_bad_survey_leave_what_they_leave_live() {
    let test = TestDb::sqlite();
    let lead = line()["assignments"][0].clone();
    let former = json!({"unit": "unit2", "role": "lead", "sent_at": at("09-30T10:30:00"),
        "returned_at": at("09-30T11:00:00")});
    let bad = json!({"at": at("10-13T10:00:00"), "outcome": "reached", "contacted": "yes",
        "solved": "unsolved", "satisfied": "satisfied"});
    let good = json!({"at": at("10-19T10:00:00"), "outcome": "reached", "contacted": "yes",
        "solved": "solved", "satisfied": "satisfied"});
    let line = with(
        line(),
        &[
            ("/assignments", json!([former, lead])),
            (
                "/reviews",
                json!([{"at": at("10-12T12:00:00"), "pass": false},
            {"at": at("10-12T16:00:00"), "pass": true}, {"at": at("10-18T16:00:00"), "pass": true}]),
            ),
            ("/surveys", json!([bad, good])),
            ("/closed_at", at("10-19T10:01:00")),
        ],
    );
    let ticket = ticket(&town(&test), &line);
    let returned = &ticket.assignments[&1];
    assert_eq!(returned.work.name(), WorkName::Returned);
    assert_eq!(returned.disputes[0].outcome, DisputeOutcome::Upheld);
    let lead = &ticket.assignments[&2];
    assert_eq!(lead.timers[&ClockName::Handle].pauses.len(), 1);
    assert_eq!(lead.reworks.len(), 1);
    assert_eq!(lead.reworks[0].at, stamp("2026-10-13T10:00:00"));
    assert_eq!(lead.reworks[0].timer.due_at, stamp("2026-10-16T23:59:59.999"));
    assert!(lead.reworks[0].timer.missed);
    assert!(!lead.handle_missed);
    assert_eq!(ticket.first_passed_at, Some(stamp("2026-10-12T16:00:00")));
    assert_eq!(ticket.state, State::Closed { how: Closing::Surveyed });
}

#[test]
fn without_an_end_the_latest_fact_says_the_state() {
    let test = TestDb::sqlite();
    let hotline = town(&test);
    let gone = Value::Null;
    let open = with(line(), &[("/closed_at", gone.clone())]);
    let bad = with(open.clone(), &[("/surveys/0/solved", json!("unsolved"))]);
    let passed = with(open.clone(), &[("/surveys", json!([]))]);
    let failed = with(passed.clone(), &[("/reviews/0/pass", json!(false))]);
    let replied = with(passed.clone(), &[("/reviews", json!([]))]);
    let sent = with(replied.clone(), &[("/assignments/0/replied_at", gone.clone())]);
    let returned = with(sent.clone(), &[("/assignments/0/returned_at", at("10-09T09:00:00"))]);
    let consult = with(passed.clone(), &[("/kind", json!("consult"))]);
    let merged = with(sent.clone(), &[("/merged_into", json!("H-1"))]);
    let direct = with(
        line(),
        &[("/assignments", json!([])), ("/reviews", json!([])), ("/surveys", json!([]))],
    );
    for (line, state) in [
        (bad, StateName::Surveying),
        (passed, StateName::Surveying),
        (consult, StateName::Surveying),
        (failed, StateName::InUnits),
        (replied, StateName::Replied),
        (sent, StateName::InUnits),
        (returned, StateName::Accepted),
        (merged, StateName::Merged),
        (direct, StateName::Closed),
    ] {
        assert_eq!(ticket(&hotline, &line).state.name(), state, "{line}");
    }
}

#[test]
fn awkward_histories_come_out_as_an_independent_reading_of_the_contract_says() {
    let test = TestDb::sqlite();
    let hotline = town(&test);
    let plan = Plan {
        seed: 7,
        count: 1200,
        from: stamp("2026-08-20T00:00:00").millis(),
        to: stamp("2026-10-28T00:00:00").millis(),
        now: stamp("2026-10-31T16:00:00.500").millis(),
        edges: vec![stamp("2026-10-01T00:00:00").millis()],
    };
    let days = Days::read();
    let same = |timer: Option<&Timer>, limit: &Limit, what: &str| {
        let timer = timer.unwrap_or_else(|| panic!("no clock: {what}"));
        let stopped = timer.stopped_at.map(Stamp::millis);
        assert_eq!((timer.due_at.millis(), stopped), (limit.due, limit.met), "{what}");
        let late = limit.missed || limit.met.is_some_and(|met| met > limit.due);
        assert_eq!(timer.missed, late, "{what}");
    };
    for text in histories(&plan, &codes()) {
        let line: Value = serde_json::from_str(&text).unwrap();
        let (ticket, expected) = (ticket(&hotline, &line), read(&line, &days));
        assert_eq!(ticket.direct.is_some(), expected.direct, "{text}");
        assert_eq!(ticket.ended_at().map(Stamp::millis), expected.closed, "{text}");
        let mut ours: Vec<_> = ticket.assignments.values().collect();
        for one in &expected.sent {
            let place = ours.iter().position(|a| {
                let lead = a.part == Part::Lead;
                (a.unit.as_str(), a.sent_at.millis(), lead) == (one.unit.as_str(), one.at, one.lead)
            });
            let ours = ours.remove(place.expect("every assignment is there"));
            let fate =
                (ours.work.name() == WorkName::Returned, ours.work.name() == WorkName::Recalled);
            assert_eq!(fate, (one.returned, one.recalled), "{text}");
            assert_eq!(ours.contacts.len(), one.contacts.len());
            if one.returned || one.recalled {
                continue;
            }
            same(ours.timers.get(&ClockName::Sign), &one.sign, &text);
            same(ours.timers.get(&ClockName::Contact), &one.contact, &text);
            same(ours.timers.get(&ClockName::Handle), &one.handle, &text);
            assert_eq!(ours.reworks.len(), one.reworks.len(), "{text}");
            for (rework, limit) in ours.reworks.iter().zip(&one.reworks) {
                same(Some(&rework.timer), limit, &text);
            }
        }
        assert!(ours.is_empty());
    }
}

#[test]
fn what_cannot_be_true_is_rejected_with_its_line_and_reason() {
    let test = TestDb::sqlite();
    let hotline = town(&test);
    let early = at("09-29T00:00:00");
    let cases = [
        ("/kind", json!("moan"), "/kind", "field.unknown_code"),
        ("/category", json!("none"), "/category", "field.unknown_code"),
        ("/estate", json!("none"), "/estate", "field.unknown_code"),
        ("/assignments/0/unit", json!("none"), "/assignments/0/unit", "field.unknown_code"),
        (
            "/assignments/0/sent_at",
            early.clone(),
            "/assignments/0/sent_at",
            "import.before_receipt",
        ),
        (
            "/assignments/0/signed_at",
            at("09-30T10:30:00"),
            "/assignments/0/signed_at",
            "import.order",
        ),
        ("/closed_at", at("10-12T10:00:00"), "/reviews/0/at", "import.after_end"),
        ("/closed_at", at("12-12T10:00:00"), "/closed_at", "field.in_future"),
        ("/reviews/0/at", at("10-11T10:00:00"), "/assignments/0/replied_at", "import.order"),
        ("/received_at", json!("yesterday"), "/received_at", "field.format"),
        ("/content", json!("  "), "/content", "field.empty"),
        ("/content", Value::Null, "/content", "field.required"),
        ("/colour", json!("red"), "/colour", "field.unknown"),
        ("/merged_into", json!("2026-999999"), "/merged_into", "import.parent_unknown"),
        ("/caller/phone", json!("unknown"), "/caller/phone", "intake.phone_form"),
    ];
    for (pointer, value, wrong, code) in cases {
        let (summary, rejects) = run(&hotline, &[with(line(), &[(pointer, value)])]);
        assert_eq!(counts(&summary), (0, 0, 1), "{pointer}");
        let reason = &rejects[0]["_reason"];
        assert_eq!(
            (&reason["pointer"], &reason["code"]),
            (&json!(wrong), &json!(code)),
            "{reason}"
        );
        assert_eq!(reason["line"], 1);
        assert!(!reason["sentence"].as_str().unwrap().is_empty());
    }
    let mut rejects = Vec::new();
    let text = format!("\n{{broken\n{}\n", line());
    let summary = import(&hotline, &mut Cursor::new(text), &mut rejects, Run::Real).unwrap();
    assert_eq!(counts(&summary), (1, 0, 1));
    let reject: Value = serde_json::from_slice(&rejects).unwrap();
    assert_eq!((&reject["_line"], &reject["_reason"]["line"]), (&json!("{broken"), &json!(2)));
}

on_each_database! {
    fn an_identical_line_is_skipped_and_other_content_rejected(test: &TestDb) {
        let hotline = town(test);
        let other = with(line(), &[("/title", json!("另一件"))]);
        let (summary, rejects) = run(&hotline, &[line(), line(), other.clone()]);
        assert_eq!(counts(&summary), (1, 1, 1));
        assert_eq!(rejects[0]["_reason"]["code"], "import.other_content");
        let mut mended = rejects[0].clone();
        mended["no"] = json!("2026-000124");
        assert_eq!(counts(&run(&hotline, &[line(), other, mended]).0), (1, 1, 1));
        assert_eq!(hotline.db.number(2026).unwrap(), "2026-000125");
    }

    fn a_run_that_was_cut_short_is_run_again_and_ends_in_the_same_tickets(test: &TestDb) {
        let hotline = town(test);
        let some: Vec<Value> = (0..30).map(|i| {
            with(line(), &[("/no", json!(format!("A-{i}")))])
        }).collect();
        assert_eq!(counts(&run(&hotline, &some[..12]).0), (12, 0, 0));
        assert_eq!(counts(&run(&hotline, &some).0), (18, 12, 0));
        assert_eq!(counts(&run(&hotline, &some).0), (0, 30, 0));
    }

    fn merged_tickets_find_their_parent_at_the_end_of_the_file(test: &TestDb) {
        let hotline = town(test);
        let child = |no: &str, into: &str| {
            let lead = json!([{"unit": "unit1", "role": "lead", "sent_at": at("10-08T09:00:00")}]);
            with(line(), &[("/no", json!(no)), ("/merged_into", json!(into)),
                ("/assignments", lead), ("/reviews", json!([])), ("/surveys", json!([])),
                ("/closed_at", at("10-09T09:00:00"))])
        };
        let lines = [child("C-2", "C-1"), child("C-1", "2026-000123"), child("X-1", "X-2"),
            child("X-2", "X-1"), line()];
        let (summary, rejects) = run(&hotline, &lines);
        assert_eq!(counts(&summary), (3, 0, 2));
        assert_eq!(rejects[0]["_reason"]["code"], "import.merge_circle");
        let parent = load(&hotline, "2026-000123").ticket;
        assert_eq!(parent.children, ["C-2", "C-1"]);
        let child = load(&hotline, "C-2").ticket;
        assert_eq!(child.state, State::Merged { into: "2026-000123".to_owned() });
        let overall = &child.timers[&ClockName::Overall];
        assert_eq!(overall.stopped_at, Some(stamp("2026-10-12T16:00:00")));
        assert_eq!(counts(&run(&hotline, &lines).0), (0, 3, 2));
    }

    fn an_import_tells_nobody_of_limits_that_were_due_before_it(test: &TestDb) {
        let hotline = town(test);
        let open = with(line(), &[("/closed_at", Value::Null), ("/surveys", json!([])),
            ("/reviews", json!([])), ("/assignments/0/replied_at", Value::Null)]);
        run(&hotline, &[open]);
        assert_eq!(hotline.sweep(&Bell::default()).unwrap(), 0);
        assert_eq!(load(&hotline, "2026-000123").version, 1);
    }

    fn export_then_import_on_an_empty_site_gives_the_same_tickets(test: &TestDb) {
        let from = town(test);
        let plan = Plan { seed: 3, count: 150, from: stamp("2026-08-20T00:00:00").millis(),
            to: stamp("2026-10-28T00:00:00").millis(),
            now: stamp("2026-10-31T16:00:00.500").millis(),
            edges: vec![stamp("2026-10-01T00:00:00").millis()] };
        let lines: Vec<Value> =
            histories(&plan, &codes()).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let (summary, rejects) = run(&from, &lines);
        assert_eq!(summary.rejected, 0, "{rejects:?}");
        let mut file = Vec::new();
        assert_eq!(export(&from, None, &mut file).unwrap(), 150);

        let there = TestDb::sqlite();
        let to = town(&there);
        let import_it = |to: &Arc<Hotline>| {
            import(to, &mut Cursor::new(file.clone()), &mut Vec::new(), Run::Real).unwrap()
        };
        assert_eq!(counts(&import_it(&to)), (150, 0, 0));
        for line in &lines {
            let no = line["no"].as_str().unwrap();
            let (a, b) = (load(&from, no), load(&to, no));
            assert_eq!(a.ticket, b.ticket);
            assert_eq!(a.version, b.version);
        }
        let mut again = Vec::new();
        export(&to, None, &mut again).unwrap();
        assert!(again == file);
        assert_eq!(counts(&import_it(&to)), (0, 150, 0));
        assert_eq!(counts(&import_it(&from)), (0, 150, 0));
    }
}

#[test]
fn a_dry_run_counts_alike_and_changes_nothing() {
    let test = TestDb::sqlite();
    let hotline = town(&test);
    let text = format!("{}\n{}\nno\n", line(), line());
    let mut rejects = Vec::new();
    let summary = import(&hotline, &mut Cursor::new(text), &mut rejects, Run::Dry).unwrap();
    assert_eq!(counts(&summary), (1, 1, 1));
    use diesel::{QueryDsl, RunQueryDsl};
    let count = |conn: &mut jiesu::db::Conn| Ok(imported::table.count().get_result::<i64>(conn)?);
    assert_eq!(test.db.read(count).unwrap(), 0);
}

#[test]
fn rejects_stand_beside_the_file_and_go_when_there_are_none() {
    let test = TestDb::sqlite();
    let hotline = town(&test);
    let folder = std::env::temp_dir().join(format!("jiesu-moving-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("old.ndjson");
    std::fs::write(&file, format!("{}\nno\n", line())).unwrap();
    let summary = import_file(&hotline, &file, Run::Real).unwrap();
    assert_eq!(summary.rejects, Some(folder.join("old.rejects.ndjson")));
    std::fs::write(&file, format!("{}\n", line())).unwrap();
    assert_eq!(import_file(&hotline, &file, Run::Real).unwrap().rejects, None);
    assert!(!folder.join("old.rejects.ndjson").exists());
    std::fs::remove_dir_all(folder).unwrap();
}
