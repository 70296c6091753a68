//! Web, `/places`: what the words of an address mean, and the queue of tickets whose place stayed free text. Its rule: the text
//! is in the body and nowhere else; the queue shows it masked.

use std::sync::Arc;

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::tickets::shown;
use super::view::{self, LineView, TicketView};
use crate::app::App;
use crate::db::{Conn, Tx};
use crate::directory::{Directory, EstateCode, RegionCode};
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::lifecycle::locate::Aim;
use crate::lifecycle::{Hotline, Rules};
use crate::places::queue::{Lamp, PutAside, Settlement, Waiting};
use crate::places::{Aside, Candidate, DoubtCode, Gazetteer, Resolved, WHO};
use crate::ticket::store::Stored;
use crate::ticket::{Mode, Scene, Text};
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Page, Query, RawBody, Refused, VersionHeaders, Versioned, run};

/// Every route of places.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services.service(resolve).service(queue).service(settle).service(put_aside);
}

/// Words that say where something is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaidPlace {
    /// As the caller says it; the first 400 characters count.
    text: Text,
    /// What is known besides: a district, street or community.
    #[serde(default)]
    region: Option<RegionCode>,
}

/// What was said, and the places that it may mean.
#[derive(Serialize, ToSchema)]
pub struct ResolvedView {
    /// The likest first, five at most.
    candidates: Vec<CandidateView>,
    /// The building and entrance that the text names: 3号楼2单元.
    #[serde(skip_serializing_if = "Option::is_none")]
    building: Option<String>,
}

/// A place that may be meant.
#[derive(Serialize, ToSchema)]
pub struct CandidateView {
    #[serde(skip_serializing_if = "Option::is_none")]
    estate: Option<PlaceName<EstateCode>>,
    /// The estate's, else the narrowest one that was named.
    region: PlaceName<RegionCode>,
    /// The names of the regions, the widest first.
    path: Vec<String>,
    /// 0 to 1
    score: f64,
    /// By which words.
    why: String,
    /// What must be asked before it is taken.
    doubts: Vec<DoubtView>,
    /// An estate, alone, well scored and without a doubt.
    certain: bool,
}

/// A code with its name.
#[derive(Serialize, ToSchema)]
pub struct PlaceName<C> {
    code: C,
    name: String,
}

/// What speaks against a candidate.
#[derive(Serialize, ToSchema)]
pub struct DoubtView {
    code: DoubtCode,
    text: String,
}

/// A ticket that waits for its place.
#[derive(Serialize, ToSchema)]
pub struct WaitingView {
    #[serde(flatten)]
    line: LineView,
    /// Masked.
    address: String,
    candidates: Vec<CandidateView>,
    /// It was put aside for this reason, and something new is offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    was_aside: Option<Aside>,
}

/// A page of the queue.
#[derive(Serialize, ToSchema)]
pub struct WaitingList {
    items: Vec<WaitingView>,
    /// Where it goes on; a page may be shorter than was asked and still go on.
    next: Option<String>,
}

/// Says which estates and regions the words of an address may mean, while they are typed.
#[utoipa::path(tag = "places", request_body = SaidPlace, responses(
    (status = 200, body = ResolvedView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[post("/places/resolve")]
pub async fn resolve(
    app: web::Data<App>,
    Asker(actor): Asker,
    raw: RawBody,
) -> Result<HttpResponse> {
    run(move || {
        actor.require(&WHO)?;
        let said: SaidPlace = raw.parse()?;
        let room = app.db.read(|conn| Room::of(&app, conn))?;
        let directory = &room.rules.directory;
        if said.region.as_ref().is_some_and(|code| directory.region(code).is_none()) {
            return Err(Error::field("/region", "field.unknown_code"));
        }
        let lamp = room.lamp(&app);
        let about = (lamp.today, lamp.certain);
        let resolved = lamp.gazetteer.resolve(&said.text, said.region.as_ref(), about);
        Answer::ok(&resolved_view(resolved, directory))
    })
    .await
    .map(Answer::respond)
}

/// Live tickets with an address and no estate, the longest waiting first, each with what the address may mean.
#[utoipa::path(tag = "places", params(Page), responses(
    (status = 200, body = WaitingList),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[get("/places/queue")]
pub async fn queue(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(page): Query<Page>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&queue_of(&app, &actor, (page.limit, page.after.as_deref()))?))
        .await
        .map(Answer::respond)
}

/// A page of the queue: at most `limit` (50 where nothing is said) after the one `after`.
///
/// # Errors
/// 403 for whoever neither takes calls nor dispatches; 422 at `/limit` and `/after`.
pub fn queue_of(
    app: &App,
    actor: &Actor,
    (limit, after): (Option<u32>, Option<&str>),
) -> Result<WaitingList> {
    actor.require(&WHO)?;
    let limit = Page { limit, after: None }.limit()?;
    let (room, (waiting, next)) = app.db.read(|conn| {
        let room = Room::of(app, conn)?;
        let page = room.lamp(app).page(conn, actor, after, limit)?;
        Ok((room, page))
    })?;
    let scene = room.rules.scene(actor, app.db.now(), Mode::Live);
    let items = waiting.into_iter().map(|one| waiting_view(one, &scene)).collect();
    Ok(WaitingList { items, next })
}

