//! The leaders' pages of the console: what stands on each for whom, that every figure leads to its tickets, and that a
//! form is there for what is allowed and for nothing else.

mod charts;

use std::collections::BTreeMap;

use jiesu::identity::store::{account_named, save_account};
use jiesu::identity::{Actor, Pass};
use jiesu::jobs::Bell;
use jiesu::lifecycle::sealer::seal_file;
use serde_json::{Value, json};

use crate::support::badges;
use crate::support::city::{City, at, draft_with};
use crate::support::databases::{TestDb, on_each_database};
use crate::support::server::{Answer, Server};

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

/// The small city at work, with a browser and a token for everybody.
struct House {
    server: Server,
    city: City,
    tokens: BTreeMap<String, String>,
    cookies: BTreeMap<String, String>,
}

impl House {
    fn open(test: &TestDb) -> Self {
        let server = Server::start(&[("JIESU_DATABASE__URL", &test.url)]);
        let city = City::served(&server);
        let tokens = badges::issue(&server.app, city.people().map(|person| person.actor));
        let cookie = |actor: &Actor| (actor.name.clone(), cookie(&server, &actor.name));
        let people = city.people().map(|person| person.actor).filter(|actor| actor.user != 0);
        let cookies = people.map(cookie).collect();
        Self { server, city, tokens, cookies }
    }

    fn page(&self, who: &str, path: &str) -> Answer {
        self.server.ask("GET", path, &[("Cookie", &self.cookies[who])], "")
    }

    /// The page that `who` sees there, with its slashes as they are.
    fn shows(&self, who: &str, path: &str) -> String {
        let page = self.page(who, path);
        assert_eq!(page.status, 200, "{who} {path}: {}", page.body);
        assert!(
            !page.body.contains("<script>alert") && !page.body.contains("<img src=x"),
            "{path}"
        );
        page.body.replace("&#x2f;", "/")
    }

    fn refuses(&self, people: &[&str], path: &str) {
        for who in people {
            assert_eq!(self.page(who, path).status, 403, "{who} {path}");
        }
    }

    fn does(&self, who: &str, path: &str, body: &Value) -> Value {
        let badge = format!("Bearer {}", self.tokens[who]);
        let headers = [("Authorization", badge.as_str())];
        let path = format!("/api/v1{path}");
        let answer = self.server.ask("POST", &path, &headers, &body.to_string());
        assert!(answer.status < 300, "{who} {path}: {}", answer.body);
        answer.json()
    }

    /// From now on `who` is called `name`.
    fn names(&self, who: &str, name: &str) {
        let db = &self.server.app.db;
        let mut account = db.read(|conn| account_named(conn, who)).unwrap().unwrap();
        name.clone_into(&mut account.display_name);
        db.write(move |tx| save_account(tx, &account)).unwrap();
    }

    /// The id of a new report about November, whose month is over.
    fn november(&self) -> String {
        let made = self.does("assessor", "/reports", &json!({ "window": "2026-11" }));
        self.city.days(30);
        made["id"].as_str().unwrap().to_owned()
    }
}

/// What a browser of the person called `name` sends, after the door.
fn cookie(server: &Server, name: &str) -> String {
    let app = &server.app;
    let account = app.db.read(|conn| account_named(conn, name)).unwrap().unwrap();
    let claims = (account.id, account.id, account.epoch);
    let token = app.gate.tokens.issue(Pass::Console, claims, app.db.now(), 400 * 24 * 60);
    format!("jiesu={}", token.unwrap())
}

