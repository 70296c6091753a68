//! What pages offer: no form is there that the interface refuses its reader by role or by unit, and where somebody might
//! look for one, the page says whose it is.

use std::collections::BTreeSet;

use jiesu::identity::{Actor, Pass, Role};
use serde_json::{Value, json};

use crate::console_work::Office;
use crate::support::badges;
use crate::support::city::{at, draft_with};
use crate::support::tree;

/// Somebody who came to the bureau today.
struct Newcomer<'a> {
    office: &'a Office,
    actor: Actor,
}

impl<'a> Newcomer<'a> {
    fn to(office: &'a Office, name: &str, role: Role, unit: &str) -> Self {
        let actor = Actor {
            user: 9_001,
            name: name.to_owned(),
            roles: BTreeSet::from([role]),
            unit: Some(unit.into()),
            subtree: tree::down_from(unit).into_iter().map(Into::into).collect(),
            company: false,
        };
        badges::issue(&office.server.app, std::iter::once(&actor));
        Self { office, actor }
    }

    fn shown(&self, path: &str) -> String {
        let (server, now) = (&self.office.server, self.office.city.now());
        let claims = (self.actor.user, self.actor.user, 0);
        let token = server.app.gate.tokens.issue(Pass::Console, claims, now, 600).unwrap();
        let cookie = format!("jiesu={token}");
        let page = server.ask("GET", path, &[("Cookie", &cookie)], "");
        assert_eq!(page.status, 200, "{path}: {page:?}");
        page.body.replace("&#x2f;", "/")
    }
}

fn shown(office: &Office, name: &str, path: &str) -> String {
    office.shown(name, path).replace("&#x2f;", "/")
}

#[test]
fn a_units_own_assessor_is_offered_no_decision_about_its_objection_and_told_whose_it_is() {
    let office = Office::open();
    let no = office.city.closed("wuye");
    office.city.hours(1);
    let made = office.post("assessor", "/api/v1/reports", &json!({ "window": "2026-11" }));
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let until = office.city.now().plus_millis(3 * 86_400_000).to_string();
    let does = |who: &str, step: &str, body: Value| {
        let answer = office.post(who, &format!("/api/v1/reports/{id}/{step}"), &body);
        assert!(answer.status < 300, "{who} {step}: {answer:?}");
    };
    does("assessor", "preview", json!({ "until": until }));
    let path = format!("/monthly/{id}");
    let confirms = format!("data-call=\"/api/v1/reports/{id}/confirm\"");
    assert!(shown(&office, "unit_head@wuye", &path).contains(&confirms));
    let page = shown(&office, "unit_head@weixiu", &path);
    assert!(page.contains("没有要确认的数据") && !page.contains(&confirms), "{page}");
    does("unit_head@wuye", "confirm", json!({}));
    let page = shown(&office, "unit_head@wuye", &path);
    assert!(page.contains("的数据已确认") && !page.contains(&confirms), "{page}");
    does("unit_head@wuye", "object", json!({ "no": no, "text": "不归我们管" }));
    let decides = format!("data-call=\"/api/v1/reports/{id}/objections/decide\"");
    assert!(shown(&office, "assessor", &path).contains(&decides));
    let own = Newcomer::to(&office, "kaohe", Role::Assessor, "wuye").shown(&path);
    assert!(own.contains("不归我们管") && !own.contains(&decides), "{own}");
    assert!(own.contains("请其他考核员裁定"), "{own}");
}

#[test]
fn a_proposal_about_the_own_unit_is_for_another_reviewer() {
    let office = Office::open();
    let no = office.city.handled_by("baozhang");
    office.city.clock.set(at("2026-11-11T00:00:00+08:00"));
    let take = "/take\" class=\"one\"";
    let page = shown(&office, "reviewer", "/supervision");
    assert!(page.contains(take) && page.contains(&no), "{page}");
    let own = shown(&office, "both@baozhang", "/supervision");
    assert!(own.contains(&no) && !own.contains(take), "{own}");
    assert!(own.contains("请其他审核员决定"), "{own}");
    let supervise = json!({ "step": "supervise", "text": "三日内办结" });
    office.city.reviewer().does(&no, "supervise", supervise);
    let other = office.city.handled_by("wuye");
    office.city.reviewer().does(&other, "supervise", json!({ "step": "supervise", "text": "办" }));
    // Both are open to whoever reviews; the head answers for the own unit alone.
    let own = shown(&office, "both@baozhang", "/supervision");
    let answer = |no: &str| format!("data-call=\"/api/v1/tickets/{no}/supervise/1/answer\"");
    assert!(own.contains(&answer(&no)) && !own.contains(&answer(&other)), "{own}");
}

