//! Limits: a profile 考核办法 — one city's clocks, windows, weights and reasons, versioned. Its rule:
//! every ⚙ of domain.md is a key here, required and checked, and the code knows no city.

use std::collections::BTreeSet;

use chrono::NaiveTime;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, WorkingHours};
use super::conduct::{BottomLineRule, SupervisionRule};
use super::length::{Length, Thousandths};
use super::policy::{
    Assessment, BackfillRule, Clocks, Composite, DisputeRule, ExtensionRule, LedgerRule, NoAnswer,
    ReworkRule, SurveyRule,
};
use super::span::{ClockName, Span};
use super::window::WindowRule;
use crate::directory::Urgency;
use crate::error::{Error, Kind};

/// One version of one city's policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub name: String,
    pub version: u32,
    /// As people read it.
    pub title: String,
    /// Where each rule comes from, and what is assumed.
    pub sources: Vec<String>,
    pub zone: Tz,
    /// A start later than this counts as a start on the next working day.
    pub cutoff: NaiveTime,
    /// The hours in which handling time is measured.
    pub working_hours: WorkingHours,
    /// The urgency of a ticket that names none.
    pub default_urgency: Urgency,
    /// Natural days in which a closed ticket reopens as itself.
    pub reopen_days: u32,
    /// Natural days in which the same caller and matter is a repeat.
    pub repeat_days: u32,
    /// Natural days after which a vexatious mark ends by itself.
    #[serde(default = "vexatious_days")]
    pub vexatious_days: u32,
    /// The clock of a called unit 报到.
    pub report_in: Length,
    pub clocks: Clocks,
    pub no_answer: NoAnswer,
    pub extension: ExtensionRule,
    pub dispute: DisputeRule,
    pub survey: SurveyRule,
    pub rework: ReworkRule,
    pub ledger: LedgerRule,
    #[serde(default)]
    pub backfill: BackfillRule,
    #[serde(default)]
    pub bottom_line: BottomLineRule,
    #[serde(default)]
    pub supervision: SupervisionRule,
    pub window: WindowRule,
    pub assessment: Assessment,
}

/// Of a profile that was written down before there were such marks.
const fn vexatious_days() -> u32 {
    180
}

/// What is wrong with a profile: the place and the reason, in English, for whoever writes it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ProfileError(String);

impl From<ProfileError> for Error {
    fn from(error: ProfileError) -> Self {
        Self::with(Kind::Invalid, "limits.profile", &[("why", &error.0)])
    }
}

const BUILTIN: [(&str, &str); 5] = [
    ("default", include_str!("../../config/profiles/default.toml")),
    ("beijing", include_str!("../../config/profiles/beijing.toml")),
    ("jinan", include_str!("../../config/profiles/jinan.toml")),
    ("xuzhou-housing", include_str!("../../config/profiles/xuzhou-housing.toml")),
    ("anhui", include_str!("../../config/profiles/anhui.toml")),
];

/// The text of a profile that comes with the program.
pub fn builtin_text(name: &str) -> Option<&'static str> {
    BUILTIN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The names of the profiles that come with the program.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    BUILTIN.iter().map(|(name, _)| *name)
}

/// A profile that comes with the program: `default`, `beijing`, `jinan`, `xuzhou-housing`,
/// `anhui`.
pub fn builtin(name: &str) -> Option<Profile> {
    builtin_text(name).and_then(|text| Profile::parse(text).ok())
}

