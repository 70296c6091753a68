//! A person is erased: nothing of them is left in any file or answer, and everything that is counted or
//! proven stays as it was.

mod traces;

use std::collections::BTreeSet;
use std::path::Path;

use diesel::RunQueryDsl;
use jiesu::db::dump;
use jiesu::identity::account::{Account, AccountKind, NewAccount};
use jiesu::jobs::Bell;
use jiesu::lifecycle::Hotline;
use jiesu::lifecycle::sealer::seal_file;
use jiesu::privacy::{self, Clean, Two, Who};
use jiesu::ticket::command::CommandName;
use jiesu::ticket::store::proof::Fault;
use jiesu::ticket::store::{self, Vault};
use serde_json::{Value, json};

use crate::support::city::{City, refusal};
use crate::support::databases::{Folder, TestDb, on_each_database};
use crate::support::program::{Program, Site};

const NAME: &str = "欧阳卷云";
const PHONE: &str = "13987650321";
const ADDRESS: &str = "桂花弄壹佰零柒号";
const TEXT: &str = "储藏室的木箱被雨水泡坏";
const TITLE: &str = "木箱泡水求助";

/// The draft of the person who will be erased.
fn draft() -> Value {
    json!({
        "kind": "help", "channel": "phone", "dispatch": "hold",
        "caller": { "name": NAME, "phone": PHONE },
        "matter": { "title": TITLE, "content": format!("{TEXT}，住在{ADDRESS}，请联系{PHONE}") },
        "place": { "estate": "yangguang", "address": ADDRESS }
    })
}

/// Which of `needles` lie in which file below `folder`, byte by byte.
fn found(folder: &Path, needles: &[(&str, Vec<u8>)]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            found.extend(self::found(&entry.path(), needles));
        } else if let Ok(bytes) = std::fs::read(entry.path()) {
            for (what, needle) in needles {
                if bytes.windows(needle.len()).any(|part| part == needle) {
                    found.insert(format!("{what} in {}", entry.file_name().to_string_lossy()));
                }
            }
        }
    }
    found
}

fn ask(site: &Site, program: &Program, who: &str, path: &str) -> (u16, Value) {
    let badge = site.badge(who);
    let headers = [("Authorization", badge.as_str())];
    let answer = program.line().ask("GET", path, &headers, "").unwrap();
    (answer.status, answer.json())
}

fn post(site: &Site, program: &Program, path: &str, key: &str, body: &Value) -> Value {
    let badge = site.badge("agent");
    let headers = [
        ("Authorization", badge.as_str()),
        ("Content-Type", "application/json"),
        ("Idempotency-Key", key),
    ];
    let answer = program.line().ask("POST", path, &headers, &body.to_string()).unwrap();
    assert!(matches!(answer.status, 200 | 201), "{}", answer.body);
    answer.json()
}

fn said(site: &Site, arguments: &[&str], code: i32) -> String {
    let output = site.run(arguments);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}{complained}");
    format!("{said}{complained}")
}

const RATES: &str =
    "/api/v1/rates?from=2026-01-01T00:00:00Z&to=2100-01-01T00:00:00Z&group_by=category";

/// A ticket answered and closed, with letters and a file as the other rooms leave them.
fn case(site: &Site, program: &Program) -> String {
    let no = post(site, program, "/api/v1/tickets", "erase-me", &draft())["no"].clone();
    let no = no.as_str().unwrap().to_owned();
    let path = format!("/api/v1/tickets/{no}");
    let note = json!({ "text": format!("已回电{NAME}"), "public": false });
    post(site, program, &format!("{path}/note"), "erase-me-too", &note);
    post(site, program, &format!("{path}/answer"), "answered", &json!({ "text": "已答复" }));
    let data = site.folder().join("data");
    for (folder, file) in [("mail", format!("{no}.7.eml")), ("sms", format!("{no}.8.txt"))] {
        std::fs::create_dir_all(data.join(folder)).unwrap();
        std::fs::write(data.join(folder).join(file), format!("{NAME} {PHONE} {TEXT}")).unwrap();
        // A number that only begins alike is somebody else's.
        std::fs::write(data.join(folder).join(format!("{no}1.7.eml")), "别人").unwrap();
    }
    let app = site.app();
    let id = app.db.read(|conn| store::id_of(conn, &no)).unwrap().unwrap();
    let files = data.join(format!("attachments/{:03x}/{id}", id.rem_euclid(4_096)));
    std::fs::create_dir_all(&files).unwrap();
    std::fs::write(files.join("sealed"), "sealed under the ticket's key").unwrap();
    no
}

