//! Web, dossier: what happened, in words. Its rule: as `/tickets/{no}/events` shows it: bodies masked, and none on a
//! handling copy.

use chrono_tz::Tz;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::super::masked::masked_json;
use super::words::unit;
use crate::directory::{AssessmentClass, Directory};
use crate::error::sentence;
use crate::papers::when;
use crate::ticket::Ticket;
use crate::ticket::assignment::ContactOutcome;
use crate::ticket::command::{CommandName, Request};
use crate::ticket::event::Event;
use crate::ticket::overlay::{
    BottomLine, Contacted, ExclusionReason, Outcome, Satisfied, Solved, Step, Why,
};
use crate::ticket::state::{DeclineReason, Service};
use crate::time::Stamp;

/// What of a body is told, in this order: first what was chosen, then what was said.
const WORDS: &[&str] = &[
    "lead",
    "unit",
    "units",
    "assists",
    "copies",
    "outcome",
    "contacted",
    "solved",
    "satisfied",
    "again_at",
    "cancel",
    "why",
    "step",
    "service",
    "flag",
    "assessment_class",
    "request",
    "until",
    "promised_at",
    "text",
    "reason",
    "grounds",
    "minutes",
    "told",
    "plan",
    "proof",
    "evidence",
    "result",
    "summary",
    "assists_summary",
    "note",
    "comment",
    "how",
];
/// What is said of a decision that is no yes or no.
const DECIDED: &str = "决定";

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
    pub by: String,
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

/// One accepted command as a page tells it.
#[derive(Serialize)]
pub struct ToldView {
    /// As in `/events`.
    seq: usize,
    /// For programs.
    when: String,
    #[serde(flatten)]
    pub step: StepView,
    /// Of what decided something: 同意, 退回 …
    outcome: Option<String>,
}

/// Every event with what it decided, oldest first.
pub fn story(past: &Past<'_>, events: &[Event]) -> Vec<ToldView> {
    let told = |(index, event): (usize, &Event)| ToldView {
        seq: index + 1,
        when: event.at.rfc3339(past.zone),
        step: past.step(event),
        outcome: outcome(event).filter(|it| it != DECIDED),
    };
    events.iter().enumerate().map(told).collect()
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
        let body = masked_json(self.ticket, &event.body);
        let word = |key: &&str| match body.get(*key)? {
            Value::String(word) => Some(self.word(&event.command, key, word.clone())),
            Value::Array(codes) => self.units(key, codes),
            Value::Bool(true) if *key == "cancel" => Some("取消约定".to_owned()),
            _ => None,
        };
        let words: Vec<String> =
            WORDS.iter().filter_map(word).filter(|it| !it.is_empty()).collect();
        // What was taken down at first stands on the page already.
        let opens = matches!(event.command.as_str(), "register" | "import");
        (!opens && !words.is_empty()).then(|| one_after_another(&words))
    }

    /// The names of the units that a body lists.
    fn units(&self, key: &str, codes: &[Value]) -> Option<String> {
        let before = match key {
            "assists" => "协办",
            "copies" => "抄送",
            "units" => "",
            _ => return None,
        };
        let named = codes.iter().filter_map(Value::as_str);
        let names: Vec<String> = named.map(|code| unit(self.directory, &code.into())).collect();
        (!names.is_empty()).then(|| format!("{before}{}", names.join("、")))
    }

    /// Codes and days among the words.
    fn word(&self, command: &str, key: &str, word: String) -> String {
        macro_rules! zh {
            ($list:ty) => {
                word.parse::<$list>().map_or(word, |it| it.zh().to_owned())
            };
        }
        match (command, key) {
            (_, "lead" | "unit") => unit(self.directory, &word.as_str().into()),
            (_, "until") => format!("延至{word}"),
            (_, "again_at") => Stamp::parse(&word)
                .map_or(word, |at| format!("约{}再致电", when::instant(at, self.zone))),
            (_, "promised_at") => format!("承诺{word}"),
            ("decline", "reason") => zh!(DeclineReason),
            ("exclude", "reason") => zh!(ExclusionReason),
            ("contact", "outcome") => zh!(ContactOutcome),
            ("survey", "outcome") => zh!(Outcome),
            ("survey", "contacted") => zh!(Contacted),
            ("survey", "solved") => zh!(Solved),
            ("survey", "satisfied") => zh!(Satisfied),
            ("triage", "why") => zh!(Why),
            ("supervise", "step") => zh!(Step),
            ("divert", "service") => zh!(Service),
            ("flag", "flag") => zh!(BottomLine),
            ("classify", "assessment_class") => zh!(AssessmentClass),
            ("endorse", "request") => zh!(Request),
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
        | "consult/conclude" => Some(DECIDED.to_owned()),
        _ => None,
    }
}

/// What was said one after another: a sentence that has its end needs no other.
fn one_after_another(words: &[String]) -> String {
    let mut said = String::new();
    for word in words {
        if !said.is_empty() && !said.ends_with(['。', '！', '？', '；', '…']) {
            said.push('；');
        }
        said += word;
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_is_not_ended_twice() {
        let said = |words: &[&str]| {
            one_after_another(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(said(&["已恢复。", "已协调", "请回访"]), "已恢复。已协调；请回访");
        assert_eq!(said(&["同意"]), "同意");
    }
}
