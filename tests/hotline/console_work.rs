//! The working pages: a unit's desk, the ticket page of a dispatcher and of a lead, surveys one after the other,
//! missed calls, kept searches, the knowledge base, what the city's platform is owed.

use std::collections::BTreeMap;

use jiesu::identity::Pass;
use serde_json::{Value, json};

use crate::support::badges;
use crate::support::city::{City, draft, draft_with};
use crate::support::form::attach;
use crate::support::photo::phone_photo;
use crate::support::server::{Answer, Server};

/// The small city behind a server, with a browser for everyone.
pub struct Office {
    pub server: Server,
    pub city: City,
    tokens: BTreeMap<String, String>,
}

pub const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

impl Office {
    pub fn open() -> Self {
        let server = Server::start(&[]);
        let city = City::served(&server);
        let people = city.people().map(|person| person.actor);
        let tokens = badges::issue(&server.app, people);
        Self { server, city, tokens }
    }

    /// What the browser of `name` sends.
    pub fn cookie(&self, name: &str) -> String {
        let user = self.city.person(name).actor.user;
        let tokens = &self.server.app.gate.tokens;
        let token = tokens.issue(Pass::Console, (user, user, 0), self.city.now(), 600).unwrap();
        format!("jiesu={token}")
    }

    /// The page at `path` as `name` sees it.
    pub fn page(&self, name: &str, path: &str) -> Answer {
        self.server.ask("GET", path, &[("Cookie", &self.cookie(name))], "")
    }

    /// The same, which there is.
    pub fn shown(&self, name: &str, path: &str) -> String {
        let page = self.page(name, path);
        assert_eq!(page.status, 200, "{name} {path}: {page:?}");
        assert!(!page.body.contains("<script>alert") && !page.body.contains("<img src=x"));
        page.body
    }

    pub fn get(&self, name: &str, path: &str) -> Answer {
        let bearer = format!("Bearer {}", self.tokens[name]);
        self.server.ask("GET", path, &[("Authorization", &bearer)], "")
    }

    pub fn post(&self, name: &str, path: &str, body: &Value) -> Answer {
        let bearer = format!("Bearer {}", self.tokens[name]);
        self.server.ask("POST", path, &[("Authorization", &bearer)], &body.to_string())
    }

    pub fn put(&self, name: &str, path: &str, body: &Value) -> Answer {
        let bearer = format!("Bearer {}", self.tokens[name]);
        self.server.ask("PUT", path, &[("Authorization", &bearer)], &body.to_string())
    }
}

/// Whether `page` has a box to tick for the assignment `id`.
fn has_box(page: &str, id: &str) -> bool {
    page.contains(&format!("name=\"target\" value=\"{id}\""))
}

#[test]
fn a_clerk_sees_what_is_to_be_signed_and_signs_it_at_once() {
    let office = Office::open();
    let city = &office.city;
    let (first, second) = (city.sent_to("weixiu"), city.sent_to("weixiu"));
    let others = city.sent_to("wuye");
    let targets = [format!("{first}-1"), format!("{second}-1")];
    let page = office.shown("handler@weixiu", "/work");
    assert!(targets.iter().all(|id| has_box(&page, id)), "{page}");
    assert!(!page.contains(&others) && page.contains("data-batch=\"sign\""));
    let batch = |dry: bool| {
        let body = json!({ "command": "sign", "targets": targets, "body": {}, "dry_run": dry });
        office.post("handler@weixiu", "/api/v1/batch", &body).json()
    };
    assert_eq!(batch(true)["done"], 2);
    assert!(has_box(&office.shown("handler@weixiu", "/work"), &targets[0]), "only tried");
    assert_eq!(batch(false)["done"], 2);
    let page = office.shown("handler@weixiu", "/work");
    assert!(!targets.iter().any(|id| has_box(&page, id)) && page.contains(&first));
    assert!(page.contains("没有待签收的工单"));
}

