//! Papers: making them. Its rule: allowed, well formed, seen, possible, then numbered: all in one write; what shows a
//! citizen's name is noted as a reveal, with its reason, in the same.

use chrono::Datelike;
use serde::Deserialize;
use utoipa::ToSchema;

use super::desk::Desk;
use super::store::{self, Line, PaperRow};
use super::subject::{Subject, subject};
use super::{PaperKind, Papers};
use crate::audit::{self, Entry};
use crate::db::{Conn, Tx};
use crate::directory::UnitCode;
use crate::error::{Error, FieldError, Kind, Result};
use crate::identity::Actor;
use crate::lifecycle::Hotline;
use crate::ticket::Text;
use crate::ticket::store::Stored;
use crate::time::Stamp;

/// Tickets of one request, each with a paper of its own; and the lines of a register.
pub const MOST: usize = 100;
const MOST_LINES: usize = 500;
/// What the reason of the day is kept as.
pub const REASON: &str = "paper.reason";

/// Which papers.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    pub kind: PaperKind,
    /// Numbers of tickets; for a unit's part of one, the assignment's id.
    pub tickets: Vec<String>,
    /// Which supervision of the ticket; the last one where nothing is said.
    pub supervision: Option<u32>,
    /// Why the citizen's name is printed: needed for what goes to a citizen.
    pub reason: Option<Text>,
}

/// A paper that has its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub id: i64,
    pub kind: PaperKind,
    /// As it is printed.
    pub no: String,
    pub tickets: Vec<String>,
    pub made_at: Stamp,
    pub made_by: String,
}

impl Made {
    fn of((row, lines): (PaperRow, Vec<Line>)) -> Self {
        let PaperRow { id, kind, no, made_at, made_by, .. } = row;
        let tickets = lines.into_iter().map(|line| line.ticket_no).collect();
        Self { id, kind, no, tickets, made_at, made_by }
    }
}

/// Makes the papers: all of them or none. What goes to citizens is noted as a reveal of each ticket.
///
/// # Errors
/// 403 for the role; 422 at `/tickets/0`, `/reason` …; 409 `paper.nothing_to_say` where a ticket has nothing that such a
/// paper could say.
pub fn make(
    tx: &mut Tx<'_>,
    (hotline, papers): (&Hotline, &Papers),
    actor: &Actor,
    asked: &Asked,
) -> Result<Vec<Made>> {
    actor.require(asked.kind.roles())?;
    check(asked)?;
    let rules = hotline.rules.current(tx.conn, tx.now)?;
    let desk = Desk { hotline, rules: &rules };
    let (mut lines, mut unknown) = (Vec::new(), Vec::new());
    for (nth, word) in asked.tickets.iter().enumerate() {
        match desk.find(tx.conn, actor, word, (asked.kind, asked.supervision)) {
            Ok(found) => lines.push(found),
            Err(error) if error.kind() == Kind::NotFound => {
                unknown.push(FieldError::new(format!("/tickets/{nth}"), "field.unknown_code"));
            }
            Err(error) => return Err(error),
        }
    }
    if !unknown.is_empty() {
        return Err(Error::invalid(unknown));
    }
    let drafts: Vec<Vec<(Stored, Subject)>> = match asked.kind {
        PaperKind::Ledger => vec![lines],
        _ => lines.into_iter().map(|line| vec![line]).collect(),
    };
    drafts.iter().map(|draft| number(tx, papers, actor, asked, draft)).collect()
}

