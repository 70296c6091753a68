//! Letters in the site's own words: who stores them, that the next letter is written so on every node, that what cannot
//! be filled in is refused at its line, and that whatever cannot be used gives way to the next.

use jiesu::notify::Occasion;
use jiesu::notify::letter::Facts;
use jiesu::notify::wording::Desk;
use serde_json::{Value, json};

use crate::support::city::draft_with;
use crate::support::databases::{Folder, TestDb, on_each_database};
use crate::support::door::Browser;
use crate::support::mailroom::Mailroom;
use crate::support::server::{Answer, Server};
use crate::web_auth;

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

fn asks(room: &Mailroom, who: &str, method: &str, path: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {}", room.tokens[who]);
    let body = if method == "GET" { String::new() } else { body.to_string() };
    let path = format!("/api/v1{path}");
    room.server.ask(method, &path, &[("Authorization", &bearer)], &body)
}

/// What the sysadmin reads after storing `text`; going back where there is none.
fn stores(room: &Mailroom, name: &str, text: Option<&str>) -> Value {
    let body = text.map_or_else(|| json!({}), |text| json!({ "text": text }));
    let answer = asks(room, "sysadmin", "PUT", &format!("/letters/{name}"), &body);
    assert_eq!(answer.status, 200, "{name}: {answer:?}");
    answer.json()
}

fn read(room: &Mailroom, name: &str) -> Value {
    let answer = asks(room, "sysadmin", "GET", &format!("/letters/{name}"), &Value::Null);
    assert_eq!(answer.status, 200, "{name}: {answer:?}");
    answer.json()
}

/// A ticket is answered; its number, and the message that its caller gets.
fn answered(room: &Mailroom) -> (String, String) {
    let city = &room.city;
    let caller = json!({ "caller": { "phone": "13900000002" } });
    let no = city.agent().registers(draft_with(&caller));
    city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye" }));
    city.works(&no, "wuye", 1);
    city.handler("wuye").does(&no, "reply", json!({ "text": "已修好，经检验合格。" }));
    city.reviewer().does(&no, "review", json!({ "pass": true }));
    room.minutes(2);
    let mut told = room.take("sms").into_iter().filter(|it| it.name.starts_with(&no));
    let told = told.next().expect("a message").text;
    (no, told)
}

