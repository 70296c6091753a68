//! Limits: the parts of a profile that say how often, how many and to whom (every ⚙ of domain.md
//! §2 to §6). Its rule: a city's policy is data; a key that is not known is an error.

use chrono::NaiveTime;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::length::{Length, Thousandths};
use super::span::{HOUR_MS, Span};
use crate::code_enum;
use crate::directory::{AssessmentClass, Kind, Urgency};
use crate::time::Stamp;

/// One value for each urgency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByUrgency<T> {
    pub emergency: T,
    pub urgent_utility: T,
    pub general: T,
    pub complex: T,
    pub ask: T,
}

impl<T: Copy> ByUrgency<T> {
    pub const fn of(&self, urgency: Urgency) -> T {
        match urgency {
            Urgency::Emergency => self.emergency,
            Urgency::UrgentUtility => self.urgent_utility,
            Urgency::General => self.general,
            Urgency::Complex => self.complex,
            Urgency::Ask => self.ask,
        }
    }
}

/// One value for each kind of ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByKind<T> {
    pub consult: T,
    pub help: T,
    pub complaint: T,
    pub report: T,
    pub suggestion: T,
    pub praise: T,
}

impl<T: Copy> ByKind<T> {
    pub const fn of(&self, kind: Kind) -> T {
        match kind {
            Kind::Consult => self.consult,
            Kind::Help => self.help,
            Kind::Complaint => self.complaint,
            Kind::Report => self.report,
            Kind::Suggestion => self.suggestion,
            Kind::Praise => self.praise,
        }
    }
}

/// The clocks whose length depends on the urgency (domain.md §4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clocks {
    pub dispatch: ByUrgency<Length>,
    pub sign: ByUrgency<Length>,
    pub contact: ByUrgency<Length>,
    pub handle: ByUrgency<Length>,
    pub overall: Overall,
}

/// The overall limit: the handle rule and this much more for dispatch and review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overall {
    /// 0 or 1 working days; an elapsed handle limit gets the rest of its day and the first working
    /// day after.
    pub extra_workdays: u32,
    /// Urgencies that get none.
    pub none_for: Vec<Urgency>,
}

/// When nobody answers (domain.md §4 contact): `tries` by day, `hours_apart` or more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoAnswer {
    pub tries: u32,
    pub hours_apart: u32,
    /// "By day" is from this local time …
    pub day_from: NaiveTime,
    /// … to before this one.
    pub day_to: NaiveTime,
}

