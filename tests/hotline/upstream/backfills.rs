//! Answers to the platform: owed with their cause, carried until they arrive, seen by people meanwhile.

use jiesu::jobs::{self, Crew, Fail};
use jiesu::limits::Light;
use jiesu::upstream::{BackfillState, Cause, JOB, desk};
use serde_json::json;

use super::mock::{Fault, Mock};
use super::{carrier, crew, from_platform, given, owed};
use crate::support::city::{City, bad, good, refusal};
use crate::support::databases::on_each_database;

fn states(city: &City, no: &str) -> Vec<(Cause, BackfillState)> {
    owed(city, no).iter().map(|owed| (owed.cause, owed.state)).collect()
}

fn causes(city: &City, no: &str) -> Vec<Cause> {
    owed(city, no).iter().map(|owed| owed.cause).collect()
}

/// From the dispatch to the passed reply.
fn answered(city: &City, no: &str) {
    city.dispatcher().does(no, "dispatch", json!({ "lead": "wuye" }));
    city.works(no, "wuye", 1);
    city.handler("wuye").does(no, "reply", json!({ "text": "电梯已修好" }));
    city.reviewer().does(no, "review", json!({ "pass": true }));
}

on_each_database! {
    fn what_did_not_come_from_upstream_owes_nothing(test: &TestDb) {
        let city = City::of(test);
        let no = city.closed("wuye");
        assert_eq!(owed(&city, &no), []);
    }

    fn a_history_that_is_moved_in_owes_nothing_until_something_happens(test: &TestDb) {
        let city = City::of(test);
        let line = json!({
            "no": "2026-000123", "kind": "help", "channel": "platform",
            "received_at": "2026-10-20T09:00:00+08:00",
            "upstream": { "no": "GD1", "received_at": "2026-10-20T09:00:00+08:00" },
            "caller": { "name": "张三", "phone": "13900000001" },
            "title": "电梯", "content": "电梯停运。", "category": "wy.dt", "estate": "yangguang",
            "assignments": [{ "unit": "wuye", "role": "lead", "sent_at": "2026-10-20T10:00:00+08:00",
                "signed_at": "2026-10-20T11:00:00+08:00",
                "contacts": [{ "at": "2026-10-20T12:00:00+08:00", "outcome": "spoke" }],
                "replied_at": "2026-10-21T09:00:00+08:00", "reply": "已修" }],
            "reviews": [{ "at": "2026-10-21T10:00:00+08:00", "pass": true }]
        });
        let mut file = std::io::Cursor::new(format!("{line}\n"));
        let run = jiesu::moving::Run::Real;
        let mut rejects = Vec::new();
        let done = jiesu::moving::import(&city.hotline, &mut file, &mut rejects, run).unwrap();
        assert_eq!(done.imported, 1, "{}", String::from_utf8_lossy(&rejects));
        assert_eq!(owed(&city, "2026-000123"), []);
        city.surveyor().does("2026-000123", "survey", good());
        assert_eq!(causes(&city, "2026-000123"), [Cause::Survey]);
    }

    fn each_answer_owes_one_row_with_its_cause_in_the_trades_order(test: &TestDb) {
        let city = City::of(test);
        let no = given(&city, "GD1");
        assert_eq!(causes(&city, &no), []);
        answered(&city, &no);
        assert_eq!(causes(&city, &no), [Cause::Reply]);
        city.surveyor().does(&no, "survey", bad());
        assert_eq!(causes(&city, &no), [Cause::Reply, Cause::Survey]);
        city.reviewer().does(&no, "triage", json!({ "why": "poor_work", "rework": true }));
        city.handler("wuye").does(&no, "reply", json!({ "text": "重新修好" }));
        city.reviewer().does(&no, "review", json!({ "pass": true }));
        city.hours(5);
        city.surveyor().does(&no, "survey", good());
        city.agent().does(&no, "reopen", json!({ "reason": "又坏了" }));
        city.agent().does(&no, "decline", json!({ "reason": "no_new_fact", "told": "已告知" }));
        let all = [Cause::Reply, Cause::Survey, Cause::Rework, Cause::Reply, Cause::Survey,
            Cause::Reopen, Cause::Decline];
        assert_eq!(causes(&city, &no), all);
        let revisions: Vec<i32> = owed(&city, &no).iter().map(|owed| owed.revision).collect();
        assert_eq!(revisions, [1, 2, 3, 4, 5, 6, 7]);
    }

    fn the_other_ends_of_a_ticket_owe_too(test: &TestDb) {
        let city = City::of(test);
        let direct = given(&city, "GD1");
        city.agent().does(&direct, "answer", json!({ "text": "请拨打物业电话" }));
        let diverted = given(&city, "GD2");
        let divert = json!({ "service": "119", "at": city.now().to_string() });
        city.agent().does(&diverted, "divert", divert);
        let taken_back = given(&city, "GD3");
        city.person("platform").does(&taken_back, "withdraw", json!({ "reason": "已自行解决" }));
        let meant = given(&city, "GD4");
        city.dispatcher().does(&meant, "dispatch", json!({ "lead": "wuye" }));
        city.person("platform").does(&meant, "withdraw", json!({ "reason": "误报" }));
        city.agent().does(&meant, "withdraw/confirm", json!({ "confirmed": false, "how": "电话" }));
        let unheard = given(&city, "GD5");
        answered(&city, &unheard);
        city.surveyor().does(&unheard, "survey", json!({ "outcome": "refused" }));
        assert_eq!(causes(&city, &direct), [Cause::Answer]);
        assert_eq!(causes(&city, &diverted), [Cause::Divert]);
        assert_eq!(causes(&city, &taken_back), [Cause::Withdraw]);
        assert_eq!(causes(&city, &meant), [Cause::Kept]);
        assert_eq!(causes(&city, &unheard), [Cause::Reply, Cause::Close]);
    }

    fn who_was_merged_gets_the_answer_of_the_other_ticket_each_time_it_is_given(test: &TestDb) {
        let city = City::of(test);
        let parent = city.sent_to("wuye");
        let child = given(&city, "GD1");
        city.agent().does(&child, "merge", json!({ "into": parent }));
        assert_eq!(causes(&city, &child), []);
        city.works(&parent, "wuye", 1);
        city.handler("wuye").does(&parent, "reply", json!({ "text": "一并答复" }));
        city.reviewer().does(&parent, "review", json!({ "pass": true }));
        assert_eq!(causes(&city, &child), [Cause::Merge]);
        assert_eq!(owed(&city, &parent), []);
        let late = given(&city, "GD2");
        city.agent().does(&late, "merge", json!({ "into": parent }));
        assert_eq!(causes(&city, &late), [Cause::Merge]);
        city.surveyor().does(&parent, "survey", bad());
        city.reviewer().does(&parent, "triage", json!({ "why": "poor_work", "rework": true }));
        city.handler("wuye").does(&parent, "reply", json!({ "text": "再次答复" }));
        city.reviewer().does(&parent, "review", json!({ "pass": true }));
        assert_eq!(causes(&city, &child), [Cause::Merge, Cause::Merge]);
        // Both say what their own moment said.
        let mock = Mock::start();
        mock.knows("GD1", "2026-11-02");
        mock.knows("GD2", "2026-11-02");
        let carrier = carrier(&city, &mock.keys());
        let says = |at: usize| {
            let facts = carrier.facts(&owed(&city, &child)[at]).unwrap();
            carrier.form.message(&facts, chrono_tz::Asia::Shanghai)
        };
        assert_eq!((&says(0)["reply"], &says(1)["reply"]), (&"一并答复".into(), &"再次答复".into()));
        assert_eq!(says(1)["merged_into"], parent);
        city.dispatcher().does(&child, "unmerge", json!({}));
        assert_eq!(causes(&city, &child).last(), Some(&Cause::Reopen));
    }

    fn the_first_answer_is_due_when_the_platform_said_and_turns_yellow_and_red(test: &TestDb) {
        let city = City::of(test);
        let mut draft = from_platform(&city, "GD1");
        let due = city.now().plus(chrono::TimeDelta::hours(100));
        draft["upstream"]["due_at"] = due.to_string().into();
        let no = city.person("platform").registers(draft);
        answered(&city, &no);
        let first = owed(&city, &no)[0].clone();
        assert_eq!((first.due_at, first.light(city.now())), (due, Light::Green));
        city.hours(80);
        assert_eq!(first.light(city.now()), Light::Yellow);
        city.hours(21);
        assert_eq!(first.light(city.now()), Light::Red);
        city.surveyor().does(&no, "survey", good());
        let second = owed(&city, &no)[1].clone();
        assert_eq!(second.due_at, second.caused_at.plus(chrono::TimeDelta::hours(24)));
    }

    fn answers_go_in_order_and_one_whose_answer_was_lost_is_asked_for(test: &TestDb) {
        let (city, mock) = (City::of(test), Mock::start());
        let (no, carrier) = (given(&city, "GD1"), carrier(&city, &mock.keys()));
        mock.knows("GD1", "2026-11-02");
        let crew = crew(&test.db, &carrier);
        answered(&city, &no);
        city.surveyor().does(&no, "survey", good());
        mock.fails(&[Fault::AnswerLost, Fault::Deaf]);
        crew.drain().unwrap();
        let waits = [(Cause::Reply, BackfillState::Sent), (Cause::Survey, BackfillState::Waiting)];
        assert_eq!(states(&city, &no), waits);
        assert_eq!(mock.ledger().requests, 1, "the second waits for the first");
        city.hours(1);
        crew.drain().unwrap();
        assert_eq!(mock.ledger().requests, 2, "asked for, and deaf");
        city.hours(1);
        crew.drain().unwrap();
        let both = [
            (Cause::Reply, BackfillState::Acknowledged),
            (Cause::Survey, BackfillState::Acknowledged),
        ];
        assert_eq!(states(&city, &no), both);
        let ledger = mock.ledger();
        assert_eq!((ledger.repeats, ledger.tickets["GD1"].revision), (0, 2));
        assert_eq!(ledger.tickets["GD1"].form["solved"], "solved");
        assert!(!ledger.tickets["GD1"].form.to_string().contains("13900000001"));
    }

    fn without_a_question_it_is_sent_again_and_had_before_counts_as_acknowledged(test: &TestDb) {
        let (city, mock) = (City::of(test), Mock::start());
        let keys: Vec<_> =
            mock.keys().into_iter().filter(|(name, _)| !name.ends_with("STATUS_URL")).collect();
        let (no, carrier) = (given(&city, "GD1"), carrier(&city, &keys));
        mock.knows("GD1", "2026-11-02");
        let crew = crew(&test.db, &carrier);
        answered(&city, &no);
        mock.fails(&[Fault::AnswerLost]);
        crew.drain().unwrap();
        city.hours(1);
        crew.drain().unwrap();
        assert_eq!(states(&city, &no), [(Cause::Reply, BackfillState::Acknowledged)]);
        assert_eq!(mock.ledger().repeats, 1);
    }

    fn what_the_platform_refuses_waits_for_a_person_and_a_later_answer_replaces_it(test: &TestDb) {
        let (city, mock) = (City::of(test), Mock::start());
        let (no, carrier) = (given(&city, "GD1"), carrier(&city, &mock.keys()));
        mock.knows("GD1", "2026-11-02");
        let crew = crew(&test.db, &carrier);
        answered(&city, &no);
        mock.fails(&[Fault::Refuses]);
        crew.drain().unwrap();
        let first = owed(&city, &no)[0].clone();
        assert_eq!((first.state, first.why.as_deref()), (BackfillState::Refused, Some("not_wanted")));
        city.surveyor().does(&no, "survey", good());
        crew.drain().unwrap();
        let both = [
            (Cause::Reply, BackfillState::Superseded),
            (Cause::Survey, BackfillState::Acknowledged),
        ];
        assert_eq!(states(&city, &no), both);
        let reviewer = city.reviewer().actor.clone();
        let retry = test.db.write(move |tx| desk::retry(tx, &reviewer, first.id));
        assert_eq!(retry.unwrap_err().code(), "upstream.settled");
    }

    fn a_platform_that_is_gone_too_long_is_given_up_and_tried_anew_by_a_person(test: &TestDb) {
        let (city, mock) = (City::of(test), Mock::start());
        let (no, carrier) = (given(&city, "GD1"), carrier(&city, &mock.keys()));
        mock.knows("GD1", "2026-11-02");
        let crew = crew(&test.db, &carrier);
        answered(&city, &no);
        mock.feels(|| Fault::Broken);
        for _ in 0..80 {
            crew.drain().unwrap();
            city.hours(1);
        }
        let dead = owed(&city, &no)[0].clone();
        assert_eq!((dead.state, dead.light(city.now())), (BackfillState::Dead, Light::Red));
        mock.fails(&[]);
        let (reviewer, agent) = (city.reviewer().actor.clone(), city.agent().actor.clone());
        let retry = test.db.write(move |tx| desk::retry(tx, &agent, dead.id));
        assert_eq!(refusal(retry), "403 forbidden");
        test.db.write(move |tx| desk::retry(tx, &reviewer, dead.id)).unwrap();
        crew.drain().unwrap();
        assert_eq!(states(&city, &no), [(Cause::Reply, BackfillState::Acknowledged)]);
    }

    fn without_an_interface_answers_wait_and_wake_once_there_is_one(test: &TestDb) {
        let city = City::of(test);
        let no = given(&city, "GD1");
        answered(&city, &no);
        crew(&test.db, &carrier(&city, &[])).drain().unwrap();
        assert_eq!(states(&city, &no), [(Cause::Reply, BackfillState::Waiting)]);
        let mock = Mock::start();
        mock.knows("GD1", "2026-11-02");
        let carrier = carrier(&city, &mock.keys());
        carrier.wake().unwrap();
        crew(&test.db, &carrier).drain().unwrap();
        assert_eq!(states(&city, &no), [(Cause::Reply, BackfillState::Acknowledged)]);
    }

    fn an_answer_whose_job_died_wakes_and_holds_up_no_later_one_for_good(test: &TestDb) {
        let (city, mock) = (City::of(test), Mock::start());
        let (no, carrier) = (given(&city, "GD1"), carrier(&city, &mock.keys()));
        mock.knows("GD1", "2026-11-02");
        answered(&city, &no);
        city.surveyor().does(&no, "survey", good());
        // Something within the house is broken until the jobs are dead; the answers know nothing of it.
        let broken = Crew::new(test.db.clone()).does(JOB, |_| Err(Fail::again("internal")));
        let dead = || test.db.read(jobs::counts).unwrap().dead;
        let mut minutes = 0;
        while dead() < 2 {
            broken.drain().unwrap();
            test.clock.forward(chrono::TimeDelta::minutes(1));
            minutes += 1;
            assert!(minutes < 345, "the tries of a job end before its answer counts as forgotten");
        }
        let crew = crew(&test.db, &carrier);
        carrier.wake().unwrap();
        crew.drain().unwrap();
        assert_eq!(mock.ledger().requests, 0, "a job may still be on its way");
        city.hours(3);
        carrier.wake().unwrap();
        crew.drain().unwrap();
        let both = [
            (Cause::Reply, BackfillState::Acknowledged),
            (Cause::Survey, BackfillState::Acknowledged),
        ];
        assert_eq!(states(&city, &no), both);
        assert_eq!(mock.ledger().requests, 2);
    }
}
