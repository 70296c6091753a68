//! Whole lives through every command, with the citizen named wherever anything can be typed.

use std::collections::BTreeSet;

use jiesu::ticket::command::CommandName;
use jiesu::time::{Clock, Stamp, SystemClock};

use serde_json::json;

use super::Town;
use super::citizens::Citizen;

const DAY: i64 = 86_400_000;
const ZONE: chrono_tz::Tz = chrono_tz::Asia::Shanghai;

/// A kind, and what happens: who, what (`t/…` to the ticket, `1/…` to its first assignment), and what
/// is said. `$` is a text about the citizen, `{+3}` the day in three days, `{later}` one after the
/// assignment's limit, `{now}` and `{soon}` instants, `{caller}` the caller by the right name, `{live}` a ticket that lives.
const LIVES: [(&str, &str); 7] = [
    ("help", ""),
    ("help", CONFERRED),
    ("complaint", SEALED),
    (
        "report",
        r#"agent t/decline {"reason":"no_new_fact","told":"$"}
           agent t/reopen {"reason":"$"}
           agent t/divert {"service":"110","at":"{now}"}"#,
    ),
    ("consult", r#"agent t/answer {"text":"$"}"#),
    ("help", COMPANY_LED),
    ("complaint", SURVEYED),
];

/// The life of those whose tickets are called by their first words.
const UNTITLED: usize = 6;

const CONFERRED: &str = r#"
    agent t/note {"text":"$","public":true}
    agent t/urge {"text":"$"}
    agent t/amend {"fields":{"title":"更正$","content":"$","tags":["$"],"accused":"$","caller":{caller}},"reason":"$"}
    dispatcher t/consult {"units":["wuye"],"text":"$"}
    dispatcher t/consult/conclude {"minutes":"$","lead":"jiedao","assists":["weixiu"]}
    dispatcher t/dispatch {"copies":["chengguan"],"note":"$"}
    handler@jiedao 2/sign {}
    handler@jiedao 2/contact {"outcome":"spoke","text":"$"}
    handler@jiedao 2/progress {"text":"$","points":[{"place":"$","owner":"$","due_on":"{+3}","proof":"$"}]}
    handler@jiedao 2/extend {"until":"{later}","grounds":"$","caller_told":true}
    unit_head@jiedao 2/endorse {"request":"extend","approve":true,"reason":"$"}
    reviewer 2/extend/decide {"approve":true,"reason":"$"}
    handler@weixiu 3/sign {}
    handler@weixiu 3/contact {"outcome":"spoke","text":"$"}
    handler@weixiu 3/reply {"text":"$"}
    handler@jiedao 3/send-back {"reason":"$"}
    handler@weixiu 3/reply {"text":"$"}
    handler@jiedao 3/accept {}
    handler@jiedao 2/sub-dispatch {"unit":"hongda","due_at":"{soon}"}
    handler@hongda 5/sign {}
    reviewer-2 t/supervise {"step":"supervise","text":"$"}
    unit_head@jiedao t/supervise/1/answer {"text":"$"}
    reviewer-2 t/supervise/1/close {"result":"$"}
    unit_head@jiedao t/whistle {"units":["gongan"],"text":"$"}
    unit_head@gongan t/whistle/1/report-in {"result":"$"}
    unit_head@jiedao t/whistle/1/close {"result":"$"}
    agent t/flag {"flag":"bad_attitude","unit":"jiedao","text":"$"}
    reviewer t/classify {"assessment_class":"response_only","reason":"$"}
    handler@jiedao t/ledger {"grounds":"$","plan":"$","promised_at":"{+60}"}
    unit_head@jiedao 2/endorse {"request":"ledger","approve":true,"reason":"$"}
    reviewer t/ledger/decide {"approve":true,"reason":"$"}
    handler@jiedao t/ledger/progress {"text":"$"}
    reviewer t/ledger/cancel {"reason":"$"}
    unit_head@jiedao t/ledger {"grounds":"$","plan":"$","promised_at":"{+60}"}
    reviewer t/ledger/decide {"approve":true,"reason":"$"}
    unit_head@jiedao t/ledger/write-off {"proof":"$"}
    reviewer t/review {"pass":false,"reason":"$"}
    handler@jiedao t/reply {"text":"$","assists_summary":"$"}
    reviewer t/review {"pass":true,"reason":"$"}
    surveyor t/survey {"outcome":"reached","contacted":"no","solved":"unsolved","satisfied":"dissatisfied","bottom_line":["phone_dead"],"prompted":true,"comment":"$"}
    reviewer t/triage {"why":"poor_work","rework":true}
    handler@jiedao t/reply {"text":"$","assists_summary":"$"}
    reviewer t/review {"pass":true,"reason":"$"}
    unit_head@jiedao t/exclude {"reason":"force_majeure","evidence":"$"}
    reviewer t/exclude/decide {"approve":false,"reason":"$"}
    unit_head@jiedao t/exclude/appeal {"text":"$"}
    assessor t/exclude/appeal/decide {"approve":false,"reason":"$"}
    surveyor t/survey {"outcome":"too_early","again_at":"{soon}","comment":"$"}
    agent t/survey/again {"again_at":"{soon}","text":"$"}
    surveyor t/survey/again {"cancel":true,"text":"$"}
"#;

const SEALED: &str = r#"
    dispatcher t/dispatch {"lead":"jiedao","assists":["weixiu"],"copies":["chengguan"],"note":"$"}
    handler@jiedao 1/sign {}
    handler@jiedao 1/contact {"outcome":"no_answer","text":"$"}
    handler@jiedao 1/contact {"outcome":"spoke","text":"$"}
    handler@jiedao 1/sub-dispatch {"unit":"hongda","due_at":"{soon}"}
    handler@hongda 4/sign {}
    handler@hongda 4/progress {"text":"$"}
    handler@hongda 4/reply {"text":"$"}
    handler@jiedao 4/accept {}
    handler@weixiu 2/dispute {"reason":"$","grounds":"$"}
    dispatcher-2 2/dispute/decide {"uphold":true,"reason":"$"}
    dispatcher t/dispatch {"assists":["wuye"]}
    dispatcher 5/recall {"reason":"$"}
    handler@jiedao t/reply {"text":"$","promise":{"what":"$","on":"{+9}"}}
    reviewer t/review {"pass":true,"reason":"$"}
    unit_head@jiedao t/exclude {"reason":"vexatious","evidence":"$"}
    reviewer t/exclude/decide {"approve":true,"reason":"$"}
    reviewer-2 t/exclude/confirm {}
"#;

const COMPANY_LED: &str = r#"
    dispatcher t/dispatch {"lead":"hongda","copies":["chengguan"],"note":"$"}
    unit_head@hongda 1/sign {}
    dispatcher t/merge {"into":"{live}"}
    dispatcher t/unmerge {}
    dispatcher t/recall {"reason":"$"}
    dispatcher t/dispatch {"lead":"hongda","assists":["jiedao"],"note":"$"}
    agent t/withdraw {"reason":"$"}
    agent t/withdraw/confirm {"confirmed":true,"how":"$"}
"#;

const SURVEYED: &str = r#"
    dispatcher t/dispatch {"lead":"jiedao","note":"$"}
    handler@jiedao 1/sign {}
    handler@jiedao 1/contact {"outcome":"message_left","text":"$"}
    handler@jiedao 1/sub-dispatch {"unit":"hongda-1","due_at":"{soon}"}
    handler@jiedao t/reply {"text":"$","assists_summary":"$"}
    reviewer t/review {"pass":true,"reason":"$"}
    surveyor t/survey {"outcome":"reached","contacted":"yes","solved":"solved","satisfied":"satisfied","comment":"$"}
    agent t/reopen {"reason":"$"}
"#;

/// Every citizen calls and lives through the next of the lives; answers the tickets' numbers.
pub fn lead(town: &mut Town<'_>, citizens: &[Citizen]) -> Vec<String> {
    let now = SystemClock.now();
    let mut numbers = Vec::new();
    for (i, citizen) in citizens.iter().enumerate() {
        let (kind, steps) = LIVES[i % LIVES.len()];
        let mut draft = citizen.draft(kind);
        draft["received_at"] = json!(now.plus_millis(-DAY).rfc3339(ZONE));
        if i % LIVES.len() == UNTITLED {
            draft["matter"]["content"] = json!(citizen.long_beginning());
            draft["matter"].as_object_mut().unwrap().remove("title");
        }
        let taken = town.post("agent", "/api/v1/tickets", &draft);
        numbers.push(taken["no"].as_str().unwrap().to_owned());
        let mut text = citizen.first_text();
        for step in steps.lines().map(str::trim).filter(|step| !step.is_empty()) {
            if step.contains("{caller}") {
                text = citizen.text();
            }
            let said = step.replace('$', &text);
            walk(town, citizen, &numbers, &said, now);
        }
    }
    every_command_was_given(town, &numbers);
    numbers
}

fn walk(town: &mut Town<'_>, citizen: &Citizen, numbers: &[String], step: &str, now: Stamp) {
    let mut words = step.splitn(3, ' ');
    let (who, what, said) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
    let (to, command) = what.split_once('/').unwrap();
    let no = numbers.last().unwrap().as_str();
    let path = match to {
        "t" => format!("/api/v1/tickets/{no}/{command}"),
        k => format!("/api/v1/assignments/{no}-{k}/{command}"),
    };
    let mut said = said
        .replace("{caller}", &citizen.caller(&citizen.name).to_string())
        .replace("{live}", &numbers[0])
        .replace("{now}", &now.rfc3339(ZONE))
        .replace("{soon}", &now.plus_millis(DAY / 4).rfc3339(ZONE));
    for days in [3, 9, 60] {
        let day = now.plus_millis(days * DAY).day(ZONE).to_string();
        said = said.replace(&format!("{{+{days}}}"), &day);
    }
    if said.contains("{later}") {
        said = said.replace("{later}", &after_the_limit(town, no, to));
    }
    let body = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    town.post(who, &path, &body);
}

/// A day soon after the handling limit of the ticket's assignment `k`.
fn after_the_limit(town: &mut Town<'_>, no: &str, k: &str) -> String {
    let ticket = town.ask("leader", "GET", &format!("/api/v1/tickets/{no}"), "").json();
    let all = ticket["assignments"].as_array().unwrap();
    let its = all.iter().find(|it| it["id"] == format!("{no}-{k}")).unwrap();
    let due = Stamp::parse(its["limits"]["handle"]["due_at"].as_str().unwrap()).unwrap();
    due.plus_millis(3 * DAY).day(ZONE).to_string()
}

/// So that no command is forgotten here when one is added.
fn every_command_was_given(town: &mut Town<'_>, numbers: &[String]) {
    let mut given = BTreeSet::new();
    for no in numbers {
        let events = town.ask("leader", "GET", &format!("/api/v1/tickets/{no}/events"), "").json();
        for event in events["items"].as_array().unwrap() {
            let command = event["command"].as_str().unwrap().to_owned();
            given.insert((command, event["assignment"].is_string()));
        }
    }
    // Two are called by another's name where they are aimed at an assignment.
    let was = |name: &&CommandName| {
        let both = matches!(name, CommandName::AssistReply | CommandName::AssignmentRecall);
        let wire = name.wire().to_owned();
        given.contains(&(wire.clone(), true)) || !both && given.contains(&(wire, false))
    };
    let missing: Vec<&CommandName> = CommandName::ALL.iter().filter(|name| !was(name)).collect();
    assert!(missing.is_empty(), "never given: {missing:?}");
}
