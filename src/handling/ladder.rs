//! Handling: the ladder of supervision, proposed 催办 → 督办 → 约谈 → 通报. Its rule: pure; it proposes by the profile's
//! triggers and never opens a rung; what was taken or refused is not proposed again, but what was said to a rung ends
//! nothing: work that stays overdue climbs.

use std::collections::{BTreeMap, BTreeSet};

use crate::code_enum;
use crate::directory::UnitCode;
use crate::limits::Calendar;
use crate::limits::conduct::{Repeated, SupervisionRule};
use crate::limits::span::DAY_MS;
use crate::ticket::overlay::Step;
use crate::time::Stamp;

code_enum! {
    /// Why a rung is proposed.
    pub enum Trigger {
        Overdue = "overdue" "超期未办结",
        Rework = "rework" "多次重办",
        Unanswered = "unanswered" "逾期未反馈",
        Unsettled = "unsettled" "督办后仍未办结",
        Urged = "urged" "诉求人多次催办",
        Silent = "silent" "挂账进展逾期未反馈",
        Supervised = "supervised" "多次督办",
        Interviewed = "interviewed" "多次约谈",
        Dissatisfied = "dissatisfied" "连续不满意",
    }
}

code_enum! {
    /// What a reviewer makes of a proposal.
    pub enum Verdict { Taken = "taken" "采纳", Refused = "refused" "不采纳" }
}

/// A final lead that works; one that stands still on the ledger is one where the word about it is overdue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Working {
    pub ticket: i64,
    pub k: i32,
    pub unit: UnitCode,
    /// The handle limit that runs, or the rework's; nothing where it has stopped.
    pub due_at: Option<Stamp>,
    /// By when its unit had to say how a case on the ledger stands.
    pub progress_due_at: Option<Stamp>,
    pub reworks: u32,
    /// How often citizens asked after it while the unit led.
    pub urges: u32,
}

impl Working {
    /// The limit that its unit has to keep now.
    pub fn limit(&self) -> Option<Stamp> {
        self.due_at.or(self.progress_due_at)
    }
}

/// A final lead whose citizen was the last of several in a row who were dissatisfied, of one estate or company (domain.md §8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disappointing {
    pub ticket: i64,
    pub k: i32,
    pub unit: UnitCode,
    /// The open alarm that says so.
    pub warning: i64,
    /// How many in a row.
    pub row: u32,
}

/// One unit of a supervision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    pub ticket: i64,
    pub side: i32,
    pub unit: UnitCode,
    pub step: Step,
    pub opened_at: Stamp,
    /// By when an answer is due.
    pub due_at: Option<Stamp>,
    pub answered_at: Option<Stamp>,
    pub closed_at: Option<Stamp>,
    /// Whether another rung can be opened on it: the ticket lives, and the unit still works on it.
    pub is_live: bool,
    /// Whether all that the unit had in the ticket was returned or taken back: it counts for nothing.
    pub is_void: bool,
}

impl Rung {
    /// Whether nobody of the unit has said anything, and it is still wanted.
    const fn waits(&self) -> bool {
        self.closed_at.is_none() && self.answered_at.is_none()
    }

    /// Whether it is about the work of this lead.
    fn is_on(&self, lead: &Working) -> bool {
        (self.ticket, &self.unit) == (lead.ticket, &lead.unit)
    }

    /// What is proposed where it has not helped.
    const fn next(&self) -> Option<Step> {
        match self.step {
            Step::Urge => Some(Step::Supervise),
            Step::Supervise => Some(Step::Interview),
            Step::Interview => Some(Step::Circular),
            Step::Circular => None,
        }
    }
}

/// A rung that a reviewer may open with one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What is proposed and why: another reason has another key.
    pub key: String,
    pub trigger: Trigger,
    pub step: Step,
    pub unit: UnitCode,
    pub ticket: i64,
    /// How many: working days overdue (of the work, or of the answer), reworks, rungs.
    pub count: u32,
}

/// What a proposal rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// The leads and the rungs of one ticket.
    Ticket(i64),
    /// The rungs of a unit, on whatever tickets.
    Unit(UnitCode),
}

/// What the proposal `key` rests on; nothing where it is no key.
pub fn about(key: &str) -> Option<About> {
    let (trigger, rest) = key.split_once('.')?;
    match trigger.parse().ok()? {
        Trigger::Overdue
        | Trigger::Rework
        | Trigger::Unanswered
        | Trigger::Unsettled
        | Trigger::Urged
        | Trigger::Silent
        | Trigger::Dissatisfied => rest.split('.').next()?.parse().ok().map(About::Ticket),
        // `unit.ticket.side`, where the unit's code may hold points itself.
        Trigger::Supervised | Trigger::Interviewed => {
            let unit = rest.rsplitn(3, '.').nth(2)?;
            Some(About::Unit(unit.into()))
        }
    }
}

