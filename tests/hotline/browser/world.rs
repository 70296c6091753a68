//! The city at work: a ticket in every state, a report, warnings, articles, letters, with words of the test's choosing
//! in every field that somebody can fill. Its rule: everything comes in over the interface, by whoever may.

mod further;
mod later;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::stage::{Stage, phone};
use crate::support::city::at;
use crate::support::form::{attach, form, send_form};
use crate::support::photo::phone_photo;

/// A working day of the window before the one that the pages show.
const OCTOBER: &str = "2026-10-20T09:30:00+08:00";
const NOVEMBER: &str = "2026-11-02T09:30:00+08:00";

/// The stage with all that its pages show.
pub struct World {
    pub stage: Stage,
    /// What stands in the places of an address, by name.
    places: BTreeMap<&'static str, String>,
    speech: Speech,
}

/// What everybody says instead of what they would say.
#[derive(Clone, Copy)]
pub struct Speech {
    pub words: fn(&str) -> String,
    /// The same where few characters are taken.
    pub name: fn(&str) -> String,
}

impl Speech {
    /// What they would say.
    pub const PLAIN: Self = Self { words: str::to_owned, name: str::to_owned };
}

impl World {
    /// Everybody says what `speech` makes of what they would say.
    pub fn of(speech: Speech) -> Self {
        let stage = Stage::at(OCTOBER);
        let (app, places) = (&stage.server.app, BTreeMap::new());
        jiesu::identity::demo::give_addresses(&app.db, &app.keys).unwrap();
        let mut world = Self { stage, places, speech };
        world.names();
        world.october();
        world.stage.server.clock.set(at(NOVEMBER));
        world.november();
        world.asks_again();
        world.beside();
        world.warnings();
        world.report();
        world.card();
        world.connected();
        world.stage.work();
        world
    }

    /// `path` with its places filled in.
    pub fn fill(&self, path: &str) -> String {
        self.places.iter().fold(path.to_owned(), |path, (name, value)| {
            path.replace(&format!("{{{name}}}"), value)
        })
    }

    /// What stands in the place `name`.
    pub fn place(&self, name: &str) -> &str {
        &self.places[name]
    }

    /// Every ticket that was taken in.
    pub fn tickets(&self) -> Vec<&str> {
        let tickets =
            self.places.values().filter(|value| value.starts_with("2026-") && value.len() == 11);
        tickets.map(String::as_str).collect()
    }

    fn says(&self, text: &str) -> String {
        (self.speech.words)(text)
    }

    fn calls_it(&self, text: &str) -> String {
        (self.speech.name)(text)
    }

    fn draft(&self, phone: &str) -> Value {
        json!({
            "kind": "complaint", "channel": "phone",
            "caller": { "name": self.says("王建国"), "phone": phone, "reply_wanted": true,
                "preferred_hour": self.says("工作日晚上") },
            "matter": { "title": self.says("电梯停运三天"), "content": self.says("3号楼电梯停运三天，老人下不了楼。"),
                "category": "H050201", "urgency": "general", "accused": self.says("安居物业"), "tags": [self.says("电梯")] },
            "place": { "estate": "E001", "building": self.says("3号楼"), "address": self.says("清岚大街2号院3号楼") },
        })
    }

    /// A ticket from a caller of its own.
    fn taken(&self) -> String {
        self.stage.registers(&self.draft(&phone())).0
    }

    fn sent(&self) -> String {
        let no = self.taken();
        let body =
            json!({ "lead": "wuye", "assists": ["jd-ql1"], "note": self.says("请尽快联系诉求人") });
        self.stage.orders("dispatcher", &no, "dispatch", &body);
        no
    }

    fn handled(&self) -> String {
        let (no, stage) = (self.sent(), &self.stage);
        stage.works("handler", &no, "sign", &json!({}));
        let spoke = json!({ "outcome": "spoke", "text": self.says("已与诉求人通话") });
        stage.works("handler", &no, "contact", &spoke);
        no
    }

    fn replied(&self) -> String {
        let no = self.handled();
        let reply = json!({ "text": self.says("已更换主板，2026年11月1日恢复运行。"),
            "assists_summary": self.says("街道已到场协调。") });
        self.owning_up("handler", &format!("/tickets/{no}/reply"), reply);
        no
    }

    fn passed(&self) -> String {
        let no = self.replied();
        self.stage.orders("reviewer", &no, "review", &json!({ "pass": true }));
        no
    }

    fn closed(&self) -> String {
        let no = self.passed();
        let good = json!({ "outcome": "reached", "contacted": "yes", "solved": "solved", "satisfied": "satisfied",
            "comment": self.says("修好了，谢谢") });
        self.stage.orders("surveyor", &no, "survey", &good);
        no
    }