impl NoAnswer {
    /// The try, of those in vain and in order, at which no answer counts as a contact. A try by
    /// night counts for nothing; one too soon after the last that counted is left out.
    pub fn counts_from(&self, tries: &[Stamp], zone: Tz) -> Option<Stamp> {
        let apart = i64::from(self.hours_apart) * HOUR_MS;
        let mut counted = 0;
        let mut last: Option<Stamp> = None;
        for at in tries {
            let time = at.in_zone(zone).time();
            let by_day = self.day_from <= time && time < self.day_to;
            if by_day && last.is_none_or(|last| at.millis_since(last) >= apart) {
                counted += 1;
                last = Some(*at);
                if counted >= self.tries {
                    return Some(*at);
                }
            }
        }
        None
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtensionRule {
    /// Approved extensions an assignment may have.
    pub max: u32,
    /// Working days after the due day that `until` may reach.
    pub max_workdays: u32,
    pub never_for: Vec<Urgency>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisputeRule {
    pub window: Length,
    pub review: Length,
    pub max_per_assignment: u32,
    /// From this dispatch to a lead on, the lead must be designated.
    pub designate_from_dispatch: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurveyRule {
    /// The survey clock.
    pub limit: Length,
    pub attempts: u32,
    /// Days on which the attempts must lie before they are exhausted.
    pub min_days: u32,
    /// Attempts must begin in hours of the day that differ by at least this much (0: no rule).
    pub hours_apart: u32,
    pub link_days: u32,
    /// Of direct answers, how many are drawn for a survey: 0 to 100.
    pub direct_sample_percent: u32,
    /// Of surveys that reached somebody by telephone, how many are drawn to be heard again 重听: 0 to 100.
    #[serde(default = "relisten_percent")]
    pub relisten_percent: u32,
}

/// Of a profile that was written down before surveys were heard again.
const fn relisten_percent() -> u32 {
    5
}

code_enum! {
    /// What follows a bad survey.
    pub enum AfterBadSurvey {
        /// The reviewer decides with a coded why.
        Triage = "triage" "审核研判",
        /// It goes back to the unit at once.
        AtOnce = "at_once" "直接重办",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReworkRule {
    pub max: u32,
    pub after_bad_survey: AfterBadSurvey,
    /// Its limits by urgency; absent: half the first limit, rounded up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<ByUrgency<Length>>,
}

impl ReworkRule {
    pub fn span(&self, urgency: Urgency, first: Span) -> Span {
        self.limit.as_ref().map_or_else(|| first.halved(), |limit| limit.of(urgency).0)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerRule {
    pub max_months: u32,
    /// Natural days from one progress note to the next; 0: none is owed.
    pub progress_days: u32,
}

/// 回填: answers to the city's platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackfillRule {
    /// From the cause of an answer to its arrival on the platform, where the platform set no limit.
    pub limit: Length,
}

/// Profiles that were written before the platform was spoken to say nothing of it.
impl Default for BackfillRule {
    fn default() -> Self {
        Self { limit: Length(Span::hours(24)) }
    }
}

/// Figures and ranks (domain.md §6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assessment {
    /// b: what "basically solved" counts.
    pub basic_solved: Thousandths,
    /// w: what "basically satisfied" counts.
    pub basic_satisfied: Thousandths,
    pub composite: Composite,
    /// A response denominator below this is flagged and outside the ranks.
    pub small_n: u32,
    /// Working days after the end of a window within which a survey still counts in its report; none: up to the freeze.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_surveys: Option<u32>,
    pub class: ByKind<AssessmentClass>,
    /// The class of tickets answered directly, whatever their kind.
    pub direct_class: AssessmentClass,
    pub show: Show,
    /// The coded reasons for which a ticket leaves the assessment.
    pub exclusions: Vec<ExclusionReason>,
    #[serde(default)]
    pub signals: SignalRule,
}

/// 数据体检: when a signal lights, and who sees it when (domain.md §9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalRule {
    /// Below so many tickets on either side nothing lights.
    pub least: u32,
    /// How many times the odds of the others a unit's must be at least.
    pub lift: Thousandths,
    /// How likely any light at all is in a window in which everybody is honest, at most.
    pub chance: Thousandths,
    /// Natural days in which a satisfied citizen comes again about the same matter.
    pub again_days: u32,
    /// Which last part of its limit a reply is late in, in time as it is.
    pub late_part: Thousandths,
    /// Working days after the end of a window for which a unit alone sees its signals.
    pub own_workdays: u32,
    /// Below so many cases a unit is told of none that rests on what a citizen said of it.
    #[serde(default = "told_least")]
    pub told_least: u32,
}

/// Of profiles that were written down before it was asked.
const fn told_least() -> u32 {
    3
}

/// Of profiles that were written down before there were signals.
impl Default for SignalRule {
    fn default() -> Self {
        Self {
            least: 10,
            lift: Thousandths(2000),
            chance: Thousandths(10),
            again_days: 30,
            late_part: Thousandths(100),
            own_workdays: 3,
            told_least: told_least(),
        }
    }
}

/// What a ranking shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Show {
    /// Red and black lists 红黑榜.
    pub lists: bool,
    /// How many of a peer group stand on either of them at most, ties apart.
    #[serde(default = "three")]
    pub list_length: u32,
    /// Bands where intervals overlap, in place of places: whoever shares a band has no rank. Bands are told either way.
    pub bands: bool,
}

/// Of profiles that were written down before the lists had a length.
const fn three() -> u32 {
    3
}

/// How the three rates become one figure of 100.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub enum Composite {
    /// Σ weight·rate × 100; the weights make 1.
    Weights { response: Thousandths, resolution: Thousandths, satisfaction: Thousandths },
    /// Σ of score curves.
    Curves { response: Curve, resolution: Curve, satisfaction: Curve },
}

/// clamp(full − slope·(target − rate), floor, full); rates from 0 to 1, scores in points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    pub full: Thousandths,
    /// Points lost for a rate that is 1 (100 %) below the target.
    pub slope: Thousandths,
    pub target: Thousandths,
    pub floor: Thousandths,
}

code_enum! {
    /// What an exclusion needs beside one reviewer's decision.
    pub enum ExclusionNeed {
        Nothing = "nothing" "无",
        /// The provision it rests on.
        Citation = "citation" "引用条文",
        /// A second reviewer.
        SecondReviewer = "second_reviewer" "第二审核人确认",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExclusionReason {
    pub code: String,
    pub name: String,
    #[serde(default = "nothing")]
    pub needs: ExclusionNeed,
}

const fn nothing() -> ExclusionNeed {
    ExclusionNeed::Nothing
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;

    use super::*;

    #[test]
    fn no_answer_counts_after_two_tries_by_day_two_hours_apart() {
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let rule = NoAnswer { tries: 2, hours_apart: 2, day_from: time(8), day_to: time(20) };
        let at = |text: &str| Stamp::parse(&format!("2026-03-03T{text}+08:00")).unwrap();
        let counts = |tries: &[&str]| {
            let tries: Vec<Stamp> = tries.iter().map(|text| at(text)).collect();
            rule.counts_from(&tries, Shanghai)
        };
        assert_eq!(counts(&["09:00:00", "11:00:00"]), Some(at("11:00:00")));
        assert_eq!(counts(&["09:00:00", "10:59:59"]), None);
        assert_eq!(counts(&["09:00:00", "10:00:00", "11:30:00"]), Some(at("11:30:00")));
        assert_eq!(counts(&["07:59:59", "10:00:00"]), None);
        assert_eq!(counts(&["10:00:00", "20:00:00"]), None);
        assert_eq!(counts(&["10:00:00", "19:59:59"]), Some(at("19:59:59")));
    }
}