/// What is proposed at `now`, tickets first; `decided` are the keys of those that a reviewer has decided.
pub fn proposals(
    (working, rungs): (&[Working], &[Rung]),
    decided: &BTreeSet<String>,
    (rule, calendar): (&SupervisionRule, &Calendar),
    now: Stamp,
) -> Vec<Proposal> {
    let mut found = Vec::new();
    for lead in working {
        // The worse of its reasons, of those that nobody has decided.
        let mut own = of_lead(lead, rungs, (rule, calendar), now).into_iter().flatten();
        found.extend(own.find(|it| !decided.contains(&it.key)));
    }
    found.extend(unanswered(rungs, rule, calendar, now));
    let (supervise, interview) = (Step::Supervise, Step::Interview);
    let up = [
        (supervise, interview, rule.interview, Trigger::Supervised),
        (interview, Step::Circular, rule.circular, Trigger::Interviewed),
    ];
    for (step, next, repeated, trigger) in up {
        found.extend(repeats(rungs, (step, next), repeated, trigger, now));
    }
    found.retain(|proposal| !decided.contains(&proposal.key));
    found
}

/// 督办 of each of `leads`, where none, nor any rung above it, is open on its work.
pub fn disappointments(
    leads: &[Disappointing],
    rungs: &[Rung],
    decided: &BTreeSet<String>,
) -> Vec<Proposal> {
    let mut found = Vec::new();
    for Disappointing { ticket, k, unit, warning, row } in leads {
        let is_open = |rung: &Rung| {
            let on_it = (rung.ticket, &rung.unit) == (*ticket, unit);
            on_it && rung.step != Step::Urge && rung.closed_at.is_none()
        };
        let key = format!("dissatisfied.{ticket}.{k}.{warning}");
        if decided.contains(&key) || rungs.iter().any(is_open) {
            continue;
        }
        let (trigger, step) = (Trigger::Dissatisfied, Step::Supervise);
        let unit = unit.clone();
        found.push(Proposal { key, trigger, step, unit, ticket: *ticket, count: *row });
    }
    found
}

/// A lead's reasons, the worse first; none while a unit's answer to one of them is awaited.
fn of_lead(
    lead: &Working,
    rungs: &[Rung],
    (rule, calendar): (&SupervisionRule, &Calendar),
    now: Stamp,
) -> [Option<Proposal>; 3] {
    let Working { ticket, k, unit, reworks, urges, .. } = lead;
    let proposal = |key: String, (trigger, step), count| Proposal {
        key,
        trigger,
        step,
        unit: unit.clone(),
        ticket: *ticket,
        count,
    };
    let top = top_of(lead, rungs);
    if top.is_some_and(Rung::waits) {
        return [None, None, None];
    }
    let is_supervised = top.is_some_and(|rung| rung.closed_at.is_none());
    let too_often = rule.reworks > 0 && *reworks >= rule.reworks && !is_supervised;
    let rework = too_often.then(|| {
        let key = format!("rework.{ticket}.{k}.{reworks}");
        proposal(key, (Trigger::Rework, Step::Supervise), *reworks)
    });
    let late = lead.limit().and_then(|due| {
        let Some(rung) = top else {
            let (trigger, most) = match lead.due_at {
                Some(_) => (Trigger::Overdue, rule.overdue_workdays),
                None => (Trigger::Silent, rule.progress_workdays),
            };
            let days = late_days(due, most, calendar, now)?;
            let key = format!("{trigger}.{ticket}.{k}.{}", due.millis());
            return Some(proposal(key, (trigger, Step::Supervise), days));
        };
        // Words were said, and the work is as late as it was.
        let since = rung.answered_at.max(rung.closed_at).map_or(due, |said| said.max(due));
        let days = late_days(since, rule.unsettled_workdays, calendar, now)?;
        let key = format!("unsettled.{ticket}.{}.{}.{unit}", rung.side, due.millis());
        Some(proposal(key, (Trigger::Unsettled, rung.next()?), days))
    });
    let urged = || {
        let is_urging = |rung: &&Rung| rung.is_on(lead) && rung.step == Step::Urge;
        let rungs = u32::try_from(rungs.iter().filter(is_urging).count()).unwrap_or(u32::MAX);
        let enough = urges.checked_div(rule.urges)? > rungs && !is_supervised;
        let step = if rungs == 0 { Step::Urge } else { Step::Supervise };
        // So many more are another reason.
        let key = format!("urged.{ticket}.{k}.{}", urges - urges % rule.urges);
        enough.then(|| proposal(key, (Trigger::Urged, step), *urges))
    };
    [rework, late, urged()]
}

