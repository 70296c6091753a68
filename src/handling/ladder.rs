//! Handling: the ladder of supervision, proposed 催办 → 督办 → 约谈 → 通报. Its rule: pure; it proposes by the profile's
//! triggers and never opens a rung; what was taken or refused is not proposed again.

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
        Supervised = "supervised" "多次督办",
        Interviewed = "interviewed" "多次约谈",
    }
}

code_enum! {
    /// What a reviewer makes of a proposal.
    pub enum Verdict { Taken = "taken" "采纳", Refused = "refused" "不采纳" }
}

/// A final lead that works; one that stands still on the ledger is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Working {
    pub ticket: i64,
    pub k: i32,
    pub unit: UnitCode,
    /// The handle limit that runs, or the rework's; nothing where it has stopped.
    pub due_at: Option<Stamp>,
    pub reworks: u32,
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
    pub is_answered: bool,
    pub is_closed: bool,
    /// Whether another rung can be opened on it: the ticket lives, and the unit still works on it.
    pub is_live: bool,
}

impl Rung {
    /// Whether nobody of the unit has said anything, and it is still wanted.
    const fn waits(&self) -> bool {
        !self.is_closed && !self.is_answered
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
        Trigger::Overdue | Trigger::Rework | Trigger::Unanswered => {
            rest.split('.').next()?.parse().ok().map(About::Ticket)
        }
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
        let is_supervised = rungs.iter().any(|rung| {
            (rung.ticket, &rung.unit) == (lead.ticket, &lead.unit)
                && rung.step != Step::Urge
                && !rung.is_closed
        });
        // The worse of its reasons, of those that nobody has decided.
        let mut own = of_lead(lead, rule, calendar, now).into_iter().flatten();
        found.extend(own.find(|it| !is_supervised && !decided.contains(&it.key)));
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

/// A lead's reasons, the worse first.
fn of_lead(
    lead: &Working,
    rule: &SupervisionRule,
    calendar: &Calendar,
    now: Stamp,
) -> [Option<Proposal>; 2] {
    let Working { ticket, k, unit, due_at, reworks } = lead;
    let proposal = |key: String, trigger, count| Proposal {
        key,
        trigger,
        step: Step::Supervise,
        unit: unit.clone(),
        ticket: *ticket,
        count,
    };
    let too_often = rule.reworks > 0 && *reworks >= rule.reworks;
    let rework = too_often
        .then(|| proposal(format!("rework.{ticket}.{k}.{reworks}"), Trigger::Rework, *reworks));
    let late = due_at.and_then(|due| {
        let days = late_days(due, rule.overdue_workdays, calendar, now)?;
        let key = format!("overdue.{ticket}.{k}.{}", due.millis());
        Some(proposal(key, Trigger::Overdue, days))
    });
    [rework, late]
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
        let step = match rung.step {
            Step::Supervise => Step::Interview,
            Step::Interview => Step::Circular,
            Step::Urge | Step::Circular => continue,
        };
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

/// Units with enough rungs `step` since the last one above it, on the latest of their tickets that still lives.
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
        let count = u32::try_from(own.len()).unwrap_or(u32::MAX);
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
mod tests {
    use super::*;
    use crate::limits::profile::builtin;

    fn at(text: &str) -> Stamp {
        Stamp::parse(&format!("2026-{text}:00+08:00")).unwrap()
    }

    fn keys(working: &[Working], rungs: &[Rung], decided: &[&str], now: &str) -> Vec<String> {
        let profile = builtin("default").unwrap();
        let decided = decided.iter().map(|key| (*key).to_owned()).collect();
        let by = (&profile.supervision, &profile.calendar());
        let found = proposals((working, rungs), &decided, by, at(now));
        found.into_iter().map(|it| format!("{} {} {}", it.trigger, it.step, it.count)).collect()
    }

    fn lead(due_at: &str, reworks: u32) -> Working {
        let due_at = (!due_at.is_empty()).then(|| at(due_at));
        Working { ticket: 1, k: 1, unit: "a".into(), due_at, reworks }
    }

    fn rung(ticket: i64, step: Step, opened_at: &str) -> Rung {
        let opened_at = at(opened_at);
        let unit = "a".into();
        let (due_at, is_answered, is_closed, is_live) = (None, false, false, true);
        Rung { ticket, side: 1, unit, step, opened_at, due_at, is_answered, is_closed, is_live }
    }

    #[test]
    fn a_lead_is_proposed_for_after_a_whole_working_day_or_the_second_rework() {
        // Friday 2026-03-06.
        let friday = [lead("03-06T23:59", 0)];
        assert_eq!(keys(&friday, &[], &[], "03-06T23:59"), [""; 0]);
        assert_eq!(keys(&friday, &[], &[], "03-09T23:59"), [""; 0], "Monday is not over");
        assert_eq!(keys(&friday, &[], &[], "03-10T00:00"), ["overdue supervise 1"]);
        assert_eq!(keys(&[lead("", 0)], &[], &[], "03-10T00:00"), [""; 0], "it was handed in");
        assert_eq!(keys(&[lead("", 1)], &[], &[], "03-10T00:00"), [""; 0]);
        assert_eq!(keys(&[lead("", 2)], &[], &[], "03-10T00:00"), ["rework supervise 2"]);
        let open = [rung(1, Step::Supervise, "03-09T09:00")];
        assert_eq!(keys(&friday, &open, &[], "03-10T00:00"), [""; 0], "it is supervised already");
        let urged = [rung(1, Step::Urge, "03-09T09:00")];
        assert_eq!(keys(&friday, &urged, &[], "03-10T00:00"), ["overdue supervise 1"]);
        let key = format!("overdue.1.1.{}", at("03-06T23:59").millis());
        assert_eq!(keys(&friday, &[], &[&key], "03-10T00:00"), [""; 0], "it was decided");
        assert_eq!(keys(&[lead("03-07T23:59", 0)], &[], &[&key], "03-11T00:00").len(), 1);
        // Whoever decided about the reworks has said nothing of the days.
        let both = [lead("03-06T23:59", 2)];
        assert_eq!(keys(&both, &[], &[], "03-10T00:00"), ["rework supervise 2"]);
        assert_eq!(keys(&both, &[], &["rework.1.1.2"], "03-10T00:00"), ["overdue supervise 1"]);
    }

    #[test]
    fn what_a_unit_leaves_unanswered_for_a_working_day_climbs_once() {
        let mut waits = rung(1, Step::Supervise, "03-02T09:00");
        waits.due_at = Some(at("03-04T23:59"));
        let asked = |rungs: &[Rung], now| keys(&[], rungs, &[], now);
        assert_eq!(asked(std::slice::from_ref(&waits), "03-05T23:59"), [""; 0]);
        assert_eq!(asked(std::slice::from_ref(&waits), "03-06T00:00"), ["unanswered interview 1"]);
        let said = Rung { is_answered: true, ..waits.clone() };
        let closed = Rung { is_closed: true, ..waits.clone() };
        let over = Rung { is_live: false, ..waits.clone() };
        let circular = Rung { step: Step::Circular, ..waits.clone() };
        let urged = Rung { step: Step::Urge, ..waits.clone() };
        for quiet in [said, closed, over, circular, urged] {
            assert_eq!(asked(std::slice::from_ref(&quiet), "03-06T00:00"), [""; 0], "{quiet:?}");
        }
        let interview = rung(1, Step::Interview, "03-06T09:00");
        assert_eq!(asked(&[waits.clone(), interview], "03-09T09:00"), [""; 0], "it was opened");
        let elsewhere = rung(2, Step::Interview, "03-06T09:00");
        assert_eq!(asked(&[waits.clone(), elsewhere], "03-09T09:00"), ["unanswered interview 2"]);
        let decided = keys(&[], &[waits], &["unanswered.1.1.a"], "03-06T00:00");
        assert_eq!(decided, [""; 0]);
    }

    #[test]
    fn a_key_says_what_it_is_about() {
        assert_eq!(about("overdue.12.1.99"), Some(About::Ticket(12)));
        assert_eq!(about("unanswered.-3.1.a.b"), Some(About::Ticket(-3)));
        assert_eq!(about("supervised.a.b.3.1"), Some(About::Unit("a.b".into())));
        assert_eq!(about("interviewed.a.-3.1"), Some(About::Unit("a".into())));
        for wrong in ["", "x", "overdue", "overdue.x", "other.1.1", "supervised", "supervised.3.1"]
        {
            assert_eq!(about(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_a_key_rests_on_is_enough_to_propose_it() {
        let profile = builtin("default").unwrap();
        let (by, now) = ((&profile.supervision, &profile.calendar()), at("03-20T10:00"));
        let waits =
            Rung { due_at: Some(at("03-04T23:59")), ..rung(1, Step::Supervise, "03-02T09:00") };
        let mut all = vec![
            waits,
            rung(2, Step::Supervise, "03-03T09:00"),
            rung(3, Step::Supervise, "03-04T09:00"),
        ];
        let others: Vec<Rung> =
            all.iter().map(|it| Rung { unit: "b".into(), ..it.clone() }).collect();
        all.extend(others);
        let leads = [lead("03-06T23:59", 2), Working { ticket: 7, ..lead("03-06T23:59", 0) }];
        let found = proposals((&leads, &all), &BTreeSet::new(), by, now);
        assert_eq!(found.len(), 5, "{found:?}");
        for proposal in found {
            let (leads, rungs): (Vec<Working>, Vec<Rung>) = match about(&proposal.key).unwrap() {
                About::Ticket(id) => (
                    leads.iter().filter(|it| it.ticket == id).cloned().collect(),
                    all.iter().filter(|it| it.ticket == id).cloned().collect(),
                ),
                About::Unit(unit) => {
                    (Vec::new(), all.iter().filter(|it| it.unit == unit).cloned().collect())
                }
            };
            let own = proposals((&leads, &rungs), &BTreeSet::new(), by, now);
            assert!(own.contains(&proposal), "{proposal:?} is not among {own:?}");
        }
    }

    #[test]
    fn a_unit_climbs_by_what_came_since_the_rung_above() {
        let three: Vec<Rung> = (1..=3).map(|n| rung(n, Step::Supervise, "03-02T09:00")).collect();
        assert_eq!(keys(&[], &three[..2], &[], "03-03T09:00"), [""; 0]);
        assert_eq!(keys(&[], &three, &[], "03-03T09:00"), ["supervised interview 3"]);
        assert_eq!(keys(&[], &three, &["supervised.a.3.1"], "03-03T09:00"), [""; 0]);
        assert_eq!(keys(&[], &three, &[], "04-02T09:01"), [""; 0], "a month ago");
        let mut after = three.clone();
        after.push(rung(3, Step::Interview, "03-03T09:00"));
        assert_eq!(keys(&[], &after, &[], "03-03T10:00"), [""; 0]);
        after.push(rung(4, Step::Interview, "03-20T09:00"));
        assert_eq!(keys(&[], &after, &[], "03-20T10:00"), ["interviewed circular 2"]);
        let mut over = three;
        for rung in &mut over {
            rung.is_live = false;
        }
        assert_eq!(keys(&[], &over, &[], "03-03T09:00"), [""; 0], "no ticket to open it on");
    }
}
