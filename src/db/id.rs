//! Ground: identifiers made by us, in the order of time. Its rule: no database round trip, and no
//! two alike, on one node or on several.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use crate::time::Stamp;

/// 2020-01-01T00:00:00Z, where the count of milliseconds begins; it lasts until 2089.
const EPOCH_MS: i64 = 1_577_836_800_000;
const COUNTER_BITS: u32 = 12;
const NODE_BITS: u32 = 10;
const LAST_MS: i64 = (1 << 41) - 1;

/// Makes identifiers: milliseconds since 2020 (41 bits), the node's number (10), a counter (12).
///
/// The node's number is the count of starts on this database modulo 1 024, so two living nodes
/// share one only if 1 024 programs have started in between. Where a clock stands still or steps
/// back, the counter runs on into later milliseconds: an identifier is never given twice by one
/// node, and its time is approximate by that much.
///
/// They are larger than 2^53: in JSON they stand as text or not at all.
#[derive(Debug)]
pub(super) struct Ids {
    node: AtomicU32,
    numbered: AtomicU32,
    /// Milliseconds since 2020 and counter of the last one given.
    last: AtomicI64,
}

impl Ids {
    /// Begins with any number, until the database has given one.
    pub(super) fn begin(any: u32) -> Self {
        Self {
            node: AtomicU32::new(any % (1 << NODE_BITS)),
            numbered: AtomicU32::new(0),
            last: AtomicI64::new(0),
        }
    }

    /// Whether the database has given this node its number.
    pub(super) fn numbered(&self) -> bool {
        self.numbered.load(Ordering::Acquire) != 0
    }

    /// Takes the number that the database gave: the how-manieth start this is.
    pub(super) fn number(&self, start: i64) {
        let node = start.rem_euclid(1 << NODE_BITS);
        self.node.store(u32::try_from(node).unwrap_or_default(), Ordering::Release);
        self.numbered.store(1, Ordering::Release);
    }

    /// The next identifier, not before `now`.
    pub(super) fn next(&self, now: Stamp) -> i64 {
        let millis = now.millis().saturating_sub(EPOCH_MS).clamp(0, LAST_MS);
        let earliest = millis << COUNTER_BITS;
        let after = |last: i64| earliest.max(last + 1);
        let last = self
            .last
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |last| Some(after(last)))
            .unwrap_or_default();
        let given = after(last);
        let node = i64::from(self.node.load(Ordering::Acquire));
        let counter = given & ((1 << COUNTER_BITS) - 1);
        ((given >> COUNTER_BITS) << (NODE_BITS + COUNTER_BITS)) | (node << COUNTER_BITS) | counter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_rise_even_where_the_clock_stands_or_steps_back() {
        let ids = Ids::begin(7);
        let now = Stamp::from_millis(EPOCH_MS + 1_000);
        let mut last = 0;
        for step in 0..10_000 {
            let id = ids.next(now.plus_millis(-step / 100));
            assert!(id > last);
            last = id;
        }
    }

    #[test]
    fn two_nodes_never_give_the_same_one_at_the_same_instant() {
        let now = Stamp::from_millis(EPOCH_MS + 5);
        let (one, two) = (Ids::begin(0), Ids::begin(0));
        one.number(1_024 + 3);
        two.number(4);
        let given: std::collections::BTreeSet<i64> =
            (0..5_000).flat_map(|_| [one.next(now), two.next(now)]).collect();
        assert_eq!(given.len(), 10_000);
    }

    #[test]
    fn a_later_millisecond_gives_a_larger_identifier_whatever_the_node() {
        let (one, two) = (Ids::begin(1_023), Ids::begin(0));
        let now = Stamp::from_millis(EPOCH_MS + 5);
        assert!(one.next(now) < two.next(now.plus_millis(1)));
    }
}