/// The highest rung of 督办 and above on this lead that is open, or that was opened since the limit that runs was over.
fn top_of<'a>(lead: &Working, rungs: &'a [Rung]) -> Option<&'a Rung> {
    let is_about_it = |rung: &&Rung| {
        let since = lead.limit().is_some_and(|due| rung.opened_at > due);
        rung.is_on(lead) && rung.step != Step::Urge && (rung.closed_at.is_none() || since)
    };
    rungs.iter().filter(is_about_it).max_by_key(|rung| (rung.step, rung.opened_at, rung.side))
}

/// Whole working days that have begun and ended since the day of `due`, where they are `most` and more; 0 is never.
fn late_days(due: Stamp, most: u32, calendar: &Calendar, now: Stamp) -> Option<u32> {
    let zone = calendar.zone();
    let yesterday = now.day(zone).pred_opt().filter(|_| due < now)?;
    let days = calendar.workdays_between(due.day(zone), yesterday);
    (most > 0 && days >= most).then_some(days)
}

/// The rung above each that a unit left unanswered, where nothing was opened above it on the ticket since.
fn unanswered(
    rungs: &[Rung],
    rule: &SupervisionRule,
    calendar: &Calendar,
    now: Stamp,
) -> Vec<Proposal> {
    let mut found = Vec::new();
    for rung in rungs.iter().filter(|rung| rung.waits() && rung.is_live) {
        let Some(step) = rung.next().filter(|_| rung.step != Step::Urge) else { continue };
        let is_above = |other: &Rung| {
            (other.ticket, &other.unit, other.step) == (rung.ticket, &rung.unit, step)
                && other.opened_at >= rung.opened_at
        };
        let late = rung.due_at;
        let late = late.and_then(|due| late_days(due, rule.unanswered_workdays, calendar, now));
        let Some(count) = late.filter(|_| !rungs.iter().any(is_above)) else { continue };
        let Rung { ticket, side, unit, .. } = rung;
        let key = format!("unanswered.{ticket}.{side}.{unit}");
        let (unit, ticket) = (unit.clone(), *ticket);
        let trigger = Trigger::Unanswered;
        found.push(Proposal { key, trigger, step, unit, ticket, count });
    }
    found
}

/// Units with enough rungs `step` since the last one above it, on the latest of their tickets that still lives. One on
/// work that turned out not to be theirs counts for nothing, but what was decided when it counted stays decided.
fn repeats(
    rungs: &[Rung],
    (step, next): (Step, Step),
    rule: Repeated,
    trigger: Trigger,
    now: Stamp,
) -> Vec<Proposal> {
    let since = now.plus_millis(-i64::from(rule.days) * DAY_MS);
    let mut last_above: BTreeMap<&UnitCode, Stamp> = BTreeMap::new();
    for rung in rungs.iter().filter(|rung| rung.step == next) {
        let at = last_above.entry(&rung.unit).or_insert(rung.opened_at);
        *at = (*at).max(rung.opened_at);
    }
    let mut of: BTreeMap<&UnitCode, Vec<&Rung>> = BTreeMap::new();
    for rung in rungs.iter().filter(|rung| rung.step == step && rung.opened_at >= since) {
        if last_above.get(&rung.unit).is_none_or(|above| rung.opened_at > *above) {
            of.entry(&rung.unit).or_default().push(rung);
        }
    }
    let mut found = Vec::new();
    for (unit, mut own) in of {
        own.sort_by_key(|rung| (rung.opened_at, rung.ticket, rung.side));
        let counted = own.iter().filter(|rung| !rung.is_void).count();
        let count = u32::try_from(counted).unwrap_or(u32::MAX);
        let (Some(latest), Some(live)) = (own.last(), own.iter().rev().find(|rung| rung.is_live))
        else {
            continue;
        };
        if rule.count > 0 && count >= rule.count {
            let key = format!("{trigger}.{unit}.{}.{}", latest.ticket, latest.side);
            let (unit, ticket) = (unit.clone(), live.ticket);
            found.push(Proposal { key, trigger, step: next, unit, ticket, count });
        }
    }
    found
}

#[cfg(test)]
mod tests;
