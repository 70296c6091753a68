//! The pages with which a month is looked at before it is judged: how each unit would stand today. What stands on each
//! for whom, and that it leads to its tickets.

use crate::console_work::Office;
use crate::support::city::bad;

/// The page that `who` sees there, with its slashes and its joints as they are.
fn read(office: &Office, who: &str, path: &str) -> String {
    office.shown(who, path).replace("&#x2f;", "/").replace("&amp;", "&")
}

fn refused(office: &Office, people: &[&str], path: &str) {
    for who in people {
        assert_eq!(office.page(who, path).status, 403, "{who} {path}");
    }
}

#[test]
fn a_unit_s_head_reads_at_once_what_pulls_the_score_down_and_what_can_still_be_done() {
    let office = Office::open();
    let city = &office.city;
    city.closed("wuye");
    let poor = city.passed("wuye");
    city.hours(1);
    city.surveyor().does(&poor, "survey", bad());
    let open = city.sent_to("wuye");
    assert!(read(&office, "unit_head@wuye", "/work").contains("href=\"/projection\""));
    // 10 for contact, 50 of which half, 40 of which 0.95.
    let own = read(&office, "unit_head@wuye", "/projection");
    assert!(own.contains("<strong>73.00</strong>"), "{own}");
    assert!(own.contains("27.00 分") && own.contains("100.00"), "what the one costs: {own}");
    assert!(own.contains("待研判，可退回重办") && own.contains("尚未答复，按期办结"), "{own}");
    for no in [&poor, &open] {
        assert!(own.contains(&format!("href=\"/tickets/{no}\"")), "{no}: {own}");
    }
    for who in ["leader", "assessor", "reviewer"] {
        assert!(read(&office, who, "/today").contains("href=\"/projection\""), "{who}");
        assert!(read(&office, who, "/monthly").contains("href=\"/projection\""), "{who}");
        let all = read(&office, who, "/projection");
        assert!(!all.contains(&poor), "no unit is opened: {all}");
        let link = "/projection?window=2026-11&unit=wuye";
        assert!(all.contains(&format!("href=\"{link}\"")) && all.contains("73.00"), "{all}");
        assert!(read(&office, who, link).contains(&poor), "{who}");
    }
    let beside = read(&office, "unit_head@weixiu", "/projection");
    assert!(!beside.contains(&poor) && !beside.contains("73.00"), "another unit's: {beside}");
    assert_eq!(office.page("unit_head@weixiu", "/projection?unit=wuye").status, 404);
    let wrong = read(&office, "leader", "/projection?window=October");
    assert!(wrong.contains("role=\"alert\"") && !wrong.contains("<table"), "{wrong}");
    refused(&office, &["sysadmin", "auditor"], "/projection");
}
