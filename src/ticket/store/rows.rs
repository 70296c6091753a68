//! Ticket: the rows that stand for a ticket outside its sealed document. Its rule: derived from the
//! document alone, so that replaying the events rebuilds every one; nothing personal in them.

use diesel::prelude::*;

use super::attached::{AttachmentRow, attachment_rows};
use super::callers::{CallerRow, caller_rows};
use super::trails::{TrailRow, trail_row};
use crate::db::schema::{assignment, contact, ledger, tickets, whistle};
use crate::directory::{
    AssessmentClass, CategoryCode, Channel, CompanyCode, EstateCode, Kind, RegionCode, UnitCode,
    Urgency,
};
use crate::limits::{ClockName, Timer};
use crate::sealing::{MasterKey, mask_text};
use crate::ticket::advice::Use;
use crate::ticket::assignment::RequestStage;
use crate::ticket::overlay::{ExclusionReason, LedgerStage, Solved};
use crate::ticket::sight::is_taken_back;
use crate::ticket::state::{Part, StateName, WorkName};
use crate::ticket::{Assignment, Ticket};
use crate::time::Stamp;

/// What the projection needs besides the ticket.
pub struct Lens<'a> {
    pub id: i64,
    pub version: i32,
    pub keys: &'a MasterKey,
}

/// A row of `ticket`: what lists, filters and figures ask.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = tickets, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct TicketRow {
    pub id: i64,
    pub no: String,
    pub version: i32,
    pub state: StateName,
    pub kind: Kind,
    pub channel: Channel,
    pub urgency: Urgency,
    pub title: String,
    pub category: Option<CategoryCode>,
    pub region: Option<RegionCode>,
    pub estate: Option<EstateCode>,
    pub company: Option<CompanyCode>,
    pub lead_unit: Option<UnitCode>,
    pub lead_head: Option<String>,
    pub received_at: Stamp,
    pub ended_at: Option<Stamp>,
    pub gaps: String,
    pub assessment_class: AssessmentClass,
    pub excluded: Option<ExclusionReason>,
    pub direct: bool,
    pub first_solved: Option<Solved>,
    /// `contacted:solved:satisfied` of the last valid survey.
    pub survey: Option<String>,
    pub handled_ms: Option<i64>,
    pub flagged: bool,
    pub sealed: bool,
    pub phone_hash: Option<String>,
    pub upstream_no: Option<String>,
    pub yellow_at: Option<Stamp>,
    pub red_at: Option<Stamp>,
    pub next_at: Option<Stamp>,
    /// Who is accused, as [`accused_key`] writes it.
    pub accused: Option<String>,
    /// What was suggested and what became of it: [`Use::row`].
    pub advice: Option<String>,
}

/// A row of `assignment`.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = assignment, primary_key(ticket_id, k), treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct AssignmentRow {
    pub ticket_id: i64,
    pub k: i32,
    pub unit: UnitCode,
    pub head: Option<String>,
    pub part: Part,
    pub state: WorkName,
    pub taken_back: bool,
    pub is_sub: bool,
    pub is_final: bool,
    pub sent_at: Stamp,
    pub sign_due_at: Option<Stamp>,
    pub signed_at: Option<Stamp>,
    pub contact_due_at: Option<Stamp>,
    pub contacted_at: Option<Stamp>,
    pub handle_due_at: Option<Stamp>,
    pub handle_stopped_at: Option<Stamp>,
    pub handle_missed: bool,
    pub rework1_due_at: Option<Stamp>,
    pub rework1_stopped_at: Option<Stamp>,
    pub rework1_missed: bool,
    pub rework2_due_at: Option<Stamp>,
    pub rework2_stopped_at: Option<Stamp>,
    pub rework2_missed: bool,
    pub paused: bool,
    pub urges: i32,
    pub extensions: i32,
    pub rework_count: i32,
    /// When the first of the clocks that its unit owes lapses.
    pub next_due_at: Option<Stamp>,
}

/// A row of `contact`: one recorded entry.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = contact, treat_none_as_default_value = false)]
pub struct ContactRow {
    pub ticket_id: i64,
    pub k: i32,
    pub seq: i32,
    pub at: Stamp,
}

/// A row of `whistle`: one called unit.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = whistle, primary_key(ticket_id, id, unit), treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct WhistleRow {
    pub ticket_id: i64,
    pub id: i32,
    pub unit: UnitCode,
    pub head: Option<String>,
    pub caller: UnitCode,
    pub caller_head: Option<String>,
    pub called_at: Stamp,
    pub due_at: Stamp,
    pub answered_at: Option<Stamp>,
}

/// A row of `ledger`: one stay on it.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = ledger, primary_key(ticket_id, seq), treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct LedgerRow {
    pub ticket_id: i64,
    pub seq: i32,
    pub approved_at: Stamp,
    pub written_off_at: Option<Stamp>,
    pub cancelled_at: Option<Stamp>,
    /// Until when the unit says what has happened since, while that is owed.
    pub progress_due_at: Option<Stamp>,
}

