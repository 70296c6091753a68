//! Search: what is asked, as a query of the index. Its rule: what the reader may see is part of it, the same
//! that `ticket::sight` says of one ticket; only words that rank have a score.

use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, Occur, PhraseQuery, Query,
    RangeQuery, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use super::asked::Asked;
use super::beginning::Beginning;
use super::dictionary::Dictionary;
use super::document::{SEALED, UPSTREAM};
use super::fields::{Facet, Fields};
use super::grams::{Cover, cover};
use super::query::Wanted;
use crate::directory::Directory;
use crate::identity::{Actor, Role};
use crate::limits::Light;
use crate::sealing::MasterKey;
use crate::ticket::sight::{Scope, scope};
use crate::ticket::store::rows::accused_key;
use crate::time::{Deadline, Stamp};

/// How much more a word counts that stands in the title.
const TITLE: f32 = 2.0;

type Clause = (Occur, Box<dyn Query>);

/// What a plan is made with.
pub struct Planner<'a> {
    pub fields: &'a Fields,
    pub dictionary: &'a Dictionary,
    pub keys: &'a MasterKey,
    pub actor: &'a Actor,
    pub directory: &'a Directory,
    pub now: Stamp,
    /// When a walk over beginnings is given up.
    pub deadline: Deadline,
}

/// The query that finds what is asked.
pub fn plan(planner: &Planner<'_>, asked: &Asked, ranks: Ranks) -> Box<dyn Query> {
    let mut must = vec![planner.scope()];
    let copies = planner.copies();
    for one in &asked.narrow {
        let field = planner.fields.facet(one.facet);
        let terms = one.any_of.iter().map(|value| Term::from_field_text(field, value));
        let has: Box<dyn Query> = Box::new(TermSetQuery::new(terms));
        // A handling copy shows no tags.
        let has = match &copies {
            Some(copies) if one.facet == Facet::Tag => without(has, copies.box_clone()),
            _ => has,
        };
        must.push(clause(one.wanted, has));
    }
    must.extend(asked.lights.iter().map(|(light, wanted)| planner.light(*light, *wanted)));
    for (beginning, wanted) in asked.beginnings() {
        must.push(clause(*wanted, planner.begins(planner.fields.no, beginning)));
    }
    for (from, before, wanted) in &asked.received {
        let bound = |at: &Option<Stamp>| {
            at.map(|at| Term::from_field_i64(planner.fields.received_at, at.millis()))
        };
        let from = bound(from).map_or(Bound::Unbounded, Bound::Included);
        let before = bound(before).map_or(Bound::Unbounded, Bound::Excluded);
        if matches!((&from, &before), (Bound::Unbounded, Bound::Unbounded)) {
            continue;
        }
        must.push(clause(*wanted, Box::new(RangeQuery::new(from, before))));
    }
    for one in asked.texts() {
        must.push(clause(one.wanted, planner.stands(&one.text, copies.as_deref())));
    }
    let found = Box::new(ConstScoreQuery::new(Box::new(BooleanQuery::new(must)), 0.0));
    match ranks {
        Ranks::No => found,
        Ranks::ByWords => planner.ranked(found, asked),
    }
}

/// `query`, of the one document that has `term`: it is scored as it would be among all.
pub fn only(query: Box<dyn Query>, term: Term) -> BooleanQuery {
    let one = TermQuery::new(term, IndexRecordOption::Basic);
    let one = ConstScoreQuery::new(Box::new(one), 0.0);
    BooleanQuery::new(vec![(Occur::Must, query), (Occur::Must, Box::new(one))])
}

/// Whether scores are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ranks {
    ByWords,
    No,
}

fn clause(wanted: Wanted, query: Box<dyn Query>) -> Clause {
    match wanted {
        Wanted::There => (Occur::Must, query),
        Wanted::Absent => (Occur::MustNot, query),
    }
}

fn term(field: Field, text: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic))
}

fn all_of(queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    Box::new(BooleanQuery::intersection(queries))
}

fn any_of(queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    Box::new(BooleanQuery::union(queries))
}

fn without(query: Box<dyn Query>, not: Box<dyn Query>) -> Box<dyn Query> {
    Box::new(BooleanQuery::new(vec![(Occur::Must, query), (Occur::MustNot, not)]))
}

