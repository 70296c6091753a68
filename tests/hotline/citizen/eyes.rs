//! Whatever a citizen types at the door, whoever has no task to call sees no caller: not a company, not
//! the accused, not a clerk, in no list, no ticket, no history, no answer to a command or a refusal.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::{Door, Told};
use crate::support::databases::on_each_database;

/// A citizen whose every word is found again.
#[derive(Debug, Clone)]
pub struct Canary {
    kind: &'static str,
    pub name: String,
    pub mobile: String,
    pub email: String,
    room: String,
}

pub fn canaries() -> impl Strategy<Value = Canary> {
    let kinds = prop_oneof![Just("complaint"), Just("help"), Just("report")];
    // A title in place of a name is no name (某 and the like stay).
    let name = "[阚逄缑亓佴][一-龥]{2}"
        .prop_filter("a title", |name| !name.ends_with(['某', '生', '士', '民']));
    (kinds, name, "1[3-9][0-9]{9}", "[a-z]{6}[0-9]{4}", "[1-9][0-9]{4}").prop_map(
        |(kind, name, mobile, local, room)| Canary {
            kind,
            name,
            mobile,
            email: format!("{local}@posteo.example.cn"),
            room,
        },
    )
}

pub fn wide(digits: &str) -> String {
    digits.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect()
}

impl Canary {
    /// Everything the citizen might say of themselves in a free text.
    pub fn words(&self) -> String {
        let Self { name, mobile, email, .. } = self;
        format!(
            "我叫{name}，电话{mobile}，也可打{}，{} {} {}，邮箱{email}，请回电{name}。",
            wide(mobile),
            &mobile[..3],
            &mobile[3..7],
            &mobile[7..]
        )
    }

    /// What must be found nowhere.
    pub fn needles(&self) -> Vec<String> {
        let Self { name, mobile, email, room, .. } = self;
        vec![
            name.clone(),
            mobile.clone(),
            wide(mobile),
            format!("{} {} {}", &mobile[..3], &mobile[3..7], &mobile[7..]),
            email.clone(),
            format!("楼上{room}"),
            format!("{room}室"),
        ]
    }

    fn request(&self) -> Value {
        json!({
            "kind": self.kind, "channel": "wechat",
            "caller": {
                "name": self.name, "phone": self.mobile, "email": self.email,
                "preferred_hour": format!("晚上，找{}", self.name)
            },
            "matter": {
                "title": format!("{}反映电梯", self.name), "content": self.words(),
                "category": "wy.dt", "accused": "chengguan"
            },
            "place": {
                "estate": "yangguang", "building": format!("楼上{}", self.room),
                "address": format!("幸福路1号阳光小区3号楼{}室", self.room)
            }
        })
    }
}

/// Those who look, and none of whom is to see a caller.
pub const EYES: [&str; 9] = [
    "handler@hongda",
    "unit_head@hongda",
    "handler@hongda-1",
    "handler@chengguan",
    "handler@wuye",
    "unit_head@jiedao",
    "auditor",
    "sysadmin",
    "agent",
];

/// Everything that a reader may ask of the ticket, or try.
fn looks(door: &Door, who: &str, told: &Told) -> Vec<(String, String)> {
    let no = &told.no;
    let mut seen = Vec::new();
    let mut look = |method: &str, path: String, body: Value| {
        let answer = door.staff(who, method, &path, &body);
        seen.push((format!("{who} {method} {path}"), format!("{}\n{}", answer.head, answer.body)));
    };
    for path in ["tickets", "inbox", "audit", "metrics", "rates?window=2026-11&group_by=company"] {
        look("GET", path.to_owned(), json!({}));
    }
    for rest in ["", "/events", "/limits", "/readers"] {
        look("GET", format!("tickets/{no}{rest}"), json!({}));
    }
    look("GET", format!("tickets/{no}-2"), json!({}));
    look("POST", format!("tickets/{no}/note"), json!({ "text": "已到现场" }));
    look("POST", format!("tickets/{no}/code"), json!({}));
    look("POST", format!("assignments/{no}-2/progress"), json!({ "text": "在修" }));
    look("POST", format!("assignments/{no}-3/progress"), json!({ "text": "在看" }));
    look("POST", "tickets/find".to_owned(), json!({ "name": "阚" }));
    look("POST", "sms/replies".to_owned(), json!({ "phone": "1", "text": "1" }));
    seen
}

/// The citizen's life: everything that can be said is said with everything in it.
pub fn lives(door: &Door, canary: &Canary) -> Told {
    let told = door.brings(&canary.request(), &canary.mobile[7..]);
    let (city, no) = (&door.city, told.no.as_str());
    let says = |path: &str| {
        let answer = door.ask(path, &told.with(&json!({ "text": canary.words() })));
        assert!(matches!(answer.status, 200 | 409), "{path} {answer:?}");
    };
    says("facts");
    let units = json!({ "lead": "wuye", "assists": ["hongda", "chengguan"] });
    city.dispatcher().does(no, "dispatch", units);
    says("urge");
    says("withdraw");
    city.agent().does(no, "withdraw/confirm", json!({ "confirmed": false, "how": canary.words() }));
    for (unit, k) in [("hongda", 2), ("chengguan", 3)] {
        city.handler(unit).works(no, k, "sign", json!({}));
    }
    city.works(no, "wuye", 1);
    let reply = json!({ "text": canary.words(), "assists_summary": "仍在办理" });
    city.handler("wuye").does(no, "reply", reply);
    city.reviewer().does(no, "review", json!({ "pass": true }));
    says("unsolved");
    let answers = json!({
        "contacted": "yes", "solved": "solved", "satisfied": "satisfied", "comment": canary.words()
    });
    door.gets("survey", &told.with(&answers));
    says("unsolved");
    let message = json!({ "phone": canary.mobile, "text": canary.words() });
    assert_eq!(door.staff("platform", "POST", "sms/replies", &message).status, 200);
    let wrong = door.ask("lookup", &told.wrong(1).shown());
    assert_eq!(wrong.status, 404, "{wrong:?}");
    told
}

on_each_database! {
    fn nobody_without_a_task_sees_who_called_whatever_the_citizen_types(test: &TestDb) {
        let door = Door::with(&[
            ("JIESU_DATABASE__URL", &test.url),
            ("JIESU_PUBLIC__ASKS_PER_MINUTE", "10000"),
            ("JIESU_PUBLIC__WRONG_PER_HOUR", "10000"),
            ("JIESU_PUBLIC__TICKETS_PER_HOUR", "10000"),
        ]);
        let mut runner = TestRunner::new(Config { cases: 6, max_shrink_iters: 8, failure_persistence: None, ..Config::default() });
        runner.run(&canaries(), |canary| {
            let told = lives(&door, &canary);
            // What is looked for is there: whoever gives a reason is shown it.
            let path = format!("tickets/{}/reveal", told.no);
            let asked = json!({ "fields": ["name", "content", "building", "address"], "purpose": "other", "reason": "抽查" });
            let clear = door.staff("agent", "POST", &path, &asked).body;
            prop_assert!(canary.needles().iter().all(|needle| clear.contains(needle)), "{}", clear);
            let mut bytes = 0;
            for who in EYES {
                for (place, seen) in looks(&door, who, &told) {
                    bytes += seen.len();
                    for needle in canary.needles() {
                        prop_assert!(!seen.contains(&needle), "{} shows {}: {}", place, needle, seen);
                    }
                }
            }
            prop_assert!(bytes > 20_000, "they saw next to nothing: {bytes} bytes");
            Ok(())
        }).unwrap();
    }
}
