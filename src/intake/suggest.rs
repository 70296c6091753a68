//! Intake: what a text is probably about, who would get it, and whether it is known already: while the
//! caller is on the line. Its rule: each suggestion has a score and a reason that a person understands;
//! nothing is decided here.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::incident::near::{self, Known as Declared};
use super::known::{Known, MOST};
use super::vexatious::{Eyes, MarkRow};
use crate::db::Db;
use crate::directory::{CategoryCode, Directory, EstateCode, RegionCode, UnitCode};
use crate::error::{Error, FieldError, Result};
use crate::identity::{Actor, Role};
use crate::knowledge::rank::{Hit, rank_call};
use crate::knowledge::{self, Article, Content, Reads, reads};
use crate::learning::Suggestion;
use crate::learning::school::{School, Source};
use crate::places::{Candidate, Gazetteer};
use crate::routing::catalogue::{Match, Question, match_rules};
use crate::sealing::{MasterKey, mask_text};
use crate::search::alike::{Like, Matter};
use crate::search::{Names, Search};
use crate::ticket::again::About;
use crate::ticket::store::lately_led;
use crate::ticket::{Place, Text};
use crate::time::Stamp;

/// Who is suggested something: those who take calls and send them on.
pub const WHO: [Role; 2] = [Role::Agent, Role::Dispatcher];
/// How many of each.
const CATEGORIES: usize = 5;
const ARTICLES: usize = 3;
/// Matters that a unit's record is told of.
const LATELY: usize = 5;
/// Tickets that are shown for a category.
pub const EXAMPLES: usize = 3;

/// What an agent has typed so far.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    #[serde(default)]
    pub title: Option<Text>,
    pub content: Text,
    #[serde(default)]
    pub place: Option<Place>,
    /// Once it is chosen: units and like tickets are then those of it.
    #[serde(default)]
    pub category: Option<CategoryCode>,
    #[serde(default)]
    pub caller_phone: Option<Text>,
}

/// Who is asked.
#[derive(Clone, Copy)]
pub struct Advisers<'a> {
    pub db: &'a Db,
    pub keys: &'a MasterKey,
    pub search: &'a Search,
    pub school: &'a School,
    pub library: &'a knowledge::Cached,
    pub gazetteer: &'a Gazetteer,
    /// From this score on an address means the estate that it leads to.
    pub certain: f64,
}

/// Who would get it, by the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct Units {
    pub category: CategoryCode,
    pub lead: UnitCode,
    pub assists: Vec<UnitCode>,
    /// That of its category.
    pub score: f64,
    /// Why the catalogue says so.
    pub why: String,
    /// Of the last matters of its category that this unit was sent to lead: how many it returned, the
    /// dispute upheld, and how many there are.
    pub returned: (usize, usize),
}

/// Categories, and who the catalogue names for them, the likeliest first.
#[derive(Debug)]
pub struct Advised {
    pub categories: Vec<CategoryCode>,
    pub leads: Vec<UnitCode>,
}

/// What is suggested.
#[derive(Debug)]
pub struct Suggested {
    pub categories: Vec<Suggestion>,
    /// What the text alone suggests, whatever was chosen since: it is this that may be of use.
    pub advised: Advised,
    pub source: Source,
    pub units: Vec<Units>,
    /// Where the catalogue says two things, or nothing: its sentence.
    pub unclear: Vec<(CategoryCode, String)>,
    /// Tickets on the matter.
    pub known: Known,
    /// Where nothing of that is of the likeliest category: such as are, wherever they are.
    pub examples: Vec<Like>,
    /// Incidents that were declared, before anybody called perhaps, the likeliest first.
    pub declared: Vec<Declared>,
    /// What it may be about.
    pub articles: Vec<(Hit, Content)>,
    /// What the address means, where the place has nothing but one.
    pub places: Vec<Candidate>,
    /// The mark of the caller with that number on that category at that place, where one stands: on another
    /// matter nothing is known of it.
    pub vexatious: Option<MarkRow>,
}

