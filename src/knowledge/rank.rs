//! Knowledge: which articles a query means, and why. Its rule: pure; what holds today comes before what does not,
//! and the same query over the same articles gives the same order.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::words::{Pair, Words, folded, pair, runs};
use super::{Article, ArticleCode, Content, Copy, Library, Standing};
use crate::code_enum;

code_enum! {
    /// The part of an article that was found.
    pub enum Part {
        /// The article's number or its document's.
        Number = "number" "编号或文号",
        Title = "title" "标题",
        Question = "question" "常见问法",
        Tag = "tag" "标签",
        Body = "body" "正文",
    }
}

impl Part {
    const fn weight(self) -> f64 {
        match self {
            Self::Number | Self::Title => 8.0,
            Self::Question => 5.0,
            Self::Tag => 3.0,
            Self::Body => 1.0,
        }
    }

    fn has(self, words: &Words, pair: Pair) -> bool {
        match self {
            Self::Number => false,
            Self::Title => words.title.has(pair),
            Self::Question => words.questions.has(pair),
            Self::Tag => words.tags.has(pair),
            Self::Body => words.body.has(pair),
        }
    }
}

/// The parts in which words are looked for, the weightiest first.
const PARTS: [Part; 4] = [Part::Title, Part::Question, Part::Tag, Part::Body];
/// Characters of a call that are looked at, and its rarest pairs by which an article is measured.
const SAID: usize = 1_000;
const MEASURED: usize = 12;
/// The least that counts as found, of 1 000: below lie chance meetings of common pairs.
const LEAST: u32 = 30;

/// The words of the query that were found, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Why {
    pub part: Part,
    pub words: Vec<String>,
}

/// An article that a query may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    pub code: ArticleCode,
    /// From 1 to 1 000: the share of the query that was found, in the weightiest parts.
    pub score: u32,
    pub standing: Standing,
    pub why: Vec<Why>,
}

impl Hit {
    /// Where it stands among others: what holds first, then by score, then by number.
    pub fn place(&self) -> (bool, std::cmp::Reverse<u32>, &ArticleCode) {
        (self.standing != Standing::InForce, std::cmp::Reverse(self.score), &self.code)
    }
}

/// The articles that `query` may mean on `today`, best first; `text` says which text of an article is searched,
/// if any.
pub fn rank<'l>(
    query: &str,
    library: &'l Library,
    today: NaiveDate,
    text: impl Fn(&'l Article) -> Option<&'l Copy>,
) -> Vec<Hit> {
    Asked::of(query, library).ranked(library, today, text)
}

/// The same for what a caller says, however long: measured by the rarest of its pairs that any article has, since
/// most of what people say stands in none.
pub fn rank_call<'l>(
    said: &str,
    library: &'l Library,
    today: NaiveDate,
    text: impl Fn(&'l Article) -> Option<&'l Copy>,
) -> Vec<Hit> {
    let end = said.char_indices().nth(SAID).map_or(said.len(), |(at, _)| at);
    Asked::of_call(&said[..end], library).ranked(library, today, text)
}

/// A query taken apart.
struct Asked {
    /// Its stretches; each pair with its worth.
    runs: Vec<Vec<char>>,
    worths: Vec<Vec<f64>>,
    whole: f64,
    folded: String,
}

impl Asked {
    fn of(query: &str, library: &Library) -> Self {
        let runs = runs(query);
        let worth = |two: &[char]| library.rarity.worth(pair(two[0], two[1]));
        let worths: Vec<Vec<f64>> =
            runs.iter().map(|run| run.windows(2).map(worth).collect()).collect();
        let whole = worths.iter().flatten().sum();
        Self { runs, worths, whole, folded: folded(query) }
    }

    fn of_call(said: &str, library: &Library) -> Self {
        let mut asked = Self::of(said, library);
        let mut known = BTreeMap::new();
        for (run, worths) in asked.runs.iter().zip(&mut asked.worths) {
            for (two, worth) in run.windows(2).zip(worths) {
                let pair = pair(two[0], two[1]);
                // Said twice, it is worth no more.
                let is_new = library.rarity.knows(pair) && known.insert(pair, *worth).is_none();
                *worth = if is_new { *worth } else { 0.0 };
            }
        }
        let mut worths: Vec<f64> = known.into_values().collect();
        worths.sort_by(|one, two| two.total_cmp(one));
        asked.whole = worths.into_iter().take(MEASURED).sum();
        asked
    }

