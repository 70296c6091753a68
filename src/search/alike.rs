//! Search: tickets on the same matter, told by somebody else. Its rule: what decides are the words that few
//! tickets have, weighed as the index knows them; a building that differs is another matter, whatever the
//! words; and who reads it sees by which words it was taken for the same.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use chrono::TimeDelta;

use super::ask::PATIENCE;
use super::asked::{Asked, Narrow, Slice};
use super::collect::Order;
use super::doors::{Doors, doors, doors_agree};
use super::fields::Facet;
use super::fold::fold;
use super::generation::View;
use super::query::{Wanted, too_costly};
use super::question::{Question, readable};
use super::store::{Source, sources};
use super::{Names, Search};
use crate::directory::Directory;
use crate::error::{Kind, Result};
use crate::identity::Actor;
use crate::ticket::StateName;
use crate::ticket::listing::{self, Filter};
use crate::ticket::sight::{Sight, scope, sight};
use crate::ticket::store::rows::TicketRow;
use crate::time::{Deadline, Stamp};

/// How far back a matter may lie (domain.md §1: same caller and matter within 90 days).
const WITHIN: TimeDelta = TimeDelta::days(90);
/// Tickets of the place that are compared, those with the most rare words in common.
const COMPARED: usize = 60;
/// Tickets of the caller that are compared, the newest.
const OF_CALLER: usize = 10;
/// The rarest words of a matter, by which those are found.
const RANKED_BY: usize = 24;
/// Of the rarity of a word that stands in one ticket only, so much is common.
const COMMON: f64 = 0.25;
/// Words that are shown as the reason.
const SHOWN: usize = 5;

/// A matter to compare with.
#[derive(Debug, Clone, Copy)]
pub struct Matter<'a> {
    pub title: &'a str,
    pub content: &'a str,
    pub category: Option<&'a str>,
    /// An estate's code; else a region's.
    pub estate: Option<&'a str>,
    pub region: Option<&'a str>,
    /// The keyed hash of the caller's number.
    pub phone_hash: Option<&'a str>,
}

/// A ticket that may be on the same matter.
#[derive(Debug, Clone, PartialEq)]
pub struct Like {
    pub row: TicketRow,
    /// From 0 to 1: how much of what is rare in both is in both.
    pub score: f64,
    /// The rarest words that both have.
    pub words: Vec<String>,
    /// In the estate that is named, or, where none is, in the region or below it.
    pub same_place: bool,
    pub same_caller: bool,
    /// How many tickets were merged into it: others told of it before.
    pub merged: usize,
}

/// A text taken apart.
#[derive(Debug, Default)]
struct Told {
    words: BTreeSet<String>,
    /// 3号楼, 2单元, 502室: by what is counted, which ones.
    doors: Doors,
}

/// What is like a matter.
#[derive(Debug, Default)]
pub struct Alike {
    /// The likest first.
    pub found: Vec<Like>,
    /// Nothing could be weighed (there is no index, or it was too costly): only the caller's own are there, without
    /// a score.
    pub degraded: bool,
}

impl Search {
    /// Tickets like `matter`, the likest first, at most `most` beside the caller's own, of those that `actor` may
    /// see, received within 90 days before `now` or live still, at the same place, by the same caller, or, where no place is
    /// known, of the same category. Those that were merged are left out: who told of them stands on the parent.
    /// Where there is no index to weigh words by, or the comparison is too costly, the caller's own alone, the newest
    /// first.
    ///
    /// # Errors
    /// The database's own.
    pub fn alike(
        &self,
        actor: &Actor,
        names: &Names,
        matter: &Matter<'_>,
        now: Stamp,
        most: usize,
    ) -> Result<Alike> {
        let own = self.of_caller(actor, names.directory(), matter, (now.plus(-WITHIN), now))?;
        let weighed = self.weighed(actor, names, matter, (now, &own))?;
        let Some(mut found) = weighed else {
            return self.unweighed(actor, names, matter, (now, &own));
        };
        found.sort_by(|one, two| {
            two.score.total_cmp(&one.score).then_with(|| two.row.id.cmp(&one.row.id))
        });
        let rest = found.split_off(most.min(found.len()));
        found.extend(rest.into_iter().filter(|like| like.same_caller));
        Ok(Alike { found, degraded: false })
    }

    /// Those of the place and the caller's `own`, each with its score; nothing where none can be given.
    fn weighed(
        &self,
        actor: &Actor,
        names: &Names,
        matter: &Matter<'_>,
        (now, own): (Stamp, &BTreeSet<i64>),
    ) -> Result<Option<Vec<Like>>> {
        let Some(view) = self.viewed() else { return Ok(None) };
        let compare = || self.compared(view, actor, names, matter, (now, own));
        let Ok(alike) = catch_unwind(AssertUnwindSafe(compare)) else {
            self.suspect("a comparison fell over it");
            return Ok(None);
        };
        match alike {
            Err(error) if error.kind() == Kind::Malformed => Ok(None),
            alike => alike.map(Some),
        }
    }

