//! The catalogue's dry run over HTTP: what tickets of the past would have got, in numbers and codes.

use serde_json::{Value, json};

use super::web_auth::{get, post, token};
use crate::support::city::{City, at, draft_with};
use crate::support::server::{Answer, Server};

const PATH: &str = "/api/v1/catalogue/dry-run";

/// October's tickets of the small city, each with what became of it; it is now the 2nd of November.
struct October {
    server: Server,
    city: City,
    /// Had what rule R1 says.
    right: String,
    /// Had another lead.
    other: String,
    /// Of a category without a rule.
    unruled: String,
    /// Never sent, though R2 names the estate's company.
    unsent: String,
    /// The same as a complaint, which a company never leads.
    sealed: String,
}

impl October {
    fn new() -> Self {
        let server = Server::start(&[]);
        let city = City::served(&server);
        jiesu::identity::demo::load_users(&server.app.db).unwrap();
        let take = |category: &str, kind: &str| {
            let matter = json!({ "category": category });
            city.agent().registers(draft_with(&json!({ "kind": kind, "matter": matter })))
        };
        let send = |no: &str, lead: &str, assists: &[&str]| {
            city.dispatcher().does(no, "dispatch", json!({ "lead": lead, "assists": assists }));
        };
        city.clock.set(at("2026-10-12T09:00:00+08:00"));
        let right = take("wy.dt", "help");
        send(&right, "wuye", &["jiedao"]);
        let other = take("wy.dt", "help");
        send(&other, "baozhang", &[]);
        let unruled = take("bz", "help");
        send(&unruled, "weixiu", &[]);
        let unsent = take("wy.gl.sf", "help");
        let sealed = take("wy.gl.sf", "complaint");
        city.clock.set(at("2026-11-02T09:00:00+08:00"));
        take("wy.dt", "help");
        Self { server, city, right, other, unruled, unsent, sealed }
    }

    fn ask_as(&self, name: &str, query: &str, body: &Value) -> Answer {
        let token = token(&self.server, name);
        post(&self.server, &format!("{PATH}{query}"), Some(&token), body)
    }

    fn ask(&self, body: &Value) -> Value {
        let answer = self.ask_as("sysadmin", "", body);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }
}

/// The numbers and verdicts of the answer's items.
fn verdicts(answer: &Value) -> Vec<(&str, &str)> {
    let items = answer["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| (item["no"].as_str().unwrap(), item["verdict"].as_str().unwrap()))
        .collect()
}

#[test]
fn the_catalogue_in_force_says_what_last_months_tickets_would_have_got() {
    let october = October::new();
    let October { right, other, unruled, unsent, sealed, .. } = &october;
    let answer = october.ask(&json!({}));
    let window = (answer["from"].as_str().unwrap(), answer["to"].as_str().unwrap());
    assert!(window.0.starts_with("2026-10-01T00:00:00"), "{window:?}");
    assert!(window.1.starts_with("2026-11-01T00:00:00"), "{window:?}");
    assert_eq!(
        verdicts(&answer),
        [
            (right.as_str(), "same"),
            (other, "changed"),
            (unruled, "unmatched"),
            (unsent, "changed"),
            (sealed, "unmatched"),
        ]
    );
    let counts = ["total", "changed", "had_nobody", "unmatched", "ties"];
    let counts = counts.map(|name| answer[name].as_u64().unwrap());
    assert_eq!(counts, [5, 2, 1, 2, 0]);
    let items = &answer["items"];
    assert_eq!(items[1]["had"], json!({ "lead": "baozhang", "assists": [] }));
    assert_eq!(
        (&items[1]["would_get"]["lead"], &items[1]["would_get"]["assists"]),
        (&json!("wuye"), &json!(["jiedao"]))
    );
    assert_eq!(items[1]["would_get"]["rule"], "R1");
    assert!(items[1]["would_get"]["why"].as_str().unwrap().contains("R1"));
    assert_eq!(items[3]["had"]["lead"], Value::Null);
    assert_eq!(items[3]["would_get"]["lead"], "hongda");
    assert_eq!((&items[4]["would_get"], items[4]["why"].is_string()), (&Value::Null, true));
}

#[test]
fn a_dry_run_shows_nothing_of_a_case_and_records_nothing() {
    let october = October::new();
    let before = october.city.rules().directory.version();
    let changes = json!([{ "code": "R9", "lead": "weixiu", "from_on": "2026-11-01" }]);
    let answer = october.ask_as("sysadmin", "", &json!({ "changes": changes }));
    assert_eq!(answer.status, 200, "{answer:?}");
    for word in ["电梯停运", "张三", "13900000001", "title", "content", "caller"] {
        assert!(!answer.body.contains(word), "{word} in {answer:?}");
    }
    let item = &answer.json()["items"][0];
    let mut names: Vec<&String> = item.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["category", "estate", "had", "no", "region", "verdict", "would_get"]);
    assert_eq!(october.city.rules().directory.version(), before);
    let sysadmin = token(&october.server, "sysadmin");
    assert_eq!(get(&october.server, "/api/v1/catalogue/R9", &sysadmin).status, 404);
    let path = format!("/api/v1/tickets/{}", october.right);
    assert_eq!(get(&october.server, &path, &sysadmin).status, 404, "the case itself stays shut");
}

