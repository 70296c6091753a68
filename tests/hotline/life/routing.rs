//! Who gets it: dispatch, consultation, recall, disputes, designation, work passed down.

use jiesu::limits::ClockName;
use jiesu::ticket::{StateName, WorkName};
use serde_json::json;

use crate::support::city::{City, draft_with, refusal};
use crate::support::databases::on_each_database;

on_each_database! {
    fn a_dispatch_names_one_lead_of_units_that_may_be_responsible(test: &TestDb) {
        let city = City::of(test);
        let no = city.taken();
        let tries = |body| refusal(city.dispatcher().tries(&no, "dispatch", body));
        assert_eq!(tries(json!({"assists": ["wuye"]})), "422 field.required");
        assert_eq!(tries(json!({"lead": "nobody"})), "422 field.unknown_code");
        assert_eq!(tries(json!({"lead": "shequ"})), "422 dispatch.not_responsible");
        assert_eq!(tries(json!({"lead": "jiuke"})), "422 dispatch.not_responsible");
        assert_eq!(tries(json!({"lead": "wuye", "assists": ["wuye"]})), "422 dispatch.named_twice");
        assert_eq!(tries(json!({"lead": "wuye", "assists": ["jiedao"], "copies": ["zjj"]})), "accepted");
        assert_eq!(tries(json!({"lead": "weixiu"})), "409 dispatch.has_lead");
        assert_eq!(tries(json!({})), "422 field.required");
        assert_eq!(tries(json!({"assists": ["jiedao"]})), "422 dispatch.already_there");
        assert_eq!(tries(json!({"assists": ["weixiu"], "copies": ["chengguan"]})), "accepted");
        assert_eq!(city.ticket(&no).assignments.len(), 5);
        assert_eq!(refusal(city.agent().tries(&no, "dispatch", json!({"lead": "wuye"}))), "403 forbidden");
    }

    fn a_copy_has_no_clock_and_can_only_read(test: &TestDb) {
        let city = City::of(test);
        let no = city.taken();
        city.dispatcher().does(&no, "dispatch", json!({"lead": "wuye", "copies": ["weixiu"]}));
        assert!(city.assignment(&no, 2).timers.is_empty());
        let copied = city.handler("weixiu");
        assert_eq!(refusal(copied.tries_work(&no, 2, "sign", json!({}))), "403 copy_reads_only");
        assert_eq!(refusal(copied.tries(&no, "note", json!({"text": "x"}))), "403 copy_reads_only");
        assert_eq!(refusal(copied.tries(&no, "reply", json!({"text": "x"}))), "403 not_your_unit");
        let recall = json!({"reason": "x"});
        assert_eq!(refusal(city.dispatcher().tries_work(&no, 2, "recall", recall)), "409 transition");
    }

    fn a_company_or_an_accused_unit_never_leads_a_sealed_ticket_and_rings_nobody(test: &TestDb) {
        let city = City::of(test);
        // Called by its name, the accused is known by its code.
        let no = city.agent().registers(draft_with(&
            json!({"kind": "complaint", "matter": {"accused": "weixiu单位"}}),
        ));
        assert_eq!(city.ticket(&no).accused.unwrap().as_str(), "weixiu");
        let tries = |lead: &str| refusal(city.dispatcher().tries(&no, "dispatch", json!({"lead": lead})));
        for lead in ["hongda", "hongda-1", "weixiu", "weixiu-1"] {
            assert_eq!(tries(lead), "422 dispatch.sealed_lead", "{lead}");
        }
        city.dispatcher().does(&no, "dispatch", json!({"lead": "wuye", "assists": ["hongda", "weixiu"]}));
        for k in [2, 3] {
            assert!(!city.assignment(&no, k).timers.contains_key(&ClockName::Contact));
        }
        let accused = city.handler("weixiu");
        accused.works(&no, 3, "sign", json!({}));
        let spoke = json!({"outcome": "spoke"});
        assert_eq!(refusal(accused.tries_work(&no, 3, "contact", spoke)), "403 contact.handling_copy");
        accused.works(&no, 3, "reply", json!({"text": "已整改"}));
    }

    fn what_becomes_a_complaint_must_not_be_led_by_a_company(test: &TestDb) {
        let city = City::of(test);
        let no = city.sent_to("hongda");
        let complaint = || json!({"fields": {"kind": "complaint"}, "reason": "实为投诉"});
        let tries = || refusal(city.dispatcher().tries(&no, "amend", complaint()));
        assert_eq!(tries(), "422 dispatch.sealed_lead");
        city.dispatcher().does(&no, "recall", json!({"reason": "改派"}));
        city.dispatcher().does(&no, "dispatch", json!({"lead": "wuye", "assists": ["hongda"]}));
        assert!(city.assignment(&no, 3).timers.contains_key(&ClockName::Contact));
        assert_eq!(tries(), "accepted");
        assert!(!city.assignment(&no, 3).timers.contains_key(&ClockName::Contact));
    }

    fn a_consultation_ends_with_minutes_that_name_the_lead(test: &TestDb) {
        let city = City::of(test);
        let no = city.taken();
        let units = json!({"units": ["wuye", "jiedao"], "text": "职责不清"});
        city.dispatcher().does(&no, "consult", units);
        assert_eq!(city.state(&no), StateName::Consulting);
        let dispatch = json!({"lead": "wuye"});
        assert_eq!(refusal(city.dispatcher().tries(&no, "dispatch", dispatch)), "409 transition");
        let minutes = json!({"minutes": "由街道主办", "lead": "jiedao", "assists": ["wuye"], "designate": true});
        city.dispatcher().does(&no, "consult/conclude", minutes);
        let ticket = city.ticket(&no);
        let lead = ticket.live_lead().unwrap();
        assert_eq!((ticket.assignments[&lead].unit.as_str(), ticket.assignments[&lead].designated), ("jiedao", true));
        let dispute = json!({"reason": "不归我们", "grounds": "三定方案"});
        assert_eq!(refusal(city.handler("jiedao").tries_work(&no, lead, "dispute", dispute)), "409 dispute.designated");
    }

    fn the_clerk_of_the_section_disputes_on_the_third_workday_and_is_refused(test: &TestDb) {
        let city = City::of(test);
        let no = city.sent_to("wuye");
        let dispute = || json!({"reason": "不归我们", "grounds": "三定方案"});
        city.days(3);
        let refused = city.handler("wuye").tries_work(&no, 1, "dispute", dispute()).unwrap_err();
        assert_eq!(refused.code(), "dispute.window_over");
        assert_eq!(refused.allowed(), ["sign", "extend"], "a dispute is not offered any more");
        city.days(-1);
        city.handler("wuye").works(&no, 1, "dispute", dispute());
    }

    fn a_rejected_dispute_goes_back_to_where_it_was_and_is_the_only_one(test: &TestDb) {
        let city = City::of(test);
        let no = city.sent_to("wuye");
        let dispute = || json!({"reason": "不归我们", "grounds": "三定方案"});
        let clocks = |no: &str| city.ticket(no).timers.clone();
        city.handler("wuye").works(&no, 1, "sign", json!({}));
        let before = clocks(&no);
        assert_eq!(refusal(city.head("wuye").tries_work(&no, 1, "dispute", dispute())), "403 forbidden");
        city.handler("wuye").works(&no, 1, "dispute", dispute());
        assert_eq!(refusal(city.handler("wuye").tries(&no, "reply", json!({"text": "x"}))), "409 reply.disputed");
        // 首接负责: the duty to ring the citizen stays, and is done once.
        city.handler("wuye").works(&no, 1, "contact", json!({"outcome": "spoke"}));
        assert_eq!(city.work(&no, 1), WorkName::Disputed);
        city.hours(5);
        let verdict = json!({"uphold": false, "reason": "职责明确"});
        city.dispatcher().works(&no, 1, "dispute/decide", verdict);
        assert_eq!(city.work(&no, 1), WorkName::Handling);
        assert_eq!(clocks(&no), before, "the citizen's clock never stops for a dispute");
        assert_eq!(refusal(city.handler("wuye").tries_work(&no, 1, "dispute", dispute())), "409 dispute.once");
    }

    fn an_upheld_dispute_voids_the_assignment_alone_and_the_third_dispatch_designates(test: &TestDb) {
        let city = City::of(test);
        let no = city.taken();
        let overall = city.ticket(&no).timers[&ClockName::Overall].clone();
        city.dispatcher().does(&no, "dispatch", json!({"lead": "wuye", "assists": ["jiedao"]}));
        for (round, unit) in ["wuye", "weixiu"].into_iter().enumerate() {
            let k = city.ticket(&no).live_lead().unwrap();
            city.handler(unit).works(&no, k, "dispute", json!({"reason": "不归", "grounds": "三定"}));
            city.hours(1);
            city.person("dispatcher-2").works(&no, k, "dispute/decide", json!({"uphold": true, "reason": "成立"}));
            assert_eq!((city.state(&no), city.work(&no, k)), (StateName::Accepted, WorkName::Returned));
            assert_eq!(city.work(&no, 2), WorkName::Sent, "assists stay");
            let dispatch = city.ticket(&no).timers[&ClockName::Dispatch].clone();
            assert_eq!(dispatch.starts_at, city.now());
            if round == 0 {
                city.dispatcher().does(&no, "dispatch", json!({"lead": "weixiu"}));
            }
        }
        assert_eq!(city.ticket(&no).timers[&ClockName::Overall], overall);
        let third = |designate: bool| json!({"lead": "baozhang", "designate": designate});
        assert_eq!(refusal(city.dispatcher().tries(&no, "dispatch", third(false))), "422 dispatch.must_designate");
        city.dispatcher().does(&no, "dispatch", third(true));
    }

    fn an_assists_dispute_leaves_the_lead_at_work(test: &TestDb) {
        let city = City::of(test);
        let no = city.taken();
        city.dispatcher().does(&no, "dispatch", json!({"lead": "wuye", "assists": ["jiedao"]}));
        city.handler("jiedao").works(&no, 2, "dispute", json!({"reason": "不归", "grounds": "三定"}));
        city.dispatcher().works(&no, 2, "dispute/decide", json!({"uphold": true, "reason": "成立"}));
        assert_eq!((city.state(&no), city.work(&no, 2)), (StateName::InUnits, WorkName::Returned));
    }

    fn a_recall_takes_it_back_from_all_its_units(test: &TestDb) {
        let city = City::of(test);
        let no = city.taken();
        city.dispatcher().does(&no, "dispatch", json!({"lead": "wuye", "assists": ["jiedao"], "copies": ["zjj"]}));
        city.dispatcher().does(&no, "recall", json!({"reason": "派错"}));
        assert_eq!(city.state(&no), StateName::Accepted);
        assert!(city.ticket(&no).assignments.values().all(|a| a.is(WorkName::Recalled)));
    }

    fn work_is_passed_down_with_an_earlier_limit_and_falls_with_what_passed_it_down(test: &TestDb) {
        let city = City::of(test);
        let no = city.taken();
        city.dispatcher().does(&no, "dispatch", json!({"lead": "wuye", "assists": ["jiedao"]}));
        let due = |day: u32| format!("2026-11-{day:02}T12:00:00+08:00");
        let pass = |unit: &str, day| json!({"unit": unit, "due_at": due(day)});
        let tries = |unit: &str, day| refusal(city.handler("jiedao").tries_work(&no, 2, "sub-dispatch", pass(unit, day)));
        assert_eq!(tries("hongda", 5), "409 transition", "after signing");
        city.works(&no, "jiedao", 2);
        assert_eq!(tries("wuye", 5), "422 sub_dispatch.not_below");
        assert_eq!(tries("shequ", 5), "422 dispatch.not_responsible");
        assert_eq!(tries("hongda", 10), "422 sub_dispatch.not_earlier");
        assert_eq!(tries("hongda", 5), "accepted");
        assert_eq!(tries("hongda", 5), "422 dispatch.already_there");
        city.works(&no, "hongda", 3);
        city.handler("hongda").works(&no, 3, "sub-dispatch", pass("hongda-1", 4));
        let dispute = json!({"reason": "不归", "grounds": "三定"});
        assert_eq!(refusal(city.handler("hongda").tries_work(&no, 3, "dispute", dispute)), "409 dispute.not_disputable");
        // The unit that passed it down accepts the answer, not the lead.
        city.handler("hongda").works(&no, 3, "reply", json!({"text": "已清理"}));
        assert_eq!(refusal(city.handler("wuye").tries_work(&no, 3, "accept", json!({}))), "403 not_your_unit");
        city.dispatcher().works(&no, 2, "recall", json!({"reason": "无需协办"}));
        for k in [2, 3, 4] {
            assert_eq!(city.work(&no, k), WorkName::Recalled, "{k}");
        }
        assert_eq!(refusal(city.dispatcher().tries_work(&no, 1, "recall", json!({"reason": "x"}))), "409 transition");
    }
}
