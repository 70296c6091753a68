//! The smaller traces of a person: words and calls from their number, answers kept for repeated requests, and
//! erasures that a restore has to do again.

use std::os::unix::fs::PermissionsExt;

use diesel::RunQueryDsl;
use jiesu::calls::{self, Told};
use jiesu::citizen::reply;
use jiesu::db::dump;
use jiesu::jobs::Bell;
use jiesu::privacy::{self, Again, Clean, Who};
use jiesu::ticket::store;
use serde_json::{Value, json};

use super::{PHONE, draft, two};
use crate::support::city::City;
use crate::support::databases::{Folder, TestDb, on_each_database};
use crate::support::server::Server;
use crate::web_auth::{get, post, token};

const SECOND: &str = "13987650322";
const OTHER: &str = "13987650399";

/// How many rows there are of `table` that are `so`.
fn count(test: &TestDb, table: &str, so: &str) -> usize {
    let column = if table == "idempotency" { "made_at" } else { "id" };
    let sql = format!("UPDATE {table} SET {column} = {column} WHERE {so}");
    test.db.write(move |tx| Ok(diesel::sql_query(&sql).execute(tx.conn)?)).unwrap()
}

/// A text message that nobody can place.
fn says(city: &City, phone: &'static str, text: &str) {
    let (house, actor, text) =
        (city.hotline.clone(), city.person("platform").actor.clone(), text.to_owned());
    let db = &city.hotline.db;
    db.write(move |tx| reply::hear(&house, tx, &actor, phone, &text).map(drop)).unwrap();
}

/// A closed ticket of the person, who can be rung up by another number too.
fn closed(city: &City) -> String {
    let mut draft = draft();
    draft["caller"]["second_phone"] = SECOND.into();
    let no = city.agent().registers(draft);
    city.agent().does(&no, "answer", json!({ "text": "已答复" }));
    no
}

