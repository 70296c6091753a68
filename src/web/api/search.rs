//! Web, `GET /search`: every text of every ticket that this reader may see. Its rule: the same filters as
//! the list's; nobody's name or number is asked for in a URL (`POST /tickets/find` does that).

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get, web};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::tickets::{self, ListQuery};
use super::view::{self, LineView};
use crate::app::App;
use crate::code_enum;
use crate::directory::{
    CategoryCode, Channel, CompanyCode, Directory, EstateCode, Kind, RegionCode, UnitCode, Urgency,
};
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::lifecycle::Rules;
use crate::limits::Light;
use crate::search::query::{self, Wanted};
use crate::search::question::Question;
use crate::search::{self, Asked, Facet, Names, Order, Rank, Slice};
use crate::ticket::listing::Sort;
use crate::ticket::{Mode, Scene, StateName};
use crate::time::Stamp;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Page, Query, run};

code_enum! {
    /// In which order those found come.
    pub enum SearchSort {
        Relevance = "relevance" "最相关在前",
        Newest = "-received_at" "最新在前",
        Oldest = "received_at" "最早在前",
        Due = "due_at" "最急在前",
    }
}

/// What is searched for.
#[derive(Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SearchQuery {
    /// Words, all of which must stand in the ticket; "a phrase"; -not; name:value with the names state, unit,
    /// category, estate, region, company, channel, kind, urgency, month, tag, light, received and no.
    #[serde(default)]
    pub q: String,
    /// One state or several, separated by commas.
    state: Option<String>,
    unit: Option<UnitCode>,
    category: Option<CategoryCode>,
    estate: Option<EstateCode>,
    region: Option<RegionCode>,
    light: Option<Light>,
    kind: Option<Kind>,
    channel: Option<Channel>,
    /// RFC 3339.
    #[param(value_type = Option<String>)]
    received_from: Option<Stamp>,
    /// RFC 3339, not included.
    #[param(value_type = Option<String>)]
    received_to: Option<Stamp>,
    /// By relevance where words are given, else the newest first.
    sort: Option<SearchSort>,
    /// 1 to 500, 50 where nothing is said.
    pub(super) limit: Option<u32>,
    /// The `next` of the page before.
    pub(super) after: Option<String>,
}

impl SearchQuery {
    /// The first `limit` of what `q` finds, what is due first before the others.
    pub fn due_first(q: &str, limit: u32) -> Self {
        let (q, sort) = (q.to_owned(), Some(SearchSort::Due));
        Self { q, sort, limit: Some(limit), ..Self::default() }
    }
}

/// What was found.
#[derive(Serialize, ToSchema)]
pub struct FoundView {
    /// How many tickets this reader may see that are as was asked.
    pub total: usize,
    hits: Vec<HitView>,
    /// By name of the facet: its values with how many of those found have each, most first, up to 100.
    pub facets: BTreeMap<&'static str, Vec<ValueView>>,
    next: Option<String>,
    /// The index is not there; the database was asked instead.
    degraded: bool,
    /// Only the newest tickets were looked at, since the database would have taken too long.
    partial: bool,
    /// Words that stand in no ticket, and the places that they were taken for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    read_as: Vec<ReadAs>,
    /// What words of the query are exactly the names of, where they were not taken for it anyhow: the tickets of that estate, unit, category or region may be
    /// asked for by the facet, also those whose texts do not say its name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    means: Vec<Means>,
}

/// One ticket that was found.
#[derive(Serialize, ToSchema)]
pub struct HitView {
    #[serde(flatten)]
    line: LineView,
    score: f32,
    /// A piece of the text that holds what was asked, masked.
    snippet: String,
    /// From and to, in characters of the snippet: where what was asked stands.
    marks: Vec<(usize, usize)>,
}

/// A value of a facet.
#[derive(Serialize, ToSchema)]
pub struct ValueView {
    pub code: String,
    pub name: String,
    pub count: usize,
}

/// A word, and what it was taken for.
#[derive(Serialize, ToSchema)]
pub struct ReadAs {
    text: String,
    /// `estate` or `region`
    facet: Facet,
    items: Vec<CodeName>,
}

