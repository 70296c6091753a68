//! Asking the citizen, triage, rework, reopening.

use jiesu::identity::Role;
use jiesu::limits::ClockName;
use jiesu::ticket::command::CommandName;
use jiesu::ticket::overlay::Way;
use jiesu::ticket::{StateName, WorkName};
use serde_json::{Value, json};

use crate::support::city::{City, at, bad, draft_with, good, refusal};
use crate::support::databases::on_each_database;

fn nobody() -> Value {
    json!({"outcome": "no_answer"})
}

on_each_database! {
    fn three_attempts_at_different_hours_on_two_days_exhaust_a_survey(test: &TestDb) {
        let city = City::of(test);
        let no = city.passed("wuye");
        let tries = |body| refusal(city.surveyor().tries(&no, "survey", body));
        assert_eq!(tries(json!({"outcome": "no_answer", "solved": "solved"})), "422 survey.not_reached");
        assert_eq!(tries(nobody()), "accepted");
        assert_eq!(tries(nobody()), "409 survey.same_hour");
        city.hours(1);
        // Reached, but one question was left open: it uses an attempt.
        assert_eq!(tries(json!({"outcome": "reached", "solved": "solved"})), "accepted");
        city.hours(1);
        assert_eq!(tries(nobody()), "409 survey.one_day");
        city.hours(22);
        assert_eq!(tries(nobody()), "409 survey.same_hour", "09:00 again");
        city.hours(3);
        assert_eq!(tries(nobody()), "accepted");
        let ticket = city.ticket(&no);
        assert_eq!(ticket.state.name(), StateName::Closed);
        assert_eq!(ticket.valid_surveys(), (None, None));
    }

    fn an_answer_by_the_link_after_an_invalid_close_still_counts(test: &TestDb) {
        let city = City::of(test);
        let no = city.passed("wuye");
        let citizen = city.person("citizen");
        assert!(citizen.actor.has(Role::Citizen));
        city.surveyor().does(&no, "survey", json!({"outcome": "refused"}));
        assert_eq!(city.state(&no), StateName::Closed);
        let ended = city.ticket(&no).ended_at();
        assert_eq!(refusal(city.surveyor().tries(&no, "survey", good())), "409 transition");
        city.days(14);
        citizen.performs(&no, CommandName::Survey, bad()).unwrap();
        let ticket = city.ticket(&no);
        assert_eq!((ticket.state.name(), ticket.ended_at()), (StateName::Closed, ended));
        assert_eq!(ticket.valid_surveys().1.unwrap().way, Way::Link);
        let no = city.passed("wuye");
        city.days(16);
        assert_eq!(refusal(citizen.performs(&no, CommandName::Survey, good())), "409 survey.link_over");
    }

    fn a_promise_moves_the_survey_to_after_its_day(test: &TestDb) {
        let city = City::of(test);
        let no = city.handled_by("wuye");
        let reply = |on: &str| json!({"text": "将于20日完成", "promise": {"what": "更换", "on": on}});
        assert_eq!(refusal(city.handler("wuye").tries(&no, "reply", reply("2026-11-01"))), "422 field.in_past");
        city.handler("wuye").does(&no, "reply", reply("2026-11-20"));
        city.reviewer().does(&no, "review", json!({"pass": true}));
        let survey = city.ticket(&no).timers[&ClockName::Survey].clone();
        assert_eq!(survey.due_at, at("2026-11-25T23:59:59.999+08:00"));
        assert_eq!(refusal(city.surveyor().tries(&no, "survey", good())), "409 survey.promised");
        city.clock.set(at("2026-11-21T09:00:00+08:00"));
        city.surveyor().does(&no, "survey", good());
    }

    fn a_surveyor_of_a_unit_that_handled_it_never_asks(test: &TestDb) {
        let city = City::of(test);
        let no = city.passed("wuye");
        let own = city.person("surveyor@wuye");
        assert_eq!(refusal(own.tries(&no, "survey", good())), "403 survey.own_unit");
        assert_eq!(refusal(own.tries(&city.passed("jiedao"), "survey", good())), "accepted");
        let mailed = json!({"caller": {"do_not_call": true, "email": "a@b.cn"}});
        let no = city.agent().registers(draft_with(&mailed));
        city.dispatcher().does(&no, "dispatch", json!({"lead": "wuye"}));
        city.handler("wuye").works(&no, 1, "sign", json!({}));
        city.handler("wuye").does(&no, "reply", json!({"text": "已办"}));
        city.reviewer().does(&no, "review", json!({"pass": true}));
        assert_eq!(refusal(city.surveyor().tries(&no, "survey", good())), "409 survey.do_not_call");
    }

    fn a_bad_answer_is_triaged_and_reworked_twice_at_most(test: &TestDb) {
        let city = City::of(test);
        let no = city.passed("wuye");
        let triage = |rework: bool| json!({"why": "poor_work", "rework": rework});
        assert_eq!(refusal(city.reviewer().tries(&no, "triage", triage(true))), "409 triage.nothing_bad");
        for round in 1..=2 {
            city.surveyor().does(&no, "survey", bad());
            assert_eq!(city.state(&no), StateName::Surveying);
            assert_eq!(refusal(city.surveyor().tries(&no, "survey", good())), "409 survey.awaits_triage");
            city.reviewer().does(&no, "triage", triage(true));
            assert_eq!((city.state(&no), city.work(&no, 1)), (StateName::InUnits, WorkName::Handling));
            let lead = city.assignment(&no, 1);
            assert_eq!(lead.reworks.len(), round);
            if round == 1 {
                // Half of five working days, rounded up.
                assert_eq!(lead.reworks[0].timer.due_at, at("2026-11-05T23:59:59.999+08:00"));
            }
            city.hours(1);
            city.handler("wuye").does(&no, "reply", json!({"text": "重办完成"}));
            city.reviewer().does(&no, "review", json!({"pass": true}));
        }
        city.surveyor().does(&no, "survey", bad());
        assert_eq!(refusal(city.reviewer().tries(&no, "triage", triage(true))), "409 rework.max");
        city.reviewer().does(&no, "triage", triage(false));
        let ticket = city.ticket(&no);
        assert_eq!((ticket.state.name(), ticket.attempts.len()), (StateName::Closed, 3));
        assert_eq!(ticket.triages.len(), 3);
    }

    fn an_ended_ticket_is_taken_up_again_within_thirty_days_with_a_new_clock(test: &TestDb) {
        let city = City::of(test);
        let no = city.passed("wuye");
        for hour in [0, 1, 25] {
            city.hours(hour);
            city.surveyor().does(&no, "survey", nobody());
        }
        let reopen = || json!({"reason": "又坏了"});
        city.clock.set(at("2026-12-03T11:00:00.001+08:00"));
        assert_eq!(refusal(city.agent().tries(&no, "reopen", reopen())), "409 reopen.too_late");
        city.clock.set(at("2026-12-03T11:00:00+08:00"));
        city.agent().does(&no, "reopen", reopen());
        let ticket = city.ticket(&no);
        assert_eq!((ticket.state.name(), ticket.ended_at()), (StateName::Accepted, None));
        assert_eq!(ticket.timers[&ClockName::Overall].starts_at, city.now());
        // Its survey has all its attempts again.
        city.dispatcher().does(&no, "dispatch", json!({"lead": "weixiu"}));
        city.works(&no, "weixiu", 2);
        city.handler("weixiu").does(&no, "reply", json!({"text": "已换"}));
        city.reviewer().does(&no, "review", json!({"pass": true}));
        city.surveyor().does(&no, "survey", nobody());
        assert_eq!(city.state(&no), StateName::Surveying);
    }

    fn an_upstream_limit_of_the_first_life_does_not_bind_the_second(test: &TestDb) {
        let city = City::of(test);
        let upstream = json!({"no": "U1", "received_at": "2026-11-02T08:00:00+08:00", "due_at": "2026-11-04T18:00:00+08:00"});
        let no = city.person("platform").registers(draft_with(&
            json!({"channel": "platform", "dispatch": "hold", "upstream": upstream}),
        ));
        city.agent().does(&no, "answer", json!({"text": "已答复"}));
        city.days(7);
        city.agent().does(&no, "reopen", json!({"reason": "又问"}));
        assert_eq!(city.ticket(&no).timers[&ClockName::Overall].due_at, at("2026-11-17T23:59:59.999+08:00"));
    }

    fn a_recalled_rework_still_counts_as_one(test: &TestDb) {
        let city = City::of(test);
        let no = city.passed("wuye");
        city.surveyor().does(&no, "survey", bad());
        city.reviewer().does(&no, "triage", json!({"why": "poor_work", "rework": true}));
        city.dispatcher().does(&no, "recall", json!({"reason": "换单位"}));
        assert_eq!(city.ticket(&no).reworks(), 1);
    }

    fn a_profile_may_send_a_bad_answer_straight_back(test: &TestDb) {
        let city = City::of(test);
        let at_once = jiesu::limits::profile::builtin_names().find(|name| {
            let profile = jiesu::limits::profile::builtin(name).unwrap();
            profile.rework.after_bad_survey == jiesu::limits::policy::AfterBadSurvey::AtOnce
        });
        let Some(name) = at_once else { return };
        let hotline = &city.hotline;
        let setting = jiesu::directory::store::Recorded {
            since_on: "2020-01-01".parse().unwrap(),
            revision: 1,
            entry: jiesu::directory::Entry::Setting(jiesu::directory::Setting {
                name: "profile".into(),
                value: name.into(),
            }),
        };
        hotline.db.write(move |tx| jiesu::directory::store::append(tx, "test", std::slice::from_ref(&setting))).unwrap();
        let no = city.passed("wuye");
        city.surveyor().does(&no, "survey", bad());
        assert_eq!(city.state(&no), StateName::InUnits, "{name}");
        let triages = city.ticket(&no).triages;
        let said: Vec<_> = triages.iter().map(|it| (it.why, it.rework)).collect();
        assert_eq!(said, [(None, true)], "nobody said why");
    }
}