on_each_database! {
    fn the_next_answer_is_told_in_the_sites_words_and_then_in_the_programs_again(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let (no, told) = answered(&room);
        assert!(told.contains(&format!("您反映的诉求（编号{no}）已有答复")), "{told}");
        let own = "【{{ site }}】办结通知：{{ no }}{% if code %}，查询码{{ code }}{% endif %}";
        let view = stores(&room, "answered.sms", Some(own));
        assert_eq!((&view["origin"], &view["text"]), (&json!("stored"), &json!(own)));
        assert_eq!(view["said"][0]["since_on"], "2026-11-02");
        assert_eq!(view["said"][0]["by"], "sysadmin");
        assert!(view["built_in"].as_str().unwrap().contains("您反映的诉求"), "{view}");
        let preview = view["preview"]["text"].as_str().unwrap();
        assert!(preview.contains("办结通知：2026-000123，查询码"), "{preview}");
        let (no, told) = answered(&room);
        assert!(told.contains(&format!("办结通知：{no}，查询码")), "{told}");
        // Back, and once more: nothing is said twice.
        for _ in 0..2 {
            let view = stores(&room, "answered.sms", None);
            assert_eq!(view["origin"], "built_in");
            assert_eq!(view["said"].as_array().unwrap().len(), 2, "{view}");
        }
        let (_, told) = answered(&room);
        assert!(told.contains("您反映的诉求"), "{told}");
        let trail = asks(&room, "auditor", "GET", "/audit?action=letter.change", &Value::Null).json();
        let lines = trail["items"].as_array().unwrap();
        assert_eq!(lines.len(), 2, "{trail}");
        assert_eq!(
            (&lines[0]["account"], &lines[0]["subject"]),
            (&json!("sysadmin"), &json!("answered.sms"))
        );
    }

    fn what_is_stored_for_a_later_day_is_said_from_that_day_on(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let wish = json!({ "text": "办结通知：{{ no }}", "since_on": "2026-11-04" });
        let stored = asks(&room, "sysadmin", "PUT", "/letters/answered.sms", &wish);
        assert_eq!((stored.status, &stored.json()["origin"]), (200, &json!("built_in")));
        assert!(answered(&room).1.contains("您反映的诉求"));
        room.after(chrono::TimeDelta::days(2));
        room.take("sms");
        assert!(answered(&room).1.contains("办结通知"));
        let wish = json!({ "text": "办结通知：{{ no }}", "since_on": "2026-11-03" });
        let past = asks(&room, "sysadmin", "PUT", "/letters/answered.sms", &wish);
        assert_eq!((past.status, &past.json()["errors"][0]["pointer"]), (422, &json!("/since_on")));
    }

    fn what_cannot_be_filled_in_is_refused_at_its_line_and_nothing_is_stored(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let cases = [
            ("answered.sms", "{{ no }}\n{% if code %}{{ code }}", "letter.syntax", "第2行"),
            ("answered.sms", "{{ no }}\n{{ telephone }}", "letter.unknown_name", "telephone"),
            ("answered.sms", "{{ no }}\n\n{{ code }}", "letter.absent", "第3行"),
            ("answered.sms", "{{ no|shout }}", "letter.unknown_function", "第1行"),
            ("answered.sms", "{% if code %}{{ code }}{% endif %}", "letter.empty", ""),
            ("answered.txt", "{{ no }}", "letter.empty", ""),
            ("answered.sms", "{% set x = 'xxxxxxxx' %}{% for a in range(99) %}{% for b in range(99999) %}{{ x }}{% endfor %}{% endfor %}", "letter.too_much", "第1行"),
            // What a unit is told has no name for what is the citizen's.
            ("dispatched.txt", "{{ no }}\n{% if code %}{{ code }}{% endif %}{{ reply }}", "letter.unknown_name", "第2行"),
            ("dispatched.sms", "{{ debug() }}", "letter.unknown_name", "debug"),
        ];
        for (name, text, code, told) in cases {
            let path = format!("/letters/{name}");
            let answer = asks(&room, "sysadmin", "PUT", &path, &json!({ "text": text }));
            assert_eq!(answer.status, 422, "{name} {text}: {answer:?}");
            let error = answer.json()["errors"][0].clone();
            assert_eq!((&error["pointer"], &error["code"]), (&json!("/text"), &json!(code)), "{text}");
            assert!(error["detail"].as_str().unwrap().contains(told), "{error}");
            let view = read(&room, name);
            assert_eq!((&view["origin"], view.get("stored")), (&json!("built_in"), None), "{view}");
        }
        let missing = asks(&room, "sysadmin", "PUT", "/letters/answered.pdf", &json!({}));
        assert_eq!(missing.status, 404);
    }

    fn whatever_cannot_be_used_gives_way_to_the_next(test: &TestDb) {
        let folder = Folder::new();
        let file = folder.path().join("answered.sms");
        std::fs::write(&file, "来自文件：{{ no }}").unwrap();
        let place = folder.path().display().to_string();
        let room = Mailroom::open(test, &[("JIESU_NOTIFY__TEMPLATES", place.as_str())]);
        assert_eq!(read(&room, "answered.sms")["origin"], "folder");
        assert!(answered(&room).1.contains("来自文件"));
        stores(&room, "answered.sms", Some("来自页面：{{ no }}"));
        assert!(answered(&room).1.contains("来自页面"));
        assert_eq!(stores(&room, "answered.sms", None)["origin"], "folder");
        assert!(answered(&room).1.contains("来自文件"));
        std::fs::write(&file, "来自文件：\n{{ nobody }}").unwrap();
        let view = read(&room, "answered.sms");
        assert_eq!(view["origin"], "built_in");
        let fault = &view["faults"][0];
        assert_eq!((&fault["origin"], &fault["line"]), (&json!("folder"), &json!(2)), "{view}");
        assert!(answered(&room).1.contains("您反映的诉求"));
        let own = asks(&room, "sysadmin", "GET", "/letters?own=true", &Value::Null).json();
        assert_eq!(own["items"].as_array().unwrap().len(), 1, "{own}");
        let findings = jiesu::doctor::examine(&room.server.app);
        let found = findings.iter().any(|it| it.answer.starts_with("folder/answered.sms: "));
        assert!(found, "{findings:?}");
    }
}

