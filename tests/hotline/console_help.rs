//! What a citizen was promised at the desk: a new code from an agent, and somebody who reads what no rule could place;
//! and who finds which page.

use serde_json::json;

use crate::console_work::{HOSTILE, Office};
use crate::support::city::draft_with;

/// What leads from page to page, on `name`'s first page.
fn bar(office: &Office, name: &str) -> String {
    let page = office.shown(name, "/").replace("&#x2f;", "/");
    page.split("</nav>").next().unwrap_or_default().to_owned()
}

#[test]
fn an_agent_gives_a_citizen_a_new_code_on_the_ticket_s_page_and_nobody_else_does() {
    let office = Office::open();
    let no = office.city.handled_by("weixiu");
    let form = format!("data-call=\"/api/v1/tickets/{no}/code\"");
    let shown = |name: &str| office.shown(name, &format!("/tickets/{no}")).replace("&#x2f;", "/");
    let page = shown("agent");
    assert!(page.contains(&form) && page.contains("data-shown=\"no code phone_tail\""), "{page}");
    for name in ["dispatcher", "reviewer", "leader", "handler@weixiu"] {
        assert!(!shown(name).contains(&form), "{name}");
    }
    let path = format!("/api/v1/tickets/{no}/code");
    let told = office.post("agent", &path, &json!({ "how": "已回拨受理号码" }));
    assert_eq!(told.status, 200, "{told:?}");
    let code = told.json()["code"].as_str().unwrap().to_owned();
    assert_eq!(code.len(), 6);
    assert!(!shown("agent").contains(&format!(">{code}<")), "it is told once");
}

#[test]
fn what_no_rule_could_place_stands_on_a_page_of_those_who_speak_with_citizens() {
    let office = Office::open();
    for name in ["agent", "dispatcher", "surveyor"] {
        assert!(bar(&office, name).contains("href=\"/inbox\""), "{name}");
        assert!(office.shown(name, "/inbox").contains("没有待处理的留言"), "{name}");
    }
    for name in ["handler@weixiu", "reviewer", "leader", "sysadmin"] {
        assert_eq!(office.page(name, "/inbox").status, 403, "{name}");
        assert!(!bar(&office, name).contains("href=\"/inbox\""), "{name}");
    }
    let text = format!("没解决，打我13900000009 {HOSTILE}");
    let heard = office.post(
        "platform",
        "/api/v1/sms/replies",
        &json!({ "phone": "13911112222", "text": text }),
    );
    assert_eq!(heard.status, 200, "{heard:?}");
    let page = office.shown("surveyor", "/inbox").replace("&#x2f;", "/");
    assert!(page.contains("号码没有工单") && page.contains("短信"), "{page}");
    assert!(!page.contains("13911112222") && !page.contains("13900000009"), "{page}");
    let id = office.get("agent", "/api/v1/inbox").json()["items"][0]["id"].clone();
    let at = format!("/api/v1/inbox/{}", id.as_str().unwrap());
    assert!(page.contains(&format!("data-call=\"{at}/reveal\"")), "{page}");
    assert!(page.contains(&format!("data-call=\"{at}/settle\"")) && page.contains("已回电"));
    let done = office.post("agent", &format!("{at}/settle"), &json!({ "result": "called" }));
    assert_eq!(done.status, 204, "{done:?}");
    assert!(office.shown("agent", "/inbox").contains("没有待处理的留言"));
}

#[test]
fn whoever_works_in_a_unit_is_led_to_what_is_held_against_it() {
    let office = Office::open();
    for name in ["handler@weixiu", "unit_head@weixiu", "reviewer"] {
        let bar = bar(&office, name);
        for path in ["/supervision", "/bottom-line"] {
            assert!(bar.contains(&format!("href=\"{path}\"")), "{name} {path}: {bar}");
            assert_eq!(office.page(name, path).status, 200, "{name} {path}");
        }
    }
    assert!(!bar(&office, "handler@weixiu").contains("href=\"/monthly\""));
}

#[test]
fn a_ticket_s_page_is_called_by_its_number_and_shows_whoever_judges_what_was_asked_beside_the_reply()
 {
    let office = Office::open();
    let no = office.city.replied_by("weixiu");
    let path = format!("/tickets/{no}");
    for name in ["reviewer", "agent"] {
        let page = office.shown(name, &path);
        assert!(page.contains(&format!("<title>{no} · 接诉</title>")), "{name}: {page}");
        assert_eq!(page.contains("class=\"beside\""), name == "reviewer", "{name}: {page}");
    }
    let before = office.city.handled_by("weixiu");
    let page = office.shown("reviewer", &format!("/tickets/{before}"));
    assert!(!page.contains("class=\"beside\""), "there is no reply yet");
}

