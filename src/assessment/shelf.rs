//! Assessment: the facts of periods that were asked for, and the shares behind their figures, kept
//! for the next question about them. Its rule: they are given out only while the database says that
//! nothing has changed since.
//!
//! A page of a drill-down, the other edition, another grouping: all are made from the same facts. The same table for
//! another reader is shown from the same sums.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::drill::Behind;
use super::facts::{Edition, Facts, GroupBy};
use super::figures::{Added, Table};
use super::metrics::Metric;
use super::rules::Rules;
use super::shares::{self, Question};
use super::store::{self, Mark};
use crate::db::Conn;
use crate::directory::UnitCode;
use crate::error::Result;
use crate::time::Stamp;

/// A month, the one before and the one a year ago.
const PERIODS: usize = 3;
/// No more facts are kept in all; a month of 100 000 tickets has about 400 000.
const MOST: usize = 1_500_000;
/// No more shares are kept in all (48 bytes each); a metric of such a month has up to 130 000.
const MOST_SHARES: usize = 500_000;
/// No more numbers of tables are kept in all (8 or 16 bytes each); the times of such a month are 100 000.
const MOST_ADDED: usize = 1_000_000;

struct Kept {
    start: Stamp,
    end: Stamp,
    reach: i64,
    mark: Mark,
    facts: Arc<Facts>,
}

impl Kept {
    const fn asked(&self) -> (Stamp, Stamp, i64) {
        (self.start, self.end, self.reach)
    }
}

/// What else a list of shares or a table was asked by, besides its facts.
#[derive(PartialEq, Eq)]
struct Asked {
    /// The period, of which the facts may hold more.
    period: (Stamp, Stamp),
    /// Whose facts alone, where not all.
    units: Option<BTreeSet<UnitCode>>,
    by: GroupBy,
    edition: Edition,
    rules: Rules,
    /// Of a table all of them.
    metric: Option<Metric>,
}

impl Asked {
    fn of(ask: &Question<'_>, units: Option<BTreeSet<UnitCode>>, metric: Option<Metric>) -> Self {
        let (period, rules) = ((ask.start, ask.end), ask.rules.clone());
        Self { period, units, by: ask.by, edition: ask.edition, rules, metric }
    }
}

/// What is made of facts by a question, and is kept for the next.
trait Making {
    /// No more is kept in all.
    const MOST: usize;
    fn count(&self) -> usize;
}

impl Making for Behind {
    const MOST: usize = MOST_SHARES;
    fn count(&self) -> usize {
        self.count()
    }
}

impl Making for Added {
    const MOST: usize = MOST_ADDED;
    fn count(&self) -> usize {
        self.count()
    }
}

struct Made<T> {
    facts: Weak<Facts>,
    asked: Asked,
    /// Whoever asks before the first or after the second may find other limits run out.
    holds: (Stamp, Option<Stamp>),
    it: Arc<T>,
}

impl<T> Made<T> {
    fn holds_at(&self, now: Stamp) -> bool {
        let (from, to) = self.holds;
        from <= now && to.is_none_or(|to| now <= to)
    }
}

/// What was made, the latest first.
struct MadeOf<T>(Mutex<Vec<Made<T>>>);

impl<T> Default for MadeOf<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Making> MadeOf<T> {
    /// What `make` made of `facts` for the same question, where that still holds at `now`; else it is made.
    fn get(
        &self,
        facts: &Arc<Facts>,
        asked: Asked,
        now: Stamp,
        make: impl FnOnce(&Asked) -> T,
    ) -> Arc<T> {
        let whose = Arc::downgrade(facts);
        let same = |there: &Made<T>| there.facts.ptr_eq(&whose) && there.asked == asked;
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept = lock();
        if let Some(place) = kept.iter().position(|it| same(it) && it.holds_at(now)) {
            kept[..=place].rotate_right(1);
            return kept[0].it.clone();
        }
        drop(kept);
        let it = Arc::new(make(&asked));
        // Of a table some metrics run out, as of a metric alone those that say so.
        let runs_out = asked.metric.is_none_or(Metric::runs_out);
        let holds = (now, if runs_out { shares::next_limit(facts, now) } else { None });
        let mut kept = lock();
        kept.retain(|there| there.facts.strong_count() > 0 && !same(there));
        kept.insert(0, Made { facts: whose, asked, holds, it: it.clone() });
        keep_most(&mut kept, T::MOST, |there| there.it.count());
        it
    }
}