on_each_database! {
    fn what_a_caller_said_goes_with_the_person_whatever_ticket_it_was_put_to(test: &TestDb) {
        let (city, folder) = (City::of(test), Folder::new());
        says(&city, PHONE, "还没有登记");
        says(&city, SECOND, "用另一个号码");
        says(&city, OTHER, "别人");
        let over = closed(&city);
        let live = city.agent().registers(draft());
        says(&city, PHONE, "归到了另一张工单");
        assert_eq!(count(test, "citizen_word", &format!("ticket_no = '{live}'")), 1);
        privacy::erase(&city.hotline, folder.path(), &over, &two(&city.hotline), "本人请求").unwrap();
        assert_eq!(count(test, "citizen_word", "1 = 1"), 1);
        assert_eq!(count(test, "job", "kind = 'privacy.clean'"), 0);
    }

    fn a_period_that_is_over_takes_no_word_that_was_said_since(test: &TestDb) {
        let (city, folder) = (City::of(test), Folder::new());
        says(&city, PHONE, "当时说的");
        city.hours(1);
        closed(&city);
        city.days(800);
        city.agent().registers(draft());
        says(&city, PHONE, "昨天说的");
        assert_eq!(privacy::round(&city.hotline, folder.path(), 2, &Bell::default()).unwrap(), 1);
        assert_eq!(count(test, "citizen_word", "1 = 1"), 1);
        assert_eq!(count(test, "job", "kind = 'privacy.clean'"), 0);
    }

    fn a_copy_under_a_number_holds_the_calls_and_words_from_it(test: &TestDb) {
        let city = City::of(test);
        let two = two(&city.hotline);
        for (id, phone) in [("c1", PHONE), ("c2", OTHER)] {
            let at = city.now();
            let ring = json!({ "call_id": id, "event": "ring", "at": at, "phone": phone });
            let ring: Told = serde_json::from_value(ring).unwrap();
            let (actor, keys) = (city.agent().actor.clone(), city.hotline.keys.clone());
            test.db.write(move |tx| calls::take(tx, &actor, &keys, &ring)).unwrap();
        }
        says(&city, PHONE, "还没有登记");
        says(&city, OTHER, "别人");
        let who = Who::Phone(PHONE.to_owned());
        let held = privacy::find(&city.hotline, &two, &who, "本人查阅").unwrap();
        let only = |part: &str, name: &str| {
            let all = held[part].as_array().unwrap();
            all.iter().map(|one| one[name].clone()).collect::<Vec<Value>>()
        };
        assert_eq!((only("calls", "call_id"), only("calls", "phone")), (vec!["c1".into()], vec![PHONE.into()]));
        assert_eq!(only("words", "text"), [Value::from("还没有登记")]);
        assert_eq!(count(test, "audit_entry", "action = 'privacy.find'"), 4);
    }

    fn what_was_shown_in_clear_is_not_kept_beyond_the_person(test: &TestDb) {
        let server = Server::start(&[("JIESU_DATABASE__URL", &test.url)]);
        jiesu::identity::demo::load_users(&server.app.db).unwrap();
        let agent = token(&server, "agent");
        let mut body = draft();
        // The demo city has other estates.
        body.as_object_mut().unwrap().remove("place");
        let made = post(&server, "/api/v1/tickets", Some(&agent), &body);
        let no = made.json()["no"].as_str().unwrap().to_owned();
        let bearer = format!("Bearer {agent}");
        let ask = |path: &str, body: Value| {
            let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", "k")];
            let answer = server.ask("POST", path, &headers, &body.to_string());
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(answer.body.contains(PHONE) && !answer.head.contains("jiesu-place"), "{answer:?}");
            answer.head.to_lowercase().contains("idempotent-replayed")
        };
        let path = format!("/api/v1/tickets/{no}/reveal");
        let why = json!({ "fields": ["phone"], "purpose": "other", "reason": "核实" });
        assert!(!ask(&path, why.clone()) && ask(&path, why));
        let folder = Folder::new();
        let hotline = &server.app.hotline;
        let id = test.db.read(|conn| store::id_of(conn, &no)).unwrap().unwrap();
        let before = count(test, "idempotency", "1 = 1");
        privacy::clean(hotline, folder.path(), &Clean { id, no }).unwrap();
        assert_eq!(count(test, "idempotency", "1 = 1"), before - 1);
        // A call is no ticket's: what is shown of it is shown anew, and noted anew.
        let at = "2026-10-01T07:30:00+08:00";
        let ring = json!({ "call_id": "c1", "event": "ring", "at": at, "phone": PHONE });
        assert_eq!(post(&server, "/api/v1/calls", Some(&agent), &ring).status, 200);
        let why = json!({ "reason": "回拨" });
        let path = "/api/v1/calls/c1/reveal";
        assert!(!ask(path, why.clone()) && !ask(path, why));
        assert_eq!(count(test, "idempotency", "1 = 1"), before - 1);
        let auditor = token(&server, "auditor");
        let trail = get(&server, "/api/v1/audit?action=call.reveal", &auditor).json();
        assert_eq!(trail["items"].as_array().unwrap().len(), 2);
    }

    fn an_erasure_that_a_restore_cannot_repeat_is_told_and_not_forgotten(test: &TestDb) {
        let (city, folder) = (City::of(test), Folder::new());
        let (over, live) = (city.closed("wuye"), city.handled_by("wuye"));
        let line = |no: &str| {
            let line = json!({ "no": no, "at": city.now(), "ground": "request", "asked_by": "zhang",
                "agreed_by": "li", "reason": "本人请求" });
            format!("{line}\n")
        };
        let lost = folder.path().join("lost.log");
        // The last was not even in the backup; in another backup it may be.
        let lines = [over.as_str(), &live, "2026-999999"].map(line).concat();
        std::fs::write(&lost, lines).unwrap();
        let again = || privacy::apply_again(&city.hotline, folder.path(), &lost).unwrap();
        assert_eq!(again(), Again { done: 1, live: vec![live.clone()] });
        let journal = privacy::journal_file(folder.path());
        let mode = || std::fs::metadata(&journal).unwrap().permissions().mode() & 0o777;
        let kept = || std::fs::read_to_string(&journal).unwrap().lines().count();
        assert_eq!((kept(), mode()), (3, 0o600));
        assert_eq!(again(), Again { done: 0, live: vec![live] });
        assert_eq!(kept(), 3);
        // One that an older program made for everybody.
        std::fs::set_permissions(&journal, PermissionsExt::from_mode(0o644)).unwrap();
        let next = city.closed("wuye");
        privacy::erase(&city.hotline, folder.path(), &next, &two(&city.hotline), "本人请求").unwrap();
        assert_eq!((kept(), mode()), (4, 0o600));
    }
}

#[test]
fn no_byte_of_a_word_is_left_in_the_database_file() {
    let test = TestDb::sqlite();
    let (city, folder) = (City::of(&test), Folder::new());
    let no = closed(&city);
    // Long enough for pages of its own.
    says(&city, PHONE, &"漏".repeat(20_000));
    let read = |conn: &mut _| {
        let tables = dump::tables(conn)?;
        let table = tables.iter().find(|table| table.name == "citizen_word").unwrap();
        let mut line = String::new();
        dump::rows(conn, table, &mut |row| {
            line.push_str(row);
            Ok(())
        })?;
        Ok(line)
    };
    let line = test.db.read(read).unwrap();
    let sealed = line.split('"').max_by_key(|part| part.len()).unwrap();
    let middle = sealed.len() / 4 * 2;
    let needle: Vec<u8> = (0..64)
        .map(|at| u8::from_str_radix(&sealed[middle + 2 * at..][..2], 16).unwrap())
        .collect();
    let file = test.url.strip_prefix("sqlite://").unwrap();
    let lies_there = || {
        [file.to_owned(), format!("{file}-wal")].iter().any(|file| {
            let bytes = std::fs::read(file).unwrap_or_default();
            bytes.windows(needle.len()).any(|part| part == needle)
        })
    };
    assert!(lies_there());
    let id = test.db.read(|conn| store::id_of(conn, &no)).unwrap().unwrap();
    privacy::clean(&city.hotline, folder.path(), &Clean { id, no }).unwrap();
    test.db.scrub(&[]).unwrap();
    assert!(!lies_there());
}
