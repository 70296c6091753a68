//! What people say in a random life: mostly right, sometimes not.

use jiesu::limits::ClockName;
use jiesu::ticket::Ticket;
use jiesu::ticket::command::{CommandName, Target};
use jiesu::ticket::overlay::{ExclusionStage, LedgerStage};
use jiesu::time::Stamp;
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::any;
use super::courses::Course;
use crate::support::tree;

/// Whom work is sent to beside the lead.
const UNITS: [&str; 8] =
    ["wuye", "weixiu", "baozhang", "jiedao", "jiedao2", "hongda", "qufang", "chengguan"];

fn text() -> Value {
    json!({ "text": "情况说明" })
}

/// The number of the caller of ticket `i`: the first and the last are of one caller.
pub fn phone(seed: u64, i: usize) -> String {
    format!("139{:08}", seed * 4 + i as u64 % 2)
}

pub fn draft(rng: &mut StdRng, seed: u64, i: usize, now: Stamp) -> Value {
    let kind =
        any(rng, &["complaint", "help", "help", "report", "suggestion", "consult", "praise"]);
    let urgency =
        any(rng, &["general", "general", "complex", "ask", "emergency", "urgent_utility"]);
    let phone = phone(seed, i);
    let mut draft = json!({
        "kind": kind, "channel": "phone", "dispatch": any(rng, &["hold", "hold", "auto"]),
        "caller": { "name": "李四", "phone": phone,
            "confidential": rng.random_bool(0.1), "reply_wanted": rng.random_bool(0.9) },
        "matter": { "content": format!("楼道积水，请处理。我是李四，电话{phone}。"), "urgency": urgency,
            "category": any(rng, &["wy.dt", "wy.gl.sf", "bz"]) },
        "place": { "estate": any(rng, &["yangguang", "chunhui"]), "address": "人民路8号2栋301" }
    });
    match rng.random_range(0..8) {
        0 => draft["caller"] = json!({ "anonymous": true }),
        1 => {
            draft["matter"]["accused"] =
                json!(any(rng, &["weixiu", "wuye", "hongda", "jiedao单位"]));
        }
        2 => {
            let received = now.plus_millis(-3_600_000);
            draft["upstream"] = json!({ "no": format!("U{seed}-{i}"), "received_at": received,
                "due_at": now.plus_millis(rng.random_range(0..10 * 86_400_000)) });
            draft["channel"] = json!("platform");
        }
        3 => draft["caller"]["email"] = json!("a@b.cn"),
        _ => {}
    }
    draft
}

/// A supervision or a whistle of the ticket, for the commands that aim at one.
pub fn side(rng: &mut StdRng, ticket: &Ticket, name: CommandName) -> Option<u32> {
    use CommandName as C;
    let ids: Vec<u32> = match name {
        C::SuperviseAnswer | C::SuperviseClose => ticket.supervisions.keys().copied().collect(),
        C::WhistleReportIn | C::WhistleClose => ticket.whistles.keys().copied().collect(),
        _ => return None,
    };
    Some(if ids.is_empty() { 1 } else { *any(rng, &ids) })
}

