//! Web, dossier: what happened, in words. Its rule: as `/tickets/{no}/events` shows it: bodies masked, and none on a
//! handling copy.

use chrono_tz::Tz;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::super::masked::masked_json;
use super::words::unit;
use crate::directory::Directory;
use crate::error::sentence;
use crate::papers::when;
use crate::ticket::Ticket;
use crate::ticket::command::CommandName;
use crate::ticket::event::Event;
use crate::ticket::overlay::ExclusionReason;
use crate::ticket::state::DeclineReason;

/// Whose past, and for whom.
pub struct Past<'a> {
    pub ticket: &'a Ticket,
    pub directory: &'a Directory,
    pub zone: Tz,
    pub is_copy: bool,
}

/// One accepted command.
#[derive(Serialize, ToSchema)]
pub struct StepView {
    /// `2026年11月2日09:00`
    at: String,
    by: String,
    /// The unit of whoever did it.
    unit: Option<String>,
    command: String,
    /// 派单, 签收 …
    what: String,
    /// The unit whose part it was about.
    about: Option<String>,
    /// What was said, masked; absent on a handling copy.
    text: Option<String>,
}

/// Who decided what.
#[derive(Serialize, ToSchema)]
pub struct DecisionView {
    at: String,
    by: String,
    unit: Option<String>,
    what: String,
    about: Option<String>,
    /// 同意, 不同意, 通过, 退回 …
    outcome: String,
    text: Option<String>,
}

/// Every event, oldest first.
pub fn steps(past: &Past<'_>, events: &[Event]) -> Vec<StepView> {
    events.iter().map(|event| past.step(event)).collect()
}

/// Those that decided something about what somebody else asked or did.
pub fn decisions(past: &Past<'_>, events: &[Event]) -> Vec<DecisionView> {
    let decision = |event: &Event| {
        let outcome = outcome(event)?;
        let StepView { at, by, unit, what, about, text, .. } = past.step(event);
        Some(DecisionView { at, by, unit, what, about, outcome, text })
    };
    events.iter().filter_map(decision).collect()
}

impl Past<'_> {
    fn step(&self, event: &Event) -> StepView {
        let about = event.assignment.and_then(|k| self.ticket.assignments.get(&k));
        StepView {
            at: when::instant(event.at, self.zone),
            by: event.actor.clone(),
            unit: event.unit.as_ref().map(|code| unit(self.directory, code)),
            what: what(&event.command),
            about: about.map(|one| unit(self.directory, &one.unit)),
            text: (!self.is_copy).then(|| self.said(event)).flatten(),
            command: event.command.clone(),
        }
    }

    /// What a person typed or chose, as far as it is one of the usual words.
    fn said(&self, event: &Event) -> Option<String> {
        const WORDS: [&str; 14] = [
            "lead", "text", "reason", "grounds", "minutes", "told", "plan", "proof", "evidence",
            "result", "summary", "note", "comment", "how",
        ];
        let body = masked_json(self.ticket, &event.body);
        let word = |key: &&str| {
            super::text_of(&body, key).map(|word| self.word(&event.command, key, word))
        };
        let words: Vec<String> =
            WORDS.iter().filter_map(word).filter(|it| !it.is_empty()).collect();
        // What was taken down at first stands on the page already.
        let opens = matches!(event.command.as_str(), "register" | "import");
        (!opens && !words.is_empty()).then(|| words.join("；"))
    }

    /// Codes among the words.
    fn word(&self, command: &str, key: &str, word: String) -> String {
        match (command, key) {
            (_, "lead") => unit(self.directory, &word.as_str().into()),
            ("decline", "reason") => {
                word.parse().map_or(word, |it: DeclineReason| it.zh().to_owned())
            }
            ("exclude", "reason") => {
                word.parse().map_or(word, |it: ExclusionReason| it.zh().to_owned())
            }
            _ => word,
        }
    }
}

/// What the event of a command is called, also of one that nobody gives.
pub fn what(command: &str) -> String {
    if let Ok(name) = command.parse::<CommandName>() {
        return name.zh().to_owned();
    }
    // What befell a relative of it: `merge/child`, `withdraw/child` …
    if let Some(Ok(name)) = command.split('/').next().map(str::parse::<CommandName>) {
        return name.zh().to_owned();
    }
    match command {
        "register" => sentence("dossier.event.register", &[]),
        "import" => sentence("dossier.event.import", &[]),
        "attach" => sentence("dossier.event.attach", &[]),
        "code" => sentence("dossier.event.code", &[]),
        "limits" => sentence("dossier.event.limits", &[]),
        "limits/outage" => sentence("dossier.event.limits_outage", &[]),
        "limits/recomputed" => sentence("dossier.event.limits_recomputed", &[]),
        "undo" => sentence("dossier.event.undo", &[]),
        "upstream/facts" => sentence("dossier.event.facts", &[]),
        _ => sentence("dossier.event.other", &[]),
    }
}

fn outcome(event: &Event) -> Option<String> {
    let flag = |key: &str| event.body.get(key).and_then(Value::as_bool);
    let said = |yes: &str, no: &str, flag: bool| Some(if flag { yes } else { no }.to_owned());
    if let Some(approve) = flag("approve") {
        return said("同意", "不同意", approve);
    }
    match event.command.as_str() {
        "review" => said("通过", "退回", flag("pass")?),
        "dispute/decide" => said("异议成立", "异议不成立", flag("uphold")?),
        "triage" => said("重办", "维持结果", flag("rework")?),
        "withdraw/confirm" => said("确认撤单", "不予撤单", flag("confirmed")?),
        "exclude/confirm" => Some("同意".to_owned()),
        "decline" | "divert" | "recall" | "reopen" | "classify" | "ledger/cancel"
        | "consult/conclude" => Some("决定".to_owned()),
        _ => None,
    }
}
