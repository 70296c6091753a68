//! Proactive: a history gone through again, day by day. Its rule: the same judgements as the sweep's, over tickets at
//! hand; nothing is written and nobody is told.
//!
//! A ticket counts as it is now: what was declined later is never seen. An alarm is taken to be closed a week after
//! the last ticket that it rests on. A survey is taken to be answered when its ticket ended. Sensitive words are
//! not looked for: that would open every ticket.

use std::collections::HashMap;

use super::city::{Rolling, WEEK};
use super::cluster::{self, Cell};
use super::dissatisfied::{self, Answered, Whose};
use super::estate;
use super::finding::{Finding, Grade, Rule};
use super::repeat;
use super::season::{self, Counted};
use super::seen::{Seen, within};
use super::settings::Settings;
use crate::ticket::again::About;
use crate::time::Stamp;

/// A warning as it would have come.
#[derive(Debug, Clone, PartialEq)]
pub struct Raised {
    pub at: Stamp,
    pub finding: Finding,
}

/// Whether a category is one of a plan's or below one.
pub trait Taxonomy {
    fn is_below(&self, code: &str, above: &str) -> bool;
}

/// What is open, and up to when everything was dealt with.
#[derive(Debug, Clone, Copy)]
struct Standing {
    grade: Grade,
    last: Stamp,
}

/// Goes through `all`, in the order of time.
pub struct Replay<'a> {
    settings: &'a Settings,
    all: &'a [Seen],
    open: HashMap<(Rule, String), Standing>,
    raised: Vec<Raised>,
}

impl<'a> Replay<'a> {
    pub fn of(all: &'a [Seen], settings: &'a Settings) -> Self {
        Self { settings, all, open: HashMap::new(), raised: Vec::new() }
    }

    /// Every warning of the tickets received from `from` on, up to `to`.
    pub fn run(mut self, (from, to): (Stamp, Stamp), taxonomy: &impl Taxonomy) -> Vec<Raised> {
        self.arrivals((from, to));
        self.answers((from, to));
        self.seasons((from, to), taxonomy);
        self.raised.sort_by_key(|it| it.at);
        self.raised
    }

    /// What each new ticket brings about: a repeat, a cluster, an estate on the list.
    fn arrivals(&mut self, (from, to): (Stamp, Stamp)) {
        let mut city = Rolling::over(self.all, self.settings.clusters.weeks);
        let mut cells: HashMap<(&str, &str), Vec<&Seen>> = HashMap::new();
        let mut estates: HashMap<&str, Vec<&Seen>> = HashMap::new();
        let mut matters: HashMap<(&str, About), Vec<&Seen>> = HashMap::new();
        let settings = self.settings;
        for ticket in self.all.iter().filter(|it| it.counts() && it.at <= to) {
            let looks = ticket.at >= from;
            if let Some((caller, about)) = ticket.caller.as_deref().zip(ticket.about()) {
                let theirs = matters.entry((caller, about.clone())).or_default();
                theirs.push(ticket);
                if looks {
                    let times = (ticket.at, Stamp::MIN);
                    let found = repeat::judge(theirs, (caller, &about), times, settings.repeats);
                    self.found(ticket.at, found);
                }
            }
            let Some(estate) = ticket.estate.as_deref() else { continue };
            let of_estate = estates.entry(estate).or_default();
            of_estate.push(ticket);
            if looks {
                let found = estate::judge(of_estate, (ticket.at, Stamp::MIN), settings.busy);
                self.found(ticket.at, found);
            }
            let Some(cell) = ticket.cell() else { continue };
            let own = cells.entry(cell).or_default();
            own.push(ticket);
            if looks {
                let estate = cluster::before(of_estate, ticket.at, settings.clusters.weeks);
                let (now, settled) = (ticket.at, Stamp::MIN);
                let cell = Cell { own, estate, city: city.at(now), now, settled };
                let found = cluster::judge(&cell, ticket, &settings.clusters);
                self.found(now, found);
            }
        }
    }

    /// What each answered survey brings about.
    fn answers(&mut self, (from, to): (Stamp, Stamp)) {
        let ended = |it: &Seen| it.ended_at.unwrap_or(it.at);
        let mut surveyed: Vec<&Seen> =
            self.all.iter().filter(|it| it.dissatisfied.is_some() && ended(it) <= to).collect();
        surveyed.sort_by_key(|it| ended(it));
        let mut past: HashMap<(bool, &str), Vec<Answered>> = HashMap::new();
        for ticket in surveyed {
            let at = ended(ticket);
            let dissatisfied = ticket.dissatisfied.unwrap_or_default();
            let keys = [(false, ticket.estate.as_deref()), (true, ticket.company.as_deref())];
            for (is_company, code) in keys {
                let Some(code) = code else { continue };
                let whose = if is_company { Whose::Company(code) } else { Whose::Estate(code) };
                let answers = past.entry((is_company, code)).or_default();
                answers.insert(0, Answered { at, ticket: ticket.no.clone(), dissatisfied });
                answers.truncate(super::finding::EVIDENCE);
                if at >= from {
                    let row = self.settings.row;
                    let found = dissatisfied::judge(answers, &whose, ticket, Stamp::MIN, row);
                    self.found(at, found);
                }
            }
        }
    }

    /// What each week of a season brings about.
    fn seasons(&mut self, (from, to): (Stamp, Stamp), taxonomy: &impl Taxonomy) {
        let settings = self.settings;
        for plan in &settings.seasons {
            let is_of = |ticket: &&Seen| {
                let code = ticket.category.as_deref().unwrap_or_default();
                ticket.counts() && plan.categories.iter().any(|it| taxonomy.is_below(code, it))
            };
            let own: Vec<&Seen> = self.all.iter().filter(is_of).collect();
            let mut day = from.day(settings.zone);
            while day <= to.day(settings.zone) {
                let now = Stamp::end_of(day, settings.zone);
                if plan.holds_on(day) {
                    let [now_in, then, lately, lately_then] =
                        season::periods(now).map(|(from, to)| within(&own, from, to));
                    let counted = Counted {
                        now: now_in.len(),
                        then: then.len(),
                        lately: lately.len(),
                        lately_then: lately_then.len(),
                    };
                    let found = season::judge(plan, counted, now_in, day);
                    self.found(now, found);
                }
                let Some(next) = day.succ_opt() else { break };
                day = next;
            }
        }
    }

    /// Keeps what was found, once while it is open; what was only watched may become an alarm.
    fn found(&mut self, at: Stamp, found: Option<Finding>) {
        let Some(finding) = found else { return };
        // A list is left after the days it counts; all else a week after its last ticket.
        let lasts = match finding.grade {
            Grade::List => self.settings.busy.days * WEEK / 7,
            Grade::Alarm | Grade::Watch => WEEK,
        };
        let key = (finding.rule, finding.cell.clone());
        let (before, grade) = (self.open.get(&key).copied(), finding.grade);
        let is_open = |it: &Standing| at.millis_since(it.last) <= lasts;
        let standing = before.filter(is_open);
        let is_news = standing.is_none_or(|it| it.grade == Grade::Watch && grade == Grade::Alarm);
        let loudest = standing.map_or(grade, |it| it.grade.min(grade));
        self.open.insert(key, Standing { grade: loudest, last: at });
        if is_news {
            self.raised.push(Raised { at, finding });
        }
    }
}
