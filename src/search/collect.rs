//! Search: one pass over what was found: how many, how many of each kind, and the best of them. Its rule:
//! the pass ends at its deadline with an error, never with a part.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

use tantivy::query::{EnableScoring, Query, Scorer, Weight};
use tantivy::{
    COLLECT_BLOCK_BUFFER_LEN, DocId, Score, Searcher, SegmentReader, TERMINATED, TantivyError,
};

use super::columns::{Codes, Columns, GROUPS, Row};
use super::fields::Facet;
use crate::limits::Light;
use crate::time::{Deadline, Stamp};

/// What the pass ends with at its deadline.
pub const TOO_COSTLY: &str = "jiesu: the deadline of a search";
/// Documents that are counted together. Their rows lie all over the memory: fetched at once they are waited
/// for once; one by one, that wait was a third of a search over a million tickets.
const BLOCK: usize = COLLECT_BLOCK_BUFFER_LEN;
/// Blocks between two looks at the clock.
const STRIDE: usize = 32;
/// Segments of more documents are walked half and half, by two threads: after a while one segment holds
/// most of the tickets.
const SHORT: DocId = 1_000;

/// In which order those found come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Relevance,
    Newest,
    Oldest,
    /// Those whose limit runs out first; those without one at the end.
    Due,
}

/// A place in an order: greater is better, and no two are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    pub key: i64,
    /// Higher ids first, or lower ones where the order goes so: then negative.
    pub tie: i64,
}

/// How a large segment is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pieces {
    /// By two threads, each of which makes ready for itself.
    Halves,
    /// By one: where making ready is most of the work.
    Whole,
}

/// What to collect.
#[derive(Debug, Clone)]
pub struct Pass {
    pub columns: Arc<Vec<Arc<Columns>>>,
    pub codes: Arc<Codes>,
    pub order: Order,
    pub pieces: Pieces,
    /// How many at most.
    pub limit: usize,
    /// Only what is worse than this.
    pub after: Option<Rank>,
    /// The instant by which lights are told, as all of the house tells them.
    pub now: Stamp,
    pub deadline: Deadline,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    pub total: usize,
    /// By facet in the order of [`Facet::COUNTED`], by the numbers of codes.
    pub counts: Vec<Vec<u32>>,
    /// Green, yellow, red.
    pub lights: [usize; 3],
    /// The best, best first, with their ids.
    pub best: Vec<(Rank, i64, Score)>,
}

/// What of a segment one thread walks.
struct Stretch<'a> {
    segment: &'a SegmentReader,
    columns: &'a Columns,
    docs: Range<DocId>,
}

/// The pass over one stretch.
struct Walk<'a> {
    pass: &'a Pass,
    columns: &'a Columns,
    /// How many of each combination of codes.
    counted: [Vec<u32>; GROUPS.len()],
    total: usize,
    lights: [usize; 3],
    best: Best,
}

/// The best of those offered so far, and some more that wait to be told apart from them.
struct Best {
    limit: usize,
    kept: Vec<(Rank, i64, Score)>,
    /// Whatever is not better than this is not among the best.
    worst: Option<Rank>,
}

impl Pass {
    /// Collects what `query` finds.
    ///
    /// # Errors
    /// The index is damaged, or [`TOO_COSTLY`].
    pub fn over(&self, searcher: &Searcher, query: &dyn Query) -> tantivy::Result<Found> {
        let scoring = match self.order {
            Order::Relevance => EnableScoring::enabled_from_searcher(searcher),
            _ => EnableScoring::disabled_from_searcher(searcher),
        };
        let weight = query.weight(scoring)?;
        let mut stretches = Vec::new();
        for (ord, segment) in searcher.segment_readers().iter().enumerate() {
            let columns =
                self.columns.get(ord).ok_or_else(|| fault("a segment without columns"))?;
            let pieces = match self.pieces {
                Pieces::Halves => halves(segment.max_doc()),
                Pieces::Whole => std::iter::once(0..segment.max_doc()).collect(),
            };
            stretches.extend(pieces.into_iter().map(|docs| Stretch { segment, columns, docs }));
        }
        let executor = searcher.index().search_executor();
        let parts = executor.map(|part| self.walk(&*weight, &part), stretches.into_iter())?;
        Ok(self.together(parts))
    }