#[test]
fn work_is_for_units_each_its_own_and_what_lapses_next_stands_first() {
    let office = Office::open();
    let city = &office.city;
    let slow = city.handled_by("weixiu");
    let urgent = draft_with(&json!({ "matter": { "urgency": "urgent_utility" } }));
    let quick = city.agent().registers(urgent);
    city.dispatcher().does(&quick, "dispatch", json!({ "lead": "weixiu" }));
    city.works(&quick, "weixiu", 1);
    let items = office.get("handler@weixiu", "/api/v1/work").json()["items"].clone();
    let order: Vec<&str> =
        items.as_array().unwrap().iter().map(|it| it["no"].as_str().unwrap()).collect();
    assert_eq!(order, [quick.as_str(), slow.as_str()], "{items}");
    assert_eq!(items[0]["next"]["clock"], "handle");
    assert_eq!(items[0]["part"]["id"], format!("{quick}-1"));
    for name in ["agent", "dispatcher", "reviewer", "surveyor", "assessor", "leader", "sysadmin"] {
        assert_eq!(office.page(name, "/work").status, 403, "{name}");
        assert_eq!(office.get(name, "/api/v1/work").status, 403, "{name}");
        assert!(!office.shown(name, "/").contains("href=\"&#x2f;work\""), "{name}");
    }
    assert!(!office.shown("handler@wuye", "/work").contains(&quick));
    let text = items.to_string();
    assert!(!text.contains("13900000001") && !text.contains("张三"), "{text}");
}

#[test]
fn a_head_sees_what_waits_for_endorsement_and_a_handler_does_not() {
    let office = Office::open();
    let city = &office.city;
    let no = city.handled_by("weixiu");
    let ask = json!({ "until": "2026-11-12", "grounds": HOSTILE, "caller_told": true });
    city.handler("weixiu").works(&no, 1, "extend", ask);
    let id = format!("{no}-1");
    let page = office.shown("unit_head@weixiu", "/work");
    assert!(
        has_box(&page, &id) && page.contains("11月12日") && page.contains("申请延期"),
        "{page}"
    );
    assert!(!has_box(&office.shown("handler@weixiu", "/work"), &id));
    let yes = json!({ "command": "endorse", "targets": [id], "dry_run": false,
        "body": { "request": "extend", "approve": true } });
    assert_eq!(office.post("unit_head@weixiu", "/api/v1/batch", &yes).json()["done"], 1);
    assert!(!has_box(&office.shown("unit_head@weixiu", "/work"), &id));
}

#[test]
fn a_request_to_leave_the_assessment_waits_for_the_head_after_the_ticket_is_closed() {
    let office = Office::open();
    let city = &office.city;
    let no = city.closed("weixiu");
    let ask = json!({ "reason": "force_majeure", "evidence": "台风停工令" });
    city.handler("weixiu").does(&no, "exclude", ask);
    let items = office.get("unit_head@weixiu", "/api/v1/work").json()["items"].clone();
    assert_eq!(items[0]["requests"][0]["request"], "exclude", "{items}");
    assert!(office.shown("unit_head@weixiu", "/work").contains("台风停工令"));
    assert_eq!(office.get("handler@weixiu", "/api/v1/work").json()["items"], json!([]));
}

#[test]
fn beside_the_lead_s_reply_stands_what_the_assists_answered() {
    let office = Office::open();
    let city = &office.city;
    let no = city.taken();
    let to = json!({ "lead": "weixiu", "assists": ["jiedao"] });
    city.dispatcher().does(&no, "dispatch", to);
    city.works(&no, "weixiu", 1);
    city.works(&no, "jiedao", 2);
    city.handler("jiedao").works(&no, 2, "reply", json!({ "text": "街道已到场核实" }));
    let page = office.shown("handler@weixiu", &format!("/tickets/{no}"));
    let form = page.split("class=\"assist\"").nth(1).expect("beside the reply");
    let before_text = form.split("name=\"text\"").next().unwrap();
    assert!(before_text.contains("街道已到场核实") && before_text.contains("data-quote"));
    assert!(page.contains("data-canned") && page.contains("data-doubt=\"formula\""), "{page}");
    assert!(!page.contains("data-advice"), "who dispatches gets suggestions");
    let waiting = office.shown("handler@weixiu", "/work");
    assert!(waiting.contains("1 份协办答复待采纳"), "{waiting}");
}

