//! The pages of what was reached by the interface alone: campaigns 每月一题, test calls 拨测, lists in clear
//! 明文导出, papers 文书, incidents 突发事件. Each for whom it is, with forms for what they may do and for nothing else.

use jiesu::directory::store::{self, Recorded};
use jiesu::directory::{Entry, Phone, UnitCode};
use jiesu::jobs::Bell;
use jiesu::lifecycle::sealer::seal_file;
use serde_json::json;

use crate::console_work::{HOSTILE, Office};
use crate::support::city::draft_with;

/// Whether a form of `page` calls there.
fn calls(page: &str, path: &str) -> bool {
    page.replace("&#x2f;", "/").contains(&format!("data-call=\"/api/v1{path}\""))
}

/// Whether `page` leads there.
fn leads(page: &str, path: &str) -> bool {
    page.replace("&#x2f;", "/").contains(&format!("href=\"{path}\""))
}

#[test]
fn a_unit_shows_on_the_page_of_campaigns_that_its_point_is_done() {
    let office = Office::open();
    let no = office.city.handled_by("wuye");
    let plan = json!({
        "month": "2026-11", "goal": HOSTILE, "tickets": [no],
        "points": [{ "what": "更换主板", "unit": "wuye", "due_on": "2026-11-20" },
            { "what": "核查", "unit": "weixiu", "due_on": "2026-11-01" }],
    });
    let begun = office.post("reviewer", "/api/v1/campaigns", &plan);
    assert_eq!(begun.status, 201, "{}", begun.body);
    let id = begun.json()["id"].as_str().unwrap().to_owned();
    let (one, two) =
        (format!("/campaigns/{id}/points/1/done"), format!("/campaigns/{id}/points/2/done"));
    let end = format!("/campaigns/{id}/close");
    for who in ["reviewer", "dispatcher", "leader"] {
        let page = office.shown(who, "/campaigns");
        assert!(page.contains("更换主板") && page.contains("已逾期"), "{who}: {page}");
        assert!(calls(&page, "/campaigns") && calls(&page, &end) && !calls(&page, &one), "{who}");
        assert!(leads(&office.shown(who, "/warnings"), "/campaigns"), "{who}");
    }
    let page = office.shown("unit_head@wuye", "/campaigns?month=2026-11&state=open");
    assert!(calls(&page, &one) && !calls(&page, &two) && !calls(&page, &end), "{page}");
    assert!(!calls(&page, "/campaigns") && leads(&page, &format!("/tickets/{no}")), "{page}");
    assert!(
        office.shown("unit_head@wuye", "/campaigns?month=2026-10").contains("没有这样的每月一题")
    );
    let shown =
        office.post("handler@wuye", &format!("/api/v1{one}"), &json!({ "proof": "见照片 12" }));
    assert_eq!(shown.status, 200, "{}", shown.body);
    let page = office.shown("handler@wuye", "/campaigns");
    assert!(page.contains("见照片 12") && !calls(&page, &one), "{page}");
    assert!(office.shown("handler@jiedao", "/campaigns").contains("没有这样的每月一题"));
    for who in ["agent", "surveyor", "assessor", "sysadmin", "secadmin", "auditor"] {
        assert_eq!(office.page(who, "/campaigns").status, 403, "{who}");
    }
}

#[test]
fn a_campaign_is_begun_out_of_a_warning_with_its_matter_and_its_tickets() {
    let office = Office::open();
    let called = |phone: &str| {
        let no =
            office.city.agent().registers(draft_with(&json!({ "caller": { "phone": phone } })));
        office.city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye" }));
        no
    };
    let tickets = ["13900000011", "13900000012", "13900000013"].map(called);
    let (app, bell) = (&office.server.app, Bell::default());
    office.city.clock.forward(chrono::TimeDelta::minutes(2));
    app.hotline.seal(&seal_file(&app.config.data_dir), &bell).unwrap();
    assert_eq!(app.watchman.look(&bell).unwrap(), 1);
    let found = office.get("dispatcher", "/api/v1/warnings").json();
    let id = found["items"][0]["id"].as_str().unwrap();
    let path = format!("/campaigns?warning={id}");
    assert!(leads(&office.shown("dispatcher", &format!("/warnings/{id}")), &path));
    assert!(!leads(&office.shown("unit_head@wuye", &format!("/warnings/{id}")), &path));
    let page = office.shown("dispatcher", &path);
    assert!(page.contains("data-code=\"yangguang\""), "{page}");
    assert!(tickets.iter().all(|no| page.contains(no)), "{page}");
    assert_eq!(office.page("dispatcher", "/campaigns?warning=12").status, 404);
}

