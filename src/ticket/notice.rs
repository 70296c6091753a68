//! Ticket: its limits by name, and which of them somebody should be told of. Its rule: a notice is
//! about one due instant; a limit that has moved since, or runs anew, is told of again.

use serde::{Deserialize, Serialize};

use super::overlay::LedgerStage;
use super::{Noted, Ticket};
use crate::limits::{ClockName, Timer};
use crate::time::Stamp;

/// What was last told about a limit, and which due instant it was told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub what: Noted,
    pub due_at: Stamp,
}

/// Something that somebody should be told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// From when on.
    #[serde(skip)]
    pub at: Stamp,
    /// The limit's name in its ticket: `overall`, `handle/2`, `rework/2/1`, `ledger/1`, `progress/1`,
    /// `report_in/1/UNIT`.
    pub limit: String,
    pub what: Noted,
    pub due_at: Stamp,
}

/// Whose limit it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// The ticket's own: dispatch, overall, survey.
    Ticket,
    /// A unit's, by its assignment; the review of a dispute, which the dispatcher owes, is not.
    Unit(u32),
    /// The dispatcher's, about an assignment.
    Review(u32),
    /// A promise made when the case went on the ledger, or the next word about it.
    Ledger,
    /// A unit that was called to come.
    Called,
}

/// A limit with its name in the ticket and whose it is.
pub struct Named<'a> {
    pub limit: String,
    pub whose: Whose,
    pub timer: &'a mut Timer,
}

fn whose(clock: ClockName, k: u32) -> Whose {
    if clock == ClockName::DisputeReview { Whose::Review(k) } else { Whose::Unit(k) }
}

impl Ticket {
    /// Every limit it has, stopped ones and those that a merge put aside too.
    pub fn every_limit(&mut self) -> Vec<Named<'_>> {
        let mut found = Vec::new();
        for (clock, timer) in &mut self.timers {
            found.push(Named { limit: clock.to_string(), whose: Whose::Ticket, timer });
        }
        for (k, assignment) in &mut self.assignments {
            for (clock, timer) in &mut assignment.timers {
                let limit = format!("{clock}/{k}");
                found.push(Named { limit, whose: whose(*clock, *k), timer });
            }
            for (i, rework) in assignment.reworks.iter_mut().enumerate() {
                let limit = format!("rework/{k}/{}", i + 1);
                found.push(Named { limit, whose: Whose::Unit(*k), timer: &mut rework.timer });
            }
        }
        for (k, timer) in self.suspended.iter_mut().flat_map(|aside| &mut aside.timers) {
            let clock = timer.clock;
            match *k {
                // It runs on in the ticket itself.
                0 if clock == ClockName::Overall => {}
                0 => {
                    found.push(Named { limit: clock.to_string(), whose: Whose::Ticket, timer });
                }
                k => {
                    let limit = format!("{clock}/{k}");
                    found.push(Named { limit, whose: whose(clock, k), timer });
                }
            }
        }
        for (i, ledger) in self.ledgers.iter_mut().enumerate() {
            if let Some(timer) = &mut ledger.timer {
                let limit = format!("ledger/{}", i + 1);
                found.push(Named { limit, whose: Whose::Ledger, timer });
            }
            if let Some(timer) = &mut ledger.progress_timer {
                let limit = format!("{}/{}", ClockName::Progress, i + 1);
                found.push(Named { limit, whose: Whose::Ledger, timer });
            }
        }
        for (id, whistle) in &mut self.whistles {
            for called in &mut whistle.called {
                let limit = format!("report_in/{id}/{}", called.unit);
                found.push(Named { limit, whose: Whose::Called, timer: &mut called.timer });
            }
        }
        found
    }

    /// The limits that run and that somebody watches: none of a ticket that has ended, of work that
    /// is done, of a promise that was missed already; the window for disputes passes unsaid.
    fn watched(&self) -> impl Iterator<Item = (String, &Timer)> {
        let own = self.timers.iter().map(|(clock, timer)| (clock.to_string(), timer));
        let units = self.assignments.iter().filter(|(_, a)| a.is_live()).flat_map(|(k, a)| {
            let reworks = a.reworks.iter().enumerate();
            let reworks =
                reworks.map(move |(i, rework)| (format!("rework/{k}/{}", i + 1), &rework.timer));
            a.timers
                .iter()
                .filter(|(clock, _)| **clock != ClockName::DisputeWindow)
                .map(move |(clock, timer)| (format!("{clock}/{k}"), timer))
                .chain(reworks)
        });
        let ledgers = self.ledgers.iter().enumerate().filter_map(|(i, ledger)| {
            let running = ledger.stage == LedgerStage::Running && ledger.missed_at.is_none();
            ledger
                .timer
                .as_ref()
                .filter(|_| running)
                .map(|timer| (format!("ledger/{}", i + 1), timer))
        });
        let progress = self.ledgers.iter().enumerate().filter_map(|(i, ledger)| {
            let timer = ledger.owed_progress()?;
            Some((format!("{}/{}", ClockName::Progress, i + 1), timer))
        });
        let called = self.whistles.iter().filter(|(_, whistle)| whistle.closed.is_none()).flat_map(
            |(id, whistle)| {
                let called = whistle.called.iter();
                called.map(move |it| (format!("report_in/{id}/{}", it.unit), &it.timer))
            },
        );
        own.chain(units)
            .chain(ledgers)
            .chain(progress)
            .chain(called)
            .filter(|_| self.state.is_live())
            .filter(|(_, timer)| timer.is_open() && !timer.is_paused())
    }

    /// The next thing that nobody was told of yet: a limit about to run out, or one that has.
    pub fn next_notice(&self) -> Option<Notice> {
        self.watched()
            .filter_map(|(limit, timer)| {
                let due_at = timer.due_at;
                let told = self.noted.get(&limit).filter(|told| told.due_at == due_at);
                let (at, what) = match told.map(|told| told.what) {
                    None => (timer.soon_at.min(due_at.plus_millis(1)), Noted::Soon),
                    Some(Noted::Soon) => (due_at.plus_millis(1), Noted::Overdue),
                    Some(Noted::Overdue) => return None,
                };
                Some(Notice { at, limit, what, due_at })
            })
            .min_by(|a, b| (a.at, &a.limit).cmp(&(b.at, &b.limit)))
    }

    /// The next notice, where its time has come at `now`.
    pub fn notice_due(&self, now: Stamp) -> Option<Notice> {
        self.next_notice().filter(|notice| notice.at <= now)
    }

    /// Remembers that somebody was told.
    pub fn remember(&mut self, notice: &Notice) {
        let told = Told { what: notice.what, due_at: notice.due_at };
        self.noted.insert(notice.limit.clone(), told);
    }

    /// Remembers every notice due at `now` as told, telling nobody: what was due before a history
    /// was moved in is left alone (contract.md, "History file").
    pub fn hush(&mut self, now: Stamp) {
        while let Some(notice) = self.notice_due(now) {
            self.remember(&notice);
        }
    }
}
