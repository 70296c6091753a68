//! 环比 and 同比 as a leader reads them: the same elapsed part, petitions apart, and "—" with the reason where the
//! site kept nothing yet (domain.md §6 rule 6).

use serde_json::{Value, json};

use crate::support::badges;
use crate::support::city::{City, bad, draft_with, good};
use crate::support::databases::on_each_database;
use crate::support::server::Server;

fn received(row: &Value) -> Value {
    let then = &row["metrics"]["received"]["earlier"]["previous"];
    json!([row["metrics"]["received"]["value"], then["value"], then["by"], then["growth"]])
}

on_each_database! {
    fn whom_few_answered_is_shown_with_three_months_in_one_sum(test: &TestDb) {
        let server = Server::start(&[("JIESU_DATABASE__URL", &test.url)]);
        let city = City::served(&server);
        let badge = badges::issue(&server.app, city.people().map(|person| person.actor));
        // One of two in November, three of three in December, nobody in January.
        for (month, answers) in [vec![good(), bad()], vec![good(), good(), good()]].into_iter().enumerate() {
            for answer in answers {
                let no = city.passed("wuye");
                city.hours(4);
                city.surveyor().does(&no, "survey", answer);
            }
            city.days(if month == 0 { 29 } else { 31 });
        }
        let headers = [("Authorization", format!("Bearer {}", badge["leader"]))];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let asks = |words: &str| {
            let path = format!("/api/v1/rates?window=2027-01{words}");
            let answer = server.ask("GET", &path, &headers, "");
            assert_eq!(answer.status, 200, "{}", answer.body);
            answer.json()
        };
        let told = asks("&quarter=true");
        let rows = told["rows"].as_array().unwrap();
        let wuye = rows.iter().find(|row| row["key"] == "wuye").unwrap();
        assert_eq!((&wuye["n"], &wuye["metrics"]["resolution_rate"]["value"]), (&json!(0), &Value::Null));
        let quarter = &wuye["quarter"];
        let solved = &quarter["metrics"]["resolution_rate"];
        assert_eq!((&quarter["n"], &solved["num"], &solved["value"]), (&json!(5), &json!(4.0), &json!(0.8)));
        assert_eq!(quarter["flagged"], json!(true), "five are few too");
        let months = json!({"from": "2026-11-01T00:00:00+08:00", "to": "2027-02-01T00:00:00+08:00"});
        assert_eq!(told["quarter"], months);
        assert!(asks("")["rows"][0].get("quarter").is_none());
    }

    fn a_month_that_runs_is_compared_with_as_much_of_the_one_before(test: &TestDb) {
        let server = Server::start(&[("JIESU_DATABASE__URL", &test.url)]);
        let city = City::served(&server);
        let badge = badges::issue(&server.app, city.people().map(|person| person.actor));
        let asks = |words: &str| {
            let headers = [("Authorization", format!("Bearer {}", badge["leader"]))];
            let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
            let path = format!("/api/v1/rates?group_by=channel&rollup=true&{words}");
            let answer = server.ask("GET", &path, &headers, "");
            (answer.status, answer.json())
        };
        let comes = |channel: &str| city.agent().registers(draft_with(&json!({ "channel": channel })));
        comes("phone");
        city.days(29);
        for channel in ["phone", "phone", "visit"] {
            comes(channel);
        }
        // The month before is older than the site: nothing is compared, and it says why.
        let (status, november) = asks("window=2026-12&compare=previous");
        assert_eq!(status, 200, "{november}");
        insta::assert_json_snapshot!("what_the_site_does_not_know", november["compare"]);
        assert!(november["total"]["metrics"]["received"].get("earlier").is_none());
        city.days(19);
        comes("phone");
        city.days(13);
        comes("phone");
        city.days(1);
        let (_, january) = asks("window=2027-01&compare=previous,year");
        insta::assert_json_snapshot!("what_a_running_month_is_compared_with", january["compare"]);
        let row = |answer: &Value, key: &str| {
            let rows = answer["rows"].as_array().unwrap();
            received(rows.iter().find(|row| row["key"] == key).unwrap())
        };
        assert_eq!(received(&january["total"]), json!([1.0, 3.0, -2.0, -2.0 / 3.0]));
        assert_eq!(row(&january, "phone"), json!([1.0, 2.0, -1.0, -0.5]));
        assert_eq!(row(&january, "petitions"), json!([0.0, 1.0, -1.0, -1.0]));
        assert_eq!(row(&january, "others"), json!([1.0, 2.0, -1.0, -0.5]));
        assert_eq!(row(&january, "web"), json!([0.0, 0.0, 0.0, null]), "from nothing there is no growth");
        let answered = &january["total"]["metrics"]["response_rate"]["earlier"]["previous"];
        assert_eq!((&answered["den"], &answered["value"], &answered["by"]), (&json!(0), &Value::Null, &Value::Null));
        // Once it is over it is compared with the whole of the other.
        city.days(30);
        let (_, over) = asks("window=2027-01&compare=previous");
        assert_eq!(received(&over["total"]), json!([1.0, 4.0, -3.0, -0.75]));
        assert_eq!(over["compare"][0]["part"], json!(false));
        // Nobody asked: nothing is set beside it.
        assert!(asks("window=2027-01").1.get("compare").is_none());
        let (status, wrong) = asks("window=2027-01&compare=last");
        assert_eq!((status, &wrong["errors"][0]["pointer"]), (422, &json!("/compare")));
    }
}
