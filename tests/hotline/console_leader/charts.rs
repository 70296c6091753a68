//! Pictures on the leaders' pages and the mark over them: what is drawn stands in a table beside it, each point leads to
//! its tickets, and nothing comes from elsewhere.

use serde_json::Value;

use super::{House, first_link, links};
use crate::support::city::at;
use crate::support::databases::on_each_database;

impl House {
    fn reads(&self, who: &str, path: &str) -> Value {
        let badge = format!("Bearer {}", self.tokens[who]);
        let answer =
            self.server.ask("GET", &format!("/api/v1{path}"), &[("Authorization", &badge)], "");
        assert_eq!(answer.status, 200, "{who} {path}: {}", answer.body);
        answer.json()
    }
}

/// What the figures of a page say under `name`.
fn said(page: &str, name: &str) -> Vec<String> {
    let figures = page.split("<figure ").skip(1).filter_map(|it| it.split('>').next());
    let one = |figure: &str| {
        let rest = figure.split_once(&format!("{name}=\""))?.1;
        Some(rest.split('"').next()?.to_owned())
    };
    figures.filter_map(one).collect()
}

on_each_database! {
    fn each_picture_stands_beside_the_table_that_it_is_drawn_from(test: &TestDb) {
        let house = House::open(test);
        house.city.closed("wuye");
        house.city.closed("weixiu");
        let mut drawn = vec!["/today".to_owned()];
        for show in ["rates", "volume", "process", "ledger"] {
            drawn.push(format!("/figures?group_by=unit&show={show}"));
        }
        for path in &drawn {
            let page = house.shows("leader", path);
            let (kinds, tables) = (said(&page, "data-chart"), said(&page, "data-table"));
            assert!(kinds.iter().all(|kind| kind == "bar" || kind == "line"), "{path}: {kinds:?}");
            assert_eq!(kinds.len(), tables.len(), "{path}");
            for table in &tables {
                assert!(page.contains(&format!("<table id=\"{table}\"")), "{path}: {table}");
            }
            assert_eq!(page.matches("<svg ").count(), kinds.len(), "{path}: print and no script");
            let scripts = ["/assets/echarts.js?v=", "/assets/charts.js?v="];
            // No limit has run out yet, so that there is no rate of those that were kept; nothing is on the ledger.
            let nothing = path.ends_with("process") || path.ends_with("ledger");
            assert_eq!(kinds.is_empty(), nothing, "{path}");
            assert!(scripts.iter().all(|it| page.contains(it) != kinds.is_empty()), "{path}");
        }
        assert_eq!(said(&house.shows("leader", "/today"), "data-table").len(), 3, "no ticket is overdue");
        assert!(!house.shows("leader", "/warnings").contains("echarts"), "where nothing is drawn");
        let ask = |headers: &[(&str, &str)]| house.server.ask("GET", "/assets/echarts.js", headers, "");
        let packed = ask(&[("Accept-Encoding", "gzip, br")]);
        assert_eq!(packed.header("content-encoding"), Some("gzip"));
        let length: usize = packed.header("content-length").unwrap().parse().unwrap();
        assert!(length < 180_000, "{length}");
        let whole = ask(&[]);
        assert!(whole.header("content-encoding").is_none() && whole.body.contains("Apache License"));
    }

    fn the_days_of_a_month_add_up_to_it_and_each_leads_to_its_tickets(test: &TestDb) {
        let house = House::open(test);
        let first = house.city.closed("wuye");
        house.city.days(1);
        let second = house.city.taken();
        for (who, seen) in [("leader", [(0, 0), (1, 1), (1, 0)]), ("unit_head@wuye", [(0, 0), (1, 1), (0, 0)])] {
            let days = house.reads(who, "/rates/days?window=2026-11");
            let count = |day: &Value| (day["received"].as_i64().unwrap(), day["finished"].as_i64().unwrap());
            let counted: Vec<_> = days["items"].as_array().unwrap().iter().map(count).collect();
            assert_eq!(counted, seen, "{who}: {days}");
        }
        let page = house.shows("leader", "/today");
        let of = |day: &str, metric: &str| {
            let lists = links(&page, "/figures/tickets?group_by=channel");
            let list = lists.into_iter().find(|it| it.contains(&format!("from={day}")) && it.ends_with(metric));
            house.shows("leader", &list.unwrap_or_else(|| panic!("{day} {metric}: {page}")))
        };
        assert!(of("2026-11-02", "metric=received").contains(&first));
        assert!(of("2026-11-02", "metric=finished").contains(&first));
        let later = of("2026-11-03", "metric=received");
        assert!(later.contains(&second) && !later.contains(&first), "{later}");
        // The same whether the month's facts are at hand or not.
        let ask = "/rates/tickets?from=2026-11-02&to=2026-11-03&metric=received&group_by=channel";
        assert_eq!(house.reads("assessor", ask)["items"][0]["no"], first.as_str());
        let tokens = format!("Bearer {}", house.tokens["leader"]);
        let long = "/api/v1/rates/days?from=2024-01-01&to=2026-01-01";
        assert_eq!(house.server.ask("GET", long, &[("Authorization", &tokens)], "").status, 422);
    }

    fn what_is_overdue_is_told_by_unit_and_leads_to_its_tickets(test: &TestDb) {
        let house = House::open(test);
        let no = house.city.handled_by("wuye");
        house.city.clock.set(at("2026-11-11T00:00:00+08:00"));
        let page = house.shows("leader", "/today");
        assert!(said(&page, "data-table").contains(&"overdue-table".to_owned()), "{page}");
        assert!(page.contains(&format!("href=\"/tickets/{no}\"")), "{page}");
        let all = first_link(&page, "/search?q=light%3Ared&sort=due_at");
        let unit = first_link(&page, "/search?q=light%3Ared+unit%3Awuye");
        for list in [all, unit] {
            assert!(house.shows("leader", &list).contains(&no), "{list}");
        }
        assert!(!house.shows("unit_head@weixiu", "/today").contains(&no), "another unit's");
    }

    fn who_looks_and_when_is_marked_over_every_page_of_whoever_sees_cases(test: &TestDb) {
        let house = House::open(test);
        let no = house.city.handled_by("wuye");
        for who in ["leader", "agent", "handler@wuye"] {
            assert!(house.shows(who, &format!("/tickets/{no}")).contains("<body class=\"marked\""), "{who}");
            let mark = house.page(who, "/watermark.svg");
            assert_eq!((mark.status, mark.header("content-type")), (200, Some("image/svg+xml")), "{who}");
            let kept = mark.header("cache-control").unwrap_or_default();
            assert!(kept.contains("private") && kept.contains("no-cache"), "{kept}");
            assert!(mark.body.contains(who) && mark.body.contains("2026-11-02 09:00"), "{}", mark.body);
        }
        assert!(!house.page("sysadmin", "/me").body.contains("class=\"marked\""), "they see no case");
        assert_eq!(house.server.ask("GET", "/watermark.svg", &[], "").status, 303, "of nobody");
        let badge = format!("Bearer {}", house.tokens["leader"]);
        let file = house.server.ask("GET", &format!("/api/v1/tickets/{no}/dossier"), &[("Authorization", &badge)], "");
        assert!(file.body.contains("class=\"watermark\" aria-hidden=\"true\"><span>leader "), "{}", file.body);
    }

    fn a_report_is_drawn_on_its_page_and_stays_without_a_script_elsewhere(test: &TestDb) {
        let house = House::open(test);
        house.city.closed("wuye");
        let id = house.november();
        let page = house.page("assessor", &format!("/monthly/{id}/page"));
        let policy = page.header("content-security-policy").unwrap_or_default().to_owned();
        assert!(policy.contains("script-src 'self'") && policy.contains("style-src 'sha256-"), "{policy}");
        let shown = page.body.replace("&#x2f;", "/");
        assert!(shown.contains("<script src=\"/assets/charts.js?v="));
        let tables = said(&shown, "data-table");
        assert!(tables.len() >= 3, "{tables:?}");
        for table in tables {
            assert!(shown.contains(&format!("<table id=\"{table}\"")), "{table}");
        }
        let headers = [("Cookie", house.cookies["assessor"].as_str()), ("Accept-Encoding", "gzip")];
        let packed = house.server.ask("GET", &format!("/monthly/{id}/page"), &headers, "");
        assert_eq!(packed.header("content-encoding"), Some("gzip"));
        let length: usize = packed.header("content-length").unwrap().parse().unwrap();
        assert!(length * 4 < page.body.len(), "{length}: its links say the same again and again");
        let badge = format!("Bearer {}", house.tokens["assessor"]);
        let plain = house.server.ask("GET", &format!("/api/v1/reports/{id}.html"), &[("Authorization", &badge)], "");
        let policy = plain.header("content-security-policy").unwrap_or_default();
        assert!(plain.status == 200 && !plain.body.contains("<script") && !policy.contains("script-src"));
    }
}
