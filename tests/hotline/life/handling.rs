//! Signing, ringing the citizen, answering, reviewing.

use jiesu::limits::ClockName;
use jiesu::ticket::{StateName, WorkName};
use serde_json::json;

use crate::support::city::{City, at, draft_with, refusal};
use crate::support::databases::on_each_database;

on_each_database! {
    fn nobody_answering_counts_only_after_two_tries_two_hours_apart_by_day(test: &TestDb) {
        let city = City::of(test);
        let no = city.sent_to("wuye");
        let clerk = city.handler("wuye");
        let contact = |outcome: &str| json!({"outcome": outcome});
        assert_eq!(refusal(clerk.tries_work(&no, 1, "contact", contact("spoke"))), "409 transition");
        clerk.works(&no, 1, "sign", json!({}));
        clerk.works(&no, 1, "contact", contact("no_answer"));
        assert_eq!(city.work(&no, 1), WorkName::Handling);
        let reply = || json!({"text": "已办"});
        assert_eq!(refusal(clerk.tries(&no, "reply", reply())), "409 reply.no_contact");
        city.hours(1);
        clerk.works(&no, 1, "contact", contact("no_answer"));
        assert_eq!(refusal(clerk.tries(&no, "reply", reply())), "409 reply.no_contact");
        city.hours(1);
        let future = json!({"outcome": "no_answer", "at": "2026-11-02T12:00:00+08:00"});
        assert_eq!(refusal(clerk.tries_work(&no, 1, "contact", future)), "422 field.in_future");
        // A typed time is information: the recording counts.
        let typed = json!({"outcome": "no_answer", "at": "2026-11-02T09:30:00+08:00"});
        clerk.works(&no, 1, "contact", typed);
        assert_eq!(city.assignment(&no, 1).timers[&ClockName::Contact].stopped_at, Some(city.now()));
        clerk.does(&no, "reply", reply());
        assert_eq!(refusal(city.head("wuye").tries_work(&no, 1, "contact", contact("spoke"))), "403 forbidden");
    }

    fn a_message_left_or_a_dead_number_is_a_contact(test: &TestDb) {
        let city = City::of(test);
        for outcome in ["message_left", "dead_number", "spoke"] {
            let no = city.sent_to("wuye");
            city.handler("wuye").works(&no, 1, "sign", json!({}));
            city.handler("wuye").works(&no, 1, "contact", json!({"outcome": outcome}));
            assert!(!city.assignment(&no, 1).timers[&ClockName::Contact].is_open(), "{outcome}");
        }
    }

    fn nobody_to_ring_means_no_contact_is_owed_and_no_survey_due(test: &TestDb) {
        let city = City::of(test);
        let no = city.agent().registers(draft_with(&json!({"caller": {"do_not_call": true}})));
        city.dispatcher().does(&no, "dispatch", json!({"lead": "wuye"}));
        city.handler("wuye").works(&no, 1, "sign", json!({}));
        assert_eq!(city.work(&no, 1), WorkName::Handling);
        city.handler("wuye").does(&no, "reply", json!({"text": "已办"}));
        city.reviewer().does(&no, "review", json!({"pass": true}));
        assert_eq!(city.state(&no), StateName::Closed);
    }

    fn an_assist_answers_the_lead_who_accepts_or_sends_back(test: &TestDb) {
        let city = City::of(test);
        let no = city.taken();
        city.dispatcher().does(&no, "dispatch", json!({"lead": "wuye", "assists": ["jiedao"]}));
        city.works(&no, "wuye", 1);
        city.works(&no, "jiedao", 2);
        let text = || json!({"text": "已处理"});
        assert_eq!(refusal(city.handler("wuye").tries_work(&no, 1, "reply", text())), "409 transition");
        assert_eq!(refusal(city.handler("wuye").tries_work(&no, 2, "reply", text())), "403 not_your_unit");
        city.handler("jiedao").works(&no, 2, "reply", text());
        assert_eq!(refusal(city.handler("jiedao").tries_work(&no, 2, "accept", json!({}))), "403 not_your_unit");
        city.hours(30);
        let due = city.assignment(&no, 2).timers[&ClockName::Handle].due_at;
        city.handler("wuye").works(&no, 2, "send-back", json!({"reason": "不完整"}));
        let handle = city.assignment(&no, 2).timers[&ClockName::Handle].clone();
        assert!(handle.is_open());
        // One working day passed between the answer and its coming back.
        assert_eq!((due, handle.due_at), (at("2026-11-09T23:59:59.999+08:00"), at("2026-11-10T23:59:59.999+08:00")));
        city.handler("jiedao").works(&no, 2, "reply", text());
        city.handler("wuye").works(&no, 2, "accept", json!({}));
        assert_eq!(city.work(&no, 2), WorkName::Done);
    }

    fn who_wrote_an_assists_answer_does_not_accept_it(test: &TestDb) {
        let city = City::of(test);
        let no = city.taken();
        city.dispatcher().does(&no, "dispatch", json!({"lead": "jiedao", "assists": ["hongda"]}));
        city.works(&no, "jiedao", 1);
        // The street stands above its company and may act for it, but not on both sides.
        let street = city.handler("jiedao");
        street.works(&no, 2, "sign", json!({}));
        street.works(&no, 2, "contact", json!({"outcome": "spoke"}));
        street.works(&no, 2, "reply", json!({"text": "已清理"}));
        assert_eq!(refusal(street.tries_work(&no, 2, "accept", json!({}))), "403 own_request");
    }

    fn the_lead_answers_over_open_assists_only_with_a_summary_and_they_end_with_the_pass(test: &TestDb) {
        let city = City::of(test);
        let no = city.taken();
        city.dispatcher().does(&no, "dispatch", json!({"lead": "wuye", "assists": ["jiedao"]}));
        let reply = json!({"text": "已办", "assists_summary": "街道尚在协调"});
        let lead = city.handler("wuye");
        assert_eq!(refusal(lead.tries(&no, "reply", reply.clone())), "409 reply.not_signed");
        city.works(&no, "wuye", 1);
        assert_eq!(refusal(lead.tries(&no, "reply", json!({"text": "已办"}))), "422 reply.assists_open");
        lead.does(&no, "reply", reply);
        city.handler("jiedao").works(&no, 2, "sign", json!({}));
        city.reviewer().does(&no, "review", json!({"pass": true}));
        assert_eq!((city.work(&no, 1), city.work(&no, 2)), (WorkName::Done, WorkName::Done));
    }

    fn a_reply_sent_back_runs_on_later_by_the_days_it_waited(test: &TestDb) {
        let city = City::of(test);
        let no = city.replied_by("wuye");
        let overall = city.ticket(&no).timers[&ClockName::Overall].due_at;
        city.days(2);
        assert_eq!(refusal(city.reviewer().tries(&no, "review", json!({"pass": false}))), "422 field.required");
        city.reviewer().does(&no, "review", json!({"pass": false, "reason": "未附照片"}));
        let ticket = city.ticket(&no);
        assert_eq!((ticket.state.name(), city.work(&no, 1)), (StateName::InUnits, WorkName::Handling));
        let handle = &ticket.assignments[&1].timers[&ClockName::Handle];
        assert_eq!(handle.due_at, at("2026-11-11T23:59:59.999+08:00"));
        assert_eq!(ticket.timers[&ClockName::Overall].due_at, overall, "the citizen waits on");
        city.handler("wuye").does(&no, "reply", json!({"text": "已补照片"}));
    }

    fn who_wrote_the_reply_does_not_review_it(test: &TestDb) {
        let city = City::of(test);
        let no = city.handled_by("baozhang");
        city.person("both@baozhang").does(&no, "reply", json!({"text": "已办"}));
        let pass = || json!({"pass": true});
        assert_eq!(refusal(city.person("both@baozhang").tries(&no, "review", pass())), "403 own_request");
        city.reviewer().does(&no, "review", pass());
    }

    fn what_was_missed_stays_missed(test: &TestDb) {
        let city = City::of(test);
        let no = city.handled_by("wuye");
        city.days(8);
        city.handler("wuye").does(&no, "reply", json!({"text": "已办"}));
        city.reviewer().does(&no, "review", json!({"pass": false, "reason": "再办"}));
        city.handler("wuye").does(&no, "reply", json!({"text": "已办"}));
        city.reviewer().does(&no, "review", json!({"pass": true}));
        let ticket = city.ticket(&no);
        assert!(ticket.assignments[&1].timers[&ClockName::Handle].missed);
        assert_eq!(ticket.timers[&ClockName::Overall].in_time(city.now()), Some(true));
    }

    fn a_withdrawal_ends_the_work_without_ending_what_was_missed(test: &TestDb) {
        let city = City::of(test);
        let no = city.sent_to("wuye");
        city.days(3);
        city.agent().does(&no, "withdraw", json!({"reason": "不用了"}));
        city.agent().does(&no, "withdraw/confirm", json!({"confirmed": true, "how": "原号码"}));
        let lead = city.assignment(&no, 1);
        assert!(lead.is(WorkName::Done));
        let sign = &lead.timers[&ClockName::Sign];
        assert_eq!((sign.stopped_at, sign.overdue(city.now())), (None, true));
    }
}
