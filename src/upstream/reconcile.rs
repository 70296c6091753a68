//! Upstream 对账: both sides compared ticket by ticket, a day at a time. Its rule: a difference is written down
//! before it is mended, and what the platform has lost is sent again under the same message id, unless somebody
//! has meanwhile done something about it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::carry::{Carrier, JOB, wake_next};
use super::platform::Theirs;
use super::store::{self, differences, listing};
use super::{Backfill, BackfillState, Difference, What};
use crate::db::Tx;
use crate::error::{Error, Kind, Result};
use crate::jobs;
use crate::time::Stamp;

/// What a comparison found, and what is to be done about it.
#[derive(Debug, Default)]
struct Found {
    differences: Vec<Difference>,
    /// Acknowledged here, and there no more.
    lost: Vec<i64>,
    /// There, and we had not heard of it.
    arrived: Vec<Backfill>,
}

/// Compares the tickets that the platform gave us on `day`; gives what differs.
///
/// # Errors
/// `upstream.no_list` where the platform offers none; `upstream.unreachable`, `upstream.unreadable`.
pub fn compare(carrier: &Carrier, day: NaiveDate) -> Result<Vec<Difference>> {
    let platform = carrier.platform.as_ref().filter(|platform| platform.lists());
    let platform = platform.ok_or_else(|| Error::refused("upstream.no_list"))?;
    // Their list is as old as its first page; ours is read behind its last.
    let began = carrier.db.now();
    let theirs = platform.list(&carrier.form.list, day)?;
    let (tickets, found) = find(carrier, (day, began), &theirs)?;
    let count = i32::try_from(tickets).unwrap_or(i32::MAX);
    carrier.db.write(move |tx| {
        differences::keep(tx, day, count, &found.differences)?;
        for id in &found.lost {
            if store::ask_again(tx, *id, &[BackfillState::Acknowledged])? {
                jobs::put(tx, JOB, id)?;
            }
        }
        for owed in &found.arrived {
            arrived(tx, owed)?;
        }
        Ok(found.differences.clone())
    })
}

/// The platform has it, so it is acknowledged.
fn arrived(tx: &mut Tx<'_>, owed: &Backfill) -> Result<()> {
    let still = store::one(tx.conn, owed.id)?.is_some_and(|now| now.state.is_open());
    if still {
        store::settle(tx, owed.id, BackfillState::Acknowledged, None)?;
        store::supersede(tx, owed)?;
        wake_next(tx, owed.ticket_id)?;
    }
    Ok(())
}

/// How many tickets we have of that day, and what was found.
fn find(
    carrier: &Carrier,
    (day, began): (NaiveDate, Stamp),
    theirs: &[Theirs],
) -> Result<(usize, Found)> {
    let zone = carrier.zone;
    let window = (Stamp::start_of(day, zone), Stamp::end_of(day, zone).plus_millis(1));
    let numbers: Vec<String> = theirs.iter().map(|it| it.upstream_no.clone()).collect();
    let (ours, answers) = carrier.db.read(|conn| {
        let ours = differences::ours(conn, window, &numbers)?;
        let all: Vec<String> = ours.iter().filter_map(|it| it.upstream_no.clone()).collect();
        Ok((ours, listing::all_of(conn, &all)?))
    })?;
    let ours: BTreeMap<&str, &differences::Ours> =
        ours.iter().filter_map(|it| Some((it.upstream_no.as_deref()?, it))).collect();
    let mut by_no: BTreeMap<&str, Vec<&Backfill>> = BTreeMap::new();
    for owed in &answers {
        by_no.entry(owed.upstream_no.as_str()).or_default().push(owed);
    }
    let mut found = Found::default();
    for it in theirs {
        if ours.contains_key(it.upstream_no.as_str()) {
            let answers = by_no.get(it.upstream_no.as_str()).map_or(&[][..], Vec::as_slice);
            beside(carrier, it, (answers, began), &mut found)?;
        } else {
            found.differs(&it.upstream_no, What::MissingHere, None, it.stage.clone());
        }
    }
    let numbers: BTreeSet<&str> = numbers.iter().map(String::as_str).collect();
    for (no, it) in &ours {
        if !numbers.contains(no) {
            found.differs(no, What::MissingThere, Some(it.state.to_string()), None);
        }
    }
    Ok((ours.len(), found))
}

