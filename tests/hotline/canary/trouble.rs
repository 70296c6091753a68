//! Every kind of refusal, with the citizen wherever a careless client might put one: in bodies, in
//! names of fields, in headers, in places and in questions.

use std::collections::BTreeMap;

use serde_json::json;

use super::Town;
use super::citizens::Citizen;
use crate::support::program::Program;

/// What must have been refused in some way, or the test would be about less than it says.
const REFUSALS: [u16; 8] = [400, 401, 403, 404, 409, 412, 413, 422];
/// So many, two of each life, meet every trouble; the others those of every day.
const THOROUGH: usize = 14;
/// Logins are limited in number.
const LOGINS: usize = 4;

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Goes wrong for every citizen.
pub fn make(town: &mut Town<'_>, program: &Program, citizens: &[Citizen], numbers: &[String]) {
    let mut seen: BTreeMap<u16, usize> = BTreeMap::new();
    for (i, (citizen, no)) in citizens.iter().zip(numbers).enumerate() {
        let mut answers = headers(town, citizen, no);
        answers.extend(searches(town, citizen));
        if i < THOROUGH {
            answers.extend(drafts(town, citizen));
            answers.extend(commands(town, citizen, no));
            answers.extend(places(town, citizen, no));
        }
        if i < LOGINS {
            answers.extend(logins(town, citizen));
        }
        // A method that a client made up: it is a label of figures and stands in the log.
        answers.push(town.ask("leader", &citizen.mobile, "/api/v1/tickets", "").status);
        // Nothing that HTTP knows: the connection is not to be trusted afterwards.
        let raw = format!("/api/v1/tickets/{} {}", citizen.name, citizen.phone);
        answers.push(town.ask("leader", "GET", &raw, "").status);
        town.line = program.line();
        reveals(town, citizen, no);
        for status in answers {
            *seen.entry(status).or_default() += 1;
        }
    }
    for status in REFUSALS {
        assert!(seen.contains_key(&status), "nothing was refused by {status}: {seen:?}");
    }
    let broken: Vec<_> = seen.keys().filter(|status| **status >= 500).collect();
    assert!(broken.is_empty(), "{seen:?}");
    println!("canary: refusals by status {seen:?}");
}

/// Intake bodies that are wrong.
fn drafts(town: &mut Town<'_>, citizen: &Citizen) -> Vec<u16> {
    let (name, phone, text) = (&citizen.name, &citizen.phone, &citizen.text());
    let good = || citizen.draft("help");
    let with = |pointer: &str, value: serde_json::Value| {
        let mut draft = good();
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        draft.pointer_mut(parent).unwrap()[field] = value;
        draft.to_string()
    };
    let mut wrong = vec![
        format!("{{\"caller\":{{\"name\":\"{name}\",\"phone\":\"{phone}\","),
        format!("{name} {phone}"),
        format!("[\"{name}\",\"{phone}\"]"),
        with("/matter/content", json!(text.repeat(200))),
    ];
    for pointer in [
        "/previous",
        "/kind",
        "/channel",
        "/dispatch",
        "/received_at",
        "/upstream",
        "/call",
        "/caller",
        "/caller/anonymous",
        "/matter",
        "/matter/category",
        "/matter/urgency",
        "/matter/event_time",
        "/matter/tags",
        "/place/estate",
        "/place/region",
        "/place/point",
        "/caller/phone",
        "/caller/email",
    ] {
        wrong.push(with(pointer, json!(text)));
        wrong.push(with(pointer, json!([{ name: phone }])));
    }
    for field in [name, phone, &citizen.identity, &citizen.email, &citizen.household, text] {
        for parent in ["", "/caller", "/matter", "/place"] {
            wrong.push(with(&format!("{parent}/{}", field.replace('/', "")), json!(1)));
        }
    }
    wrong.iter().map(|body| town.ask("agent", "POST", "/api/v1/tickets", body).status).collect()
}