    /// The caller's `own` as they are, the newest first.
    fn unweighed(
        &self,
        actor: &Actor,
        names: &Names,
        matter: &Matter<'_>,
        (now, own): (Stamp, &BTreeSet<i64>),
    ) -> Result<Alike> {
        let asked = Asked::default();
        let slice = Slice { order: Order::Newest, limit: OF_CALLER, after: None };
        let question = Question { actor, names, asked: &asked, slice, now };
        let (near, ids) = (Near::of(names, matter), own.iter().copied().collect::<Vec<_>>());
        let sources = self.house.db.read(|conn| sources(conn, self.house.vault(), &ids))?;
        let like = |source: Source| {
            readable(&source, &question)?;
            Some(near.like(matter, source, &question))
        };
        let mut found: Vec<Like> =
            sources.into_iter().filter_map(like).filter(|like| like.same_caller).collect();
        found.sort_by_key(|like| std::cmp::Reverse((like.row.received_at, like.row.id)));
        Ok(Alike { found, degraded: true })
    }

    fn compared(
        &self,
        view: Arc<View>,
        actor: &Actor,
        names: &Names,
        matter: &Matter<'_>,
        (now, own): (Stamp, &BTreeSet<i64>),
    ) -> Result<Vec<Like>> {
        let since = now.plus(-WITHIN);
        let weigh = Weigh::of(view, names, matter);
        let told = weigh.told(&[matter.title, matter.content]);
        let mut asked = Asked::default();
        asked.narrow.push(Narrow {
            facet: Facet::State,
            any_of: [StateName::Merged.to_string()].into(),
            wanted: Wanted::Absent,
        });
        asked.rank_by = weigh.rarest(&told.words, RANKED_BY);
        let among = match (matter.estate, matter.region, matter.category) {
            (Some(estate), ..) => Some((Facet::Estate, [estate.to_owned()].into())),
            (None, Some(region), _) => Some((Facet::Region, names.below(region))),
            (None, None, Some(category)) => Some((Facet::Category, [category.to_owned()].into())),
            (None, None, None) => None,
        };
        let slice = Slice { order: Order::Relevance, limit: COMPARED, after: None };
        let mut ids = own.clone();
        if let Some((facet, codes)) = among {
            asked.only(facet, codes);
            let deadline = Deadline::after(PATIENCE);
            let live = StateName::ALL.iter().filter(|state| state.is_live());
            let mut older = asked.clone();
            asked.received.push((Some(since), None, Wanted::There));
            // A case on the ledger may be open for nine months.
            older.received.push((None, Some(since), Wanted::There));
            older.only(Facet::State, live.map(ToString::to_string));
            for asked in [&asked, &older] {
                let question = Question { actor, names, asked, slice, now };
                let (which, degraded) = self.which(&question, deadline)?;
                if degraded {
                    return Err(too_costly());
                }
                ids.extend(which.best.iter().map(|(_, id, _)| *id));
            }
        }
        let ids: Vec<i64> = ids.into_iter().collect();
        let question = Question { actor, names, asked: &asked, slice, now };
        let found = self.house.db.read(|conn| sources(conn, self.house.vault(), &ids))?;
        let compare = |source| weigh.compare(&told, matter, source, &question);
        Ok(found.into_iter().filter_map(compare).collect())
    }

    /// What the caller brought lately, of what `actor` may find by their number.
    fn of_caller(
        &self,
        actor: &Actor,
        directory: &Directory,
        matter: &Matter<'_>,
        (since, now): (Stamp, Stamp),
    ) -> Result<BTreeSet<i64>> {
        let Some(hash) = matter.phone_hash.filter(|_| !actor.company) else {
            return Ok(BTreeSet::new());
        };
        let theirs = listing::of_callers(actor, directory, &self.house.keys, vec![hash.into()])?;
        let states = StateName::ALL.iter().copied().filter(|it| *it != StateName::Merged);
        let filter = Filter { received_from: Some(since), states: states.collect(), ..theirs };
        let page = self
            .house
            .db
            .read(|conn| listing::page(conn, &scope(actor), &filter, now, None, OF_CALLER))?;
        Ok(page.0.into_iter().map(|row| row.id).collect())
    }
}

/// What is at the place of a matter.
struct Near {
    /// Regions that lie in the one that is asked about, where no estate is.
    regions: BTreeSet<String>,
}

impl Near {
    fn of(names: &Names, matter: &Matter<'_>) -> Self {
        let regions = matter.region.filter(|_| matter.estate.is_none());
        Self { regions: regions.map(|region| names.below(region)).unwrap_or_default() }
    }

