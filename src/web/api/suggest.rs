//! Web, `POST /suggest`: what a text is about, who would get it, whether it is known. Its rule: the text is
//! in the body and nowhere else; each suggestion says why.

use actix_web::{HttpResponse, post, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::marks::MarkView;
use super::places::{CandidateView, candidates};
use super::view::{self, LineView};
use crate::app::App;
use crate::directory::{CategoryCode, Directory, UnitCode};
use crate::error::{Result, sentence};
use crate::intake::incident::near::{Known as Declared, Near};
use crate::intake::known::Known;
use crate::intake::slip;
use crate::intake::suggest::{Advisers, Asked, EXAMPLES, Suggested, Units, WHO, suggest};
use crate::knowledge::rank::{Hit, Why};
use crate::knowledge::{Content, Standing};
use crate::learning::Suggestion;
use crate::learning::school::Source;
use crate::places::Gazetteer;
use crate::search::alike::Like;
use crate::ticket::{Mode, Scene};
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, RawBody, run};

/// What is suggested.
#[derive(Serialize, ToSchema)]
pub struct SuggestedView {
    /// The likeliest first.
    categories: Vec<CategoryView>,
    /// The number of the model that suggested the categories; null where their names did.
    #[schema(value_type = Option<String>)]
    model: Option<String>,
    /// Who the catalogue names for them at this place, the likeliest first.
    units: Vec<UnitsView>,
    /// Categories for which the catalogue says two things.
    unclear: Vec<UnclearView>,
    /// Like tickets cannot be weighed now (the index is being made, or the question was too costly): of the lists only
    /// the caller's own are there, under `like`, with the score 0; the rest counts.
    degraded: bool,
    /// Probably the same matter, the likest first.
    duplicates: Vec<LikeView>,
    /// Like it, and probably another matter.
    like: Vec<LikeView>,
    /// Articles in service that it may be about, best first.
    articles: Vec<ArticleHit>,
    /// Declared incidents that it may be about, then live matters that several callers were linked to already: perhaps
    /// this one too. `no` is the ticket that it can be merged into.
    incidents: Vec<IncidentHit>,
    /// To be handed in with the ticket, so that it is noted whether this was of use; good for a day.
    slip: String,
    /// What the address may mean, where the place has no estate; the likest first. The rest counts with a certain one.
    places: Vec<CandidateView>,
    /// Where number, category and place are given: two people hold that this caller is vexatious in this matter.
    /// It blocks nothing; the call is taken as any other.
    #[serde(skip_serializing_if = "Option::is_none")]
    vexatious: Option<MarkView>,
}

/// An article that it may be about.
#[derive(Serialize, ToSchema)]
struct ArticleHit {
    code: String,
    title: String,
    /// For staff only: callers are not told.
    internal: bool,
    /// 0 to 1
    score: f64,
    standing: Standing,
    why: Vec<Why>,
}

/// A category that it may be of.
#[derive(Serialize, ToSchema)]
struct CategoryView {
    code: CategoryCode,
    name: String,
    /// The names above it, the widest first.
    path: Vec<String>,
    /// 0 to 1
    score: f64,
    /// The words that decided.
    words: Vec<String>,
    why: String,
    /// Tickets like this one that are of it, the likest first; of the likeliest category, where no category was chosen
    /// and none is of this place, such of other places.
    like: Vec<String>,
}

/// Who would get it.
#[derive(Serialize, ToSchema)]
struct UnitsView {
    category: CategoryCode,
    lead: UnitCode,
    name: String,
    assists: Vec<UnitCode>,
    /// What they are called, in the same order.
    assist_names: Vec<String>,
    score: f64,
    why: String,
    /// Of the last matters like it that this unit was sent to lead, how many it returned.
    returned: usize,
    of: usize,
}

/// A category whose rules disagree.
#[derive(Serialize, ToSchema)]
struct UnclearView {
    category: CategoryCode,
    why: String,
}

/// A ticket like it.
#[derive(Serialize, ToSchema)]
pub(super) struct LikeView {
    #[serde(flatten)]
    line: LineView,
    /// 0 to 1
    score: f64,
    /// The rarest words that both have.
    words: Vec<String>,
    same_caller: bool,
    why: String,
}

/// Suggests categories, units and tickets on the same matter for a text that is being taken down.
#[utoipa::path(tag = "tickets", request_body = Asked, responses(
    (status = 200, body = SuggestedView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[post("/suggest")]
pub async fn propose(
    app: web::Data<App>,
    Asker(actor): Asker,
    raw: RawBody,
) -> Result<HttpResponse> {
    run(move || {
        let now = app.db.now();
        let (rules, names) = app
            .db
            .read(|conn| Ok((app.hotline.rules.current(conn, now)?, app.search.names(conn)?)))?;
        actor.require(&WHO)?;
        let asked: Asked = raw.parse()?;
        let gazetteer = app.places.of(&rules.directory)?;
        let (advisers, today) = (advisers(&app, &gazetteer), now.day(rules.profile.zone));
        let suggested = suggest(advisers, &actor, &names, &asked, (now, today))?;
        let scene = rules.scene(&actor, now, Mode::Live);
        let slip = slip::slip(&app.keys, &suggested, now)?;
        Answer::ok(&shown(suggested, slip, &scene))
    })
    .await
    .map(Answer::respond)
}

pub(super) fn advisers<'a>(app: &'a App, gazetteer: &'a Gazetteer) -> Advisers<'a> {
    Advisers {
        db: &app.db,
        keys: &app.keys,
        search: &app.search,
        school: app.school.as_ref(),
        library: &app.hotline.rules.library,
        gazetteer,
        certain: app.config.places.certain,
    }
}

fn shown(suggested: Suggested, slip: String, scene: &Scene<'_>) -> SuggestedView {
    let directory = scene.directory;
    let Suggested {
        categories,
        source,
        units,
        unclear,
        known,
        examples,
        declared,
        articles,
        places,
        vexatious,
        ..
    } = suggested;
    let model = match source {
        Source::Model(id) => Some(id.to_string()),
        Source::Names => None,
    };
    let unclear = unclear.into_iter().map(|(category, why)| UnclearView { category, why });
    let Known { degraded, duplicates, like, incidents } = known;
    let zone = scene.profile.zone;
    let declared = declared.into_iter().map(|known| declared_hit(known, zone));
    let linked = incidents.into_iter().map(|like| IncidentHit::Linked(like_view(like, scene)));
    let likes: Vec<&Like> = duplicates.iter().chain(&like).chain(&examples).collect();
    let named = categories.into_iter().map(|it| category(it, source, directory, &likes));
    let categories = named.collect();
    SuggestedView {
        categories,
        model,
        units: units.into_iter().map(|it| units_view(it, directory)).collect(),
        unclear: unclear.collect(),
        degraded,
        duplicates: views(duplicates, scene),
        like: views(like, scene),
        articles: articles.into_iter().map(article_hit).collect(),
        incidents: declared.chain(linked).collect(),
        slip,
        places: candidates(places, directory),
        vexatious: vexatious.map(|mark| MarkView::of(mark, scene.profile.zone)),
    }
}

/// An incident that it may be about.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum IncidentHit {
    Declared(DeclaredHit),
    Linked(LikeView),
}

