//! What runs beside the state: supervision, whistles, flags, classes, notes.

use jiesu::directory::AssessmentClass;
use jiesu::jobs::Bell;
use jiesu::ticket::Part;
use serde_json::json;

use crate::support::city::{City, at, bad, refusal};
use crate::support::databases::on_each_database;

on_each_database! {
    fn a_supervision_is_answered_by_the_head_and_closed_by_whoever_opened_it(test: &TestDb) {
        let city = City::of(test);
        let no = city.sent_to("wuye");
        let late = json!({"step": "supervise", "text": "超期", "due_at": "2026-11-01T09:00:00+08:00"});
        assert_eq!(refusal(city.reviewer().tries(&no, "supervise", late)), "422 field.in_past");
        city.reviewer().does(&no, "supervise", json!({"step": "supervise", "text": "超期"}));
        let text = || json!({"text": "马上办"});
        let answer = |who: &str| refusal(city.person(who).tries_side(&no, 1, "supervise/answer", text()));
        assert_eq!(answer("handler@wuye"), "403 forbidden");
        assert_eq!(answer("unit_head@weixiu"), "404 not_found");
        assert_eq!(answer("unit_head@wuye"), "accepted");
        assert_eq!(refusal(city.head("wuye").tries_side(&no, 2, "supervise/answer", text())), "404 not_found");
        let close = |who: &str| refusal(city.person(who).tries_side(&no, 1, "supervise/close", json!({"result": "已办"})));
        assert_eq!(close("reviewer-2"), "403 supervise.not_opener");
        assert_eq!(close("leader"), "403 supervise.not_opener");
        assert_eq!(close("reviewer"), "accepted");
        assert_eq!(answer("unit_head@wuye"), "409 supervise.closed");
    }

    fn what_the_program_opened_on_a_unit_nobody_of_it_closes(test: &TestDb) {
        let city = City::of(test);
        let no = city.handled_by("baozhang");
        let plan = json!({"grounds": "缺配件", "plan": "订货", "promised_at": "2026-11-10"});
        city.head("baozhang").does(&no, "ledger", plan);
        city.reviewer().does(&no, "ledger/decide", json!({"approve": true}));
        city.clock.set(at("2026-11-11T00:00:00+08:00"));
        city.hotline.sweep(&Bell::default()).unwrap();
        let close = |who: &str| refusal(city.person(who).tries_side(&no, 1, "supervise/close", json!({"result": "已办"})));
        assert_eq!(close("both@baozhang"), "403 supervise.own_close");
        assert_eq!(close("reviewer"), "accepted");
    }

    fn a_street_whistles_the_called_report_in_and_the_street_closes(test: &TestDb) {
        let city = City::of(test);
        let no = city.taken();
        city.dispatcher().does(&no, "dispatch", json!({"lead": "jiedao", "assists": ["wuye"], "copies": ["jiedao2"]}));
        let call = || json!({"units": ["chengguan", "gongan", "wuye"], "text": "到场会办"});
        let tries = |who: &str, body| refusal(city.person(who).tries(&no, "whistle", body));
        assert_eq!(tries("unit_head@wuye", call()), "403 whistle.not_a_street");
        assert_eq!(tries("unit_head@jiedao2", call()), "403 copy_reads_only");
        assert_eq!(tries("unit_head@jiedao", json!({"units": ["jiedao"], "text": "x"})), "422 whistle.itself");
        assert_eq!(tries("unit_head@jiedao", json!({"units": ["jiuke"], "text": "x"})), "422 dispatch.not_responsible");
        assert_eq!(tries("unit_head@jiedao", call()), "accepted");
        let ticket = city.ticket(&no);
        let copies = ticket.assignments.values().filter(|a| a.part == Part::Copy).count();
        assert_eq!(copies, 3, "those who were not there may read along");
        let report = |who: &str, body| refusal(city.person(who).tries_side(&no, 1, "whistle/report-in", body));
        assert_eq!(report("handler@chengguan", json!({})), "accepted");
        assert_eq!(report("handler@chengguan", json!({})), "409 whistle.reported");
        assert_eq!(report("handler@chengguan", json!({"result": "已拆除"})), "accepted");
        assert_eq!(report("handler@jiedao2", json!({})), "403 whistle.not_called");
        city.days(5);
        assert_eq!(report("handler@gongan", json!({"result": "已到"})), "accepted");
        let whistle = city.ticket(&no).whistles[&1].clone();
        assert_eq!(whistle.called[1].timer.in_time(city.now()), Some(false), "late, but recorded");
        let close = |who: &str| refusal(city.person(who).tries_side(&no, 1, "whistle/close", json!({"result": "办结"})));
        assert_eq!(close("unit_head@jiedao2"), "403 copy_reads_only");
        assert_eq!(close("unit_head@jiedao"), "accepted");
        assert_eq!(report("handler@wuye", json!({})), "409 whistle.closed");
    }

    fn a_whistle_falls_with_the_streets_recall_and_is_the_streets_to_close_otherwise(test: &TestDb) {
        let city = City::of(test);
        let call = || json!({"units": ["chengguan"], "text": "到场会办"});
        let close = |no: &str| refusal(city.head("jiedao").tries_side(no, 1, "whistle/close", json!({"result": "办结"})));
        let whistled = || {
            let no = city.sent_to("jiedao");
            city.head("jiedao").does(&no, "whistle", call());
            no
        };
        let closed = |no: &str| city.ticket(no).whistles[&1].closed.clone();
        // Taken back: nobody of the street could close it any more.
        let recalled = whistled();
        city.dispatcher().does(&recalled, "recall", json!({"reason": "派错"}));
        let said = closed(&recalled).unwrap();
        assert_eq!((said.by.as_str(), said.at), ("dispatcher", city.now()));
        // Returned: the called may still come.
        let returned = whistled();
        city.handler("jiedao").works(&returned, 1, "dispute", json!({"reason": "不归", "grounds": "三定"}));
        city.dispatcher().works(&returned, 1, "dispute/decide", json!({"uphold": true, "reason": "成立"}));
        let report = city.handler("chengguan").tries_side(&returned, 1, "whistle/report-in", json!({}));
        assert_eq!(refusal(report), "accepted");
        // An assist's call falls with the assist; the lead's stays.
        let assisted = city.taken();
        city.dispatcher().does(&assisted, "dispatch", json!({"lead": "jiedao2", "assists": ["jiedao"]}));
        city.head("jiedao").does(&assisted, "whistle", call());
        city.head("jiedao2").does(&assisted, "whistle", call());
        city.dispatcher().works(&assisted, 2, "recall", json!({"reason": "无需协办"}));
        let left = city.ticket(&assisted).whistles;
        assert_eq!((left[&1].closed.is_some(), left[&2].closed.is_some()), (true, false));
        // The work was returned, the ticket ended or was merged: the street closes what it opened.
        let withdrawn = whistled();
        city.agent().does(&withdrawn, "withdraw", json!({"reason": "不用了"}));
        city.agent().does(&withdrawn, "withdraw/confirm", json!({"confirmed": true, "how": "原号码"}));
        let merged = whistled();
        city.dispatcher().does(&merged, "merge", json!({"into": city.taken()}));
        for no in [&returned, &withdrawn, &merged] {
            assert_eq!(closed(no), None);
            assert_eq!(close(no), "accepted");
        }
    }

    fn a_reviewer_classifies_and_flags_only_units_that_were_on_it(test: &TestDb) {
        let city = City::of(test);
        let no = city.sent_to("wuye");
        let class = json!({"assessment_class": "response_only", "reason": "建议类"});
        city.reviewer().does(&no, "classify", class);
        city.dispatcher().does(&no, "amend", json!({"fields": {"kind": "suggestion"}, "reason": "改类"}));
        assert_eq!(city.ticket(&no).class.class, AssessmentClass::ResponseOnly);
        let flag = |unit: &str| json!({"flag": "phone_dead", "unit": unit, "text": "打不通"});
        assert_eq!(refusal(city.agent().tries(&no, "flag", flag("weixiu"))), "422 flag.not_on_ticket");
        assert_eq!(refusal(city.agent().tries(&no, "flag", flag("nobody"))), "422 field.unknown_code");
        city.agent().does(&no, "flag", flag("wuye"));
        assert_eq!(refusal(city.head("wuye").tries(&no, "flag", flag("wuye"))), "403 forbidden");
    }

    fn what_a_citizen_has_answered_for_is_not_classified_out_of_the_figures(test: &TestDb) {
        let city = City::of(test);
        let class = |class: &str| json!({"assessment_class": class, "reason": "更正"});
        let tries = |who: &str, no: &str, to: &str| refusal(city.person(who).tries(no, "classify", class(to)));
        let no = city.passed("baozhang");
        // Before the answer a reviewer chooses as it is; whoever is of the unit never.
        assert_eq!(tries("both@baozhang", &no, "none"), "403 classify.own_unit");
        assert_eq!(tries("reviewer", &no, "none"), "accepted");
        assert_eq!(tries("reviewer", &no, "three_rates"), "accepted");
        city.surveyor().does(&no, "survey", bad());
        let why = || json!({"why": "no_power", "rework": false});
        // Nor does a correction take it out.
        let late = city.passed("wuye");
        city.surveyor().does(&late, "survey", bad());
        let consult = json!({"fields": {"kind": "consult"}, "reason": "应为咨询"});
        assert_eq!(refusal(city.dispatcher().tries(&late, "amend", consult)), "accepted");
        assert_eq!(city.ticket(&late).class.class, AssessmentClass::ThreeRates);
        assert_eq!(refusal(city.person("both@baozhang").tries(&no, "triage", why())), "403 triage.own_unit");
        city.reviewer().does(&no, "triage", why());
        for less in ["response_only", "none"] {
            assert_eq!(tries("both@baozhang", &no, less), "403 classify.own_unit");
            assert_eq!(tries("reviewer", &no, less), "409 classify.counts_less");
        }
        assert_eq!(city.ticket(&no).class.class, AssessmentClass::ThreeRates);
        assert_eq!(tries("reviewer", &no, "three_rates"), "accepted");
        // What counted nowhere may count.
        let other = city.passed("wuye");
        city.reviewer().does(&other, "classify", class("none"));
        city.surveyor().does(&other, "survey", bad());
        assert_eq!(tries("reviewer", &other, "response_only"), "accepted");
        assert_eq!(tries("reviewer", &other, "none"), "409 classify.counts_less");
    }

    fn whoever_sees_it_may_note(test: &TestDb) {
        let city = City::of(test);
        let no = city.closed("wuye");
        for who in ["agent", "dispatcher", "handler@wuye", "unit_head@zjj", "reviewer", "assessor", "leader"] {
            city.person(who).does(&no, "note", json!({"text": "已阅", "public": false}));
        }
        assert_eq!(city.ticket(&no).notes.len(), 7);
    }
}
