//! Search: asking. Its rule: the index says which; what is shown of them is read from the database again,
//! and whoever may not see it, or whatever does not hold what was asked any more, is left out.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tantivy::Term;

use super::asked::Asked;
use super::collect::{Found, Order, Pass, Pieces, Rank, TOO_COSTLY};
use super::fields::Facet;
use super::generation::View;
use super::matching::{matches, snippet};
use super::plan::{Planner, Ranks, only, plan};
use super::query::{Wanted, too_costly};
use super::question::{Question, Which, most_first, readable};
use super::store::{Source, sources};
use super::{Answer, Hit, Search, fallback};
use crate::error::Result;
use crate::ticket::listing;
use crate::ticket::sight::{Scope, scope};
use crate::time::Deadline;

/// How long a search may take before it is refused, or goes without the rest of the database.
pub const PATIENCE: Duration = Duration::from_millis(1_500);
/// Where a word stands in more than one of this many tickets it tells nothing: the newest come first.
const COMMON: usize = 4;
/// Where it stands in more than so many, that costs more to say of each than it tells (at a million tickets scoring
/// was half of the time of the slowest words), and nobody reads so many in any order but that of time.
const SCORED: usize = 50_000;
/// Words of one character and beginnings of numbers: each is a walk over all terms that begin so.
const BEGINNINGS: usize = 4;

type ReadAs = Vec<(String, Facet, Vec<String>)>;

impl Search {
    /// The answer to a question. A word that stands in no ticket is taken for the place that sounds so.
    ///
    /// # Errors
    /// 400 `search.too_costly`; the database's own.
    pub fn ask(&self, question: Question<'_>) -> Result<Answer> {
        let deadline = Deadline::after(PATIENCE);
        let answer = self.ask_once(question, deadline)?;
        if answer.total > 0 || answer.partial || !question.asked.has_texts() {
            return Ok(answer);
        }
        let (instead, read_as) = self.as_places(question, deadline)?;
        if read_as.is_empty() {
            return Ok(answer);
        }
        let answer = self.ask_once(Question { asked: &instead, ..question }, deadline)?;
        Ok(Answer { read_as, ..answer })
    }

    fn ask_once(&self, question: Question<'_>, deadline: Deadline) -> Result<Answer> {
        let (which, degraded) = self.which(&question, deadline)?;
        Ok(Answer { degraded, ..self.read(question, which)? })
    }

    /// Which tickets answer a question, and whether the database had to say so.
    pub(super) fn which(
        &self,
        question: &Question<'_>,
        deadline: Deadline,
    ) -> Result<(Which, bool)> {
        if scope(question.actor) == Scope::Nothing {
            return Err(crate::error::Error::forbidden());
        }
        if question.asked.walks() > BEGINNINGS {
            return Err(too_costly());
        }
        if let Some(view) = self.viewed() {
            let find = || self.find(&view, question, deadline);
            match catch_unwind(AssertUnwindSafe(find)) {
                Ok(Ok(which)) => return Ok((which, false)),
                Ok(Err(error)) if error.to_string().contains(TOO_COSTLY) => {
                    return Err(too_costly());
                }
                Ok(Err(error)) => self.suspect(&error.to_string()),
                Err(_) => self.suspect("a search fell over it"),
            }
        }
        Ok((fallback::which(&self.house, question, deadline)?, true))
    }

    /// The same question with places where words were that stand in no ticket of this reader's, and which
    /// words those are.
    fn as_places(&self, question: Question<'_>, deadline: Deadline) -> Result<(Asked, ReadAs)> {
        let mut instead = Asked { sought: Vec::new(), ..question.asked.clone() };
        let mut read_as = Vec::new();
        for one in &question.asked.sought {
            let place = match one.wanted {
                Wanted::There if !one.is_phrase => question.names.place(&one.text),
                _ => None,
            };
            let alone = Asked { sought: vec![one.clone()], ..Asked::default() };
            let stands = |alone: &Asked| -> Result<bool> {
                let (which, _) = self.which(&Question { asked: alone, ..question }, deadline)?;
                Ok(which.total > 0 || which.partial)
            };
            match place {
                Some((facet, codes)) if !stands(&alone)? => {
                    instead.only(facet, codes.iter().cloned());
                    read_as.push((one.text.clone(), facet, codes.into_iter().collect()));
                }
                _ => instead.sought.push(one.clone()),
            }
        }
        Ok((instead, read_as))
    }

    /// Nobody asks this index again before it was proven.
    pub(super) fn suspect(&self, why: &str) {
        tracing::error!(target: "jiesu::search", why, "the index is damaged; the database is asked");
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = None;
        self.doubted.store(true, Ordering::Release);
    }