    /// Sends what the guard may ask about, and says that it is meant so.
    fn owning_up(&self, who: &str, path: &str, mut body: Value) {
        let answer = self.stage.call(who, "POST", path, &body);
        if answer.status < 300 {
            return;
        }
        let refused = answer.json();
        assert_eq!(refused["code"], "reply.guard", "{path}: {refused}");
        let asked = refused["errors"].as_array().unwrap().iter();
        let codes = asked.filter_map(|it| it["code"].as_str()?.strip_prefix("guard."));
        body["acknowledge"] = codes.collect();
        self.stage.posts(who, path, &body);
    }

    // ---- what there is --------------------------------------------------------------------------

    /// Names that the office gives: units, places, categories, rules, people, articles.
    fn names(&mut self) {
        let (stage, name) = (&self.stage, |text: &str| self.says(text));
        let since = "2020-01-01";
        let unit = json!({ "code": "ke", "name": name("房管科"), "kind": "section", "parent": "zjj",
            "peer_group": name("科室"), "heads": [{ "name": name("李科长"), "from_on": since }],
            "phones": [{ "number": "0000-80000099", "hours": name("工作日") }], "from_on": since });
        stage.posts("sysadmin", "/units", &unit);
        let company = json!({ "code": "WY90", "name": name("新新物业"), "peer_group": name("物业企业"), "from_on": since });
        stage.posts("sysadmin", "/companies", &company);
        let estate = json!({ "code": "E900", "name": name("新新家园"), "aliases": [name("新新小区")],
            "addresses": [], "region": "990101001001", "peer_group": name("商品房小区"), "from_on": since });
        stage.posts("sysadmin", "/estates", &estate);
        let category = json!({ "code": "H050299", "name": name("电梯其他"), "parent": "H0502", "level": 3,
            "version": "2026.1", "keywords": [name("电梯异响")], "from_on": since });
        stage.posts("sysadmin", "/categories", &category);
        let rule = json!({ "code": "R900", "category": "H050299", "lead": "wuye", "assists": [], "copies": [],
            "note": name("试行"), "from_on": "2026-11-01" });
        stage.posts("sysadmin", "/catalogue", &rule);
        let closed = json!({ "day": "off", "reason": name("台风停工") });
        stage.does("sysadmin", "PUT", "/calendar/2026/2026-12-30", &closed);
        stage.posts(
            "secadmin",
            "/users",
            &json!({ "name": "zhang", "display_name": self.calls_it("小张"), "roles": ["agent"] }),
        );
        let article = json!({ "title": self.calls_it("电梯停运怎么办"), "body": name("先联系物业服务企业；逾期不修的，可以投诉。"),
            "questions": [name("电梯坏了找谁")], "tags": [self.calls_it("电梯")], "categories": ["H050201"], "owner": "wuye" });
        let code =
            stage.posts("handler", "/articles", &article)["code"].as_str().unwrap().to_owned();
        stage.posts("reviewer", &format!("/articles/{code}/publish"), &json!({}));
        stage.posts(
            "dispatcher",
            "/searches",
            &json!({ "name": self.calls_it("电梯"), "q": "电梯" }),
        );
        self.places.insert("article", code);
        let named = [
            ("unit", "ke"),
            ("estate", "E900"),
            ("company", "WY90"),
            ("category", "H050299"),
            ("rule", "R900"),
            ("user", "zhang"),
            ("machine", "city12345"),
        ];
        self.places.extend(named.map(|(place, code)| (place, code.to_owned())));
    }

    fn october(&mut self) {
        let (first, second) = (self.closed(), self.closed());
        self.places.extend([("closed", first), ("objected", second)]);
    }

    fn november(&mut self) {
        let stage = &self.stage;
        let accepted = self.taken();
        stage.orders("agent", &accepted, "urge", &json!({ "text": self.says("请快一点") }));
        let consulting = self.taken();
        let asked = json!({ "units": ["wuye", "jd-ql1"], "text": self.says("职责不清，请会商") });
        stage.orders("dispatcher", &consulting, "consult", &asked);
        let (sent, replied, surveying) = (self.sent(), self.replied(), self.passed());
        let disputed = self.sent();
        stage.works(
            "handler",
            &disputed,
            "dispute",
            &json!({ "reason": self.says("不属于本科"), "grounds": self.says("三定方案") }),
        );
        let ledger = self.handled();
        stage.orders(
            "unit_head",
            &ledger,
            "ledger",
            &json!({ "grounds": self.says("需动用维修资金"),
            "plan": self.says("明年一季度更换"), "promised_at": "2027-03-01" }),
        );
        let yes = json!({ "approve": true, "reason": self.says("同意") });
        stage.orders("reviewer", &ledger, "ledger/decide", &yes);
        let bad = self.passed();
        stage.orders(
            "surveyor",
            &bad,
            "survey",
            &json!({ "outcome": "reached", "contacted": "yes",
            "solved": "unsolved", "satisfied": "dissatisfied", "comment": self.says("没修好") }),
        );
        let told = self.answered_upstream();
        stage.rings("call-1", &phone());
        let at = stage.now();
        stage.posts(
            "agent",
            "/calls",
            &json!({ "call_id": "call-2", "event": "missed", "at": at, "phone": phone(),
            "queue": self.calls_it("夜间") }),
        );
        self.places.extend([
            ("accepted", accepted),
            ("consulting", consulting),
            ("sent", sent),
            ("replied", replied),
            ("surveying", surveying),
            ("disputed", disputed),
            ("ledger", ledger),
            ("bad", bad),
            ("upstream", told),
            ("call", "call-1".to_owned()),
        ]);
        let handled = self.busy();
        self.places.insert("handled", handled);
        self.citizens();
    }

