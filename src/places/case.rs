//! Places: what speaks for and against each estate. Its rule: doubts are gathered, never taken back but with the
//! reason that brought them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::gazetteer::Gazetteer;
use super::read::Reading;
use super::{Doubt, DoubtCode};
use crate::directory::{EstateCode, RegionCode};

/// A region that the text or the asker names, or one of several of that name.
pub(super) struct Hint {
    pub codes: Vec<RegionCode>,
    pub shown: String,
    pub is_full: bool,
}

/// What speaks for and against one estate.
pub(super) struct Case {
    pub estate: EstateCode,
    pub region: RegionCode,
    pub score: f64,
    pub why: Vec<String>,
    pub doubts: Vec<Doubt>,
    /// By which words of the text, counted.
    pub sources: BTreeSet<usize>,
    /// The name that led to it; of several the first.
    pub name: String,
    /// Only without its phase or part.
    pub is_whole: bool,
    /// How many of the regions that were named it lies in.
    pub agreeing: usize,
    pub is_elsewhere: bool,
}

impl Case {
    pub fn doubt(&mut self, code: DoubtCode, text: String, keeps: f64) {
        self.score *= keeps;
        if !self.has(code) {
            self.doubts.push(Doubt { code, text });
        }
    }

    pub fn has(&self, code: DoubtCode) -> bool {
        self.doubts.iter().any(|doubt| doubt.code == code)
    }

    pub fn believe(&mut self, share: f64) {
        self.score = 1.0 - (1.0 - self.score) * (1.0 - share);
    }
}

/// A reading on a day.
pub(super) struct Asked<'g> {
    pub gazetteer: &'g Gazetteer,
    pub reading: Reading,
    pub hints: Vec<Hint>,
    pub today: NaiveDate,
}

impl Asked<'_> {
    /// The case of `estate`, if it still stands.
    pub fn case<'c>(
        &self,
        cases: &'c mut BTreeMap<EstateCode, Case>,
        code: &EstateCode,
        name: &str,
    ) -> Option<&'c mut Case> {
        let estate = self.gazetteer.directory().estate(code)?;
        if estate.span.has_ended(self.today) {
            return None;
        }
        Some(cases.entry(code.clone()).or_insert_with(|| Case {
            estate: code.clone(),
            region: estate.region.clone(),
            score: 0.0,
            why: Vec::new(),
            doubts: Vec::new(),
            sources: BTreeSet::new(),
            name: name.to_owned(),
            is_whole: false,
            agreeing: 0,
            is_elsewhere: false,
        }))
    }
}
