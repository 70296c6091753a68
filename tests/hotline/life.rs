//! A ticket's life as people make it, at a hand clock, on both databases: domain.md §2 to §5 and the
//! command tables of the contract, sentence by sentence.

mod followup;
mod handling;
mod intake;
mod overlays;
mod requests;
mod routing;

use jiesu::directory::{Entry, Unit, UnitCode, UnitKind};
use jiesu::identity::Actor;
use jiesu::limits::ClockName;
use jiesu::ticket::listing::{self, Filter};
use jiesu::ticket::sight::scope;
use jiesu::ticket::{StateName, WorkName, event};
use serde_json::json;

use crate::support::city::{City, at, draft_with, good, refusal};
use crate::support::databases::on_each_database;
use crate::support::desk::describe;

on_each_database! {
    fn a_complaint_goes_from_the_call_to_the_citizens_yes(test: &TestDb) {
        let city = City::of(test);
        let no = city.sent_to("wuye");
        assert_eq!(city.state(&no), StateName::InUnits);
        city.hours(1);
        city.handler("wuye").works(&no, 1, "sign", json!({}));
        city.hours(1);
        city.handler("wuye").works(&no, 1, "contact", json!({ "outcome": "spoke" }));
        city.handler("wuye").works(&no, 1, "progress", json!({ "text": "已联系维保单位" }));
        city.days(1);
        city.handler("wuye").does(&no, "reply", json!({ "text": "电梯已修好" }));
        assert_eq!(city.state(&no), StateName::Replied);
        city.hours(1);
        city.reviewer().does(&no, "review", json!({ "pass": true }));
        assert_eq!((city.state(&no), city.work(&no, 1)), (StateName::Surveying, WorkName::Done));
        city.days(1);
        city.surveyor().does(&no, "survey", good());
        let ticket = city.ticket(&no);
        assert_eq!(ticket.state.name(), StateName::Closed);
        assert_eq!(ticket.ended_at(), Some(at("2026-11-04T12:00:00+08:00")));
        assert_eq!(ticket.timers[&ClockName::Overall].in_time(city.now()), Some(true));
        let events = city.events(&no);
        let commands: Vec<&str> = events.iter().map(|event| event.command.as_str()).collect();
        assert_eq!(
            commands,
            ["register", "dispatch", "sign", "contact", "progress", "reply", "review", "survey"]
        );
        assert_eq!(event::replay(&events).unwrap(), ticket);
    }

    fn a_refusal_says_404_before_403_before_409_with_the_state_and_what_is_allowed(test: &TestDb) {
        let city = City::of(test);
        let no = city.sent_to("wuye");
        let reply = || json!({ "text": "好" });
        assert_eq!(refusal(city.handler("weixiu").tries(&no, "reply", reply())), "404 not_found");
        assert_eq!(refusal(city.agent().tries(&no, "reply", reply())), "403 forbidden");
        assert_eq!(refusal(city.agent().tries("2026-999999", "urge", reply())), "404 not_found");
        let refused = city.agent().tries(&no, "answer", json!({ "text": "好" })).unwrap_err();
        assert_eq!((refused.code(), refused.state()), ("transition", Some("in_units")));
        assert_eq!(refused.allowed(), ["merge", "urge", "withdraw", "note", "flag"]);
        let refused = city.handler("wuye").tries_work(&no, 1, "progress", reply()).unwrap_err();
        assert_eq!((refused.code(), refused.state()), ("transition", Some("sent")));
        assert_eq!(refused.allowed(), ["sign", "dispute", "extend"]);
        assert_eq!(refusal(city.handler("wuye").tries_work(&no, 2, "sign", json!({}))), "404 not_found");
        assert_eq!(city.events(&no).len(), 2, "a refusal leaves nothing");
    }

    fn a_stranger_and_a_recalled_unit_see_nothing(test: &TestDb) {
        let city = City::of(test);
        let no = city.sent_to("wuye");
        let note = || json!({ "text": "看看" });
        city.head("zjj").does(&no, "note", note());
        for stranger in ["handler@weixiu", "handler@jiedao", "sysadmin", "auditor", "platform"] {
            assert_eq!(refusal(city.person(stranger).tries(&no, "note", note())), "404 not_found");
        }
        city.dispatcher().does(&no, "recall", json!({ "reason": "派错" }));
        assert_eq!(refusal(city.handler("wuye").tries(&no, "note", note())), "404 not_found");
    }

    fn what_was_taken_back_stays_unseen_when_the_ticket_is_merged(test: &TestDb) {
        let city = City::of(test);
        let no = city.sent_to("wuye");
        city.dispatcher().does(&no, "recall", json!({ "reason": "派错" }));
        city.dispatcher().does(&no, "dispatch", json!({ "lead": "weixiu" }));
        let lists = |who: &str| {
            let (scope, all) = (scope(city.person(who).actor), Filter::default());
            let page = |conn: &mut jiesu::db::Conn| {
                listing::page(conn, &scope, &all, city.now(), None, 500)
            };
            city.hotline.db.read(page).unwrap().0.iter().any(|row| row.no == no)
        };
        let note = || json!({ "text": "看看" });
        let sees = |who: &str| {
            let noted = refusal(city.person(who).tries(&no, "note", note())) == "accepted";
            assert_eq!(noted, lists(who), "the list and the answer say the same to {who}");
            noted
        };
        assert_eq!((sees("handler@wuye"), sees("handler@weixiu")), (false, true));
        city.dispatcher().does(&no, "merge", json!({ "into": city.taken() }));
        assert_eq!((sees("handler@wuye"), sees("handler@weixiu")), (false, true));
        city.dispatcher().does(&no, "unmerge", json!({}));
        assert_eq!((sees("handler@wuye"), sees("handler@weixiu")), (false, true));
    }

    fn the_accused_does_not_find_whose_sealed_ticket_it_is_by_a_number(test: &TestDb) {
        let city = City::of(test);
        let accused = json!({ "kind": "complaint", "matter": { "accused": "weixiu" } });
        let no = city.agent().registers(draft_with(&accused));
        let units = json!({ "lead": "wuye", "assists": ["weixiu", "baozhang"] });
        city.dispatcher().does(&no, "dispatch", units);
        let keys = || vec![city.hotline.keys.phone_hash("13900000001")];
        let finds = |who: &str| {
            let actor = city.person(who).actor;
            let filter = listing::of_callers(actor, &city.rules().directory, &city.hotline.keys, keys()).unwrap();
            let page = |conn: &mut jiesu::db::Conn| {
                listing::page(conn, &scope(actor), &filter, city.now(), None, 500)
            };
            city.hotline.db.read(page).unwrap().0.len()
        };
        assert_eq!((finds("handler@weixiu"), finds("unit_head@weixiu-1")), (0, 0));
        assert_eq!((finds("handler@baozhang"), finds("unit_head@zjj"), finds("agent")), (1, 1, 1));
        let company = city.handler("hongda").actor;
        let refused = listing::of_callers(company, &city.rules().directory, &city.hotline.keys, keys()).unwrap_err();
        assert_eq!(refused.code(), "forbidden");
    }
    fn a_unit_whose_code_is_digits_or_chinese_is_hidden_from_as_any_other(test: &TestDb) {
        let city = City::of(test);
        for (code, name) in [("330101", "城建一所"), ("物业一科", "物业一科")] {
            let unit = Unit::new(code, name, UnitKind::Section, "2020-01-01".parse().unwrap());
            describe(&test.db, Entry::Unit(unit.below("zjj")));
            // By its code, and by its name.
            for called in [code, name] {
                let accused = json!({ "kind": "complaint", "matter": { "accused": called } });
                let no = city.agent().registers(draft_with(&accused));
                city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye", "assists": [code] }));
            }
            let (keys, directory) = (&city.hotline.keys, &city.rules().directory);
            let finds = |unit: &str| {
                let subtree = [UnitCode::from(unit)].into();
                let clerk = city.handler("wuye").actor.clone();
                let clerk = Actor { unit: Some(unit.into()), subtree, ..clerk };
                let hash = vec![keys.phone_hash("13900000001")];
                let filter = listing::of_callers(&clerk, directory, keys, hash).unwrap();
                let page = |conn: &mut jiesu::db::Conn| {
                    listing::page(conn, &scope(&clerk), &filter, city.now(), None, 500)
                };
                city.hotline.db.read(page).unwrap().0.len()
            };
            assert_eq!((finds(code), finds("wuye") > 0), (0, true), "{code}");
        }
    }
}