/// The body of the command `name` at `target`.
pub fn body(
    rng: &mut StdRng,
    ticket: &Ticket,
    others: &[&Ticket],
    name: CommandName,
    target: Target,
    course: Course,
    now: Stamp,
) -> Value {
    use CommandName as C;
    let yes = |rng: &mut StdRng, p: f64| json!({ "approve": rng.random_bool(p), "reason": "理由" });
    match name {
        C::Amend => amend(rng),
        C::Answer | C::Urge | C::SuperviseAnswer | C::LedgerProgress | C::ExcludeAppeal => text(),
        C::AssistReply | C::Progress => text(),
        C::Note => json!({ "text": "备注", "public": false }),
        C::Decline => json!({ "reason": "no_new_fact", "told": "已告知" }),
        C::Divert => json!({ "service": "110", "at": now }),
        C::Consult => json!({ "units": units(rng, 2), "text": "会商" }),
        C::ConsultConclude => conclude(rng, course),
        C::Dispatch => dispatch(rng, ticket, course),
        C::Recall
        | C::AssignmentRecall
        | C::Withdraw
        | C::Reopen
        | C::LedgerCancel
        | C::SendBack => {
            json!({ "reason": "理由" })
        }
        C::Merge => merge(rng, ticket, others),
        C::Unmerge | C::Sign | C::Accept => json!({}),
        C::WithdrawConfirm => json!({ "confirmed": rng.random_bool(0.5), "how": "原号码" }),
        C::Reply => reply(rng, now),
        C::Review => json!({ "pass": rng.random_bool(0.7), "reason": "理由" }),
        C::Survey => survey(rng, now),
        C::SurveyAgain => rearrange(rng, now),
        C::Triage => json!({ "why": "poor_work", "rework": rng.random_bool(0.7) }),
        C::Supervise => {
            json!({ "step": any(rng, &["urge", "supervise", "interview"]), "text": "督办" })
        }
        C::SuperviseClose | C::WhistleClose => json!({ "result": "已办" }),
        C::Ledger => json!({ "grounds": "资金", "plan": "分期",
            "promised_at": day_after(now, rng.random_range(2..60)) }),
        C::LedgerDecide | C::ExtendDecide => yes(rng, 0.8),
        C::ExcludeDecide => yes(rng, 0.5),
        C::ExcludeConfirm => yes(rng, 0.7),
        C::ExcludeAppealDecide => yes(rng, 0.5),
        C::LedgerWriteOff => json!({ "proof": "验收单" }),
        C::Exclude => json!({ "evidence": "材料",
            "reason": any(rng, &["vexatious", "vexatious", "force_majeure", "beyond_power"]) }),
        C::Classify => json!({ "assessment_class": "response_only", "reason": "理由" }),
        C::Flag => flag(rng, ticket),
        C::Whistle => json!({ "units": units(rng, 2), "text": "吹哨" }),
        C::WhistleReportIn => {
            if rng.random_bool(0.5) {
                json!({ "result": "到场" })
            } else {
                json!({})
            }
        }
        C::Contact => {
            json!({ "outcome": any(rng, &["spoke", "spoke", "message_left", "no_answer"]) })
        }
        C::Dispute => json!({ "reason": "不归", "grounds": "三定" }),
        C::DisputeDecide => json!({ "uphold": rng.random_bool(0.5), "reason": "理由" }),
        C::Extend => extend(rng, ticket, target),
        C::Endorse => endorse(rng, ticket, target),
        C::SubDispatch => sub_dispatch(rng, ticket, target, now),
    }
}

fn merge(rng: &mut StdRng, ticket: &Ticket, others: &[&Ticket]) -> Value {
    let mut other: Vec<&Ticket> = others.iter().copied().filter(|it| it.no != ticket.no).collect();
    if other.iter().any(|it| it.state.is_live()) {
        other.retain(|it| it.state.is_live());
    }
    json!({ "into": any(rng, &other).no })
}

fn flag(rng: &mut StdRng, ticket: &Ticket) -> Value {
    let units: Vec<&str> = ticket.assignments.values().map(|a| a.unit.as_str()).collect();
    let unit = if units.is_empty() { "wuye" } else { any(rng, &units) };
    json!({ "flag": "bad_attitude", "unit": unit, "text": "态度" })
}

fn units(rng: &mut StdRng, most: usize) -> Vec<&'static str> {
    let mut some: Vec<&str> = (0..rng.random_range(1..=most)).map(|_| *any(rng, &UNITS)).collect();
    some.dedup();
    some
}

fn day_after(now: Stamp, days: i64) -> String {
    now.plus_millis(days * 86_400_000).day(chrono_tz::Asia::Shanghai).to_string()
}

fn amend(rng: &mut StdRng) -> Value {
    let fields = match rng.random_range(0..5) {
        0 => json!({ "urgency": any(rng, &["general", "complex", "ask", "emergency"]) }),
        1 => json!({ "kind": any(rng, &["help", "complaint", "suggestion"]) }),
        2 => json!({ "accused": any(rng, &["weixiu", "hongda", "某人"]) }),
        3 => json!({ "caller": { "name": "李四", "email": "a@b.cn", "do_not_call": true } }),
        _ => json!({ "title": "更正标题", "place": { "estate": "chunhui" } }),
    };
    json!({ "fields": fields, "reason": "更正" })
}

