//! The ladder of supervision 督办 as it is proposed, taken, refused, and answered by several units (domain.md §1).

use jiesu::handling::ladder::{Proposal, Verdict};
use jiesu::jobs::Bell;
use jiesu::ticket::overlay::Step;
use serde_json::{Value, json};

use crate::support::city::{City, at, bad, good, refusal};
use crate::support::databases::on_each_database;
use crate::support::office::Office;

fn proposed(city: &City) -> Vec<Proposal> {
    let (hotline, rules) = (&city.hotline, city.rules());
    hotline.db.read(|conn| hotline.proposed(conn, &rules, city.now())).unwrap()
}

fn decides(city: &City, who: &str, key: &str, verdict: Verdict) -> String {
    let (hotline, key) = (city.hotline.clone(), key.to_owned());
    let actor = city.person(who).actor.clone();
    let house = hotline.clone();
    refusal(hotline.db.write(move |tx| house.decide_proposal(tx, &actor, (&key, verdict))))
}

on_each_database! {
    fn a_lead_overdue_by_a_working_day_is_proposed_and_a_reviewer_decides_with_one_key(test: &TestDb) {
        let city = City::of(test);
        let (first, second) = (city.handled_by("wuye"), city.handled_by("baozhang"));
        // Five working days end with Monday the 9th; Tuesday is over on Wednesday.
        city.clock.set(at("2026-11-10T23:59:59+08:00"));
        assert!(proposed(&city).is_empty());
        city.clock.set(at("2026-11-11T00:00:00+08:00"));
        let [one, other] = proposed(&city).try_into().unwrap();
        let told = |it: &Proposal| (it.trigger.as_str(), it.step.as_str(), it.unit.to_string(), it.count);
        assert_eq!(told(&one), ("overdue", "supervise", "wuye".to_owned(), 1));
        assert_eq!(decides(&city, "leader", &one.key, Verdict::Taken), "403 forbidden");
        assert_eq!(decides(&city, "reviewer", "overdue.1.1.1", Verdict::Taken), "404 not_found");
        assert_eq!(decides(&city, "both@baozhang", &other.key, Verdict::Refused), "403 supervise.own_unit");
        assert_eq!(decides(&city, "reviewer", &one.key, Verdict::Taken), "accepted");
        assert_eq!(decides(&city, "reviewer", &other.key, Verdict::Refused), "accepted");
        assert!(proposed(&city).is_empty(), "neither comes again");
        assert!(city.ticket(&second).supervisions.is_empty());
        let rung = city.ticket(&first).supervisions[&1].clone();
        assert_eq!((rung.step, rung.opened_by), (Step::Supervise, city.reviewer().actor.user));
        assert_eq!(rung.due_at, Some(at("2026-11-13T23:59:59.999+08:00")));
        assert!(rung.text.contains("超期已满 1 个工作日") && rung.others.is_empty());
        let answers = city.head("wuye").tries_side(&first, 1, "supervise/answer", json!({ "text": "明日办结" }));
        assert_eq!(refusal(answers), "accepted");
        // Later the same, with another limit's end, is something new.
        city.reviewer().tries_side(&first, 1, "supervise/close", json!({ "result": "已办" })).unwrap();
        assert!(proposed(&city).is_empty());
        // What was said did not end it: Thursday, Friday and Monday later the work is as late as it was.
        city.clock.set(at("2026-11-16T23:59:59+08:00"));
        assert!(proposed(&city).is_empty());
        city.clock.set(at("2026-11-17T00:00:00+08:00"));
        let [next] = proposed(&city).try_into().unwrap();
        assert_eq!(told(&next), ("unsettled", "interview", "wuye".to_owned(), 3));
        assert_eq!(decides(&city, "reviewer", &next.key, Verdict::Taken), "accepted");
        assert_eq!(city.ticket(&first).supervisions[&2].step, Step::Interview);
        assert!(proposed(&city).is_empty(), "an answer is awaited");
    }

    fn several_units_answer_one_supervision_each_for_itself(test: &TestDb) {
        let city = City::of(test);
        let no = city.taken();
        city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye", "assists": ["weixiu"], "copies": ["baozhang"] }));
        let joint = |units: serde_json::Value| json!({ "step": "supervise", "text": "联合督办", "units": units });
        for stranger in ["gongan", "baozhang"] {
            let tried = city.reviewer().tries(&no, "supervise", joint(json!([stranger])));
            assert_eq!(refusal(tried), "422 supervise.not_on_ticket");
        }
        city.reviewer().does(&no, "supervise", joint(json!(["weixiu", "wuye", "weixiu"])));
        let answers = |who: &str, text: &str| {
            refusal(city.person(who).tries_side(&no, 1, "supervise/answer", json!({ "text": text })))
        };
        assert_eq!(answers("unit_head@weixiu", "协办已到场"), "accepted");
        assert_eq!(answers("unit_head@wuye", "主办已牵头"), "accepted");
        assert_eq!(answers("unit_head@baozhang", "与我无关"), "403 not_your_unit");
        let rung = city.ticket(&no).supervisions[&1].clone();
        let said: Vec<_> = rung.addressed().map(|(unit, said)| (unit.to_string(), said.unwrap().text.clone())).collect();
        assert_eq!(said, [("wuye", "主办已牵头"), ("weixiu", "协办已到场")].map(|(a, b)| (a.to_owned(), b.to_owned())));
        // One that is named is meant alone; where nobody is, the lead.
        city.reviewer().does(&no, "supervise", joint(json!(["weixiu"])));
        city.reviewer().does(&no, "supervise", joint(json!([])));
        let to = |side: u32| -> Vec<String> {
            city.ticket(&no).supervisions[&side].addressed().map(|(unit, _)| unit.to_string()).collect()
        };
        assert_eq!([to(2), to(3)], [["weixiu"], ["wuye"]]);
        let wrong = city.head("wuye").tries_side(&no, 2, "supervise/answer", json!({ "text": "不是我" }));
        assert_eq!(refusal(wrong), "403 not_your_unit");
    }

    fn a_second_rework_is_proposed_for_and_neither_what_is_withdrawn_nor_what_stands_still(test: &TestDb) {
        let city = City::of(test);
        let no = city.passed("wuye");
        for round in 1..=2 {
            assert!(proposed(&city).is_empty(), "{round}");
            city.surveyor().does(&no, "survey", bad());
            city.reviewer().does(&no, "triage", json!({ "why": "poor_work", "rework": true }));
            if round == 1 {
                city.handler("wuye").does(&no, "reply", json!({ "text": "重新修好" }));
                city.reviewer().does(&no, "review", json!({ "pass": true }));
                city.days(1);
            }
        }
        let [rework] = proposed(&city).try_into().unwrap();
        assert_eq!((rework.trigger.as_str(), rework.count), ("rework", 2));
        assert_eq!(decides(&city, "reviewer", &rework.key, Verdict::Refused), "accepted");
        // The days that pass are another reason than the reworks.
        city.days(14);
        let [late] = proposed(&city).try_into().unwrap();
        assert_eq!(late.trigger.as_str(), "overdue");
        city.agent().does(&no, "withdraw", json!({ "reason": "自行解决" }));
        city.agent().does(&no, "withdraw/confirm", json!({ "confirmed": true, "how": "回拨" }));
        assert!(proposed(&city).is_empty(), "it was withdrawn");

        let hard = city.handled_by("weixiu");
        let plan = json!({ "grounds": "缺配件", "plan": "订货", "promised_at": "2026-12-31" });
        city.head("weixiu").does(&hard, "ledger", plan);
        city.reviewer().does(&hard, "ledger/decide", json!({ "approve": true }));
        city.days(21);
        assert!(proposed(&city).is_empty(), "it stands still");
    }

    fn a_missed_promise_that_stays_unanswered_climbs_by_a_reviewers_hand(test: &TestDb) {
        let office = Office::open(test);
        let city = &office.city;
        let no = city.handled_by("wuye");
        let plan = json!({ "grounds": "缺配件", "plan": "订货", "promised_at": "2026-11-10" });
        city.head("wuye").does(&no, "ledger", plan);
        city.reviewer().does(&no, "ledger/decide", json!({ "approve": true }));
        city.clock.set(at("2026-11-11T00:00:00+08:00"));
        assert_eq!(city.hotline.sweep(&Bell::default()).unwrap(), 1);
        let [open] = office.lists("unit_head@wuye", "/supervision").try_into().unwrap();
        assert_eq!([&open["ticket"], &open["step"], &open["light"]], [&json!(no), &json!("supervise"), &json!("green")]);
        assert_eq!(open["due_at"], "2026-11-13T23:59:59.999+08:00");
        // Yellow on the last working day, from its first instant.
        let light = || office.lists("leader", "/supervision")[0]["light"].clone();
        city.clock.set(at("2026-11-12T23:59:59+08:00"));
        assert_eq!(light(), "green");
        city.clock.set(at("2026-11-13T00:00:00+08:00"));
        assert_eq!(light(), "yellow");
        // A whole working day after the answer's limit, Friday the 13th: the lead is supervised already.
        city.clock.set(at("2026-11-16T23:59:59+08:00"));
        assert!(proposed(city).is_empty());
        city.clock.set(at("2026-11-17T00:00:00+08:00"));
        let [interview] = office.lists("leader", "/supervision/proposals").try_into().unwrap();
        assert_eq!([&interview["trigger"], &interview["step"]], [&json!("unanswered"), &json!("interview")]);
        let take = format!("/supervision/proposals/{}/take", interview["id"].as_str().unwrap());
        let once = |key: &str| {
            let answer = office.call_with("reviewer", "POST", &take, &[("Idempotency-Key", key)], "{}");
            (answer.status, answer.json())
        };
        let first = once("taken");
        assert_eq!((first.0, once("taken")), (200, first.clone()));
        assert_eq!(once("taken again").0, 404, "nothing of that sort is proposed any more");
        assert_eq!(city.ticket(&no).supervisions.len(), 2);
        assert!(office.lists("leader", "/supervision/proposals").is_empty());
        // The interview unanswered in its turn.
        city.clock.set(at("2026-11-21T00:00:00+08:00"));
        let [circular] = proposed(city).try_into().unwrap();
        assert_eq!((circular.step, circular.unit.as_str()), (Step::Circular, "wuye"));
        let says = city.head("wuye").tries_side(&no, 2, "supervise/answer", json!({ "text": "配件已到" }));
        assert_eq!(refusal(says), "accepted");
        assert!(proposed(city).is_empty());
    }

    fn a_word_about_a_case_on_the_ledger_is_owed_every_thirty_days_and_its_silence_is_proposed_for(test: &TestDb) {
        let city = City::of(test);
        let no = city.handled_by("wuye");
        let plan = json!({ "grounds": "缺配件", "plan": "订货", "promised_at": "2027-03-31" });
        city.head("wuye").does(&no, "ledger", plan);
        city.clock.set(at("2026-11-02T10:00:00+08:00"));
        city.reviewer().does(&no, "ledger/decide", json!({ "approve": true }));
        let owed = || city.ticket(&no).ledgers[0].owed_progress().unwrap().due_at;
        let told = |when: &str| {
            city.clock.set(at(when));
            city.hotline.sweep(&Bell::default()).unwrap();
            city.ticket(&no).noted.get("progress/1").map(|told| (told.what.as_str(), told.due_at))
        };
        let first = at("2026-12-02T10:00:00+08:00");
        assert_eq!(owed(), first);
        // A quarter of the thirty days before.
        assert_eq!(told("2026-11-24T21:59:59+08:00"), None);
        assert_eq!(told("2026-11-24T22:00:00+08:00"), Some(("soon", first)));
        city.handler("wuye").does(&no, "ledger/progress", json!({ "text": "配件已发货" }));
        let second = at("2026-12-24T22:00:00+08:00");
        assert_eq!(owed(), second);
        assert_eq!(told("2026-12-10T22:00:00+08:00"), Some(("soon", first)), "it was said in time");
        assert_eq!(told("2026-12-24T22:00:00+08:00"), Some(("soon", second)));
        assert_eq!(told("2026-12-24T22:00:00.001+08:00"), Some(("overdue", second)));
        // Thursday; a whole working day later.
        city.clock.set(at("2026-12-25T23:59:59+08:00"));
        assert!(proposed(&city).is_empty());
        city.clock.set(at("2026-12-26T00:00:00+08:00"));
        let [silent] = proposed(&city).try_into().unwrap();
        assert_eq!((silent.trigger.as_str(), silent.step, silent.count), ("silent", Step::Supervise, 1));
        city.handler("wuye").does(&no, "ledger/progress", json!({ "text": "配件到货" }));
        assert!(proposed(&city).is_empty(), "it was said at last");
        city.head("wuye").tries(&no, "ledger/write-off", json!({ "proof": "已修好" })).unwrap();
        assert!(city.ticket(&no).ledgers[0].owed_progress().is_none());
    }

    fn units_see_what_is_asked_of_them_and_no_proposal(test: &TestDb) {
        let office = Office::open(test);
        let city = &office.city;
        let no = city.taken();
        city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye", "assists": ["weixiu"] }));
        let body = json!({ "step": "supervise", "text": "联合督办", "units": ["wuye", "weixiu"], "due_at": "2026-11-03T12:00:00+08:00" });
        city.reviewer().does(&no, "supervise", body);
        city.clock.set(at("2026-11-03T11:00:00+08:00"));
        let says = city.head("weixiu").tries_side(&no, 1, "supervise/answer", json!({ "text": "已到场" }));
        assert_eq!(refusal(says), "accepted");
        city.clock.set(at("2026-11-03T12:00:00.001+08:00"));
        let lights = |who: &str| -> Vec<(Value, Value)> {
            let all = office.lists(who, "/supervision");
            all.iter().map(|it| (it["unit"].clone(), it["light"].clone())).collect()
        };
        let (wuye, weixiu) = ((json!("wuye"), json!("red")), (json!("weixiu"), json!("green")));
        assert_eq!(lights("leader"), [weixiu.clone(), wuye.clone()]);
        assert_eq!(lights("unit_head@wuye"), [wuye]);
        assert_eq!(lights("handler@weixiu"), [weixiu]);
        assert!(lights("unit_head@baozhang").is_empty());
        for who in ["unit_head@wuye", "agent", "surveyor", "auditor"] {
            assert_eq!(office.call(who, "GET", "/supervision/proposals", "").0, 403, "{who}");
            assert_eq!(office.call(who, "POST", "/supervision/proposals/x/take", "{}").0, 403, "{who}");
        }
        assert_eq!(office.call("agent", "GET", "/supervision", "").0, 403);
        city.reviewer().tries_side(&no, 1, "supervise/close", json!({ "result": "已办" })).unwrap();
        assert!(lights("leader").is_empty());
        // Of a ticket that is over no answer is owed.
        let over = city.handled_by("wuye");
        city.reviewer().does(&over, "supervise", json!({ "step": "supervise", "text": "督办" }));
        assert_eq!(lights("leader").len(), 1);
        city.agent().does(&over, "withdraw", json!({ "reason": "自行解决" }));
        city.agent().does(&over, "withdraw/confirm", json!({ "confirmed": true, "how": "回拨" }));
        assert!(lights("leader").is_empty());
    }

    fn whoever_stands_above_another_unit_answers_for_the_own_one(test: &TestDb) {
        let city = City::of(test);
        let no = city.taken();
        city.dispatcher().does(&no, "dispatch", json!({ "lead": "weixiu-1", "assists": ["weixiu"] }));
        let units = json!(["weixiu-1", "weixiu"]);
        city.reviewer().does(&no, "supervise", json!({ "step": "supervise", "text": "联合督办", "units": units }));
        let answers = |who: &str, text: &str| {
            refusal(city.person(who).tries_side(&no, 1, "supervise/answer", json!({ "text": text })))
        };
        let said = || -> Vec<Option<String>> {
            let rung = city.ticket(&no).supervisions[&1].clone();
            rung.addressed().map(|(_, said)| said.map(|it| it.text.clone())).collect()
        };
        assert_eq!(answers("unit_head@weixiu", "上级已到场"), "accepted");
        assert_eq!(said(), [None, Some("上级已到场".to_owned())]);
        assert_eq!(answers("unit_head@weixiu-1", "本级已牵头"), "accepted");
        assert_eq!(said(), ["本级已牵头", "上级已到场"].map(|it| Some(it.to_owned())));
    }

    fn a_unit_supervised_three_times_is_proposed_for_an_interview_that_nobody_but_a_person_opens(test: &TestDb) {
        let city = City::of(test);
        let mut last = String::new();
        for n in 1..=3 {
            assert!(proposed(&city).is_empty(), "{n}");
            last = city.handled_by("wuye");
            city.reviewer().does(&last, "supervise", json!({ "step": "supervise", "text": "督办" }));
            city.hours(1);
        }
        let [interview] = proposed(&city).try_into().unwrap();
        assert_eq!((interview.step, interview.count), (Step::Interview, 3));
        assert_eq!(city.ticket(&last).supervisions.len(), 1, "nothing by itself");
        assert_eq!(decides(&city, "reviewer", &interview.key, Verdict::Taken), "accepted");
        assert_eq!(city.ticket(&last).supervisions[&2].step, Step::Interview);
        assert!(proposed(&city).is_empty());
    }

    fn supervisions_of_what_turned_out_not_to_be_theirs_count_for_nothing(test: &TestDb) {
        let city = City::of(test);
        let supervised = |no: &str| {
            city.reviewer().does(no, "supervise", json!({ "step": "supervise", "text": "督办" }));
        };
        // Returned as not theirs: one of three is left.
        for _ in 0..2 {
            let no = city.handled_by("wuye");
            supervised(&no);
            city.handler("wuye").works(&no, 1, "dispute", json!({ "reason": "不归我们", "grounds": "三定方案" }));
            city.dispatcher().works(&no, 1, "dispute/decide", json!({ "uphold": true, "reason": "成立" }));
        }
        let lives = city.handled_by("wuye");
        supervised(&lives);
        assert!(proposed(&city).is_empty());
        // Of tickets that are over the unit was in charge all the same.
        for _ in 0..2 {
            let no = city.replied_by("wuye");
            supervised(&no);
            city.reviewer().does(&no, "review", json!({ "pass": true }));
            city.surveyor().does(&no, "survey", good());
        }
        let [interview] = proposed(&city).try_into().unwrap();
        assert_eq!((interview.step, interview.count), (Step::Interview, 3));
    }

    fn a_key_is_decided_by_what_its_own_ticket_or_unit_says_alone(test: &TestDb) {
        let city = City::of(test);
        for unit in ["wuye", "weixiu-1"].repeat(3) {
            let no = city.handled_by(unit);
            city.reviewer().does(&no, "supervise", json!({ "step": "supervise", "text": "督办" }));
        }
        let [one, other] = proposed(&city).try_into().unwrap();
        assert_ne!(one.unit, other.unit);
        assert_eq!(decides(&city, "reviewer", &one.key, Verdict::Refused), "accepted");
        assert_eq!(decides(&city, "reviewer", &one.key, Verdict::Taken), "404 not_found");
        // A key of one unit with another's rungs is none.
        let (_, rest) = other.key.split_once(other.unit.as_str()).unwrap();
        let mixed = format!("supervised.{}{rest}", one.unit);
        assert_eq!(decides(&city, "reviewer", &mixed, Verdict::Taken), "404 not_found");
        assert_eq!(decides(&city, "reviewer", &other.key, Verdict::Taken), "accepted");
        assert!(proposed(&city).is_empty());
    }
}