/// Every row of one ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    pub ticket: TicketRow,
    pub assignments: Vec<AssignmentRow>,
    pub contacts: Vec<ContactRow>,
    pub whistles: Vec<WhistleRow>,
    pub ledgers: Vec<LedgerRow>,
    pub attachments: Vec<AttachmentRow>,
    pub callers: Vec<CallerRow>,
    pub trail: Option<TrailRow>,
}

/// The rows of `ticket`.
pub fn project(ticket: &Ticket, lens: &Lens<'_>) -> Rows {
    let is_final = ticket.final_lead().map(|(k, _)| k);
    let phone = ticket.caller.phone.as_ref().map(|phone| lens.keys.phone_hash(phone));
    let callers = caller_rows(ticket, lens.id, lens.keys, phone.as_deref());
    Rows {
        ticket: TicketRow { phone_hash: phone, ..ticket_row(ticket, lens) },
        assignments: ticket
            .assignments
            .iter()
            .map(|(k, a)| AssignmentRow {
                is_final: is_final == Some(*k),
                taken_back: is_taken_back(ticket, *k),
                ..assignment_row(lens.id, *k, a)
            })
            .collect(),
        contacts: contact_rows(ticket, lens.id),
        whistles: whistle_rows(ticket, lens.id),
        ledgers: ledger_rows(ticket, lens.id),
        attachments: attachment_rows(ticket, lens.id),
        callers,
        trail: trail_row(ticket, lens.id),
    }
}

fn small(n: u32) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