impl Profile {
    /// Reads and checks a profile.
    ///
    /// # Errors
    /// A key is missing, unknown or of the wrong form, or two keys contradict each other.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let profile: Self = toml::from_str(text).map_err(|e| ProfileError(e.to_string()))?;
        profile.check()?;
        Ok(profile)
    }

    /// `name@version`, as timers carry it.
    pub fn id(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// The calendar by this profile's zone and cut-off, with the lists that come with the program.
    pub fn calendar(&self) -> Calendar {
        Calendar::builtin(self.zone, self.cutoff)
    }

    /// How long `clock` runs for `urgency`. The ledger's clock is set by the promise, not by a
    /// profile: its longest time is [`LedgerRule::max_months`].
    pub fn span(&self, clock: ClockName, urgency: Urgency) -> Span {
        match clock {
            ClockName::Dispatch => self.clocks.dispatch.of(urgency).0,
            ClockName::Sign => self.clocks.sign.of(urgency).0,
            ClockName::Contact => self.clocks.contact.of(urgency).0,
            ClockName::Handle => self.clocks.handle.of(urgency).0,
            ClockName::Overall => self.overall_span(urgency),
            ClockName::DisputeWindow => self.dispute.window.0,
            ClockName::DisputeReview => self.dispute.review.0,
            ClockName::Survey => self.survey.limit.0,
            ClockName::Rework => self.rework.span(urgency, self.clocks.handle.of(urgency).0),
            ClockName::Ledger => Span::hours(i64::from(self.ledger.max_months) * 30 * 24),
            ClockName::Progress => Span::hours(i64::from(self.ledger.progress_days) * 24),
            ClockName::ReportIn => self.report_in.0,
        }
    }

    /// The citizen's limit: the handle rule and one working day more (domain.md §4).
    pub fn overall_span(&self, urgency: Urgency) -> Span {
        let rule = &self.clocks.overall;
        let extra = if rule.none_for.contains(&urgency) { 0 } else { rule.extra_workdays };
        match self.clocks.handle.of(urgency).0 {
            Span::Workdays { n } => Span::Workdays { n: n + extra },
            Span::Elapsed { ms } if extra > 0 => Span::ElapsedThenDay { ms },
            span => span,
        }
    }

    pub fn may_extend(&self, urgency: Urgency) -> bool {
        self.extension.max > 0 && !self.extension.never_for.contains(&urgency)
    }

    fn check(&self) -> Result<(), ProfileError> {
        let codes: BTreeSet<&str> =
            self.assessment.exclusions.iter().map(|reason| reason.code.as_str()).collect();
        let weights = match &self.assessment.composite {
            Composite::Weights { response, resolution, satisfaction } => {
                response.0 + resolution.0 + satisfaction.0
            }
            Composite::Curves { response, resolution, satisfaction } => {
                let sane = [response, resolution, satisfaction]
                    .iter()
                    .all(|curve| curve.floor <= curve.full && curve.target <= Thousandths::ONE);
                if sane { Thousandths::ONE.0 } else { 0 }
            }
        };
        let (hours, signals) = (&self.working_hours.0, &self.assessment.signals);
        let rules = [
            (!self.name.is_empty() && self.version > 0, "name: empty, or version 0"),
            (self.clocks.overall.extra_workdays <= 1, "clocks.overall.extra_workdays: 0 or 1"),
            ((1..=28).contains(&self.window.from_day), "window.from_day: 1 to 28"),
            (self.survey.direct_sample_percent <= 100, "survey.direct_sample_percent: 0 to 100"),
            (self.survey.relisten_percent <= 100, "survey.relisten_percent: 0 to 100"),
            (self.survey.min_days <= self.survey.attempts, "survey.min_days: above attempts"),
            (self.rework.max <= 2, "rework.max: 0 to 2, of more no figures are kept"),
            (hours.iter().all(|(from, to)| from < to), "working_hours: each from before its to"),
            (hours.windows(2).all(|pair| pair[0].1 <= pair[1].0), "working_hours: overlap"),
            (self.no_answer.day_from < self.no_answer.day_to, "no_answer: day_from before day_to"),
            (weights == Thousandths::ONE.0, "assessment.composite: weights make 1, curves sane"),
            (
                self.assessment.basic_solved <= Thousandths::ONE
                    && self.assessment.basic_satisfied <= Thousandths::ONE,
                "assessment: basic_solved and basic_satisfied are at most 1",
            ),
            (
                signals.lift >= Thousandths::ONE
                    && signals.chance <= Thousandths(200)
                    && signals.late_part <= Thousandths::ONE,
                "assessment.signals: lift from 1, chance to 0.2, late_part to 1",
            ),
            (
                self.assessment.late_surveys.is_none_or(|days| days <= 250),
                "assessment.late_surveys: 0 to 250 working days",
            ),
            (self.bottom_line.test_days > 0, "bottom_line.test_days: from 1"),
            (
                codes.len() == self.assessment.exclusions.len(),
                "assessment.exclusions: a code stands there twice",
            ),
        ];
        match rules.iter().find(|(kept, _)| !kept) {
            Some((_, why)) => Err(ProfileError((*why).to_owned())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