fn check(asked: &Asked) -> Result<()> {
    let most = if asked.kind == PaperKind::Ledger { MOST_LINES } else { MOST };
    let mut wrong = Vec::new();
    if asked.tickets.is_empty() {
        wrong.push(FieldError::new("/tickets", "field.required"));
    }
    if asked.tickets.len() > most {
        let most = most.to_string();
        wrong.push(FieldError::with("/tickets", "paper.too_many", &[("most", &most)]));
    }
    let twice = |(nth, no): &(usize, &String)| asked.tickets[..*nth].contains(no);
    for (nth, _) in asked.tickets.iter().enumerate().filter(twice) {
        wrong.push(FieldError::new(format!("/tickets/{nth}"), "field.duplicate"));
    }
    let supervises_one = asked.kind == PaperKind::Supervise && asked.tickets.len() == 1;
    if asked.supervision.is_some() && !supervises_one {
        wrong.push(FieldError::new("/supervision", "paper.one_supervision"));
    }
    if asked.kind.is_to_citizen() && asked.reason.is_none() {
        wrong.push(FieldError::new("/reason", "field.required"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::invalid(wrong)) }
}

fn number(
    tx: &mut Tx<'_>,
    papers: &Papers,
    actor: &Actor,
    asked: &Asked,
    draft: &[(Stored, Subject)],
) -> Result<Made> {
    let kind = asked.kind;
    let year = tx.now.day(papers.zone).year();
    let number = tx.next_of(&kind.series(year))?;
    let no = kind.no(&papers.mark, year, number);
    let (id, made_at, made_by) = (tx.id(), tx.now, actor.name.clone());
    let unit = actor.unit.clone().filter(|_| !actor.sees_all_tickets());
    let row = PaperRow { id, kind, year, number, no, made_at, made_by, unit };
    let lines: Vec<Line> = (1..).zip(draft).map(|(nth, of)| line(id, nth, of)).collect();
    store::insert(tx, &row, &lines)?;
    for (stored, _) in draft {
        if let Some(reason) = &asked.reason {
            note_reason(tx, papers, actor, &row, (stored, reason))?;
        }
    }
    Ok(Made::of((row, lines)))
}

fn line(paper_id: i64, nth: i32, (stored, subject): &(Stored, Subject)) -> Line {
    let place = |k: Option<u32>| k.and_then(|k| i32::try_from(k).ok());
    Line {
        paper_id,
        nth,
        ticket_id: stored.id,
        ticket_no: stored.ticket.no.clone(),
        version: stored.version,
        assignment: place(subject.assignment),
        side: place(subject.side),
    }
}

/// The reveal, and for the rest of the day the leave to print the paper.
fn note_reason(
    tx: &mut Tx<'_>,
    papers: &Papers,
    actor: &Actor,
    row: &PaperRow,
    (stored, reason): (&Stored, &Text),
) -> Result<()> {
    if !row.kind.is_to_citizen() {
        return Ok(());
    }
    // Readers of the trail have no purpose of their own: the reason is masked for them.
    let reason = stored.ticket.masked(reason);
    let (account, id) = ((actor.user, actor.name.as_str()), row.id.to_string());
    let entry = Entry::new(account, "ticket.reveal", ("ticket", &stored.ticket.no));
    audit::record(tx, &entry.for_purpose(&reason).detailed(format!("name,{}", row.no)))?;
    let leave = Entry::new(account, REASON, ("paper", &id)).for_purpose(&reason);
    audit::record_once(tx, &leave, tx.now.day(papers.zone))
}

/// Says why a paper to a citizen is printed, by somebody else or on another day than it was made.
///
/// # Errors
/// 404 for whoever may not print it; 409 `paper.no_reason_needed` where it shows nobody.
pub fn give_reason(
    tx: &mut Tx<'_>,
    (hotline, papers): (&Hotline, &Papers),
    actor: &Actor,
    (id, reason): (i64, &dyn Fn() -> Result<Text>),
) -> Result<()> {
    let rules = hotline.rules.current(tx.conn, tx.now)?;
    let desk = Desk { hotline, rules: &rules };
    let (row, lines) = desk.paper(tx.conn, actor, id)?;
    if !row.kind.is_to_citizen() {
        return Err(Error::refused("paper.no_reason_needed"));
    }
    let reason = reason()?;
    for line in &lines {
        let stored = desk.line(tx.conn, actor, line)?;
        note_reason(tx, papers, actor, &row, (&stored, &reason))?;
    }
    Ok(())
}

/// The papers about a ticket that `actor` may print, oldest first.
///
/// # Errors
/// 404 where the ticket is absent or not for this reader's eyes.
pub fn of_ticket(
    conn: &mut Conn,
    hotline: &Hotline,
    actor: &Actor,
    (no, now): (&str, Stamp),
) -> Result<Vec<Made>> {
    let rules = hotline.rules.current(conn, now)?;
    let stored = hotline.see(conn, &rules, actor, no)?;
    let desk = Desk { hotline, rules: &rules };
    let mut made = Vec::new();
    for id in store::about(conn, stored.id)? {
        match desk.paper(conn, actor, id) {
            Ok(paper) => made.push(Made::of(paper)),
            Err(error) if error.kind() == Kind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(made)
}

/// The kinds of which `actor` may make a paper about a ticket now: those of the role that have something to say.
///
/// # Errors
/// 404 where the ticket is absent or not for this reader's eyes.
pub fn kinds_of(
    conn: &mut Conn,
    hotline: &Hotline,
    actor: &Actor,
    (no, now): (&str, Stamp),
) -> Result<Vec<PaperKind>> {
    let rules = hotline.rules.current(conn, now)?;
    let desk = Desk { hotline, rules: &rules };
    let mut kinds = Vec::new();
    for kind in PaperKind::ALL.iter().copied().filter(|kind| actor.has_any(kind.roles())) {
        match desk.find(conn, actor, no, (kind, None)) {
            Ok(_) => kinds.push(kind),
            Err(error) if matches!(error.kind(), Kind::Refused | Kind::Forbidden) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(kinds)
}

/// The parts of a ticket of which `actor` may make an order 交办单 now, by their ids, with whose each is.
///
/// # Errors
/// 404 where the ticket is absent or not for this reader's eyes.
pub fn parts_of(
    conn: &mut Conn,
    hotline: &Hotline,
    actor: &Actor,
    (no, now): (&str, Stamp),
) -> Result<Vec<(String, UnitCode)>> {
    let rules = hotline.rules.current(conn, now)?;
    let stored = hotline.see(conn, &rules, actor, no)?;
    if !actor.has_any(PaperKind::Assign.roles()) {
        return Ok(Vec::new());
    }
    let live = |k: u32| {
        let said = Subject { assignment: Some(k), side: None };
        subject(PaperKind::Assign, (&stored.ticket, None), said).is_some()
    };
    let parts = stored.ticket.assignments.iter().filter(|(k, _)| live(**k));
    Ok(parts.map(|(k, part)| (format!("{}-{k}", stored.ticket.no), part.unit.clone())).collect())
}
