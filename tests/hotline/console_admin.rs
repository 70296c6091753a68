//! Administration in the console: who has which of its pages, that what was typed stays text, that a form is there
//! only for whoever may use it, and that a login which must do something first is led to its own account.

use jiesu::identity::Pass;
use jiesu::notify::store::LetterState;
use serde_json::{Value, json};

use crate::support::city::{City, draft_with};
use crate::support::databases::on_each_database;
use crate::support::door::{Browser, EVERYBODY, cookie_of, echo_of};
use crate::support::mailroom::Mailroom;
use crate::support::server::{Answer, Server};
use crate::web_auth::{post, token};

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}";

/// The small city with the demo users, on a Monday in November 2026.
fn house(keys: &[(&str, &str)]) -> Server {
    let server = Server::start(keys);
    City::served(&server);
    jiesu::identity::demo::load_users(&server.app.db).unwrap();
    server
}

fn put(server: &Server, path: &str, name: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {}", token(server, name));
    server.ask("PUT", path, &[("Authorization", &bearer)], &body.to_string())
}

#[test]
fn each_part_is_for_those_who_have_it_and_for_nobody_else() {
    let server = house(&[]);
    let describes: &[&str] = &["sysadmin"];
    let reads_rules: &[&str] = &["sysadmin", "assessor", "leader"];
    let tries: &[&str] = &["sysadmin", "dispatcher"];
    let parts = ["sysadmin", "secadmin", "auditor", "dispatcher", "assessor", "leader"];
    let pages: [(&str, &[&str]); 29] = [
        ("/admin", &parts),
        ("/admin/units", describes),
        ("/admin/units/wuye", describes),
        ("/admin/regions", describes),
        ("/admin/regions/jie", describes),
        ("/admin/estates?q=yang", describes),
        ("/admin/estates/yangguang", describes),
        ("/admin/companies", describes),
        ("/admin/companies/c-hongda", describes),
        ("/admin/categories", describes),
        ("/admin/categories/wy.dt", describes),
        ("/admin/catalogue", tries),
        ("/admin/catalogue/R1", tries),
        ("/admin/catalogue/dry-run", tries),
        ("/admin/catalogue/corrections", tries),
        ("/admin/calendar", reads_rules),
        ("/admin/profiles", reads_rules),
        ("/admin/profiles/beijing@1", reads_rules),
        ("/admin/whatif", reads_rules),
        ("/admin/words", describes),
        ("/admin/words/field.range", describes),
        ("/admin/letters", describes),
        ("/admin/letters/answered.sms", describes),
        ("/admin/outbox", describes),
        ("/admin/webhooks", describes),
        ("/admin/category-map", describes),
        ("/admin/users", &["secadmin"]),
        ("/admin/users/agent", &["secadmin"]),
        ("/admin/audit", &["auditor"]),
    ];
    for name in EVERYBODY {
        let browser = Browser::of(&server, name);
        for (path, people) in pages {
            if people.contains(&name) {
                browser.shown(path);
            } else {
                assert_eq!(browser.get(path).status, 403, "{name} {path}");
            }
        }
        let leads = browser.shown("/").contains("href=\"/admin\"");
        assert_eq!(leads, parts.contains(&name), "{name}");
        assert!(browser.shown("/me").contains(name));
    }
    let sysadmin = Browser::of(&server, "sysadmin");
    for path in [
        "/admin/units/none",
        "/admin/calendar/soon",
        "/admin/profiles/none@1",
        "/admin/letters/none.sms",
        "/admin/x",
    ] {
        assert_eq!(sysadmin.get(path).status, 404, "{path}");
    }
}

