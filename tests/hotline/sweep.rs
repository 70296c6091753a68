//! What time does to a ticket by itself: soon, overdue, a promise missed; another calendar; a
//! downtime.

use chrono::TimeDelta;
use jiesu::directory::{CalendarOverride, DayKind, Entry};
use jiesu::error::Kind;
use jiesu::identity::Actor;
use jiesu::jobs::{Bell, Crew};
use jiesu::lifecycle::outage::Outage;
use jiesu::lifecycle::recompute::Recompute;
use jiesu::limits::{ClockName, Note};
use jiesu::ticket::Noted;
use jiesu::ticket::command::CommandName;
use jiesu::ticket::event::{Event, replay};
use jiesu::time::Stamp;
use serde_json::{Value, json};

use crate::support::databases::on_each_database;
use crate::support::desk::{
    Desk, describe, dispatch_to, dispatcher, handler, reviewer, street_head, unit_head,
};

fn at(text: &str) -> Stamp {
    Stamp::parse(text).unwrap()
}

fn sweep(desk: &Desk) -> usize {
    desk.hotline.sweep(&Bell::default()).unwrap()
}

/// The notices of an event: limit and what was told.
fn told(event: &Event) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let told = event.body["told"].as_array().unwrap();
    told.iter().map(|notice| (word(&notice["limit"]), word(&notice["what"]))).collect()
}

fn notices(desk: &Desk, no: &str) -> Vec<Vec<(String, String)>> {
    desk.events(no).iter().filter(|event| event.command == "limits").map(told).collect()
}

fn pair(limit: &str, what: &str) -> (String, String) {
    (limit.to_owned(), what.to_owned())
}

/// Does what the worker does with a calendar that has moved.
fn recompute(desk: &Desk) -> usize {
    desk.hotline.watch_calendar().unwrap();
    let hotline = desk.hotline.clone();
    let crew = Crew::new(desk.hotline.db.clone())
        .does(Recompute::JOB, move |job| Ok(hotline.recompute(job.body()?)?));
    crew.drain().unwrap()
}

pub(crate) fn closed_on(day: &str) -> Entry {
    let on = day.parse().unwrap();
    Entry::CalendarOverride(CalendarOverride {
        on,
        day: Some(DayKind::Off),
        reason: "台风停工".into(),
    })
}

/// Puts the ticket on the ledger until 2026-11-10.
fn put_on_ledger(desk: &Desk, no: &str) {
    let ask =
        json!({"grounds": "须动用维修资金", "plan": "业主表决后施工", "promised_at": "2026-11-10"});
    desk.give(unit_head(), no, CommandName::Ledger, ask).unwrap();
    desk.give(reviewer(), no, CommandName::LedgerDecide, json!({"approve": true})).unwrap();
}