/// What must not be found any more, the wrapped key of the ticket with it.
fn canaries(site: &Site, no: &str) -> Vec<(&'static str, Vec<u8>)> {
    let app = site.app();
    let key = app.db.read(|conn| {
        let id = store::id_of(conn, no)?.unwrap();
        store::wrapped_key(conn, id)
    });
    let mut needles: Vec<(&str, Vec<u8>)> =
        [("name", NAME), ("phone", PHONE), ("address", ADDRESS), ("text", TEXT), ("title", TITLE)]
            .map(|(what, text)| (what, text.as_bytes().to_vec()))
            .to_vec();
    needles.push(("file", b"sealed under the ticket's key".to_vec()));
    needles.push(("key", key.unwrap().unwrap()));
    needles
}

fn gone_everywhere(database: Option<&str>) {
    let site =
        Site::new(database, &[("JIESU_WORKER__PAUSE_MS", "50"), ("JIESU_LOG__LEVEL", "warn")]);
    let program = site.start();
    let (data, backup) = (site.folder().join("data"), site.folder().join("backup"));
    let no = case(&site, &program);
    let other = post(&site, &program, "/api/v1/tickets", "stay", &draft())["no"].clone();
    let other = other.as_str().unwrap().to_owned();
    let needles = canaries(&site, &no);
    let before = found(&data, &needles);
    assert!(before.contains(&format!("phone in {no}.7.eml")), "{before:?}");
    assert!(before.contains("file in sealed"), "{before:?}");
    let in_database = before.iter().any(|place| place.starts_with("key in jiesu.db"));
    assert!(in_database || database.is_some(), "{before:?}");
    let figures = ask(&site, &program, "leader", RATES);
    let keys = site.folder().join("keys-apart");
    let (dir, keys) = (backup.to_str().unwrap(), keys.to_str().unwrap());
    said(&site, &["backup", dir, "--keys", keys], 0);

    orders(&site, &no, &other);
    let left = |needles: &[(&str, Vec<u8>)]| {
        assert_eq!(found(&data, needles), BTreeSet::new());
        assert!(data.join(format!("mail/{no}1.7.eml")).exists());
    };
    // The other ticket's title is not the erased one's; it keeps its own in its row.
    let untitled: Vec<(&str, Vec<u8>)> =
        needles.iter().filter(|(what, _)| *what != "title").cloned().collect();
    left(&untitled);
    assert_eq!(ask(&site, &program, "leader", RATES), figures);
    answers(&site, &program, &no);
    let (_, trail) = ask(&site, &program, "auditor", "/api/v1/audit?limit=500");
    let trail = trail.to_string();
    assert_eq!(trail.matches("ticket.erase").count(), 2, "{trail}");
    assert!(!trail.contains(PHONE), "{trail}");
    assert!(said(&site, &["verify"], 0).contains("发现问题 0 处"));
    let exported = said(&site, &["export"], 0);
    assert!(exported.contains(&other) && !exported.contains(&no), "{exported}");
    drop(program);
    let program = site.start();
    left(&untitled);
    answers(&site, &program, &no);
    assert!(said(&site, &["verify"], 0).contains("发现问题 0 处"));

    // The backup was made before: what comes back from it is erased again.
    let into = Site::to_come_back_to(&site, None, &[]);
    let log = std::fs::read_to_string(data.join("erasures.log")).unwrap();
    let file = site.folder().join("lost.log");
    // The other was erased too, after it had ended, which the backup knows nothing of.
    std::fs::write(&file, format!("{log}{}", log.replace(&no, &other))).unwrap();
    let file = file.to_str().unwrap();
    let told = said(&into, &["restore", dir, "--keys", keys, "--erasures", file], 1);
    assert!(told.contains("再次删除 1 件") && told.contains("发现问题 0 处"), "{told}");
    assert!(told.contains(&format!("工单 {other} 已登记删除")), "{told}");
    let carried = std::fs::read_to_string(into.folder().join("data/erasures.log")).unwrap();
    assert_eq!(carried.lines().count(), 2, "{carried}");
    let restored = into.start();
    answers(&into, &restored, &no);
    assert_eq!(ask(&into, &restored, "leader", RATES), figures);
}

/// Two different people must want it, and the ticket must be over.
fn orders(site: &Site, no: &str, other: &str) {
    let order = |no: &str, by: &[&str]| -> Vec<String> {
        let mut words = vec!["privacy", "erase", "--ticket", no];
        for name in by {
            words.extend(["--by", name]);
        }
        words.extend(["--reason", "本人要求，电话13987650321"]);
        words.into_iter().map(str::to_owned).collect()
    };
    let give = |no: &str, by: &[&str], code: i32| {
        let words = order(no, by);
        said(site, &words.iter().map(String::as_str).collect::<Vec<_>>(), code)
    };
    for wrong in [&["leader"][..], &["leader", "leader"], &["leader", "nobody"]] {
        give(no, wrong, 2);
    }
    let told = give(no, &["leader", "reviewer"], 0);
    assert!(told.contains("的个人信息已删除"), "{told}");
    // The other ticket is the same person's, and still live.
    assert!(give(other, &["leader", "reviewer"], 1).contains("privacy.live"));
}

