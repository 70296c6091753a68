//! Search: what is asked, ready to be answered. Its rule: codes instead of names, instants instead of
//! dates; the index and the database are both asked by this.

use std::collections::BTreeSet;

use super::collect::{Order, Rank};
use super::fields::Facet;
use super::matching::Sought;
use super::query::Wanted;
use crate::limits::Light;
use crate::time::Stamp;

/// A facet that must have one of these values, or none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrow {
    pub facet: Facet,
    pub any_of: BTreeSet<String>,
    pub wanted: Wanted,
}

/// A search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    pub sought: Vec<Sought>,
    /// Words that rank what is found and need not be in it.
    pub rank_by: Vec<String>,
    pub narrow: Vec<Narrow>,
    /// Each of these lights, or not.
    pub lights: Vec<(Light, Wanted)>,
    /// How numbers begin, folded.
    pub no: Vec<(String, Wanted)>,
    /// From, and before.
    pub received: Vec<(Option<Stamp>, Option<Stamp>, Wanted)>,
}

impl Asked {
    /// Narrows to one of `codes`.
    pub fn only(&mut self, facet: Facet, codes: impl IntoIterator<Item = String>) {
        let any_of = codes.into_iter().collect();
        self.narrow.push(Narrow { facet, any_of, wanted: Wanted::There });
    }

    /// Whether there are texts to rank by.
    pub fn has_texts(&self) -> bool {
        self.sought.iter().any(|one| one.wanted == Wanted::There)
    }
}

/// Which part of the answer.
#[derive(Debug, Clone, Copy)]
pub struct Slice {
    pub order: Order,
    pub limit: usize,
    pub after: Option<Rank>,
}

impl Order {
    const fn letter(self) -> char {
        match self {
            Self::Relevance => 'r',
            Self::Newest => 'n',
            Self::Oldest => 'o',
            Self::Due => 'd',
        }
    }
}

impl Rank {
    /// The key of the next page.
    pub fn key(self, order: Order) -> String {
        format!("{}{}.{}", order.letter(), self.key, self.tie)
    }

    /// Reads a key that a page in `order` gave; nothing else is one.
    pub fn of_key(text: &str, order: Order) -> Option<Self> {
        let (key, tie) = text.strip_prefix(order.letter())?.split_once('.')?;
        Some(Self { key: key.parse().ok()?, tie: tie.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_leads_on_in_its_own_order_only() {
        let rank = Rank { key: -17, tie: 4 };
        let key = rank.key(Order::Oldest);
        assert_eq!(Rank::of_key(&key, Order::Oldest), Some(rank));
        assert_eq!(Rank::of_key(&key, Order::Newest), None);
        for wrong in ["", "o", "o1", "o1.x", "1.2"] {
            assert_eq!(Rank::of_key(wrong, Order::Oldest), None);
        }
    }
}
