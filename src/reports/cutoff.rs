//! Reports: surveys after the cut-off of their window ⚙. Its rule: a report leaves them out, and a restatement takes them
//! in; either says so. Live figures know no cut-off.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::state::{State, Step};
use super::store::ReportRow;
use crate::assessment::facts::{Facts, ValidSurvey};
use crate::assessment::late::{cutoff, survey_before};
use crate::assessment::store::surveyed_from;
use crate::db::Conn;
use crate::error::Result;
use crate::lifecycle::Hotline;
use crate::limits::{Rulebook, Window};
use crate::ticket::store::{Vault, load_many};
use crate::time::Stamp;

/// How many documents of tickets are held at once.
const SOME: usize = 500;

/// What becomes of late surveys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Late {
    LeftOut,
    TakenIn,
}

impl Late {
    /// In what is taken for `step`.
    pub const fn at(step: Step) -> Self {
        match step {
            Step::Restate => Self::TakenIn,
            _ => Self::LeftOut,
        }
    }
}

/// What a report says of its cut-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// From here on a survey is late.
    pub at: Stamp,
    pub late: Late,
    /// How many of its tickets were asked for the last time at that instant or later.
    pub count: usize,
}

/// From when on a survey is late for the report `row`, and the last day whose surveys count in it: it is not frozen before.
/// Nothing where every survey up to the freeze counts, and of what is frozen.
///
/// # Errors
/// What the database says.
pub fn surveys_until(
    conn: &mut Conn,
    hotline: &Hotline,
    row: &ReportRow,
) -> Result<Option<(Stamp, NaiveDate)>> {
    if !matches!(row.state, State::Draft | State::Preliminary) {
        return Ok(None);
    }
    let rules = hotline.rules.current(conn, hotline.db.now())?;
    let (rule, zone) = (rules.profile.window, rules.profile.zone);
    let whole = rule.from_to(&row.start_at.rfc3339(zone), &row.end_at.rfc3339(zone), zone);
    let Some(window) = whole else { return Ok(None) };
    let book = rules.of_window(&window)?;
    Ok(cutoff(&window, &book).map(|at| (at, at.plus_millis(-1).day(zone))))
}

/// A cut-off, with the tickets whose last survey came after it.
#[derive(Debug, Clone)]
pub struct Cut {
    at: Stamp,
    /// By id: the last answer from before it, where there is one.
    before: BTreeMap<i64, Option<ValidSurvey>>,
}

impl Cut {
    /// The cut-off of `window`, where its rules `book` have one. The answers before it are read from the documents: of a
    /// ticket whose key was destroyed there are none.
    ///
    /// # Errors
    /// What the database says.
    pub fn find(
        conn: &mut Conn,
        vault: Vault<'_>,
        (window, book): (&Window, &Rulebook),
    ) -> Result<Option<Self>> {
        let Some(at) = cutoff(window, book) else { return Ok(None) };
        let mut before = BTreeMap::new();
        for some in surveyed_from(conn, window, at)?.chunks(SOME) {
            let tickets = load_many(conn, vault, some)?;
            let answer = |id: &i64| tickets.get(id).and_then(|ticket| survey_before(ticket, at));
            before.extend(some.iter().map(|id| (*id, answer(id))));
        }
        Ok(Some(Self { at, before }))
    }

    /// Whether any survey came after it.
    pub fn has_late(&self) -> bool {
        !self.before.is_empty()
    }

    /// Leaves the late ones out of `facts`, or in.
    pub fn apply(&self, facts: &mut Facts, late: Late) {
        if late == Late::LeftOut {
            facts.answer_as(&self.before);
        }
    }

    /// What a report that is made of `facts` says of it.
    pub fn told(&self, facts: &Facts, late: Late) -> Told {
        let is_late = |id: &i64| self.before.contains_key(id);
        let count = facts.tickets.iter().filter(|fact| is_late(&fact.id)).count();
        Told { at: self.at, late, count }
    }
}