/// What people are told of an erased ticket, and that nobody is told more.
fn answers(site: &Site, program: &Program, no: &str) {
    for what in ["", "/events", "/limits", "/readers"] {
        let path = format!("/api/v1/tickets/{no}{what}");
        let (status, told) = ask(site, program, "leader", &path);
        assert_eq!((status, told["code"].as_str()), (404, Some("ticket.erased")), "{path} {told}");
        let (status, told) = ask(site, program, "handler@wuye", &path);
        assert_eq!((status, told["code"].as_str()), (404, Some("not_found")), "{path} {told}");
    }
    let (_, list) = ask(site, program, "leader", "/api/v1/tickets?limit=500");
    let line = list["items"].as_array().unwrap().iter().find(|line| line["no"] == no).unwrap();
    assert_eq!(line["title"], "（已按规定删除）");
}

mod nothing_of_an_erased_person_is_left_and_all_that_is_counted_stays {
    #[test]
    fn on_sqlite() {
        super::gone_everywhere(None);
    }

    #[test]
    fn on_postgres() {
        if let Some(test) = super::TestDb::postgres() {
            super::gone_everywhere(Some(&test.url));
        }
    }
}

/// Two people with accounts.
pub fn two(hotline: &Hotline) -> Two {
    let names = ["zhang", "li"];
    hotline
        .db
        .write(move |tx| {
            for name in names {
                let (name, roles) = (name.to_owned(), BTreeSet::new());
                let plan = NewAccount { display_name: name.clone(), name, roles, unit: None };
                let account = Account::new(tx.id(), AccountKind::Person, &plan, tx.now);
                jiesu::identity::store::insert_account(tx, &account)?;
            }
            Ok(())
        })
        .unwrap();
    Two::named(hotline, "zhang", "li").unwrap()
}

fn faults(hotline: &Hotline, data: &Path) -> Vec<Fault> {
    let proof = hotline.prove(&seal_file(data)).unwrap();
    proof.problems.iter().map(|problem| problem.fault).collect()
}

fn tamper(test: &TestDb, sql: String) {
    let rows = test.db.write(move |tx| Ok(diesel::sql_query(&sql).execute(tx.conn)?)).unwrap();
    assert!(rows > 0);
}

