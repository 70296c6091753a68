//! Web, `/articles/gaps`: what callers asked and no article answered. Its rule: counts of words and categories,
//! nobody's call.

use actix_web::{HttpResponse, get, web};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::room::{Room, room};
use crate::app::App;
use crate::db::Tx;
use crate::directory::{CategoryCode, page};
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::knowledge::gaps::{Gap, GapSource, Sought, Step, countable};
use crate::knowledge::sight::STAFF;
use crate::knowledge::words::Pairs;
use crate::knowledge::{Article, Standing, listing, rank};
use crate::web::blocking::run;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Page, Query};

/// What the list may be narrowed to.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct GapQuery {
    pub source: Option<GapSource>,
    /// What an article has answered since, too.
    pub all: Option<bool>,
    /// 1 to 500, 50 where nothing is said.
    pub limit: Option<u32>,
    pub after: Option<String>,
}

/// Something that was asked.
#[derive(Serialize, ToSchema)]
pub struct GapView {
    source: GapSource,
    /// Of a search those of its words that the taxonomy or an article has, `-` where it had none; of an answer without
    /// an article its category's code.
    words: String,
    /// The category's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    asked: i64,
    first_at: String,
    last_at: String,
    /// How many articles that hold today would answer it.
    articles: usize,
}

#[derive(Serialize, ToSchema)]
pub struct GapList {
    items: Vec<GapView>,
    next: Option<String>,
}

/// What callers asked that no article answers, the most asked first.
#[utoipa::path(tag = "knowledge", params(GapQuery), responses((status = 200, body = GapList), (status = 403, body = Problem, content_type = "application/problem+json")))]
#[get("/articles/gaps")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<GapQuery>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&gaps_of(&app, &actor, &query)?)).await.map(Answer::respond)
}

/// What callers asked that no article answers, as `query` narrows it.
///
/// # Errors
/// 403 for property companies and whoever has no desk here; 422.
pub fn gaps_of(app: &App, actor: &Actor, query: &GapQuery) -> Result<GapList> {
    actor.require(STAFF)?;
    if actor.company {
        return Err(Error::forbidden());
    }
    let limit = Page { limit: query.limit, after: None }.limit()?;
    let room = room(app)?;
    let days = TimeDelta::days(i64::from(app.config.knowledge.gap_days));
    let since = app.db.now().plus(-days);
    let gaps = app.db.read(|conn| listing::gaps(conn, since))?;
    let all = gaps
        .into_iter()
        .filter(|gap| query.source.is_none_or(|source| gap.source == source))
        .map(|gap| (room.answering(&gap), gap))
        .filter(|(articles, _)| *articles == 0 || query.all == Some(true));
    let key = |it: &(usize, Gap)| format!("{}:{}", it.1.source, it.1.words);
    let page = page(all, key, query.after.as_deref(), limit);
    let items = page.items.into_iter().map(|it| view(app, &room, it)).collect();
    Ok(GapList { items, next: page.next })
}

fn view(app: &App, room: &Room, (articles, gap): (usize, Gap)) -> GapView {
    let zone = app.config.site.zone;
    let category = (gap.source == GapSource::Answer).then(|| CategoryCode::from(&*gap.words));
    let category = category.and_then(|code| room.directory.category(&code));
    GapView {
        source: gap.source,
        name: category.map(|it| it.name.clone()),
        asked: gap.asked,
        first_at: gap.first_at.rfc3339(zone),
        last_at: gap.last_at.rfc3339(zone),
        words: gap.words,
        articles,
    }
}

impl Room {
    /// How many articles that hold today answer what was asked.
    fn answering(&self, gap: &Gap) -> usize {
        match gap.source {
            GapSource::Search => {
                let hits = rank(&gap.words, &self.library, self.today, Article::copy_in_service);
                hits.iter().filter(|hit| hit.standing == Standing::InForce).count()
            }
            GapSource::Answer => {
                let code = CategoryCode::from(&*gap.words);
                let mut about = self.directory.category_ancestors(&code);
                about.push(code);
                let holds = |article: &&Article| {
                    article.in_service().is_some_and(|(_, content)| {
                        content.standing(self.today) == Standing::InForce
                            && content.categories.iter().any(|it| about.contains(it))
                    })
                };
                self.library.articles().filter(holds).count()
            }
        }
    }
}

/// Remembers a search that found nothing, by those of its words that the taxonomy or an article has, and forgets what
/// was remembered of its own beginning; that this could not be done holds nobody up.
pub(super) fn asked(app: &App, (actor, room): (&Actor, &Room), q: &str, found: usize) {
    if actor.company {
        return;
    }
    let words = (found == 0).then(|| words_of(room, q));
    let (user, at) = (actor.user, app.db.now());
    let sought = Sought { user, query: q, words: words.as_deref(), at };
    let lately = &app.hotline.rules.library.lately;
    let Step { forget, is_new } = lately.judge(&sought);
    if forget.is_none() && !is_new {
        return;
    }
    let new = words.clone().filter(|_| is_new);
    let note = move |tx: &mut Tx<'_>| {
        if let Some(id) = forget {
            listing::forget_gap(tx, id)?;
        }
        new.as_deref().map(|words| listing::note_gap(tx, GapSource::Search, words)).transpose()
    };
    match app.db.write(note) {
        Ok(Some(id)) => lately.noted(&sought, id),
        Ok(None) => {}
        Err(error) => {
            tracing::warn!(code = error.code(), "a search without a hit was not counted");
        }
    }
}

/// What may be kept of `q`.
fn words_of(room: &Room, q: &str) -> String {
    let categories = room.directory.categories();
    let trade = categories.flat_map(|it| it.keywords.iter().chain([&it.name]).map(String::as_str));
    let trade = Pairs::of(trade);
    countable(q, |pair| trade.has(pair) || room.library.rarity.knows(pair))
}
