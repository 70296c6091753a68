//! Papers: what a paper is about, found in the tickets. Its rule: a paper says what was so when it was made, by folding
//! the ticket's events up to then; what became secret or erased since is not said.

use super::compose::Case;
use super::facts::{Facts, Row};
use super::store::{self, Line, PaperRow};
use super::subject::{Answered, Subject, subject};
use super::{PaperKind, Papers};
use crate::db::Conn;
use crate::error::{Error, Kind, Result};
use crate::identity::Actor;
use crate::lifecycle::{Hotline, Rules};
use crate::ticket::sight::{Sight, sight};
use crate::ticket::store::{Stored, load, load_events};
use crate::ticket::{State, Ticket, event};
use crate::time::Stamp;

/// Who looks, by which rules.
pub(super) struct Desk<'a> {
    pub hotline: &'a Hotline,
    pub rules: &'a Rules,
}

impl Desk<'_> {
    /// A ticket by its number, or one unit's part of it by its id, with what the paper would be about.
    pub(super) fn find(
        &self,
        conn: &mut Conn,
        actor: &Actor,
        word: &str,
        (kind, side): (PaperKind, Option<u32>),
    ) -> Result<(Stored, Subject)> {
        let (stored, assignment) = match self.hotline.see(conn, self.rules, actor, word) {
            Ok(stored) => (stored, None),
            Err(error) if error.code() == "not_found" => {
                let (no, k) = word.rsplit_once('-').ok_or_else(Error::not_found)?;
                let k = k.parse().map_err(|_| Error::not_found())?;
                let stored = self.hotline.see(conn, self.rules, actor, no)?;
                if !stored.ticket.assignments.contains_key(&k) {
                    return Err(Error::not_found());
                }
                (stored, Some(k))
            }
            Err(error) => return Err(error),
        };
        let seen = sight(&stored.ticket, actor, &self.rules.directory);
        if kind.is_to_citizen() && seen != Sight::Case {
            return Err(Error::forbidden());
        }
        let parent = self.parent(conn, &stored.ticket, Stamp::MAX)?;
        let answer = parent.as_ref().unwrap_or(&stored.ticket).answer().map(|_| Answered);
        let said = Subject { assignment, side };
        let Some(subject) = subject(kind, (&stored.ticket, answer), said) else {
            let values = [("no", stored.ticket.no.as_str()), ("kind", kind.zh())];
            let refused = Error::with(Kind::Refused, "paper.nothing_to_say", &values);
            return Err(refused.in_state(stored.ticket.state.name().as_str(), Vec::new()));
        };
        Ok((stored, subject))
    }

    /// The ticket that it is merged into, as it was at `at`.
    fn parent(&self, conn: &mut Conn, ticket: &Ticket, at: Stamp) -> Result<Option<Ticket>> {
        let State::Merged { into } = &ticket.state else { return Ok(None) };
        let vault = self.rules.vault(&self.hotline.keys);
        let Some(stored) = load(conn, vault, into)? else { return Ok(None) };
        let events = load_events(conn, &stored)?;
        event::replay(events.iter().filter(|event| event.at <= at)).map(Some)
    }

    /// A paper that `actor` may print: by the role, or as the unit that it went to; and sees all that it is about.
    pub(super) fn paper(
        &self,
        conn: &mut Conn,
        actor: &Actor,
        id: i64,
    ) -> Result<(PaperRow, Vec<Line>)> {
        let (row, lines) = store::load(conn, id)?.ok_or_else(Error::not_found)?;
        let by_role = actor.has_any(row.kind.roles());
        for line in &lines {
            match self.line(conn, actor, line) {
                Ok(stored) if by_role || is_receiver(&row, line, (&stored.ticket, actor)) => {}
                Err(error) if by_role && is_erased(&row, &error) => {}
                Err(error) => return Err(error),
                Ok(_) => return Err(Error::not_found()),
            }
        }
        Ok((row, lines))
    }

    pub(super) fn line(&self, conn: &mut Conn, actor: &Actor, line: &Line) -> Result<Stored> {
        let stored = self.hotline.see(conn, self.rules, actor, &line.ticket_no)?;
        // A number may come back with another ticket, where an import was taken back.
        if stored.id == line.ticket_id { Ok(stored) } else { Err(Error::not_found()) }
    }

    pub(super) fn facts(
        &self,
        conn: &mut Conn,
        papers: &Papers,
        actor: &Actor,
        (row, lines): (&PaperRow, &[Line]),
    ) -> Result<Facts> {
        let mut facts =
            Facts { date: super::when::day(row.made_at, papers.zone), ..Facts::default() };
        for (nth, line) in (1..).zip(lines) {
            let stored = match self.line(conn, actor, line) {
                Ok(stored) => stored,
                Err(error) if is_erased(row, &error) => {
                    let (ticket, state) = (line.ticket_no.clone(), error.detail().to_owned());
                    facts.rows.push(Row { nth, ticket, state, ..Row::default() });
                    continue;
                }
                Err(error) => return Err(error),
            };
            let then = then(conn, &stored, line.version)?;
            let parent = self.parent(conn, &then, row.made_at)?;
            let case = Case {
                ticket: &then,
                parent: parent.as_ref(),
                present: &stored.ticket,
                directory: &self.rules.directory,
                reader: actor,
                zone: papers.zone,
            };
            if row.kind == PaperKind::Ledger {
                facts.rows.push(case.row(nth));
                continue;
            }
            if row.kind == PaperKind::Reply && case.answer().is_none() {
                return Err(Error::new(Kind::NotFound, "ticket.erased"));
            }
            facts = case.facts(row.kind, line.subject(), row.made_at);
        }
        let unit = row.unit.as_ref().and_then(|unit| self.rules.directory.unit(unit));
        facts.of_unit = unit.map(|unit| unit.name.clone());
        facts.site = papers.site.clone();
        facts.no = row.no.clone();
        facts.made_by = row.made_by.clone();
        Ok(facts)
    }
}

/// The ticket at that version.
fn then(conn: &mut Conn, stored: &Stored, version: i32) -> Result<Ticket> {
    if stored.version == version {
        return Ok(stored.ticket.clone());
    }
    let events = load_events(conn, stored)?;
    event::replay(events.iter().take(usize::try_from(version).unwrap_or_default()))
}

/// Whether the paper went to a unit that the actor works for.
fn is_receiver(row: &PaperRow, line: &Line, (ticket, actor): (&Ticket, &Actor)) -> bool {
    let subject = line.subject();
    let assigned = subject.assignment.and_then(|k| ticket.assignments.get(&k));
    let supervised = subject.side.and_then(|id| ticket.supervisions.get(&id));
    let is_assigned = assigned.is_some_and(|own| actor.works_for(&own.unit));
    let is_supervised =
        supervised.is_some_and(|one| one.addressed().any(|(unit, _)| actor.works_for(unit)));
    row.kind.is_to_unit() && (is_assigned || is_supervised)
}

/// A register outlasts what was erased from it.
fn is_erased(row: &PaperRow, error: &Error) -> bool {
    row.kind == PaperKind::Ledger && error.code() == "ticket.erased"
}