fn conclude(rng: &mut StdRng, course: Course) -> Value {
    json!({ "minutes": "纪要", "lead": any(rng, course.leads()), "assists": [], "designate": rng.random_bool(0.5) })
}

fn dispatch(rng: &mut StdRng, ticket: &Ticket, course: Course) -> Value {
    if ticket.live_lead().is_some() {
        return json!({ "assists": units(rng, 2) });
    }
    let wanted = course == Course::Assists || rng.random_bool(0.5);
    let assists = if wanted { units(rng, 2) } else { vec![] };
    let copies = if rng.random_bool(0.2) { units(rng, 1) } else { vec![] };
    let lead = any(rng, course.leads());
    let rest = |all: Vec<&'static str>| all.into_iter().filter(|u| u != lead).collect::<Vec<_>>();
    json!({ "lead": lead, "assists": rest(assists), "copies": rest(copies), "designate": rng.random_bool(0.4) })
}

fn reply(rng: &mut StdRng, now: Stamp) -> Value {
    let mut body = json!({ "text": "已办结", "assists_summary": "协办尚在进行" });
    if rng.random_bool(0.1) {
        body["promise"] = json!({ "what": "完工", "on": day_after(now, rng.random_range(0..5)) });
    }
    body
}

/// A time to come, mostly at another hour.
fn agreed(rng: &mut StdRng, now: Stamp) -> Stamp {
    now.plus_millis(rng.random_range(2..60) * 3_600_000)
}

fn rearrange(rng: &mut StdRng, now: Stamp) -> Value {
    if rng.random_bool(0.3) {
        return json!({ "cancel": true, "text": "不用打了" });
    }
    json!({ "again_at": agreed(rng, now), "text": "改个时间" })
}

fn survey(rng: &mut StdRng, now: Stamp) -> Value {
    if rng.random_bool(0.2) {
        let again_at = agreed(rng, now);
        let outcome = any(rng, &["reached", "not_the_caller", "too_early"]);
        return json!({ "outcome": outcome, "again_at": again_at });
    }
    if rng.random_bool(0.3) {
        return json!({ "outcome": any(rng, &["no_answer", "unreachable", "refused", "too_early"]) });
    }
    json!({ "outcome": "reached", "contacted": any(rng, &["yes", "yes", "no"]),
        "solved": any(rng, &["solved", "basic", "unsolved"]),
        "satisfied": any(rng, &["satisfied", "basic", "dissatisfied"]) })
}

fn extend(rng: &mut StdRng, ticket: &Ticket, target: Target) -> Value {
    let assignment = target.assignment.and_then(|k| ticket.assignments.get(&k));
    let handle = assignment.and_then(|a| a.timers.get(&ClockName::Handle));
    let due = handle.map_or(Stamp::from_millis(0), |timer| timer.due_at);
    json!({ "until": day_after(due, rng.random_range(1..9)), "grounds": "等件", "caller_told": true })
}

fn endorse(rng: &mut StdRng, ticket: &Ticket, target: Target) -> Value {
    let ledger = ticket.ledgers.iter().any(|ledger| ledger.stage == LedgerStage::ToEndorse);
    let exclusion = ticket.exclusion.as_ref().is_some_and(|e| e.stage == ExclusionStage::ToEndorse);
    let k = target.assignment;
    let final_lead = ticket.final_lead().map(|(k, _)| k);
    let request = match (ledger && k == ticket.live_lead(), exclusion && k == final_lead) {
        (true, _) => "ledger",
        (_, true) => "exclude",
        _ => "extend",
    };
    json!({ "request": request, "approve": rng.random_bool(0.8), "reason": "理由" })
}

fn sub_dispatch(rng: &mut StdRng, ticket: &Ticket, target: Target, now: Stamp) -> Value {
    let own = target.assignment.and_then(|k| ticket.assignments.get(&k));
    let unit = own.map_or("zjj", |a| a.unit.as_str());
    let below: Vec<&str> = tree::down_from(unit).into_iter().filter(|u| *u != unit).collect();
    let unit = if below.is_empty() { "wuye" } else { any(rng, &below) };
    json!({ "unit": unit, "due_at": now.plus_millis(rng.random_range(1..120) * 60_000) })
}