#[test]
fn every_template_is_listed_and_nobody_else_reads_or_stores_one() {
    let room = Mailroom::open(&TestDb::sqlite(), &[]);
    let listed = asks(&room, "sysadmin", "GET", "/letters?limit=500", &Value::Null).json();
    let items = listed["items"].as_array().unwrap();
    let named = |name: &str| items.iter().find(|it| it["name"] == name).unwrap();
    for occasion in Occasion::ALL {
        let mail = named(&format!("{occasion}.txt"));
        assert_eq!((&mail["form"], &mail["origin"]), (&json!("mail"), &json!("built_in")));
        assert_eq!(mail["occasion_name"], occasion.zh());
    }
    assert_eq!(named("answered.html")["shared"], true);
    assert_eq!(named("digest.html")["shared"], false);
    assert!(named("letter.html").get("occasion").is_none());
    for who in ["agent", "dispatcher", "reviewer", "leader", "secadmin", "auditor", "handler@wuye"]
    {
        let wish = json!({ "text": "不行" });
        for (method, path) in [
            ("GET", "/letters"),
            ("GET", "/letters/answered.sms"),
            ("PUT", "/letters/answered.sms"),
        ] {
            assert_eq!(asks(&room, who, method, path, &wish).status, 403, "{who} {method} {path}");
        }
    }
}

#[test]
fn the_other_node_follows_at_once() {
    let Some(test) = TestDb::postgres() else { return };
    let room = Mailroom::open(&test, &[]);
    let folder = room.server.app.config.data_dir.display().to_string();
    let keys = [("JIESU_DATABASE__URL", test.url.as_str()), ("JIESU_DATA_DIR", folder.as_str())];
    let second = Server::start(&keys);
    let told = || {
        let app = &second.app;
        let directory = app.db.read(|conn| app.directory.current(conn)).unwrap();
        let today = room.city.now().day(app.config.site.zone);
        let facts = Facts { no: "2026-000007".to_owned(), ..Facts::default() };
        Desk::of(&app.post, &directory, today).letters.sms(Occasion::Answered, &facts).unwrap()
    };
    assert!(told().contains("您反映的诉求"), "{}", told());
    stores(&room, "answered.sms", Some("办结通知：{{ no }}"));
    assert_eq!(told(), "办结通知：2026-000007");
    stores(&room, "answered.sms", None);
    assert!(told().contains("您反映的诉求"), "{}", told());
}

#[test]
fn what_was_typed_stays_text_on_the_pages() {
    let server = web_auth::server();
    let bearer = format!("Bearer {}", web_auth::token(&server, "sysadmin"));
    let body = json!({ "text": format!("{HOSTILE}{{{{ no }}}}") }).to_string();
    for name in ["answered.sms", "letter.html"] {
        let path = format!("/api/v1/letters/{name}");
        let stored = server.ask("PUT", &path, &[("Authorization", &bearer)], &body);
        assert_eq!(stored.status, 200, "{stored:?}");
    }
    let browser = Browser::of(&server, "sysadmin");
    assert!(browser.shown("/admin").contains("href=\"/admin/letters\""));
    for name in ["answered.sms", "letter.html"] {
        assert!(browser.shown("/admin/letters?own=true").contains(name));
        let page = browser.shown(&format!("/admin/letters/{name}"));
        assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
        let form = format!("data-call=\"/api/v1/letters/{name}\" data-method=\"PUT\"");
        assert!(page.contains(&form), "{page}");
    }
    // What cannot be stored is told of by name where it is shown.
    let page = browser.shown("/admin/letters/dispatched.sms");
    assert!(
        page.contains("系统自带") && page.contains("承办角色") && !page.contains("查询码"),
        "{page}"
    );
}