/// Commands of the wrong person, at the wrong time, or with wrong words.
fn commands(town: &mut Town<'_>, citizen: &Citizen, no: &str) -> Vec<u16> {
    let (name, phone, text) = (&citizen.name, &citizen.phone, &citizen.text());
    let mut statuses = Vec::new();
    for (who, command, body) in [
        ("agent", "answer", json!({ "text": text, "article": name })),
        ("agent", "decline", json!({ "reason": name, "told": text })),
        ("agent", "divert", json!({ "service": phone, "at": name })),
        ("agent", "answer", json!({ "text": "好", phone: name })),
        ("dispatcher", "consult", json!({ "units": [name, phone], "text": text })),
        ("dispatcher", "dispatch", json!({ "lead": name, "assists": [phone], "note": text })),
        ("dispatcher", "merge", json!({ "into": name })),
        ("dispatcher", "merge", json!({ "into": phone })),
        ("dispatcher", "amend", json!({ "fields": { name: phone }, "reason": text })),
        ("dispatcher", "amend", json!({ "fields": { "category": name }, "reason": text })),
        (
            "dispatcher",
            "amend",
            json!({ "fields": { "caller": { "phone": text } }, "reason": text }),
        ),
        ("leader", "reply", json!({ "text": text })),
        ("surveyor", "survey", json!({ "outcome": name, "comment": text })),
        (
            "handler@jiedao",
            "reply",
            json!({ "text": text, "promise": { "what": text, "on": name } }),
        ),
        ("handler@hongda", "reply", json!({ "text": text })),
        ("auditor", "note", json!({ "text": text })),
        ("agent", "reveal", json!({ "fields": [name], "purpose": phone, "reason": text })),
        ("agent", &escaped(name), json!({ "text": text })),
        ("reviewer", &format!("supervise/{}/close", escaped(name)), json!({ "result": text })),
    ] {
        let path = format!("/api/v1/tickets/{no}/{command}");
        statuses.push(town.ask(who, "POST", &path, &body.to_string()).status);
    }
    statuses
}

/// Looking for somebody, rightly and wrongly.
fn searches(town: &mut Town<'_>, citizen: &Citizen) -> Vec<u16> {
    let (name, phone) = (&citizen.name, &citizen.phone);
    let mut statuses = Vec::new();
    for (who, body) in [
        ("agent", json!({ "caller_phone": phone, "name": name })),
        ("agent", json!({ "name": name })),
        ("agent", json!({ phone: name })),
        ("handler@hongda", json!({ "caller_phone": phone })),
        ("auditor", json!({ "caller_phone": phone })),
    ] {
        statuses.push(town.ask(who, "POST", "/api/v1/tickets/find", &body.to_string()).status);
    }
    // What was typed and not sent, rightly and wrongly.
    let fields =
        json!({ "caller.phone": phone, "caller.name": name, "matter.content": citizen.text() });
    for (form, body) in [
        ("intake".to_owned(), json!({ "typed_at": "2026-11-02T09:00:00Z", "fields": fields })),
        ("intake".to_owned(), json!({ "typed_at": name, "fields": fields })),
        (escaped(name), json!({ "typed_at": "2026-11-02T09:00:00Z", "fields": fields })),
    ] {
        let path = format!("/api/v1/drafts/{form}");
        statuses.push(town.ask("agent", "PUT", &path, &body.to_string()).status);
    }
    statuses
}

/// Places and questions that name somebody.
fn places(town: &mut Town<'_>, citizen: &Citizen, no: &str) -> Vec<u16> {
    let (name, phone) = (escaped(&citizen.name), citizen.phone.replace(['+', ' '], "%20"));
    let mut asked = Vec::new();
    for it in [&name, &phone] {
        for path in [
            "tickets/@",
            "tickets/@/events",
            "tickets/%00@",
            "tickets?state=@",
            "tickets?@=1",
            "tickets?unit=@",
            "tickets?category=@",
            "tickets?estate=@",
            "tickets?region=@",
            "tickets?light=@",
            "tickets?kind=@",
            "tickets?received_from=@",
            "tickets?sort=@",
            "tickets?limit=@",
            "tickets?after=@",
            "tickets?estate=%00@",
            "rates?window=@",
            "rates?from=@",
            "rates?group_by=@",
            "rates?edition=@",
            "rates/tickets?metric=@",
            "rates/tickets?metric=received&key=@",
            "units/@",
            "units?after=@",
            "units?on=@",
            "categories/@",
            "calendar/@",
            "profiles/@",
            "@",
            "docs/@",
            "articles/@",
            "articles?q=@",
            "articles?after=@",
            "../@",
            "tickets/@/@",
        ] {
            asked.push(("GET", path.replace('@', it)));
        }
        asked.push(("POST", format!("assignments/{it}/sign")));
        asked.push(("POST", format!("assignments/{no}-{it}/sign")));
        asked.push(("PATCH", format!("tickets/{it}")));
        asked.push(("DELETE", format!("tickets/{it}")));
    }
    let mut statuses: Vec<u16> = Vec::new();
    for (method, path) in asked {
        let body = if method == "GET" { "" } else { "{}" };
        statuses.push(town.ask("leader", method, &format!("/api/v1/{path}"), body).status);
    }
    for path in [format!("audit?account={name}"), format!("audit?subject=ticket:{phone}")] {
        statuses.push(town.ask("auditor", "GET", &format!("/api/v1/{path}"), "").status);
    }
    statuses.push(town.ask("secadmin", "GET", &format!("/api/v1/users/{name}"), "").status);
    statuses
}

