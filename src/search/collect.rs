//! Search: one pass over what was found: how many, how many of each kind, and the best of them. Its rule:
//! the pass ends at its deadline with an error, never with a part.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::query::Weight;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader, TERMINATED, TantivyError};

use super::columns::{Codes, Columns, GROUPS};
use super::fields::Facet;
use crate::limits::Light;
use crate::time::{Deadline, Stamp};

/// What the pass ends with at its deadline.
pub const TOO_COSTLY: &str = "jiesu: the deadline of a search";
/// Documents between two looks at the clock.
const STRIDE: u32 = 2_048;

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

/// What to collect.
#[derive(Debug, Clone)]
pub struct Pass {
    pub columns: Arc<Vec<Arc<Columns>>>,
    pub codes: Arc<Codes>,
    pub order: Order,
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

/// The pass over one segment.
#[derive(Debug)]
pub struct Walk {
    pass: Pass,
    columns: Arc<Columns>,
    /// How many of each combination of codes.
    counted: [Vec<u32>; GROUPS.len()],
    found: Found,
    heap: BinaryHeap<Reverse<(Rank, u32, i64)>>,
}

impl Collector for Pass {
    type Fruit = Found;
    type Child = Walk;

    fn for_segment(&self, ord: SegmentOrdinal, _: &SegmentReader) -> tantivy::Result<Walk> {
        let missing = || TantivyError::InternalError("a segment without columns".to_owned());
        let columns = self.columns.get(ord as usize).cloned().ok_or_else(missing)?;
        let (counted, found, heap) = (columns.counters(), Found::default(), BinaryHeap::new());
        Ok(Walk { pass: self.clone(), columns, counted, found, heap })
    }

    fn requires_scoring(&self) -> bool {
        self.order == Order::Relevance
    }

    fn merge_fruits(&self, parts: Vec<Found>) -> tantivy::Result<Found> {
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
        Ok(all)
    }

    /// As tantivy does it, with a look at the clock now and then.
    fn collect_segment(
        &self,
        weight: &dyn Weight,
        ord: SegmentOrdinal,
        reader: &SegmentReader,
    ) -> tantivy::Result<Found> {
        let over = || TantivyError::InternalError(TOO_COSTLY.to_owned());
        if self.deadline.is_over() {
            return Err(over());
        }
        let mut walk = self.for_segment(ord, reader)?;
        let mut scorer = weight.scorer(reader, 1.0)?;
        if self.deadline.is_over() {
            return Err(over());
        }
        let alive = reader.alive_bitset();
        let (mut doc, mut seen) = (scorer.doc(), 0_u32);
        while doc != TERMINATED {
            if alive.is_none_or(|alive| alive.is_alive(doc)) {
                let score = if self.requires_scoring() { scorer.score() } else { 0.0 };
                walk.collect(doc, score);
            }
            seen += 1;
            if seen.is_multiple_of(STRIDE) && self.deadline.is_over() {
                return Err(over());
            }
            doc = scorer.advance();
        }
        Ok(walk.harvest())
    }
}

impl Walk {
    fn count(&mut self, doc: DocId) {
        let Some(row) = self.columns.row(doc) else { return };
        self.found.total += 1;
        for (counted, combination) in self.counted.iter_mut().zip(row.groups) {
            if let Some(count) = counted.get_mut(combination as usize) {
                *count += 1;
            }
        }
        // Most tickets have ended, and looking for a limit costs more than all the rest.
        let (yellow, red) = if row.has_limit { self.columns.lights(doc) } else { (None, None) };
        let at = |millis: Option<i64>| millis.map(Stamp::from_millis);
        let light = Light::of(at(yellow), at(red), self.pass.now);
        self.found.lights[light as usize] += 1;
    }

    /// By what it is ordered first: greater is better.
    fn key(&self, doc: DocId, score: Score) -> i64 {
        let received = || self.columns.received_at(doc);
        match self.pass.order {
            // Scores are not negative, and the bits of such floats are in their order.
            Order::Relevance => i64::from(score.max(0.0).to_bits()),
            Order::Newest => received(),
            Order::Oldest => -received(),
            Order::Due => self.columns.lights(doc).1.map_or(i64::MIN, |at| -at),
        }
    }

    /// Its whole place, and its id.
    fn rank(&self, doc: DocId, key: i64) -> (Rank, i64) {
        let id = self.columns.id.first(doc).and_then(|id| i64::try_from(id).ok()).unwrap_or(0);
        let tie = match self.pass.order {
            Order::Relevance | Order::Newest => id,
            Order::Oldest | Order::Due => -id,
        };
        (Rank { key, tie }, id)
    }
}

impl SegmentCollector for Walk {
    type Fruit = Found;

    fn collect(&mut self, doc: DocId, score: Score) {
        self.count(doc);
        let key = self.key(doc, score);
        let is_full = self.heap.len() >= self.pass.limit;
        if is_full && self.heap.peek().is_none_or(|Reverse((worst, _, _))| key < worst.key) {
            return;
        }
        let (rank, id) = self.rank(doc, key);
        if self.pass.after.is_some_and(|after| rank >= after) {
            return;
        }
        if is_full && self.heap.peek().is_none_or(|Reverse((worst, _, _))| rank <= *worst) {
            return;
        }
        self.heap.push(Reverse((rank, score.to_bits(), id)));
        if self.heap.len() > self.pass.limit {
            self.heap.pop();
        }
    }

    fn harvest(self) -> Found {
        let codes = &self.pass.codes;
        let mut counts: Vec<Vec<u32>> =
            (0..Facet::COUNTED.len()).map(|facet| vec![0; codes.len(facet)]).collect();
        self.columns.add_up(&self.counted, &mut counts);
        let best = self.heap.into_iter();
        let best = best.map(|Reverse((rank, score, id))| (rank, id, Score::from_bits(score)));
        Found { counts, best: best.collect(), ..self.found }
    }
}
