//! The pages of what was reached by the interface alone: campaigns 每月一题. Each for whom it is, with
//! forms for what they may do and for nothing else.

use serde_json::json;

use crate::console_work::{HOSTILE, Office};

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