    /// One ticket with nearly all that can be said about one.
    fn busy(&self) -> String {
        let (stage, no) = (&self.stage, self.handled());
        let text = |text: &str| json!({ "text": self.says(text) });
        stage.orders("agent", &no, "urge", &text("又过了一天"));
        stage.orders(
            "dispatcher",
            &no,
            "note",
            &json!({ "text": self.says("请注意时限"), "public": true }),
        );
        stage.works("handler", &no, "progress", &text("配件在途"));
        stage.orders(
            "reviewer",
            &no,
            "supervise",
            &json!({ "step": "supervise", "text": self.says("三日内办结") }),
        );
        stage.orders("unit_head", &no, "supervise/1/answer", &text("明日办结"));
        stage.orders(
            "leader",
            &no,
            "supervise",
            &json!({ "step": "urge", "text": self.says("抓紧") }),
        );
        let flag = json!({ "flag": "phone_dead", "unit": "wuye", "text": self.says("电话打不通") });
        stage.orders("agent", &no, "flag", &flag);
        let extend =
            json!({ "until": "2026-11-12", "grounds": self.says("等配件"), "caller_told": true });
        self.owning_up("handler", &format!("/assignments/{no}-1/extend"), extend);
        let assist = format!("/assignments/{no}-2");
        stage.posts("ql1_handler", &format!("{assist}/sign"), &json!({}));
        stage.posts(
            "ql1_handler",
            &format!("{assist}/contact"),
            &json!({ "outcome": "no_answer", "text": self.says("无人接听") }),
        );
        stage.posts("ql1_handler", &format!("{assist}/reply"), &text("街道已到场核实"));
        let bearer = format!("Bearer {}", stage.token("handler"));
        let name = self.says("现场.jpg").replace('"', "");
        for kind in ["before", "after"] {
            let photo = phone_photo(1);
            let sent =
                attach(stage.server.address, &bearer, &no, (kind, &name, photo.as_slice()), &[]);
            assert_eq!(sent.unwrap().status, 201);
        }
        no
    }

    /// What the city's platform gave us and what it is owed.
    fn answered_upstream(&self) -> String {
        let stage = &self.stage;
        let machine = json!({ "name": "city12345", "roles": ["platform"], "machine": true });
        stage.posts("secadmin", "/users", &machine);
        let key = json!({ "label": self.calls_it("平台"), "scopes": ["tickets:write"] });
        let made = stage.posts("secadmin", "/users/city12345/keys", &key);
        stage.lend("city12345", made["key"].as_str().unwrap());
        let mut given = self.draft(&phone());
        given["channel"] = "platform".into();
        given["dispatch"] = "hold".into();
        given["upstream"] = json!({ "no": "GD-77", "received_at": stage.now() });
        let no = stage.posts("city12345", "/tickets", &given)["no"].as_str().unwrap().to_owned();
        let text = self.says("已告知：请拨打物业服务热线。");
        self.owning_up("agent", &format!("/tickets/{no}/answer"), json!({ "text": text }));
        no
    }

    /// Somebody who came by the citizens' page, with a photo, and follows it.
    fn citizens(&mut self) {
        let (own, words) = (phone(), |text: &str| self.says(text));
        let fields = [
            ("key", "k-1".to_owned()),
            ("kind", "complaint".to_owned()),
            ("matter.content", words("电梯停运三天。")),
            ("place.address", words("清岚大街2号院")),
            ("caller.name", self.calls_it("李女士")),
            ("caller.phone", own.clone()),
        ];
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let photo = phone_photo(1);
        let body = form(&fields, &[("家.jpg", photo.as_slice())]);
        let from_here = [("Sec-Fetch-Site", "same-origin")];
        let reply = send_form(self.stage.server.address, "/c/new", &body, &from_here).unwrap();
        let page = String::from_utf8_lossy(&reply.body).into_owned();
        assert_eq!(reply.status, 201, "{page}");
        let given = |name: &str| {
            let rest =
                page.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("a hidden field");
            rest.split('"').next().unwrap_or_default().to_owned()
        };
        let (no, code, tail) = (given("no"), given("code"), given("phone_tail"));
        let said = json!({ "no": no, "code": code, "phone_tail": tail, "text": words("今天又困住一个人") });
        let answer = self.stage.server.ask("POST", "/api/v1/public/facts", &[], &said.to_string());
        assert!(answer.status < 300, "{answer:?}");
        self.places.extend([("own", no), ("code", code), ("tail", tail)]);
    }
}
