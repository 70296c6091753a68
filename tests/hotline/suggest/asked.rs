//! What an agent is told while the caller still speaks.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::badges;
use crate::support::city::{City, draft_with};
use crate::support::server::Server;

struct Office {
    server: Server,
    badges: BTreeMap<String, String>,
}

impl Office {
    fn suggests(&self, who: &str, body: &Value) -> (u16, Value) {
        let badge = format!("Bearer {}", self.badges[who]);
        let headers = [("Authorization", badge.as_str()), ("Content-Type", "application/json")];
        let answer = self.server.ask("POST", "/api/v1/suggest", &headers, &body.to_string());
        (answer.status, answer.json())
    }
}

#[test]
fn the_second_caller_s_agent_is_shown_the_first_one_s_ticket() {
    let server = Server::start(&[]);
    let city = City::served(&server);
    let badges = badges::issue(&server.app, city.people().map(|person| person.actor));
    let takes = |content: &str, phone: &str| {
        let change = json!({"kind": "help", "dispatch": "hold", "caller": {"phone": phone},
            "matter": {"title": "来电", "content": content}, "place": {"estate": "yangguang"}});
        city.agent().registers(draft_with(&change))
    };
    let first = takes("3号楼2单元电梯频繁停运，老人只能爬楼梯", "13900000001");
    for other in
        ["5号楼垃圾堆放无人清运", "消防通道停满私家车", "楼顶私搭阳光房", "门禁损坏外人进出"]
    {
        takes(other, "13900000002");
    }
    server.app.search.follow(&|| false).unwrap();
    let office = Office { server, badges };
    let body = json!({"content": "电梯老是停运，3号楼2单元，联系13900000001，wy.dt",
        "place": {"estate": "yangguang"}, "caller_phone": "139 0000 0001"});
    let (status, told) = office.suggests("agent", &body);
    assert_eq!(status, 200, "{told}");
    assert_eq!(told["duplicates"][0]["no"], first, "{told}");
    assert_eq!(told["duplicates"][0]["same_caller"], true);
    let lifts = &told["categories"][0];
    assert_eq!((&lifts["code"], &lifts["like"][0]), (&json!("wy.dt"), &json!(first)), "{told}");
    assert!(!told.to_string().contains("13900000001"), "{told}");
    insta::assert_json_snapshot!(told["duplicates"][0], {
        ".no" => "[no]", ".score" => "[score]"
    });
    // It is for those who take calls and send them on.
    assert_eq!(office.suggests("handler@wuye", &body).0, 403);
    let (status, told) =
        office.suggests("agent", &json!({"content": "水", "place": {"estate": "?"}}));
    assert_eq!((status, &told["errors"][0]["pointer"]), (422, &json!("/place/estate")));
}

#[test]
fn a_known_incident_is_shown_however_many_were_linked_to_it_and_however_old_it_is() {
    let server = Server::start(&[]);
    let city = City::served(&server);
    let badges = badges::issue(&server.app, city.people().map(|person| person.actor));
    let takes = |content: &str, phone: &str, into: Option<&str>| {
        let mut draft =
            draft_with(&json!({"kind": "help", "dispatch": "hold", "caller": {"phone": phone},
            "matter": {"title": "来电", "content": content}, "place": {"estate": "yangguang"}}));
        draft["into"] = json!(into);
        city.agent().registers(draft)
    };
    let parent = takes("小区主水管爆裂，地下车库进水", "13900000001", None);
    for n in 0..12 {
        let phone = format!("139000001{n:02}");
        takes("小区主水管爆裂，车库进水很深", &phone, Some(&parent));
    }
    // In a city this many others are nothing.
    for n in 0..120 {
        takes(&format!("门禁损坏外人进出，第{n}次反映"), "13900000054", None);
    }
    let own = takes("楼道灯不亮", "13900000055", None);
    city.days(120);
    let fresh = takes("绿化带堆放建筑垃圾", "13900000056", None);
    server.app.search.follow(&|| false).unwrap();
    let office = Office { server, badges };
    let mut body = json!({"content": "车库进水了，主水管爆裂", "place": {"estate": "yangguang"}});
    let (status, told) = office.suggests("agent", &body);
    assert_eq!((status, &told["degraded"]), (200, &json!(false)), "{told}");
    for list in ["incidents", "duplicates"] {
        assert_eq!(told[list].as_array().unwrap().len(), 1, "{list}: {told}");
        assert_eq!(told[list][0]["no"], json!(parent));
    }
    // What the caller brought in other words, or at no place at all, is at hand.
    body = json!({"content": "路灯", "caller_phone": "13900000056"});
    let (_, told) = office.suggests("agent", &body);
    let like = &told["like"][0];
    assert_eq!((&like["no"], &like["same_caller"]), (&json!(fresh), &json!(true)), "{told}");
    // Longer ago than repeats are counted, it is nobody's repeat.
    body["caller_phone"] = json!("13900000055");
    assert!(!office.suggests("agent", &body).1.to_string().contains(&own));
}