#[test]
fn what_is_typed_into_long_forms_is_kept() {
    let office = Office::open();
    let no = office.city.passed("weixiu");
    let page = office.shown("surveyor", "/survey");
    assert!(page.contains(&format!("data-draft=\"survey.{no}\"")), "{page}");
    let taken = office.city.taken();
    let page = office.shown("agent", &format!("/tickets/{taken}"));
    assert!(page.contains(&format!("data-draft=\"amend-caller.{taken}\"")), "{page}");
    let day = "/roster?unit=weixiu&edit=2026-11-02&from=2026-11-02";
    let page = office.shown("unit_head@weixiu", day);
    assert!(page.contains("data-draft=\"roster.weixiu.2026-11-02\""), "{page}");
}

#[test]
fn the_search_says_where_a_number_is_looked_up_instead() {
    let office = Office::open();
    for (name, way) in [("agent", "请到<a href=\"/desk\">受理</a>页"), ("reviewer", "请受理坐席")]
    {
        let page = office.shown(name, "/search").replace("&#x2f;", "/");
        assert!(page.contains("data-number hidden") && page.contains(way), "{name}: {page}");
    }
}

#[test]
fn tickets_without_an_estate_are_given_one_on_a_page_that_the_first_page_leads_to() {
    let office = Office::open();
    let place =
        json!({ "place": { "estate": null, "address": "阳光小区3号楼501室" }, "dispatch": "hold" });
    let no = office.city.agent().registers(draft_with(&place));
    let items = office.get("dispatcher", "/api/v1/places/queue").json()["items"].clone();
    assert_eq!(items[0]["no"], no.as_str(), "{items}");
    for name in ["agent", "dispatcher"] {
        assert!(
            office.shown(name, "/").replace("&#x2f;", "/").contains("href=\"/places\""),
            "{name}"
        );
        let page = office.shown(name, "/places").replace("&#x2f;", "/");
        assert!(page.contains(&no) && !page.contains("501室"), "{name}: {page}");
        let call = format!("data-call=\"/api/v1/places/queue/{no}/");
        let forms = 1 + items[0]["candidates"].as_array().unwrap().len();
        assert_eq!(page.matches(&format!("{call}settle\"")).count(), forms, "{name}: {page}");
        assert_eq!(page.matches(&format!("{call}aside\"")).count(), 3, "{name}: {page}");
    }
    for name in ["handler@weixiu", "reviewer", "surveyor", "leader"] {
        assert_eq!(office.page(name, "/places").status, 403, "{name}");
    }
    let at = format!("/api/v1/places/queue/{no}/settle");
    assert_eq!(office.post("agent", &at, &json!({ "estate": "yangguang" })).status, 200);
    assert!(office.shown("agent", "/places").contains("没有地点待定的工单"));
}

#[test]
fn a_vexatious_mark_is_proposed_on_the_ticket_s_page_and_decided_by_a_second_person_on_another() {
    let office = Office::open();
    let old = office.city.taken();
    office.city.hours(1);
    let new = office.city.taken();
    let form = |no: &str| format!("data-call=\"/api/v1/tickets/{no}/vexatious\"");
    let shown = |name: &str, path: &str| office.shown(name, path).replace("&#x2f;", "/");
    let page = shown("agent", &format!("/tickets/{new}"));
    assert!(page.contains(&form(&new)) && page.contains(&format!("value=\"{old}\"")), "{page}");
    assert!(!shown("agent", &format!("/tickets/{old}")).contains(&form(&old)), "it repeats none");
    assert!(!shown("reviewer", &format!("/tickets/{new}")).contains(&form(&new)));
    let path = format!("/api/v1/tickets/{new}/vexatious");
    let said = office.post("agent", &path, &json!({ "reason": HOSTILE, "tickets": [old] }));
    assert_eq!(said.status, 201, "{said:?}");
    let mark = said.json()["id"].as_str().unwrap().to_owned();
    let says = |verdict: &str| format!("data-call=\"/api/v1/vexatious/{mark}/{verdict}\"");
    for name in ["reviewer", "dispatcher"] {
        assert!(shown(name, "/decisions").contains("href=\"/vexatious\""), "{name}");
        let page = shown(name, "/vexatious");
        assert!(
            page.contains(&says("confirm")) && page.contains(&says("refuse")),
            "{name}: {page}"
        );
        assert!(page.contains(&new) && page.contains(&old), "{name}: {page}");
    }
    for name in ["agent", "leader", "assessor", "handler@weixiu"] {
        assert_eq!(office.page(name, "/vexatious").status, 403, "{name}");
    }
    let confirm = format!("/api/v1/vexatious/{mark}/confirm");
    assert_eq!(office.post("reviewer", &confirm, &json!({ "reason": "情况属实" })).status, 200);
    assert!(shown("reviewer", "/vexatious").contains("没有这样的认定"));
    let standing = "/vexatious?state=in_force";
    assert!(shown("reviewer", standing).contains(&says("lift")));
    assert!(!shown("dispatcher", standing).contains(&says("lift")), "a reviewer alone lifts it");
    let page = shown("agent", &format!("/tickets/{new}"));
    assert!(page.contains("恶意重复") && !page.contains(&form(&new)), "{page}");
}