    /// `source` beside `matter`, not weighed yet.
    fn like(&self, matter: &Matter<'_>, source: Source, question: &Question<'_>) -> Like {
        // Whose it is, and who else told of it, stands on no handling copy.
        let case = source
            .ticket
            .as_ref()
            .filter(|ticket| sight(ticket, question.actor, question.directory()) == Sight::Case);
        let same_caller = case.is_some()
            && matter.phone_hash.is_some()
            && source.row.phone_hash.as_deref() == matter.phone_hash;
        let merged = case.map_or(0, |ticket| ticket.children.len());
        let (estate, region) = (&source.row.estate, &source.row.region);
        let same_place = match matter.estate {
            Some(named) => estate.as_ref().is_some_and(|estate| estate.as_str() == named),
            None => region.as_ref().is_some_and(|region| self.regions.contains(region.as_str())),
        };
        let words = Vec::new();
        Like { score: 0.0, words, same_place, same_caller, merged, row: source.row }
    }
}

/// What a word weighs: the rarer, the more.
struct Weigh {
    view: Arc<View>,
    /// Names of the place, which all that are compared have in common.
    place: Vec<String>,
    near: Near,
    /// What was weighed already: a letter has a thousand words, and each is compared with many.
    weighed: RefCell<HashMap<String, f64>>,
}

impl Weigh {
    fn of(view: Arc<View>, names: &Names, matter: &Matter<'_>) -> Self {
        let (directory, near) = (names.directory(), Near::of(names, matter));
        let estate = matter.estate.and_then(|code| directory.estate(&code.into()));
        let region = estate.map(|estate| estate.region.clone());
        let region = region.or_else(|| matter.region.map(Into::into));
        let above = region.map(|code| directory.region_path(&code)).unwrap_or_default();
        let own = estate.into_iter().flat_map(|it| it.aliases.iter().chain([&it.name]));
        let names = own.chain(above.into_iter().map(|region| &region.name));
        let place = names.map(|name| name.chars().map(fold).collect()).collect();
        Self { view, place, near, weighed: RefCell::default() }
    }

    fn told(&self, texts: &[&str]) -> Told {
        let mut told = Told::default();
        for text in texts {
            let words = self.view.dictionary.words(text).into_iter();
            let tells = |word: &String| {
                !word.starts_with(|c: char| c.is_ascii_digit())
                    && !self.place.iter().any(|name| name.contains(word.as_str()))
            };
            told.words.extend(words.filter(tells));
            doors(text, &mut told.doors);
        }
        told
    }

    /// Robertson's inverse document frequency, less what a word has that a tenth of all tickets use: with
    /// those sentences that every ticket has ("希望有关部门尽快处理") count for nothing.
    fn weight(&self, word: &str) -> f64 {
        if let Some(weight) = self.weighed.borrow().get(word) {
            return *weight;
        }
        let View { searcher, fields, .. } = &*self.view;
        let term = tantivy::Term::from_field_text(fields.words, word);
        let all = searcher.num_docs() as f64;
        let having = searcher.doc_freq(&term).unwrap_or_default() as f64;
        let rarity = (1.0 + (all - having + 0.5).max(0.0) / (having + 0.5)).ln();
        let weight = (rarity - COMMON * (all + 1.0).ln()).max(0.0);
        self.weighed.borrow_mut().insert(word.to_owned(), weight);
        weight
    }

    fn rarest<'w>(&self, words: impl IntoIterator<Item = &'w String>, most: usize) -> Vec<String> {
        let mut rare: Vec<(f64, &String)> =
            words.into_iter().map(|word| (self.weight(word), word)).collect();
        rare.sort_by(|one, two| two.0.total_cmp(&one.0));
        rare.into_iter().take(most).map(|(_, word)| word.clone()).collect()
    }

    fn sum<'w>(&self, words: impl IntoIterator<Item = &'w String>) -> f64 {
        words.into_iter().map(|word| self.weight(word)).sum()
    }

    fn compare(
        &self,
        told: &Told,
        matter: &Matter<'_>,
        source: Source,
        question: &Question<'_>,
    ) -> Option<Like> {
        let words = readable(&source, question)?;
        let other = self.told(&[&words.title, &words.content]);
        let shared: Vec<&String> = told.words.intersection(&other.words).collect();
        let both = (self.sum(&told.words) * self.sum(&other.words)).sqrt();
        let mut score = if both > 0.0 { self.sum(shared.iter().copied()) / both } else { 0.0 };
        score *= doors_agree(&told.doors, &other.doors);
        let category = source.row.category.as_ref().map(AsRef::<str>::as_ref);
        if matter.category.is_some() && category.is_some() && matter.category != category {
            score *= 0.7;
        }
        let words = self.rarest(shared, SHOWN);
        let like = self.near.like(matter, source, question);
        if words.is_empty() && !like.same_caller {
            return None;
        }
        Some(Like { score: score.clamp(0.0, 1.0), words, ..like })
    }
}
