//! Whatever is typed, wherever, and whatever a file is called or hides: no webhook and no attachment tells a
//! low role or a company who called (Shows 2). `JIESU_TELLS=n` tries n citizens on each database.

mod files;

use jiesu::jobs::Bell;
use jiesu::worker::crew;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

use crate::citizen::eyes::{Canary, EYES, canaries, lives};
use crate::citizen::{Door, Told};
use crate::support::databases::{on_each_database, say};
use crate::support::form::{Reply, attach, fetch, form, send_form};
use crate::webhooks::receiver::Receiver;
use files::{Given, given, tells};

/// Citizens on each database.
const CITIZENS: u32 = 16;

fn cases() -> u32 {
    std::env::var("JIESU_TELLS").ok().and_then(|text| text.parse().ok()).unwrap_or(CITIZENS)
}

/// Demands that nothing of `text`, however it is written, tells who called.
fn silent(place: &str, text: &[u8], canary: &Canary) -> Result<(), TestCaseError> {
    let told = tells(text, canary);
    let shown = String::from_utf8_lossy(&text[..text.len().min(4_000)]);
    prop_assert!(told.is_none(), "{place} tells {told:?}: {shown}");
    Ok(())
}

/// Everybody who may bring files brings some: the citizen, the desk, the lead, the company.
fn bring(door: &Door, told: &Told, files: &[Given], canary: &Canary) -> Result<(), TestCaseError> {
    let words = [("no", told.no.as_str()), ("code", &told.code), ("phone_tail", &told.tail)];
    let sent: Vec<(&str, &[u8])> =
        files.iter().map(|it| (it.name.as_str(), it.bytes.as_slice())).collect();
    let path = "/api/v1/public/attachments";
    let reply = send_form(door.server.address, path, &form(&words, &sent), &[]).unwrap();
    prop_assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    // The door is opened by a code, not by a person.
    let shown = reply.json()["attachments"].to_string();
    silent("what the citizen sent", shown.as_bytes(), canary)?;
    for (who, some) in [("agent", [0, 2]), ("handler@wuye", [1, 4]), ("handler@hongda", [0, 3])] {
        for one in some.map(|n| &files[n]) {
            let file = ("document", one.name.as_str(), one.bytes.as_slice());
            let bearer = door.bearer(who);
            let reply = attach(door.server.address, &bearer, &told.no, file, &[]).unwrap();
            prop_assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
            silent(&format!("the answer to {who}"), &whole(&reply), canary)?;
        }
    }
    Ok(())
}

fn whole(reply: &Reply) -> Vec<u8> {
    [reply.head.as_bytes(), b"\n", &reply.body].concat()
}

/// Who fetched how much of what there is.
#[derive(Debug, Default)]
struct Seen {
    files: usize,
    withheld: usize,
    messages: usize,
}

/// Everybody who has no task to call looks at every file, and at what is said of them.
fn look(door: &Door, told: &Told, canary: &Canary, seen: &mut Seen) -> Result<(), TestCaseError> {
    let attachments = door.city.ticket(&told.no).attachments;
    for who in EYES {
        for rest in ["", "/events"] {
            let path = format!("tickets/{}{rest}", told.no);
            let answer = door.staff(who, "GET", &path, &json!({}));
            silent(&format!("{who} {path}"), answer.body.as_bytes(), canary)?;
        }
        let is_company = who.contains("hongda");
        for (k, one) in &attachments {
            let id = format!("{}-{k}", told.no);
            let reply = fetch(door.server.address, &door.bearer(who), &id).unwrap();
            silent(&format!("the head of {id} for {who}"), reply.head.as_bytes(), canary)?;
            let own = one.unit.as_ref().is_some_and(|unit| unit.as_str() == "hongda");
            let paper = !one.media.is_photo();
            match reply.status {
                200 if is_company && paper => {
                    prop_assert!(own, "{who} is given {id}, which nobody can mask");
                }
                200 => seen.files += 1,
                404 => seen.withheld += 1,
                other => prop_assert!(false, "{who} {id}: {other}"),
            }
            // What a PDF says is what somebody wrote: only whoever has the case is given it.
            if reply.status != 200 || one.media.ending() != "pdf" {
                silent(&format!("{id} ({}) for {who}", one.media.ending()), &reply.body, canary)?;
            }
        }
    }
    Ok(())
}