#[test]
fn whether_a_suggestion_was_taken_is_noted_and_counted_by_month() {
    let server = Server::start(&[]);
    let city = City::served(&server);
    let badges = badges::issue(&server.app, city.people().map(|person| person.actor));
    let office = Office { server, badges };
    let ask = |who: &str, method: &str, path: &str, body: &Value| {
        let badge = format!("Bearer {}", office.badges[who]);
        let headers = [("Authorization", badge.as_str()), ("Content-Type", "application/json")];
        let answer = office.server.ask(method, path, &headers, &body.to_string());
        (answer.status, answer.json())
    };
    let matter = json!({"content": "wy.gl.sf 与 wy.dt 都有问题", "place": {"estate": "yangguang"}});
    let (status, told) = office.suggests("agent", &matter);
    assert_eq!(status, 200, "{told}");
    let codes: Vec<&str> = told["categories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert!(codes.len() > 1, "{told}");
    let registers = |category: &str, slip: &Value| {
        let draft = draft_with(&json!({"dispatch": "hold", "slip": slip,
            "matter": {"category": category}}));
        ask("agent", "POST", "/api/v1/tickets", &draft)
    };
    let (status, first) = registers(codes[0], &told["slip"]);
    assert_eq!(status, 201, "{first}");
    assert_eq!(registers(codes[1], &told["slip"]).0, 201);
    // Once she has chosen she asks for the units of that one; what was suggested stays what it was.
    let mut chosen = matter.clone();
    chosen["category"] = json!("bz");
    let (status, shown) = office.suggests("agent", &chosen);
    assert_eq!((status, &shown["categories"][0]["code"]), (200, &json!("bz")));
    assert_eq!(registers("bz", &shown["slip"]).0, 201);
    // Nobody else writes a slip.
    for forged in ["x", "bm9uZQ"] {
        let (status, told) = registers(codes[0], &json!(forged));
        let pointer = &told["errors"][0]["pointer"];
        assert_eq!((status, pointer), (422, &json!("/slip")), "{told}");
    }
    // The first turns out to be something else.
    let no = first["no"].as_str().unwrap();
    let amend = json!({"fields": {"category": codes[1]}, "reason": "核实后更正"});
    city.agent().does(no, "amend", amend);
    // A slip of the day before yesterday says nothing any more, and stops nobody.
    city.days(2);
    assert_eq!(registers(codes[0], &told["slip"]).0, 201);
    let path = "/api/v1/suggest/figures?from=2026-01-01&to=2027-01-01";
    let (status, told) = ask("leader", "GET", path, &Value::Null);
    assert_eq!(status, 200, "{told}");
    let one = json!({"model": null, "advised": 3, "by_itself": 0, "first": 1, "later": 1, "another": 1,
        "nothing": 0, "right": 0, "sent": 0, "first_lead": 0});
    assert_eq!(told["models"], json!([one]), "{told}");
    assert_eq!(told["lessons"], json!([]));
    assert_eq!(ask("handler@wuye", "GET", path, &Value::Null).0, 403);
}
