//! Reports: the words in which every figure of a report is asked. Its rule: a cell and its drill-down are asked by the
//! same frame, so they cannot differ.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono_tz::Tz;

use super::cutoff::{Late, Told};
use super::document::Source;
use super::scope::Scope;
use crate::assessment::facts::Facts;
use crate::assessment::listed::dims;
use crate::assessment::{
    Behind, Categories, Depth, Dim, Edition, GroupBy, Item, Metric, Place, Question, Remap,
    Rules as Scoring,
};
use crate::directory::Directory;
use crate::limits::Window;
use crate::time::Stamp;

/// Which window, seen when, by which profile and directory, whose.
#[derive(Debug, Clone)]
pub struct Frame {
    pub window: Window,
    /// When it was taken: limits that run out later are not yet missed.
    pub now: Stamp,
    pub zone: Tz,
    pub scoring: Scoring,
    pub directory: Arc<Directory>,
    pub scope: Option<Scope>,
    /// What categories are counted as; nothing: as themselves.
    pub remap: Option<Remap>,
    /// What became of surveys after the cut-off, where the profile has one.
    pub surveys: Option<Told>,
    /// The keys that are inside the scope.
    inside: Option<BTreeSet<String>>,
}

impl Frame {
    /// A frame of the whole bureau.
    pub fn new(
        window: Window,
        now: Stamp,
        zone: Tz,
        scoring: Scoring,
        directory: Arc<Directory>,
    ) -> Self {
        let (scope, remap, surveys, inside) = (None, None, None, None);
        Self { window, now, zone, scoring, directory, scope, remap, surveys, inside }
    }

    /// The same of `scope` alone.
    #[must_use]
    pub fn of_scope(self, scope: Option<Scope>) -> Self {
        let inside = scope.as_ref().map(|scope| scope.keys(&self.directory));
        Self { scope, inside, ..self }
    }

    /// The same by these categories, as the directory has them on the day it is taken.
    #[must_use]
    pub fn counted_by(self, categories: Categories) -> Self {
        let remap = match categories {
            Categories::Recorded => None,
            Categories::Remapped => Some(Remap::of(&self.directory, self.now.day(self.zone))),
        };
        Self { remap, ..self }
    }

    /// Whether any survey that there is was left out of the facts.
    pub fn leaves_surveys_out(&self) -> bool {
        self.surveys.is_some_and(|told| told.late == Late::LeftOut && told.count > 0)
    }

    /// The facts under the categories that the report counts by.
    pub fn counted(&self, facts: Facts) -> Facts {
        match &self.remap {
            Some(remap) => remap.apply(&facts),
            None => facts,
        }
    }

    /// The scope's grouping and the keys inside.
    pub fn inside(&self) -> Option<(GroupBy, &BTreeSet<String>)> {
        self.scope.as_ref().map(|scope| scope.by).zip(self.inside.as_ref())
    }

    /// How a figure of the window is asked for.
    pub fn question(&self, by: GroupBy, edition: Edition) -> Question<'_> {
        self.question_of(&self.window, by, edition)
    }

    /// How the same figure of another window is asked for.
    pub fn question_of(&self, window: &Window, by: GroupBy, edition: Edition) -> Question<'_> {
        let (start, end) = (window.start, window.end);
        Question { start, end, now: self.now, by, edition, rules: &self.scoring }
    }

    /// The rows that are listed whether or not anything happened.
    pub fn dims(&self, by: GroupBy, depth: Depth) -> Vec<Dim> {
        dims(by, depth, &self.directory)
    }

    /// Whether the row of `key` belongs to the report: of what the scope is about, what is inside.
    pub fn shows(&self, by: GroupBy, key: &str) -> bool {
        self.inside().is_none_or(|(of, keys)| of != by || keys.contains(key))
    }

    /// Whether ranks by `by` can be told: a report of some tickets of a unit must not rank it by them.
    pub fn ranks(&self, by: GroupBy) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.by == by)
    }

    /// What lies behind a figure of `facts` (those of the report); nothing for a list, which says it itself. The weights
    /// sum to that side of the figure.
    pub fn behind(&self, facts: &Facts, source: &Source) -> Option<Vec<Item>> {
        let Source::Figure { by, rollup, edition, metric, side, key } = source else { return None };
        let depth = if *rollup { Depth::RollUp } else { Depth::Own };
        let behind = self.shares(facts, *by, *edition, *metric);
        let dims = self.dims(*by, depth);
        let place = Place { dims: &dims, depth, key: key.as_deref() };
        Some(behind.cell(&facts.names, place, *side, |key| self.shows(*by, key)))
    }

    /// What every cell of one metric is made of.
    pub fn shares(&self, facts: &Facts, by: GroupBy, edition: Edition, metric: Metric) -> Behind {
        Behind::of(facts, &self.question(by, edition), metric)
    }

    /// How many natural days of the window have begun.
    pub fn days(&self) -> i64 {
        if self.now >= self.window.end {
            return self.window.days();
        }
        let first = self.window.start.day(self.zone);
        ((self.now.day(self.zone) - first).num_days() + 1).max(1)
    }
}
