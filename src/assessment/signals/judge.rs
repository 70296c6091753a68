//! Assessment: when a signal lights. Its rule: only where chance does not explain it, were all cases dealt out to
//! the tickets blindly; and never for a difference that is certain and small.
//!
//! A unit is compared with the other units of its peer group, or where those have too few tickets with all others.
//! It lights where all of this holds: both sides have `least` tickets; the odds (cases to the rest) are `lift` times
//! those of the others; and so many of all cases or more fall on the unit by chance (Fisher's exact test, one-sided)
//! with a probability of at most `chance` ÷ (signals × units). Divided so (Bonferroni), a whole window of honest
//! units has any light at all with the probability `chance`; of one unit and signal that is 1 in 1600 at most.

use std::collections::BTreeMap;

use super::{Seen, Signal};
use crate::assessment::facts::Sym;
use crate::assessment::interval::wilson;
use crate::limits::policy::SignalRule;

/// How often a signal was seen of how many tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub n: i64,
    pub count: i64,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.n += other.n;
        self.count += other.count;
    }

    fn less(self, other: Self) -> Self {
        Self { n: self.n - other.n, count: self.count - other.count }
    }

    /// Nothing of nothing.
    pub fn share(self) -> Option<f64> {
        (self.n > 0).then(|| self.count as f64 / self.n as f64)
    }
}

/// One signal of one unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    pub unit: Sym,
    pub signal: Signal,
    pub own: Tally,
    /// With whom it is compared.
    pub others: Tally,
    /// The Wilson 95 % interval of its own share.
    pub interval: Option<(f64, f64)>,
    /// How probable so many or more are by chance; 1 where there is nobody to compare with.
    pub chance: f64,
    pub lit: bool,
}

/// Every signal of every unit that led a ticket; `group` says who its peers are.
pub fn judge(seen: &[Seen], rule: &SignalRule, group: impl Fn(Sym) -> Option<String>) -> Vec<Line> {
    let mut units: BTreeMap<Sym, [Tally; Signal::COUNT]> = BTreeMap::new();
    for one in seen {
        let tallies = units.entry(one.unit).or_default();
        for signal in Signal::ALL {
            if let Some(is_case) = signal.case(one, rule) {
                tallies[signal.index()].add(Tally { n: 1, count: i64::from(is_case) });
            }
        }
    }
    let mut groups: BTreeMap<Option<String>, [Tally; Signal::COUNT]> = BTreeMap::new();
    let mut all = [Tally::default(); Signal::COUNT];
    for (unit, tallies) in &units {
        let peers = groups.entry(group(*unit)).or_default();
        for ((tally, peers), all) in tallies.iter().zip(peers).zip(&mut all) {
            peers.add(*tally);
            all.add(*tally);
        }
    }
    let bar = rule.chance.as_f64() / (Signal::COUNT * units.len().max(1)) as f64;
    let chances = Chances::up_to(seen.len());
    let mut lines = Vec::with_capacity(units.len() * Signal::COUNT);
    for (unit, tallies) in &units {
        let peers = Some(group(*unit)).filter(Option::is_some).and_then(|key| groups.get(&key));
        for signal in Signal::ALL {
            let own = tallies[signal.index()];
            let near = peers.map(|peers| peers[signal.index()].less(own));
            let near = near.filter(|near| near.n >= i64::from(rule.least));
            let others = near.unwrap_or_else(|| all[signal.index()].less(own));
            lines.push(line(*unit, *signal, (own, others), rule, (bar, &chances)));
        }
    }
    lines
}