/// A word that is the name of something.
#[derive(Serialize, ToSchema)]
pub struct Means {
    text: String,
    /// `estate`, `unit`, `category` or `region`
    facet: Facet,
    code: String,
    name: String,
}

/// A code with its name.
#[derive(Serialize, ToSchema)]
pub struct CodeName {
    code: String,
    name: String,
}

/// Searches the texts of the tickets in this reader's scope: title, content, replies, notes and address, as
/// they are shown, width and case aside.
#[utoipa::path(tag = "tickets", params(SearchQuery), responses(
    (status = 200, body = FoundView),
    (status = 400, description = "search.too_costly", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "the role sees no cases", body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[get("/search")]
pub async fn texts(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(asked): Query<SearchQuery>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&found(&app, &actor, &asked)?)).await.map(Answer::respond)
}

/// What `actor` finds of what was `asked`.
///
/// # Errors
/// 403 for a role that sees no cases; 422 and `search.too_costly` for what cannot be asked.
pub fn found(app: &App, actor: &Actor, asked: &SearchQuery) -> Result<FoundView> {
    let limit = Page { limit: asked.limit, after: None }.limit()?;
    let now = app.db.now();
    let (rules, names) = app.db.read(|conn| {
        let rules = app.hotline.rules.current(conn, now)?;
        Ok((rules, app.search.names(conn)?))
    })?;
    let (question, slice) = read(asked, (&names, app.search.zone()), &rules, (limit, now))?;
    let (names, asked) = (&names, &question);
    let answer = app.search.ask(Question { actor, names, asked, slice, now })?;
    let mut means = names.means(asked);
    means.retain(|(word, ..)| answer.read_as.iter().all(|(taken, ..)| taken != word));
    Ok(FoundView { means: named(means, &rules), ..shown(answer, &rules, actor, now) })
}

/// The question as it was typed and narrowed, and which part of the answer is wanted.
pub(super) fn read(
    query: &SearchQuery,
    (names, zone): (&Names, Tz),
    rules: &Rules,
    (limit, now): (usize, Stamp),
) -> Result<(Asked, Slice)> {
    let mut asked = names.read(query::parse(&query.q)?, (zone, now.day(zone)))?;
    narrow(&mut asked, query, rules)?;
    let order = match query.sort {
        Some(SearchSort::Newest) => Order::Newest,
        Some(SearchSort::Oldest) => Order::Oldest,
        Some(SearchSort::Due) => Order::Due,
        Some(SearchSort::Relevance) => Order::Relevance,
        None if asked.has_texts() => Order::Relevance,
        None => Order::Newest,
    };
    let Some(key) = &query.after else { return Ok((asked, Slice { order, limit, after: None })) };
    // By relevance, what tells no words apart came the newest first, and goes on so.
    let orders = [order, Order::Newest];
    let places = orders.iter().filter_map(|order| Some((*order, Rank::of_key(key, *order)?)));
    let is_open = |(of, _): &(Order, Rank)| *of == order || order == Order::Relevance;
    let place = { places }.find(is_open);
    let (order, after) = place.ok_or_else(|| Error::field("/after", "field.format"))?;
    Ok((asked, Slice { order, limit, after: Some(after) }))
}

fn narrow(asked: &mut Asked, query: &SearchQuery, rules: &Rules) -> Result<()> {
    let filter = tickets::filter(&ListQuery::of(query), rules)?;
    let mut only = |facet, codes: Option<Vec<String>>| {
        if let Some(codes) = codes {
            asked.only(facet, codes);
        }
    };
    only(Facet::State, query.state.as_ref().map(|_| all(filter.states)));
    only(Facet::Unit, filter.units.map(all));
    only(Facet::Category, filter.categories.map(all));
    only(Facet::Region, filter.regions.map(all));
    only(Facet::Estate, filter.estate.map(|code| vec![code.to_string()]));
    only(Facet::Kind, filter.kind.map(|kind| vec![kind.to_string()]));
    only(Facet::Channel, filter.channel.map(|channel| vec![channel.to_string()]));
    asked.lights.extend(filter.light.map(|light| (light, Wanted::There)));
    if filter.received_from.is_some() || filter.received_to.is_some() {
        asked.received.push((filter.received_from, filter.received_to, Wanted::There));
    }
    Ok(())
}

