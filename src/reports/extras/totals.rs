//! Reports: the totals of a window that is not loaded ticket by ticket. Its rule: tickets that are alike are one fact, which
//! adds by the very formulas of `assessment` as often as there are such tickets.

use std::collections::BTreeMap;

use crate::assessment::facts::{
    Edition, Facts, GroupBy, Keys, Standing, StateName, Sym, TicketFact, ValidSurvey,
};
use crate::assessment::{Metric, Question, Rules as Scoring, shares};
use crate::directory::{AssessmentClass, Kind};
use crate::limits::Window;

/// Tickets that are alike in all that the metrics below ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    pub key: Option<String>,
    pub state: StateName,
    pub class: AssessmentClass,
    pub survey: Option<ValidSurvey>,
    pub count: i64,
}

/// Numerators (in units of [`Metric::scale`]) and denominators: of [`Totals::KNOWN`] alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals(BTreeMap<Metric, (i64, i64)>);

impl Totals {
    /// What can be told by groups.
    pub const KNOWN: [Metric; 4] =
        [Metric::Received, Metric::ResponseRate, Metric::ResolutionRate, Metric::SatisfactionRate];

    /// The sums by key of the tickets `alike`, all received in `window`.
    pub fn by_key(alike: &[Alike], window: &Window, scoring: &Scoring) -> BTreeMap<String, Self> {
        let mut facts = Facts::default();
        for (id, group) in (0_i64..).zip(alike) {
            let unit = facts.names.intern_some(group.key.as_deref());
            facts.tickets.push(fact(id, unit, group, window));
        }
        let ask = Question {
            start: window.start,
            end: window.end,
            now: window.end,
            by: GroupBy::Unit,
            edition: Edition::All,
            rules: scoring,
        };
        let of = |id: i64| usize::try_from(id).ok().and_then(|id| alike.get(id));
        Self::summed(&facts, &ask, |id| of(id).map_or(0, |group| group.count))
    }

    /// The sums by key of the tickets of `facts`.
    pub fn of_facts(facts: &Facts, ask: &Question<'_>) -> BTreeMap<String, Self> {
        Self::summed(facts, ask, |_| 1)
    }

    /// The same with each ticket as often as `times` says.
    fn summed(
        facts: &Facts,
        ask: &Question<'_>,
        times: impl Fn(i64) -> i64,
    ) -> BTreeMap<String, Self> {
        let mut sums: BTreeMap<String, Self> = BTreeMap::new();
        shares::each(facts, ask, |share| {
            let times = times(share.ticket);
            if Self::KNOWN.contains(&share.metric) {
                let key = facts.names.text(share.key).to_owned();
                let sum = sums.entry(key).or_default().0.entry(share.metric).or_default();
                sum.0 += share.num * times;
                sum.1 += share.den * times;
            }
        });
        sums
    }

    /// Adds those of another group.
    pub fn add(&mut self, other: &Self) {
        for (metric, (num, den)) in &other.0 {
            let sum = self.0.entry(*metric).or_default();
            sum.0 += num;
            sum.1 += den;
        }
    }

    /// Numerator and denominator.
    pub fn of(&self, metric: Metric) -> (i64, i64) {
        self.0.get(&metric).copied().unwrap_or_default()
    }

    /// The score of the three rates; nothing where one has none.
    pub fn score(&self, scoring: &Scoring) -> Option<f64> {
        let score = scoring.scoring.score(Metric::THREE.map(|metric| self.of(metric)));
        score.map(crate::assessment::fraction::Fraction::as_f64)
    }
}

fn fact(id: i64, unit: Sym, group: &Alike, window: &Window) -> TicketFact {
    TicketFact {
        id,
        standing: Standing::from(group.state),
        received_at: window.start,
        ended_at: None,
        gaps: Box::default(),
        keys: Keys { unit, ..Keys::default() },
        kind: Kind::Help,
        class: group.class,
        excluded: Sym::NONE,
        direct: false,
        first_solved: None,
        survey: group.survey,
        handled_ms: None,
        earlier_at: None,
        flagged: false,
    }
}