#[test]
fn what_was_typed_is_text_and_stands_in_the_form_that_changes_it() {
    let server = house(&[]);
    let admin = token(&server, "sysadmin");
    let unit = json!({ "code": "ke", "name": HOSTILE, "kind": "section", "parent": "zjj", "peer_group": HOSTILE,
        "heads": [{ "name": HOSTILE, "from_on": "2020-01-01" }], "phones": [{ "number": "0512", "hours": HOSTILE }],
        "from_on": "2020-01-01" });
    assert_eq!(post(&server, "/api/v1/units", Some(&admin), &unit).status, 201);
    let keeper = token(&server, "secadmin");
    let user = json!({ "name": "zhang", "display_name": HOSTILE, "roles": ["agent"] });
    assert_eq!(post(&server, "/api/v1/users", Some(&keeper), &user).status, 201);
    let sysadmin = Browser::of(&server, "sysadmin");
    let page = sysadmin.shown("/admin/units/ke");
    assert!(page.contains("data-call=\"/api/v1/units/ke\" data-method=\"PUT\""), "{page}");
    for field in ["name=\"heads.0.name\"", "name=\"heads.1.name\"", "name=\"phones.0.hours\""] {
        assert!(page.contains(field), "{field}: {page}");
    }
    assert!(page.contains("data-code=\"zjj\" value=\"zjj单位\""), "{page}");
    let secadmin = Browser::of(&server, "secadmin");
    let pages = [
        sysadmin.shown("/admin/units"),
        page,
        secadmin.shown("/admin/users"),
        secadmin.shown("/admin/users/zhang"),
    ];
    for page in pages {
        assert!(page.contains("&lt;script&gt;alert(1)") && page.contains("{{7*7}}"), "{page}");
    }
}

#[test]
fn the_catalogue_is_tried_on_a_page_and_changed_only_by_the_sysadmin() {
    let server = house(&[]);
    let (sysadmin, dispatcher) =
        (Browser::of(&server, "sysadmin"), Browser::of(&server, "dispatcher"));
    for path in ["/admin/catalogue", "/admin/catalogue/R1"] {
        assert!(sysadmin.shown(path).contains("data-call=\"/api/v1/catalogue"), "{path}");
        assert!(!dispatcher.shown(path).contains("data-call="), "{path}");
    }
    // One that is recorded stands in the form; nothing is tried before it is asked for.
    let form = sysadmin.shown("/admin/catalogue/dry-run?code=R1");
    let chosen = "data-code=\"wuye\" value=\"wuye单位\"";
    assert!(form.contains(chosen) && !form.contains("id=\"result\""), "{form}");
    // Units are chosen by name, and so is who the place of a ticket names.
    for page in [&form, &sysadmin.shown("/admin/catalogue"), &sysadmin.shown("/admin/catalogue/R1")]
    {
        assert!(page.contains("name=\"lead\" data-choose=\"/api/v1/units\""), "{page}");
        assert!(
            page.contains("name=\"assists\" data-as=\"list\" data-many=\"/api/v1/units\""),
            "{page}"
        );
        assert!(page.contains("@street=属地街道=") && page.contains("/assets/many.js"), "{page}");
    }
    let rule = "code=R9&lead=weixiu&from_on=2026-11-01&run=1";
    let tried = format!("/admin/catalogue/dry-run?window=2026-10&{rule}");
    assert!(sysadmin.shown(&tried).contains("data-call=\"/api/v1/catalogue\""), "a new rule");
    let page = dispatcher.shown(&tried);
    assert!(page.contains("id=\"result\"") && !page.contains("data-call="), "{page}");
    // It says what was tried, and leads to the rest.
    let rest = "试算这一周期收到的全部工单";
    assert!(page.contains("全部工单共 ") && !page.contains(rest), "{page}");
    let some = dispatcher.shown(&format!("{tried}&category=wy"));
    assert!(some.contains("所填分类和地点的工单共 ") && some.contains(rest), "{some}");
    assert!(some.contains("&amp;all=1"), "{some}");
    let every = dispatcher.shown(&format!("{tried}&category=wy&all=1"));
    assert!(every.contains("全部工单共 ") && !every.contains(rest), "{every}");
    let wrong =
        sysadmin.shown("/admin/catalogue/dry-run?code=R9&lead=@moon&from_on=2026-11-01&run=1");
    assert!(wrong.contains("role=\"alert\">主办：") && !wrong.contains("id=\"result\""), "{wrong}");
    let wrong = sysadmin.shown("/admin/catalogue/dry-run?only=odd&run=1");
    assert!(wrong.contains("结果：") && wrong.contains("role=\"alert\""), "{wrong}");
}

