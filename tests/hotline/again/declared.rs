//! An incident that is announced before anybody calls, and is what the first caller's agent is told of.

use jiesu::ticket::StateName;
use serde_json::{Value, json};

use super::{Centre, from, told};
use crate::support::city::draft_with;
use crate::support::databases::on_each_database;

/// The water main before 阳光花园.
fn burst() -> Value {
    json!({ "title": "供水主管爆裂", "estates": ["yangguang"], "category": "wy",
        "tell": "阳光花园3号楼至9号楼停水，正在抢修", "expected_end": "2027-03-01T20:00:00+08:00" })
}

fn incidents(centre: &Centre, who: &str, query: &str) -> Vec<Value> {
    let answer = centre.asks(who, &format!("/incidents{query}"));
    assert_eq!(answer.status, 200, "{who}: {}", answer.body);
    answer.json()["items"].as_array().unwrap().clone()
}

/// What the agent is told of incidents while the caller speaks.
fn suggested(centre: &Centre, place: &Value) -> Vec<Value> {
    let body = json!({ "content": "家里没水了", "place": place });
    let answer = centre.says("agent", "/suggest", &body);
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["incidents"].as_array().unwrap().clone()
}

on_each_database! {
    fn the_first_caller_s_agent_is_told_of_what_was_announced_and_the_second_is_linked(test: &TestDb) {
        let centre = Centre::open(test);
        let declared = centre.says("dispatcher", "/incidents", &burst());
        assert_eq!(declared.status, 201, "{}", declared.body);
        let id = declared.json()["id"].as_str().unwrap().to_owned();

        let yangguang = json!({ "estate": "yangguang" });
        let hits = suggested(&centre, &yangguang);
        let [hit] = hits.as_slice() else { panic!("{hits:?}") };
        assert_eq!((&hit["incident"], &hit["near"]), (&json!(id), &json!("estate")));
        assert_eq!(hit["tell"], burst()["tell"]);
        assert!(hit.get("no").is_none() && hit["why"].as_str().unwrap().contains("该小区"), "{hit}");

        // The first caller's ticket is what the others are merged into.
        let first = centre.call(&from("13900000021"));
        let amend = format!("/incidents/{id}/amend");
        let amended = centre.says("agent", &amend, &json!({ "lead": first })).json();
        assert_eq!((&amended["no"], &amended["takes_callers"]), (&json!(first), &json!(true)), "{amended}");
        assert_eq!(suggested(&centre, &yangguang)[0]["no"], json!(first));
        let mut second = draft_with(&from("13900000022"));
        second["into"] = json!(first);
        let second = centre.says("agent", "/tickets", &second).json();
        let second = second["no"].as_str().unwrap();
        assert_eq!(centre.city.ticket(second).state.name(), StateName::Merged);
        assert_eq!(suggested(&centre, &yangguang)[0]["linked"], 1);

        // One list: what was declared is not there again as what was linked.
        assert_eq!(incidents(&centre, "leader", "").len(), 1);
        let other = centre.call(&from("13900000023"));
        let mut third = draft_with(&from("13900000024"));
        third["into"] = json!(other);
        assert_eq!(centre.says("agent", "/tickets", &third).status, 201);
        let both = incidents(&centre, "leader", "");
        let kinds: Vec<&Value> = both.iter().map(|it| &it["source"]).collect();
        assert_eq!(kinds, ["linked", "declared"]);
        assert_eq!((&both[0]["no"], &both[0]["linked"]), (&json!(other), &json!(1)));
        // A unit reads what is announced, not who else called.
        assert_eq!(incidents(&centre, "handler@wuye", "").len(), 1);
        assert_eq!(centre.asks("handler@hongda", "/incidents").status, 403, "no company");

        // The end answers everybody.
        let end = json!({ "result": "供水主管已修复，现已恢复供水", "answer": true });
        let closed = centre.says("agent", &format!("/incidents/{id}/close"), &end);
        assert_eq!((closed.status, &closed.json()["state"]), (200, &json!("closed")), "{}", closed.body);
        assert!(!centre.city.ticket(&first).state.is_live());
        let clock = &centre.city.ticket(second).timers[&jiesu::limits::ClockName::Overall];
        assert!(clock.stopped_at.is_some(), "the second caller is answered by the same words");
        assert!(suggested(&centre, &yangguang).is_empty());
        assert_eq!(incidents(&centre, "leader", "?state=closed").len(), 1);
        assert_eq!(told(&centre.says("agent", &amend, &json!({}))), "409 incident.not_open");
    }

    fn an_incident_s_words_point_at_nobody_and_its_lead_is_live(test: &TestDb) {
        let centre = Centre::open(test);
        let with = |change: Value| {
            let mut body = burst();
            jiesu::ticket::event::apply(&mut body, &change);
            told(&centre.says("reviewer", "/incidents", &body))
        };
        for (change, refusal) in [
            (json!({ "tell": "有事找13900000001" }), "422 incident.phone at /tell"),
            (json!({ "tell": "王女士家楼下爆管", "acknowledge": ["person"] }), "422 incident.person at /tell"),
            (json!({ "tell": "502室爆管" }), "422 incident.building at /tell"),
            (json!({ "tell": "同2026-000123号工单" }), "422 incident.ticket at /tell"),
            (json!({ "tell": "chunhui小区也停水" }), "422 incident.estate at /tell"),
            (json!({ "estates": [] }), "422 field.required at /estates"),
            (json!({ "estates": ["?"] }), "422 field.unknown_code at /estates/0"),
            (json!({ "category": "?" }), "422 field.unknown_code at /category"),
            (json!({ "lead": "2026-999999" }), "422 field.unknown_code at /lead"),
            (json!({ "since": "2027-03-02T00:00:00+08:00" }), "422 incident.ends_before at /expected_end"),
        ] {
            assert_eq!(with(change), refusal);
        }
        let ended = centre.call(&from("13900000031"));
        centre.city.agent().does(&ended, "answer", json!({ "text": "已告知" }));
        assert_eq!(with(json!({ "lead": ended })), "422 incident.lead_ended at /lead");
        assert_eq!(with(json!({ "tell": "502室爆管", "acknowledge": ["building"] })), "201 -");
        assert_eq!(with(json!({ "tell": "同2026-000123号工单", "acknowledge": ["ticket"] })), "201 -");
        assert_eq!(centre.says("surveyor", "/incidents", &burst()).status, 403);
        assert_eq!(centre.asks("leader", "/incidents/1").status, 404);
    }

    fn an_incident_that_moves_away_from_what_its_words_name_is_asked_about(test: &TestDb) {
        let centre = Centre::open(test);
        let mut body = burst();
        body["estates"] = json!(["yangguang", "chunhui"]);
        body["tell"] = json!("chunhui小区3号楼至9号楼停水");
        let id = centre.says("agent", "/incidents", &body).json()["id"].as_str().unwrap().to_owned();
        let amend = format!("/incidents/{id}/amend");
        let moved = json!({ "estates": ["yangguang"] });
        assert_eq!(told(&centre.says("agent", &amend, &moved)), "422 incident.estate at /tell");
        let meant = json!({ "estates": ["yangguang"], "acknowledge": ["estate"] });
        assert_eq!(centre.says("agent", &amend, &meant).status, 200);
        // What was meant then is not asked about again.
        let on = json!({ "estates": ["yangguang"], "regions": ["she"] });
        let on = centre.says("agent", &amend, &on);
        assert_eq!(on.status, 200, "{}", on.body);
    }

    fn without_a_lead_there_is_nothing_to_answer_and_a_refused_answer_closes_nothing(test: &TestDb) {
        let centre = Centre::open(test);
        let id = centre.says("agent", "/incidents", &burst()).json()["id"].as_str().unwrap().to_owned();
        let close = format!("/incidents/{id}/close");
        let end = json!({ "result": "已恢复供水", "answer": true });
        assert_eq!(told(&centre.says("agent", &close, &end)), "422 incident.no_lead at /answer");
        // A unit works on it: its reply is the answer, and not a word of the desk.
        let lead = centre.city.handled_by("wuye");
        centre.says("agent", &format!("/incidents/{id}/amend"), &json!({ "lead": lead }));
        assert_eq!(centre.says("agent", &close, &end).status, 409);
        assert_eq!(incidents(&centre, "agent", "").len(), 1, "open still");
        let closed = centre.says("agent", &close, &json!({ "result": "已恢复供水" }));
        assert_eq!(closed.status, 200, "{}", closed.body);
        assert!(centre.city.ticket(&lead).state.is_live());
    }

    fn what_the_lead_s_answer_may_not_say_is_wrong_in_the_field_that_said_it(test: &TestDb) {
        let centre = Centre::open(test);
        let mut body = burst();
        body["estates"] = json!(["yangguang", "chunhui"]);
        let lead = centre.call(&from("13900000041"));
        body["lead"] = json!(lead);
        let id = centre.says("agent", "/incidents", &body).json()["id"].as_str().unwrap().to_owned();
        let close = format!("/incidents/{id}/close");
        // It is the incident's, and not the ticket's own estate.
        let end = json!({ "result": "chunhui小区已恢复供水", "answer": true });
        assert_eq!(told(&centre.says("agent", &close, &end)), "422 guard.estate at /result");
        assert!(centre.city.ticket(&lead).state.is_live());
    }

    fn another_estate_s_caller_is_told_of_it_only_where_the_region_is_its_own(test: &TestDb) {
        let centre = Centre::open(test);
        centre.says("agent", "/incidents", &burst());
        let elsewhere = json!({ "estate": "chunhui" });
        assert!(suggested(&centre, &elsewhere).is_empty());
        let mut wide = burst();
        wide["estates"] = json!([]);
        wide["regions"] = json!(["jie"]);
        wide["tell"] = json!("全区低压供水");
        assert_eq!(centre.says("agent", "/incidents", &wide).status, 201);
        let near: Vec<Value> = suggested(&centre, &json!({ "estate": "yangguang" }));
        let near: Vec<&Value> = near.iter().map(|it| &it["near"]).collect();
        assert_eq!(near, ["estate", "region"]);
    }
}