const DIALLED: &str = "0516-83770001";

/// From now on `unit` publishes one phone.
fn publishes(office: &Office, unit: &str, hours: &str) {
    let mut unit = office.city.rules().directory.unit(&UnitCode::from(unit)).unwrap().clone();
    unit.phones = vec![Phone { number: DIALLED.to_owned(), hours: hours.to_owned() }];
    let since_on = "2020-01-01".parse().unwrap();
    let entry = Recorded { since_on, revision: 2, entry: Entry::Unit(unit) };
    let db = &office.city.hotline.db;
    db.write(move |tx| store::append(tx, "test", std::slice::from_ref(&entry))).unwrap();
}

#[test]
fn who_calls_has_a_key_an_outcome_and_a_unit_sees_its_own_calls_alone() {
    let office = Office::open();
    publishes(&office, "wuye", "工作日 9:00-12:00，13:30-17:30");
    for who in ["agent", "dispatcher", "surveyor"] {
        let page = office.shown(who, "/test-calls");
        assert!(page.contains(DIALLED) && page.matches("data-act").count() == 5, "{who}: {page}");
        assert!(page.contains("data-act disabled>非公布的接听时间"), "{who}: it is answered now");
        assert!(leads(&office.shown(who, "/"), "/test-calls"), "{who}");
    }
    for who in ["reviewer", "assessor", "leader"] {
        let page = office.shown(who, "/test-calls?all=true");
        assert!(page.contains(DIALLED) && !calls(&page, "/test-calls"), "{who}: {page}");
        assert!(leads(&office.shown(who, "/bottom-line"), "/test-calls"), "{who}");
    }
    let before = office.shown("unit_head@wuye", "/test-calls");
    assert!(!before.contains(DIALLED) && !before.contains("待拨测"), "{before}");
    assert!(
        !office.shown("surveyor@wuye", "/test-calls?all=true").contains(DIALLED),
        "of the own unit"
    );
    let rang = json!({ "unit": "wuye", "phone": 0, "number": DIALLED, "outcome": "answered", "note": HOSTILE });
    let logged = office.post("agent", "/api/v1/test-calls", &rang);
    assert_eq!(logged.status, 201, "{}", logged.body);
    let page = office.shown("agent", "/test-calls");
    assert!(page.contains("已接听") && page.contains(DIALLED) && !page.contains("tel:"), "{page}");
    let own = office.shown("handler@wuye", "/test-calls");
    assert!(own.contains(DIALLED) && !own.contains("data-call"), "{own}");
    assert!(office.shown("handler@weixiu", "/test-calls").contains("没有拨测记录"));
    for who in ["sysadmin", "secadmin", "auditor"] {
        assert_eq!(office.page(who, "/test-calls").status, 403, "{who}");
    }
}

