//! Reports: what is done to a report that needs no new figures, and what is asked of one. Its rule: see (404), may
//! (403), meant (412), well formed (422), possible (409), and only then is anything written; each step is noted beside
//! the report and in the trail.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::cutoff::surveys_until;
use super::differ::{Difference, differ};
use super::document::Document;
use super::drill::{Drill, Spot};
use super::frozen::{Drawer, Frozen, document};
use super::said::cases::{self, Candidate};
use super::said::confirmation::{self, Checked};
use super::said::objection::{self, Decisions, Objecting, Objection};
use super::said::texts::{self, Writing, Written};
use super::sight::Reads;
use super::site::Site;
use super::state::{self, Standing, State, Step};
use super::store::{self, ReportRow, StepRow};
use crate::assessment::{Item, Side};
use crate::audit::{self, Entry};
use crate::db::{Conn, Tx};
use crate::directory::UnitCode;
use crate::error::{Error, Kind, Result};
use crate::identity::Actor;
use crate::lifecycle::Hotline;
use crate::ticket::store::{Vault, load_by_id, load_events};
use crate::time::Stamp;

/// Who does or asks something, at which hotline.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    pub hotline: &'a Hotline,
    pub actor: &'a Actor,
    pub site: &'a Site,
}

/// Which report, and whether the caller meant this version of it (`If-Match`).
#[derive(Clone, Copy)]
pub struct Aim<'a> {
    pub id: i64,
    pub expected: &'a dyn Fn(i64) -> Result<()>,
}

/// A report as whoever asks may read it.
#[derive(Debug)]
pub struct Seen {
    pub row: ReportRow,
    pub steps: Vec<StepRow>,
    /// Every version, the oldest first.
    pub texts: Vec<Written>,
    pub objections: Vec<Objection>,
    /// In the check period: how each unit stands that has figures in it.
    pub checks: Vec<Checked>,
    /// The typical cases that it offers, for those who read every ticket.
    pub cases: Vec<Candidate>,
    /// The numbers that were chosen for them and are offered no more, for the same.
    pub cases_gone: Vec<String>,
    /// What must be printed with every figure.
    pub marks: Vec<(String, String)>,
    pub allowed: Vec<&'static str>,
}

/// An event that may be why a ticket's weight moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    pub at: Stamp,
    pub command: String,
    /// The login name.
    pub actor: String,
    pub unit: Option<UnitCode>,
}

/// What a restatement changed, and why.
#[derive(Debug)]
pub struct Changes {
    pub before: ReportRow,
    pub after: ReportRow,
    pub differences: Vec<Difference>,
    /// What happened to each ticket that moved, between the two; of the first [`LOOKED_INTO`] of them.
    pub why: BTreeMap<i64, Vec<Why>>,
}

/// Of how many tickets the events are read for one list of differences.
pub const LOOKED_INTO: usize = 500;

/// What stands against the table of `row` just now.
pub(super) fn standing(conn: &mut Conn, hotline: &Hotline, row: &ReportRow) -> Result<Standing> {
    let objections = store::objections(conn, row.root)?;
    Ok(Standing {
        state: row.state,
        objections_until: row.objections_until,
        ends_at: row.end_at,
        surveys_until: surveys_until(conn, hotline, row)?,
        undecided: objection::undecided(conn, &objections)?,
        frozen_by: row.frozen_by,
        restated: store::last_edition(conn, row.root)? > row.edition,
    })
}

/// The state after `step`.
pub(super) fn check(step: Step, standing: &Standing, actor: &Actor, now: Stamp) -> Result<State> {
    step.next(standing, now).map_err(|error| state::refused(error, standing, actor, now))
}

/// There is one already, in this state.
pub(super) fn exists(state: State) -> Error {
    Error::refused("report.exists").in_state(state.as_str(), Vec::new())
}

