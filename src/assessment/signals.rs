//! Assessment: honest figures 数据体检 (domain.md §9). Its rule: a signal is a share beside that of the other
//! units, never points; one function says what counts, so that the share and its list cannot differ.

pub mod judge;
pub mod store;

use super::facts::{Run, Satisfied, Sym, ValidSurvey};
use crate::code_enum;
use crate::limits::policy::SignalRule;
use crate::ticket::again;
use crate::ticket::trail::Trail;
use crate::time::Stamp;

code_enum! {
    /// What is looked at, each of the tickets received in a window by the unit that led them last.
    pub enum Signal {
        SpokeDenied = "spoke_denied" "记录已通话而诉求人称无人联系",
        Again = "again" "满意后同一诉求再来",
        Withdrawn = "withdrawn" "联系后撤单",
        PhoneChanged = "phone_changed" "派单后更改电话",
        LastMoment = "last_moment" "临期集中答复",
        Invalid = "invalid" "无效回访",
        Exclusion = "exclusion" "差评后才申请剔除",
        Prompted = "prompted" "诉求人被要求给好评",
    }
}

/// What the signals ask of one ticket that a unit led last.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// `ticket.id`.
    pub ticket: i64,
    /// The unit of its final lead.
    pub unit: Sym,
    pub closed: bool,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Stamp>,
    /// The last valid survey; its instant is the trail's.
    pub survey: Option<ValidSurvey>,
    pub trail: Trail,
    /// When it was sent to the final lead, and the handle clock from there.
    pub sent_at: Stamp,
    pub handle: Run,
    /// When the same caller first came about the same matter after that survey.
    pub again_at: Option<Stamp>,
    /// Whether it is a sealed ticket, as every confidential one is.
    pub sealed: bool,
}

impl Signal {
    pub const COUNT: usize = Self::ALL.len();

    pub const fn index(self) -> usize {
        self as usize
    }

    /// The code of the sentence that says what is counted of what.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::SpokeDenied => "signals.spoke_denied",
            Self::Again => "signals.again",
            Self::Withdrawn => "signals.withdrawn",
            Self::PhoneChanged => "signals.phone_changed",
            Self::LastMoment => "signals.last_moment",
            Self::Invalid => "signals.invalid",
            Self::Exclusion => "signals.exclusion",
            Self::Prompted => "signals.prompted",
        }
    }

    /// Whether a case of it is what a citizen said of the unit: who it was is not for the unit to find out one by one.
    pub const fn is_told(self) -> bool {
        matches!(self, Self::SpokeDenied | Self::Prompted)
    }

    /// Whether `seen` is a case of it; nothing where it is none of those that are counted.
    pub fn case(self, seen: &Seen, rule: &SignalRule) -> Option<bool> {
        let trail = &seen.trail;
        match self {
            // Spoken to first, asked afterwards: who was rung after the answer did not lie.
            Self::SpokeDenied => {
                let survey = seen.survey?;
                (trail.spoke_at? < trail.survey_at?).then_some(!survey.contacted)
            }
            Self::Again => {
                let (survey, at) = (seen.survey?, trail.survey_at?);
                let comes = |again| again::repeats(again, at, i64::from(rule.again_days));
                (survey.satisfied == Satisfied::Satisfied)
                    .then_some(seen.again_at.is_some_and(comes))
            }
            Self::Withdrawn => {
                let spoke = trail.spoke_at?;
                Some(seen.withdrawn_at.is_some_and(|at| at >= spoke))
            }
            Self::PhoneChanged => Some(trail.phone_at.is_some_and(|at| at >= seen.sent_at)),
            Self::LastMoment => last_moment(seen, rule),
            Self::Invalid => {
                let asked = trail.asked > 0 && (seen.survey.is_some() || seen.closed);
                asked.then_some(seen.survey.is_none())
            }
            Self::Exclusion => {
                let asked = trail.exclusion_at?;
                Some(trail.bad_at.is_some_and(|bad| bad <= asked))
            }
            Self::Prompted => trail.prompted,
        }
    }
}

/// Of what was answered in time: whether in the last part of the limit, by the clock on the wall.
fn last_moment(seen: &Seen, rule: &SignalRule) -> Option<bool> {
    let (due, stopped) = (seen.handle.due_at?, seen.handle.stopped_at?);
    let length = due.millis_since(seen.sent_at);
    if stopped > due || seen.handle.missed || length <= 0 {
        return None;
    }
    // A limit of a year is 3·10^10 ms: thousandths of it stay far inside 64 bits.
    Some(due.millis_since(stopped) * 1000 <= length * rule.late_part.0)
}

/// The tickets of `unit` that `signal` counts, each with whether it is a case, in the order of `seen`.
pub fn behind(seen: &[Seen], unit: Sym, signal: Signal, rule: &SignalRule) -> Vec<(i64, bool)> {
    let mine = seen.iter().filter(|one| one.unit == unit);
    mine.filter_map(|one| Some((one.ticket, signal.case(one, rule)?))).collect()
}

/// The same as the unit's own people read it where citizens said it of them ([`Signal::is_told`]): without the sealed
/// tickets; and which of them are cases only once the window has ended at `end`, and where there are `told_least`.
pub fn told(
    seen: &[Seen],
    (unit, signal): (Sym, Signal),
    rule: &SignalRule,
    (end, now): (Stamp, Stamp),
) -> Vec<(i64, Option<bool>)> {
    let mine = seen.iter().filter(|one| one.unit == unit && !one.sealed);
    let open: Vec<Seen> = mine.copied().collect();
    let all = behind(&open, unit, signal, rule);
    let cases = all.iter().filter(|(_, is_case)| *is_case).count();
    let is_said = now >= end && u32::try_from(cases).is_ok_and(|cases| cases >= rule.told_least);
    all.into_iter().map(|(ticket, is_case)| (ticket, is_said.then_some(is_case))).collect()
}

#[cfg(test)]
mod tests;
