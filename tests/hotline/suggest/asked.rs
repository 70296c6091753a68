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
    let body = json!({"content": "电梯老是停运，3号楼2单元，联系13900000001",
        "place": {"estate": "yangguang"}, "caller_phone": "139 0000 0001"});
    let (status, told) = office.suggests("agent", &body);
    assert_eq!(status, 200, "{told}");
    assert_eq!(told["duplicates"][0]["no"], first, "{told}");
    assert_eq!(told["duplicates"][0]["same_caller"], true);
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
