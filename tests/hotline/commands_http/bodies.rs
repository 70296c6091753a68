//! What is said with each command of the tables: the least that is right.

use serde_json::{Value, json};

use super::places::{self, ASSIST, CALLED, LEAD};
use crate::commands_table::Case;
use crate::support::city::{City, bad, good};

/// A body that cannot be right whatever the ticket, where the command has one: a code that is not
/// there, a day on the wrong side of today, a no without its reason.
pub fn wrong(case: &Case) -> Option<Value> {
    let (past, future) = ("2026-11-01T09:00:00+08:00", "2027-11-01T09:00:00+08:00");
    Some(match case.command.as_str() {
        "amend" => json!({ "fields": { "category": "nowhere" }, "reason": "更正" }),
        "divert" => json!({ "service": "110", "at": future }),
        "consult" => json!({ "units": ["nobody"], "text": "会商" }),
        "consult/conclude" => json!({ "minutes": "纪要", "lead": "jiuke" }),
        "dispatch" => json!({ "lead": "nobody" }),
        "merge" => json!({ "into": "2026-999999" }),
        "reply" if case.part.is_empty() => json!({ "text": "已办结",
            "assists_summary": "尚在进行", "promise": { "what": "完工", "on": "2026-11-01" } }),
        "review" => json!({ "pass": false }),
        "survey" => json!({ "outcome": "no_answer", "contacted": "yes" }),
        "survey/again" => json!({ "again_at": past }),
        "supervise" => json!({ "step": "urge", "text": "督办", "due_at": past }),
        "ledger" => json!({ "grounds": "资金", "plan": "分期", "promised_at": "2026-11-01" }),
        "ledger/decide" | "exclude/decide" | "exclude/appeal/decide" | "extend/decide" => {
            json!({ "approve": false })
        }
        "exclude/confirm" => json!({ "approve": false }),
        "flag" => json!({ "flag": "bad_attitude", "unit": "nobody", "text": "态度" }),
        "whistle" => json!({ "units": ["nobody"], "text": "吹哨" }),
        "contact" => json!({ "outcome": "spoke", "at": future }),
        "extend" => json!({ "until": "2026-11-12", "grounds": "等件", "caller_told": false }),
        "endorse" => json!({ "request": "extend", "approve": false }),
        "sub-dispatch" => json!({ "unit": "nobody", "due_at": past }),
        _ => return None,
    })
}

/// The body of the case's request.
pub fn body(city: &City, case: &Case) -> Value {
    let needs = |need: &str| case.needs.iter().any(|there| there == need);
    let text = || json!({ "text": "情况说明" });
    let reason = || json!({ "reason": "理由" });
    let assignment = !case.part.is_empty();
    match case.command.as_str() {
        "amend" => json!({ "fields": { "title": "更正标题" }, "reason": "更正" }),
        "answer" | "urge" | "note" | "supervise/{id}/answer" => text(),
        "ledger/progress" | "exclude/appeal" | "progress" => text(),
        "reply" if assignment => text(),
        "reply" => json!({ "text": "已办结", "assists_summary": "协办尚在进行" }),
        "decline" => json!({ "reason": "no_new_fact", "told": "已告知" }),
        "divert" => json!({ "service": "110", "at": city.now() }),
        "consult" => json!({ "units": ["wuye"], "text": "会商" }),
        "consult/conclude" => json!({ "minutes": "纪要", "lead": LEAD }),
        "dispatch" if case.ticket == "in_units" => json!({ "assists": ["wuye"] }),
        "dispatch" => json!({ "lead": LEAD }),
        "recall" | "withdraw" | "reopen" | "ledger/cancel" | "send-back" => reason(),
        "merge" => json!({ "into": places::target(city) }),
        "unmerge" | "sign" | "accept" | "exclude/confirm" | "whistle/{id}/report-in" => json!({}),
        "withdraw/confirm" => json!({ "confirmed": true, "how": "原号码" }),
        "review" => json!({ "pass": !needs("fail"), "reason": "理由" }),
        "survey" if needs("bad") => bad(),
        "survey" => good(),
        "survey/again" => json!({ "again_at": "2026-11-04T19:00:00+08:00" }),
        "triage" => json!({ "why": "poor_work", "rework": !needs("accept") }),
        "supervise" => json!({ "step": "urge", "text": "督办" }),
        "supervise/{id}/close" | "whistle/{id}/close" => json!({ "result": "已办" }),
        "ledger" => json!({ "grounds": "资金", "plan": "分期", "promised_at": "2026-12-01" }),
        "ledger/decide" | "exclude/decide" | "exclude/appeal/decide" | "extend/decide" => {
            json!({ "approve": true, "reason": "理由" })
        }
        "ledger/write-off" => json!({ "proof": "验收单" }),
        "exclude" => json!({ "reason": "force_majeure", "evidence": "材料" }),
        // Of what was answered the class never counts less.
        "classify" => json!({ "assessment_class": "three_rates", "reason": "理由" }),
        "flag" => json!({ "flag": "bad_attitude", "unit": LEAD, "text": "态度" }),
        "whistle" => json!({ "units": [CALLED], "text": "吹哨" }),
        "contact" => json!({ "outcome": "spoke" }),
        "dispute" => json!({ "reason": "不归", "grounds": "三定" }),
        "dispute/decide" => json!({ "uphold": needs("uphold"), "reason": "理由" }),
        "extend" => json!({ "until": "2026-11-12", "grounds": "等件", "caller_told": true }),
        "endorse" => {
            let over = case.part == "lead" && case.assignment == "done";
            json!({ "request": if over { "exclude" } else { "extend" }, "approve": true })
        }
        "sub-dispatch" => {
            let unit = if case.part == "assist" { format!("{ASSIST}-1") } else { "hongda".into() };
            json!({ "unit": unit, "due_at": "2026-11-05T12:00:00+08:00" })
        }
        other => panic!("nothing to say with {other}"),
    }
}
