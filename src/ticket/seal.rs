//! Ticket: seals over the chains of events. Its rule: a seal is a Merkle root over the heads of the
//! chains that grew since the last one, numbered without a gap, keyed, and bound to the one before;
//! whoever has no key can neither make one nor take one out.

use sha2::{Digest, Sha256};

use crate::sealing::{MasterKey, hex};
use crate::time::Stamp;

/// A chain's head when it was sealed: the hash of its event `seq`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leaf {
    pub ticket_id: i64,
    pub seq: i32,
    pub head: Vec<u8>,
}

/// A seal, as it lies in the database and in the log outside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// 1, 2, 3 …
    pub no: i64,
    pub at: Stamp,
    /// How many heads are under it.
    pub leaves: i32,
    pub root: Vec<u8>,
    /// Over all of the above and the mac of the seal before; of nothing for the first.
    pub mac: Vec<u8>,
}

impl Seal {
    /// The seal after the one whose mac is `before`, over `leaves` in the order of their tickets.
    pub fn make(keys: &MasterKey, no: i64, at: Stamp, leaves: &[Leaf], before: &[u8]) -> Self {
        let count = i32::try_from(leaves.len()).unwrap_or(i32::MAX);
        let root = root(leaves).to_vec();
        let mut seal = Self { no, at, leaves: count, root, mac: Vec::new() };
        seal.mac = seal.signed(keys, before);
        seal
    }

    fn signed(&self, keys: &MasterKey, before: &[u8]) -> Vec<u8> {
        let mut bytes = b"seal\0".to_vec();
        bytes.extend(self.no.to_be_bytes());
        bytes.extend(self.at.millis().to_be_bytes());
        bytes.extend(self.leaves.to_be_bytes());
        bytes.extend(&self.root);
        bytes.extend(before);
        keys.chain_seal(&bytes).to_vec()
    }

    /// Whether it was made with `keys` after the seal whose mac is `before`.
    pub fn is_genuine(&self, keys: &MasterKey, before: &[u8]) -> bool {
        self.mac == self.signed(keys, before)
    }

    /// Whether these are the heads under it.
    pub fn is_over(&self, leaves: &[Leaf]) -> bool {
        usize::try_from(self.leaves).is_ok_and(|count| count == leaves.len())
            && self.root == root(leaves)
    }

    /// A line of the log: number, instant, number of heads, root, mac.
    pub fn line(&self) -> String {
        let Self { no, at, leaves, root, mac } = self;
        format!("{no} {at} {leaves} {} {}", hex(root), hex(mac))
    }

    /// The number at the beginning of a line of the log.
    pub fn number_of(line: &str) -> Option<i64> {
        line.split(' ').next()?.parse().ok()
    }
}

/// The Merkle root: a leaf is hashed with 0 before it, two nodes with 1 before them; a node without
/// a partner goes up as it is. Of no leaves, the hash of nothing.
pub fn root(leaves: &[Leaf]) -> [u8; 32] {
    let mut row: Vec<[u8; 32]> = leaves.iter().map(hashed).collect();
    while row.len() > 1 {
        row = row
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => {
                    let mut hasher = Sha256::new();
                    hasher.update([1]);
                    hasher.update(left);
                    hasher.update(right);
                    hasher.finalize().into()
                }
                alone => alone.first().copied().unwrap_or_default(),
            })
            .collect();
    }
    row.first().copied().unwrap_or_else(|| Sha256::digest([]).into())
}

fn hashed(leaf: &Leaf) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(leaf.ticket_id.to_be_bytes());
    hasher.update(leaf.seq.to_be_bytes());
    hasher.update(&leaf.head);
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealing::entropy;

    fn leaves(count: i64) -> Vec<Leaf> {
        (1..=count)
            .map(|id| Leaf { ticket_id: id, seq: 3, head: vec![u8::try_from(id).unwrap(); 32] })
            .collect()
    }

    #[test]
    fn another_missing_or_moved_head_gives_another_root() {
        for count in 1..9 {
            let whole = leaves(count);
            let mut changed = whole.clone();
            changed[0].head[31] ^= 1;
            let mut turned = whole.clone();
            turned.reverse();
            assert_ne!(root(&whole), root(&changed));
            assert_ne!(root(&whole), root(&whole[1..]));
            assert!(count == 1 || root(&whole) != root(&turned));
        }
        // A node that goes up alone is not the same as one that is there twice.
        let three = leaves(3);
        let doubled = [three.clone(), vec![three[2].clone()]].concat();
        assert_ne!(root(&three), root(&doubled));
    }

    #[test]
    fn a_seal_holds_with_its_key_in_its_place_over_its_heads_only() {
        let keys = MasterKey::fleeting(&mut entropy());
        let at = Stamp::from_millis(1_790_000_000_000);
        let seal = Seal::make(&keys, 2, at, &leaves(5), b"before");
        assert!(seal.is_genuine(&keys, b"before") && seal.is_over(&leaves(5)));
        assert!(!seal.is_genuine(&keys, b"another") && !seal.is_over(&leaves(4)));
        assert!(!seal.is_genuine(&MasterKey::fleeting(&mut entropy()), b"before"));
        let changed = [
            Seal { no: 3, ..seal.clone() },
            Seal { at: at.plus_millis(1), ..seal.clone() },
            Seal { leaves: 4, ..seal.clone() },
            Seal { root: vec![0; 32], ..seal.clone() },
        ];
        assert!(changed.iter().all(|seal| !seal.is_genuine(&keys, b"before")));
        assert_eq!(Seal::number_of(&seal.line()), Some(2));
    }
}