/// Headers that name somebody.
fn headers(town: &mut Town<'_>, citizen: &Citizen, no: &str) -> Vec<u16> {
    let badge = town.site.badge("agent");
    let me = ("Authorization", badge.as_str());
    let note = json!({ "text": citizen.text() }).to_string();
    let path = format!("/api/v1/tickets/{no}/note");
    let bearer = format!("Bearer {}", citizen.phone);
    let mut statuses = Vec::new();
    let key = ("Idempotency-Key", citizen.phone.as_str());
    for (headers, body) in [
        (vec![me, ("If-Match", "\"999\"")], note.as_str()),
        (vec![me, ("If-Match", &citizen.phone)], &note),
        (vec![me, ("If-Match", &citizen.name)], &note),
        (vec![("Authorization", &*bearer)], &note),
        (vec![("Authorization", &*citizen.name)], &note),
        (vec![me, key], &note),
        (vec![me, key], &note),
        (vec![me, key], "{\"text\":\"另一件事\"}"),
        (vec![me, ("Idempotency-Key", &citizen.name)], &note),
        (vec![me, ("X-Request-Id", &citizen.phone), ("User-Agent", &citizen.name)], &note),
        (vec![me, ("Cookie", &citizen.phone), ("Referer", &citizen.name)], &note),
        (vec![me, ("X-Forwarded-For", &citizen.phone), ("Content-Type", &citizen.name)], &note),
        (vec![me, ("Accept", &citizen.phone), ("Origin", &citizen.email)], &note),
    ] {
        statuses.push(town.ask_with(&headers, "POST", &path, body).status);
    }
    statuses
}

/// Whoever types a citizen's number as a name or a password.
fn logins(town: &mut Town<'_>, citizen: &Citizen) -> Vec<u16> {
    let mut statuses = Vec::new();
    for (path, body) in [
        ("token", json!({ "username": citizen.phone, "password": citizen.name })),
        (
            "token",
            json!({ "username": citizen.name, "password": citizen.phone, "otp": citizen.phone }),
        ),
        ("token", json!({ "username": "agent", "password": citizen.text() })),
        ("token", json!({ "username": [citizen.phone], citizen.name.as_str(): "" })),
        ("token", json!({ "username": format!("{}\0", citizen.name), "password": "?" })),
        ("refresh", json!({ "refresh_token": format!("{}\0", citizen.phone) })),
    ] {
        let path = format!("/api/v1/auth/{path}");
        statuses.push(town.ask_with(&[], "POST", &path, &body.to_string()).status);
    }
    statuses
}

/// The one way to see a citizen: the answer may name one, the note of it may not.
fn reveals(town: &mut Town<'_>, citizen: &Citizen, no: &str) {
    let path = format!("/api/v1/tickets/{no}/reveal");
    let badge = town.site.badge("leader");
    let body = json!({ "fields": ["name", "phone", "second_phone", "email", "address", "content"],
        "purpose": "other", "reason": citizen.text() });
    let headers = [("Authorization", badge.as_str())];
    let answer = town.aside(&headers, "POST", &path, &body.to_string());
    assert_eq!(answer.status, 200, "{}", answer.body);
    let fields = &answer.json()["fields"];
    assert_eq!(fields["name"], citizen.name, "the leader gave a reason and is told");
    assert_eq!(fields["phone"], citizen.phone);
    assert_eq!(fields["address"], citizen.address);
    // A company that handles an open case may call; one with a handling copy learns nothing.
    let of = format!("/api/v1/tickets/{no}");
    let copy = town.ask("handler@hongda", "GET", &of, "").json()["handling_copy"] == true;
    let badge = town.site.badge("handler@hongda");
    let headers = [("Authorization", badge.as_str())];
    let answer = town.aside(&headers, "POST", &path, &body.to_string());
    assert!(!copy || answer.status == 403, "{}", answer.body);
    if answer.status != 200 {
        town.leaks.search("a reveal that was refused", &answer.body);
    }
}

/// Lines of an old system that cannot be taken.
pub fn bad_lines(citizen: &Citizen) -> Vec<String> {
    let line = json!({
        "no": format!("K-{}", citizen.household), "kind": "help", "channel": "phone",
        "received_at": "2026-09-30T10:12:00+08:00",
        "caller": { "name": citizen.name, "phone": citizen.phone },
        "title": citizen.text(), "content": citizen.text(), "category": citizen.name
    });
    let mut unknown = line.clone();
    unknown[citizen.phone.as_str()] = json!(citizen.name);
    let mut late = line.clone();
    late["received_at"] = json!(citizen.text());
    let broken = line.to_string().replace("\"kind\":", "");
    vec![line.to_string(), unknown.to_string(), late.to_string(), broken]
}