/// What the forms of a page call.
fn calls(page: &str) -> Vec<&str> {
    page.split("data-call=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// The addresses of a page that begin with `start`.
fn links(page: &str, start: &str) -> Vec<String> {
    let found = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let found = found.map(|address| address.replace("&amp;", "&"));
    found.filter(|address| address.starts_with(start)).collect()
}

/// The first of them.
fn first_link(page: &str, start: &str) -> String {
    links(page, start).first().unwrap_or_else(|| panic!("{start}: {page}")).clone()
}

on_each_database! {
    fn the_month_at_a_glance_leads_from_each_figure_to_its_tickets(test: &TestDb) {
        let house = House::open(test);
        let no = house.city.closed("wuye");
        for who in ["leader", "assessor", "reviewer", "unit_head@wuye"] {
            let page = house.shows(who, "/today");
            assert!(page.contains("三率与上月同期") && page.contains("<svg "), "{who}: {page}");
            assert!(page.contains("100.0%"), "{who}");
            assert!(page.contains("环比"), "{who}: why there is nothing to compare with");
            let list = house.shows(who, &first_link(&page, "/figures/tickets?window="));
            assert!(list.contains(&format!("/tickets/{no}\"")), "{who}: {list}");
        }
        assert!(house.shows("leader", "/today").contains("未关闭的预警"));
        assert!(!house.shows("assessor", "/today").contains("未关闭的预警"), "they read none");
        house.refuses(&["sysadmin", "secadmin", "auditor"], "/today");
    }

    fn nobody_s_bar_leads_where_they_may_not_go(test: &TestDb) {
        let house = House::open(test);
        let mut people = 0;
        for who in house.cookies.keys() {
            if who == "platform" {
                continue;
            }
            let home = house.shows(who, "/");
            let bar = home.split("aria-label=\"主导航\"").nth(1).expect(who);
            let ways = links(bar.split("</nav>").next().unwrap_or_default(), "/");
            assert!(ways.len() > 1, "{who}: {ways:?}");
            for way in ways {
                assert_eq!(house.page(who, &way).status, 200, "{who} {way}");
            }
            people += 1;
        }
        assert!(people > 15, "{people}");
        // Whoever reads every ticket reads figures, as the interface says, with no way to them in the bar.
        assert_eq!(house.page("agent", "/today").status, 200);
    }

    fn the_table_of_figures_is_the_readers_own_and_says_what_cannot_be_asked(test: &TestDb) {
        let house = House::open(test);
        let no = house.city.closed("wuye");
        let page = house.shows("leader", "/figures?from=&to=&group_by=unit&compare=previous%2Cyear&show=volume");
        assert!(page.contains("value=\"2026-11\"") && page.contains("办结量"), "{page}");
        assert!(page.contains("默认考核办法 <code>default@1</code>"), "whose rules, by name: {page}");
        let behind = "/figures/tickets?window=2026-11&group_by=unit&key=wuye&metric=received";
        assert!(page.replace("&amp;", "&").contains("&metric=received&key=wuye"), "{page}");
        let list = house.shows("leader", behind);
        assert!(list.contains(&no), "{list}");
        assert!(list.contains("/api/v1/rates/tickets.csv?window=2026-11"), "it can be taken along: {list}");
        for told in ["<td>电梯停运", "<td>办结</td>", "11月"] {
            assert!(list.contains(told), "{told}: a list tells what it is about: {list}");
        }
        assert!(house.shows("unit_head@wuye", behind).contains(&no));
        assert!(!house.shows("unit_head@weixiu", behind).contains(&no), "another unit's");
        for by in ["head", "category", "estate", "company", "region", "channel"] {
            for show in ["rates", "volume", "process", "ledger"] {
                house.shows("leader", &format!("/figures?group_by={by}&show={show}"));
            }
        }
        let wrong = house.shows("leader", "/figures?window=October");
        assert!(wrong.contains("role=\"alert\"") && !wrong.contains("<table"), "{wrong}");
        assert_eq!(house.page("leader", "/figures/tickets?window=2026-11&metric=none").status, 422);
        house.refuses(&["sysadmin", "auditor"], "/figures");
        house.refuses(&["sysadmin"], behind);
    }

    fn a_report_has_forms_for_what_is_allowed_and_a_unit_checks_line_by_line(test: &TestDb) {
        let house = House::open(test);
        let no = house.city.closed("wuye");
        let making = house.shows("assessor", "/monthly");
        assert!(making.contains("data-call=\"/api/v1/reports\""), "{making}");
        assert!(making.contains("<option value=\"unit\" data-list=\"/api/v1/units\">"), "{making}");
        assert!(!making.contains("<option value=\"channel\""), "whose report there cannot be");
        let id = house.november();
        let (path, api) = (format!("/monthly/{id}"), format!("/api/v1/reports/{id}"));
        assert!(house.shows("leader", "/monthly").contains(&format!("href=\"{path}\"")));
        assert!(calls(&house.shows("leader", "/monthly")).is_empty(), "leaders make none");
        let draft = house.shows("assessor", &path);
        let told = calls(&draft);
        for step in ["preview", "text", "freeze"] {
            assert!(told.contains(&format!("{api}/{step}").as_str()), "{step}: {told:?}");
        }
        assert!(!told.contains(&format!("{api}/sign").as_str()), "{told:?}");
        assert_eq!(house.page("unit_head@wuye", &path).status, 404, "a draft is not told");
        let until = house.city.now().plus_millis(3 * 86_400_000).to_string();
        house.does("assessor", &format!("/reports/{id}/preview"), &json!({ "until": until }));
        let checked = house.shows("unit_head@wuye", &path);
        assert_eq!(calls(&checked), [format!("{api}/confirm")]);
        let lists = links(&checked, &format!("{path}/tickets?"));
        let objecting = format!("data-call=\"{api}/object\"");
        let is_there = |list: &String| {
            let page = house.shows("unit_head@wuye", list);
            page.contains(&no) && page.contains(&objecting) && page.contains("<td>电梯停运")
        };
        assert!(lists.iter().take(12).any(is_there), "{lists:?}");
        assert!(calls(&house.shows("handler@wuye", &path)).is_empty(), "heads alone");
        house.does("unit_head@wuye", &format!("/reports/{id}/object"), &json!({ "no": no, "text": HOSTILE }));
        let deciding = format!("{api}/objections/decide");
        assert!(calls(&house.shows("assessor", &path)).contains(&deciding.as_str()));
        assert!(!calls(&house.shows("leader", &path)).contains(&deciding.as_str()));
        house.refuses(&["unit_head@hongda", "sysadmin"], "/monthly");
        assert_eq!(house.page("unit_head@hongda", &path).status, 404);
        assert_eq!(house.page("leader", "/monthly/none").status, 404);
    }

    fn what_is_frozen_is_signed_read_and_instructed_on_and_units_answer(test: &TestDb) {
        let house = House::open(test);
        let no = house.city.closed("wuye");
        let id = house.november();
        let (path, api) = (format!("/monthly/{id}"), format!("/api/v1/reports/{id}"));
        house.does("assessor", &format!("/reports/{id}/freeze"), &json!({}));
        house.names("assessor", "考核员王某");
        let frozen = house.shows("leader", &path);
        assert!(frozen.contains("</strong> 考核员王某</li>"), "by name: {frozen}");
        for step in ["sign", "instruct"] {
            assert!(calls(&frozen).contains(&format!("{api}/{step}").as_str()), "{step}");
        }
        assert!(!calls(&frozen).contains(&format!("{api}/restate").as_str()), "the assessor's");
        // The printed page keeps its own policy, and its figures lead to pages.
        let printed = house.page("leader", &format!("{path}/page"));
        assert_eq!(printed.status, 200);
        let policy = printed.header("content-security-policy").unwrap_or_default().to_owned();
        assert!(policy.contains("style-src 'sha256-"), "{policy}");
        let mut lists = links(&printed.body.replace("&#x2f;", "/"), &format!("{path}/tickets?"));
        lists.retain(|list| list.contains("row=wuye"));
        let is_there = |list: &String| {
            let page = house.shows("leader", list);
            let raw = page.contains("<code>units</code>") || page.contains("<code>wuye</code>");
            page.contains(&no) && page.contains("<td>电梯停运") && !raw
        };
        assert!(lists.iter().take(12).any(is_there), "{lists:?}");
        let body = json!({ "text": HOSTILE, "units": ["wuye"] });
        house.does("leader", &format!("/reports/{id}/instruct"), &body);
        let tasks = house.shows("unit_head@wuye", "/monthly/tasks");
        assert_eq!(calls(&tasks).len(), 1, "{tasks}");
        assert!(calls(&tasks)[0].ends_with("/answer"));
        assert!(tasks.contains("/api/v1/reports/tasks.csv?"), "it can be taken along: {tasks}");
        assert!(calls(&house.shows("leader", "/monthly/tasks")).is_empty(), "it is answered first");
        assert!(house.shows("leader", &path).contains("alert(1)"), "as text");
        let again = house.does("assessor", &format!("/reports/{id}/restate"), &json!({}));
        let next = again["id"].as_str().unwrap();
        house.shows("leader", &format!("/monthly/{next}/differences"));
        assert!(house.shows("leader", &format!("/monthly/{next}")).contains("与上一版的差异"));
    }

    fn a_warning_is_worked_off_by_whoever_answers_for_it(test: &TestDb) {
        let house = House::open(test);
        for phone in ["13900000011", "13900000012", "13900000013"] {
            let draft = draft_with(&json!({ "caller": { "phone": phone } }));
            let no = house.city.agent().registers(draft);
            house.city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye" }));
        }
        let (app, bell) = (&house.server.app, Bell::default());
        house.city.clock.forward(chrono::TimeDelta::minutes(2));
        app.hotline.seal(&seal_file(&app.config.data_dir), &bell).unwrap();
        assert_eq!(app.watchman.look(&bell).unwrap(), 1);
        let page = house.shows("unit_head@wuye", "/warnings?state=&rule=cluster");
        let link = first_link(&page, "/warnings/");
        let words = |page: &str| -> Vec<String> {
            let api = format!("/api/v1{link}/");
            calls(page).iter().filter_map(|call| call.strip_prefix(&api)).map(str::to_owned).collect()
        };
        assert_eq!(words(&page), ["take", "close", "act"]);
        assert_eq!(words(&house.shows("unit_head@wuye", &link)), ["take", "close", "act"]);
        let seen = house.shows("leader", &link);
        assert!(words(&seen).is_empty(), "the unit's");
        assert_eq!(seen.matches("<td>电梯停运").count(), 3, "what each is about: {seen}");
        house.does("handler@wuye", &format!("{link}/take"), &json!({}));
        house.does("handler@wuye", &format!("{link}/act"), &json!({ "text": HOSTILE }));
        house.names("handler@wuye", "经办人赵某");
        let taken = house.shows("unit_head@wuye", &link);
        assert_eq!(words(&taken), ["close", "act", "close"]);
        assert!(taken.contains("（经办人赵某）"), "{taken}");
        assert!(house.shows("leader", "/warnings").contains("规则准不准"));
        house.refuses(&["agent", "assessor", "sysadmin"], "/warnings");
        assert_eq!(house.page("unit_head@weixiu", &link).status, 404);
    }

    fn proposals_are_the_reviewers_and_answers_the_units(test: &TestDb) {
        let house = House::open(test);
        let no = house.city.handled_by("wuye");
        house.city.clock.set(at("2026-11-11T00:00:00+08:00"));
        let page = house.shows("reviewer", "/supervision");
        let told = calls(&page);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].ends_with("/take") && told[1].ends_with("/refuse"), "{told:?}");
        let seen = house.shows("leader", "/supervision");
        assert!(seen.contains("建议督办") && calls(&seen).is_empty(), "{seen}");
        assert!(seen.contains("</a><br>电梯停运"), "what it is about: {seen}");
        house.does("reviewer", told[0].trim_start_matches("/api/v1"), &json!({}));
        let unit = house.shows("unit_head@wuye", "/supervision");
        assert!(!unit.contains("建议督办"), "proposals are not theirs to see");
        let call = calls(&unit)[0];
        assert!(call.starts_with(&format!("/api/v1/tickets/{no}/supervise/")) && call.ends_with("/answer"));
        house.does("unit_head@wuye", call.trim_start_matches("/api/v1"), &json!({ "text": "明日办结" }));
        let answered = house.shows("unit_head@wuye", "/supervision");
        assert!(calls(&answered).is_empty() && answered.contains("已答复"), "{answered}");
        house.refuses(&["agent", "sysadmin"], "/supervision");
    }

    fn a_case_of_the_bottom_line_is_answered_by_its_unit_and_decided_by_a_reviewer(test: &TestDb) {
        let house = House::open(test);
        let no = house.city.handled_by("wuye");
        let flag = json!({ "flag": "phone_dead", "unit": "wuye", "text": "来电人说的" });
        house.city.agent().does(&no, "flag", flag);
        let unit = house.shows("unit_head@wuye", "/bottom-line?state=&window=2026-11");
        let told = calls(&unit);
        assert!(told.len() == 1 && told[0].ends_with("/answer"), "{told:?}");
        assert!(calls(&house.shows("reviewer", "/bottom-line")).is_empty(), "it is answered first");
        house.does("unit_head@wuye", told[0].trim_start_matches("/api/v1"), &json!({ "text": HOSTILE }));
        let reviewer = house.shows("reviewer", "/bottom-line");
        let told = calls(&reviewer);
        assert!(told.len() == 1 && told[0].ends_with("/decide"), "{told:?}");
        assert!(house.shows("leader", "/bottom-line?unit=weixiu").contains("没有这样的事例"));
        let wrong = house.shows("leader", "/bottom-line?window=October");
        assert!(wrong.contains("role=\"alert\""), "{wrong}");
        house.refuses(&["agent", "sysadmin"], "/bottom-line");
    }
}
