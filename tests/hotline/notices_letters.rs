//! Every letter as it leaves, whole: the mails with their pages, and the short messages.

use std::collections::BTreeMap;

use jiesu::notify::{Addressee, Occasion, outbox};
use serde_json::json;

use crate::support::city::{at, bad, draft_with};
use crate::support::databases::TestDb;
use crate::support::mailroom::{Filed, Mailroom};

/// A story in which every occasion comes about, to people who are reached by `mail` or by message.
fn story(test: &TestDb, mail: Option<&str>) -> Mailroom {
    let keys = [
        ("JIESU_NOTIFY__DIGEST", "copied"),
        ("JIESU_SITE__NAME", "云川市住房和城乡建设局"),
        ("JIESU_REPORTS__SUBSCRIBERS", "[\"leader\"]"),
    ];
    let room = Mailroom::open(test, &keys);
    if mail.is_none() {
        by_message(&room);
    }
    let city = &room.city;
    let caller = json!({ "channel": "web", "caller": { "email": mail, "phone": "13900000002" } });
    let no = city.agent().registers(draft_with(&caller));
    room.minutes(1);
    let to = json!({ "lead": "wuye", "copies": ["baozhang"] });
    city.dispatcher().does(&no, "dispatch", to);
    room.minutes(1);
    city.handler("wuye").works(&no, 1, "sign", json!({}));
    let dispute = json!({ "reason": "not_ours", "grounds": "不属本科室" });
    city.handler("wuye").works(&no, 1, "dispute", dispute);
    let decided = json!({ "uphold": false, "reason": "属本科室" });
    city.dispatcher().works(&no, 1, "dispute/decide", decided);
    room.minutes(1);
    city.agent().does(&no, "urge", json!({ "text": "请快些" }));
    room.minutes(1);
    city.handler("wuye").works(&no, 1, "contact", json!({ "outcome": "spoke" }));
    let reply = json!({
        "text": "已更换电梯主板，经检验合格，现已恢复运行。",
        "promise": { "what": "更换轿厢照明", "on": "2026-11-10" },
    });
    city.handler("wuye").does(&no, "reply", reply.clone());
    city.reviewer().does(&no, "review", json!({ "pass": false, "reason": "请说明原因" }));
    room.minutes(1);
    city.handler("wuye").does(&no, "reply", reply);
    city.reviewer().does(&no, "review", json!({ "pass": true }));
    room.minutes(1);
    city.clock.set(at("2026-11-11T09:00:00+08:00"));
    room.work();
    city.clock.set(at("2026-11-12T09:00:00+08:00"));
    room.work();
    city.surveyor().does(&no, "survey", bad());
    city.reviewer().does(&no, "triage", json!({ "why": "poor_work", "rework": true }));
    room.minutes(1);
    let urgent = json!({ "matter": { "urgency": "emergency" } });
    let third = city.agent().registers(draft_with(&urgent));
    let to = json!({ "lead": "weixiu", "copies": ["baozhang"] });
    city.dispatcher().does(&third, "dispatch", to);
    room.minutes(1);
    let second = city.agent().registers(draft_with(&json!({ "kind": "complaint" })));
    city.dispatcher().does(&second, "dispatch", json!({ "lead": "wuye", "designate": true }));
    room.minutes(1);
    room.after(chrono::TimeDelta::hours(30));
    room.minutes(2);
    room.after(chrono::TimeDelta::days(20));
    room.minutes(2);
    city.dispatcher().does(&second, "recall", json!({ "reason": "改派" }));
    room.minutes(1);
    let id = city.stored(&no).id;
    let warned = Addressee::Unit("baozhang".into());
    let app = &room.server.app;
    app.db.write(move |tx| outbox::warn(tx, id, warned.clone(), "cluster")).unwrap();
    room.minutes(2);
    instructed(&room);
    room.minutes(2);
    supervised(&room, &no);
    charged(&room);
    checking(&room);
    room
}

/// Who is told things has a number and no address.
fn by_message(room: &Mailroom) {
    for (name, mobile) in [
        ("handler@wuye", "13811110001"),
        ("handler@baozhang", "13811110002"),
        ("unit_head@baozhang", "13811110003"),
    ] {
        room.set_reach(name, None, Some(mobile));
    }
}

/// The leader writes on the month's report.
fn instructed(room: &Mailroom) {
    let ask = |who: &str, method: &str, path: &str, body: &str| {
        let bearer = format!("Bearer {}", room.tokens[who]);
        let headers = [("Authorization", bearer.as_str())];
        let answer = room.server.ask(method, path, &headers, body);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    };
    let listed = ask("assessor", "GET", "/api/v1/reports", "");
    let path = format!("/api/v1/reports/{}", listed["items"][0]["id"].as_str().unwrap());
    ask("assessor", "POST", &format!("{path}/freeze"), "{}");
    let text = json!({ "text": "请逐个小区排查电梯隐患", "units": ["baozhang"] });
    ask("leader", "POST", &format!("{path}/instruct"), &text.to_string());
}