#[test]
fn files_cards_and_calls_are_offered_to_whoever_may_and_what_was_done_is_shown_by_who_did_it() {
    let office = Office::open();
    let city = &office.city;
    let no = city.taken();
    city.dispatcher().does(&no, "dispatch", json!({ "lead": "weixiu", "copies": ["baozhang"] }));
    city.works(&no, "weixiu", 1);
    let path = format!("/tickets/{no}");
    let card = format!("data-call=\"/api/v1/tickets/{no}/card\"");
    let after = "<option value=\"after\">";
    let lead = shown(&office, "handler@weixiu", &path);
    assert!(lead.contains("data-upload=") && lead.contains(after) && lead.contains(&card));
    let copy = shown(&office, "handler@baozhang", &path);
    assert!(!copy.contains("data-upload=") && !copy.contains(&card), "{copy}");
    let made = office.post("handler@baozhang", &format!("/api/v1{path}/card"), &json!({}));
    assert_eq!(made.status, 403, "{made:?}");
    let agent = shown(&office, "agent", &path);
    assert!(agent.contains("data-upload=") && !agent.contains(after), "{agent}");
    for who in ["dispatcher", "reviewer", "leader"] {
        let page = shown(&office, who, &path);
        assert!(!page.contains("data-upload=") && !page.contains(&card), "{who}: {page}");
    }
}

#[test]
fn only_an_agent_answers_an_incident_s_callers_and_only_a_dispatcher_places_what_was_sent() {
    let office = Office::open();
    let city = &office.city;
    let burst = json!({ "title": "供水主管爆裂", "estates": ["yangguang"], "tell": "阳光花园停水，正在抢修",
        "lead": city.taken() });
    let declared = office.post("dispatcher", "/api/v1/incidents", &burst);
    assert_eq!(declared.status, 201, "{declared:?}");
    let id = declared.json()["id"].as_str().unwrap().to_owned();
    let answers = "type=\"checkbox\" name=\"answer\"";
    assert!(shown(&office, "agent", "/incidents").contains(answers));
    for who in ["dispatcher", "reviewer"] {
        let page = shown(&office, who, "/incidents");
        assert!(!page.contains(answers) && page.contains("由坐席"), "{who}: {page}");
    }
    let ends = json!({ "result": "已修复通水", "answer": true });
    let refused = office.post("dispatcher", &format!("/api/v1/incidents/{id}/close"), &ends);
    assert_eq!(refused.status, 403, "{refused:?}");
    let place =
        json!({ "place": { "estate": null, "address": "阳光小区3号楼501室" }, "dispatch": "hold" });
    let no = city.agent().registers(draft_with(&place));
    city.dispatcher().does(&no, "dispatch", json!({ "lead": "weixiu" }));
    let settles = format!("data-call=\"/api/v1/places/queue/{no}/settle\"");
    assert!(shown(&office, "dispatcher", "/places").contains(&settles));
    let page = shown(&office, "agent", "/places");
    assert!(page.contains(&no) && page.contains("由派单员定"), "{page}");
    assert!(!page.contains(&settles) && page.contains("/aside\""), "{page}");
}

#[test]
fn nobody_is_offered_to_change_their_own_roles() {
    let office = Office::open();
    let roles = |name: &str| format!("data-call=\"/api/v1/users/{name}\" data-method=\"PUT\"");
    let other = shown(&office, "secadmin", "/admin/users/agent");
    assert!(other.contains(&roles("agent")) && other.contains("/agent/disable\""), "{other}");
    let own = shown(&office, "secadmin", "/admin/users/secadmin");
    assert!(!own.contains(&roles("secadmin")) && !own.contains("/secadmin/disable\""), "{own}");
    assert!(own.contains("由另一位安全管理员"), "{own}");
}