fn count(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

/// All but the hash of the caller's number, which others need too.
fn ticket_row(ticket: &Ticket, lens: &Lens<'_>) -> TicketRow {
    let lead = ticket.final_lead().map(|(_, lead)| lead);
    let (first, last) = ticket.valid_surveys();
    let lights = lit_timers(ticket);
    TicketRow {
        id: lens.id,
        no: ticket.no.clone(),
        version: lens.version,
        state: ticket.state.name(),
        kind: ticket.kind,
        channel: ticket.channel,
        urgency: ticket.urgency,
        title: mask_text(&ticket.title, &ticket.names()),
        category: ticket.category.clone(),
        region: ticket.place.region.clone(),
        estate: ticket.place.estate.clone(),
        company: ticket.company.clone(),
        lead_unit: lead.map(|lead| lead.unit.clone()),
        lead_head: lead.and_then(|lead| lead.head.clone()),
        received_at: ticket.received_at,
        ended_at: ticket.ended_at(),
        gaps: gaps(ticket),
        assessment_class: ticket.class.class,
        excluded: ticket.exclusion.as_ref().filter(|_| ticket.is_excluded()).map(|e| e.reason),
        direct: ticket.direct.is_some(),
        first_solved: first.and_then(|attempt| attempt.solved),
        survey: last
            .and_then(|attempt| attempt.answers())
            .map(|(contacted, solved, satisfied)| format!("{contacted}:{solved}:{satisfied}")),
        handled_ms: ticket.handled_ms,
        flagged: !ticket.flags.is_empty()
            || ticket.attempts.iter().any(|attempt| !attempt.bottom_line.is_empty()),
        sealed: ticket.is_sealed(),
        phone_hash: None,
        upstream_no: ticket.upstream.as_ref().map(|upstream| upstream.no.to_string()),
        yellow_at: lights.iter().map(|timer| timer.soon_at).min(),
        red_at: lights.iter().map(|timer| timer.due_at).min(),
        next_at: ticket.next_notice().map(|notice| notice.at),
        accused: ticket.accused.as_ref().map(|accused| accused_key(lens.keys, accused)),
        advice: Use::of(ticket).map(Use::row),
    }
}

/// How a row says who is accused: a code that is plainly one as it is, whatever else (a name, a number, a
/// code of digits) by its keyed hash alone, which no code can look like. A unit asks with its own code and
/// those above it, and so finds itself however its site writes codes.
pub fn accused_key(keys: &MasterKey, accused: &str) -> String {
    if is_code(accused) { accused.to_owned() } else { format!("#{}", keys.party_hash(accused)) }
}

/// What can be no person's name or number.
fn is_code(text: &str) -> bool {
    text.len() <= 64
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && text.chars().any(|c| c.is_ascii_alphabetic())
}

/// Earlier ends that a reopening undid: `ended:reopened` in milliseconds, joined by commas.
fn gaps(ticket: &Ticket) -> String {
    let mut text = String::new();
    for ending in &ticket.endings {
        if let Some(reopened) = ending.reopened_at {
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(&format!("{}:{}", ending.at.millis(), reopened.millis()));
        }
    }
    text
}

/// The clocks whose worst light a ticket shows: overall, and its lead's handle or rework.
fn lit_timers(ticket: &Ticket) -> Vec<&Timer> {
    let lead = ticket.live_lead().and_then(|k| ticket.assignments.get(&k));
    let handle = lead.and_then(|a| match a.reworks.last() {
        Some(rework) => Some(&rework.timer),
        None => a.timers.get(&ClockName::Handle),
    });
    ticket
        .timers
        .get(&ClockName::Overall)
        .into_iter()
        .chain(handle)
        .filter(|timer| timer.is_open() && !timer.is_paused())
        .collect()
}

/// What the assignment says of itself; what its ticket says of it is filled in above.
fn assignment_row(ticket_id: i64, k: u32, a: &Assignment) -> AssignmentRow {
    let clock = |name: ClockName| a.timers.get(&name);
    let rework = |i: usize| a.reworks.get(i).map(|rework| &rework.timer);
    let due = |timer: Option<&Timer>| timer.map(|timer| timer.due_at);
    let stopped = |timer: Option<&Timer>| timer.and_then(|timer| timer.stopped_at);
    let missed = |timer: Option<&Timer>| timer.is_some_and(|timer| timer.missed);
    let handle = clock(ClockName::Handle);
    let running = a.reworks.last().map(|rework| &rework.timer).or(handle);
    let approved = a.extensions.iter().filter(|r| r.stage == RequestStage::Approved).count();
    AssignmentRow {
        ticket_id,
        k: small(k),
        unit: a.unit.clone(),
        head: a.head.clone(),
        part: a.part,
        state: a.work.name(),
        taken_back: false,
        is_sub: a.parent.is_some(),
        is_final: false,
        sent_at: a.sent_at,
        sign_due_at: due(clock(ClockName::Sign)),
        signed_at: stopped(clock(ClockName::Sign)),
        contact_due_at: due(clock(ClockName::Contact)),
        contacted_at: stopped(clock(ClockName::Contact)),
        handle_due_at: due(handle),
        handle_stopped_at: stopped(handle),
        handle_missed: a.handle_missed || missed(handle),
        rework1_due_at: due(rework(0)),
        rework1_stopped_at: stopped(rework(0)),
        rework1_missed: missed(rework(0)),
        rework2_due_at: due(rework(1)),
        rework2_stopped_at: stopped(rework(1)),
        rework2_missed: missed(rework(1)),
        paused: running.is_some_and(Timer::is_paused),
        urges: small(a.urges),
        extensions: count(approved),
        rework_count: count(a.reworks.len()),
        next_due_at: a.owed().map(|timer| timer.due_at).min(),
    }
}

fn contact_rows(ticket: &Ticket, ticket_id: i64) -> Vec<ContactRow> {
    let mut rows = Vec::new();
    for (k, assignment) in &ticket.assignments {
        for (seq, contact) in assignment.contacts.iter().enumerate() {
            rows.push(ContactRow { ticket_id, k: small(*k), seq: count(seq), at: contact.at });
        }
    }
    rows
}

fn whistle_rows(ticket: &Ticket, ticket_id: i64) -> Vec<WhistleRow> {
    let mut rows = Vec::new();
    for (id, whistle) in &ticket.whistles {
        for called in &whistle.called {
            rows.push(WhistleRow {
                ticket_id,
                id: small(*id),
                unit: called.unit.clone(),
                head: called.head.clone(),
                caller: whistle.by_unit.clone(),
                caller_head: whistle.by_head.clone(),
                called_at: whistle.at,
                due_at: called.timer.due_at,
                answered_at: called.arrived_at,
            });
        }
    }
    in_order(rows)
}

/// By call and unit, whatever order the database has for texts.
pub(super) fn in_order(mut rows: Vec<WhistleRow>) -> Vec<WhistleRow> {
    rows.sort_by(|a, b| (a.id, a.unit.as_str()).cmp(&(b.id, b.unit.as_str())));
    rows
}

/// Stays on the ledger from their approval; any other end of the ticket cancels one.
fn ledger_rows(ticket: &Ticket, ticket_id: i64) -> Vec<LedgerRow> {
    ticket
        .ledgers
        .iter()
        .enumerate()
        .filter_map(|(seq, ledger)| {
            let approved_at = ledger.opened_at?;
            let written_off_at =
                ledger.ended_at.filter(|_| ledger.stage == LedgerStage::WrittenOff);
            let cancelled_at = match ledger.stage {
                LedgerStage::WrittenOff => None,
                LedgerStage::Cancelled => ledger.ended_at,
                _ => ticket.ended_at(),
            };
            Some(LedgerRow {
                ticket_id,
                seq: count(seq),
                approved_at,
                written_off_at,
                cancelled_at,
                progress_due_at: ledger.owed_progress().map(|timer| timer.due_at),
            })
        })
        .collect()
}