on_each_database! {
    fn a_period_that_is_over_erases_what_ended_before_it_and_nothing_else(test: &TestDb) {
        let (city, folder) = (City::of(test), Folder::new());
        let (old, live) = (city.closed("wuye"), city.handled_by("wuye"));
        city.days(400);
        let young = city.closed("wuye");
        city.days(400);
        let hotline = &city.hotline;
        let due = |years| -> Vec<String> {
            let due = privacy::due(hotline, years, 9).unwrap();
            due.into_iter().map(|(no, _)| no).collect()
        };
        assert_eq!((due(0), due(1), due(3)), (vec![], vec![old.clone(), young.clone()], vec![]));
        assert_eq!(due(2), std::slice::from_ref(&old));
        assert_eq!(privacy::round(hotline, folder.path(), 0, &Bell::default()).unwrap(), 0);
        assert_eq!(privacy::round(hotline, folder.path(), 2, &Bell::default()).unwrap(), 1);
        assert_eq!(privacy::round(hotline, folder.path(), 2, &Bell::default()).unwrap(), 0);
        assert_eq!(due(2), Vec::<String>::new());
        assert_eq!(refusal(city.agent().tries(&old, "note", json!({"text": "补记"}))), "404 ticket.erased");
        for no in [&young, &live] {
            assert!(city.stored(no).version > 0);
        }
        assert_eq!(faults(hotline, folder.path()), []);
        let log = std::fs::read_to_string(privacy::journal_file(folder.path())).unwrap();
        assert!(log.contains(&old) && log.contains("retention") && log.lines().count() == 1);
    }

    fn what_becomes_of_its_rows_is_said_for_every_table_that_has_to_do_with_a_ticket(test: &TestDb) {
        let tables = test.db.read(dump::tables).unwrap();
        let tells = |column: &str| {
            ["ticket_id", "ticket_no", "upstream_no", "phone_hash"].contains(&column)
        };
        for table in tables {
            // Sealed words may be about somebody; `reach` is a colleague's own telephone.
            let words = table.columns.iter().any(|column| column.name == "sealed") && table.name != "reach";
            let told = words || table.columns.iter().any(|column| tells(&column.name));
            let said = privacy::FATES.iter().any(|(name, _)| *name == table.name);
            assert!(!told || said, "src/privacy/fate.rs says nothing of {}", table.name);
        }
    }

    fn a_key_that_went_without_a_word_or_with_a_false_one_is_found(test: &TestDb) {
        let (city, folder) = (City::of(test), Folder::new());
        let two = two(&city.hotline);
        let (first, second) = (city.closed("wuye"), city.closed("wuye"));
        privacy::erase(&city.hotline, folder.path(), &first, &two, "本人请求").unwrap();
        assert_eq!(faults(&city.hotline, folder.path()), []);
        let id = |no: &str| test.db.read(|conn| store::id_of(conn, no)).unwrap().unwrap();
        tamper(test, format!("UPDATE ticket_body SET record_key = NULL WHERE ticket_id = {}", id(&second)));
        assert_eq!(faults(&city.hotline, folder.path()), [Fault::KeyGone]);
        // A word for it by somebody who has not the keys.
        let forged = "INSERT INTO erased (ticket_id, no, at, ground, asked_by, agreed_by, reason, mac) \
                      SELECT ticket_id + 0, no, at, ground, asked_by, agreed_by, reason, mac FROM erased";
        let forged = forged.replace("ticket_id + 0, no", &format!("{}, '{second}'", id(&second)));
        tamper(test, forged);
        assert_eq!(faults(&city.hotline, folder.path()), [Fault::ErasureForged]);
        tamper(test, "UPDATE erased SET agreed_by = 'wang'".to_owned());
        let twice = [Fault::ErasureForged, Fault::ErasureForged];
        assert_eq!(faults(&city.hotline, folder.path()), twice);
    }

    fn a_merged_ticket_that_was_erased_holds_its_parent_up_in_nothing(test: &TestDb) {
        let (city, folder) = (City::of(test), Folder::new());
        let two = two(&city.hotline);
        let (parent, child) = (city.handled_by("wuye"), city.taken());
        city.agent().does(&child, "merge", json!({ "into": parent }));
        privacy::erase(&city.hotline, folder.path(), &child, &two, "本人请求").unwrap();
        let live = privacy::erase(&city.hotline, folder.path(), &parent, &two, "本人请求");
        assert_eq!(live.unwrap_err().code(), "privacy.live");
        city.handler("wuye").does(&parent, "reply", json!({ "text": "已修好" }));
        city.reviewer().does(&parent, "review", json!({ "pass": true }));
        city.hours(24 * 40);
        city.hotline.sweep(&Bell::default()).unwrap();
        assert_eq!(refusal(city.dispatcher().tries(&child, "unmerge", json!({}))), "404 ticket.erased");
        assert_eq!(faults(&city.hotline, folder.path()), []);
        // Cleaned up once more, as the worker does after a crash.
        let id = test.db.read(|conn| store::id_of(conn, &child)).unwrap().unwrap();
        privacy::clean(&city.hotline, folder.path(), &Clean { id, no: child }).unwrap();
    }

    fn a_person_gets_a_copy_of_what_is_held_and_has_it_corrected(test: &TestDb) {
        let city = City::of(test);
        let two = two(&city.hotline);
        let no = city.agent().registers(draft());
        city.taken();
        let who = Who::Phone(format!("+86 {PHONE}"));
        let held = privacy::find(&city.hotline, &two, &who, "本人查阅").unwrap();
        assert_eq!(held["count"], 1);
        let copy = held["tickets"][0].to_string();
        for text in [NAME, PHONE, ADDRESS, TEXT] {
            assert!(copy.contains(text), "{text}");
        }
        assert_eq!(held["tickets"][0]["readers"][0]["what"], "privacy.find");
        let nobody = Who::Phone("13900009999".to_owned());
        let none = privacy::find(&city.hotline, &two, &nobody, "本人查阅").unwrap();
        assert_eq!(none["count"], 0);
        let account = |roles: &[jiesu::identity::Role]| {
            let roles = roles.iter().copied().collect();
            Account { roles, ..two.first.clone() }
        };
        let fields = json!({ "caller": { "name": "欧阳卷舒", "phone": PHONE } });
        let correct = |account: &Account, no: &str| {
            privacy::correct(&city.hotline, account, no, &fields, "本人更正")
        };
        let agent = account(&[jiesu::identity::Role::Agent]);
        let auditor = account(&[jiesu::identity::Role::Auditor]);
        assert_eq!(refusal(correct(&auditor, &no)), "404 not_found");
        correct(&agent, &no).unwrap();
        let stored = test.db.read(|conn| store::load(conn, Vault { keys: &city.hotline.keys }, &no));
        let ticket = stored.unwrap().unwrap().ticket;
        assert_eq!(ticket.caller.name.as_deref(), Some("欧阳卷舒"));
        assert_eq!(city.events(&no).last().unwrap().command, CommandName::Amend.wire());
        let again = privacy::find(&city.hotline, &two, &Who::Ticket(no), "本人查阅").unwrap();
        assert!(again.to_string().contains("privacy.correct"));
    }
}