impl Desk<'_> {
    /// The report that `aim` names, where the actor may do `step` to it in some state.
    pub(super) fn take(
        &self,
        conn: &mut Conn,
        aim: Aim<'_>,
        step: Step,
    ) -> Result<(ReportRow, Standing)> {
        let row = self.row(conn, aim.id)?;
        let standing = standing(conn, self.hotline, &row)?;
        step.require(&standing, self.actor)?;
        (aim.expected)(row.version.into())?;
        Ok((row, standing))
    }

    /// The report with this id, for whoever may know of it.
    fn row(&self, conn: &mut Conn, id: i64) -> Result<ReportRow> {
        let row = store::find(conn, id)?.ok_or_else(Error::not_found)?;
        if Reads::of(self.actor).knows_of(row.state) { Ok(row) } else { Err(Error::not_found()) }
    }

    /// Notes a step that was done to `row`, beside it and in the trail.
    pub(super) fn note(&self, tx: &mut Tx<'_>, row: &ReportRow, step: Step) -> Result<()> {
        store::note(tx, row.id, step, self.actor)?;
        let (action, subject) = (format!("report.{step}"), row.id.to_string());
        let account = (self.actor.user, self.actor.name.as_str());
        let entry = Entry::new(account, &action, ("report", &subject));
        let about = format!("{} {}", row.period, row.edition);
        audit::record(tx, &entry.detailed(about))
    }

    /// Keeps `row` in the state `to`, and notes the step that led there.
    pub(super) fn keep_step(
        &self,
        tx: &mut Tx<'_>,
        mut row: ReportRow,
        (step, to): (Step, State),
    ) -> Result<ReportRow> {
        row.state = to;
        row.version += 1;
        store::save(tx, &row)?;
        self.note(tx, &row, step)?;
        Ok(row)
    }

    /// The head of the unit that a ticket counts for objects to that, once; what the unit had confirmed is taken back.
    ///
    /// # Errors
    /// 404, 403, 412; 422 at `/no` (`report.not_counted`); 409 also `report.check_over`, `report.objected`.
    pub fn object(
        &self,
        tx: &mut Tx<'_>,
        aim: Aim<'_>,
        read: impl FnOnce() -> Result<Objecting>,
    ) -> Result<ReportRow> {
        let (row, standing) = self.take(tx.conn, aim, Step::Object)?;
        let asked = read()?;
        let rules = self.hotline.rules.current(tx.conn, tx.now)?;
        let on = self.hotline.see(tx.conn, &rules, self.actor, &asked.no).map_err(|error| {
            let absent = error.kind() == Kind::NotFound;
            if absent { Error::field("/no", "field.unknown_code") } else { error }
        })?;
        let unit = objection::unit_of(self.actor, &on.ticket, row.end_at)?;
        let to = check(Step::Object, &standing, self.actor, tx.now)?;
        let who = (&*self.hotline.keys, self.actor);
        let kept = objection::keep(tx, who, (row.root, unit.clone()), (&on, &asked.text));
        kept.map_err(|error| state::refused(error, &standing, self.actor, tx.now))?;
        store::withdraw_confirmation(tx, row.root, &unit)?;
        self.keep_step(tx, row, (Step::Object, to))
    }

    /// Decides objections, all that are named or none.
    ///
    /// # Errors
    /// 404, 403 (`own_request`: not who objected; `report.own_unit`), 412; 422 at `/decisions`; 409 also `report.objection_decided`.
    pub fn decide(
        &self,
        tx: &mut Tx<'_>,
        aim: Aim<'_>,
        read: impl FnOnce() -> Result<Decisions>,
    ) -> Result<ReportRow> {
        let (row, standing) = self.take(tx.conn, aim, Step::Decide)?;
        let asked = read()?;
        let to = check(Step::Decide, &standing, self.actor, tx.now)?;
        let rules = self.hotline.rules.current(tx.conn, tx.now)?;
        let who = (&*self.hotline.keys, self.actor, &*rules.directory);
        let decided = objection::decide(tx, who, row.root, &asked);
        decided.map_err(|error| state::refused(error, &standing, self.actor, tx.now))?;
        self.keep_step(tx, row, (Step::Decide, to))
    }

    /// Writes into a place that the document leaves open.
    ///
    /// # Errors
    /// 404, 403, 412; 422 at `/field`; 409.
    pub fn write(
        &self,
        tx: &mut Tx<'_>,
        aim: Aim<'_>,
        read: impl FnOnce() -> Result<Writing>,
    ) -> Result<ReportRow> {
        let (row, standing) = self.take(tx.conn, aim, Step::Text)?;
        let asked = read()?;
        let to = check(Step::Text, &standing, self.actor, tx.now)?;
        let document = document(tx.conn, &row)?;
        let who = (&*self.hotline.keys, self.actor);
        texts::write(tx, who, (row.id, &document), &asked)?;
        self.keep_step(tx, row, (Step::Text, to))
    }

    /// Signs what another person froze.
    ///
    /// # Errors
    /// 404, 403 (`report.same_person`), 412, 409.
    pub fn sign(
        &self,
        tx: &mut Tx<'_>,
        aim: Aim<'_>,
        read: impl FnOnce() -> Result<()>,
    ) -> Result<ReportRow> {
        let (row, standing) = self.take(tx.conn, aim, Step::Sign)?;
        read()?;
        let to = check(Step::Sign, &standing, self.actor, tx.now)?;
        self.keep_step(tx, row, (Step::Sign, to))
    }

    /// Publishes what is signed; the edition that it corrects is superseded.
    ///
    /// # Errors
    /// 404, 403, 412, 409.
    pub fn publish(
        &self,
        tx: &mut Tx<'_>,
        aim: Aim<'_>,
        read: impl FnOnce() -> Result<()>,
    ) -> Result<ReportRow> {
        let (row, standing) = self.take(tx.conn, aim, Step::Publish)?;
        read()?;
        let to = check(Step::Publish, &standing, self.actor, tx.now)?;
        // What was never published stays unseen; of what was, one edition stands.
        for mut old in store::published(tx.conn, row.root)? {
            old.state = State::Superseded;
            old.version += 1;
            store::save(tx, &old)?;
            self.note(tx, &old, Step::Restate)?;
        }
        self.keep_step(tx, row, (Step::Publish, to))
    }

    /// A report with all that is beside it, as far as the actor may read it.
    ///
    /// # Errors
    /// 404; `report.damaged`.
    pub fn look(&self, conn: &mut Conn, id: i64, now: Stamp) -> Result<Seen> {
        let row = self.row(conn, id)?;
        let reads = Reads::of(self.actor);
        let standing = standing(conn, self.hotline, &row)?;
        let keys = &self.hotline.keys;
        let texts =
            if reads.words_in(row.state) { texts::versions(conn, keys, id)? } else { Vec::new() };
        let document = document(conn, &row)?;
        let allowed = state::allowed(&standing, self.actor, now);
        let mut objections = objection::list(conn, keys, &reads, row.root)?;
        let mut checks = Vec::new();
        if row.state == State::Preliminary {
            let rules = self.hotline.rules.current(conn, now)?;
            checks = confirmation::now(conn, (&row, &document), &rules.directory)?;
            checks.retain(|it| reads.units().is_none_or(|own| own.contains(&it.unit)));
            if allowed.contains(&Step::Decide.as_str()) {
                objection::offer(&mut objections, self.actor, &rules.directory);
            }
        }
        let (mut offered, mut gone) = (Vec::new(), Vec::new());
        if reads == Reads::Everything {
            let last = texts.iter().rfind(|it| it.field == cases::CHOSEN);
            let chosen = last.map(|it| it.text.as_str());
            offered = cases::candidates(&document, chosen);
            gone = cases::gone(&document, chosen);
        }
        Ok(Seen {
            cases: offered,
            cases_gone: gone,
            steps: store::steps(conn, id)?,
            texts,
            objections,
            checks,
            marks: document.marks,
            allowed,
            row,
        })
    }

    /// What a report says, as far as the actor may read it, and what people wrote into it.
    ///
    /// # Errors
    /// 404; `report.damaged`.
    pub fn read(
        &self,
        conn: &mut Conn,
        id: i64,
    ) -> Result<(ReportRow, Document, BTreeMap<String, String>)> {
        let row = self.row(conn, id)?;
        let reads = Reads::of(self.actor);
        let mut texts = if reads.words_in(row.state) {
            texts::latest(conn, &self.hotline.keys, id)?
        } else {
            BTreeMap::new()
        };
        let mut document = reads.part_of(document(conn, &row)?, row.state);
        cases::settle(&mut document, &mut texts);
        Ok((row, document, texts))
    }

    /// The tickets behind a cell, as far as the actor may see them.
    ///
    /// # Errors
    /// 404; 422 at `/table`, `/row`, `/column`; `report.damaged`.
    pub fn tickets(
        &self,
        conn: &mut Conn,
        drawer: &Drawer,
        (id, spot): (i64, Spot<'_>),
        side: Option<Side>,
    ) -> Result<(Vec<Item>, [String; 3])> {
        let row = self.row(conn, id)?;
        let reads = Reads::of(self.actor);
        let frozen = drawer.open(conn, &row)?;
        // Whoever reads a part finds the cells of that part alone.
        let shown = reads.units().map(|_| reads.part_of(frozen.document.clone(), row.state));
        let document = shown.as_ref().unwrap_or(&frozen.document);
        let items = Drill::into(&frozen, reads.units()).items(spot.source(document)?, side);
        Ok((items, spot.words(document)))
    }

    /// What a restatement changed; nothing of a first edition, nor where whoever asks may not read the one before. Which
    /// tickets, and what happened to them, is for those who read every ticket.
    ///
    /// # Errors
    /// 404; `report.damaged`.
    pub fn changes(&self, conn: &mut Conn, drawer: &Drawer, id: i64) -> Result<Option<Changes>> {
        let after = self.row(conn, id)?;
        // Of editions that nobody read, nobody needs to know the differences.
        let before = match (store::read_before(conn, &after)?, after.restates) {
            (Some(read), _) => Some(read),
            (None, Some(id)) => store::find(conn, id)?,
            (None, None) => None,
        };
        // An edition that is nobody's to read says nothing through the next one either.
        let reads = Reads::of(self.actor);
        let before = before.filter(|row| reads.knows_of(row.state));
        let Some(before) = before else { return Ok(None) };
        let old: Arc<Frozen> = drawer.open(conn, &before)?;
        let new = drawer.open(conn, &after)?;
        let mut differences = differ(&old, &new);
        let mut why = BTreeMap::new();
        if reads == Reads::Everything {
            let moved = differences.iter().flat_map(|it| &it.moved).map(|moved| moved.ticket);
            let moved: BTreeSet<i64> = moved.collect();
            for ticket in moved.into_iter().take(LOOKED_INTO) {
                why.insert(ticket, self.why(conn, ticket, (before.taken_at, after.taken_at))?);
            }
        } else {
            for difference in &mut differences {
                difference.moved.clear();
            }
        }
        Ok(Some(Changes { before, after, differences, why }))
    }

    /// What happened to a ticket after `from`, until `to`; of one that is erased nobody knows any more.
    fn why(&self, conn: &mut Conn, ticket: i64, (from, to): (Stamp, Stamp)) -> Result<Vec<Why>> {
        let vault = Vault { keys: &self.hotline.keys };
        let Some(stored) = load_by_id(conn, vault, ticket)? else { return Ok(Vec::new()) };
        let events = load_events(conn, &stored)?.into_iter();
        let since = events.filter(|event| event.at > from && event.at <= to);
        let why = since.map(|event| Why {
            at: event.at,
            command: event.command,
            actor: event.actor,
            unit: event.unit,
        });
        Ok(why.collect())
    }
}