#[test]
fn a_dispatcher_s_page_asks_for_suggestions_and_merges_in_one_stroke() {
    let office = Office::open();
    let city = &office.city;
    let (no, other) = (city.taken(), city.taken());
    let page = office.shown("dispatcher", &format!("/tickets/{no}"));
    assert!(page.contains("data-advice") && page.contains("data-state=\"accepted\""), "{page}");
    assert!(!office.shown("leader", &format!("/tickets/{no}")).contains("data-advice"));
    let merged = office.post(
        "dispatcher",
        &format!("/api/v1/tickets/{other}/merge"),
        &json!({ "into": no }),
    );
    assert_eq!(merged.status, 200, "{merged:?}");
    assert!(!office.shown("dispatcher", &format!("/tickets/{other}")).contains("data-advice"));
}

#[test]
fn files_are_brought_by_whoever_may_and_photos_are_shown() {
    let office = Office::open();
    let city = &office.city;
    let no = city.handled_by("weixiu");
    let path = format!("/tickets/{no}");
    assert!(office.shown("handler@weixiu", &path).contains("data-upload="));
    let bearer = format!("Bearer {}", office.tokens["handler@weixiu"]);
    let photo = phone_photo(1);
    let sent =
        attach(office.server.address, &bearer, &no, ("before", "现场.jpg", photo.as_slice()), &[]);
    assert_eq!(sent.unwrap().status, 201);
    let page = office.shown("reviewer", &path);
    assert!(page.contains("<img src=\"/api/v1/attachments/"), "{page}");
    assert!(page.contains("整改前") && page.contains("现场.jpg"));
}

#[test]
fn surveys_come_one_after_the_other_the_citizen_s_words_first() {
    let office = Office::open();
    let city = &office.city;
    let (first, second) = (city.passed("weixiu"), city.passed("weixiu"));
    let page = office.shown("surveyor", "/survey");
    assert!(office.shown("surveyor", "/").contains(&first), "the first page lists them too");
    assert!(page.contains("2</strong> 件") && page.contains(&first), "{page}");
    assert!(page.find("诉求人的话").unwrap() < page.find("单位的答复").unwrap());
    assert!(
        page.contains(&format!("data-then=\"&#x2f;survey?no={second}&amp;call={first}\"")),
        "the same caller"
    );
    assert!(!page.contains("13900000001"));
    assert!(office.shown("surveyor", &format!("/survey?after={first}")).contains(&second));
    let nobody = json!({ "outcome": "no_answer" });
    let path = format!("/api/v1/tickets/{first}/survey");
    assert_eq!(office.post("surveyor", &path, &nobody).status, 200);
    let page = office.shown("surveyor", "/survey");
    assert!(!page.contains(&first) && page.contains(&second), "not twice in an hour");
    city.surveyor().does(&second, "survey", crate::support::city::good());
    assert!(office.shown("surveyor", "/survey").contains("现在没有可以回访的工单"));
    for name in ["agent", "handler@weixiu", "reviewer", "leader", "sysadmin"] {
        assert_eq!(office.page(name, "/survey").status, 403, "{name}");
        assert_eq!(office.get(name, "/api/v1/surveys/due").status, 403, "{name}");
    }
}

#[test]
fn missed_calls_are_listed_masked_and_called_back_with_one_key() {
    let office = Office::open();
    let at = office.city.now().to_string();
    for (event, phone) in [("ring", Some("13900000077")), ("missed", None)] {
        let told = json!({ "call_id": "m-1", "event": event, "at": at, "phone": phone });
        assert_eq!(office.post("agent", "/api/v1/calls", &told).status, 200);
    }
    let page = office.shown("agent", "/calls");
    assert!(
        page.contains("calls&#x2f;m-1&#x2f;called-back") || page.contains("calls/m-1"),
        "{page}"
    );
    assert!(!page.contains("13900000077") && page.contains("data-act"));
    assert!(!office.shown("reviewer", "/calls").contains("data-act"), "who does not call back");
    let reached = json!({ "outcome": "reached" });
    assert_eq!(office.post("agent", "/api/v1/calls/m-1/called-back", &reached).status, 200);
    assert!(office.shown("agent", "/calls").contains("没有待回拨的未接来电"));
    assert!(office.shown("agent", "/calls?all=true").contains("已回拨接通"));
    for name in ["dispatcher", "handler@weixiu", "surveyor", "sysadmin"] {
        assert_eq!(office.page(name, "/calls").status, 403, "{name}");
    }
}