    fn walk(&self, weight: &dyn Weight, part: &Stretch<'_>) -> tantivy::Result<Found> {
        self.in_time()?;
        let mut scorer = weight.scorer(part.segment, 1.0)?;
        self.in_time()?;
        if scorer.doc() < part.docs.start {
            scorer.seek(part.docs.start);
        }
        let mut walk = Walk::new(self, part.columns);
        let (mut docs, mut scores) = ([0; BLOCK], [0.0; BLOCK]);
        let alive = part.segment.alive_bitset();
        for block in 1_usize.. {
            let filled = self.fill(&mut *scorer, &mut docs, &mut scores);
            let within = docs[..filled].partition_point(|doc| *doc < part.docs.end);
            let mut count = within;
            if let Some(alive) = alive {
                count = 0;
                for at in 0..within {
                    (docs[count], scores[count]) = (docs[at], scores[at]);
                    count += usize::from(alive.is_alive(docs[at]));
                }
            }
            walk.take(&docs[..count], &scores[..count])?;
            if within < BLOCK {
                break;
            }
            if block.is_multiple_of(STRIDE) {
                self.in_time()?;
            }
        }
        Ok(walk.harvest())
    }

    /// The next documents, and what each scores; how many there were.
    fn fill(
        &self,
        scorer: &mut dyn Scorer,
        docs: &mut [DocId; BLOCK],
        scores: &mut [Score; BLOCK],
    ) -> usize {
        if self.order != Order::Relevance {
            return scorer.fill_buffer(docs);
        }
        for (at, (doc, score)) in docs.iter_mut().zip(scores).enumerate() {
            if scorer.doc() == TERMINATED {
                return at;
            }
            (*doc, *score) = (scorer.doc(), scorer.score());
            scorer.advance();
        }
        BLOCK
    }

    fn in_time(&self) -> tantivy::Result<()> {
        if self.deadline.is_over() { Err(fault(TOO_COSTLY)) } else { Ok(()) }
    }

    fn together(&self, parts: Vec<Found>) -> Found {
        let mut all = Found { counts: vec![Vec::new(); Facet::COUNTED.len()], ..Found::default() };
        for part in parts {
            all.total += part.total;
            for (sum, more) in all.lights.iter_mut().zip(part.lights) {
                *sum += more;
            }
            for (sums, counts) in all.counts.iter_mut().zip(part.counts) {
                sums.resize(sums.len().max(counts.len()), 0);
                sums.iter_mut().zip(counts).for_each(|(sum, more)| *sum += more);
            }
            all.best.extend(part.best);
        }
        all.best.sort_unstable_by_key(|(rank, _, _)| Reverse(*rank));
        all.best.truncate(self.limit);
        all
    }
}

fn fault(what: &str) -> TantivyError {
    TantivyError::InternalError(what.to_owned())
}

/// The documents of a segment of `count`, as they are walked.
fn halves(count: DocId) -> Vec<Range<DocId>> {
    let middle = if count <= SHORT { count } else { count / 2 };
    [0..middle, middle..count].into_iter().filter(|half| !half.is_empty()).collect()
}

impl<'a> Walk<'a> {
    fn new(pass: &'a Pass, columns: &'a Columns) -> Self {
        let best = Best::new(pass.limit);
        Self { pass, columns, counted: columns.counters(), total: 0, lights: [0; 3], best }
    }

    fn take(&mut self, docs: &[DocId], scores: &[Score]) -> tantivy::Result<()> {
        let mut rows = [Row::default(); BLOCK];
        let rows = &mut rows[..docs.len()];
        for (row, doc) in rows.iter_mut().zip(docs) {
            let found = self.columns.row(*doc);
            *row = *found.ok_or_else(|| fault("a document beyond its segment"))?;
        }
        self.total += docs.len();
        for (group, counted) in self.counted.iter_mut().enumerate() {
            for row in &*rows {
                if let Some(count) = counted.get_mut(row.groups[group] as usize) {
                    *count += 1;
                }
            }
        }
        for ((row, doc), score) in rows.iter().zip(docs).zip(scores) {
            self.light(row, *doc);
            self.offer(row, *doc, *score);
        }
        Ok(())
    }

