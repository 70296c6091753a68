//! What units ask for: a later limit, the ledger, leaving the assessment. Who asks never decides.

use jiesu::identity::{Actor, Role};
use jiesu::lifecycle::table::allowed;
use jiesu::limits::ClockName;
use jiesu::ticket::assignment::RequestStage;
use jiesu::ticket::command::{CommandName, Target};
use jiesu::ticket::overlay::{ExclusionStage, LedgerStage};
use jiesu::ticket::{Mode, StateName, WorkName};
use serde_json::json;

use crate::support::city::{City, Person, at, draft_with, refusal};
use crate::support::databases::on_each_database;

on_each_database! {
    fn a_leads_extension_is_endorsed_approved_and_moves_the_citizens_limit_equally(test: &TestDb) {
        let city = City::of(test);
        let no = city.handled_by("wuye");
        let ask = |until: &str| json!({"until": until, "grounds": "等配件", "caller_told": true});
        let tries = |body| refusal(city.handler("wuye").tries_work(&no, 1, "extend", body));
        assert_eq!(tries(ask("2026-11-09")), "422 extension.not_later");
        assert_eq!(tries(ask("2026-11-24")), "422 extension.too_long");
        let untold = json!({"until": "2026-11-12", "grounds": "等配件", "caller_told": false});
        assert_eq!(tries(untold), "422 extension.caller_not_told");
        assert_eq!(tries(ask("2026-11-12")), "accepted");
        assert_eq!(tries(ask("2026-11-12")), "409 extension.once");
        let yes = || json!({"approve": true});
        let decide = |who: &str| refusal(city.person(who).tries_work(&no, 1, "extend/decide", yes()));
        assert_eq!(decide("reviewer"), "409 request.not_endorsed");
        let endorse = json!({"request": "extend", "approve": true});
        assert_eq!(refusal(city.handler("wuye").tries_work(&no, 1, "endorse", endorse.clone())), "403 forbidden");
        city.head("wuye").works(&no, 1, "endorse", endorse);
        assert_eq!(decide("reviewer"), "accepted");
        let ticket = city.ticket(&no);
        let handle = &ticket.assignments[&1].timers[&ClockName::Handle];
        assert_eq!(handle.due_at, at("2026-11-12T23:59:59.999+08:00"));
        assert_eq!(ticket.timers[&ClockName::Overall].due_at, at("2026-11-13T23:59:59.999+08:00"));
        assert_eq!(decide("reviewer"), "409 extension.none");
    }

    fn an_assists_extension_leaves_the_citizens_limit_alone(test: &TestDb) {
        let city = City::of(test);
        let no = city.taken();
        city.dispatcher().does(&no, "dispatch", json!({"lead": "wuye", "assists": ["jiedao"]}));
        city.works(&no, "jiedao", 2);
        let overall = city.ticket(&no).timers[&ClockName::Overall].clone();
        let ask = json!({"until": "2026-11-12", "grounds": "等配件", "caller_told": true});
        city.handler("jiedao").works(&no, 2, "extend", ask);
        city.head("jiedao").works(&no, 2, "endorse", json!({"request": "extend", "approve": true}));
        city.reviewer().works(&no, 2, "extend/decide", json!({"approve": true}));
        assert_eq!(city.ticket(&no).timers[&ClockName::Overall], overall);
        assert_eq!(city.assignment(&no, 2).timers[&ClockName::Handle].due_at, at("2026-11-12T23:59:59.999+08:00"));
    }

    fn an_extension_asked_in_time_and_granted_late_counts(test: &TestDb) {
        let city = City::of(test);
        let no = city.handled_by("wuye");
        city.days(6);
        let ask = json!({"until": "2026-11-12", "grounds": "等配件", "caller_told": true});
        city.handler("wuye").works(&no, 1, "extend", ask.clone());
        city.head("wuye").works(&no, 1, "endorse", json!({"request": "extend", "approve": true}));
        city.days(2);
        city.handler("wuye").does(&no, "reply", json!({"text": "已办"}));
        assert!(city.assignment(&no, 1).timers[&ClockName::Handle].missed);
        city.reviewer().works(&no, 1, "extend/decide", json!({"approve": true}));
        let lead = city.assignment(&no, 1);
        assert!(!lead.timers[&ClockName::Handle].missed && !lead.handle_missed);
        let no = city.handled_by("wuye");
        city.days(7);
        let late = json!({"until": "2026-11-20", "grounds": "等配件", "caller_told": true});
        assert_eq!(refusal(city.handler("wuye").tries_work(&no, 1, "extend", late)), "409 extension.too_late");
        let no = city.agent().registers(draft_with(&json!({"matter": {"urgency": "urgent_utility"}})));
        city.dispatcher().does(&no, "dispatch", json!({"lead": "wuye"}));
        let ask = json!({"until": "2026-11-23", "grounds": "等配件", "caller_told": true});
        assert_eq!(refusal(city.handler("wuye").tries_work(&no, 1, "extend", ask)), "409 extension.urgent");
    }

    fn a_refused_endorsement_leaves_the_one_extension_unused(test: &TestDb) {
        let city = City::of(test);
        let no = city.handled_by("wuye");
        let ask = || json!({"until": "2026-11-12", "grounds": "等配件", "caller_told": true});
        city.handler("wuye").works(&no, 1, "extend", ask());
        let head = city.head("wuye");
        let no_reason = json!({"request": "extend", "approve": false});
        assert_eq!(refusal(head.tries_work(&no, 1, "endorse", no_reason)), "422 field.required");
        head.works(&no, 1, "endorse", json!({"request": "extend", "approve": false, "reason": "抓紧办"}));
        assert_eq!(city.assignment(&no, 1).extensions[0].stage, RequestStage::Refused);
        city.handler("wuye").works(&no, 1, "extend", ask());
    }

    fn the_ledger_stands_still_from_its_approval_until_it_is_written_off(test: &TestDb) {
        let city = City::of(test);
        let no = city.taken();
        city.dispatcher().does(&no, "dispatch", json!({"lead": "wuye", "assists": ["jiedao"]}));
        city.works(&no, "wuye", 1);
        city.works(&no, "jiedao", 2);
        let ask = |day: &str| json!({"grounds": "资金", "plan": "列入明年", "promised_at": day});
        let clerk = city.handler("wuye");
        assert_eq!(refusal(clerk.tries(&no, "ledger", ask("2026-11-02"))), "422 field.in_past");
        assert_eq!(refusal(clerk.tries(&no, "ledger", ask("2027-08-03"))), "422 ledger.too_long");
        clerk.does(&no, "ledger", ask("2027-03-01"));
        let yes = || json!({"approve": true});
        assert_eq!(refusal(city.reviewer().tries(&no, "ledger/decide", yes())), "409 request.not_endorsed");
        let endorse = || json!({"request": "ledger", "approve": true});
        assert_eq!(refusal(city.head("jiedao").tries_work(&no, 2, "endorse", endorse())), "409 request.nothing_to_endorse");
        city.head("wuye").works(&no, 1, "endorse", endorse());
        city.hours(1);
        city.reviewer().does(&no, "ledger/decide", yes());
        assert_eq!(city.state(&no), StateName::OnLedger);
        for k in [1, 2] {
            assert!(city.assignment(&no, k).timers[&ClockName::Handle].is_paused());
        }
        // 2 working days: Tuesday and Wednesday.
        city.days(2);
        clerk.does(&no, "ledger/progress", json!({"text": "已立项"}));
        assert_eq!(refusal(clerk.tries(&no, "ledger/write-off", json!({"proof": "x"}))), "403 forbidden");
        city.head("wuye").does(&no, "ledger/write-off", json!({"proof": "验收单"}));
        let ticket = city.ticket(&no);
        assert_eq!((ticket.state.name(), ticket.ledgers[0].stage), (StateName::Replied, LedgerStage::ProvenDone));
        assert_eq!(ticket.assignments[&2].timers[&ClockName::Handle].due_at, at("2026-11-11T23:59:59.999+08:00"));
        assert_eq!(ticket.timers[&ClockName::Overall].due_at, at("2026-11-12T23:59:59.999+08:00"));
        city.reviewer().does(&no, "review", json!({"pass": true}));
        assert_eq!(city.ticket(&no).ledgers[0].stage, LedgerStage::WrittenOff);
    }

    fn a_ledger_cancelled_or_not_proven_is_ordinary_work_again(test: &TestDb) {
        let city = City::of(test);
        for cancelled in [true, false] {
            let no = city.handled_by("wuye");
            let ask = json!({"grounds": "资金", "plan": "列入明年", "promised_at": "2027-03-01"});
            city.head("wuye").does(&no, "ledger", ask.clone());
            assert_eq!(refusal(city.handler("wuye").tries(&no, "ledger", ask)), "409 ledger.pending");
            city.reviewer().does(&no, "ledger/decide", json!({"approve": true}));
            if cancelled {
                city.reviewer().does(&no, "ledger/cancel", json!({"reason": "条件已具备"}));
            } else {
                city.head("wuye").does(&no, "ledger/write-off", json!({"proof": "照片"}));
                city.reviewer().does(&no, "review", json!({"pass": false, "reason": "未完成"}));
            }
            let ticket = city.ticket(&no);
            assert_eq!((ticket.state.name(), city.work(&no, 1)), (StateName::InUnits, WorkName::Handling));
            assert_eq!(ticket.ledgers[0].stage, LedgerStage::Cancelled);
            assert!(!ticket.timers[&ClockName::Overall].is_paused());
        }
    }

    fn a_request_for_the_ledger_falls_with_the_lead_that_asked(test: &TestDb) {
        let city = City::of(test);
        let no = city.handled_by("wuye");
        let ask = || json!({"grounds": "资金", "plan": "列入明年", "promised_at": "2027-03-01"});
        city.head("wuye").does(&no, "ledger", ask());
        city.handler("wuye").works(&no, 1, "dispute", json!({"reason": "不归", "grounds": "三定"}));
        assert_eq!(refusal(city.reviewer().tries(&no, "ledger/decide", json!({"approve": true}))), "409 ledger.disputed");
        city.dispatcher().works(&no, 1, "dispute/decide", json!({"uphold": true, "reason": "成立"}));
        city.dispatcher().does(&no, "dispatch", json!({"lead": "weixiu"}));
        assert_eq!(refusal(city.reviewer().tries(&no, "ledger/decide", json!({"approve": true}))), "409 ledger.none");
        city.head("weixiu").does(&no, "ledger", ask());
        city.clock.set(at("2027-03-02T09:00:00+08:00"));
        assert_eq!(refusal(city.reviewer().tries(&no, "ledger/decide", json!({"approve": true}))), "409 ledger.promise_over");
    }

    fn an_exclusion_is_asked_endorsed_decided_and_appealed_once_each_by_another(test: &TestDb) {
        let city = City::of(test);
        let no = city.handled_by("wuye");
        let ask = || json!({"reason": "force_majeure", "evidence": "台风"});
        assert_eq!(refusal(city.head("wuye").tries(&no, "exclude", ask())), "409 transition");
        city.handler("wuye").does(&no, "reply", json!({"text": "已办"}));
        city.handler("wuye").does(&no, "exclude", ask());
        let no_way = || json!({"approve": false, "reason": "证据不足"});
        assert_eq!(refusal(city.reviewer().tries(&no, "exclude/decide", no_way())), "409 request.not_endorsed");
        city.head("wuye").works(&no, 1, "endorse", json!({"request": "exclude", "approve": true}));
        assert_eq!(refusal(city.head("wuye").tries(&no, "exclude", ask())), "409 exclude.pending");
        city.reviewer().does(&no, "exclude/decide", no_way());
        assert_eq!(refusal(city.head("wuye").tries(&no, "exclude", ask())), "409 exclude.appeal_instead");
        city.head("wuye").does(&no, "exclude/appeal", json!({"text": "补充证据"}));
        city.person("assessor").does(&no, "exclude/appeal/decide", no_way());
        assert_eq!(city.ticket(&no).exclusion.unwrap().stage, ExclusionStage::RefusedFinally);
        assert_eq!(refusal(city.head("wuye").tries(&no, "exclude/appeal", json!({"text": "再诉"}))), "409 exclude.none");
    }

    fn what_is_against_the_law_names_the_law(test: &TestDb) {
        let city = City::of(test);
        let no = city.closed("wuye");
        let asks = |evidence: &str| json!({"reason": "against_law", "evidence": evidence});
        let tries = |evidence: &str| refusal(city.head("wuye").tries(&no, "exclude", asks(evidence)));
        assert_eq!(tries("于法无据"), "422 exclude.cite");
        assert_eq!(tries("《物业管理条例》"), "422 exclude.cite");
        assert_eq!(tries("《物业管理条例》第三十五条"), "accepted");
    }

    fn a_vexatious_caller_is_confirmed_by_a_second_reviewer(test: &TestDb) {
        let city = City::of(test);
        let no = city.closed("wuye");
        city.head("wuye").does(&no, "exclude", json!({"reason": "vexatious", "evidence": "同诉求百次"}));
        city.reviewer().does(&no, "exclude/decide", json!({"approve": true}));
        assert!(!city.ticket(&no).is_excluded(), "it counts until decided");
        assert_eq!(refusal(city.reviewer().tries(&no, "exclude/confirm", json!({}))), "403 own_request");
        city.person("reviewer-2").does(&no, "exclude/confirm", json!({}));
        assert!(city.ticket(&no).is_excluded());
    }

    fn a_second_reviewer_may_refuse_and_the_unit_appeals(test: &TestDb) {
        let city = City::of(test);
        let no = city.closed("wuye");
        city.head("wuye").does(&no, "exclude", json!({"reason": "vexatious", "evidence": "同诉求百次"}));
        city.reviewer().does(&no, "exclude/decide", json!({"approve": true, "reason": "属实"}));
        let second = |body| refusal(city.person("reviewer-2").tries(&no, "exclude/confirm", body));
        assert_eq!(second(json!({"approve": false})), "422 field.required");
        assert_eq!(second(json!({"approve": false, "reason": "诉求各不相同"})), "accepted");
        assert_eq!(second(json!({"approve": false, "reason": "诉求各不相同"})), "409 exclude.none");
        let refused = city.ticket(&no).exclusion.unwrap();
        assert_eq!((refused.stage, refused.decision.as_deref()), (ExclusionStage::Refused, Some("诉求各不相同")));
        assert!(!city.ticket(&no).is_excluded());
        city.head("wuye").does(&no, "exclude/appeal", json!({"text": "补充证据"}));
        city.person("assessor").does(&no, "exclude/appeal/decide", json!({"approve": true}));
        assert!(city.ticket(&no).is_excluded());
    }

    fn who_is_head_and_reviewer_decides_nothing_the_own_unit_asked(test: &TestDb) {
        let city = City::of(test);
        let no = city.handled_by("baozhang");
        let both = city.person("both@baozhang");
        let yes = || json!({"approve": true});
        let ask = json!({"until": "2026-11-12", "grounds": "等配件", "caller_told": true});
        city.handler("baozhang").works(&no, 1, "extend", ask);
        both.works(&no, 1, "endorse", json!({"request": "extend", "approve": true}));
        assert_eq!(refusal(both.tries_work(&no, 1, "extend/decide", yes())), "403 own_request");
        both.does(&no, "ledger", json!({"grounds": "资金", "plan": "明年", "promised_at": "2027-03-01"}));
        assert_eq!(refusal(both.tries(&no, "ledger/decide", yes())), "403 own_request");
        both.does(&no, "reply", json!({"text": "已办"}));
        both.does(&no, "exclude", json!({"reason": "ledger", "evidence": "已挂账"}));
        assert_eq!(refusal(both.tries(&no, "exclude/decide", yes())), "403 own_request");
    }

    fn nobody_of_the_asking_unit_or_below_decides_its_extension(test: &TestDb) {
        let city = City::of(test);
        let no = city.handled_by("baozhang");
        let ask = json!({"until": "2026-11-12", "grounds": "等配件", "caller_told": true});
        city.handler("baozhang").works(&no, 1, "extend", ask);
        city.head("baozhang").works(&no, 1, "endorse", json!({"request": "extend", "approve": true}));
        let both = city.person("both@baozhang");
        let tries = |actor: &Actor| {
            let person = Person { city: &city, actor };
            refusal(person.tries_work(&no, 1, "extend/decide", json!({"approve": true})))
        };
        let offered = |actor: &Actor| offers(&city, &no, actor, Some(1)).contains(&CommandName::ExtendDecide);
        assert_eq!((tries(both.actor), offered(both.actor)), ("403 extension.own_unit".to_owned(), false));
        // A colleague of another unit may, and whoever stands above the one that asks.
        let reviewer = |unit: &str| reviewer_of(&city, unit);
        assert!(offered(&reviewer("wuye")) && offered(city.reviewer().actor));
        let above = reviewer("zjj");
        assert!(offered(&above));
        assert_eq!(tries(&above), "accepted");
    }

    fn a_reviewer_below_the_asking_unit_decides_nothing_of_it(test: &TestDb) {
        let city = City::of(test);
        let no = city.handled_by("weixiu");
        let below = reviewer_of(&city, "weixiu-1");
        let person = Person { city: &city, actor: &below };
        let ask = json!({"until": "2026-11-12", "grounds": "等配件", "caller_told": true});
        city.head("weixiu").does(&no, "ledger", json!({"grounds": "资金", "plan": "明年", "promised_at": "2027-03-01"}));
        city.handler("weixiu").works(&no, 1, "extend", ask);
        city.head("weixiu").works(&no, 1, "endorse", json!({"request": "extend", "approve": true}));
        let yes = || json!({"approve": true});
        assert_eq!(refusal(person.tries_work(&no, 1, "extend/decide", yes())), "403 extension.own_unit");
        assert_eq!(refusal(person.tries(&no, "ledger/decide", yes())), "403 ledger.own_unit");
        city.handler("weixiu").does(&no, "reply", json!({"text": "已办"}));
        assert_eq!(refusal(person.tries(&no, "review", json!({"pass": true}))), "403 reply.own_unit");
        assert!(!offers(&city, &no, &below, None).contains(&CommandName::Review));
        city.reviewer().does(&no, "review", json!({"pass": true}));
    }

    fn nobody_of_the_disputing_unit_or_below_decides_its_dispute(test: &TestDb) {
        let city = City::of(test);
        let no = city.taken();
        city.dispatcher().does(&no, "dispatch", json!({"lead": "weixiu"}));
        city.handler("weixiu").works(&no, 1, "dispute", json!({"reason": "不归我们", "grounds": "三定方案"}));
        let dispatcher = |unit: &str| Actor { roles: [Role::Dispatcher].into(), ..reviewer_of(&city, unit) };
        let offered = |actor: &Actor| offers(&city, &no, actor, Some(1)).contains(&CommandName::DisputeDecide);
        let tries = |actor: &Actor| {
            let person = Person { city: &city, actor };
            refusal(person.tries_work(&no, 1, "dispute/decide", json!({"uphold": true, "reason": "成立"})))
        };
        for unit in ["weixiu", "weixiu-1"] {
            let own = dispatcher(unit);
            assert_eq!((tries(&own), offered(&own)), ("403 dispute.own_unit".to_owned(), false), "{unit}");
        }
        // A colleague of another unit may, whoever is of none, and whoever stands above the one that asks.
        assert!(offered(&dispatcher("wuye")) && offered(city.dispatcher().actor));
        let above = dispatcher("zjj");
        assert!(offered(&above));
        assert_eq!(tries(&above), "accepted");
    }

    fn nobody_of_a_unit_at_work_puts_a_case_on_the_ledger_or_passes_its_reply(test: &TestDb) {
        let city = City::of(test);
        let no = city.taken();
        city.dispatcher().does(&no, "dispatch", json!({"lead": "wuye", "assists": ["baozhang"]}));
        city.works(&no, "wuye", 1);
        let both = city.person("both@baozhang");
        let may = |name: CommandName| offers(&city, &no, both.actor, None).contains(&name);
        let yes = || json!({"approve": true, "reason": "同意"});
        let plan = || json!({"grounds": "资金", "plan": "明年", "promised_at": "2027-03-01"});
        // An assist's clock would stand still with the others.
        city.head("wuye").does(&no, "ledger", plan());
        assert!(!may(CommandName::LedgerDecide));
        assert_eq!(refusal(both.tries(&no, "ledger/decide", yes())), "403 ledger.own_unit");
        city.reviewer().does(&no, "ledger/decide", json!({"approve": false, "reason": "理由不足"}));
        let reply = || json!({"text": "已办", "assists_summary": "协办未完"});
        city.handler("wuye").does(&no, "reply", reply());
        assert!(!may(CommandName::Review));
        assert_eq!(refusal(both.tries(&no, "review", json!({"pass": true}))), "403 reply.own_unit");
        // What the unit had in it is over: its people are colleagues like others.
        city.reviewer().does(&no, "review", json!({"pass": false, "reason": "补充"}));
        city.dispatcher().works(&no, 2, "recall", json!({"reason": "无须协办"}));
        city.handler("wuye").does(&no, "reply", json!({"text": "已办"}));
        assert!(may(CommandName::Review));
        both.does(&no, "review", json!({"pass": true}));
    }
}

/// A reviewer whose account belongs to `unit`, who has nothing else to do with anything.
fn reviewer_of(city: &City, unit: &str) -> Actor {
    let subtree = city.rules().directory.subtree(&unit.into());
    Actor {
        user: 9_000,
        name: format!("reviewer@{unit}"),
        unit: Some(unit.into()),
        subtree,
        ..city.reviewer().actor.clone()
    }
}

/// What the ticket, or its assignment `k`, offers to `actor` now.
fn offers(city: &City, no: &str, actor: &Actor, k: Option<u32>) -> Vec<CommandName> {
    let (ticket, rules) = (city.ticket(no), city.rules());
    let scene = rules.scene(actor, city.now(), Mode::Live);
    allowed(&ticket, &scene, Target { assignment: k, side: None })
}