    fn ranked<'l>(
        &self,
        library: &'l Library,
        today: NaiveDate,
        text: impl Fn(&'l Article) -> Option<&'l Copy>,
    ) -> Vec<Hit> {
        let texts = library.articles().filter_map(|article| Some((article, text(article)?)));
        let mut hits: Vec<Hit> =
            texts.filter_map(|(article, copy)| self.hit(article, copy, today)).collect();
        hits.sort_by(|a, b| a.place().cmp(&b.place()));
        hits
    }

    fn hit(&self, article: &Article, copy: &Copy, today: NaiveDate) -> Option<Hit> {
        let standing = copy.content.standing(today);
        let code = article.code.clone();
        if self.is_number_of(article, &copy.words) {
            let why = vec![Why { part: Part::Number, words: vec![self.folded.clone()] }];
            return Some(Hit { code, score: 1_000, standing, why });
        }
        let found: f64 = self.pairs().map(|(pair, worth)| worth * weight(&copy.words, pair)).sum();
        let most = self.whole * Part::Title.weight();
        if most > 0.0 {
            let score = thousandths(found / most);
            let why = self.why(copy);
            return (score >= LEAST).then_some(Hit { code, score, standing, why });
        }
        let (score, part) = self.single(&copy.content)?;
        let why = vec![Why { part, words: vec![self.folded.clone()] }];
        Some(Hit { code, score, standing, why })
    }

    /// Numbers are named whole, or by no less than four characters of them.
    fn is_number_of(&self, article: &Article, words: &Words) -> bool {
        let enough = self.folded.chars().count() >= 4;
        let digit = self.folded.contains(|c: char| c.is_ascii_digit());
        folded(article.code.as_str()) == self.folded
            || (enough && digit && words.policy_no.contains(&self.folded))
    }

    fn pairs(&self) -> impl Iterator<Item = (Pair, f64)> {
        self.runs.iter().zip(&self.worths).flat_map(|(run, worths)| {
            run.windows(2).map(|two| pair(two[0], two[1])).zip(worths.iter().copied())
        })
    }

    /// A single character has no pair: it is looked for as it is, in the title and the tags.
    fn single(&self, content: &Content) -> Option<(u32, Part)> {
        let c = self.folded.chars().next()?;
        let within = |text: &str| folded(text).contains(c);
        let tagged = || content.tags.iter().any(|tag| within(tag));
        if within(&content.title) {
            Some((300, Part::Title))
        } else {
            tagged().then_some((100, Part::Tag))
        }
    }

    /// For each part, the stretches of the query that stand in it and in no weightier one.
    fn why(&self, copy: &Copy) -> Vec<Why> {
        let words = &copy.words;
        let best = |pair: Pair| PARTS.into_iter().find(|part| part.has(words, pair));
        let mut why: Vec<Why> = Vec::new();
        for run in &self.runs {
            let parts: Vec<Option<Part>> =
                run.windows(2).map(|two| best(pair(two[0], two[1]))).collect();
            let mut at = 0;
            while at < parts.len() {
                let length = parts[at..].iter().take_while(|part| **part == parts[at]).count();
                if let Some(part) = parts[at] {
                    let word: String = run[at..=at + length].iter().collect();
                    match why.iter_mut().find(|it| it.part == part) {
                        Some(there) if there.words.contains(&word) => {}
                        Some(there) => there.words.push(word),
                        None => why.push(Why { part, words: vec![word] }),
                    }
                }
                at += length;
            }
        }
        why.sort_by_key(|it| it.part);
        why
    }
}

/// The weight of the weightiest part that has `pair`.
fn weight(words: &Words, pair: Pair) -> f64 {
    PARTS.into_iter().find(|part| part.has(words, pair)).map_or(0.0, Part::weight)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped just before")]
fn thousandths(share: f64) -> u32 {
    (share * 1_000.0).round().clamp(0.0, 1_000.0) as u32
}