#[test]
fn proposed_rules_are_tried_on_top_of_those_in_force_or_in_their_place() {
    let october = October::new();
    let one = |code: &str, category: &str, lead: &str, from_on: &str| json!({ "code": code, "category": category, "lead": lead, "from_on": from_on });
    // A narrower rule that begins only next month is tried as of then.
    let later = one("R3", "wy.dt", "weixiu", "2026-12-01");
    let answer = october.ask(&json!({ "changes": [later] }));
    assert_eq!(answer["on"], "2026-12-01");
    assert_eq!(answer["items"][0]["would_get"]["rule"], "R3");
    assert_eq!(
        (&answer["changed"], &answer["items"][0]["verdict"]),
        (&json!(3), &json!("changed"))
    );
    let now = october.ask(&json!({ "changes": [later], "on": "2026-11-02" }));
    assert_eq!(now["items"][0]["would_get"]["rule"], "R1");
    // Another of the same rank: the dispatcher would have to decide.
    let rival = one("R4", "wy", "baozhang", "2020-01-01");
    let answer = october.ask(&json!({ "changes": [rival], "only": "tie" }));
    assert_eq!((&answer["ties"], &answer["total"]), (&json!(2), &json!(5)));
    let tied = [(october.right.as_str(), "tie"), (october.other.as_str(), "tie")];
    assert_eq!(verdicts(&answer), tied);
    assert_eq!(answer["items"][0]["tie"], json!(["R1", "R4"]));
    assert_eq!(answer["items"][0]["would_get"], Value::Null);
    // A revised rule takes the place of the one with its code; a whole catalogue that of all.
    let revised = one("R1", "wy", "baozhang", "2020-01-01");
    let answer = october.ask(&json!({ "changes": [revised] }));
    let verdict = |n: usize| answer["items"][n]["verdict"].as_str().unwrap();
    assert_eq!([verdict(0), verdict(1)], ["changed", "same"]);
    assert_eq!(october.ask(&json!({ "rules": [] }))["unmatched"], 5);
    let whole = json!({ "rules": [one("ALL", "bz", "weixiu", "2020-01-01")] });
    let answer = october.ask(&whole);
    assert_eq!((&answer["unmatched"], &answer["items"][2]["verdict"]), (&json!(4), &json!("same")));
}

#[test]
fn a_wrong_proposal_is_named_by_rule_and_field_and_only_the_desk_may_ask() {
    let october = October::new();
    let refused = |body: &Value| {
        let answer = october.ask_as("sysadmin", "", body);
        assert_eq!(answer.status, 422, "{answer:?}");
        let first = answer.json()["errors"][0].clone();
        format!("{} {}", first["pointer"].as_str().unwrap(), first["code"].as_str().unwrap())
    };
    let rule = |change: Value| {
        let mut rule = json!({ "code": "R7", "lead": "wuye", "from_on": "2026-01-01" });
        jiesu::ticket::event::apply(&mut rule, &change);
        rule
    };
    let good = rule(json!({}));
    let cases = [
        (
            json!({ "changes": [good, rule(json!({ "code": "R8", "lead": "@moon" }))] }),
            "/changes/1/lead field.format",
        ),
        (
            json!({ "rules": [rule(json!({ "lead": "shequ" }))] }),
            "/rules/0/lead directory.unit_committee",
        ),
        (
            json!({ "rules": [rule(json!({ "category": "none" }))] }),
            "/rules/0/category field.unknown_code",
        ),
        (json!({ "rules": [good, good] }), "/rules/1/code field.duplicate"),
        (json!({ "rules": [{ "code": "R7", "lead": "wuye" }] }), "/rules/0/from_on field.required"),
        (json!({ "window": "October" }), "/window field.format"),
        (json!({ "from": "2026-10-01" }), "/to field.required"),
        (json!({ "colour": "red" }), "/colour field.unknown"),
    ];
    for (body, wrong) in cases {
        assert_eq!(refused(&body), wrong, "{body}");
    }
    for name in ["agent", "handler", "leader", "secadmin", "auditor", "reviewer"] {
        let answer = october.ask_as(name, "", &json!({ "colour": "red" }));
        assert_eq!(answer.status, 403, "{name}: {answer:?}");
    }
    assert_eq!(october.ask_as("dispatcher", "", &json!({})).status, 200);
}

