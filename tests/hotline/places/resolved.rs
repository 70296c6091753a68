//! What an agent is told of a place while the caller speaks, over HTTP.

use std::collections::BTreeMap;

use jiesu::directory::Entry;
use serde_json::{Value, json};

use crate::support::badges;
use crate::support::city::{City, draft_with};
use crate::support::desk::describe;
use crate::support::server::Server;

struct Office {
    server: Server,
    badges: BTreeMap<String, String>,
}

impl Office {
    fn open() -> (Self, String) {
        let server = Server::start(&[]);
        let city = City::served(&server);
        let directory = city.rules().directory.clone();
        for (code, name, doors) in
            [("yangguang", "阳光花园", "花家地南街2-18号双"), ("chunhui", "春晖里", "")]
        {
            let mut estate = directory.estate(&code.into()).unwrap().clone();
            name.clone_into(&mut estate.name);
            estate.addresses = vec![doors.to_owned()];
            estate.addresses.retain(|doors| !doors.is_empty());
            describe(&server.app.db, Entry::Estate(estate));
        }
        let badges = badges::issue(&server.app, city.people().map(|person| person.actor));
        let words = json!({"place": {"estate": null, "address": "花家地南街6号院3号楼501室"},
            "matter": {"title": "电梯停运", "content": "电梯频繁停运，老人只能爬楼梯"},
            "dispatch": "hold"});
        let no = city.agent().registers(draft_with(&words));
        (Self { server, badges }, no)
    }

    fn asks(&self, who: &str, (method, path): (&str, &str), body: &str) -> (u16, Value) {
        let badge = format!("Bearer {}", self.badges[who]);
        let headers = [("Authorization", badge.as_str()), ("Content-Type", "application/json")];
        let answer = self.server.ask(method, &format!("/api/v1{path}"), &headers, body);
        (answer.status, answer.json())
    }

    fn posts(&self, who: &str, path: &str, body: &Value) -> (u16, Value) {
        self.asks(who, ("POST", path), &body.to_string())
    }
}

#[test]
fn the_agent_types_what_the_caller_says_and_gets_the_estate_with_its_reason() {
    let (office, _) = Office::open();
    let said = json!({"text": "花家地南街６号院3号楼2单元501，电话13900000001"});
    let (status, told) = office.posts("agent", "/places/resolve", &said);
    assert_eq!(status, 200, "{told}");
    insta::assert_json_snapshot!(told);
    assert_eq!(office.posts("handler@wuye", "/places/resolve", &said).0, 403);
    assert_eq!(office.posts("agent", "/places/resolve", &json!({"text": ""})).0, 422);
    let elsewhere = json!({"text": "阳光花园", "region": "?"});
    let (status, told) = office.posts("dispatcher", "/places/resolve", &elsewhere);
    assert_eq!((status, &told["errors"][0]["pointer"]), (422, &json!("/region")));
}

#[test]
fn the_dispatcher_sees_the_queue_masked_and_settles_it_in_one_stroke() {
    let (office, no) = Office::open();
    let (status, queue) = office.asks("dispatcher", ("GET", "/places/queue"), "");
    assert_eq!(status, 200, "{queue}");
    let one = &queue["items"][0];
    assert_eq!((&one["no"], &one["address"]), (&json!(no), &json!("花家地南街***")));
    assert!(!queue.to_string().contains("501") && !queue.to_string().contains("3号楼"), "{queue}");
    let estate = &one["candidates"][0]["estate"]["code"];
    assert_eq!((estate, &one["candidates"][0]["certain"]), (&json!("yangguang"), &json!(true)));
    assert_eq!(office.asks("handler@wuye", ("GET", "/places/queue"), "").0, 403);
    let path = format!("/places/queue/{no}/settle");
    let (status, told) = office.posts("dispatcher", &path, &json!({ "estate": estate }));
    assert_eq!((status, &told["place"]["estate"]), (200, estate), "{told}");
    let (_, queue) = office.asks("dispatcher", ("GET", "/places/queue"), "");
    assert_eq!(queue, json!({"items": [], "next": null}));
    let (status, told) = office.posts("agent", &path, &json!({ "estate": estate }));
    assert_eq!(
        (status, &told["code"], &told["state"]),
        (409, &json!("place.known"), &json!("accepted"))
    );
    assert_eq!(office.posts("agent", "/places/queue/x/aside", &json!({"why": "unclear"})).0, 404);
}

#[test]
fn what_is_suggested_counts_with_the_estate_that_the_address_means() {
    let (office, no) = Office::open();
    let settle = format!("/places/queue/{no}/settle");
    assert_eq!(office.posts("agent", &settle, &json!({"estate": "yangguang"})).0, 200);
    office.server.app.search.follow(&|| false).unwrap();
    let told = |address: &str, category: Option<&str>| {
        let body = json!({"content": "电梯老是停运，老人只能爬楼梯", "category": category,
            "place": {"address": address}});
        let (status, told) = office.posts("agent", "/suggest", &body);
        assert_eq!(status, 200, "{told}");
        told
    };
    let by_words = told("阳光花园5号楼", None);
    assert_eq!(by_words["places"][0]["estate"]["code"], "yangguang");
    assert_eq!(by_words["duplicates"][0]["no"], no, "{by_words}");
    // The catalogue names the estate's company.
    let by_rule = told("阳光花园5号楼", Some("wy.gl.sf"));
    assert_eq!(by_rule["units"][0]["lead"], "hongda", "{by_rule}");
    let doubtful = told("阳光花园附近", Some("wy.gl.sf"));
    assert_eq!(doubtful["places"][0]["certain"], false);
    assert_eq!(doubtful["duplicates"], json!([]));
    assert!(!doubtful["units"].to_string().contains("hongda"), "{doubtful}");
}
