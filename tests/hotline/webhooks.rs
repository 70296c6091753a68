//! Webhooks: what another program is told of, how it knows that it was us, and what it is never told.

mod hostile;
mod peace;
pub mod receiver;
mod undone;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::TimeDelta;
use diesel::{QueryDsl, RunQueryDsl};
use jiesu::db::schema::webhook_delivery;
use jiesu::directory::Cached;
use jiesu::jobs::{Bell, Crew};
use jiesu::lifecycle::{Hotline, RuleBook};
use jiesu::notify::webhook::{self, Deliverer};
use jiesu::ticket::command::CommandName;
use jiesu::worker::crew;
use receiver::{Heard, Receiver};
use serde_json::{Value, json};

use crate::support::badges;
use crate::support::city::{City, draft_with, good};
use crate::support::databases::{TestDb, on_each_database};
use crate::support::desk::{Desk, dispatch_to, dispatcher};
use crate::support::server::{Answer, Server};

/// A server that may call this machine, the city in it, and a token for everyone.
struct House {
    server: Server,
    city: City,
    tokens: BTreeMap<String, String>,
}

impl House {
    fn open(test: &TestDb, allow: &str) -> Self {
        let keys = [("JIESU_DATABASE__URL", test.url.as_str()), ("JIESU_OUTWARD__ALLOW", allow)];
        let server = Server::start(&keys);
        let city = City::served(&server);
        let tokens = badges::issue(&server.app, city.people().map(|person| person.actor));
        Self { server, city, tokens }
    }

    fn ask(&self, who: &str, method: &str, path: &str, body: &Value) -> Answer {
        let bearer = format!("Bearer {}", self.tokens[who]);
        let body = if method == "GET" { String::new() } else { body.to_string() };
        let path = format!("/api/v1{path}");
        self.server.ask(method, &path, &[("Authorization", &bearer)], &body)
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("sysadmin", "POST", path, body)
    }