#[test]
fn pages_of_a_dry_run_laid_end_to_end_are_the_whole() {
    let october = October::new();
    let whole = october.ask(&json!({}))["items"].as_array().unwrap().clone();
    let (mut items, mut after) = (Vec::new(), String::new());
    loop {
        let page = october.ask_as("dispatcher", &format!("?limit=2{after}"), &json!({})).json();
        assert_eq!((&page["total"], &page["changed"]), (&json!(5), &json!(2)));
        items.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(items, whole);
}

#[test]
fn a_dry_run_can_be_of_a_matter_a_place_and_the_newest_alone() {
    let october = October::new();
    let October { right, other, unruled, unsent, sealed, .. } = &october;
    let numbers = |body: Value| -> (Value, Value, Vec<String>) {
        let answer = october.ask(&body);
        let items = answer["items"].as_array().unwrap();
        let numbers = items.iter().map(|item| item["no"].as_str().unwrap().to_owned()).collect();
        (answer["total"].clone(), answer["partial"].clone(), numbers)
    };
    // What lies below the category too; what lies beside it is neither tried nor counted.
    let below = numbers(json!({ "category": "wy.gl" }));
    assert_eq!(below, (json!(2), json!(false), vec![unsent.clone(), sealed.clone()]));
    // The estate lies in one street and not in the other; a ticket that has an estate alone lies where that does.
    for (place, count) in [
        (json!({ "region": "jie" }), 5),
        (json!({ "region": "jie2" }), 0),
        (json!({ "estate": "yangguang" }), 5),
        (json!({ "estate": "chunhui" }), 0),
        (json!({ "region": "jie", "category": "bz" }), 1),
    ] {
        let (total, partial, found) = numbers(place.clone());
        assert_eq!((total, partial, found.len()), (json!(count), json!(false), count), "{place}");
    }
    // The last one came in November.
    let newest = json!({ "from": "2026-10-01", "to": "2026-11-03", "newest": 1 });
    let (total, partial, found) = numbers(newest);
    assert_eq!((total, partial, found.len()), (json!(1), json!(true), 1));
    assert!(![right, other, unruled, unsent, sealed].contains(&&found[0]), "{found:?}");
    let both = json!({ "from": "2026-10-01", "to": "2026-11-03", "newest": 1, "category": "bz" });
    assert_eq!(numbers(both), (json!(1), json!(false), vec![unruled.clone()]));
    // There are no more, or all came in the same instant.
    for newest in [9, 4] {
        let (total, partial, _) = numbers(json!({ "newest": newest }));
        assert_eq!((total, partial), (json!(5), json!(false)));
    }
    for (body, wrong) in [
        (json!({ "category": "none" }), "/category"),
        (json!({ "region": "none" }), "/region"),
        (json!({ "estate": "none" }), "/estate"),
        (json!({ "newest": 0 }), "/newest"),
    ] {
        let answer = october.ask_as("sysadmin", "", &body);
        assert_eq!((answer.status, &answer.json()["errors"][0]["pointer"]), (422, &json!(wrong)));
    }
}

#[test]
fn the_dry_run_agrees_with_what_the_catalogue_really_does() {
    let server = Server::start(&[]);
    let city = City::served(&server);
    jiesu::identity::demo::load_users(&server.app.db).unwrap();
    let mut states = Vec::new();
    for category in ["wy", "wy.gl", "wy.gl.sf", "wy.dt", "bz"] {
        for place in [
            json!({ "estate": "yangguang" }),
            json!({ "estate": "chunhui" }),
            json!({ "estate": null, "region": "jie2" }),
            json!({ "estate": null }),
        ] {
            for kind in ["help", "complaint", "consult"] {
                let change = json!({ "kind": kind, "dispatch": "auto", "place": place,
                    "matter": { "category": category } });
                let no = city.agent().registers(draft_with(&change));
                let sent = city.state(&no).as_str() == "in_units";
                states.push((no, sent));
            }
        }
    }
    let token = token(&server, "dispatcher");
    let body = json!({ "window": "2026-11" });
    let answer = post(&server, &format!("{PATH}?limit=500"), Some(&token), &body).json();
    let items = answer["items"].as_array().unwrap();
    assert_eq!(items.len(), states.len());
    for (item, (no, sent)) in items.iter().zip(&states) {
        assert_eq!(item["no"], json!(no));
        assert_eq!(item["verdict"] == "same", *sent, "{item}");
        assert_eq!(item["would_get"].is_null(), !sent, "{item}");
    }
    let sent = states.iter().filter(|(_, sent)| *sent).count();
    assert!(sent > 10 && sent < states.len() - 10, "{sent} of {}", states.len());
}
