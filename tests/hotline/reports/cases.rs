//! Typical cases 典型案例: chosen by rule, of codes and days alone, never of a sealed ticket; a person strikes and chooses.

use serde_json::{Value, json};

use super::bureau::{Bureau, cells};
use crate::support::city::draft_with;
use crate::support::databases::on_each_database;

fn shown(document: &Value) -> Vec<String> {
    let texts = cells(document).into_iter().filter(|it| it.table == "cases" && it.column == "text");
    texts.map(|it| it.row).collect()
}

on_each_database! {
    fn cases_are_chosen_by_rule_and_struck_by_people_version_by_version(test: &TestDb) {
        let bureau = Bureau::open(test);
        let solved = bureau.city.closed("wuye");
        let other = bureau.city.closed("wuye");
        let waiting = bureau.city.sent_to("weixiu");
        let complaint = json!({ "kind": "complaint" });
        let confidential = json!({ "caller": { "confidential": true } });
        let sealed: Vec<String> = [complaint, confidential].iter()
            .map(|change| bureau.city.agent().registers(draft_with(change))).collect();
        bureau.city.days(30);
        let id = bureau.november();
        let path = |end: &str| format!("/reports/{id}{end}");
        let by_rule = shown(&bureau.document("assessor", &id));
        assert!(by_rule.contains(&waiting), "{by_rule:?}");
        assert!(by_rule.contains(&solved) != by_rule.contains(&other), "one of each kind: {by_rule:?}");
        let seen = bureau.asks("assessor", &path("")).json();
        let offered: Vec<&str> = seen["cases"].as_array().unwrap().iter().map(|it| it["no"].as_str().unwrap()).collect();
        assert!(sealed.iter().all(|no| !offered.contains(&no.as_str())), "{offered:?}");
        assert!(offered.contains(&solved.as_str()) && offered.contains(&other.as_str()), "{offered:?}");
        let text = seen["cases"].to_string();
        assert!(!text.contains("电梯停运") && !text.contains("张三") && !text.contains("13900000001"), "{text}");
        let chosen = |numbers: &[&str]| json!({ "numbers": numbers });
        assert_eq!(bureau.tries("reviewer", &path("/cases"), chosen(&[])), "403 forbidden");
        assert_eq!(bureau.tries("assessor", &path("/cases"), chosen(&[&sealed[0]])), "422 field.unknown_code");
        bureau.does("assessor", &path("/cases"), chosen(&[&solved, &other]));
        assert_eq!(shown(&bureau.document("leader", &id)).len(), 2);
        bureau.does("assessor", &path("/freeze"), json!({}));
        let seen = bureau.does("leader", &path("/cases"), chosen(&[&other]));
        assert_eq!(shown(&bureau.document("leader", &id)), std::slice::from_ref(&other));
        let versions = seen["texts"].as_array().unwrap().iter().filter(|it| it["field"] == "cases.chosen");
        let by: Vec<&str> = versions.map(|it| it["by"].as_str().unwrap()).collect();
        assert_eq!(by, ["assessor", "leader"]);
        let texts = bureau.document("leader", &id)["texts"].clone();
        assert!(texts.get("cases.chosen").is_none(), "{texts}");
        bureau.does("leader", &path("/cases"), chosen(&[]));
        assert!(shown(&bureau.document("leader", &id)).is_empty());
        bureau.does("leader", &path("/sign"), json!({}));
        assert_eq!(bureau.tries("leader", &path("/cases"), chosen(&[&other])), "409 transition");
    }

    fn a_choice_is_not_taken_for_a_strike_where_its_cases_are_offered_no_more(test: &TestDb) {
        let bureau = Bureau::open(test);
        let solved = [(); 2].map(|()| bureau.city.closed("wuye"));
        let waiting = bureau.city.sent_to("weixiu");
        bureau.city.days(30);
        let id = bureau.november();
        let path = |end: &str| format!("/reports/{id}{end}");
        let chosen = |numbers: &[&str]| json!({ "numbers": numbers });
        let seen = bureau.does("assessor", &path("/cases"), chosen(&[&waiting]));
        assert_eq!(seen["cases_gone"], json!([]));
        assert_eq!(shown(&bureau.document("leader", &id)), std::slice::from_ref(&waiting));
        // What the caller takes back is an example of nothing.
        bureau.city.agent().does(&waiting, "withdraw", json!({ "reason": "已自行解决" }));
        let confirms = json!({ "confirmed": true, "how": "原号码" });
        bureau.city.agent().does(&waiting, "withdraw/confirm", confirms);
        let frozen = bureau.does("assessor", &path("/freeze"), json!({}));
        assert_eq!(frozen["cases_gone"], json!([waiting]), "whoever freezes it is told");
        let by_rule = shown(&bureau.document("leader", &id));
        assert!(by_rule.len() == 1 && solved.contains(&by_rule[0]), "{by_rule:?}");
        // Of a choice that is there in part, that part.
        let other = solved.iter().find(|no| !by_rule.contains(no)).unwrap();
        let seen = bureau.does("leader", &path("/cases"), chosen(&[other]));
        assert_eq!(seen["cases_gone"], json!([]));
        assert_eq!(shown(&bureau.document("leader", &id)), std::slice::from_ref(other));
    }
}
