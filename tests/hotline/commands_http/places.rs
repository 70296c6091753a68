//! A ticket at each place of the tables. Its rule: it comes there by commands, as it would in life.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;

use crate::commands_table::Case;
use crate::support::city::{City, bad, draft, draft_with, good};

/// A street, so that it may whistle; `hongda` stands below it.
pub const LEAD: &str = "jiedao";
/// No street; `weixiu-1` stands below it.
pub const ASSIST: &str = "weixiu";
pub const COPY: &str = "chengguan";
/// Called by a whistle, where there is one.
pub const CALLED: &str = "gongan";
/// Never on the ticket, and above none that is.
pub const OTHER: &str = "baozhang";

/// The states of a ticket that may never have been dispatched.
const UNSENT: [&str; 4] = ["accepted", "consulting", "declined", "diverted"];
/// What a case needs in its body, or finds in every fixture.
const NOT_OF_THE_PLACE: [&str; 7] =
    ["target", "contacted", "fail", "bad", "accept", "uphold", "street_lead"];

/// The number of the assignment of a part, in every fixture.
pub fn number(part: &str) -> u32 {
    match part {
        "lead" => 1,
        "assist" => 2,
        _ => 3,
    }
}

/// Whether a ticket in accepted (or after it) was with units before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Past {
    NeverSent,
    /// Taken back from all its units.
    Recalled,
    /// The lead's dispute was upheld; its assists and copies stay.
    Returned,
}

/// What a fixture must be like.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    part: &'static str,
    assignment: &'static str,
    ticket: &'static str,
    pub needs: Vec<String>,
    /// Not from the city's platform.
    pub own: bool,
    past: Past,
}

impl Place {
    pub fn of(case: &Case) -> Self {
        let needs: Vec<String> = case
            .needs
            .iter()
            .filter(|need| !NOT_OF_THE_PLACE.contains(&need.as_str()))
            .cloned()
            .collect();
        let had_units = ["@lead", "@assist", "@copy"].iter().any(|r| case.actor.ends_with(r));
        let past = if !case.part.is_empty() || !UNSENT.contains(&case.ticket) {
            Past::NeverSent
        } else if case.command == "flag" || needs == ["whistle"] && had_units {
            Past::Recalled
        } else if needs == ["whistle"] {
            Past::Returned
        } else {
            Past::NeverSent
        };
        let own = case.actor == "platform@other";
        let (part, assignment, ticket) = (case.part, case.assignment, case.ticket);
        Self { part, assignment, ticket, needs, own, past }
    }

    /// Whether units had it and lost it again.
    pub fn was_with_units(&self) -> bool {
        self.past != Past::NeverSent
    }

    fn needs(&self, need: &str) -> bool {
        self.needs.iter().any(|there| there == need)
    }
}

/// A ticket as it comes in: from the platform, or by the site's own telephone.
fn registered(city: &City, own: bool) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    if own {
        return city.agent().registers(draft());
    }
    let no = format!("U{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let upstream = json!({ "no": no, "received_at": "2026-11-02T08:00:00+08:00",
        "due_at": "2026-12-20T18:00:00+08:00" });
    let change = json!({ "channel": "platform", "dispatch": "hold", "upstream": upstream });
    city.person("platform").registers(draft_with(&change))
}

/// A live ticket to be merged into.
pub fn target(city: &City) -> String {
    city.agent().registers(draft())
}

/// A ticket at `place`.
pub fn build(city: &City, place: &Place) -> String {
    let no = registered(city, place.own);
    let sent = !place.part.is_empty() || !UNSENT.contains(&place.ticket);
    if sent || place.past != Past::NeverSent {
        dispatch(city, &no);
    }
    open(city, &no, place);
    match place.past {
        Past::NeverSent => {}
        Past::Recalled => recall(city, &no),
        Past::Returned => give_back(city, &no, LEAD, 1),
    }
    if sent && place.part.is_empty() {
        city.works(&no, ASSIST, 2);
    }
    match place.part {
        "lead" => move_lead(city, &no, place),
        "assist" => move_assist(city, &no, place),
        "copy" => move_copy(city, &no, place),
        _ if sent => on_to(city, &no, place.ticket),
        _ => settle(city, &no, place.ticket),
    }
    ask(city, &no, place);
    check(city, &no, place);
    no
}