    fn find(
        &self,
        view: &View,
        question: &Question<'_>,
        deadline: Deadline,
    ) -> tantivy::Result<Which> {
        let Question { actor, asked, slice, now, .. } = *question;
        let (fields, dictionary) = (&view.fields, &view.dictionary);
        let (keys, directory) = (&*self.house.keys, question.directory());
        let planner = Planner { fields, dictionary, keys, actor, directory, now, deadline };
        let pieces = if asked.walks() > 0 { Pieces::Whole } else { Pieces::Halves };
        let pass = |order, after| Pass {
            columns: view.columns.clone(),
            codes: self.house.codes.clone(),
            order,
            pieces,
            limit: slice.limit + 1,
            after,
            now,
            deadline,
        };
        let mut order = slice.order;
        let may_switch = slice.after.is_none() && asked.rank_by.is_empty();
        if order == Order::Relevance && may_switch && is_common(view, &planner, asked) {
            order = Order::Newest;
        }
        let ranks = if order == Order::Relevance { Ranks::ByWords } else { Ranks::No };
        let query = plan(&planner, asked, ranks);
        let mut after = slice.after;
        if let (Order::Relevance, Some(then)) = (order, after) {
            // Scores move a little with every ticket that comes: where the page before ended is asked anew.
            let id = Term::from_field_u64(fields.id, u64::try_from(then.tie).unwrap_or_default());
            let query = only(query.box_clone(), id);
            let now = pass(order, None).over(&view.searcher, &query)?;
            after = now.best.first().map_or(after, |(rank, ..)| Some(*rank));
        }
        let found = pass(order, after).over(&view.searcher, &*query)?;
        let (total, best, lights) = (found.total, found.best.clone(), found.lights);
        Ok(Which { total, best, facets: self.named(&found), lights, order, partial: false })
    }

    /// Facets with the codes in place of their numbers.
    fn named(&self, found: &Found) -> BTreeMap<Facet, Vec<(String, usize)>> {
        let counted = Facet::COUNTED.into_iter().enumerate().zip(&found.counts);
        let one = |((place, facet), counts): ((usize, Facet), &Vec<u32>)| {
            let some = counts.iter().enumerate().filter(|(_, count)| **count > 0);
            let named = some.filter_map(|(number, count)| {
                Some((self.house.codes.code(place, number)?, *count as usize))
            });
            (facet, most_first(named.collect()))
        };
        counted.map(one).collect()
    }

    /// Reads those found again, and says what of them this reader may see.
    fn read(&self, question: Question<'_>, which: Which) -> Result<Answer> {
        let Which { total, mut best, facets, lights, order, partial } = which;
        let limit = question.slice.limit;
        let next = best.get(limit.saturating_sub(1)).filter(|_| best.len() > limit && limit > 0);
        let next = next.map(|(rank, ..)| rank.key(order));
        best.truncate(limit);
        let ids: Vec<i64> = best.iter().map(|(_, id, _)| *id).collect();
        let (visible, found) = self.house.db.read(|conn| {
            let visible = listing::visible(conn, &scope(question.actor), &ids)?;
            Ok((visible, sources(conn, self.house.vault(), &ids)?))
        })?;
        let mut found: HashMap<i64, Source> =
            found.into_iter().map(|source| (source.row.id, source)).collect();
        let hit = |(_, id, score): &(Rank, i64, f32)| {
            let source = found.remove(id).filter(|_| visible.contains(id))?;
            let words = readable(&source, &question)?;
            let sought = &question.asked.sought;
            let snippet = matches(&words, sought).then(|| snippet(&words, sought))?;
            Some(Hit { row: source.row, score: *score, snippet })
        };
        let hits: Vec<Hit> = best.iter().filter_map(hit).collect();
        Ok(Answer { total, hits, facets, lights, next, partial, ..Answer::default() })
    }
}

/// Whether every word that is asked for is so common that none tells more than another.
fn is_common(view: &View, planner: &Planner<'_>, asked: &Asked) -> bool {
    let all = usize::try_from(view.searcher.num_docs()).unwrap_or(usize::MAX);
    let there = asked.sought.iter().filter(|one| one.wanted == Wanted::There);
    let words = there.flat_map(|one| planner.dictionary.words(&one.text));
    let rare = |word: String| {
        let term = Term::from_field_text(planner.fields.words, &word);
        let count = view.searcher.doc_freq(&term).unwrap_or_default();
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        count.saturating_mul(COMMON) < all && count <= SCORED
    };
    !{ words }.any(rare)
}