/// What is asked from above: a rung of the ladder, whose answer is due on Monday, and a case of the bottom line.
fn supervised(room: &Mailroom, no: &str) {
    let city = &room.city;
    let rung = json!({ "step": "supervise", "text": "请尽快办结" });
    city.reviewer().does(no, "supervise", rung);
    let flag = json!({ "flag": "phone_dead", "unit": "baozhang", "text": "打不通" });
    city.agent().does(no, "flag", flag);
    room.minutes(2);
    room.after(chrono::TimeDelta::days(4));
    room.minutes(2);
}

/// The owner of an article that ran out yesterday is charged with it.
fn charged(room: &Mailroom) {
    let city = &room.city;
    let today = city.now().day(chrono_tz::Asia::Shanghai);
    let ask = |who: &str, path: &str, body: &serde_json::Value| {
        let bearer = format!("Bearer {}", room.tokens[who]);
        let path = format!("/api/v1/articles{path}");
        let headers = [("Authorization", bearer.as_str())];
        let answer = room.server.ask("POST", &path, &headers, &body.to_string());
        assert!(answer.status < 300, "{path}: {}", answer.body);
    };
    let article = json!({
        "title": "维修资金怎么用", "body": "由业委会启动程序。", "owner": "baozhang", "valid_to": today,
    });
    ask("handler@baozhang", "", &article);
    ask("reviewer", "/zs-0001/publish", &json!({}));
    room.after(chrono::TimeDelta::days(1));
    let due_on = today + chrono::Days::new(4);
    ask("leader", "/zs-0001/supervise", &json!({ "text": "请更新", "due_on": due_on }));
    room.minutes(2);
}

/// The month that goes on is opened to the units, one of which has had a ticket in it.
fn checking(room: &Mailroom) {
    room.city.closed("baozhang");
    // What is received at the very instant of the report is not in it yet.
    room.minutes(1);
    let ask = |path: &str, body: &serde_json::Value| {
        let bearer = format!("Bearer {}", room.tokens["assessor"]);
        let path = format!("/api/v1/reports{path}");
        let headers = [("Authorization", bearer.as_str())];
        let answer = room.server.ask("POST", &path, &headers, &body.to_string());
        assert!(answer.status < 300, "{path}: {}", answer.body);
        answer.json()
    };
    let made = ask("", &json!({ "window": "2026-12" }));
    let path = format!("/{}/preview", made["id"].as_str().unwrap());
    ask(&path, &json!({ "until": "2026-12-15T18:00:00+08:00" }));
    room.minutes(2);
}

/// The first letter of each occasion in `folder`, to whoever it went.
fn firsts(room: &Mailroom, folder: &str) -> BTreeMap<Occasion, Filed> {
    let mut found = BTreeMap::new();
    let filed = room.filed(folder);
    for letter in room.letters() {
        let end = format!(".{}.", letter.id);
        if let Some(file) = filed.iter().find(|file| file.name.contains(&end)) {
            found.entry(letter.occasion).or_insert_with(|| file.clone());
        }
    }
    found
}

/// What is another each time: the link's proof and the six digits.
fn steady(text: &str) -> String {
    let link = regex::Regex::new("survey(/|&#x2f;)[A-Za-z0-9_-]{43}").unwrap();
    let code = regex::Regex::new("(查 ?询 ?码：?)[0-9]{6}").unwrap();
    let report = regex::Regex::new("(reports|monthly)(/|&#x2f;)[0-9]+").unwrap();
    let text = link.replace_all(text, "survey${1}LINK").into_owned();
    let text = report.replace_all(&text, "${1}${2}ID").into_owned();
    code.replace_all(&text, "${1}CODE").into_owned()
}

fn keep(name: &str, text: &str) {
    let text = steady(text);
    insta::with_settings!({ snapshot_path => "letters", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn every_mail_reads_so() {
    let room = story(&TestDb::sqlite(), Some("zhangsan@example.cn"));
    let mut found = firsts(&room, "mail");
    for occasion in Occasion::ALL {
        let file = found.remove(occasion).unwrap_or_else(|| panic!("no letter about {occasion}"));
        let (subject, plain, html) = file.words();
        keep(&format!("{occasion}.mail"), &format!("To: {}\n{subject}\n\n{plain}", file.to()));
        keep(&format!("{occasion}.page"), &html);
    }
}

#[test]
fn every_short_message_reads_so() {
    let room = story(&TestDb::sqlite(), None);
    let mut found = firsts(&room, "sms");
    // A report goes by mail alone, with its files.
    for occasion in Occasion::ALL.iter().filter(|it| **it != Occasion::Report) {
        let file = found.remove(occasion).unwrap_or_else(|| panic!("no message about {occasion}"));
        keep(&format!("{occasion}.sms"), &file.text);
    }
}