/// The fixture stands where it should: else the test would be about something else.
fn check(city: &City, no: &str, place: &Place) {
    assert_eq!(city.state(no).as_str(), place.ticket, "{place:?}");
    if !place.part.is_empty() {
        let work = city.work(no, number(place.part));
        assert_eq!(work.as_str(), place.assignment, "{place:?}");
    }
}

fn dispatch(city: &City, no: &str) {
    let units = json!({ "lead": LEAD, "assists": [ASSIST], "copies": [COPY] });
    city.dispatcher().does(no, "dispatch", units);
}

fn recall(city: &City, no: &str) {
    city.dispatcher().does(no, "recall", json!({ "reason": "派错" }));
}

fn dispute(city: &City, no: &str, unit: &str, k: u32) {
    let grounds = json!({ "reason": "不归我们", "grounds": "三定方案" });
    city.handler(unit).works(no, k, "dispute", grounds);
}

/// A dispute that is upheld.
fn give_back(city: &City, no: &str, unit: &str, k: u32) {
    dispute(city, no, unit, k);
    let verdict = json!({ "uphold": true, "reason": "成立" });
    city.person("dispatcher-2").works(no, k, "dispute/decide", verdict);
}

/// What must be opened or asked early, while the units are at work.
fn open(city: &City, no: &str, place: &Place) {
    if place.needs("supervision") {
        let rung = json!({ "step": "supervise", "text": "督办" });
        city.person("reviewer-2").does(no, "supervise", rung);
    }
    if place.needs("whistle") {
        let call = json!({ "units": [CALLED], "text": "请到场" });
        city.head(LEAD).does(no, "whistle", call);
    }
    let over = place.part == "lead" && place.assignment == "done";
    let waits = place.needs("request_waiting") && !over;
    if waits || place.needs("extension_asked") {
        let (unit, k) = (if place.part == "lead" { LEAD } else { ASSIST }, number(place.part));
        let later = json!({ "until": "2026-11-12", "grounds": "等配件", "caller_told": true });
        city.handler(unit).works(no, k, "extend", later);
        if place.needs("extension_asked") {
            let yes = json!({ "request": "extend", "approve": true });
            city.head(unit).works(no, k, "endorse", yes);
        }
    }
}

fn move_lead(city: &City, no: &str, place: &Place) {
    match place.assignment {
        "sent" => {}
        "signed" => {
            city.handler(LEAD).works(no, 1, "sign", json!({}));
        }
        "disputed" => dispute(city, no, LEAD, 1),
        "returned" => give_back(city, no, LEAD, 1),
        "recalled" if place.ticket == "accepted" => recall(city, no),
        "recalled" => merge(city, no),
        _ => on_to(city, no, place.ticket),
    }
}

fn move_assist(city: &City, no: &str, place: &Place) {
    let passes_with_ticket = place.ticket == "surveying";
    match place.assignment {
        "sent" => {}
        "signed" => {
            city.handler(ASSIST).works(no, 2, "sign", json!({}));
        }
        "disputed" => dispute(city, no, ASSIST, 2),
        "returned" => give_back(city, no, ASSIST, 2),
        "recalled" => {
            city.dispatcher().works(no, 2, "recall", json!({ "reason": "无需协办" }));
        }
        work => {
            city.works(no, ASSIST, 2);
            if work == "submitted" || work == "done" && !passes_with_ticket {
                city.handler(ASSIST).works(no, 2, "reply", json!({ "text": "已处理" }));
            }
            if work == "done" && !passes_with_ticket {
                city.handler(LEAD).works(no, 2, "accept", json!({}));
            }
        }
    }
    match place.ticket {
        "in_units" => {}
        "accepted" => give_back(city, no, LEAD, 1),
        ticket => on_to(city, no, ticket),
    }
}

