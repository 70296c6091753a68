//! A dispute that is upheld leaves a change of the catalogue behind, ready to be tried and recorded.

use serde_json::{Value, json};

use crate::support::badges;
use crate::support::city::{City, draft_with};
use crate::support::plan;
use crate::support::server::Server;
use jiesu::ticket::StateName;
use jiesu::ticket::store::{Vault, returned};
use jiesu::time::Stamp;

#[test]
fn what_wuye_rightly_refused_is_a_prefilled_rule_and_once_recorded_it_is_settled() {
    let server = Server::start(&[]);
    let city = City::served(&server);
    let badges = badges::issue(&server.app, city.people().map(|person| person.actor));
    let ask = |who: &str, method: &str, path: &str, body: &Value| {
        let badge = format!("Bearer {}", badges[who]);
        let headers = [("Authorization", badge.as_str()), ("Content-Type", "application/json")];
        let body = if method == "GET" { String::new() } else { body.to_string() };
        let answer = server.ask(method, path, &headers, &body);
        (answer.status, answer.json())
    };
    let comes = || city.agent().registers(draft_with(&json!({"dispatch": "auto"})));
    let corrections = || {
        let (status, told) =
            ask("dispatcher", "GET", "/api/v1/catalogue/corrections", &Value::Null);
        assert_eq!(status, 200, "{told}");
        told["items"].clone()
    };
    let refused: Vec<String> = (0..2).map(|_| comes()).collect();
    for (n, no) in refused.iter().enumerate() {
        assert_eq!(city.assignment(no, 1).unit, "wuye".into());
        let why = json!({"reason": "not_ours", "grounds": "电梯由维修科负责"});
        city.handler("wuye").works(no, 1, "dispute", why);
        assert_eq!(corrections().as_array().unwrap().len(), n, "nothing was decided yet");
        let upheld = json!({"uphold": true, "reason": "属实"});
        city.dispatcher().works(no, 1, "dispute/decide", upheld);
        // Who is to have it instead is known when it is sent.
        assert_eq!(corrections().as_array().unwrap().len(), n);
        city.dispatcher().does(no, "dispatch", json!({"lead": "weixiu"}));
    }
    let items = corrections();
    insta::assert_json_snapshot!(items, {"[].tickets[]" => "[no]"});
    assert_eq!(items[0]["tickets"].as_array().unwrap().len(), 2);
    // Where there are more than are looked at, the one that was sent on last is, and it is said.
    let (app, since) = (&server.app, Stamp::from_millis(0));
    let looked_at = |most: usize| {
        let vault = Vault { keys: &app.keys };
        let (found, partial) = app.db.read(|conn| returned(conn, vault, since, most)).unwrap();
        (found.into_iter().map(|one| one.no).collect::<Vec<_>>(), partial)
    };
    assert_eq!(looked_at(2), (refused.clone(), false));
    assert_eq!(looked_at(1), (vec![refused[1].clone()], true));
    // Found by two short indexes, however many parts there are.
    let plans = plan::of(&app.db, |conn| returned(conn, Vault { keys: &app.keys }, since, 9));
    let by = |index: &str| plans.iter().filter(|it| it.uses(index)).collect::<Vec<_>>();
    let (sent_again, first) = (by("assignment_again"), by("assignment_returned"));
    assert_eq!((sent_again.len(), first.len()), (1, 1), "{plans:?}");
    assert!(!sent_again[0].sorts(), "{plans:?}");
    // It can be tried, and it can be recorded, as it stands; not by everybody.
    let change = &items[0]["change"];
    let tried = json!({"changes": [change], "from": "2026-01-01", "to": "2027-01-01"});
    let (status, told) = ask("dispatcher", "POST", "/api/v1/catalogue/dry-run", &tried);
    assert_eq!((status, &told["total"]), (200, &json!(2)), "{told}");
    let path = "/api/v1/catalogue/corrections";
    assert_eq!(ask("handler@wuye", "GET", path, &Value::Null).0, 403);
    let (status, told) = ask("sysadmin", "POST", "/api/v1/catalogue", change);
    assert_eq!(status, 201, "{told}");
    assert_eq!(corrections(), json!([]), "the catalogue says so now");
    let next = comes();
    assert_eq!(city.state(&next), StateName::InUnits);
    assert_eq!(city.assignment(&next, 1).unit, "weixiu".into());
}

#[test]
fn what_counts_is_when_it_was_upheld_and_not_when_it_came() {
    let server = Server::start(&[]);
    let city = City::served(&server);
    let badges = badges::issue(&server.app, city.people().map(|person| person.actor));
    let corrections = || {
        let badge = format!("Bearer {}", badges["dispatcher"]);
        let headers = [("Authorization", badge.as_str())];
        let answer = server.ask("GET", "/api/v1/catalogue/corrections", &headers, "");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["items"].as_array().unwrap().len()
    };
    let no = city.agent().registers(draft_with(&json!({"dispatch": "auto"})));
    let why = json!({"reason": "not_ours", "grounds": "电梯由维修科负责"});
    city.handler("wuye").works(&no, 1, "dispute", why);
    city.days(91);
    let upheld = json!({"uphold": true, "reason": "属实"});
    city.dispatcher().works(&no, 1, "dispute/decide", upheld);
    city.days(1);
    city.dispatcher().does(&no, "dispatch", json!({"lead": "weixiu"}));
    assert_eq!(corrections(), 1, "upheld yesterday");
    // Another dispatch, much later, makes the old decision no newer.
    city.days(85);
    city.dispatcher().does(&no, "recall", json!({"reason": "改派"}));
    city.days(6);
    city.dispatcher().does(&no, "dispatch", json!({"lead": "weixiu", "designate": true}));
    assert_eq!(corrections(), 0, "upheld 92 days ago");
}