/// What every receiver heard, and what the log of deliveries keeps of it.
fn listen(
    door: &Door,
    receivers: &[(Receiver, String)],
    canary: &Canary,
    seen: &mut Seen,
) -> Result<(), TestCaseError> {
    // Nobody hears of an intake within the minute in which it can be undone.
    door.server.clock.forward(chrono::TimeDelta::minutes(1));
    crew(&door.server.app, &Bell::default()).drain().unwrap();
    for (receiver, id) in receivers {
        for one in receiver.heard() {
            seen.messages += 1;
            silent("a webhook", one.body.as_bytes(), canary)?;
            silent("the head of a webhook", one.head.as_bytes(), canary)?;
        }
        let log = door.staff("sysadmin", "GET", &format!("webhooks/{id}/deliveries"), &json!({}));
        prop_assert_eq!(log.status, 200);
        silent("the log of deliveries", log.body.as_bytes(), canary)?;
    }
    Ok(())
}

/// A program that listens to everything, and one for each unit with a part in it.
fn receivers(door: &Door) -> Vec<(Receiver, String)> {
    let listens = |more: Value| {
        let receiver = Receiver::new();
        let mut body = json!({ "url": receiver.url() });
        jiesu::ticket::event::apply(&mut body, &more);
        let answer = door.staff("sysadmin", "POST", "webhooks", &body);
        assert_eq!(answer.status, 201, "{answer:?}");
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        (receiver, id)
    };
    let of_unit = |unit: &str| listens(json!({ "unit": unit }));
    vec![listens(json!({})), of_unit("wuye"), of_unit("hongda"), of_unit("chengguan")]
}

/// The clerks' own words, which say everything too.
fn clerks_type(door: &Door, told: &Told, canary: &Canary) {
    let (city, no) = (&door.city, told.no.as_str());
    for (who, public) in [("agent", true), ("handler@wuye", false), ("leader", true)] {
        city.person(who).does(no, "note", json!({ "text": canary.words(), "public": public }));
    }
    let classes = json!({ "assessment_class": "three_rates", "reason": canary.words() });
    city.reviewer().does(no, "classify", classes);
    let flag = json!({ "flag": "bad_attitude", "unit": "wuye", "text": canary.words() });
    city.agent().does(no, "flag", flag);
}

on_each_database! {
    fn no_webhook_and_no_attachment_tells_who_called(test: &TestDb) {
        let door = Door::with(&[
            ("JIESU_DATABASE__URL", &test.url),
            ("JIESU_OUTWARD__ALLOW", "127.0.0.0/8"),
            ("JIESU_LIMITS__ATTACHMENTS_PER_SIDE", "30"),
            ("JIESU_PUBLIC__ASKS_PER_MINUTE", "10000"),
            ("JIESU_PUBLIC__WRONG_PER_HOUR", "10000"),
            ("JIESU_PUBLIC__TICKETS_PER_HOUR", "10000"),
        ]);
        let receivers = receivers(&door);
        let config = Config { cases: cases(), max_shrink_iters: 8, failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new(config);
        let seen = std::cell::RefCell::new(Seen::default());
        let citizens = canaries().prop_flat_map(|canary| (given(&canary), Just(canary)));
        runner.run(&citizens, |(files, canary)| {
            let seen = &mut *seen.borrow_mut();
            let told = lives(&door, &canary);
            clerks_type(&door, &told, &canary);
            bring(&door, &told, &files, &canary)?;
            look(&door, &told, &canary, seen)?;
            listen(&door, &receivers, &canary, seen)
        }).unwrap();
        let seen = seen.into_inner();
        say(&format!("tells: {} citizens, {seen:?}", cases()));
        let least = usize::try_from(cases()).unwrap() * 5;
        assert!(seen.files > least && seen.withheld > least && seen.messages > least, "{seen:?}");
    }
}