fn move_copy(city: &City, no: &str, place: &Place) {
    if place.assignment == "recalled" {
        recall(city, no);
        let units = json!({ "lead": LEAD, "assists": [ASSIST] });
        city.dispatcher().does(no, "dispatch", units);
    } else {
        on_to(city, no, place.ticket);
    }
}

fn merge(city: &City, no: &str) {
    city.agent().does(no, "merge", json!({ "into": target(city) }));
}

/// From in_units, the lead at work, on to `state`.
fn on_to(city: &City, no: &str, state: &str) {
    city.works(no, LEAD, 1);
    match state {
        "in_units" => {}
        "on_ledger" => {
            let plan = json!({ "grounds": "资金", "plan": "分期", "promised_at": "2026-12-01" });
            city.head(LEAD).does(no, "ledger", plan);
            city.reviewer().does(no, "ledger/decide", json!({ "approve": true }));
        }
        "withdrawn" => {
            city.agent().does(no, "withdraw", json!({ "reason": "已解决" }));
            let yes = json!({ "confirmed": true, "how": "原号码" });
            city.agent().does(no, "withdraw/confirm", yes);
        }
        "merged" => merge(city, no),
        _ => reply_and_on_to(city, no, state),
    }
}

fn reply_and_on_to(city: &City, no: &str, state: &str) {
    let reply = json!({ "text": "已修好", "assists_summary": "协办尚在进行" });
    city.handler(LEAD).does(no, "reply", reply);
    if state != "replied" {
        city.reviewer().does(no, "review", json!({ "pass": true }));
    }
    if state == "closed" {
        city.surveyor().does(no, "survey", good());
    }
}

/// From accepted to where no unit is.
fn settle(city: &City, no: &str, state: &str) {
    let agent = city.agent();
    match state {
        "consulting" => {
            let units = json!({ "units": ["wuye"], "text": "职责不清" });
            city.dispatcher().does(no, "consult", units);
        }
        "declined" => {
            agent.does(no, "decline", json!({ "reason": "no_new_fact", "told": "已告知" }));
        }
        "diverted" => {
            agent.does(no, "divert", json!({ "service": "110", "at": city.now() }));
        }
        _ => {}
    }
}

/// What is asked once the ticket stands at its place.
fn ask(city: &City, no: &str, place: &Place) {
    let head = city.head(LEAD);
    let exclude = |reason: &str| json!({ "reason": reason, "evidence": "材料" });
    let refused = place.needs("exclusion_refused") || place.needs("appeal_asked");
    if place.needs("withdrawal_asked") {
        city.agent().does(no, "withdraw", json!({ "reason": "已解决" }));
    }
    if place.needs("ledger_asked") {
        let plan = json!({ "grounds": "资金", "plan": "分期", "promised_at": "2026-12-01" });
        head.does(no, "ledger", plan);
    }
    if place.needs("exclusion_asked") || refused {
        head.does(no, "exclude", exclude("force_majeure"));
    }
    if refused {
        let against = json!({ "approve": false, "reason": "证据不足" });
        city.reviewer().does(no, "exclude/decide", against);
    }
    if place.needs("appeal_asked") {
        head.does(no, "exclude/appeal", json!({ "text": "补充证据" }));
    }
    if place.needs("vexatious_approved") {
        head.does(no, "exclude", exclude("vexatious"));
        city.reviewer().does(no, "exclude/decide", json!({ "approve": true }));
    }
    if place.needs("agreed") {
        let later = json!({ "outcome": "too_early", "again_at": "2026-11-03T19:00:00+08:00" });
        city.surveyor().does(no, "survey", later);
    }
    if place.needs("bad_survey") {
        city.surveyor().does(no, "survey", bad());
    }
    if place.needs("request_waiting") && place.part == "lead" && place.assignment == "done" {
        city.handler(LEAD).does(no, "exclude", exclude("force_majeure"));
    }
}