/// One ticket that both sides have; `answers` in their order.
fn beside(
    carrier: &Carrier,
    it: &Theirs,
    (answers, began): (&[&Backfill], Stamp),
    found: &mut Found,
) -> Result<()> {
    let Some(theirs) = it.revision else { return Ok(()) };
    let latest = answers.last().map_or(0, |owed| owed.revision);
    let said = |revision: i32| Some(revision.to_string());
    if theirs > latest {
        found.differs(&it.upstream_no, What::Ahead, said(latest), said(theirs));
        return Ok(());
    }
    let Some(owed) = shown(answers, theirs) else { return Ok(()) };
    if theirs < owed.revision {
        if owed.state.is_open() {
            found.differs(&it.upstream_no, What::Outstanding, said(owed.revision), said(theirs));
        } else if owed.settled_at.is_none_or(|at| at < began) {
            found.differs(&it.upstream_no, What::Lost, said(owed.revision), said(theirs));
            // Over what a person has entered since then, an older answer must not go.
            if !entered_behind(answers, owed) {
                found.lost.push(owed.id);
            }
        }
        return Ok(());
    }
    // Of what was entered by hand the list tells nothing that could be compared.
    if theirs > owed.revision || entered_behind(answers, owed) {
        return Ok(());
    }
    if owed.state.is_open() {
        found.arrived.push(owed.clone());
    }
    if let Some(stage) = &it.stage {
        match carrier.facts(owed) {
            Ok(facts) => {
                let expected = carrier.form.stage(&facts);
                if expected.as_ref() != Some(stage) {
                    found.differs(&it.upstream_no, What::Stage, expected, Some(stage.clone()));
                }
            }
            // Erased: nothing of it is left to compare.
            Err(error) if error.kind() == Kind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The answer that the platform's list should show: the one it shows where that is our latest, else the latest
/// that really went there or will. One that was left out, replaced or entered by hand is on no list.
fn shown<'a>(answers: &[&'a Backfill], theirs: i32) -> Option<&'a Backfill> {
    let goes = |owed: &Backfill| owed.state == BackfillState::Acknowledged || owed.state.is_open();
    let latest = answers.last().filter(|owed| owed.revision == theirs);
    latest.or_else(|| answers.iter().rev().find(|owed| goes(owed))).copied()
}

/// Whether a person has entered a later answer than `owed` on the platform's own pages.
fn entered_behind(answers: &[&Backfill], owed: &Backfill) -> bool {
    let by_hand = |it: &&&Backfill| it.state == BackfillState::ByHand;
    answers.iter().filter(by_hand).any(|it| it.revision > owed.revision)
}

impl Found {
    fn differs(&mut self, no: &str, what: What, ours: Option<String>, theirs: Option<String>) {
        // A word of the platform's is kept as short as a code.
        let theirs = theirs.map(|text| text.chars().take(32).collect());
        self.differences.push(Difference { upstream_no: no.to_owned(), what, ours, theirs });
    }
}

impl Carrier {
    /// Compares yesterday and the days before it, `days` in all, where the platform lists its tickets.
    ///
    /// # Errors
    /// As [`compare`].
    pub fn compare_days(&self, days: u32) -> Result<()> {
        if !self.platform.as_ref().is_some_and(super::Platform::lists) {
            return Ok(());
        }
        let today = self.db.now().day(self.zone);
        for back in 1..=u64::from(days) {
            let Some(day) = today.checked_sub_days(chrono::Days::new(back)) else { break };
            let found = compare(self, day)?;
            if !found.is_empty() {
                tracing::warn!(%day, differences = found.len(), "the platform's list differs");
            }
        }
        Ok(())
    }
}
