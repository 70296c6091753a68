//! Assessment: if the window were frozen today, by unit. Its rule: what a ticket costs is the score with and
//! without it, as exact fractions of the same shares; what can still be done is the ticket's own state.

use std::collections::BTreeMap;

use super::facts::{Edition, Facts, Standing, Sym};
use super::fraction::Fraction;
use super::shares::{self, Question};
use crate::code_enum;
use crate::directory::AssessmentClass;
use crate::limits::{ClockName, Profile};
use crate::ticket::overlay::ExclusionStage;
use crate::ticket::state::{Awaits, State};
use crate::ticket::{StateName, Ticket};
use crate::time::Stamp;

/// A unit's score as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    /// Numerators (in thousandths) and denominators of [`Metric::THREE`](super::Metric::THREE).
    pub rates: [(i64, i64); 3],
    /// None where a rate has no answer yet.
    pub score: Option<Fraction>,
    /// The tickets without which it would be higher, and those with an answer that counts nothing: the dearest
    /// first, then by id.
    pub costs: Vec<Cost>,
    /// Received in the window, live and without a valid survey: they will still count, by id. None where any survey would
    /// be too late for the window's report.
    pub open: Vec<i64>,
}

/// A ticket whose answer pulls the score down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    pub ticket: i64,
    /// The score without it; none where nothing would be left of a rate.
    pub without: Option<Fraction>,
    /// How many points it costs: the score without it less the score.
    pub points: Option<Fraction>,
}

/// Numerators (in thousandths) and denominators of [`Metric::THREE`](super::Metric::THREE).
type Three = [(i64, i64); 3];

/// The three rates of `unit`, and what each ticket brings to them.
fn sums(facts: &Facts, ask: &Question<'_>, unit: Sym) -> (Three, BTreeMap<i64, Three>) {
    let mut rates = [(0, 0); 3];
    let mut each: BTreeMap<i64, Three> = BTreeMap::new();
    for fact in facts.tickets.iter().filter(|fact| fact.keys.of(ask.by) == unit) {
        let own = shares::three(fact, ask);
        if own.iter().any(|(_, den)| *den > 0) {
            for (sum, own) in rates.iter_mut().zip(own) {
                *sum = (sum.0 + own.0, sum.1 + own.1);
            }
            each.insert(fact.id, own);
        }
    }
    (rates, each)
}

fn without(rates: Three, own: Three) -> Three {
    let mut rest = rates;
    for (rest, own) in rest.iter_mut().zip(own) {
        *rest = (rest.0 - own.0, rest.1 - own.1);
    }
    rest
}

/// What one ticket does to the score of its unit, for better or worse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// None where a rate has no answer yet.
    pub score: Option<Fraction>,
    /// None where nothing would be left of a rate.
    pub without: Option<Fraction>,
    /// How many points it brings (below zero: costs): the score less the score without it.
    pub points: Option<Fraction>,
}

/// What `ticket` does to the score of `unit` by `ask`, which is by unit; nothing where it does not count.
pub fn effect(facts: &Facts, ask: &Question<'_>, unit: Sym, ticket: i64) -> Option<Effect> {
    let (rates, each) = sums(facts, ask, unit);
    let own = *each.get(&ticket)?;
    let score = ask.rules.scoring.score(rates);
    let without = ask.rules.scoring.score(without(rates, own));
    let points = score.zip(without).map(|(score, without)| score.minus(without));
    Some(Effect { score, without, points })
}

/// The score of `unit` by `ask`, which is by unit.
pub fn score(facts: &Facts, ask: &Question<'_>, unit: Sym) -> Option<Fraction> {
    ask.rules.scoring.score(sums(facts, ask, unit).0)
}

/// Whether a survey of now would still count in the report of a window whose cut-off is at `cutoff`, where it has one.
pub fn may_be_asked(cutoff: Option<Stamp>, now: Stamp) -> bool {
    cutoff.is_none_or(|cutoff| now < cutoff)
}

