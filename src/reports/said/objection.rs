//! Reports: what units object to in the check period 核对期, line by line. Its rule: who objects never decides, nor
//! does anybody of the unit; what is said lies sealed and is shown with names and numbers masked.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use utoipa::ToSchema;

use crate::assessment::store::numbers;
use crate::db::{Conn, Tx};
use crate::directory::{Directory, UnitCode};
use crate::error::{Error, FieldError, Kind, Result};
use crate::identity::Actor;
use crate::reports::kinds::{Decision, Part};
use crate::reports::sight::Reads;
use crate::reports::store::{self, ObjectionRow, SaidRow};
use crate::sealing::{MasterKey, mask_text, place};
use crate::ticket::assignment::Assignment;
use crate::ticket::sight::is_of;
use crate::ticket::store::{Stored, Vault, load_many};
use crate::ticket::{Part as Role, Text, Ticket};
use crate::time::Stamp;

/// An objection on its way.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Objecting {
    /// The number of the ticket that should not count.
    pub no: String,
    pub text: Text,
}

/// Decisions, all or none.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decisions {
    /// At most 500.
    pub decisions: Vec<Deciding>,
}

/// A decision about one objection.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Deciding {
    /// The objection's id.
    pub id: String,
    /// Whether the ticket leaves the assessed edition.
    pub uphold: bool,
    pub reason: Text,
}

/// The most decisions at once.
const MOST: usize = 500;

/// An objection as it is read: words masked; nothing where they went with the ticket.
#[derive(Debug, Clone)]
pub struct Objection {
    pub row: ObjectionRow,
    /// The ticket's number, where it is still there.
    pub no: Option<String>,
    pub text: Option<String>,
    pub answer: Option<String>,
    /// Whether whoever reads it may decide it now.
    pub may_decide: bool,
}

/// For which unit of theirs `actor` objects to `on` being counted in a window that ends at `ends_at`: the one that its
/// figures belong to, since what is upheld is out of them all. Whoever assisted, or had it before, has no say in that.
///
/// # Errors
/// 422 at `/no` of a ticket of another unit, or of one received after the window.
pub(in crate::reports) fn unit_of(actor: &Actor, on: &Ticket, ends_at: Stamp) -> Result<UnitCode> {
    let worked = |it: &Assignment| it.part != Role::Copy && actor.works_for(&it.unit);
    if !on.assignments.values().any(worked) {
        return Err(Error::field("/no", "field.unknown_code"));
    }
    let counted = on.final_lead().map(|(_, it)| &it.unit).filter(|unit| actor.works_for(unit));
    let unit = counted.ok_or_else(|| Error::field("/no", "report.not_counted"))?.clone();
    if on.received_at >= ends_at {
        return Err(Error::field("/no", "report.not_in_it"));
    }
    Ok(unit)
}

/// Keeps the objection of `actor` for `unit` to the ticket `on`. Of another unit there may be one already: it led when
/// that was said.
///
/// # Errors
/// 409 `report.objected` where the unit has objected to it before.
pub(in crate::reports) fn keep(
    tx: &mut Tx<'_>,
    (keys, actor): (&MasterKey, &Actor),
    (root, unit): (i64, UnitCode),
    (on, text): (&Stored, &Text),
) -> Result<()> {
    let is_same = |there: &ObjectionRow| there.ticket_id == on.id && there.unit == unit;
    if store::objections(tx.conn, root)?.iter().any(is_same) {
        return Err(Error::refused("report.objected"));
    }
    let row = ObjectionRow {
        id: tx.id(),
        report_id: root,
        ticket_id: on.id,
        unit,
        at: tx.now,
        by_id: actor.user,
        by_name: actor.name.clone(),
        decision: None,
        decided_at: None,
        decided_name: None,
    };
    store::insert_objection(tx, &row)?;
    say(tx, keys, &row, (Part::Objection, text))
}

/// Whether `actor`, whose role decides, may decide the objection of `row`.
///
/// # Errors
/// 403 `own_request`, `report.own_unit`.
fn may_decide(row: &ObjectionRow, actor: &Actor, directory: &Directory) -> Result<()> {
    actor.require_other_than(row.by_id)?;
    if is_of(actor, &row.unit, directory) {
        return Err(Error::new(Kind::Forbidden, "report.own_unit"));
    }
    Ok(())
}

/// Marks those of `all` that wait and that `actor`, who decides now, may decide.
pub(in crate::reports) fn offer(all: &mut [Objection], actor: &Actor, directory: &Directory) {
    for it in all.iter_mut().filter(|it| it.row.decision.is_none()) {
        it.may_decide = may_decide(&it.row, actor, directory).is_ok();
    }
}