on_each_database! {
    fn a_limit_is_told_of_when_it_is_soon_and_once_more_when_it_is_over(test: &TestDb) {
        let desk = Desk::new(test);
        let no = desk.take("emergency");
        assert_eq!(sweep(&desk), 0);
        // A quarter of the half hour for dispatching is left.
        test.clock.set(at("2026-10-01T08:22:30+08:00"));
        assert_eq!((sweep(&desk), sweep(&desk)), (1, 0));
        test.clock.set(at("2026-10-01T08:30:00+08:00"));
        assert_eq!(sweep(&desk), 0, "in time up to and with the due instant");
        test.clock.set(at("2026-10-01T08:30:00.001+08:00"));
        assert_eq!((sweep(&desk), sweep(&desk)), (1, 0));
        let expected = [vec![pair("dispatch", "soon")], vec![pair("dispatch", "overdue")]];
        assert_eq!(notices(&desk, &no), expected);
        let event = desk.events(&no).pop().unwrap();
        assert_eq!((event.actor.as_str(), event.at), ("system", test.db.now()));
    }

    fn after_a_downtime_the_last_word_on_every_limit_makes_one_event(test: &TestDb) {
        let desk = Desk::new(test);
        let no = desk.dispatched("urgent_utility");
        test.clock.forward(TimeDelta::days(30));
        assert_eq!((sweep(&desk), sweep(&desk)), (1, 0));
        let overdue = |limit| pair(limit, "overdue");
        let expected = ["contact/1", "handle/1", "overall", "sign/1"].map(overdue);
        assert_eq!(notices(&desk, &no), [expected]);
        assert_eq!(replay(&desk.events(&no)).unwrap(), desk.load(&no).ticket);
    }

    fn several_nodes_at_once_tell_nothing_twice(test: &TestDb) {
        let desk = Desk::new(test);
        let numbers: Vec<String> = (0..12).map(|_| desk.take("emergency")).collect();
        test.clock.forward(TimeDelta::days(3));
        let nodes: Vec<Desk> = (0..3).map(|_| desk.another_node(test)).collect();
        std::thread::scope(|scope| {
            for node in &nodes {
                scope.spawn(move || {
                    for _ in 0..20 {
                        match node.hotline.sweep(&Bell::default()) {
                            Ok(_) => return,
                            Err(error) => assert_eq!(error.kind(), Kind::Unavailable),
                        }
                    }
                });
            }
        });
        sweep(&desk);
        for no in &numbers {
            assert_eq!(notices(&desk, no), [[pair("dispatch", "overdue"), pair("overall", "overdue")]]);
        }
    }

    fn a_limit_that_runs_anew_is_told_of_anew(test: &TestDb) {
        let desk = Desk::new(test);
        let no = desk.take("general");
        test.clock.forward(TimeDelta::hours(5));
        assert_eq!(sweep(&desk), 1);
        desk.give(dispatcher(), &no, CommandName::Dispatch, dispatch_to("wuye")).unwrap();
        desk.give(dispatcher(), &no, CommandName::Recall, json!({"reason": "派错"})).unwrap();
        test.clock.forward(TimeDelta::hours(5));
        assert_eq!(sweep(&desk), 1);
        let again = [vec![pair("dispatch", "overdue")], vec![pair("dispatch", "overdue")]];
        assert_eq!(notices(&desk, &no), again);
    }

    fn a_ticket_that_has_ended_is_left_alone(test: &TestDb) {
        let desk = Desk::new(test);
        let no = desk.take("general");
        let decline = json!({"reason": "no_new_fact", "told": "电话告知"});
        desk.give(crate::support::desk::agent(), &no, CommandName::Decline, decline).unwrap();
        test.clock.forward(TimeDelta::days(60));
        assert_eq!(sweep(&desk), 0);
    }

    fn a_called_unit_that_does_not_come_is_told_of(test: &TestDb) {
        let desk = Desk::new(test);
        let no = desk.take("general");
        desk.give(dispatcher(), &no, CommandName::Dispatch, dispatch_to("jiedao")).unwrap();
        let whistle = json!({"units": ["zhulian"], "text": "请到场会商"});
        desk.give(street_head(), &no, CommandName::Whistle, whistle).unwrap();
        test.clock.set(at("2026-10-10T00:00:00+08:00"));
        sweep(&desk);
        assert_eq!(desk.load(&no).ticket.noted["report_in/1/zhulian"].what, Noted::Overdue);
    }

    fn a_missed_promise_lets_the_clocks_run_and_opens_a_supervision_once(test: &TestDb) {
        let desk = Desk::new(test);
        let no = desk.in_hand("general");
        put_on_ledger(&desk, &no);
        let waiting = desk.load(&no).ticket;
        assert!(waiting.assignments[&1].timers[&ClockName::Handle].is_paused());
        test.clock.set(at("2026-11-10T23:59:59.999+08:00"));
        sweep(&desk);
        assert!(desk.load(&no).ticket.supervisions.is_empty());
        test.clock.set(at("2026-11-11T00:00:00+08:00"));
        assert_eq!((sweep(&desk), sweep(&desk)), (1, 0));
        let missed = desk.load(&no).ticket;
        assert_eq!(missed.ledgers[0].missed_at, Some(test.db.now()));
        assert_eq!(missed.supervisions.len(), 1);
        assert_eq!(missed.state.name().as_str(), "on_ledger");
        let handle = &missed.assignments[&1].timers[&ClockName::Handle];
        let paused = &waiting.assignments[&1].timers[&ClockName::Handle];
        assert!(!handle.is_paused() && handle.due_at > paused.due_at);
        assert_eq!(replay(&desk.events(&no)).unwrap(), missed);
    }

    fn another_calendar_moves_open_limits_later_with_its_version(test: &TestDb) {
        let desk = Desk::new(test);
        let no = desk.in_hand("general");
        recompute(&desk);
        let before = desk.load(&no);
        // The 12th is a Monday within the five working days after the holiday.
        describe(&test.db, closed_on("2026-10-12"));
        assert!(recompute(&desk) > 0);
        let after = desk.load(&no);
        let due = |ticket: &jiesu::ticket::Ticket| ticket.assignments[&1].timers[&ClockName::Handle].due_at;
        assert_eq!(due(&after.ticket), due(&before.ticket).plus(TimeDelta::days(1)));
        let event = desk.events(&no).pop().unwrap();
        assert_eq!((event.command.as_str(), event.body["reason"].as_str()), ("limits/recomputed", Some("calendar")));
        assert_ne!(event.body["calendar"], "");
        let moved = event.body["moved"].as_array().unwrap();
        assert!(moved.iter().any(|it| it["limit"] == "handle/1"));
        assert_eq!(recompute(&desk), 0);
        assert_eq!(desk.load(&no).version, after.version);
    }

    fn a_limit_that_would_become_earlier_stays_and_says_so(test: &TestDb) {
        let desk = Desk::new(test);
        describe(&test.db, closed_on("2026-10-12"));
        let no = desk.in_hand("general");
        recompute(&desk);
        let before = desk.load(&no).ticket.assignments[&1].timers[&ClockName::Handle].due_at;
        let mut back = closed_on("2026-10-12");
        if let Entry::CalendarOverride(day) = &mut back {
            day.day = None;
        }
        describe(&test.db, back);
        recompute(&desk);
        let handle = desk.load(&no).ticket.assignments[&1].timers[&ClockName::Handle].clone();
        assert_eq!(handle.due_at, before);
        assert!(matches!(handle.notes.last(), Some(Note::CalendarKept { .. })));
        let event = desk.events(&no).pop().unwrap();
        assert!(event.body["kept"].as_array().unwrap().iter().any(|it| it["limit"] == "handle/1"));
    }

    fn counting_anew_goes_on_where_a_dead_node_stopped(test: &TestDb) {
        let desk = Desk::new(test);
        let numbers: Vec<String> = (0..3).map(|_| desk.dispatched("general")).collect();
        recompute(&desk);
        describe(&test.db, closed_on("2026-10-12"));
        assert!(desk.hotline.watch_calendar().unwrap());
        assert!(!desk.another_node(test).hotline.watch_calendar().unwrap(), "one job, not two");
        // A node did the first ticket and died; the job comes again from its beginning.
        desk.hotline.recompute(Recompute { after: i64::MIN }).unwrap();
        recompute(&desk);
        for no in &numbers {
            let events = desk.events(no);
            assert_eq!(events.iter().filter(|e| e.command == "limits/recomputed").count(), 1);
        }
    }

    fn a_downtime_extends_the_units_limits_it_touched_once(test: &TestDb) {
        let desk = Desk::new(test);
        let no = desk.dispatched("urgent_utility");
        let before = desk.load(&no).ticket;
        let outage = Outage {
            from: at("2026-10-01T10:00:00+08:00"),
            to: at("2026-10-01T12:00:00+08:00"),
        };
        let early = desk.hotline.declare_outage(&Actor::system(), outage).unwrap_err();
        assert_eq!(early.fields()[0].code, "outage.not_over");
        let handler = desk.hotline.declare_outage(&handler(), outage).unwrap_err();
        assert_eq!(handler.kind(), Kind::Forbidden);
        test.clock.set(at("2026-10-01T13:00:00+08:00"));
        assert_eq!(desk.hotline.declare_outage(&Actor::system(), outage).unwrap(), 1);
        assert_eq!(desk.hotline.declare_outage(&Actor::system(), outage).unwrap(), 0);
        let after = desk.load(&no).ticket;
        let due = |ticket: &jiesu::ticket::Ticket| ticket.assignments[&1].timers[&ClockName::Handle].due_at;
        assert_eq!(due(&after), due(&before).plus(TimeDelta::hours(2)));
        assert_eq!(after.timers, before.timers, "the citizen's clock runs on");
        let event = desk.events(&no).pop().unwrap();
        assert_eq!(event.command, "limits/outage");
        assert_eq!(replay(&desk.events(&no)).unwrap(), after);
    }

    fn downtimes_that_overlap_extend_by_their_union(test: &TestDb) {
        let desk = Desk::new(test);
        let (hours, days) = (desk.dispatched("urgent_utility"), desk.dispatched("general"));
        let due = |no: &str| desk.load(no).ticket.assignments[&1].timers[&ClockName::Handle].due_at;
        let before = (due(&hours), due(&days));
        test.clock.set(at("2026-10-09T13:00:00+08:00"));
        let declare = |from: &str, to: &str| {
            let outage = Outage { from: at(from), to: at(to) };
            desk.hotline.declare_outage(&Actor::system(), outage).unwrap()
        };
        assert_eq!(declare("2026-10-01T10:00:00+08:00", "2026-10-01T12:00:00+08:00"), 2);
        assert_eq!(declare("2026-10-01T11:00:00+08:00", "2026-10-01T13:00:00+08:00"), 2);
        assert_eq!(due(&hours), before.0.plus(TimeDelta::hours(3)));
        // The holiday's outages cost no working day, and those of the 9th one, however many they are.
        assert_eq!(due(&days), before.1);
        assert_eq!(declare("2026-10-09T09:00:00+08:00", "2026-10-09T11:00:00+08:00"), 2);
        assert_eq!(declare("2026-10-09T08:00:00+08:00", "2026-10-09T12:00:00+08:00"), 2);
        assert_eq!(due(&days), before.1.plus(TimeDelta::days(1)));
        for no in [&hours, &days] {
            assert_eq!(replay(&desk.events(no)).unwrap(), desk.load(no).ticket);
        }
    }
}