#[test]
fn a_call_that_needs_no_ticket_is_settled_with_one_key() {
    let office = Office::open();
    let at = office.city.now().to_string();
    let told = json!({ "call_id": "n-1", "event": "missed", "at": at, "phone": "13900000078" });
    assert_eq!(office.post("agent", "/api/v1/calls", &told).status, 200);
    let page = office.shown("agent", "/desk?call_id=n-1");
    assert!(page.contains("name=\"call.call_id\" value=\"n-1\""), "{page}");
    assert!(page.contains("无声电话") && page.contains("打错电话") && page.contains("骚扰电话"));
    assert!(!office.shown("agent", "/desk").contains("无声电话"), "without a call");
    let path = "/api/v1/calls/n-1/no-ticket";
    assert_eq!(office.post("handler@weixiu", path, &json!({ "why": "silent" })).status, 403);
    assert_eq!(office.post("agent", path, &json!({ "why": "other" })).status, 422);
    let done = office.post("agent", path, &json!({ "why": "silent" }));
    assert_eq!((done.status, &done.json()["no_ticket_by"]), (200, &json!("agent")));
    let again = office.post("agent", path, &json!({ "why": "prank" }));
    assert_eq!((again.status, &again.json()["code"]), (409, &json!("calls.no_ticket")));
    assert!(office.shown("agent", "/calls").contains("没有待回拨的未接来电"));
    assert_eq!(office.post("agent", "/api/v1/calls/none/no-ticket", &told).status, 404);
}

#[test]
fn a_supervision_is_answered_on_the_page_of_whom_it_addresses() {
    let office = Office::open();
    let city = &office.city;
    let no = city.handled_by("weixiu");
    city.reviewer().does(&no, "supervise", json!({ "step": "supervise", "text": "三日内办结" }));
    let page = office.shown("unit_head@weixiu", &format!("/tickets/{no}"));
    let address = format!("/api/v1/tickets/{no}/supervise/1/answer");
    assert!(
        page.replace("&#x2f;", "/").contains(&address) && page.contains("三日内办结"),
        "{page}"
    );
    let sides =
        |who: &str| office.get(who, &format!("/api/v1/tickets/{no}")).json()["sides"].clone();
    assert_eq!(sides("unit_head@weixiu")[0]["allowed"][0]["path"], "supervise/1/answer");
    assert_eq!(sides("reviewer")[0]["allowed"][0]["path"], "supervise/1/close");
    assert_eq!((sides("handler@weixiu"), sides("agent")), (Value::Null, Value::Null));
    let answered = office.post("unit_head@weixiu", &address, &json!({ "text": "明日办结" }));
    assert_eq!(answered.status, 200, "{answered:?}");
}

#[test]
fn a_search_is_kept_found_again_and_leaves_as_a_sheet() {
    let office = Office::open();
    let hostile = draft_with(&json!({ "matter": { "title": HOSTILE } }));
    office.city.agent().registers(hostile);
    let kept = json!({ "name": "<script>alert(1)</script>", "q": "电梯" });
    assert_eq!(office.post("dispatcher", "/api/v1/searches", &kept).status, 201);
    let page = office.shown("dispatcher", "/search?q=%E7%94%B5%E6%A2%AF");
    assert!(
        page.contains("我的常用检索")
            && page.contains("search.csv?q=")
            && page.contains("search.xlsx?q=")
    );
    assert!(!office.shown("agent", "/search").contains("我的常用检索"), "one's own");
    for (name, has) in [("reviewer", true), ("agent", true), ("surveyor", false)] {
        let page = office.shown(name, "/search");
        assert_eq!(page.contains("form=\"bulk\""), has, "{name}");
        assert_eq!(page.contains("value=\"supervise\""), name == "reviewer", "{name}");
    }
}

