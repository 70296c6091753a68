//! Web, `/articles`: the knowledge base. Its rule: what a reader may see of an article is `knowledge::sight`'s
//! to say; a list says why each was found.

pub mod gaps;
mod room;
pub mod view;
mod writing;

use std::collections::BTreeSet;

use actix_web::{HttpResponse, get, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use self::room::{Room, room};
use self::view::{ArticleLine, ArticleList, ArticleView, VersionList, VersionView};
use crate::app::App;
use crate::directory::{CategoryCode, Page as Slice, UnitCode, page};
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::knowledge::sight::STAFF;
use crate::knowledge::store;
use crate::knowledge::{
    Act, Article, ArticleCode, ArticleState, Hit, Reads, rank, reads, state_for, text_for,
};
use crate::web::api::reference::is_named;
use crate::web::api::stretch::after_key;
use crate::web::blocking::run;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Page, Query};

/// Every route of the knowledge base.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services
        .service(list)
        .service(writing::add)
        // Before the article of that name, which there is none of.
        .service(gaps::list)
        .service(one)
        .service(writing::save)
        .service(writing::publish)
        .service(writing::confirm)
        .service(writing::retire)
        .service(writing::supervise)
        .service(versions);
}

/// What a list may be narrowed to.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ArticleQuery {
    /// What a caller asks, in any words; what holds today comes first, then what fits best.
    pub q: Option<String>,
    /// Only those that this names, by number: a part of the title, its pinyin or initials, or the beginning of the
    /// code. It is no question, and is not remembered.
    pub named: Option<String>,
    /// About this category or one below it.
    #[param(value_type = Option<String>)]
    pub category: Option<CategoryCode>,
    #[param(value_type = Option<String>)]
    pub owner: Option<UnitCode>,
    /// Published ones, and drafts that the reader may see, where nothing is said; with `q` published ones.
    pub state: Option<ArticleState>,
    /// Only those that need a look: no longer valid, due for review, or of a unit that is closed.
    pub stale: Option<bool>,
    /// Only those whose owner was charged with a look.
    pub supervised: Option<bool>,
    /// 1 to 500, 50 where nothing is said.
    pub limit: Option<u32>,
    pub after: Option<String>,
}

impl ArticleQuery {
    /// Whether it asks for nothing but words, so that an empty answer says that nothing is known.
    const fn is_plain(&self) -> bool {
        self.named.is_none()
            && self.category.is_none()
            && self.owner.is_none()
            && self.state.is_none()
            && self.stale.is_none()
            && self.supervised.is_none()
            && self.after.is_none()
    }
}

/// What is asked for, by whom.
struct Wanted<'a> {
    query: &'a ArticleQuery,
    actor: &'a Actor,
    room: &'a Room,
    /// The category with those below it.
    below: Option<BTreeSet<CategoryCode>>,
}

impl<'a> Wanted<'a> {
    fn of(query: &'a ArticleQuery, actor: &'a Actor, room: &'a Room) -> Self {
        let below = query.category.as_ref().map(|code| room.directory.category_subtree(code));
        Self { query, actor, room, below }
    }

    /// Whether the list has `article` in it.
    fn takes(&self, article: &Article) -> bool {
        let is = state_for(article, self.actor);
        let state = match self.query.state {
            Some(state) => is == state,
            None if self.query.q.is_some() => is == ArticleState::Published,
            None => is != ArticleState::Retired,
        };
        let shown = &text_for(article, self.actor).content;
        let within = |below: &BTreeSet<_>| shown.categories.iter().any(|it| below.contains(it));
        let named = |typed: &String| {
            is_named(typed, article.code.as_str(), std::iter::once(shown.title.as_str()))
        };
        let stale = || !article.stale(&self.room.directory, self.room.today).is_empty();
        state
            && reads(article, self.actor) > Reads::Nothing
            && self.query.named.as_ref().is_none_or(named)
            && self.below.as_ref().is_none_or(within)
            && self.query.owner.as_ref().is_none_or(|owner| shown.owner == *owner)
            && self.query.supervised.is_none_or(|asked| asked == article.task.is_some())
            && self.query.stale.is_none_or(|asked| asked == stale())
    }
}

/// The articles that a reader may see, by number, or by how well they fit `q`.
#[utoipa::path(tag = "knowledge", params(ArticleQuery), responses((status = 200, body = ArticleList), (status = 403, body = Problem, content_type = "application/problem+json")))]
#[get("/articles")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<ArticleQuery>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&listed(&app, &actor, &query)?)).await.map(Answer::respond)
}

