//! What a leader writes on a report 批示: a task of each unit, answered by its head, decided by another.

use jiesu::db::Tx;
use jiesu::identity::store::{account_named, save_account};
use serde_json::{Value, json};

use super::bureau::Bureau;
use crate::support::databases::on_each_database;

/// A bureau with a frozen report about November.
fn frozen(test: &crate::support::databases::TestDb) -> (Bureau, String) {
    let bureau = Bureau::open(test);
    bureau.city.closed("wuye");
    let id = bureau.november();
    bureau.city.days(30);
    bureau.does("assessor", &format!("/reports/{id}/freeze"), json!({}));
    (bureau, id)
}

fn tasks(bureau: &Bureau, who: &str, query: &str) -> Vec<Value> {
    let answer = bureau.asks(who, &format!("/reports/tasks{query}"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["items"].as_array().unwrap().clone()
}

/// What `weixiu` answers late is sent back without another day: it is owed anew and not late at once.
fn sent_back_late(bureau: &Bureau) {
    let own = tasks(bureau, "unit_head@weixiu", "?overdue=true");
    let task = |end: &str| format!("/reports/tasks/{}{end}", own[0]["id"].as_str().unwrap());
    bureau.does("unit_head@weixiu", &task("/answer"), json!({ "text": "已排查" }));
    let back = json!({ "text": "请附检测报告编号" });
    let again = bureau.does("reviewer", &task("/send-back"), back);
    assert_eq!((&again["overdue"], &again["light"]), (&json!(false), &json!("green")));
    bureau.city.days(30);
}

/// The person behind the login `name` is called `shown` by people.
fn is_shown_as(bureau: &Bureau, name: &str, shown: &str) {
    let (name, shown) = (name.to_owned(), shown.to_owned());
    let rename = move |tx: &mut Tx<'_>| {
        let mut account = account_named(tx.conn, &name)?.unwrap();
        account.display_name.clone_from(&shown);
        save_account(tx, &account)
    };
    bureau.server.app.db.write(rename).unwrap();
}

on_each_database! {
    fn an_instruction_is_a_task_that_the_unit_answers_and_another_decides(test: &TestDb) {
        let (bureau, id) = frozen(test);
        let path = |end: &str| format!("/reports/{id}{end}");
        let text = json!({ "text": "请逐个小区排查电梯隐患", "units": ["wuye", "weixiu"] });
        assert_eq!(bureau.tries("assessor", &path("/instruct"), text.clone()), "403 forbidden");
        let named = json!({ "text": "请回电13900000001", "units": ["wuye"] });
        assert_eq!(bureau.tries("leader", &path("/instruct"), named), "422 report.personal");
        let company = json!({ "text": "请整改", "units": ["hongda"] });
        assert_eq!(bureau.tries("leader", &path("/instruct"), company), "422 field.unknown_code");
        let past = json!({ "text": "请整改", "units": ["wuye"], "due_on": "2026-11-01" });
        assert_eq!(bureau.tries("leader", &path("/instruct"), past), "422 field.in_past");
        let seen = bureau.does("leader", &path("/instruct"), text);
        assert_eq!(seen["instructions"].as_array().unwrap().len(), 2);
        // The unit has its own, though the report is not published yet.
        assert_eq!(bureau.asks("unit_head@wuye", &path("")).status, 404);
        let own = tasks(&bureau, "unit_head@wuye", "");
        assert_eq!((own.len(), &own[0]["unit"], &own[0]["state"]), (1, &json!("wuye"), &json!("open")));
        assert_eq!((&own[0]["text"], &own[0]["allowed"]), (&json!("请逐个小区排查电梯隐患"), &json!(["answer"])));
        assert_eq!(bureau.asks("unit_head@hongda", "/reports/tasks").status, 403);
        let task = |end: &str| format!("/reports/tasks/{}{end}", own[0]["id"].as_str().unwrap());
        // As a sheet each has what the list shows.
        let sheet = |who: &str| bureau.asks(who, "/reports/tasks.csv");
        let (all, units) = (sheet("leader").body, sheet("unit_head@wuye").body);
        assert!(all.contains("请逐个小区排查电梯隐患") && all.contains("共2条"), "{all}");
        assert!(units.contains("待答复") && units.contains("共1条"), "{units}");
        assert_eq!(bureau.asks("leader", "/reports/tasks.xlsx").status, 200);
        assert_eq!(sheet("unit_head@hongda").status, 403);
        assert_eq!(bureau.asks("leader", "/reports/tasks.csv?limit=5").status, 422);
        assert_eq!(bureau.asks("unit_head@weixiu", &task("")).status, 404);
        let words = json!({ "text": "已排查，更换钢丝绳3部" });
        assert_eq!(bureau.tries("handler@wuye", &task("/answer"), words.clone()), "403 forbidden");
        assert_eq!(bureau.tries("leader", &task("/accept"), json!({})), "409 transition");
        let stale = bureau.call("unit_head@wuye", "POST", &task("/answer"), &[("If-Match", "\"9\"")], &words.to_string());
        assert_eq!(stale.status, 412);
        assert_eq!(bureau.does("unit_head@wuye", &task("/answer"), words.clone())["state"], "answered");
        assert_eq!(bureau.tries("unit_head@wuye", &task("/answer"), words.clone()), "409 transition");
        assert_eq!(bureau.tries("unit_head@wuye", &task("/accept"), json!({})), "403 forbidden");
        let back = json!({ "text": "请附检测报告编号", "due_on": "2026-12-31" });
        let again = bureau.does("reviewer", &task("/send-back"), back);
        assert_eq!((&again["state"], &again["due_at"]), (&json!("open"), &json!("2026-12-31T23:59:59.999+08:00")));
        bureau.does("unit_head@wuye", &task("/answer"), words);
        let done = bureau.does("leader", &task("/accept"), json!({}));
        let said: Vec<&str> = done["words"].as_array().unwrap().iter().map(|it| it["step"].as_str().unwrap()).collect();
        assert_eq!((said, &done["state"]), (vec!["answer", "send-back", "answer"], &json!("accepted")));
        // The other one is owed, and late one day.
        bureau.city.days(60);
        sent_back_late(&bureau);
        let late = tasks(&bureau, "reviewer", "?overdue=true");
        assert_eq!((late.len(), &late[0]["unit"]), (1, &json!("weixiu")));
        assert_eq!((&late[0]["light"], &late[0]["overdue"]), (&json!("red"), &json!(true)));
        assert_eq!(tasks(&bureau, "leader", "?state=accepted").len(), 1);
    }

    fn what_was_written_is_printed_below_and_changes_no_word_of_the_report(test: &TestDb) {
        let (bureau, id) = frozen(test);
        let before = bureau.document("leader", &id);
        let page = |who: &str| bureau.asks(who, &format!("/reports/{id}.html")).body;
        is_shown_as(&bureau, "leader", "王局长");
        assert!(!page("leader").contains("领导批示"));
        let text = json!({ "text": "下月起集中整治", "units": ["wuye"] });
        bureau.does("leader", &format!("/reports/{id}/instruct"), text);
        assert!(page("leader").contains("领导批示") && page("assessor").contains("下月起集中整治"));
        assert!(page("assessor").contains(" 王局长：下月起集中整治"), "a person, and no login");
        let hash = |document: &Value| document["sections"].clone();
        assert_eq!(hash(&bureau.document("leader", &id)), hash(&before));
        bureau.does("leader", &format!("/reports/{id}/sign"), json!({}));
        bureau.does("leader", &format!("/reports/{id}/publish"), json!({}));
        assert!(page("unit_head@wuye").contains("下月起集中整治"));
        assert!(!page("unit_head@weixiu").contains("下月起集中整治"), "another unit's task");
        // A restated edition goes on with it.
        let new = bureau.does("assessor", &format!("/reports/{id}/restate"), json!({}));
        assert_eq!(new["instructions"][0]["unit"], "wuye");
    }
}
