//! Reports: all that a report is made of, in memory. Its rule: a section reads this and nothing else.

use std::sync::Arc;

use super::extras::Extras;
use super::frame::Frame;
use super::site::Listing;
use super::wording::Sentences;
use crate::assessment::facts::{Facts, TicketFact};
use crate::assessment::likewise::{Against, Earlier};
use crate::limits::Window;

/// The facts of the window and of those beside it, and what no fact says.
pub struct Material<'a> {
    pub frame: &'a Frame,
    /// The profile's title, as people read it.
    pub profile: String,
    /// Those of the scope.
    pub facts: &'a Facts,
    /// Everybody's: ranks are over whole peer groups.
    pub whole: &'a Facts,
    /// The earlier windows, known or not.
    pub past: Vec<Past>,
    pub extras: Extras,
    /// The words of the site.
    pub sentences: &'a Sentences,
    pub listing: Listing,
}

/// An earlier window. Of a year the one before and the same a year earlier are one, and share their facts.
#[derive(Clone)]
pub struct Past {
    pub earlier: Earlier,
    /// The profile (`name@version`) by which its own report was frozen, where it was.
    pub printed: Option<String>,
    /// Whether the rules of that window have a cut-off for surveys, up to which they are counted.
    pub is_cut: bool,
    /// Those of the scope; nothing where the site kept no tickets yet.
    pub facts: Option<Arc<Facts>>,
    /// Everybody's, where the scope is not everybody.
    pub whole: Option<Arc<Facts>>,
}

impl Material<'_> {
    /// The earlier window where it is known, with its facts.
    pub fn then(&self, against: Against) -> Option<(&Window, &Facts)> {
        let past = self.past.iter().find(|past| past.earlier.against == against)?;
        Some((&past.earlier.window, past.facts.as_deref()?))
    }

    /// The tickets received in the window.
    pub fn received(&self) -> impl Iterator<Item = &TicketFact> {
        within(&self.frame.window, self.facts)
    }

    /// The ids of those that `keep` holds for.
    pub fn ids(&self, keep: impl Fn(&Facts, &TicketFact) -> bool) -> Vec<i64> {
        self.received().filter(|it| keep(self.facts, it)).map(|it| it.id).collect()
    }

    /// How many `keep` holds for, of those received in the earlier window; nothing where that is not known.
    pub fn count_then(
        &self,
        against: Against,
        keep: impl Fn(&Facts, &TicketFact) -> bool,
    ) -> Option<i64> {
        let (window, facts) = self.then(against)?;
        count(within(window, facts).filter(|it| keep(facts, it)).count())
    }
}

fn within<'a>(window: &Window, facts: &'a Facts) -> impl Iterator<Item = &'a TicketFact> {
    let window = *window;
    facts.tickets.iter().filter(move |it| window.contains(it.received_at))
}

fn count(n: usize) -> Option<i64> {
    i64::try_from(n).ok()
}