impl Planner<'_> {
    /// What the reader may see at all.
    fn scope(&self) -> Clause {
        let query: Box<dyn Query> = match scope(self.actor) {
            Scope::Nothing => Box::new(EmptyQuery),
            Scope::All => Box::new(AllQuery),
            Scope::Upstream => term(self.fields.mark, UPSTREAM),
            Scope::Units(units) => {
                let field = self.fields.seen_by;
                let terms = units.iter().map(|unit| Term::from_field_text(field, unit.as_str()));
                Box::new(TermSetQuery::new(terms))
            }
        };
        (Occur::Must, query)
    }

    fn begins(&self, field: Field, text: &str) -> Box<dyn Query> {
        Box::new(Beginning { field, text: text.to_owned(), deadline: self.deadline })
    }

    /// The documents with a value of `field` in which `text` stands.
    fn holds(&self, field: Field, text: &str) -> Box<dyn Query> {
        match cover(text) {
            None => Box::new(AllQuery),
            Some(Cover::Any(one)) => self.begins(field, &one),
            Some(Cover::All(pairs)) => match pairs.as_slice() {
                [(_, one)] => term(field, one),
                many => {
                    let pair = |text: &str| Term::from_field_text(field, text);
                    let terms = many.iter().map(|(at, text)| (*at, pair(text))).collect();
                    Box::new(PhraseQuery::new_with_offset(terms))
                }
            },
        }
    }

    /// The tickets of which the reader has a handling copy; nothing where there can be none.
    fn copies(&self) -> Option<Box<dyn Query>> {
        let actor = self.actor;
        let sees_cases = actor.roles.iter().any(|role| role.sees_all_tickets());
        if sees_cases || actor.has(Role::Platform) {
            return None;
        }
        let sealed = term(self.fields.mark, SEALED);
        if actor.company {
            return Some(sealed);
        }
        let unit = actor.unit.as_ref()?;
        let above = self.directory.ancestors(unit).into_iter().chain([unit.clone()]);
        let accused = above.map(|unit| {
            let key = accused_key(self.keys, unit.as_str());
            Term::from_field_text(self.fields.accused, &key)
        });
        Some(all_of(vec![sealed, Box::new(TermSetQuery::new(accused))]))
    }

    /// Tickets with a text that the reader may read and in which `text` stands.
    fn stands(&self, text: &str, copies: Option<&dyn Query>) -> Box<dyn Query> {
        let inside = self.holds(self.fields.inside, text);
        let inside = match copies {
            None => inside,
            Some(copies) => without(inside, copies.box_clone()),
        };
        any_of(vec![self.holds(self.fields.open, text), inside])
    }

    /// As a list says it (`ticket::listing`).
    fn light(&self, light: Light, wanted: Wanted) -> Clause {
        let now = |field| Term::from_field_i64(field, self.now.millis());
        let Fields { yellow_at, red_at, .. } = *self.fields;
        let red = || RangeQuery::new(Bound::Unbounded, Bound::Excluded(now(red_at)));
        let lit = || RangeQuery::new(Bound::Unbounded, Bound::Included(now(yellow_at)));
        let query: Box<dyn Query> = match light {
            Light::Red => Box::new(red()),
            Light::Yellow => without(Box::new(lit()), Box::new(red())),
            Light::Green => {
                without(Box::new(AllQuery), any_of(vec![Box::new(lit()), Box::new(red())]))
            }
        };
        clause(wanted, query)
    }

    /// Scored by the words of what is wanted: those of the title count more.
    fn ranked(&self, found: Box<dyn Query>, asked: &Asked) -> Box<dyn Query> {
        let wanted = asked.sought.iter().filter(|one| one.wanted == Wanted::There);
        let mut clauses: Vec<Clause> = vec![(Occur::Must, found)];
        let words = wanted.flat_map(|one| self.dictionary.words(&one.text));
        for word in words.chain(asked.rank_by.iter().cloned()) {
            for (field, boost) in [(self.fields.words, 1.0), (self.fields.title, TITLE)] {
                let term = Term::from_field_text(field, &word);
                let scored = TermQuery::new(term, IndexRecordOption::WithFreqs);
                clauses.push((Occur::Should, Box::new(BoostQuery::new(Box::new(scored), boost))));
            }
        }
        Box::new(BooleanQuery::new(clauses))
    }
}
