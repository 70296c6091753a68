//! Webhooks: which events there are, and what a change of a ticket means. Its rule: pure; and no word
//! that somebody said or wrote goes out, only numbers, codes and instants.

use chrono_tz::Tz;
use serde::Serialize;

use crate::code_enum;
use crate::directory::{Kind, UnitCode, Urgency};
use crate::ticket::{Noted, Part, State, StateName, Ticket};
use crate::time::Stamp;

code_enum! {
    /// What a receiver may be told of.
    pub enum Event {
        Registered = "ticket.registered" "受理",
        /// A unit was given a part in it; once for each unit.
        Dispatched = "ticket.dispatched" "派单",
        Consulting = "ticket.consulting" "会商",
        /// Back from its lead: a dispute was upheld, or the dispatcher took it back.
        Returned = "ticket.returned" "退回待派",
        Replied = "ticket.replied" "答复待审",
        /// Back to its units, by the reviewer or after a survey.
        SentBack = "ticket.sent_back" "退回重办",
        OnLedger = "ticket.on_ledger" "挂账",
        Surveying = "ticket.surveying" "回访",
        Closed = "ticket.closed" "办结",
        Declined = "ticket.declined" "不予受理",
        Diverted = "ticket.diverted" "转紧急",
        Withdrawn = "ticket.withdrawn" "撤单",
        Merged = "ticket.merged" "并单",
        Unmerged = "ticket.unmerged" "撤销并单",
        Reopened = "ticket.reopened" "重新受理",
        Urged = "ticket.urged" "催单",
        LimitSoon = "limit.soon" "即将到期",
        LimitOverdue = "limit.overdue" "已超期",
        /// Sent when somebody asks for it, to whoever it is asked for.
        Test = "webhook.test" "测试",
    }
}

/// What is told beside the event's name: the `data` of the body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    pub no: String,
    /// The ticket's version after the change: orders what arrives out of order.
    pub version: i32,
    pub state: StateName,
    pub kind: Kind,
    pub urgency: Urgency,
    /// The unit that leads now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<UnitCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Part>,
    /// The limit's name, such as `overall` or `handle/2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<String>,
}

/// What `after`, which was `before`, means to those who listen. Instants are told in `zone`.
pub(super) fn heard(
    before: Option<&Ticket>,
    after: &Ticket,
    version: i32,
    zone: Tz,
) -> Vec<(Event, Told)> {
    let mut found = Vec::new();
    match before {
        None => {
            found.push((Event::Registered, told(after, version)));
            if matches!(after.state, State::Merged { .. }) {
                found.push((Event::Merged, told(after, version)));
            }
        }
        Some(before) => {
            found.extend(moved(before, after).map(|event| (event, told(after, version))));
            if after.urges.len() > before.urges.len() {
                found.push((Event::Urged, told(after, version)));
            }
        }
    }
    let known = |k: &u32| before.is_some_and(|before| before.assignments.contains_key(k));
    for (k, assignment) in after.assignments.iter().filter(|(k, _)| !known(k)) {
        let part = Told { role: Some(assignment.part), ..of_assignment(after, version, *k) };
        found.push((Event::Dispatched, part));
    }
    for (limit, noted) in &after.noted {
        if before.and_then(|before| before.noted.get(limit)) != Some(noted) {
            let event = match noted.what {
                Noted::Soon => Event::LimitSoon,
                Noted::Overdue => Event::LimitOverdue,
            };
            found.push((event, of_limit(after, version, limit, noted.due_at, zone)));
        }
    }
    found
}

fn told(ticket: &Ticket, version: i32) -> Told {
    let lead = ticket.live_lead().and_then(|k| ticket.assignments.get(&k));
    Told {
        no: ticket.no.clone(),
        version,
        state: ticket.state.name(),
        kind: ticket.kind,
        urgency: ticket.urgency,
        lead: lead.map(|lead| lead.unit.clone()),
        assignment: None,
        unit: None,
        role: None,
        limit: None,
        due_at: None,
    }
}

fn of_assignment(ticket: &Ticket, version: i32, k: u32) -> Told {
    let unit = ticket.assignments.get(&k).map(|assignment| assignment.unit.clone());
    Told { assignment: Some(ticket.assignment_id(k)), unit, ..told(ticket, version) }
}

/// Its name says whose it is: `handle/2` and `rework/2/1` are assignment 2's, `ledger/1` is not.
fn of_limit(ticket: &Ticket, version: i32, limit: &str, due_at: Stamp, zone: Tz) -> Told {
    let mut parts = limit.split('/');
    let clock = parts.next().unwrap_or_default();
    let k = parts.next().and_then(|k| k.parse().ok());
    let base = match k.filter(|_| !matches!(clock, "ledger" | "report_in")) {
        Some(k) => of_assignment(ticket, version, k),
        None => told(ticket, version),
    };
    Told { limit: Some(limit.to_owned()), due_at: Some(due_at.rfc3339(zone)), ..base }
}

/// The event of a step from one state to another.
fn moved(before: &Ticket, after: &Ticket) -> Option<Event> {
    let (from, to) = (before.state.name(), after.state.name());
    if from == to {
        return None;
    }
    if matches!(before.state, State::Merged { .. }) && to.is_live() {
        return Some(Event::Unmerged);
    }
    match to {
        StateName::Accepted if !from.is_live() => Some(Event::Reopened),
        StateName::Accepted => Some(Event::Returned),
        StateName::Consulting => Some(Event::Consulting),
        // From `accepted` and `consulting` the new assignments say more.
        StateName::InUnits => {
            let back =
                matches!(from, StateName::Replied | StateName::Surveying | StateName::OnLedger);
            back.then_some(Event::SentBack)
        }
        StateName::Replied => Some(Event::Replied),
        StateName::OnLedger => Some(Event::OnLedger),
        StateName::Surveying => Some(Event::Surveying),
        StateName::Closed => Some(Event::Closed),
        StateName::Declined => Some(Event::Declined),
        StateName::Diverted => Some(Event::Diverted),
        StateName::Withdrawn => Some(Event::Withdrawn),
        StateName::Merged => Some(Event::Merged),
    }
}
