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

    /// The beginnings of numbers that no other one implies: what begins with 2026 begins with 202.
    pub fn beginnings(&self) -> impl Iterator<Item = &(String, Wanted)> {
        telling(&self.no, |one, other| match (one.1, other.1) {
            (Wanted::There, Wanted::There) => one.0.starts_with(&other.0),
            (Wanted::Absent, Wanted::Absent) => other.0.starts_with(&one.0),
            _ => false,
        })
    }

    /// The texts that no other one implies: what holds 电梯 holds 电.
    pub fn texts(&self) -> impl Iterator<Item = &Sought> {
        telling(&self.sought, Sought::implies)
    }

    /// How many of them are a walk over all terms that begin so, before the first ticket is known.
    pub fn walks(&self) -> usize {
        self.beginnings().count() + self.texts().filter(|one| one.is_short()).count()
    }

    /// Whether there are texts to rank by.
    pub fn has_texts(&self) -> bool {
        self.sought.iter().any(|one| one.wanted == Wanted::There)
    }
}

/// Those of `all` that no other one implies; of those that say the same, the first.
fn telling<T>(all: &[T], implies: impl Fn(&T, &T) -> bool) -> impl Iterator<Item = &T> {
    let is_needless = move |at: usize, one: &T| {
        let mut others = all.iter().enumerate().filter(|(other, _)| *other != at);
        others.any(|(place, other)| implies(other, one) && (place < at || !implies(one, other)))
    };
    all.iter().enumerate().filter(move |(at, one)| !is_needless(*at, one)).map(|(_, one)| one)
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
    fn what_another_one_implies_is_not_walked() {
        let no = |text: &str, wanted| (text.to_owned(), wanted);
        let word = |text: &str| Sought::new(text, Wanted::There);
        let mut asked = Asked::default();
        asked.no.extend(["2", "2026", "20", "2026", "9"].map(|text| no(text, Wanted::There)));
        asked.no.extend(["2026-01", "2026"].map(|text| no(text, Wanted::Absent)));
        asked.sought.extend(["电", "电梯", "水", "水"].map(word));
        let left: Vec<&str> = asked.beginnings().map(|(text, _)| text.as_str()).collect();
        assert_eq!(left, ["2026", "9", "2026"]);
        let left: Vec<&str> = asked.texts().map(|one| one.text.as_str()).collect();
        assert_eq!(left, ["电梯", "水"]);
        assert_eq!(asked.walks(), 4);
    }

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