    fn light(&mut self, row: &Row, doc: DocId) {
        // Most tickets have ended, and looking for a limit costs more than all the rest.
        let (yellow, red) = if row.has_limit { self.columns.lights(doc) } else { (None, None) };
        let at = |millis: Option<i64>| millis.map(Stamp::from_millis);
        self.lights[Light::of(at(yellow), at(red), self.pass.now) as usize] += 1;
    }

    fn offer(&mut self, row: &Row, doc: DocId, score: Score) {
        let key = match self.pass.order {
            // Scores are not negative, and the bits of such floats are in their order.
            Order::Relevance => i64::from(score.max(0.0).to_bits()),
            Order::Newest => row.received_at,
            Order::Oldest => -row.received_at,
            Order::Due => self.columns.lights(doc).1.map_or(i64::MIN, |at| -at),
        };
        if !self.best.may_have(key) {
            return;
        }
        let id = self.columns.id.first(doc).and_then(|id| i64::try_from(id).ok()).unwrap_or(0);
        let tie = match self.pass.order {
            Order::Relevance | Order::Newest => id,
            Order::Oldest | Order::Due => -id,
        };
        let rank = Rank { key, tie };
        if self.pass.after.is_none_or(|after| rank < after) {
            self.best.offer((rank, id, score));
        }
    }

    fn harvest(mut self) -> Found {
        let codes = &self.pass.codes;
        let mut counts: Vec<Vec<u32>> =
            (0..Facet::COUNTED.len()).map(|facet| vec![0; codes.len(facet)]).collect();
        self.columns.add_up(&self.counted, &mut counts);
        self.best.cut();
        Found { total: self.total, counts, lights: self.lights, best: self.best.kept }
    }
}

impl Best {
    /// Offers that are taken before they are told apart: where each is better than all before it, as the newest
    /// are in an index that grew with time, that is cheaper than an order kept for each.
    const WAITING: usize = 256;

    const fn new(limit: usize) -> Self {
        Self { limit, kept: Vec::new(), worst: None }
    }

    /// Whether something with this key may be among the best.
    fn may_have(&self, key: i64) -> bool {
        self.worst.is_none_or(|worst| key >= worst.key)
    }

    fn offer(&mut self, one: (Rank, i64, Score)) {
        if self.worst.is_some_and(|worst| one.0 <= worst) {
            return;
        }
        self.kept.push(one);
        if self.kept.len() >= self.limit + self.limit.max(Self::WAITING) {
            self.cut();
        }
    }

    /// Leaves the best.
    fn cut(&mut self) {
        let Some(last) = self.limit.checked_sub(1).filter(|last| *last < self.kept.len()) else {
            self.kept.truncate(self.limit);
            return;
        };
        let (_, worst, _) = self.kept.select_nth_unstable_by_key(last, |(rank, ..)| Reverse(*rank));
        self.worst = Some(worst.0);
        self.kept.truncate(self.limit);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_best_are_those_that_a_sort_would_leave(keys in prop::collection::vec(0_i64..50, 0..2_000), limit in 1_usize..300) {
            let ranks: Vec<Rank> = keys.iter().zip(0..).map(|(key, tie)| Rank { key: *key, tie }).collect();
            let mut best = Best::new(limit);
            for rank in &ranks {
                if best.may_have(rank.key) {
                    best.offer((*rank, rank.tie, 0.0));
                }
            }
            best.cut();
            let sorted = |mut ranks: Vec<Rank>| {
                ranks.sort_unstable_by_key(|rank| Reverse(*rank));
                ranks.truncate(limit);
                ranks
            };
            prop_assert_eq!(sorted(best.kept.into_iter().map(|(rank, ..)| rank).collect()), sorted(ranks));
        }

        #[test]
        fn halves_hold_every_document_once(count in 0_u32..5_000) {
            let walked: Vec<DocId> = halves(count).into_iter().flatten().collect();
            prop_assert_eq!(walked, (0..count).collect::<Vec<_>>());
        }
    }
}