/// Gives a ticket of the queue its estate, or says in which region it is where there is no estate: an amendment of the
/// ticket's place, of which the address stays.
#[utoipa::path(tag = "places", request_body = Settlement,
    params(("no" = String, Path), VersionHeaders),
    responses(
        (status = 200, body = TicketView),
        (status = 409, description = "place.known, place.no_address, or its state", body = Problem, content_type = "application/problem+json"),
        Refused,
    ))]
#[post("/places/queue/{no}/settle")]
pub async fn settle(asked: Versioned<String>) -> Result<HttpResponse> {
    located(asked, Hotline::locate).await
}

/// Says that the place of a ticket cannot be resolved: it leaves the queue until something new can be offered.
#[utoipa::path(tag = "places", request_body = PutAside,
    params(("no" = String, Path), VersionHeaders),
    responses(
        (status = 200, body = TicketView),
        (status = 409, description = "place.known, place.no_address", body = Problem, content_type = "application/problem+json"),
        Refused,
    ))]
#[post("/places/queue/{no}/aside")]
pub async fn put_aside(asked: Versioned<String>) -> Result<HttpResponse> {
    located(asked, Hotline::leave_unlocated).await
}

/// Does `done` to the ticket that is asked for, and answers the ticket as it is then.
async fn located(
    asked: Versioned<String>,
    done: impl Fn(&Hotline, &mut Tx<'_>, &Actor, Aim<'_>, Lamp<'_>, &RawBody) -> Result<Stored>
    + Send
    + Sync
    + 'static,
) -> Result<HttpResponse> {
    let room = Room::now(&asked.app).await?;
    asked
        .write(move |tx, asked| {
            let Versioned { app, actor, path, version, raw, .. } = asked;
            let aim = Aim { no: path, expected: &|found| version.check(found.into()) };
            let stored = done(&app.hotline, tx, actor, aim, room.lamp(app), raw)?;
            let ticket = shown(&room.rules, actor, &stored, tx.now);
            Ok(Answer::ok(&ticket)?.versioned(i64::from(stored.version)))
        })
        .await
}

/// The rules of the moment with their names.
struct Room {
    rules: Arc<Rules>,
    gazetteer: Arc<Gazetteer>,
}

impl Room {
    fn of(app: &App, conn: &mut Conn) -> Result<Self> {
        let rules = app.hotline.rules.current(conn, app.db.now())?;
        let gazetteer = app.places.of(&rules.directory)?;
        Ok(Self { rules, gazetteer })
    }

    /// The same for a write: names are made ready before it, so that it never waits for them.
    async fn now(app: &web::Data<App>) -> Result<Self> {
        let house = app.clone();
        run(move || house.db.read(|conn| Self::of(&house, conn))).await
    }

    fn lamp<'a>(&'a self, app: &'a App) -> Lamp<'a> {
        let today = app.db.now().day(self.rules.profile.zone);
        let certain = app.config.places.certain;
        Lamp { gazetteer: &self.gazetteer, keys: &app.keys, today, certain }
    }
}

fn resolved_view(resolved: Resolved, directory: &Directory) -> ResolvedView {
    ResolvedView {
        candidates: candidates(resolved.candidates, directory),
        building: resolved.building,
    }
}

/// Candidates with their names.
pub(super) fn candidates(found: Vec<Candidate>, directory: &Directory) -> Vec<CandidateView> {
    found.into_iter().map(|one| candidate_view(one, directory)).collect()
}

fn candidate_view(one: Candidate, directory: &Directory) -> CandidateView {
    let mut path: Vec<String> =
        directory.region_path(&one.region).iter().map(|region| region.name.clone()).collect();
    path.reverse();
    let estate = one.estate.map(|code| PlaceName {
        name: directory.estate(&code).map_or_else(String::new, |estate| estate.name.clone()),
        code,
    });
    let name = path.last().cloned().unwrap_or_default();
    let doubts = one.doubts.into_iter().map(|it| DoubtView { code: it.code, text: it.text });
    CandidateView {
        estate,
        region: PlaceName { code: one.region, name },
        path,
        score: one.score,
        why: one.why,
        doubts: doubts.collect(),
        certain: one.certain,
    }
}

fn waiting_view(one: Waiting, scene: &Scene<'_>) -> WaitingView {
    WaitingView {
        line: view::line(&one.row, scene),
        address: one.address,
        candidates: candidates(one.resolved.candidates, scene.directory),
        was_aside: one.was_aside,
    }
}