/// What one process keeps, the latest first.
#[derive(Default)]
pub struct Shelf {
    facts: Mutex<Vec<Kept>>,
    lists: MadeOf<Behind>,
    tables: MadeOf<Added>,
}

impl Shelf {
    /// Every fact that a question about `[start, end)` needs, as `conn` sees them; `reach` as
    /// [`store::load`] takes it.
    ///
    /// # Errors
    /// What the database says.
    pub fn facts(
        &self,
        conn: &mut Conn,
        (start, end): (Stamp, Stamp),
        reach: i64,
    ) -> Result<Arc<Facts>> {
        let mark = store::mark(conn)?;
        if let Some(facts) = self.find((start, end, reach), &mark) {
            return Ok(facts);
        }
        let facts = Arc::new(store::load(conn, start, end, reach)?);
        self.put(Kept { start, end, reach, mark, facts: facts.clone() });
        Ok(facts)
    }

    /// The same for a part of the longer period `around`: where its facts are at hand nothing is loaded, since they are
    /// more than the part needs, and each formula looks at the instants itself.
    ///
    /// # Errors
    /// What the database says.
    pub fn facts_within(
        &self,
        conn: &mut Conn,
        period: (Stamp, Stamp),
        around: (Stamp, Stamp),
        reach: i64,
    ) -> Result<Arc<Facts>> {
        let mark = store::mark(conn)?;
        let kept = self.find((around.0, around.1, reach), &mark);
        kept.map_or_else(|| self.facts(conn, period, reach), Ok)
    }

    fn find(&self, asked: (Stamp, Stamp, i64), mark: &Mark) -> Option<Arc<Facts>> {
        let mut kept = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|it| it.asked() == asked && it.mark == *mark)?;
        kept[..=place].rotate_right(1);
        Some(kept[0].facts.clone())
    }

    fn put(&self, new: Kept) {
        let mut kept = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|there| there.asked() != new.asked());
        kept.insert(0, new);
        kept.truncate(PERIODS);
        keep_most(&mut kept, MOST, |there| there.facts.count());
    }

    /// The table of `facts` (from this shelf) by `ask`.
    pub fn table<'a>(&self, facts: &'a Arc<Facts>, ask: Question<'a>) -> Table<'a> {
        let asked = Asked::of(&ask, None, None);
        let added = self.tables.get(facts, asked, ask.now, |_| Added::of(facts, &ask));
        Table::over(facts, ask, added)
    }

    /// The shares of `metric` by `ask`, of `facts` (from this shelf) or of what belongs to `units`
    /// alone.
    pub fn behind(
        &self,
        facts: &Arc<Facts>,
        units: Option<&BTreeSet<UnitCode>>,
        ask: &Question<'_>,
        metric: Metric,
    ) -> Arc<Behind> {
        let asked = Asked::of(ask, units.cloned(), Some(metric));
        self.lists.get(facts, asked, ask.now, |asked| match &asked.units {
            Some(units) => Behind::of(&facts.only(units), ask, metric),
            None => Behind::of(facts, ask, metric),
        })
    }
}

