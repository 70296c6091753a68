//! The ladder of supervision 督办 as it is proposed, taken, refused, and answered by several units (domain.md §1).

use jiesu::handling::ladder::{Proposal, Verdict};
use jiesu::ticket::overlay::Step;
use serde_json::json;

use crate::support::city::{City, at, refusal};
use crate::support::databases::on_each_database;

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
}