#[test]
fn an_article_is_found_read_and_published_by_those_who_may() {
    let office = Office::open();
    let body = json!({ "title": HOSTILE, "body": HOSTILE, "questions": ["电梯坏了找谁"],
        "categories": ["wy.dt"], "owner": "wuye" });
    let made = office.post("handler@wuye", "/api/v1/articles", &body);
    assert_eq!(made.status, 201, "{made:?}");
    let code = made.json()["code"].as_str().unwrap().to_owned();
    let path = format!("/articles/{code}");
    assert_eq!(office.page("agent", &path).status, 404, "a draft");
    let own = office.shown("handler@wuye", &path);
    assert!(own.contains("data-method=\"PUT\"") && !own.contains("publish\""), "{own}");
    assert!(own.contains("data-code=\"wuye\"") && own.contains("data-codes=\"wy.dt\""), "{own}");
    assert!(office.shown("reviewer", &path).contains("data-key=\"p\""));
    let live = office.post("reviewer", &format!("/api/v1{path}/publish"), &json!({}));
    assert_eq!(live.status, 200, "{live:?}");
    let read = office.shown("agent", &path);
    assert!(!read.contains("data-call=\"&#x2f;api&#x2f;v1&#x2f;articles"), "{read}");
    assert!(
        office.shown("agent", "/articles?q=%E7%94%B5%E6%A2%AF%E5%9D%8F%E4%BA%86").contains(&code)
    );
    for name in ["agent", "leader", "sysadmin", "auditor"] {
        office.shown(name, "/articles");
        office.shown(name, "/articles/gaps");
        assert_eq!(office.page(name, "/articles/new").status, 403, "{name}");
    }
    office.shown("handler@wuye", "/articles/new?title=%3Cscript%3Ealert(1)%3C%2Fscript%3E");
    assert_eq!(office.page("handler@hongda", "/articles/gaps").status, 403, "a company");
}

#[test]
fn what_the_platform_is_owed_is_copied_in_its_own_order_and_settled() {
    let office = Office::open();
    let city = &office.city;
    let at = city.now().to_string();
    let given = draft_with(&json!({ "channel": "platform", "dispatch": "hold",
        "upstream": { "no": "GD-77", "received_at": at } }));
    let no = city.person("platform").registers(given);
    city.agent().does(&no, "answer", json!({ "text": "已告知：请拨打物业服务热线。" }));
    let page = office.shown("reviewer", "/upstream");
    assert!(page.contains("GD-77") && page.contains("data-copy"), "{page}");
    assert!(page.contains("by-hand") && page.contains("已告知：请拨打物业服务热线。"));
    assert!(!office.shown("leader", "/upstream").contains("by-hand"), "who only reads");
    let items = office.get("reviewer", "/api/v1/upstream/backfills").json()["items"].clone();
    let id = items[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/upstream/backfills/{id}");
    let fields = office.get("leader", &path).json()["fields"].clone();
    assert!(fields.as_array().unwrap().len() > 10, "{fields}");
    for one in items.as_array().unwrap() {
        let id = one["id"].as_str().unwrap();
        let done = format!("/api/v1/upstream/backfills/{id}/by-hand");
        assert!([200, 409].contains(&office.post("reviewer", &done, &json!({})).status));
    }
    assert!(office.shown("reviewer", "/upstream").contains("没有待回填的答复"));
    assert_eq!(office.get("reviewer", "/api/v1/upstream/backfills/none").status, 404);
    for name in ["agent", "handler@weixiu", "surveyor", "sysadmin"] {
        assert_eq!(office.page(name, "/upstream").status, 403, "{name}");
        assert_eq!(office.get(name, &path).status, 403, "{name}");
    }
}

#[test]
fn a_caller_s_words_are_text_on_every_working_page() {
    let office = Office::open();
    let city = &office.city;
    let mut hostile = draft();
    hostile["matter"]["title"] = HOSTILE.into();
    hostile["matter"]["content"] = HOSTILE.into();
    let no = city.agent().registers(hostile);
    city.dispatcher().does(&no, "dispatch", json!({ "lead": "weixiu" }));
    office.shown("handler@weixiu", "/work");
    city.works(&no, "weixiu", 1);
    city.handler("weixiu").does(&no, "reply", json!({ "text": "已更换门机并试运行，恢复正常。" }));
    city.reviewer().does(&no, "review", json!({ "pass": true }));
    let page = office.shown("surveyor", "/survey");
    assert!(page.contains("&lt;script&gt;"), "{page}");
}
