//! The pages with which a month is looked at before it is judged: how each unit would stand today, whether
//! the figures are honest, what is on the
//! ledger, what other rules would do. What stands on each for whom, and that it leads to its tickets.

use serde_json::json;

use crate::console_work::{HOSTILE, Office};
use crate::support::city::{at, bad, good};

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

#[test]
fn a_unit_looks_at_its_own_signals_first_and_they_never_are_points() {
    let office = Office::open();
    let city = &office.city;
    let no = city.passed("wuye");
    city.hours(1);
    let mut answer = good();
    answer["contacted"] = json!("no");
    city.surveyor().does(&no, "survey", answer);
    let behind = |signal: &str, part: &str| {
        format!("/signals/tickets?window=2026-11&unit=wuye&signal={signal}&part={part}")
    };
    assert!(read(&office, "unit_head@wuye", "/work").contains("href=\"/signals\""));
    let own = read(&office, "unit_head@wuye", "/signals");
    assert!(own.contains("不扣分，不进排名"), "{own}");
    assert!(own.contains("不逐件告知，共"), "what one citizen said: {own}");
    let counted = behind("invalid", "den");
    assert!(own.contains(&format!("href=\"{counted}\">0/1</a>")), "{own}");
    let list = read(&office, "unit_head@wuye", &counted);
    assert!(list.contains(&format!("href=\"/tickets/{no}\"")), "{list}");
    let untold = read(&office, "unit_head@wuye", &behind("spoke_denied", "num"));
    assert!(!untold.contains(&no), "{untold}");
    let beside = read(&office, "unit_head@weixiu", "/signals?window=2026-11");
    assert!(!beside.contains("/signals/tickets"), "another unit's: {beside}");
    for who in ["leader", "assessor", "reviewer"] {
        let early = read(&office, who, "/signals?window=2026-11");
        assert!(early.contains("没有可看的信号") && early.contains("12月4日"), "{early}");
    }
    city.clock.set(at("2026-12-04T00:00:00+08:00"));
    for who in ["leader", "assessor", "reviewer"] {
        assert!(read(&office, who, "/monthly").contains("href=\"/signals\""), "{who}");
        let all = read(&office, who, "/signals");
        assert!(
            all.contains(&format!("href=\"{}\">100.0%</a>", behind("spoke_denied", "num"))),
            "{all}"
        );
        let list = read(&office, who, &behind("spoke_denied", "num"));
        assert!(list.contains(&no) && list.contains("<td>出现</td>"), "{list}");
    }
    let wrong = read(&office, "leader", "/signals?window=October");
    assert!(wrong.contains("role=\"alert\"") && !wrong.contains("<table"), "{wrong}");
    refused(&office, &["agent", "dispatcher", "surveyor", "sysadmin"], "/signals");
    refused(&office, &["agent", "sysadmin"], &behind("invalid", "den"));
}

#[test]
fn the_ledger_s_register_adds_up_by_unit_and_leads_to_its_tickets() {
    let office = Office::open();
    let city = &office.city;
    let no = city.handled_by("weixiu");
    let plan = json!({ "grounds": HOSTILE, "plan": "纳入明年改造", "promised_at": "2027-03-01" });
    city.head("weixiu").does(&no, "ledger", plan);
    city.reviewer().does(&no, "ledger/decide", json!({ "approve": true, "reason": "属实" }));
    let part = |metric: &str, count: u32| {
        let list =
            format!("/figures/tickets?window=2026-11&group_by=unit&metric={metric}&key=weixiu");
        (format!("href=\"{list}\">{count}</a>"), list)
    };
    for who in ["leader", "assessor", "reviewer", "unit_head@weixiu"] {
        let page = read(&office, who, "/ledger");
        for (metric, count) in [("ledger_opening", 0), ("ledger_new", 1), ("ledger", 1)] {
            assert!(page.contains(&part(metric, count).0), "{who} {metric}: {page}");
        }
        assert!(page.contains(&format!("href=\"/tickets/{no}\"")), "{page}");
        assert!(page.contains("2027年3月1日") && page.contains("纳入明年改造"), "{page}");
        assert!(read(&office, who, &part("ledger_new", 1).1).contains(&no), "{who}");
        assert!(read(&office, who, "/monthly").contains("href=\"/ledger\""), "{who}");
    }
    let next = read(&office, "leader", "/ledger?window=2026-12");
    let opened = "window=2026-12&group_by=unit&metric=ledger_opening&key=weixiu\">1</a>";
    assert!(next.contains(opened), "{next}");
    assert!(read(&office, "unit_head@weixiu", "/work").contains("href=\"/ledger\""));
    assert!(!read(&office, "unit_head@wuye", "/ledger").contains(&no), "another unit's");
    let wrong = read(&office, "leader", "/ledger?window=October");
    assert!(wrong.contains("role=\"alert\"") && !wrong.contains("<table"), "{wrong}");
    refused(&office, &["auditor", "sysadmin"], "/ledger");
}

#[test]
fn whoever_answers_for_the_rules_reads_by_unit_what_others_would_do() {
    let office = Office::open();
    let city = &office.city;
    let no = city.passed("wuye");
    city.hours(1);
    let mut answer = good();
    answer["satisfied"] = json!("basic");
    city.surveyor().does(&no, "survey", answer);
    // The 4th of December: a lighter weight is laid down for later.
    city.days(32);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/profiles/default.toml");
    let toml = std::fs::read_to_string(path).unwrap().replacen("version = 1", "version = 2", 1);
    let toml = toml.replacen("basic_satisfied = 0.9", "basic_satisfied = 0.5", 1);
    let body = json!({ "name": "default", "version": 2, "toml": toml, "from_on": "2026-12-10" });
    assert_eq!(office.post("sysadmin", "/api/v1/profiles", &body).status, 201);
    for who in ["assessor", "leader", "sysadmin"] {
        assert!(read(&office, who, "/admin/profiles").contains("href=\"/admin/whatif\""), "{who}");
        let form = read(&office, who, "/admin/whatif");
        assert!(form.contains("<option value=\"default@2\">默认考核办法（default@2）"), "{form}");
        assert!(!form.contains("<table"), "nothing is tried yet: {form}");
        // Of the month before, where none is said: 10 + 50 + 40 of which 0.9, or half.
        let told = read(&office, who, "/admin/whatif?window=&profile=default@2&edition=all");
        assert!(told.contains("2026年11月：默认考核办法"), "{told}");
        assert!(told.contains("现为 96.00，-16.00分") && told.contains("80.00"), "{told}");
        assert!(told.contains("现为 90.0%，-40.0个百分点"), "{told}");
        assert!(told.contains("<code class=\"fine\">assessment.basic_satisfied</code>"), "{told}");
        assert!(!told.contains(&no), "no ticket is named");
        let sent = read(&office, who, "/admin/whatif?catalogue=true");
        assert!(sent.contains("的派单目录") && sent.contains("<strong>1</strong> 件"), "{sent}");
        for wrong in ["profile=nothing@1", "window=2026-13&profile=beijing@1"] {
            let page = read(&office, who, &format!("/admin/whatif?{wrong}"));
            assert!(page.contains("role=\"alert\"") && !page.contains("<table"), "{wrong}: {page}");
        }
    }
    for (who, has) in [("assessor", true), ("leader", true), ("reviewer", false)] {
        assert_eq!(read(&office, who, "/monthly").contains("/admin/whatif"), has, "{who}");
    }
    refused(
        &office,
        &["agent", "dispatcher", "reviewer", "auditor", "unit_head@wuye"],
        "/admin/whatif",
    );
}