#[test]
fn one_asks_for_a_list_in_clear_another_agrees_and_the_first_has_it_once() {
    let office = Office::open();
    office.city.handled_by("wuye");
    for who in ["reviewer", "leader"] {
        let page = office.shown(who, "/exports");
        assert!(calls(&page, "/exports") && page.contains("没有明文导出的申请"), "{who}: {page}");
        assert!(leads(&office.shown(who, "/search"), "/exports"), "{who}");
    }
    let wanted = json!({ "filters": { "unit": "wuye" }, "format": "csv", "reason": HOSTILE });
    let asked = office.post("reviewer", "/api/v1/exports", &wanted);
    assert_eq!(asked.status, 201, "{}", asked.body);
    let id = asked.json()["id"].as_str().unwrap().to_owned();
    let agree = format!("/exports/{id}/approve");
    let file = format!("/api/v1/exports/{id}/file");
    let own = office.shown("reviewer", "/exports");
    assert!(own.contains("待批准") && !calls(&own, &agree) && !leads(&own, &file), "{own}");
    assert!(office.shown("leader", "/exports").contains("没有明文导出的申请"), "another's");
    let second = office.shown("secadmin", "/exports");
    assert!(calls(&second, &agree) && !calls(&second, "/exports"), "{second}");
    assert!(
        calls(&second, &format!("/exports/{id}/refuse")) && second.contains("单位："),
        "{second}"
    );
    assert!(leads(&office.shown("secadmin", "/admin"), "/exports"));
    let agreed = office.post("secadmin", &format!("/api/v1{agree}"), &json!({ "reason": "属实" }));
    assert_eq!(agreed.status, 200, "{}", agreed.body);
    let own = office.shown("reviewer", "/exports");
    assert!(leads(&own, &file) && own.contains("已批准"), "{own}");
    let second = office.shown("secadmin", "/exports");
    assert!(!leads(&second, &file) && !calls(&second, &agree), "{second}");
    assert_eq!(office.get("reviewer", &file).status, 200);
    let own = office.shown("reviewer", "/exports");
    assert!(!leads(&own, &file) && own.contains("已取走"), "{own}");
    for who in
        ["agent", "dispatcher", "surveyor", "assessor", "sysadmin", "auditor", "handler@wuye"]
    {
        assert_eq!(office.page(who, "/exports").status, 403, "{who}");
    }
}

#[test]
fn the_papers_of_a_ticket_are_made_on_its_page_and_a_name_needs_a_reason() {
    let office = Office::open();
    let no = office.city.closed("wuye");
    let path = format!("/tickets/{no}/papers");
    let offers = |page: &str, kind: &str| page.contains(&format!("name=\"kind\" value=\"{kind}\""));
    for who in ["agent", "dispatcher", "reviewer", "leader", "handler@wuye", "unit_head@wuye"] {
        assert!(leads(&office.shown(who, &format!("/tickets/{no}")), &path), "{who}");
        assert!(office.shown(who, &path).contains("还没有出具文书"), "{who}");
    }
    let page = office.shown("reviewer", &path);
    assert!(offers(&page, "assign") && offers(&page, "reply") && offers(&page, "ledger"), "{page}");
    assert!(!offers(&page, "decline") && !offers(&page, "supervise"), "nothing to say: {page}");
    let page = office.shown("handler@wuye", &path);
    assert!(!calls(&page, "/papers"), "{page}");
    let make = |kind: &str| {
        let body = json!({ "kind": kind, "tickets": [no], "reason": "邮寄" });
        let made = office.post("reviewer", "/api/v1/papers", &body);
        assert_eq!(made.status, 201, "{}", made.body);
        made.json()["items"][0]["id"].as_str().unwrap().to_owned()
    };
    let (order, letter) = (make("assign"), make("reply"));
    let file = |id: &str| format!("/api/v1/papers/{id}.docx");
    let page = office.shown("reviewer", &path);
    assert!(leads(&page, &file(&order)) && leads(&page, &file(&letter)), "{page}");
    let page = office.shown("agent", &path);
    assert!(!leads(&page, &file(&letter)) && !leads(&page, &file(&order)), "{page}");
    assert!(calls(&page, &format!("/papers/{letter}/reveal")), "a reason first: {page}");
    let page = office.shown("handler@wuye", &path);
    assert!(leads(&page, &file(&order)) && !page.contains("复函"), "its own order alone: {page}");
    for who in ["surveyor", "assessor", "sysadmin", "secadmin", "auditor"] {
        assert_eq!(office.page(who, &path).status, 403, "{who}");
    }
    assert_eq!(office.page("handler@jiedao", &path).status, 404);
    // Of several units' parts it is asked whose.
    let no = office.city.taken();
    office.city.dispatcher().does(
        &no,
        "dispatch",
        json!({ "lead": "wuye", "assists": ["weixiu"] }),
    );
    let page = office.shown("dispatcher", &format!("/tickets/{no}/papers"));
    for part in ["1", "2"] {
        assert!(page.contains(&format!("<option value=\"{no}-{part}\">")), "{page}");
    }
    let body = json!({ "kind": "assign", "tickets": [format!("{no}-2")] });
    assert_eq!(office.post("dispatcher", "/api/v1/papers", &body).status, 201);
}

