//! Both sides compared: what the platform has lost is sent again, and nothing else is.

use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{NaiveDate, TimeDelta};
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use jiesu::db::schema::backfill;
use jiesu::upstream::{BackfillState, Carrier, Form, compare, desk};
use serde_json::{Value, json};

use super::mock::{Fault, Ledger, Mock};
use super::{carrier, crew, given, owed};
use crate::support::city::{City, good};
use crate::support::databases::on_each_database;

fn day() -> NaiveDate {
    "2026-11-02".parse().unwrap()
}

/// What comparing finds, a line each.
fn finds(carrier: &Carrier) -> Vec<String> {
    let found = compare(carrier, day()).unwrap();
    found.iter().map(|it| format!("{} {}", it.upstream_no, it.what)).collect()
}

/// A ticket that was replied to and surveyed: it owes two answers, in this order.
fn surveyed(city: &City, mock: &Mock, no: &str) -> String {
    mock.knows(no, "2026-11-02");
    let here = given(city, no);
    city.dispatcher().does(&here, "dispatch", json!({ "lead": "wuye" }));
    city.works(&here, "wuye", 1);
    city.handler("wuye").does(&here, "reply", json!({ "text": "电梯已修好" }));
    city.reviewer().does(&here, "review", json!({ "pass": true }));
    city.surveyor().does(&here, "survey", good());
    here
}

/// The platform is back from a copy that knows none of its answers.
fn forgets(mock: &Mock, no: &str) {
    let mut ledger = mock.ledger();
    ledger.seen.retain(|_, (of, _)| of != no);
    let lost = ledger.tickets.get_mut(no).unwrap();
    (lost.revision, lost.form) = (0, Value::Null);
}

fn states(city: &City, no: &str) -> Vec<BackfillState> {
    owed(city, no).iter().map(|owed| owed.state).collect()
}

on_each_database! {
    fn what_arrives_while_the_list_is_read_is_not_lost(test: &TestDb) {
        let (city, mock) = (City::of(test), Mock::start());
        let carrier = carrier(&city, &mock.keys());
        mock.knows("GD1", "2026-11-02");
        let here = given(&city, "GD1");
        city.agent().does(&here, "answer", json!({ "text": "已答复" }));
        let id = owed(&city, &here)[0].id;
        // The first page is told; before the second is asked for, the answer is acknowledged.
        let (db, clock, asked) = (test.db.clone(), test.clock.clone(), AtomicUsize::new(0));
        mock.feels(move || {
            if asked.fetch_add(1, Ordering::SeqCst) == 1 {
                clock.forward(TimeDelta::seconds(1));
                let arrives = move |tx: &mut jiesu::db::Tx<'_>| {
                    let state = backfill::state.eq(BackfillState::Acknowledged);
                    let settled = backfill::settled_at.eq(Some(tx.now));
                    let row = diesel::update(backfill::table.find(id));
                    Ok(row.set((state, settled)).execute(tx.conn)?)
                };
                db.write(arrives).unwrap();
            }
            Fault::Nothing
        });
        assert_eq!(finds(&carrier), Vec::<String>::new());
        assert_eq!(states(&city, &here), [BackfillState::Acknowledged]);
        city.hours(1);
        assert_eq!(finds(&carrier), ["GD1 lost"], "an hour later it should be there");
    }

    fn a_lost_answer_is_found_behind_one_that_this_platform_does_not_take(test: &TestDb) {
        let (city, mock) = (City::of(test), Mock::start());
        let mut carrier = carrier(&city, &mock.keys());
        let form = include_str!("../../../config/upstream/default.toml");
        assert!(form.contains("leave_out = []"));
        let form = form.replace("leave_out = []", "leave_out = [\"survey\"]");
        carrier.form = Form::parse(&form).unwrap().into();
        let crew = crew(&test.db, &carrier);
        let here = surveyed(&city, &mock, "GD1");
        crew.drain().unwrap();
        assert_eq!(states(&city, &here), [BackfillState::Acknowledged, BackfillState::LeftOut]);
        city.hours(1);
        assert_eq!(finds(&carrier), Vec::<String>::new());
        forgets(&mock, "GD1");
        assert_eq!(finds(&carrier), ["GD1 lost"]);
        crew.drain().unwrap();
        assert_eq!(mock.ledger().tickets["GD1"].revision, 1);
        city.hours(1);
        assert_eq!(finds(&carrier), Vec::<String>::new());
    }

    fn a_lost_answer_is_told_but_not_sent_over_what_a_person_entered_later(test: &TestDb) {
        let (city, mock) = (City::of(test), Mock::start());
        let carrier = carrier(&city, &mock.keys());
        let crew = crew(&test.db, &carrier);
        let here = surveyed(&city, &mock, "GD1");
        mock.fails(&[Fault::Nothing, Fault::Refuses]);
        crew.drain().unwrap();
        let (reviewer, second) = (city.reviewer().actor.clone(), owed(&city, &here)[1].id);
        test.db.write(move |tx| desk::done_by_hand(tx, &reviewer, second)).unwrap();
        let both = [BackfillState::Acknowledged, BackfillState::ByHand];
        assert_eq!(states(&city, &here), both);
        city.hours(1);
        assert_eq!(finds(&carrier), Vec::<String>::new());
        forgets(&mock, "GD1");
        assert_eq!(finds(&carrier), ["GD1 lost"]);
        assert_eq!(states(&city, &here), both);
    }

    fn what_the_platform_has_lost_is_found_and_sent_again(test: &TestDb) {
        let (city, mock) = (City::of(test), Mock::start());
        let carrier = carrier(&city, &mock.keys());
        let crew = crew(&test.db, &carrier);
        let numbers: Vec<String> = (0..25).map(|at| format!("GD{at:02}")).collect();
        for no in &numbers {
            mock.knows(no, "2026-11-02");
            let here = given(&city, no);
            city.agent().does(&here, "answer", json!({ "text": "已答复" }));
        }
        crew.drain().unwrap();
        city.hours(1);
        let day = "2026-11-02".parse().unwrap();
        assert_eq!(compare(&carrier, day).unwrap(), []);
        {
            // Back from a copy of yesterday: it lost an answer, a message and a ticket, and has one of its own.
            let mut ledger = mock.ledger();
            let of = |no: &str, ledger: &Ledger| {
                let mut seen = ledger.seen.iter();
                seen.find(|(_, (there, _))| there == no).map(|(id, _)| id.clone()).unwrap()
            };
            let id = of("GD03", &ledger);
            ledger.seen.remove(&id);
            let lost = ledger.tickets.get_mut("GD03").unwrap();
            (lost.revision, lost.form) = (0, Value::Null);
            ledger.tickets.remove("GD07");
            ledger.tickets.get_mut("GD09").unwrap().form["stage"] = "handling".into();
        }
        mock.knows("GD99", "2026-11-02");
        let found = compare(&carrier, day).unwrap();
        let found: Vec<String> =
            found.iter().map(|it| format!("{} {}", it.upstream_no, it.what)).collect();
        assert_eq!(found, ["GD03 lost", "GD09 stage", "GD99 missing_here", "GD07 missing_there"]);
        city.hours(1);
        crew.drain().unwrap();
        assert_eq!(mock.ledger().tickets["GD03"].revision, 1);
        let found = compare(&carrier, day).unwrap();
        assert_eq!(found.len(), 3, "the one that was lost is there again: {found:?}");
    }
}