#[test]
fn a_missing_year_stands_above_the_pages_of_who_can_lay_it_down_until_it_is() {
    let server = house(&[]);
    let (sysadmin, leader) = (Browser::of(&server, "sysadmin"), Browser::of(&server, "leader"));
    let bar = "2027 年的工作日历尚未录入";
    assert!(sysadmin.shown("/").contains(bar) && sysadmin.shown("/admin/outbox").contains(bar));
    assert!(!leader.shown("/").contains(bar));
    let page = sysadmin.shown("/admin/calendar/2027");
    assert!(page.contains("data-call=\"/api/v1/calendar/2027\"") && page.contains("还没有录入"));
    assert!(!leader.shown("/admin/calendar/2027").contains("data-call"));
    let page = leader.shown("/admin/calendar");
    assert!(page.contains("春节") && page.contains("周六，春节调休上班"), "{page}");
    let list = json!({ "year": 2027, "days": [{ "name": "元旦", "date": "2027-01-01", "isOffDay": true }] });
    assert_eq!(put(&server, "/api/v1/calendar/2027", "sysadmin", &list).status, 204);
    let closed = json!({ "day": "off", "reason": HOSTILE });
    assert_eq!(put(&server, "/api/v1/calendar/2027/2027-03-01", "sysadmin", &closed).status, 204);
    assert!(!sysadmin.shown("/").contains(bar));
    let page = leader.shown("/admin/calendar/2027");
    assert!(page.contains("元旦") && page.contains("3月1日") && page.contains("休息日"), "{page}");
}

#[test]
fn a_profile_stands_beside_the_one_in_force() {
    let server = house(&[]);
    let (sysadmin, leader) = (Browser::of(&server, "sysadmin"), Browser::of(&server, "leader"));
    let page = leader.shown("/admin/profiles/beijing@1");
    assert!(page.contains("clocks.handle.general") && page.contains("办理时限：一般"), "{page}");
    assert!(
        page.contains("<td>7 天</td><td>5 个工作日</td>") && !page.contains("data-call"),
        "{page}"
    );
    assert!(page.contains("现行：默认考核办法 <code>default@1</code>"), "{page}");
    assert!(page.contains("<h1>北京市接诉即办考核办法（参考）</h1>"), "{page}");
    assert!(leader.shown("/admin/profiles/default@1").contains("这就是现行办法"));
    let page = sysadmin.shown("/admin/profiles/default@1");
    assert!(page.contains("data-call=\"/api/v1/profiles\"") && page.contains("value=\"2\""));
    let page = sysadmin.shown("/admin/profiles");
    assert!(
        page.contains("执行中")
            && page.contains("<option value=\"default\">默认考核办法（default）")
    );
}

#[test]
fn receivers_of_events_are_listed_and_told_again_and_no_page_has_a_secret() {
    let server = house(&[]);
    let admin = token(&server, "sysadmin");
    let plan = json!({ "url": "https://hooks.example.cn/in?key=abcdef", "events": ["ticket.closed"], "unit": "wuye" });
    let made = post(&server, "/api/v1/webhooks", Some(&admin), &plan).json();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let (path, secret) = (format!("/api/v1/webhooks/{}", text("id")), text("secret"));
    let sent = post(&server, &format!("{path}/test"), Some(&admin), &json!({})).json();
    let replay = format!("{path}/deliveries/{}/replay", sent["id"].as_str().unwrap());
    let sysadmin = Browser::of(&server, "sysadmin");
    let page_path = format!("/admin/webhooks/{}", text("id"));
    for place in ["/admin/webhooks", page_path.as_str()] {
        let page = sysadmin.shown(place);
        assert!(page.contains("hooks.example.cn") && page.contains("wuye单位"), "{page}");
        assert!(!page.contains("abcdef") && !page.contains(&secret), "{page}");
    }
    assert!(sysadmin.shown("/admin/webhooks").contains("<td>办结</td>"));
    let page = sysadmin.shown(&page_path);
    assert!(page.contains("待推送") && page.contains(&format!("data-call=\"{path}/test\"")));
    assert!(page.contains("value=\"ticket.closed\" data-as=\"list\" checked"), "{page}");
    assert!(!page.contains(&replay), "it is on its way");
    let paused = json!({ "events": ["ticket.closed"], "unit": "wuye", "enabled": false });
    assert_eq!(put(&server, &path, "sysadmin", &paused).status, 200);
    server.clock.forward(chrono::TimeDelta::minutes(1));
    jiesu::worker::crew(&server.app, &jiesu::jobs::Bell::default()).drain().unwrap();
    let page = sysadmin.shown(&page_path);
    assert!(page.contains("已暂停") && page.contains("启用后可重发"), "{page}");
    assert!(!page.contains(&format!("data-call=\"{path}/test\"")), "{page}");
    assert_eq!(put(&server, &path, "sysadmin", &json!({ "unit": "wuye" })).status, 200);
    assert!(sysadmin.shown(&page_path).contains(&format!("data-call=\"{replay}\"")));
    assert_eq!(sysadmin.get("/admin/webhooks/nothing").status, 404);
}

