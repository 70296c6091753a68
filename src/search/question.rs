//! Search: who asks, and which tickets that is. Its rule: what of a ticket somebody may read is said here,
//! for the index's answer and for the database's.

use std::collections::BTreeMap;

use super::Names;
use super::asked::{Asked, Slice};
use super::collect::{Order, Rank};
use super::fields::Facet;
use super::store::Source;
use crate::directory::Directory;
use crate::identity::Actor;
use crate::ticket::Words;
use crate::ticket::sight::{Sight, sight};
use crate::time::Stamp;

/// Values of a facet in an answer.
const VALUES: usize = 100;

/// Who asks, what and when.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    pub actor: &'a Actor,
    pub names: &'a Names,
    pub asked: &'a Asked,
    pub slice: Slice,
    pub now: Stamp,
}

impl Question<'_> {
    pub(super) fn directory(&self) -> &Directory {
        self.names.directory()
    }
}

/// Which tickets, before they are read again.
pub(super) struct Which {
    pub total: usize,
    pub best: Vec<(Rank, i64, f32)>,
    pub facets: BTreeMap<Facet, Vec<(String, usize)>>,
    pub lights: [usize; 3],
    pub order: Order,
    pub partial: bool,
}

/// The words of `source` that `actor` may read; none where nothing of it may be seen.
pub(super) fn readable(source: &Source, question: &Question<'_>) -> Option<Words> {
    let words = source.words();
    let Some(ticket) = &source.ticket else { return Some(words) };
    match sight(ticket, question.actor, question.directory()) {
        Sight::Nothing => None,
        Sight::HandlingCopy => Some(words.of_copy()),
        Sight::Case => Some(words),
    }
}

/// The most frequent first, as many as an answer has.
pub(super) fn most_first(mut values: Vec<(String, usize)>) -> Vec<(String, usize)> {
    values.sort_unstable_by(|one, two| two.1.cmp(&one.1).then_with(|| one.0.cmp(&two.0)));
    values.truncate(VALUES);
    values
}