/// An incident that was declared, before anybody called perhaps.
#[derive(Serialize, ToSchema)]
struct DeclaredHit {
    /// Its id, as in `/incidents/{id}`.
    incident: String,
    title: String,
    /// What the caller is told.
    tell: String,
    since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_end: Option<String>,
    /// The live ticket that the caller's is merged into; absent until there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    no: Option<String>,
    /// How many were merged into that.
    linked: i32,
    near: Near,
    /// 0 to 1
    score: f64,
    why: String,
}

fn declared_hit(known: Declared, zone: chrono_tz::Tz) -> IncidentHit {
    let Declared { row, near, score, lead } = known;
    let said = match near {
        Near::Estate => "incident.at_estate",
        Near::Region => "incident.at_region",
        Near::Category => "incident.of_category",
    };
    IncidentHit::Declared(DeclaredHit {
        incident: row.id.to_string(),
        title: row.title,
        tell: row.tell,
        since: row.since.rfc3339(zone),
        expected_end: row.expected_end.map(|at| at.rfc3339(zone)),
        no: row.lead.filter(|_| lead.is_some()),
        linked: lead.map_or(0, |lead| lead.linked),
        near,
        score,
        why: sentence(said, &[]),
    })
}

fn article_hit((hit, content): (Hit, Content)) -> ArticleHit {
    let score = f64::from(hit.score) / 1_000.0;
    ArticleHit {
        code: hit.code.to_string(),
        title: content.title.to_string(),
        internal: content.internal,
        score,
        standing: hit.standing,
        why: hit.why,
    }
}

fn category(
    one: Suggestion,
    source: Source,
    directory: &Directory,
    likes: &[&Like],
) -> CategoryView {
    let code = CategoryCode::from(one.label);
    let of_it = likes.iter().filter(|like| like.row.category.as_ref() == Some(&code));
    let like = of_it.take(EXAMPLES).map(|like| like.row.no.clone()).collect();
    let name_of = |code: &CategoryCode| directory.category(code).map(|it| it.name.clone());
    let words = one.words.join("、");
    let said = match (source, one.words.is_empty()) {
        (_, true) => "suggest.whole",
        (Source::Model(_), false) => "suggest.words",
        (Source::Names, false) => "suggest.names",
    };
    let mut path: Vec<String> =
        directory.category_ancestors(&code).iter().filter_map(name_of).collect();
    path.reverse();
    CategoryView {
        name: name_of(&code).unwrap_or_else(|| code.to_string()),
        path,
        code,
        score: one.score,
        why: sentence(said, &[("words", &words)]),
        words: one.words,
        like,
    }
}

fn units_view(one: Units, directory: &Directory) -> UnitsView {
    let (returned, of) = one.returned;
    let record = (returned > 0).then(|| {
        let (returned, of) = (returned.to_string(), of.to_string());
        sentence("suggest.returned", &[("returned", &returned), ("of", &of)])
    });
    let name_of = |code: &UnitCode| directory.unit(code).map(|unit| unit.name.clone());
    UnitsView {
        name: name_of(&one.lead).unwrap_or_default(),
        assist_names: one
            .assists
            .iter()
            .map(|it| name_of(it).unwrap_or_else(|| it.to_string()))
            .collect(),
        why: [Some(one.why), record].into_iter().flatten().collect::<Vec<_>>().join("；"),
        category: one.category,
        lead: one.lead,
        assists: one.assists,
        score: one.score,
        returned,
        of,
    }
}

pub(super) fn views(likes: Vec<Like>, scene: &Scene<'_>) -> Vec<LikeView> {
    likes.into_iter().map(|like| like_view(like, scene)).collect()
}

fn like_view(like: Like, scene: &Scene<'_>) -> LikeView {
    let words = like.words.join("、");
    let said = match (like.same_caller, like.same_place) {
        (true, true) => "suggest.same_caller",
        (true, false) => "suggest.own_elsewhere",
        (false, true) => "suggest.shared",
        (false, false) => "suggest.elsewhere",
    };
    let words = if words.is_empty() { "—".to_owned() } else { words };
    LikeView {
        line: view::line(&like.row, scene),
        score: like.score,
        why: sentence(said, &[("words", &words)]),
        words: like.words,
        same_caller: like.same_caller,
    }
}
