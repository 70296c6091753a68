//! Search: tickets on the same matter, told by somebody else. Its rule: what decides are the words that few
//! tickets have, weighed as the index knows them; a building that differs is another matter, whatever the
//! words; and who reads it sees by which words it was taken for the same.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use chrono::TimeDelta;

use super::ask::PATIENCE;
use super::asked::{Asked, Narrow, Slice};
use super::collect::Order;
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
/// What the same door, and another one, do to the score: chosen on invented matters told twice, in other words, among
/// others of the same estate (`tests/hotline/suggest`), and flat around it.
const SAME_DOOR: f64 = 1.3;
const OTHER_DOOR: f64 = 0.2;
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
    doors: BTreeMap<char, BTreeSet<String>>,
}

impl Search {
    /// Tickets like `matter`, the likest first, at most `most` beside the caller's own, of those that `actor` may
    /// see, received within 90 days before `now` or live still, at the same place, by the same caller, or, where no place is
    /// known, of the same category. Those that were merged are left out: who told of them stands on the parent.
    /// Nothing where there is no index to weigh words by, or the comparison is too costly.
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
    ) -> Result<Option<Vec<Like>>> {
        let Some(view) = self.viewed() else { return Ok(None) };
        let compare = || self.compared(view, actor, names, matter, now);
        let Ok(alike) = catch_unwind(AssertUnwindSafe(compare)) else {
            self.suspect("a comparison fell over it");
            return Ok(None);
        };
        let mut alike = match alike {
            Err(error) if error.kind() == Kind::Malformed => return Ok(None),
            alike => alike?,
        };
        alike.sort_by(|one, two| {
            two.score.total_cmp(&one.score).then_with(|| two.row.id.cmp(&one.row.id))
        });
        let rest = alike.split_off(most.min(alike.len()));
        alike.extend(rest.into_iter().filter(|like| like.same_caller));
        Ok(Some(alike))
    }

    fn compared(
        &self,
        view: Arc<View>,
        actor: &Actor,
        names: &Names,
        matter: &Matter<'_>,
        now: Stamp,
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
        let mut ids = self.of_caller(actor, names.directory(), matter, (since, now))?;
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

/// What a word weighs: the rarer, the more.
struct Weigh {
    view: Arc<View>,
    /// Names of the place, which all that are compared have in common.
    place: Vec<String>,
    /// Regions that lie in the one that is asked about, where no estate is.
    regions: BTreeSet<String>,
    /// What was weighed already: a letter has a thousand words, and each is compared with many.
    weighed: RefCell<HashMap<String, f64>>,
}

impl Weigh {
    fn of(view: Arc<View>, names: &Names, matter: &Matter<'_>) -> Self {
        let directory = names.directory();
        let regions = matter.region.filter(|_| matter.estate.is_none());
        let regions = regions.map(|region| names.below(region)).unwrap_or_default();
        let estate = matter.estate.and_then(|code| directory.estate(&code.into()));
        let region = estate.map(|estate| estate.region.clone());
        let region = region.or_else(|| matter.region.map(Into::into));
        let above = region.map(|code| directory.region_path(&code)).unwrap_or_default();
        let own = estate.into_iter().flat_map(|it| it.aliases.iter().chain([&it.name]));
        let names = own.chain(above.into_iter().map(|region| &region.name));
        let place = names.map(|name| name.chars().map(fold).collect()).collect();
        Self { view, place, regions, weighed: RefCell::default() }
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
        // Whose it is, and who else told of it, stands on no handling copy.
        let case = source
            .ticket
            .as_ref()
            .filter(|ticket| sight(ticket, question.actor, question.directory()) == Sight::Case);
        let same_caller = case.is_some()
            && matter.phone_hash.is_some()
            && source.row.phone_hash.as_deref() == matter.phone_hash;
        let merged = case.map_or(0, |ticket| ticket.children.len());
        let words = self.rarest(shared, SHOWN);
        let score = score.clamp(0.0, 1.0);
        if words.is_empty() && !same_caller {
            return None;
        }
        let (estate, region) = (&source.row.estate, &source.row.region);
        let same_place = match matter.estate {
            Some(named) => estate.as_ref().is_some_and(|estate| estate.as_str() == named),
            None => region.as_ref().is_some_and(|region| self.regions.contains(region.as_str())),
        };
        Some(Like { score, words, same_place, same_caller, merged, row: source.row })
    }
}

/// How much two texts may be on one matter by the doors that they name: another building is another
/// matter; the same one is a sign.
fn doors_agree(
    one: &BTreeMap<char, BTreeSet<String>>,
    two: &BTreeMap<char, BTreeSet<String>>,
) -> f64 {
    let mut factor = 1.0;
    for (kind, numbers) in one {
        if let Some(others) = two.get(kind) {
            factor *= if numbers.is_disjoint(others) { OTHER_DOOR } else { SAME_DOOR };
        }
    }
    factor
}

/// Numbers before 号楼, 栋, 幢, 单元, 楼, 层, 室, 户.
fn doors(text: &str, into: &mut BTreeMap<char, BTreeSet<String>>) {
    let chars: Vec<char> = text.chars().map(fold).collect();
    let mut at = 0;
    while at < chars.len() {
        let digits = chars[at..].iter().take_while(|c| c.is_ascii_digit()).count();
        if digits == 0 {
            at += 1;
            continue;
        }
        let number: String = chars[at..at + digits].iter().collect();
        let rest: String = chars[at + digits..].iter().take(2).collect();
        let kind = match rest.as_str() {
            "号楼" | "单元" => rest.chars().next(),
            _ if rest.starts_with(['栋', '幢']) => Some('号'),
            _ if rest.starts_with(['楼', '层']) => Some('层'),
            _ if rest.starts_with(['室', '户']) => Some('室'),
            _ => None,
        };
        if let Some(kind) = kind {
            into.entry(kind).or_default().insert(number);
        }
        at += digits;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> BTreeMap<char, BTreeSet<String>> {
        let mut found = BTreeMap::new();
        doors(text, &mut found);
        found
    }

    #[test]
    fn doors_are_read_from_a_text() {
        let found = all("３号楼2单元15楼，1502室；12栋有30户，停了3天");
        let of = |kind: char| found[&kind].iter().cloned().collect::<Vec<_>>().join(",");
        assert_eq!(
            (of('号'), of('单'), of('层'), of('室')),
            ("12,3".into(), "2".into(), "15".into(), "1502,30".into())
        );
    }

    #[test]
    fn another_building_is_another_matter() {
        let agree = |one, two| doors_agree(&all(one), &all(two));
        assert!(agree("3号楼", "5号楼") < 1.0 && agree("3号楼", "3栋") > 1.0);
        assert!((agree("3号楼", "没有说") - 1.0).abs() < f64::EPSILON);
    }
}
