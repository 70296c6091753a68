//! What somebody typed, over HTTP: words, phrases, fields, places as they sound.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiesu::directory::{Directory, Entry};
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
    /// Five matters, one of them dispatched to wuye and noted on.
    fn open() -> Self {
        let server = Server::start(&[]);
        let city = City::served(&server);
        let directory = city.rules().directory.clone();
        for (code, name, alias) in
            [("yangguang", "阳光花园", "老机械厂宿舍"), ("chunhui", "春晖里", "")]
        {
            let mut estate = directory.estate(&code.into()).unwrap().clone();
            estate.name = name.to_owned();
            estate.aliases = vec![alias.to_owned()];
            estate.aliases.retain(|alias| !alias.is_empty());
            describe(&server.app.db, Entry::Estate(estate));
        }
        let badges = badges::issue(&server.app, city.people().map(|person| person.actor));
        let takes = |title: &str, content: &str, kind: &str, estate: &str| {
            city.hours(1);
            let change = json!({"kind": kind, "dispatch": "hold",
                "matter": {"title": title, "content": content, "tags": ["夜间"]},
                "place": {"estate": estate}});
            city.agent().registers(draft_with(&change))
        };
        let first =
            takes("电梯停运", "3号楼电梯本周停运三次，住户只能爬楼梯", "complaint", "yangguang");
        takes("暖气不热", "室内只有１２度，供热公司说电梯旁管道漏水", "help", "chunhui");
        takes("电梯困人", "电梯困人约30分钟，联系人张三 13900000001", "complaint", "yangguang");
        takes("咨询公租房", "公租房申请进度如何查询", "consult", "chunhui");
        takes("建议加装电梯", "老楼建议加装电梯", "suggestion", "yangguang");
        city.dispatcher().does(&first, "dispatch", json!({"lead": "wuye"}));
        city.agent().does(&first, "note", json!({"text": "来电人称已报维保", "public": false}));
        server.app.search.follow(&|| false).unwrap();
        Self { server, badges }
    }

    fn ask(&self, who: &str, query: &[(&str, &str)]) -> (u16, Value) {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let badge = format!("Bearer {}", self.badges[who]);
        let path = format!("/api/v1/search?{query}");
        let answer = self.server.ask("GET", &path, &[("Authorization", &badge)], "");
        (answer.status, answer.json())
    }

    /// `method` to `/searches` and below, and what comes back.
    fn keeps(&self, who: &str, method: &str, below: &str, body: &Value) -> (u16, Value) {
        let badge = format!("Bearer {}", self.badges[who]);
        let headers = [("Authorization", badge.as_str()), ("Content-Type", "application/json")];
        let body = if method == "GET" { String::new() } else { body.to_string() };
        let answer = self.server.ask(method, &format!("/api/v1/searches{below}"), &headers, &body);
        (answer.status, if answer.status == 204 { Value::Null } else { answer.json() })
    }

    /// Takes down `content`, to be found; answers its number.
    fn takes_down(&self, content: &str) -> Value {
        let badge = format!("Bearer {}", self.badges["agent"]);
        let headers = [("Authorization", badge.as_str()), ("Content-Type", "application/json")];
        let change = json!({"dispatch": "hold", "matter": {"title": "积水", "content": content}});
        let body = draft_with(&change).to_string();
        let taken = self.server.ask("POST", "/api/v1/tickets", &headers, &body);
        assert_eq!(taken.status, 201, "{taken:?}");
        self.server.app.search.follow(&|| false).unwrap();
        taken.json()["no"].clone()
    }

    fn directory(&self) -> Arc<Directory> {
        let app = &self.server.app;
        app.db.read(|conn| app.directory.current(conn)).unwrap()
    }

    /// Gives the estate another name, and no alias.
    fn renames(&self, code: &str, name: &str) {
        let mut estate = self.directory().estate(&code.into()).unwrap().clone();
        (estate.name, estate.aliases) = (name.to_owned(), Vec::new());
        describe(&self.server.app.db, Entry::Estate(estate));
    }

    /// The titles found, in their order.
    fn titles(&self, who: &str, q: &str) -> Vec<String> {
        let (status, told) = self.ask(who, &[("q", q)]);
        assert_eq!(status, 200, "{told}");
        let hits = told["hits"].as_array().unwrap();
        assert_eq!(told["total"], hits.len(), "{told}");
        hits.iter().map(|hit| hit["title"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn an_agent_finds_by_words_phrases_fields_and_sounds() {
    let office = Office::open();
    let finds = |q: &str| {
        let mut titles = office.titles("agent", q);
        titles.sort();
        titles.join(" ")
    };
    assert_eq!(finds("电梯 停运"), "电梯停运");
    assert_eq!(finds("\"电梯停运\""), "电梯停运");
    assert_eq!(finds("电梯 -困人 -加装"), "暖气不热 电梯停运");
    assert_eq!(finds("12度"), "暖气不热");
    assert_eq!(finds("维保"), "电梯停运");
    assert_eq!(finds("电梯 kind:投诉"), "电梯停运 电梯困人");
    assert_eq!(finds("-kind:complaint 电梯"), "建议加装电梯 暖气不热");
    assert_eq!(finds("state:承办中"), "电梯停运");
    assert_eq!(finds("unit:wuye"), "电梯停运");
    assert_eq!(finds("tag:夜间 公租房"), "咨询公租房");
    assert_eq!(finds("received:2026-11 received:2026-11-02..2026-11-03 暖气"), "暖气不热");
    assert_eq!(finds("received:..2026-11-01"), "");
    assert_eq!(finds("received:昨天"), "");
    for typed in ["received:today 公租", "received:近7天 公租", "received:month 公租"] {
        assert_eq!(finds(typed), "咨询公租房", "{typed}");
    }
    assert_eq!(finds("no:2026-00000 公租"), "咨询公租房");
    // Each begins the next: that is one walk over the numbers, as it is one question.
    assert_eq!(finds("no:2 no:20 no:202 no:2026 no:2026- 房 租 公租"), "咨询公租房");
    assert_eq!(finds("no:2 -no:2026 -no:2026-0 公租"), "");
    // A telephone number is in no text: it is masked before it is indexed.
    assert_eq!(finds("13900000001"), "");
    assert_eq!(finds("张三"), "");
    // The most relevant first: it stands in the title.
    assert_eq!(office.titles("agent", "电梯停运")[0], "电梯停运");
}

#[test]
fn estates_are_found_as_they_sound() {
    let office = Office::open();
    // By the first letters, by the sound, by a name that only neighbours use, by a name heard wrong.
    for typed in ["ygh", "yangguanghy", "老机械厂", "洋光花园"] {
        let (status, told) = office.ask("agent", &[("q", typed)]);
        assert_eq!((status, &told["total"]), (200, &json!(3)), "{typed}: {told}");
        let read_as = json!([{"text": typed, "facet": "estate", "items": [{"code": "yangguang", "name": "阳光花园"}]}]);
        assert_eq!(told["read_as"], read_as);
    }
    // In quotes it means nothing but itself.
    assert!(office.titles("agent", "\"洋光花园\"").is_empty());
    assert_eq!(office.titles("agent", "ygh 困人"), ["电梯困人"]);
    assert_eq!(office.titles("agent", "estate:春晖 公租房"), ["咨询公租房"]);
}

#[test]
fn a_renamed_estate_is_found_by_its_old_name_until_another_one_bears_it() {
    let office = Office::open();
    let count = |q: &str| office.titles("agent", q).len();
    assert_eq!((count("estate:阳光花园"), count("estate:春晖里")), (3, 2));
    office.renames("yangguang", "朝晖家园");
    for old in ["阳光花园", "老机械厂宿舍", "朝晖家园", "ygh"] {
        assert_eq!(count(&format!("estate:{old}")), 3, "{old}");
    }
    assert_eq!(count("老机械厂宿舍"), 3);
    office.renames("chunhui", "阳光花园");
    assert_eq!((count("estate:阳光花园"), count("estate:春晖里")), (2, 2));
}

#[test]
fn a_word_that_is_a_name_says_of_what() {
    let office = Office::open();
    let said = json!({"dispatch": "hold", "place": {"estate": "chunhui"},
        "matter": {"title": "停水", "content": "阳光花园昨天停水，我们这边也停了"}});
    let badge = format!("Bearer {}", office.badges["agent"]);
    let headers = [("Authorization", badge.as_str()), ("Content-Type", "application/json")];
    let body = draft_with(&said).to_string();
    assert_eq!(office.server.ask("POST", "/api/v1/tickets", &headers, &body).status, 201);
    office.server.app.search.follow(&|| false).unwrap();
    let told = |q: &str| {
        let (status, told) = office.ask("agent", &[("q", q)]);
        assert_eq!(status, 200, "{told}");
        told
    };
    // The text of one says so; three others lie there.
    let estate =
        json!([{"text": "阳光花园", "facet": "estate", "code": "yangguang", "name": "阳光花园"}]);
    let found = told("阳光花园 停水");
    assert_eq!((&found["total"], &found["means"]), (&json!(1), &estate));
    assert_eq!(told("estate:yangguang")["total"], json!(3));
    let found = told("wuye单位");
    let unit = json!([{"text": "wuye单位", "facet": "unit", "code": "wuye", "name": "wuye单位"}]);
    assert_eq!((&found["total"], &found["means"]), (&json!(0), &unit));
    assert_eq!(told("wy.dt")["means"][0]["facet"], json!("category"));
    // In quotes it means itself; what is asked already, left out, or taken for it anyhow is not offered.
    for q in ["\"阳光花园\"", "estate:chunhui 阳光花园", "-阳光花园 停水", "阳光花", "老机械厂宿舍"]
    {
        assert_eq!(told(q).get("means"), None, "{q}");
    }
}

#[test]
fn a_clerk_finds_what_is_theirs_and_the_sysadmin_may_not_look() {
    let office = Office::open();
    assert_eq!(office.titles("handler@wuye", "电梯"), ["电梯停运"]);
    assert!(office.titles("handler@hongda", "电梯").is_empty());
    assert_eq!(office.ask("sysadmin", &[("q", "电梯")]).0, 403);
}

#[test]
fn what_means_nothing_is_told_with_its_field_and_too_much_is_refused() {
    let office = Office::open();
    let (status, told) = office.ask("agent", &[("q", "unit:没有这个单位 state:不对")]);
    assert_eq!(status, 422);
    assert_eq!(told["errors"].as_array().unwrap().len(), 2);
    assert_eq!(told["errors"][0]["code"], "search.value");
    let (status, told) = office.ask("agent", &[("q", &"水 ".repeat(40))]);
    assert_eq!((status, &told["code"]), (400, &json!("search.too_costly")));
    let (status, told) = office.ask("agent", &[("q", "no:1 no:2 no:3 no:4 no:5")]);
    assert_eq!((status, &told["code"]), (400, &json!("search.too_costly")));
    assert_eq!(office.ask("agent", &[("after", "x1.2")]).0, 422);
    assert_eq!(office.ask("agent", &[("limit", "0")]).0, 422);
}

#[test]
fn a_pasted_line_is_a_text_where_its_colon_is_a_text_s() {
    let office = Office::open();
    let status = |q: &str| office.ask("agent", &[("q", q)]).0;
    // A value that fits is a field with either colon.
    for q in ["电梯 状态:承办中", "电梯 状态：承办中", "状态：承办中"] {
        assert_eq!(office.titles("agent", q), ["电梯停运"], "{q}");
    }
    let finds = |q: &str| office.titles("agent", q).len();
    assert_eq!(finds("-状态：不对 公租房"), 1, "no ticket says so");
    for name in ["受理", "状态", "单位", "小区", "月份", "灯色", "编号", "received", "state"]
    {
        let (wide, narrow) = (format!("{name}：窗口来人"), format!("{name}:窗口来人"));
        assert_eq!((status(&wide), finds(&wide)), (200, 0), "{wide}");
        let strict = if name == "编号" { 200 } else { 422 };
        assert_eq!(status(&narrow), strict, "{narrow}");
        assert_eq!(status(&format!("{name}：“窗口来人”")), strict, "meant as a value: {name}");
    }
    // And such a line is found where it stands.
    let no = office.takes_down("受理：窗口来人反映楼道积水");
    let (_, told) = office.ask("agent", &[("q", "受理：窗口来人")]);
    assert_eq!((&told["total"], &told["hits"][0]["no"]), (&json!(1), &json!(no)), "{told}");
}

#[test]
fn the_whole_answer() {
    let office = Office::open();
    let (status, told) = office.ask("agent", &[("q", "电梯 停运"), ("kind", "complaint")]);
    assert_eq!(status, 200);
    insta::assert_json_snapshot!(told, {".hits[].no" => "[no]", ".hits[].score" => "[score]"});
}

#[test]
fn what_somebody_asks_every_day_is_kept_and_counted_in_their_own_scope() {
    let office = Office::open();
    let lifts = json!({"name": "电梯", "q": "电梯 received:7d"});
    for who in ["agent", "handler@wuye"] {
        let (status, told) = office.keeps(who, "POST", "", &lifts);
        assert_eq!((status, &told["name"]), (201, &json!("电梯")), "{told}");
    }
    let counts = |who: &str| -> Vec<Value> {
        let (status, told) = office.keeps(who, "GET", "", &Value::Null);
        assert_eq!(status, 200, "{told}");
        let items = told["items"].as_array().unwrap();
        items.iter().map(|item| json!([item["name"], item["total"], item["why"]])).collect()
    };
    assert_eq!(counts("agent"), [json!(["电梯", 4, null])]);
    assert_eq!(counts("handler@wuye"), [json!(["电梯", 1, null])]);
    assert!(counts("leader").is_empty());
    let (_, told) = office.keeps("agent", "GET", "", &Value::Null);
    let below = format!("/{}", told["items"][0]["id"].as_str().unwrap());
    // Another name and another question; nobody else's.
    let other = json!({"name": "阳光花园", "q": "estate:yangguang"});
    assert_eq!(office.keeps("leader", "PUT", &below, &other).0, 404);
    assert_eq!(office.keeps("agent", "PUT", &below, &other).0, 200);
    assert_eq!(counts("agent"), [json!(["阳光花园", 3, null])]);
    // A unit that means nothing any more says so, and hides no other.
    assert_eq!(office.keeps("agent", "POST", "", &json!({"name": "b", "q": "公租房"})).0, 201);
    let mut unit = office.directory().unit(&"gongan".into()).unwrap().clone();
    let kept = json!({"name": "c", "q": "unit:gongan单位"});
    assert_eq!(office.keeps("agent", "POST", "", &kept).0, 201);
    unit.name = "别的名字".to_owned();
    describe(&office.server.app.db, Entry::Unit(unit));
    let gone = json!(["c", null, "search.value"]);
    assert_eq!(counts("agent"), [json!(["b", 1, null]), gone, json!(["阳光花园", 3, null])]);
    assert_eq!(office.keeps("leader", "POST", &format!("{below}/remove"), &json!({})).0, 404);
    assert_eq!(office.keeps("agent", "POST", &format!("{below}/remove"), &json!({})).0, 204);
    assert_eq!(counts("agent").len(), 2);
}

#[test]
fn a_search_that_names_somebody_or_means_nothing_is_not_kept() {
    let office = Office::open();
    let refused = |who: &str, body: Value| {
        let (status, told) = office.keeps(who, "POST", "", &body);
        let first = &told["errors"][0];
        (status, format!("{} {}", told["code"], first["code"]), first["pointer"].clone())
    };
    let told = refused("agent", json!({"name": "老张", "q": "13900000001"}));
    assert_eq!((told.0, told.2), (422, json!("/q")));
    let told = refused("agent", json!({"name": "", "q": "电梯"}));
    assert_eq!((told.0, told.2), (422, json!("/name")));
    let told = refused("agent", json!({"name": "x", "q": "unit:没有"}));
    assert_eq!((told.0, told.2), (422, json!("/q")));
    assert_eq!(refused("sysadmin", json!({"name": "x", "q": "电梯"})).0, 403);
    assert_eq!(office.keeps("agent", "POST", "", &json!({"name": "x", "q": "电梯"})).0, 201);
    let told = refused("agent", json!({"name": " x ", "q": "暖气"}));
    assert_eq!((told.0, told.1), (409, "\"search.name_taken\" null".to_owned()));
    for n in 1..30 {
        let body = json!({"name": format!("x{n}"), "q": "电梯"});
        assert_eq!(office.keeps("agent", "POST", "", &body).0, 201);
    }
    let told = refused("agent", json!({"name": "y", "q": "电梯"}));
    assert_eq!((told.0, told.1), (409, "\"search.kept_too_many\" null".to_owned()));
}