#[test]
fn what_an_older_category_is_counted_as_is_said_with_a_day_and_taken_back_with_one() {
    let server = house(&[]);
    let sysadmin = Browser::of(&server, "sysadmin");
    let page = sysadmin.shown("/admin/category-map");
    assert!(
        page.contains("没有对照") && page.contains("data-call=\"/api/v1/category-map/{code}\"")
    );
    assert!(page.contains("name=\"code\" data-in=\"path\" data-choose=\"/api/v1/categories\""));
    let word = json!({ "to": "wy.gl", "from_on": "2026-12-01" });
    assert_eq!(put(&server, "/api/v1/category-map/wy.dt", "sysadmin", &word).status, 200);
    let page = sysadmin.shown("/admin/category-map");
    assert!(page.contains("<td>12月1日</td><td>自身</td>"), "it is not yet so: {page}");
    assert!(
        page.contains("data-call=\"/api/v1/category-map/wy.dt\" data-method=\"PUT\""),
        "{page}"
    );
    assert_eq!(put(&server, "/api/v1/category-map/wy.dt", "sysadmin", &json!({})).status, 200);
    let page = sysadmin.shown("/admin/category-map");
    assert!(page.contains("按自身") && !page.contains("/category-map/wy.dt\""), "{page}");
}

#[test]
fn a_login_that_must_do_something_first_is_led_to_its_own_account_and_out_of_it() {
    let server = house(&[("JIESU_AUTH__TOTP_ROLES", "[\"auditor\"]")]);
    let keeper = token(&server, "secadmin");
    let user = json!({ "name": "wang", "roles": ["auditor"] });
    let made = post(&server, "/api/v1/users", Some(&keeper), &user).json();
    let once = made["one_time_password"].as_str().unwrap();
    let wang = Browser::with(&server, "wang", once);
    for path in ["/", "/admin/audit", "/search?q=a"] {
        let answer = wang.get(path);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/me")), "{path}");
    }
    let page = wang.shown("/me");
    assert!(page.contains("data-call=\"/me/password\"") && !page.contains("/api/v1/me/totp"));
    assert!(!page.contains("/deputies"), "nothing else first");
    let change = json!({ "old": once, "new": "seven blue kettles sing" });
    assert_eq!(wang.call("/me/password", "", &change).status, 403, "no echo");
    let echo = echo_of(&page);
    let wrong = json!({ "old": "another", "new": "seven blue kettles sing" });
    let refused = wang.call("/me/password", &echo, &wrong);
    assert_eq!((refused.status, &refused.json()["errors"][0]["pointer"]), (422, &"/old".into()));
    let changed = wang.call("/me/password", &echo, &change);
    assert_eq!(changed.status, 204, "{changed:?}");
    assert_eq!(wang.get("/me").status, 303, "the old session is over");
    // The role wants a second factor as well.
    let wang = Browser { server: &server, cookie: cookie_of(&changed) };
    assert_eq!(wang.get("/").header("location"), Some("/me"));
    let page = wang.shown("/me");
    assert!(page.contains("data-call=\"/api/v1/me/totp\"") && !page.contains("/me/password\""));
    let begun = wang.call("/api/v1/me/totp", &echo_of(&page), &json!({}));
    assert!(begun.json()["secret"].is_string(), "{begun:?}");
}

