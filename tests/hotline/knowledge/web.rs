//! The knowledge base over HTTP.

use serde_json::{Value, json};

use super::{about_lifts, with};
use crate::support::server::{Answer, Server};
use crate::web_auth::{get, post, server, token};

fn put(server: &Server, path: &str, who: &str, version: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {who}");
    let headers = [("Authorization", bearer.as_str()), ("If-Match", version)];
    server.ask("PUT", path, &headers, &body.to_string())
}

/// The server with the units of the tests' city.
fn town() -> Server {
    let server = server();
    server.app.db.write(crate::support::tree::record).unwrap();
    server
}

fn code(answer: &Answer) -> String {
    answer.json()["code"].as_str().unwrap().to_owned()
}

/// An article in service; answers its number.
fn published(server: &Server, body: &Value) -> String {
    let (handler, reviewer) = (token(server, "handler"), token(server, "reviewer"));
    let made = post(server, "/api/v1/articles", Some(&handler), body);
    assert_eq!(made.status, 201, "{made:?}");
    let code = code(&made);
    let path = format!("/api/v1/articles/{code}/publish");
    let done = post(server, &path, Some(&reviewer), &json!({}));
    assert_eq!(done.status, 200, "{done:?}");
    code
}

fn numbers(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let items = answer.json()["items"].as_array().unwrap().clone();
    items.iter().map(|it| it["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_article_goes_from_draft_to_readers_and_a_stale_tag_is_refused() {
    let server = town();
    let (handler, reviewer) = (token(&server, "handler"), token(&server, "reviewer"));
    let agent = token(&server, "agent");
    let made = post(&server, "/api/v1/articles", Some(&handler), &about_lifts());
    assert_eq!((made.status, made.header("etag")), (201, Some("\"1\"")), "{made:?}");
    assert_eq!(made.header("location"), Some("/api/v1/articles/zs-0001"));
    let path = "/api/v1/articles/zs-0001";
    assert_eq!(get(&server, path, &agent).status, 404);
    let other = with(&json!({ "title": "电梯停运后怎么办" }));
    let saved = put(&server, path, &handler, "\"1\"", &other);
    assert_eq!((saved.status, saved.header("etag")), (200, Some("\"2\"")), "{saved:?}");
    assert_eq!(put(&server, path, &handler, "\"1\"", &other).status, 412);
    assert_eq!(put(&server, path, &agent, "\"9\"", &json!({})).status, 404);
    let leader = token(&server, "leader");
    let live = post(
        &server,
        &format!("{path}/publish"),
        Some(&reviewer),
        &json!({ "review_on": "2027-01-01" }),
    );
    assert_eq!((live.status, &live.json()["state"]), (200, &"published".into()), "{live:?}");
    assert_eq!(put(&server, path, &leader, "\"9\"", &json!({})).status, 403);
    assert_eq!(put(&server, path, &handler, "*", &json!({ "title": "" })).status, 422);
    let view = get(&server, path, &agent);
    let body = view.json();
    assert_eq!(
        (&body["title"], &body["review_on"]),
        (&"电梯停运后怎么办".into(), &"2027-01-01".into())
    );
    assert_eq!((&body["allowed"], body.get("draft")), (&json!([]), None));
    let next = with(&json!({ "title": "第三稿", "review_on": "2027-01-01" }));
    assert_eq!(put(&server, path, &handler, "\"3\"", &next).status, 200);
    assert_eq!(get(&server, path, &agent).json()["title"], "电梯停运后怎么办");
    let own = get(&server, path, &handler).json();
    assert_eq!((&own["draft"]["title"], &own["allowed"]), (&"第三稿".into(), &json!(["save"])));
    let both = get(&server, path, &reviewer).json();
    assert_eq!(both["allowed"], json!(["save", "publish", "retire", "confirm"]));
    let seen = get(&server, &format!("{path}/versions"), &agent).json();
    assert_eq!(seen["items"].as_array().unwrap().len(), 1, "{seen}");
    let all = get(&server, &format!("{path}/versions?limit=2"), &handler).json();
    assert_eq!((&all["items"][0]["version"], &all["next"]), (&4.into(), &"3".into()));
    let gone = post(
        &server,
        &format!("{path}/retire"),
        Some(&reviewer),
        &json!({ "reason": "并入新办法" }),
    );
    assert_eq!(gone.status, 200, "{gone:?}");
    let twice = post(
        &server,
        &format!("{path}/retire"),
        Some(&reviewer),
        &json!({ "reason": "并入新办法" }),
    );
    assert_eq!((twice.status, &twice.json()["state"]), (409, &"retired".into()));
    assert_eq!(twice.json()["allowed"], json!(["save", "publish"]));
}

#[test]
fn a_caller_is_answered_by_what_holds_and_the_reason_is_shown() {
    let server = town();
    let agent = token(&server, "agent");
    let lifts = published(&server, &about_lifts());
    let over =
        published(&server, &with(&json!({ "title": "电梯维修旧办法", "valid_to": "2026-10-02" })));
    let fund = json!({
        "title": "维修资金怎么用", "body": "电梯大修可以使用维修资金。", "owner": "wuye", "categories": ["wy"]
    });
    let fund = published(&server, &fund);
    server.clock.forward(chrono::TimeDelta::days(3));
    let agent_again = token(&server, "agent");
    let ask = |query: &str| get(&server, &format!("/api/v1/articles?{query}"), &agent_again);
    drop(agent);
    let found = ask(&format!("q={}", encoded("电梯坏了")));
    assert_eq!(numbers(&found), [lifts.clone(), fund.clone(), over.clone()]);
    let items = found.json()["items"].clone();
    assert_eq!(items[0]["why"][0], json!({ "part": "title", "words": ["电梯"] }));
    assert_eq!(items[0]["why"][1], json!({ "part": "question", "words": ["梯坏了"] }));
    assert_eq!(
        (&items[2]["standing"], &items[2]["stale"]),
        (&"expired".into(), &json!(["expired"]))
    );
    assert_eq!(numbers(&ask("stale=true")), [over.as_str()]);
    assert_eq!(numbers(&ask("category=wy")), [lifts.clone(), over.clone(), fund.clone()]);
    assert_eq!(numbers(&ask("category=wy.dt&stale=false")), [lifts.as_str()]);
    assert_eq!(numbers(&ask("owner=weixiu")), [""; 0]);
    let first = ask("limit=2");
    assert_eq!(
        (numbers(&first), &first.json()["next"]),
        (vec![lifts, over.clone()], &over.as_str().into())
    );
    assert_eq!(numbers(&ask(&format!("limit=2&after={over}"))), [fund]);
    assert_eq!(ask("colour=red").status, 422);
    assert_eq!(ask("state=lost").status, 422);
}

#[test]
fn a_search_that_finds_nothing_is_a_gap_until_an_article_answers_it() {
    let server = town();
    let charging = json!({
        "code": "wy.cd", "name": "充电", "parent": "wy", "level": 2, "version": "1",
        "keywords": ["加装充电桩"], "from_on": "2020-01-01"
    });
    let sysadmin = token(&server, "sysadmin");
    let made = post(&server, "/api/v1/categories", Some(&sysadmin), &charging);
    assert_eq!(made.status, 201, "{made:?}");
    let agent = token(&server, "agent");
    let ask = |query: &str| get(&server, &format!("/api/v1/articles?q={}", encoded(query)), &agent);
    for query in ["加装充电桩", "加装充电桩？", "张三家3号楼装充电桩", "张三", "13900000001"]
    {
        assert_eq!(numbers(&ask(query)), [""; 0]);
    }
    // Narrowed, an empty list says nothing about what is known.
    get(&server, &format!("/api/v1/articles?state=retired&q={}", encoded("停车")), &agent);
    let gaps = |query: &str| {
        let list = get(&server, &format!("/api/v1/articles/gaps{query}"), &agent);
        assert_eq!(list.status, 200, "{list:?}");
        let items = list.json()["items"].as_array().unwrap().clone();
        let item = |it: &Value| {
            (
                it["words"].as_str().unwrap().to_owned(),
                it["asked"].as_i64().unwrap(),
                it["articles"].as_u64().unwrap(),
            )
        };
        items.iter().map(item).collect::<Vec<_>>()
    };
    let gap = |words: &str, asked, articles| (words.to_owned(), asked, articles);
    let mut found = gaps("");
    found.sort();
    // What is asked twice in a moment is one question; what somebody else asks is another.
    assert_eq!(found, [gap("-", 2, 0), gap("加装充电桩", 1, 0), gap("装充电桩", 1, 0)]);
    let reviewer = token(&server, "reviewer");
    for query in ["加", "加装", "加装充电", "加装充电桩"] {
        get(&server, &format!("/api/v1/articles?q={}", encoded(query)), &reviewer);
    }
    let mut found = gaps("");
    found.sort();
    assert_eq!(found, [gap("-", 2, 0), gap("加装充电桩", 2, 0), gap("装充电桩", 1, 0)]);
    // Ten minutes later it is asked again.
    server.clock.forward(chrono::TimeDelta::minutes(10));
    assert_eq!(numbers(&ask("加装充电桩")), [""; 0]);
    assert!(gaps("").contains(&gap("加装充电桩", 3, 0)));
    assert_eq!(gaps("?source=answer"), []);
    let wanted =
        json!({ "title": "怎样加装充电桩", "body": "……", "owner": "wuye", "categories": ["wy"] });
    published(&server, &wanted);
    assert_eq!(gaps(""), [gap("-", 2, 0)]);
    assert!(gaps("?all=true").contains(&gap("加装充电桩", 3, 1)));
    assert_eq!(gaps("?all=true&limit=1").len(), 1);
}

#[test]
fn staff_are_shown_what_an_answer_rests_on_and_how_often_an_article_was_used() {
    let server = town();
    let code = published(&server, &about_lifts());
    let agent = token(&server, "agent");
    let draft = json!({
        "kind": "help", "channel": "phone", "matter": { "content": "电梯停运。" },
        "caller": { "name": "张三", "phone": "13900000001" }
    });
    let taken = post(&server, "/api/v1/tickets", Some(&agent), &draft).json();
    let path = format!("/api/v1/tickets/{}", taken["no"].as_str().unwrap());
    let body = json!({ "text": "请先联系物业。", "article": code });
    let done = post(&server, &format!("{path}/answer"), Some(&agent), &body);
    assert_eq!(done.status, 200, "{done:?}");
    let cited = json!([{ "code": code, "version": 2, "title": "电梯停运怎么办", "policy_no": "云住建规〔2024〕12号" }]);
    assert_eq!(
        (&done.json()["articles"], &get(&server, &path, &agent).json()["articles"]),
        (&cited, &cited)
    );
    let article = get(&server, &format!("/api/v1/articles/{code}"), &agent).json();
    assert_eq!(article["used"]["times"], 1, "{article}");
    let list = get(&server, "/api/v1/articles", &agent).json();
    assert_eq!(list["items"][0]["used"], article["used"]);
}

#[test]
fn an_article_is_chosen_by_its_title_its_letters_or_its_number_and_that_is_no_question() {
    let server = town();
    let lifts = published(&server, &about_lifts());
    let fund = published(&server, &with(&json!({ "title": "维修资金怎么用" })));
    let agent = token(&server, "agent");
    let named = |typed: &str| {
        let path = format!("/api/v1/articles?state=published&named={}", encoded(typed));
        numbers(&get(&server, &path, &agent))
    };
    for typed in ["电梯", "怎么办", "dttyz", "diantiting"] {
        assert_eq!(named(typed), [lifts.as_str()], "{typed}");
    }
    assert_eq!(named(&fund), [fund.as_str()]);
    assert_eq!(named("zs-"), [lifts, fund]);
    assert_eq!(named("加装充电桩"), [""; 0]);
    let all = get(&server, &format!("/api/v1/articles?named={}", encoded("充电桩")), &agent);
    assert_eq!(numbers(&all), [""; 0]);
    assert_eq!(get(&server, "/api/v1/articles/gaps", &agent).json()["items"], json!([]));
    let long = format!("/api/v1/articles?named={}", "a".repeat(201));
    assert_eq!(get(&server, &long, &agent).json()["errors"][0]["pointer"], "/named");
}

/// A word for a query string.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