fn all<T: ToString>(codes: impl IntoIterator<Item = T>) -> Vec<String> {
    codes.into_iter().map(|code| code.to_string()).collect()
}

impl ListQuery {
    /// The list's filters of a search.
    fn of(query: &SearchQuery) -> Self {
        let SearchQuery { state, unit, category, estate, region, .. } = query;
        Self {
            state: state.clone(),
            unit: unit.clone(),
            category: category.clone(),
            estate: estate.clone(),
            region: region.clone(),
            light: query.light,
            kind: query.kind,
            channel: query.channel,
            received_from: query.received_from,
            received_to: query.received_to,
            sort: None::<Sort>,
            limit: None,
            after: None,
        }
    }
}

fn shown(answer: search::Answer, rules: &Rules, actor: &Actor, now: Stamp) -> FoundView {
    let scene = rules.scene(actor, now, Mode::Live);
    let directory = &rules.directory;
    let value = |facet, (code, count): (String, usize)| ValueView {
        name: name_of(facet, &code, directory),
        code,
        count,
    };
    let values = |(facet, values): (Facet, Vec<(String, usize)>)| {
        let shown = values.into_iter().map(|one| value(facet, one)).collect::<Vec<_>>();
        (facet.as_str(), shown)
    };
    let mut facets: BTreeMap<_, _> = answer.facets.into_iter().map(values).collect();
    let lights = Light::ALL.iter().zip(answer.lights).filter(|(_, count)| *count > 0);
    let light = |(light, count): (&Light, usize)| ValueView {
        code: light.to_string(),
        name: light.zh().to_owned(),
        count,
    };
    facets.insert("light", lights.map(light).collect());
    let taken_for = |(text, facet, codes): (String, Facet, Vec<String>)| {
        let named = |code: String| CodeName { name: name_of(facet, &code, directory), code };
        ReadAs { text, facet, items: codes.into_iter().map(named).collect() }
    };
    FoundView {
        total: answer.total,
        hits: answer.hits.into_iter().map(|hit| hit_view(hit, &scene)).collect(),
        facets,
        next: answer.next,
        degraded: answer.degraded,
        partial: answer.partial,
        read_as: answer.read_as.into_iter().map(taken_for).collect(),
        means: Vec::new(),
    }
}

fn named(means: Vec<(String, Facet, String)>, rules: &Rules) -> Vec<Means> {
    let one = |(text, facet, code): (String, Facet, String)| Means {
        name: name_of(facet, &code, &rules.directory),
        text,
        facet,
        code,
    };
    means.into_iter().map(one).collect()
}

fn hit_view(hit: search::Hit, scene: &Scene<'_>) -> HitView {
    let (line, score) = (view::line(&hit.row, scene), hit.score);
    HitView { line, score, snippet: hit.snippet.text, marks: hit.snippet.marks }
}

/// The Chinese name of a code; itself where it has none.
fn name_of(facet: Facet, code: &str, directory: &Directory) -> String {
    fn zh<T: std::str::FromStr>(code: &str, zh: impl Fn(T) -> &'static str) -> Option<String> {
        code.parse().ok().map(|one| zh(one).to_owned())
    }
    let name = match facet {
        Facet::State => zh(code, StateName::zh),
        Facet::Kind => zh(code, Kind::zh),
        Facet::Channel => zh(code, Channel::zh),
        Facet::Urgency => zh(code, Urgency::zh),
        Facet::Unit => directory.unit(&code.into()).map(|it| it.name.clone()),
        Facet::Category => directory.category(&code.into()).map(|it| it.name.clone()),
        Facet::Estate => directory.estate(&code.into()).map(|it| it.name.clone()),
        Facet::Region => directory.region(&code.into()).map(|it| it.name.clone()),
        Facet::Company => directory.company(&CompanyCode::from(code)).map(|it| it.name.clone()),
        Facet::Month | Facet::Tag => None,
    };
    name.unwrap_or_else(|| code.to_owned())
}