/// The articles that `query` names, as far as `actor` may see them; words that found nothing are remembered.
///
/// # Errors
/// 403 for whoever has no desk here; 422.
pub fn listed(app: &App, actor: &Actor, query: &ArticleQuery) -> Result<ArticleList> {
    actor.require(STAFF)?;
    let limit = Page { limit: query.limit, after: None }.limit()?;
    for (typed, pointer) in [(&query.q, "/q"), (&query.named, "/named")] {
        if typed.as_ref().is_some_and(|typed| typed.chars().count() > 200) {
            return Err(Error::field(pointer, "field.too_long"));
        }
    }
    let room = room(app)?;
    let page = found(&Wanted::of(query, actor, &room), limit);
    let codes: Vec<ArticleCode> = page.items.iter().map(|(code, _)| code.clone()).collect();
    let room = room.with_use_of(app, &codes)?;
    let line = |(code, hit): (ArticleCode, Option<Hit>)| {
        let line = ArticleLine::of(app, room.library.article(&code)?, actor, &room);
        Some(line.found(hit))
    };
    let items: Vec<ArticleLine> = page.items.into_iter().filter_map(line).collect();
    if let Some(q) = query.q.as_deref().filter(|q| query.is_plain() && !q.trim().is_empty()) {
        gaps::asked(app, (actor, &room), q, items.len());
    }
    Ok(ArticleList { items, next: page.next })
}

/// A page of what is wanted: by number, or by how well it fits the query, with the reason.
fn found(wanted: &Wanted<'_>, limit: usize) -> Slice<(ArticleCode, Option<Hit>)> {
    let Wanted { query, room, .. } = wanted;
    let after = query.after.as_deref();
    let Some(q) = query.q.as_deref().filter(|q| !q.trim().is_empty()) else {
        let all = room.library.articles().filter(|it| wanted.takes(it));
        return page(all.map(|it| (it.code.clone(), None)), |it| it.0.to_string(), after, limit);
    };
    // What is searched is what is shown: nobody finds by words that they may not read.
    let hits = rank(q, &room.library, room.today, |article| {
        wanted.takes(article).then(|| text_for(article, wanted.actor))
    });
    let hits = hits.into_iter().map(|hit| (hit.code.clone(), Some(hit)));
    page(hits, |it| it.0.to_string(), after, limit)
}

/// One article: as it was published; to those who may write it, the draft beside it.
#[utoipa::path(tag = "knowledge", params(("code" = String, Path)), responses(
    (status = 200, body = ArticleView),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/articles/{code}")]
pub async fn one(
    app: web::Data<App>,
    Asker(actor): Asker,
    code: web::Path<ArticleCode>,
) -> Result<HttpResponse> {
    run(move || {
        let view = opened(&app, &actor, &code)?;
        Ok(Answer::ok(&view)?.versioned(view.version.into()))
    })
    .await
    .map(Answer::respond)
}

/// The article `code` as `actor` may see it.
///
/// # Errors
/// 403 for whoever has no desk here; 404 where it is absent or not for their eyes.
pub fn opened(app: &App, actor: &Actor, code: &ArticleCode) -> Result<ArticleView> {
    actor.require(STAFF)?;
    let room = room(app)?.with_use_of(app, std::slice::from_ref(code))?;
    let article = room.library.article(code).ok_or_else(Error::not_found)?;
    if reads(article, actor) == Reads::Nothing {
        return Err(Error::not_found());
    }
    Ok(ArticleView::of(app, article, actor, &room))
}

/// What was done to an article, newest first, each with the text it was about. Who does not write it sees what was
/// published, confirmed and retired.
#[utoipa::path(tag = "knowledge", params(("code" = String, Path), Page), responses(
    (status = 200, body = VersionList),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/articles/{code}/versions")]
pub async fn versions(
    app: web::Data<App>,
    Asker(actor): Asker,
    code: web::Path<ArticleCode>,
    Query(which): Query<Page>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&versions_of(&app, &actor, &code, &which)?)).await.map(Answer::respond)
}

/// What was done to the article `code`, as `actor` may see it.
///
/// # Errors
/// As [`opened`]; 422.
pub fn versions_of(
    app: &App,
    actor: &Actor,
    code: &ArticleCode,
    which: &Page,
) -> Result<VersionList> {
    actor.require(STAFF)?;
    let limit = which.limit()?;
    let after = after_key::<i32>(which.after.as_deref())?;
    let room = room(app)?;
    let article = room.library.article(code).ok_or_else(Error::not_found)?;
    let acts = match reads(article, actor) {
        Reads::Nothing => return Err(Error::not_found()),
        Reads::Published => &[Act::Published, Act::Confirmed, Act::Retired],
        Reads::Everything => Act::ALL,
    };
    let ask = |conn: &mut _| store::versions(conn, code, after, acts, limit);
    let (found, next) = app.db.read(ask)?;
    let next = next.map(|version| version.to_string());
    // What was internal then is so still.
    let open = found.into_iter().filter(|it| !(actor.company && it.content.internal));
    let items = open.map(|it| VersionView::of(app, it)).collect();
    Ok(VersionList { items, next })
}