fn line(
    unit: Sym,
    signal: Signal,
    (own, others): (Tally, Tally),
    rule: &SignalRule,
    (bar, chances): (f64, &Chances),
) -> Line {
    let least = i64::from(rule.least);
    let enough = own.n >= least && others.n >= least && own.count > 0;
    let chance = if enough { chances.tail(own, others) } else { 1.0 };
    let (cases, rest) = (own.count * (others.n - others.count), others.count * (own.n - own.count));
    let lifted = cases * 1000 >= rest * rule.lift.0;
    Line {
        unit,
        signal,
        own,
        others,
        interval: (own.n > 0).then(|| wilson(own.count as f64, own.n as f64)),
        chance,
        lit: enough && lifted && chance <= bar,
    }
}

/// Logarithms of factorials, for exact probabilities.
struct Chances(Vec<f64>);

impl Chances {
    fn up_to(n: usize) -> Self {
        let mut logs = Vec::with_capacity(n + 1);
        let mut sum = 0.0;
        logs.push(sum);
        for k in 1..=n {
            sum += (k as f64).ln();
            logs.push(sum);
        }
        Self(logs)
    }

    fn log(&self, n: i64) -> f64 {
        usize::try_from(n).ok().and_then(|n| self.0.get(n)).copied().unwrap_or(f64::INFINITY)
    }

    /// The logarithm of n over k; minus infinity where there is no way to choose.
    fn ways(&self, n: i64, k: i64) -> f64 {
        if k < 0 || k > n { f64::NEG_INFINITY } else { self.log(n) - self.log(k) - self.log(n - k) }
    }

    /// How probable it is that `own` has as many cases as it has or more, were all cases dealt out blindly.
    fn tail(&self, own: Tally, others: Tally) -> f64 {
        let (tickets, cases) = (own.n + others.n, own.count + others.count);
        let all = self.ways(tickets, own.n);
        let one =
            |k: i64| (self.ways(cases, k) + self.ways(tickets - cases, own.n - k) - all).exp();
        (own.count..=cases.min(own.n)).map(one).sum::<f64>().min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn tally(count: i64, n: i64) -> Tally {
        Tally { n, count }
    }

    /// Fisher's tea: four of four right, and the others; by hand from the hypergeometric distribution.
    #[rstest]
    #[case(tally(4, 4), tally(0, 4), 1.0 / 70.0)]
    #[case(tally(3, 4), tally(1, 4), 17.0 / 70.0)]
    #[case(tally(0, 4), tally(4, 4), 1.0)]
    #[case(tally(2, 3), tally(1, 5), 16.0 / 56.0)]
    fn the_tail_is_that_of_the_textbook(
        #[case] own: Tally,
        #[case] others: Tally,
        #[case] chance: f64,
    ) {
        let found = Chances::up_to(8).tail(own, others);
        assert!((found - chance).abs() < 1e-12, "{found}");
    }

    #[rstest]
    // Twenty of a hundred beside thirty of a thousand.
    #[case(tally(20, 100), tally(30, 1000), true)]
    // Nobody else ever does it.
    #[case(tally(12, 100), tally(0, 1000), true)]
    // Certain and small: 12 % beside 10 % of very many.
    #[case(tally(2_400, 20_000), tally(2_000, 20_000), false)]
    // Too few on either side.
    #[case(tally(9, 9), tally(0, 1000), false)]
    #[case(tally(50, 100), tally(0, 9), false)]
    // Chance would do it now and then.
    #[case(tally(3, 20), tally(30, 1000), false)]
    // Far better than the others, or the same.
    #[case(tally(0, 500), tally(300, 1000), false)]
    #[case(tally(100, 100), tally(100, 100), false)]
    fn a_signal_lights_where_chance_does_not_explain_it(
        #[case] own: Tally,
        #[case] others: Tally,
        #[case] lit: bool,
    ) {
        let rule = SignalRule::default();
        let chances = Chances::up_to(usize::try_from(own.n + others.n).unwrap());
        let bar = 0.01 / (8.0 * 30.0);
        let line = line(Sym::NONE, Signal::Again, (own, others), &rule, (bar, &chances));
        assert_eq!(line.lit, lit, "{line:?}");
    }
}