/// Drops the oldest until what is left is no more than `most` in all.
fn keep_most<T>(kept: &mut Vec<T>, most: usize, count: impl Fn(&T) -> usize) {
    let mut sum = 0;
    kept.retain(|there| {
        sum += count(there);
        sum <= most
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::figures::Depth;
    use crate::assessment::figures::city::{City, END, at, busy};

    #[test]
    fn a_list_is_given_again_to_the_same_question_and_to_no_other() {
        let (shelf, city) = (Shelf::default(), busy());
        let facts = Arc::new(city.facts.clone());
        let mine = BTreeSet::from([UnitCode::new("section")]);
        let ask = city.ask(Edition::All);
        let first = shelf.behind(&facts, None, &ask, Metric::Received);
        let others = [
            shelf.behind(&facts, Some(&mine), &ask, Metric::Received),
            shelf.behind(&facts, None, &city.ask(Edition::Assessed), Metric::Received),
            shelf.behind(&facts, None, &Question { by: GroupBy::Channel, ..ask }, Metric::Received),
            shelf.behind(&facts, None, &ask, Metric::ResponseRate),
            shelf.behind(&Arc::new(city.facts.clone()), None, &ask, Metric::Received),
        ];
        assert!(others.iter().all(|other| !Arc::ptr_eq(other, &first)));
        assert!(others[0].count() < first.count());
        let again = shelf.behind(&facts, None, &ask, Metric::Received);
        assert!(Arc::ptr_eq(&again, &first));
        let half = Question { end: at(END - 1), ..ask };
        assert!(!Arc::ptr_eq(&shelf.behind(&facts, None, &half, Metric::Received), &first));
    }

    #[test]
    fn a_table_is_added_up_once_for_the_same_question_and_says_what_a_new_one_says() {
        let (shelf, city) = (Shelf::default(), busy());
        let facts = Arc::new(city.facts.clone());
        let ask = city.ask(Edition::All);
        let kept = || shelf.tables.0.lock().unwrap().len();
        let rates = |ask| shelf.table(&facts, ask).rates(&[], Depth::Own, |_| true);
        let others = [
            Question { edition: Edition::Assessed, ..ask },
            Question { by: GroupBy::Channel, ..ask },
            Question { end: at(END - 1), ..ask },
        ];
        for (more, ask) in (1..).zip([ask].into_iter().chain(others)) {
            let anew = Table::compute(&facts, ask).rates(&[], Depth::Own, |_| true);
            assert_eq!(rates(ask), anew);
            assert_eq!(rates(ask), anew, "from the sums that are kept");
            assert_eq!(kept(), more);
        }
        // Past a limit it is another answer, and the one before is given to nobody any more.
        let past_a_limit = Question { now: at(END + 5001), ..ask };
        let anew = Table::compute(&facts, past_a_limit).rates(&[], Depth::Own, |_| true);
        assert_ne!(anew, rates(ask));
        assert_eq!(rates(past_a_limit), anew);
        assert_eq!(kept(), 4);
    }

    #[test]
    fn what_was_made_holds_until_the_next_limit_runs_out_and_not_before_it_was_made() {
        let mut city = City::default();
        let due = END + 5000;
        city.lead("section").sign_due_at = Some(at(due));
        let (shelf, facts) = (Shelf::default(), Arc::new(city.facts.clone()));
        let made_at = |now| {
            let ask = Question { now: at(now), ..city.ask(Edition::All) };
            shelf.behind(&facts, None, &ask, Metric::SignRate)
        };
        let early = made_at(due - 10);
        assert!(Arc::ptr_eq(&made_at(due), &early));
        let late = made_at(due + 1);
        assert_eq!((early.count(), late.count()), (0, 1));
        assert!(Arc::ptr_eq(&made_at(due + 1_000_000), &late));
        assert!(!Arc::ptr_eq(&made_at(due), &late));
    }

    #[test]
    fn what_time_alone_does_not_change_is_kept_past_every_limit() {
        let (shelf, city) = (Shelf::default(), busy());
        let facts = Arc::new(city.facts.clone());
        let (mut changed, mut kept) = (0, 0);
        for metric in Metric::ALL {
            let asked = |now| Question { now: at(now), ..city.ask(Edition::All) };
            let [early, late] = [asked(END), asked(END + 1_000_000_000)]
                .map(|ask| shelf.behind(&facts, None, &ask, *metric));
            let anew = Behind::of(&facts, &asked(END + 1_000_000_000), *metric);
            assert_eq!(late.shares(), anew.shares(), "{metric:?}");
            let is_same = Arc::ptr_eq(&early, &late);
            assert_eq!(is_same, !metric.runs_out(), "{metric:?}");
            kept += usize::from(is_same);
            changed += usize::from(early.shares() != late.shares());
        }
        assert!(kept > 20 && changed > 0, "{kept} {changed}");
    }

    #[test]
    fn what_was_made_of_facts_that_are_gone_is_not_kept() {
        let (shelf, city) = (Shelf::default(), busy());
        let ask = city.ask(Edition::All);
        for _ in 0..3 {
            let facts = Arc::new(city.facts.clone());
            shelf.behind(&facts, None, &ask, Metric::Received);
            shelf.table(&facts, ask);
        }
        assert_eq!(shelf.lists.0.lock().unwrap().len(), 1);
        assert_eq!(shelf.tables.0.lock().unwrap().len(), 1);
    }

    #[test]
    fn the_oldest_go_where_too_much_is_kept() {
        let mut kept = vec![3, 4, 5, 1];
        keep_most(&mut kept, 8, |count| *count);
        assert_eq!(kept, [3, 4]);
    }
}