/// Decides, all or none; nobody of the unit that objects, or of one below it, since what is upheld betters its figures.
///
/// # Errors
/// 422 at each `/decisions/…` that names no objection to this report; 403 `own_request`, `report.own_unit`; 409
/// `report.objection_decided`.
pub(in crate::reports) fn decide(
    tx: &mut Tx<'_>,
    (keys, actor, directory): (&MasterKey, &Actor, &Directory),
    root: i64,
    asked: &Decisions,
) -> Result<()> {
    if asked.decisions.len() > MOST {
        return Err(Error::field("/decisions", "field.too_long"));
    }
    let there = store::objections(tx.conn, root)?;
    let mut there: BTreeMap<String, ObjectionRow> =
        there.into_iter().map(|row| (row.id.to_string(), row)).collect();
    let mut chosen = Vec::new();
    let mut wrong = Vec::new();
    for (nth, deciding) in asked.decisions.iter().enumerate() {
        // A second decision about the same one finds none.
        match there.remove(&deciding.id) {
            Some(row) => chosen.push((row, deciding)),
            None => {
                let pointer = format!("/decisions/{nth}/id");
                wrong.push(FieldError::new(pointer, "field.unknown_code"));
            }
        }
    }
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    for (row, _) in &chosen {
        may_decide(row, actor, directory)?;
    }
    if chosen.iter().any(|(row, _)| row.decision.is_some()) {
        return Err(Error::refused("report.objection_decided"));
    }
    for (mut row, deciding) in chosen {
        let decision = if deciding.uphold { Decision::Upheld } else { Decision::Rejected };
        row.decision = Some(decision);
        row.decided_at = Some(tx.now);
        row.decided_name = Some(actor.name.clone());
        store::save_objection(tx, &row)?;
        say(tx, keys, &row, (Part::Answer, &deciding.reason))?;
    }
    Ok(())
}

fn say(
    tx: &mut Tx<'_>,
    keys: &MasterKey,
    on: &ObjectionRow,
    (part, text): (Part, &Text),
) -> Result<()> {
    let id = tx.id();
    let sealed = keys.seal(text.as_bytes(), &place("report_said", "sealed", id))?;
    let row = SaidRow { id, objection_id: on.id, ticket_id: on.ticket_id, part, sealed };
    store::insert_said(tx, &row)
}

/// How many wait for a decision; none to a ticket that is gone, taken back with its import: nothing is left to decide.
pub(in crate::reports) fn undecided(conn: &mut Conn, rows: &[ObjectionRow]) -> Result<usize> {
    let open = rows.iter().filter(|row| row.decision.is_none());
    let tickets: Vec<i64> = open.map(|row| row.ticket_id).collect();
    let named = numbers(conn, &tickets)?;
    // Those of two units to one ticket are two.
    Ok(tickets.iter().filter(|ticket| named.contains_key(*ticket)).count())
}

/// The tickets of which an objection was upheld, whatever became of another unit's.
pub(in crate::reports) fn upheld(rows: &[ObjectionRow]) -> BTreeSet<i64> {
    let upheld = rows.iter().filter(|row| row.decision == Some(Decision::Upheld));
    upheld.map(|row| row.ticket_id).collect()
}

/// The objections to the report whose first edition is `root`, as far as whoever `reads` may see them; of a ticket that
/// is gone the decided ones alone.
///
/// # Errors
/// What the database says; what was sealed with a key that is not there.
pub fn list(conn: &mut Conn, keys: &MasterKey, reads: &Reads, root: i64) -> Result<Vec<Objection>> {
    let mut rows = store::objections(conn, root)?;
    match reads {
        Reads::Nothing => return Ok(Vec::new()),
        Reads::Own(units) => rows.retain(|row| units.contains(&row.unit)),
        Reads::Everything => {}
    }
    let tickets: Vec<i64> = rows.iter().map(|row| row.ticket_id).collect();
    let named = numbers(conn, &tickets)?;
    rows.retain(|row| row.decision.is_some() || named.contains_key(&row.ticket_id));
    let mut about = BTreeMap::new();
    for some in tickets.chunks(900) {
        about.extend(load_many(conn, Vault { keys }, some)?);
    }
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut said: BTreeMap<(i64, Part), String> = BTreeMap::new();
    for row in store::said(conn, &ids)? {
        let plain = keys.open(&row.sealed, &place("report_said", "sealed", row.id))?;
        let text = String::from_utf8(plain).map_err(Error::internal)?;
        // Where the ticket is gone nobody knows any more which words are names.
        if let Some(ticket) = about.get(&row.ticket_id) {
            said.insert((row.objection_id, row.part), mask_text(&text, &ticket.names()));
        }
    }
    let read = |row: ObjectionRow| Objection {
        no: named.get(&row.ticket_id).cloned(),
        text: said.remove(&(row.id, Part::Objection)),
        answer: said.remove(&(row.id, Part::Answer)),
        may_decide: false,
        row,
    };
    Ok(rows.into_iter().map(read).collect())
}