#[test]
fn keys_of_a_machine_are_listed_without_the_key_and_deputies_beside_whom_they_stand_in_for() {
    let server = house(&[]);
    let keeper = token(&server, "secadmin");
    let machine = json!({ "name": "city12345", "roles": ["platform"], "machine": true });
    assert_eq!(post(&server, "/api/v1/users", Some(&keeper), &machine).status, 201);
    let path = "/api/v1/users/city12345/keys";
    let key = json!({ "label": HOSTILE, "scopes": ["reference"] });
    let made = post(&server, path, Some(&keeper), &key).json();
    let told = made["key"].as_str().expect("a label of this length is taken");
    // A key is for what its scopes name: no page is among that.
    for page in ["/", "/search?q=x", "/tickets/2026-000001", "/admin"] {
        let badge = format!("Bearer {told}");
        let answer = server.ask("GET", page, &[("Authorization", &badge)], "");
        assert_eq!(answer.status, 403, "{page}: {answer:?}");
    }
    let secadmin = Browser::of(&server, "secadmin");
    let page = secadmin.shown("/admin/users/city12345");
    assert!(page.contains("读基础数据") && page.contains(&format!("data-call=\"{path}\"")));
    assert!(!page.contains(told) && !page.contains("reset-password"), "{page}");
    let deputy = json!({ "deputy": "reviewer2", "from_on": "2026-11-02", "to_on": "2026-11-06" });
    let added = post(&server, "/api/v1/users/reviewer/deputies", Some(&keeper), &deputy);
    assert_eq!(added.status, 201, "{added:?}");
    for page in
        [secadmin.shown("/admin/users/reviewer"), Browser::of(&server, "reviewer").shown("/me")]
    {
        assert!(
            page.contains("第二审核员·演示") && page.contains("/users/reviewer/deputies"),
            "{page}"
        );
    }
}

#[test]
fn the_trail_is_searched_by_day_account_action_and_thing_and_leaves_as_the_same_sheet() {
    let server = house(&[]);
    let auditor = Browser::of(&server, "auditor");
    let page =
        auditor.shown("/admin/audit?account=auditor&action=login&from=2026-11-02&to=2026-11-02");
    assert!(
        page.contains("登录") && page.contains("用户 审计员·演示 <code>auditor</code>"),
        "{page}"
    );
    let called = "<td>审计员·演示<br><code class=\"fine\">auditor</code></td>";
    assert!(page.contains(called), "by name, and by the login that is searched for: {page}");
    let sheet = page.split("href=\"/api/v1/audit.csv?").nth(1).expect("the sheet");
    let query = sheet.split('"').next().unwrap_or_default().replace("&amp;", "&");
    let answer = auditor.get(&format!("/api/v1/audit.csv?{query}"));
    assert_eq!(answer.status, 200, "{query}");
    assert!(answer.body.contains("login") && !answer.body.contains("audit.read"), "{answer:?}");
    let none = auditor.shown("/admin/audit?subject=2026-000123");
    assert!(none.contains("没有这样的记录") && none.contains("subject=ticket%3A2026-000123"));
    let wrong = auditor.shown("/admin/audit?from=yesterday");
    assert!(wrong.contains("role=\"alert\"") && !wrong.contains("audit.csv"), "{wrong}");
}

on_each_database! {
    fn a_dead_letter_is_tried_again_from_the_page_alone_or_with_all_of_its_reason(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        room.set_reach("handler@chengguan", None, None);
        let no = room.city.agent().registers(draft_with(&json!({})));
        room.city.dispatcher().does(&no, "dispatch", json!({ "lead": "chengguan" }));
        room.minutes(1);
        let dead = room.in_state(LetterState::Dead).remove(0).id;
        let user = room.city.person("sysadmin").actor.user;
        let tokens = &room.server.app.gate.tokens;
        let cookie = tokens.issue(Pass::Console, (user, user, 0), room.city.now(), 600).unwrap();
        let cookie = format!("jiesu={cookie}");
        let sysadmin = Browser { server: &room.server, cookie };
        let page = sysadmin.shown("/admin/outbox?state=dead");
        assert!(page.contains(&format!("data-call=\"/api/v1/outbox/{dead}/retry\"")), "{page}");
        assert!(page.contains("data-call=\"/api/v1/outbox/retry\"") && page.contains("value=\"notice.nobody\""));
        assert!(page.contains(&no) && !page.contains("13900000001") && !page.contains("电梯停运"), "{page}");
        let again = sysadmin.call(&format!("/api/v1/outbox/{dead}/retry"), &echo_of(&page), &json!({}));
        assert_eq!(again.status, 204, "{again:?}");
        assert!(sysadmin.shown("/admin/outbox?state=dead").contains("没有这样的通知"));
        assert!(sysadmin.shown("/admin/outbox?state=odd").contains(&no), "a code of nothing narrows nothing");
    }
}