/// What is suggested to `actor` on `asked` at `now`, which is `today` at the site.
///
/// # Errors
/// 403 for whoever takes no calls and dispatches nothing; 422 at codes that the directory does not have.
pub fn suggest(
    advisers: Advisers<'_>,
    actor: &Actor,
    names: &Names,
    asked: &Asked,
    (now, today): (Stamp, NaiveDate),
) -> Result<Suggested> {
    actor.require(&WHO)?;
    let directory = names.directory();
    check(asked, directory)?;
    let title = asked.title.as_ref().map_or("", Text::as_str);
    // Numbers tell nothing of a matter, and nothing personal goes further.
    let (title, content) = (mask_text(title, &[]), mask_text(asked.content.as_str(), &[]));
    let (all, source) = advisers
        .db
        .read(|conn| advisers.school.suggest(conn, (&title, &content), today, CATEGORIES))?;
    let mut categories = all.clone();
    if let Some(chosen) = &asked.category {
        categories.retain(|one| one.label == chosen.as_str());
        if categories.is_empty() {
            let label = chosen.to_string();
            categories.push(Suggestion { label, score: 1.0, is_claimed: false, words: Vec::new() });
        }
    }
    let of = asked.place.clone().unwrap_or_default();
    let (place, places) = place_of(advisers, &of, directory, today);
    let hash = asked.caller_phone.as_ref().map(|phone| advisers.keys.phone_hash(phone));
    let matter = Matter {
        title: &title,
        content: &content,
        category: asked.category.as_ref().map(AsRef::as_ref),
        estate: place.0.as_ref().map(AsRef::as_ref),
        region: place.1.as_ref().map(AsRef::as_ref),
        phone_hash: hash.as_deref(),
    };
    let mut known: Known = advisers.search.alike(actor, names, &matter, now, MOST)?.into();
    let examples = examples(advisers, (actor, names), (&matter, &categories), &known, now)?;
    let advised = advised(&all, &place, directory, today);
    let (mut units, unclear) = units(&categories, &place, directory, today);
    advisers.db.read(|conn| {
        for one in &mut units {
            one.returned = lately_led(conn, &one.lead, &one.category, LATELY)?;
        }
        Ok(())
    })?;
    let articles = articles(advisers, actor, &format!("{title} {content}"), today)?;
    let eyes = Eyes { actor, keys: advisers.keys, directory };
    let vexatious = mark(advisers.db, eyes, hash.as_deref(), (asked, &place), now)?;
    let declared = declared(advisers.db, asked, (&place, &advised), directory)?;
    known.incidents.retain(|like| !is_led(like, &declared));
    Ok(Suggested {
        categories,
        advised,
        source,
        units,
        unclear,
        known,
        examples,
        declared,
        articles,
        places,
        vexatious,
    })
}