/// How the score of `unit` stands by `ask`, which is by unit; `cutoff` as for [`may_be_asked`].
pub fn projection(
    facts: &Facts,
    ask: &Question<'_>,
    unit: Sym,
    cutoff: Option<Stamp>,
) -> Projection {
    let (rates, each) = sums(facts, ask, unit);
    let score = ask.rules.scoring.score(rates);
    let mut costs: Vec<Cost> = Vec::new();
    for (ticket, own) in each {
        let without = ask.rules.scoring.score(without(rates, own));
        let points = without.zip(score).map(|(without, with)| without.minus(with));
        let counts_nothing = own.iter().any(|(num, den)| *num == 0 && *den > 0);
        if counts_nothing || points.is_some_and(|points| points > Fraction::ZERO) {
            costs.push(Cost { ticket, without, points });
        }
    }
    costs.sort_by(|a, b| b.points.cmp(&a.points).then(a.ticket.cmp(&b.ticket)));
    let mut open: Vec<i64> = facts
        .tickets
        .iter()
        .filter(|fact| may_be_asked(cutoff, ask.now) && fact.keys.unit == unit)
        .filter(|fact| ask.holds(fact.received_at))
        .filter(|fact| fact.standing == Standing::Live && fact.survey.is_none())
        .filter(|fact| fact.class != AssessmentClass::None)
        .filter(|fact| ask.edition == Edition::All || fact.excluded == Sym::NONE)
        .map(|fact| fact.id)
        .collect();
    open.sort_unstable();
    Projection { rates, score, costs, open }
}

code_enum! {
    /// What may still change what a ticket counts.
    pub enum Remedy {
        Reply = "reply" "尚未答复，按期办结",
        Review = "review" "答复待审核",
        Survey = "survey" "等待回访",
        Triage = "triage" "待研判，可退回重办",
        Reworking = "reworking" "重办中，办结后再次回访",
        Reopen = "reopen" "可在期限内重开",
        Exclude = "exclude" "可申请剔除",
        Excluding = "excluding" "剔除申请待定",
        Appeal = "appeal" "剔除未同意，可申诉",
    }
}

/// What can still be done about `ticket` at `now`: nothing is promised, each has its own conditions. What ends in another
/// survey helps only while that [may be asked](may_be_asked).
pub fn remedies(
    ticket: &Ticket,
    profile: &Profile,
    now: Stamp,
    cutoff: Option<Stamp>,
) -> Vec<Remedy> {
    let mut found =
        if may_be_asked(cutoff, now) { until_the_survey(ticket, profile, now) } else { Vec::new() };
    found.extend(about_exclusion(ticket));
    found
}

/// What leads to a survey, or to another one.
fn until_the_survey(ticket: &Ticket, profile: &Profile, now: Stamp) -> Vec<Remedy> {
    let mut found = Vec::new();
    let reworked = ticket.reworks() > 0;
    match &ticket.state {
        State::Surveying { awaits: Awaits::Triage } if ticket.reworks() < profile.rework.max => {
            found.push(Remedy::Triage);
        }
        State::Surveying { awaits: Awaits::Answer } if ticket.survey_is_due() => {
            found.push(Remedy::Survey);
        }
        State::Replied { .. } => found.push(Remedy::Review),
        State::InUnits { .. } | State::OnLedger { .. } if reworked => {
            found.push(Remedy::Reworking);
        }
        State::Accepted {}
        | State::Consulting { .. }
        | State::InUnits { .. }
        | State::OnLedger { .. } => found.push(Remedy::Reply),
        State::Closed { .. } => {
            let days = i64::from(profile.reopen_days);
            let ended = ticket.ended_at();
            if ended.is_some_and(|at| now.millis_since(at) <= days * 86_400_000) {
                found.push(Remedy::Reopen);
            }
        }
        _ => {}
    }
    found
}

/// From the reply on, once; then the one appeal.
fn about_exclusion(ticket: &Ticket) -> Option<Remedy> {
    use ExclusionStage as E;
    let from_reply = matches!(
        ticket.state.name(),
        StateName::Replied | StateName::OnLedger | StateName::Surveying | StateName::Closed
    );
    if !from_reply || ticket.final_lead().is_none() {
        return None;
    }
    let Some(asked) = &ticket.exclusion else { return Some(Remedy::Exclude) };
    match asked.stage {
        E::Refused if asked.decided_by.is_none() => Some(Remedy::Exclude),
        E::Refused => Some(Remedy::Appeal),
        E::ToEndorse | E::ToDecide | E::ToConfirm | E::Appealed => Some(Remedy::Excluding),
        E::Approved | E::RefusedFinally => None,
    }
}

/// The next limit of `ticket` that runs: its own, or of the unit that leads; nothing where none does.
pub fn next_due(ticket: &Ticket) -> Option<Stamp> {
    let lead = ticket.live_lead().and_then(|k| ticket.assignments.get(&k));
    let units = [ClockName::Sign, ClockName::Contact, ClockName::Handle];
    let of_unit = lead.into_iter().flat_map(|lead| {
        let first = units.iter().filter_map(|clock| lead.timers.get(clock));
        first.chain(lead.reworks.iter().map(|rework| &rework.timer))
    });
    let own = ticket.timers.values().chain(of_unit);
    own.filter(|timer| timer.is_open() && !timer.is_paused()).map(|timer| timer.due_at).min()
}

#[cfg(test)]
mod tests;
