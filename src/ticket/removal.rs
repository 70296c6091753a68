//! Ticket: what stands for tickets that were taken back: a tombstone over the hashes of their events. Its
//! rule: numbered without a gap, keyed and bound to the one before, as seals are; whoever has no key can
//! make none, so that an event that is gone without one was stolen (decision 0016).

use super::seal::{Leaf, root};
use crate::sealing::MasterKey;
use crate::time::Stamp;

/// Tickets taken back in one write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// 1, 2, 3 …
    pub no: i64,
    pub at: Stamp,
    /// The import that brought them.
    pub batch: i64,
    pub tickets: i32,
    /// Over the hash of every event of theirs, by ticket and number.
    pub root: Vec<u8>,
    /// Over all of the above and the mac of the removal before; of nothing for the first.
    pub mac: Vec<u8>,
}

impl Removal {
    /// The removal after the one whose mac is `before`, over `events` by ticket and number.
    pub fn make(
        keys: &MasterKey,
        (no, at, batch, tickets): (i64, Stamp, i64, i32),
        events: &[Leaf],
        before: &[u8],
    ) -> Self {
        let mut made =
            Self { no, at, batch, tickets, root: root(events).to_vec(), mac: Vec::new() };
        made.mac = made.signed(keys, before);
        made
    }

    fn signed(&self, keys: &MasterKey, before: &[u8]) -> Vec<u8> {
        let mut bytes = b"removal\0".to_vec();
        bytes.extend(self.no.to_be_bytes());
        bytes.extend(self.at.millis().to_be_bytes());
        bytes.extend(self.batch.to_be_bytes());
        bytes.extend(self.tickets.to_be_bytes());
        bytes.extend(&self.root);
        bytes.extend(before);
        keys.chain_seal(&bytes).to_vec()
    }

    /// Whether it was made with `keys` after the removal whose mac is `before`, over these events.
    pub fn holds(&self, keys: &MasterKey, before: &[u8], events: &[Leaf]) -> bool {
        self.mac == self.signed(keys, before) && self.root == root(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealing::entropy;

    #[test]
    fn a_removal_holds_with_its_key_in_its_place_over_its_events_only() {
        let keys = MasterKey::fleeting(&mut entropy());
        let at = Stamp::from_millis(1_790_000_000_000);
        let events: Vec<Leaf> =
            (1..4).map(|id| Leaf { ticket_id: id, seq: 1, head: vec![7; 32] }).collect();
        let made = Removal::make(&keys, (2, at, 9, 3), &events, b"before");
        assert!(made.holds(&keys, b"before", &events));
        assert!(!made.holds(&keys, b"another", &events) && !made.holds(&keys, b"before", &[]));
        assert!(!made.holds(&MasterKey::fleeting(&mut entropy()), b"before", &events));
        for changed in [
            Removal { no: 3, ..made.clone() },
            Removal { at: at.plus_millis(1), ..made.clone() },
            Removal { batch: 8, ..made.clone() },
            Removal { tickets: 2, ..made.clone() },
            Removal { root: vec![0; 32], ..made.clone() },
        ] {
            assert!(!changed.holds(&keys, b"before", &events));
        }
    }
}
