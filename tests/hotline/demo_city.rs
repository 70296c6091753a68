//! The demo city's history: the same for the same day, and something in every queue.

use jiesu::directory::Urgency;
use jiesu::moving::demo;
use jiesu::moving::history::Sent;
use jiesu::places::Gazetteer;
use jiesu::places::queue::Lamp;
use jiesu::ticket::assignment::ContactOutcome;
use jiesu::ticket::{StateName, store};
use jiesu::time::Stamp;

use super::web_auth::{get, token};
use crate::support::databases::TestDb;
use crate::support::desk::dispatcher;
use crate::support::server::Server;
use crate::support::town::hotline;

/// Whether the unit reached the citizen in time, as far as its line says (domain.md §4): an hour, else a day.
fn was_prompt(sent: &Sent, is_emergency: bool) -> bool {
    let limit = if is_emergency { 3_600_000 } else { 86_400_000 };
    let mut reached = sent.contacts.iter().filter(|it| it.outcome != ContactOutcome::NoAnswer);
    reached.any(|it| it.at.millis_since(sent.sent_at) <= limit)
}

#[test]
fn the_units_of_the_demo_city_mostly_reach_the_citizen_in_time() {
    let test = TestDb::sqlite();
    let hotline = hotline(&test);
    test.clock.set(Stamp::parse("2026-11-20T10:30:00+08:00").unwrap());
    let city = |tx: &mut jiesu::db::Tx<'_>| {
        let today = "2026-11-20".parse().unwrap();
        jiesu::directory::demo::load(tx, &jiesu::identity::Actor::system(), today).map(drop)
    };
    hotline.db.write(city).unwrap();
    let now = hotline.db.now();
    let rules = hotline.db.read(|conn| hotline.rules.current(conn, now)).unwrap();
    let (mut prompt, mut all) = (0, 0);
    for line in demo::lines(&rules, now, 3_000) {
        let is_emergency = line.urgency == Some(Urgency::Emergency);
        // As the figure counts: leads and assists that were not returned, whose limit is over.
        let due = |sent: &&Sent| {
            sent.returned_at.is_none() && now.millis_since(sent.sent_at) > 86_400_000
        };
        for sent in line.assignments.iter().filter(due) {
            all += 1;
            prompt += i32::from(was_prompt(sent, is_emergency));
        }
    }
    let rate = f64::from(prompt) / f64::from(all);
    assert!(all > 1_000 && (0.92..0.985).contains(&rate), "{prompt} of {all}");
}

#[test]
fn the_demo_city_has_three_months_and_a_ticket_in_every_state() {
    let test = TestDb::sqlite();
    let hotline = hotline(&test);
    test.clock.set(Stamp::parse("2026-11-20T10:30:00+08:00").unwrap());
    let today = "2026-11-20".parse().unwrap();
    let city = move |tx: &mut jiesu::db::Tx<'_>| {
        jiesu::directory::demo::load(tx, &jiesu::identity::Actor::system(), today).map(drop)
    };
    hotline.db.write(city).unwrap();
    let rules = hotline.db.read(|conn| hotline.rules.current(conn, hotline.db.now())).unwrap();
    let lines = demo::lines(&rules, hotline.db.now(), 300);
    assert!(lines == demo::lines(&rules, hotline.db.now(), 300));
    let summary = demo::load(&hotline, 300).unwrap().unwrap();
    assert_eq!((summary.imported, summary.rejected), (lines.len() as u64, 0));
    assert_eq!(demo::load(&hotline, 300).unwrap(), None);
    let vault = rules.vault(&hotline.keys);
    let mut states = Vec::new();
    for line in &lines {
        let found = hotline.db.read(|conn| store::load(conn, vault, &line.no)).unwrap();
        states.push(found.unwrap().ticket.state.name());
    }
    for state in StateName::ALL.iter().filter(|state| **state != StateName::Merged) {
        assert!(states.contains(state), "{state}");
    }
    // And of places that stayed words some are plain and some must be asked about.
    let gazetteer = Gazetteer::of(rules.directory.clone());
    let lamp = Lamp { gazetteer: &gazetteer, keys: &hotline.keys, today, certain: 0.9 };
    let page = |conn: &mut jiesu::db::Conn| lamp.page(conn, &dispatcher(), None, 50);
    let (waiting, _) = hotline.db.read(page).unwrap();
    let certain = waiting.iter().filter(|one| one.resolved.certain().is_some()).count();
    assert!(certain > 1 && waiting.len() > certain + 1, "{certain} of {}", waiting.len());
}

/// Name, role and unit of every line of `config/demo/users.csv`.
fn users() -> Vec<[String; 3]> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/demo/users.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let rows = reader.records().map(|row| row.unwrap());
    rows.map(|row| [0, 1, 2].map(|column| row[column].to_owned())).collect()
}

#[test]
fn every_user_of_the_sheet_logs_in_while_the_demo_runs_with_its_role_and_its_unit() {
    let server = Server::start(&[("JIESU_AUTH__TRIES_PER_MINUTE", "200")]);
    let city = |tx: &mut jiesu::db::Tx<'_>| {
        let today = "2026-10-01".parse().unwrap();
        jiesu::directory::demo::load(tx, &jiesu::identity::Actor::system(), today).map(drop)
    };
    server.app.db.write(city).unwrap();
    jiesu::identity::demo::load_users(&server.app.db).unwrap();
    let users = users();
    for [name, role, unit] in &users {
        let access = token(&server, name);
        let me = get(&server, "/api/v1/me", &access).json();
        assert_eq!(
            (&me["roles"], &me["unit"]),
            (&serde_json::json!([role]), &serde_json::json!(unit)),
            "{name}"
        );
        let known = get(&server, &format!("/api/v1/units/{unit}"), &access);
        assert_eq!(known.status, 200, "the unit of {name} is there: {known:?}");
        let body = serde_json::json!({ "username": name, "password": "demo-jiesu-2026" });
        let through_a_proxy = [("X-Forwarded-For", "192.0.2.1")];
        let path = "/api/v1/auth/token";
        let refused = server.ask("POST", path, &through_a_proxy, &body.to_string());
        assert_eq!(refused.status, 401, "{name} from elsewhere: {refused:?}");
    }
    // Contract.md names these; a citizen and the program itself never log in, a platform has keys.
    let staff = "agent dispatcher handler unit_head reviewer surveyor assessor leader sysadmin \
        secadmin auditor";
    for role in staff.split_whitespace() {
        let own = |user: &&[String; 3]| user[0] == role && user[1] == role;
        assert!(users.iter().any(|user| own(&user)), "{role}");
    }
    let unit = |name: &str| users.iter().find(|user| user[0] == name).unwrap()[2].as_str();
    assert_eq!((unit("handler"), unit("unit_head")), ("wuye", "wuye"));
}