#[test]
fn an_incident_is_declared_over_tickets_that_others_were_merged_into_and_everybody_reads_it() {
    let office = Office::open();
    let burst = json!({ "title": "供水主管爆裂", "estates": ["yangguang"], "tell": "阳光花园停水，正在抢修" });
    let declared = office.post("dispatcher", "/api/v1/incidents", &burst);
    assert_eq!(declared.status, 201, "{}", declared.body);
    let id = declared.json()["id"].as_str().unwrap().to_owned();
    let called = |phone: &str, into: Option<&str>| {
        let mut draft = draft_with(&json!({ "caller": { "phone": phone } }));
        if let Some(into) = into {
            draft["into"] = json!(into);
        }
        let taken = office.post("agent", "/api/v1/tickets", &draft);
        assert_eq!(taken.status, 201, "{}", taken.body);
        taken.json()["no"].as_str().unwrap().to_owned()
    };
    let first = called("13900000021", None);
    called("13900000022", Some(&first));
    let (amend, close) = (format!("/incidents/{id}/amend"), format!("/incidents/{id}/close"));
    for who in ["agent", "dispatcher", "reviewer"] {
        let page = office.shown(who, "/incidents");
        assert!(page.contains("阳光花园停水") && page.contains("多人反映"), "{who}: {page}");
        assert!(
            calls(&page, "/incidents") && calls(&page, &amend) && calls(&page, &close),
            "{who}"
        );
        assert!(
            page.contains(&format!("name=\"lead\" value=\"{first}\"")),
            "{who}: over that ticket"
        );
        assert!(leads(&office.shown(who, "/search"), "/incidents"), "{who}");
    }
    for who in ["handler@wuye", "unit_head@wuye", "surveyor", "assessor", "leader"] {
        let page = office.shown(who, "/incidents");
        assert!(page.contains("阳光花园停水") && !page.contains("data-call"), "{who}: {page}");
        assert!(leads(&office.shown(who, "/search"), "/incidents"), "{who}");
    }
    assert!(!office.shown("handler@wuye", "/incidents").contains(&first), "not a ticket of theirs");
    let ended =
        office.post("agent", &format!("/api/v1{close}"), &json!({ "result": "已修复通水" }));
    assert_eq!(ended.status, 200, "{}", ended.body);
    let page = office.shown("leader", "/incidents?state=closed");
    assert!(page.contains("已修复通水") && !calls(&page, &amend), "{page}");
    assert!(!leads(&office.shown("handler@hongda", "/search"), "/incidents"), "no company");
    for who in ["sysadmin", "secadmin", "auditor", "handler@hongda"] {
        assert_eq!(office.page(who, "/incidents").status, 403, "{who}");
    }
}

#[test]
fn papers_of_several_tickets_are_made_from_the_search_by_who_may_make_them() {
    let office = Office::open();
    office.city.handled_by("wuye");
    let kinds = ["assign", "supervise", "extend", "decline", "reply", "ledger"];
    let may = |who: &str| -> Vec<&'static str> {
        let page = office.shown(who, "/search");
        let form = page.split("<form data-papers").nth(1).unwrap_or_default();
        let form = form.split("</form>").next().unwrap_or_default();
        let there = |kind: &&str| form.contains(&format!("<option value=\"{kind}\""));
        kinds.into_iter().filter(there).collect()
    };
    assert_eq!((may("dispatcher"), may("reviewer")), (kinds.to_vec(), kinds.to_vec()));
    assert_eq!(may("leader"), ["assign", "supervise", "ledger"]);
    assert_eq!(may("agent"), ["extend", "decline", "reply"]);
    assert!(may("surveyor").is_empty() && may("handler@wuye").is_empty());
}