/// Tickets of the likeliest category, wherever they are, so that it has its reasons too where no category was chosen
/// and nothing that is `known` is of it; nobody's number is asked for.
fn examples(
    advisers: Advisers<'_>,
    (actor, names): (&Actor, &Names),
    (matter, categories): (&Matter<'_>, &[Suggestion]),
    known: &Known,
    now: Stamp,
) -> Result<Vec<Like>> {
    let first = categories.first().map(|one| one.label.as_str());
    let of_first = |like: &Like| like.row.category.as_ref().map(AsRef::<str>::as_ref) == first;
    let has_some = known.duplicates.iter().chain(&known.like).any(of_first);
    if first.is_none() || matter.category.is_some() || known.degraded || has_some {
        return Ok(Vec::new());
    }
    let anywhere =
        Matter { category: first, estate: None, region: None, phone_hash: None, ..*matter };
    Ok(advisers.search.alike(actor, names, &anywhere, now, EXAMPLES)?.found)
}

/// Whether one of the declared incidents is led by it, and stands for it.
fn is_led(like: &Like, declared: &[Declared]) -> bool {
    declared.iter().any(|it| it.row.lead.as_ref() == Some(&like.row.no))
}

/// The declared incidents that it may be about.
fn declared(
    db: &Db,
    asked: &Asked,
    (place, advised): (&Where, &Advised),
    directory: &Directory,
) -> Result<Vec<Declared>> {
    let call = near::Call {
        estate: place.0.as_ref(),
        region: place.1.as_ref(),
        chosen: asked.category.as_ref(),
        suggested: &advised.categories,
    };
    db.read(|conn| near::known(conn, &call, directory))
}

fn advised(all: &[Suggestion], place: &Where, directory: &Directory, today: NaiveDate) -> Advised {
    let (units, _) = units(all, place, directory, today);
    Advised {
        categories: all.iter().map(|one| CategoryCode::from(one.label.as_str())).collect(),
        leads: units.into_iter().map(|one| one.lead).collect(),
    }
}

/// The mark that stands on whoever calls from the number with this hash, in this matter, where `eyes` may see it.
fn mark(
    db: &Db,
    eyes: Eyes<'_>,
    hash: Option<&str>,
    (asked, place): (&Asked, &Where),
    now: Stamp,
) -> Result<Option<MarkRow>> {
    let about = About::of(
        asked.category.as_ref().map(ToString::to_string),
        place.0.as_ref().map(ToString::to_string),
        place.1.as_ref().map(ToString::to_string),
    );
    let (Some(hash), Some(about)) = (hash, about) else { return Ok(None) };
    db.read(|conn| eyes.in_force(conn, (hash, &about), now))
}

/// The articles in service that the text may mean and `actor` may read, best first.
fn articles(
    advisers: Advisers<'_>,
    actor: &Actor,
    text: &str,
    today: NaiveDate,
) -> Result<Vec<(Hit, Content)>> {
    let library = advisers.db.read(|conn| advisers.library.current(conn))?;
    let open = |article: &Article| reads(article, actor) > Reads::Nothing;
    let hits = rank_call(text, &library, today, |article| {
        article.copy_in_service().filter(|_| open(article))
    });
    let shown = |hit: Hit| {
        let content = library.article(&hit.code)?.live()?.clone();
        Some((hit, content))
    };
    Ok(hits.into_iter().take(ARTICLES).filter_map(shown).collect())
}

type Where = (Option<EstateCode>, Option<RegionCode>);

/// The estate and region that `place` names, else those that the address certainly means; and what it may mean.
pub(super) fn place_of(
    advisers: Advisers<'_>,
    place: &Place,
    directory: &Directory,
    today: NaiveDate,
) -> (Where, Vec<Candidate>) {
    let mut place = place.clone();
    let mut candidates = Vec::new();
    if let Some(address) = place.address.as_ref().filter(|_| place.estate.is_none()) {
        let about = (today, advisers.certain);
        let resolved = advisers.gazetteer.resolve(address, place.region.as_ref(), about);
        let only_region = resolved.candidates.first().filter(|it| it.estate.is_none());
        if let Some(certain) = resolved.certain() {
            place.estate.clone_from(&certain.estate);
            place.region = Some(certain.region.clone());
        } else if let Some(one) =
            only_region.filter(|it| it.doubts.is_empty() && it.score >= advisers.certain)
        {
            place.region = place.region.or_else(|| Some(one.region.clone()));
        }
        candidates = resolved.candidates;
    }
    let of_estate = place.estate.as_ref().and_then(|code| directory.estate(code));
    let region = place.region.or_else(|| of_estate.map(|estate| estate.region.clone()));
    ((place.estate, region), candidates)
}

fn check(asked: &Asked, directory: &Directory) -> Result<()> {
    let mut wrong = Vec::new();
    let mut unknown = |pointer: &str| wrong.push(FieldError::new(pointer, "field.unknown_code"));
    let place = asked.place.as_ref();
    if place.and_then(|it| it.estate.as_ref()).is_some_and(|it| directory.estate(it).is_none()) {
        unknown("/place/estate");
    }
    if place.and_then(|it| it.region.as_ref()).is_some_and(|it| directory.region(it).is_none()) {
        unknown("/place/region");
    }
    if asked.category.as_ref().is_some_and(|it| directory.category(it).is_none()) {
        unknown("/category");
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::invalid(wrong)) }
}

/// Who the catalogue names for each category, each lead once, and where it is unclear.
fn units(
    categories: &[Suggestion],
    (estate, region): &Where,
    directory: &Directory,
    today: NaiveDate,
) -> (Vec<Units>, Vec<(CategoryCode, String)>) {
    let mut units: BTreeMap<UnitCode, Units> = BTreeMap::new();
    let mut unclear = Vec::new();
    for one in categories {
        let category = CategoryCode::from(one.label.as_str());
        let question = Question {
            category: Some(&category),
            region: region.as_ref(),
            estate: estate.as_ref(),
        };
        match match_rules(directory, &question, today) {
            Match::One { outcome, reason } => {
                units.entry(outcome.lead.clone()).or_insert(Units {
                    category,
                    lead: outcome.lead,
                    assists: outcome.assists.into_iter().collect(),
                    score: one.score,
                    why: reason.text,
                    returned: (0, 0),
                });
            }
            Match::Tie { text, .. } => unclear.push((category, text)),
            Match::None => {}
        }
    }
    let mut units: Vec<Units> = units.into_values().collect();
    units.sort_by(|one, two| two.score.total_cmp(&one.score));
    (units, unclear)
}