    fn get(&self, path: &str) -> Value {
        let answer = self.ask("sysadmin", "GET", path, &json!({}));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// An endpoint at `receiver` for `more`; its id and secret.
    fn listens(&self, receiver: &Receiver, more: &Value) -> (String, String) {
        let mut body = json!({ "url": receiver.url() });
        jiesu::ticket::event::apply(&mut body, more);
        let answer = self.post("/webhooks", &body);
        assert_eq!(answer.status, 201, "{answer:?}");
        let text = |name: &str| answer.json()[name].as_str().unwrap().to_owned();
        (text("id"), text("secret"))
    }

    /// Lets the minute go by in which an intake can be undone, and does all later work that is due.
    fn work(&self) {
        self.server.clock.forward(TimeDelta::minutes(1));
        crew(&self.server.app, &Bell::default()).drain().unwrap();
    }

    fn deliveries(&self, id: &str) -> Vec<Value> {
        self.get(&format!("/webhooks/{id}/deliveries"))["items"].as_array().unwrap().clone()
    }

    fn trail(&self, action: &str) -> Vec<Value> {
        let answer = self.ask("auditor", "GET", &format!("/audit?action={action}"), &json!({}));
        answer.json()["items"].as_array().unwrap().clone()
    }
}

fn events(heard: &[Heard]) -> Vec<String> {
    let mut sorted: Vec<&Heard> = heard.iter().collect();
    sorted.sort_by_key(|it| (it.json()["data"]["version"].as_i64(), it.event()));
    sorted.into_iter().map(Heard::event).collect()
}

const LOCAL: &str = "127.0.0.0/8";

on_each_database! {
    fn a_receiver_is_told_of_a_tickets_life_in_codes_and_numbers_alone(test: &TestDb) {
        let (house, receiver) = (House::open(test, LOCAL), Receiver::new());
        let (_, secret) = house.listens(&receiver, &json!({}));
        let city = &house.city;
        let no = city.agent().registers(draft_with(&json!({ "kind": "complaint" })));
        city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye", "assists": ["weixiu"] }));
        city.works(&no, "wuye", 1);
        city.agent().does(&no, "urge", json!({ "text": "张三又来电催办" }));
        let reply = json!({ "text": "已修好", "assists_summary": "协办未完" });
        city.handler("wuye").does(&no, "reply", reply);
        city.reviewer().does(&no, "review", json!({ "pass": true }));
        city.surveyor().does(&no, "survey", good());
        house.work();
        let heard = receiver.heard();
        let expected = ["ticket.registered", "ticket.dispatched", "ticket.dispatched", "ticket.urged",
            "ticket.replied", "ticket.surveying", "ticket.closed"];
        assert_eq!(events(&heard), expected);
        let mut ids = BTreeSet::new();
        for one in &heard {
            assert_eq!(one.signed_by(&secret), 1, "{one:?}");
            assert!(ids.insert(one.header("webhook-id").to_owned()));
            let seconds = (city.now().millis() / 1_000).to_string();
            assert_eq!(one.header("webhook-timestamp"), seconds);
            let (whole, allowed) = (one.json(), ["no", "version", "state", "kind", "urgency", "lead",
                "assignment", "unit", "role", "limit", "due_at"]);
            let names: BTreeSet<&str> = whole.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(names, BTreeSet::from(["data", "timestamp", "type"]));
            let data = whole["data"].as_object().unwrap();
            assert!(data.keys().all(|name| allowed.contains(&name.as_str())), "{data:?}");
            for secret in ["张三", "13900000001", "电梯", "已修好", "催办"] {
                assert!(!one.body.contains(secret), "{secret} in {}", one.body);
            }
            let mut changed = one.clone();
            changed.body = one.body.replace("complaint", "help");
            assert_eq!(changed.signed_by(&secret), 0, "a changed body");
        }
        let sent = heard.iter().find(|it| it.event() == "ticket.dispatched").unwrap().json();
        assert_eq!(sent["data"]["lead"], "wuye");
        assert_eq!(sent["data"]["no"], no);
    }

    fn limits_are_told_of_and_a_unit_hears_only_what_its_handlers_see(test: &TestDb) {
        let house = House::open(test, LOCAL);
        let (own, other, company, few) =
            (Receiver::new(), Receiver::new(), Receiver::new(), Receiver::new());
        house.listens(&own, &json!({ "unit": "wuye" }));
        house.listens(&other, &json!({ "unit": "chengguan" }));
        house.listens(&company, &json!({ "unit": "hongda" }));
        house.listens(&few, &json!({ "events": ["limit.overdue"] }));
        let city = &house.city;
        let no = city.agent().registers(draft_with(&json!({ "kind": "complaint" })));
        let sent = json!({ "lead": "wuye", "assists": ["hongda"] });
        city.dispatcher().does(&no, "dispatch", sent);
        city.days(20);
        house.work();
        assert!(other.heard().is_empty());
        let own = own.heard();
        assert_eq!(own.iter().filter(|it| it.event() == "ticket.registered").count(), 0);
        let overdue = |heard: &[Heard]| -> BTreeSet<String> {
            let late = heard.iter().filter(|it| it.event() == "limit.overdue");
            late.map(|it| it.json()["data"]["limit"].as_str().unwrap().to_owned()).collect()
        };
        assert!(overdue(&own).contains("contact/1") && overdue(&own).contains("overall"));
        let company = overdue(&company.heard());
        assert!(company.contains("handle/2"), "{company:?}");
        let contact = company.iter().any(|limit| limit.starts_with("contact/"));
        assert!(!contact, "a handling copy has no contact clock: {company:?}");
        let few = few.heard();
        assert_eq!(overdue(&few).len(), few.len());
        let due = few[0].json()["data"]["due_at"].as_str().unwrap().to_owned();
        assert!(due.ends_with("+08:00"), "{due}");
    }

    fn a_receiver_that_is_away_is_tried_fourteen_times_and_a_replay_is_the_same_message(test: &TestDb) {
        let (house, receiver) = (House::open(test, LOCAL), Receiver::new());
        let one = json!({ "events": ["ticket.registered"] });
        let (id, secret) = house.listens(&receiver, &one);
        receiver.will_say(&["500 Broken\r\nContent-Length: 9\r\n\r\nsome why!"; 14]);
        house.city.taken();
        let mut tries = Vec::new();
        for _ in 0..60 {
            house.work();
            tries.extend(receiver.heard());
            house.server.clock.forward(TimeDelta::minutes(13));
        }
        assert_eq!(tries.len(), 14);
        let delivery = house.deliveries(&id).remove(0);
        assert_eq!((&delivery["state"], &delivery["tries"]), (&json!("dead"), &json!(14)));
        assert_eq!((&delivery["status"], &delivery["why"]), (&json!(500), &json!("outward.later")));
        assert_eq!(delivery["answer"], "some why!");
        let message = delivery["id"].as_str().unwrap();
        assert!(tries.iter().all(|it| it.header("webhook-id") == message));
        assert!(tries.iter().all(|it| it.body == tries[0].body && it.signed_by(&secret) == 1));
        let times: BTreeSet<&str> = tries.iter().map(|it| it.header("webhook-timestamp")).collect();
        assert_eq!(times.len(), 14, "each try is signed anew");
        let replay = format!("/webhooks/{id}/deliveries/{message}/replay");
        assert_eq!(house.post(&replay, &json!({})).status, 200);
        assert_eq!(house.post(&replay, &json!({})).json()["code"], "webhook.waiting");
        house.work();
        let again = receiver.heard();
        assert_eq!((again.len(), &again[0].body), (1, &tries[0].body));
        assert_eq!(again[0].header("webhook-id"), message);
        let delivery = house.deliveries(&id).remove(0);
        assert_eq!((&delivery["state"], &delivery["status"]), (&json!("delivered"), &json!(204)));
        assert!(house.get(&format!("/webhooks/{id}"))["failing_since"].is_null());
        let absent = house.post(&format!("/webhooks/{id}/deliveries/msg_5/replay"), &json!({}));
        assert_eq!(absent.status, 404);
    }

    fn who_says_gone_or_fails_for_days_is_disabled_and_the_auditor_reads_it(test: &TestDb) {
        let (house, gone, failing) = (House::open(test, LOCAL), Receiver::new(), Receiver::new());
        let (first, _) = house.listens(&gone, &json!({}));
        let (second, _) = house.listens(&failing, &json!({}));
        gone.will_say(&["410 Gone"]);
        failing.will_say(&["503 Away"; 200]);
        house.city.taken();
        house.work();
        let endpoint = house.get(&format!("/webhooks/{first}"));
        assert_eq!((&endpoint["enabled"], &endpoint["disabled_why"]), (&json!(false), &json!("webhook.gone")));
        house.city.taken();
        house.work();
        assert_eq!(gone.heard().len(), 1, "nothing is written for it any more");
        for _ in 0..4 {
            house.city.days(1);
            house.city.taken();
            house.work();
        }
        let endpoint = house.get(&format!("/webhooks/{second}"));
        assert_eq!((&endpoint["enabled"], &endpoint["disabled_why"]), (&json!(false), &json!("webhook.failing")));
        let trail = house.trail("webhook.disable");
        let subjects: BTreeSet<&str> = trail.iter().map(|it| it["subject"].as_str().unwrap()).collect();
        assert_eq!(subjects, BTreeSet::from([first.as_str(), second.as_str()]));
        // Put right and enabled again, it hears what happens from now on.
        failing.heard();
        failing.will_say(&[]);
        let answer = house.ask("sysadmin", "PUT", &format!("/webhooks/{first}"), &json!({}));
        assert_eq!((answer.status, &answer.json()["enabled"]), (200, &json!(true)), "{answer:?}");
        gone.heard();
        house.city.taken();
        house.work();
        assert_eq!(gone.heard().len(), 1);
    }

    fn a_new_secret_signs_beside_the_old_one_for_a_day(test: &TestDb) {
        let (house, receiver) = (House::open(test, LOCAL), Receiver::new());
        let (id, old) = house.listens(&receiver, &json!({}));
        let rotated = house.post(&format!("/webhooks/{id}/rotate"), &json!({}));
        let new = rotated.json()["secret"].as_str().unwrap().to_owned();
        assert_ne!(old, new);
        let test_event = || {
            assert_eq!(house.post(&format!("/webhooks/{id}/test"), &json!({})).status, 200);
            house.work();
            receiver.heard().remove(0)
        };
        let heard = test_event();
        assert_eq!((heard.signed_by(&old), heard.signed_by(&new)), (1, 1));
        assert_eq!((heard.event(), &heard.json()["data"]), ("webhook.test".to_owned(), &json!({})));
        house.city.hours(24);
        let heard = test_event();
        assert_eq!((heard.signed_by(&old), heard.signed_by(&new)), (0, 1));
    }

    fn another_node_knows_an_endpoint_with_its_next_write(test: &TestDb) {
        let (house, receiver) = (House::open(test, LOCAL), Receiver::new());
        let app = &house.server.app;
        let rules = RuleBook::new(Cached::default(), "default");
        let hotline = Hotline { db: test.another_node(), keys: app.keys.clone(), rules };
        let node = Desk { hotline: Arc::new(hotline) };
        let told = || -> i64 {
            let count = |conn: &mut jiesu::db::Conn| Ok(webhook_delivery::table.count().get_result(conn)?);
            app.db.read(count).unwrap()
        };
        node.take("general");
        assert_eq!(told(), 0, "without webhooks nothing is written");
        let (id, _) = house.listens(&receiver, &json!({ "events": ["ticket.registered"] }));
        let no = node.take("general");
        assert_eq!(told(), 1);
        node.give(dispatcher(), &no, CommandName::Dispatch, dispatch_to("wuye")).unwrap();
        assert_eq!(told(), 1, "nobody listens to that");
        let off = json!({ "enabled": false });
        assert_eq!(house.ask("sysadmin", "PUT", &format!("/webhooks/{id}"), &off).status, 200);
        node.take("general");
        assert_eq!(told(), 1);
        // What was written before is not told to one that is disabled.
        house.server.clock.forward(TimeDelta::minutes(1));
        let deliverer = Deliverer::new(app.db.clone(), app.keys.clone(), app.outward.clone());
        let work = move |job: &jiesu::jobs::Job| deliverer.work(job.body()?);
        Crew::new(app.db.clone()).does(webhook::JOB, work).drain().unwrap();
        assert_eq!(receiver.heard().len(), 0);
        assert_eq!(house.deliveries(&id)[0]["why"], "webhook.disabled");
    }
}

#[test]
fn a_redirect_leads_nowhere_and_only_who_is_listed_is_called() {
    let (test, receiver) = (TestDb::sqlite(), Receiver::new());
    let house = House::open(&test, LOCAL);
    let (id, _) = house.listens(&receiver, &json!({}));
    let inside = Receiver::new();
    receiver.will_say(&[&format!(
        "302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        inside.url()
    )]);
    house.city.taken();
    house.work();
    assert!(inside.heard().is_empty());
    let delivery = house.deliveries(&id).remove(0);
    assert_eq!(
        (&delivery["state"], &delivery["why"]),
        (&json!("waiting"), &json!("outward.status"))
    );
    // Where only one name is listed, every other is refused when it is typed.
    let another = TestDb::sqlite();
    let public = House::open(&another, "hooks.cn");
    let url = json!({ "url": "http://hooks.cn/in" });
    assert_eq!(public.post("/webhooks", &url).status, 201);
    let elsewhere = public.post("/webhooks", &json!({ "url": "https://elsewhere.cn/in" }));
    assert_eq!(elsewhere.json()["errors"][0]["code"], "outward.address");
}

#[test]
fn a_thousand_hostile_addresses_are_refused_and_none_is_repeated() {
    let test = TestDb::sqlite();
    let house = House::open(&test, "public");
    let addresses = hostile::addresses();
    assert!(addresses.len() >= 1_000, "{}", addresses.len());
    for address in &addresses {
        let answer = house.post("/webhooks", &json!({ "url": address }));
        assert_eq!(answer.status, 422, "{address:?} {answer:?}");
        let error = &answer.json()["errors"][0];
        assert_eq!(error["pointer"], "/url");
        assert!(error["code"].as_str().unwrap().starts_with("outward."), "{address:?} {error}");
    }
    assert_eq!(house.get("/webhooks")["items"], json!([]));
    let good = house.post("/webhooks", &json!({ "url": "https://hooks.example.com/in?a=b" }));
    assert_eq!(good.status, 201, "{good:?}");
}

#[test]
fn a_secret_is_told_once_and_lies_nowhere_in_clear() {
    let test = TestDb::sqlite();
    let (house, receiver) = (House::open(&test, LOCAL), Receiver::new());
    let (id, secret) = house.listens(&receiver, &json!({}));
    house.city.taken();
    house.work();
    for path in
        ["/webhooks".to_owned(), format!("/webhooks/{id}"), format!("/webhooks/{id}/deliveries")]
    {
        let said = house.get(&path).to_string();
        assert!(
            !said.contains("whsec_") && !said.contains("t0ken") && !said.contains("/in"),
            "{said}"
        );
    }
    let shown = house.get(&format!("/webhooks/{id}"))["url"].as_str().unwrap().to_owned();
    assert_eq!(shown, format!("http://{}/***", receiver.address));
    let trail = json!(house.trail("webhook.add")).to_string();
    assert!(trail.contains("127.0.0.1") && !trail.contains("t0ken"), "{trail}");
    let file = test.url.strip_prefix("sqlite://").unwrap();
    for file in [file.to_owned(), format!("{file}-wal")] {
        let bytes = std::fs::read(file).unwrap();
        for clear in [&secret.as_bytes()[6..], b"t0ken-in-the-url"] {
            assert!(!bytes.windows(clear.len()).any(|part| part == clear));
        }
    }
    for who in ["secadmin", "auditor", "agent", "leader"] {
        assert_eq!(house.ask(who, "GET", "/webhooks", &json!({})).status, 403, "{who}");
        assert_eq!(
            house.ask(who, "POST", "/webhooks", &json!({ "url": receiver.url() })).status,
            403
        );
    }
}
