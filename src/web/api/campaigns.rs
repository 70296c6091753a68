//! Web, `/campaigns`: 每月一题: tickets under a goal, with points. Its rule: the desks see all, a unit's people those
//! with a point of theirs, and of the tickets none that is not theirs to see.

mod sheet;

use std::collections::BTreeSet;

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::db::Conn;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::proactive::campaign::{
    self, CampaignState, MoreTickets, NewCampaign, Outcome, Point, Proof,
};
use crate::proactive::sight::{Scope, scope};
use crate::proactive::store::campaigns::{self, CampaignRow};
use crate::proactive::store::tickets;
use crate::ticket::listing;
use crate::ticket::sight;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, IdempotencyKey, Once, Page, Query, RawBody, run, write_once};

/// Every route of campaigns.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services
        .service(list)
        .service(sheet::campaigns_csv)
        .service(sheet::campaigns_xlsx)
        .service(begin)
        .service(one)
        .service(gather)
        .service(done)
        .service(close);
}

/// A point, as its reader sees it.
#[derive(Serialize, ToSchema)]
pub struct PointView {
    /// Its place in the campaign, from 1.
    k: usize,
    what: String,
    unit: String,
    due_on: String,
    overdue: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    done_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    done_by: Option<String>,
}

/// A campaign.
#[derive(Serialize, ToSchema)]
pub struct CampaignView {
    id: String,
    month: String,
    goal: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    estate: Option<String>,
    state: CampaignState,
    points: Vec<PointView>,
    points_done: usize,
    /// Numbers of the tickets that the reader may see.
    tickets: Vec<String>,
    created_at: String,
    created_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<String>,
}

impl CampaignView {
    fn of(app: &App, conn: &mut Conn, actor: &Actor, row: CampaignRow) -> Result<Self> {
        let zone = app.config.site.zone;
        let today = app.db.now().day(zone);
        let points: Vec<Point> = row.points();
        let own = |point: &Point| !actor.company || actor.works_for(&point.unit);
        let found = tickets::numbered(conn, &row.numbers())?;
        let ids: Vec<i64> = found.iter().map(|it| it.id).collect();
        let mut visible: BTreeSet<i64> = BTreeSet::new();
        for some in ids.chunks(500) {
            visible.extend(listing::visible(conn, &sight::scope(actor), some)?);
        }
        let tickets = found.into_iter().filter(|it| visible.contains(&it.id));
        Ok(Self {
            id: row.id.to_string(),
            month: row.month,
            goal: row.goal,
            category: row.category.map(|code| code.to_string()),
            estate: row.estate.map(|code| code.to_string()),
            state: row.state,
            points_done: points.iter().filter(|it| it.done_at.is_some()).count(),
            points: (1..)
                .zip(points)
                .filter(|(_, point)| own(point))
                .map(|(k, point)| PointView {
                    k,
                    overdue: point.done_at.is_none() && point.due_on < today,
                    what: point.what,
                    unit: point.unit.to_string(),
                    due_on: point.due_on.to_string(),
                    proof: point.proof,
                    done_at: point.done_at.map(|at| at.rfc3339(zone)),
                    done_by: point.done_by,
                })
                .collect(),
            tickets: tickets.map(|it| it.no).collect(),
            created_at: row.created_at.rfc3339(zone),
            created_by: row.created_by,
            result: row.result,
            closed_at: row.closed_at.map(|at| at.rfc3339(zone)),
        })
    }
}

/// Campaigns, the newest first.
#[derive(Serialize, ToSchema)]
pub struct CampaignList {
    items: Vec<CampaignView>,
    next: Option<String>,
}

impl CampaignList {
    /// Whose points they have.
    pub fn units(&self) -> impl Iterator<Item = &str> {
        self.items.iter().flat_map(|it| &it.points).map(|point| point.unit.as_str())
    }
}

/// Which of them.
#[derive(Debug, Default, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CampaignQuery {
    /// Like `2026-11`.
    month: Option<String>,
    state: Option<CampaignState>,
    /// 1 to 500, 50 where nothing is said.
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Whether `actor` sees a campaign: the desks all, units those with a point of theirs.
fn sees(actor: &Actor, row: &CampaignRow, directory: &Directory) -> Result<bool> {
    Ok(match scope(actor, directory)? {
        Scope::All => true,
        Scope::Units(_) | Scope::Company(_) => {
            row.points().iter().any(|point| actor.works_for(&point.unit))
        }
    })
}

/// Campaigns that the reader may see, the newest first.
#[utoipa::path(tag = "campaigns", operation_id = "campaign_list", params(CampaignQuery), responses(
    (status = 200, body = CampaignList),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
#[get("/campaigns")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<CampaignQuery>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&list_of(&app, &actor, &query)?)).await.map(Answer::respond)
}

/// Campaigns that `actor` may see, the newest first.
///
/// # Errors
/// 403; 422 at `/limit` and `/after`.
pub fn list_of(app: &App, actor: &Actor, query: &CampaignQuery) -> Result<CampaignList> {
    let limit = Page { limit: query.limit, after: None }.limit()?;
    let after = query.after.as_deref().map(str::parse).transpose();
    let mut after = after.map_err(|_| Error::field("/after", "field.format"))?;
    app.db.read(|conn| {
        let directory = app.directory.current(conn)?;
        scope(actor, &directory)?;
        let which = (query.month.as_deref(), query.state);
        let (mut items, mut next) = (Vec::new(), None);
        // What is not shown does not shorten a page.
        'pages: loop {
            let found = campaigns::page(conn, which, after, 100)?;
            let is_end = found.len() < 100;
            for row in found {
                let seen = sees(actor, &row, &directory)?;
                if seen && items.len() == limit {
                    next = after.map(|id: i64| id.to_string());
                    break 'pages;
                }
                after = Some(row.id);
                if seen {
                    items.push(CampaignView::of(app, conn, actor, row)?);
                }
            }
            if is_end {
                break;
            }
        }
        Ok(CampaignList { items, next })
    })
}

/// Begins a campaign: a goal of a month with points, each of a unit and with a day.
#[utoipa::path(tag = "campaigns", operation_id = "campaign_begin", request_body = NewCampaign,
    params(("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 201, body = CampaignView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[post("/campaigns")]
pub async fn begin(
    app: web::Data<App>,
    Asker(actor): Asker,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(&campaign::KEEPERS)?;
    let house = app.clone();
    let idem = key.bind(&actor.name, raw.bytes());
    write_once(&app, idem, move |tx| {
        let plan: NewCampaign = raw.parse()?;
        let directory = house.directory.current(tx.conn)?;
        let row = campaign::begin(tx, &actor, &directory, &plan)?;
        let place = format!("/api/v1/campaigns/{}", row.id);
        Answer::created(place, &CampaignView::of(&house, tx.conn, &actor, row)?)
    })
    .await
}

/// The campaign `id`, where `actor` may see it.
fn seen(conn: &mut Conn, app: &App, actor: &Actor, id: &str) -> Result<CampaignRow> {
    let directory = app.directory.current(conn)?;
    scope(actor, &directory)?;
    let id = id.parse().map_err(|_| Error::not_found())?;
    let row = campaigns::find(conn, id)?.ok_or_else(Error::not_found)?;
    if sees(actor, &row, &directory)? { Ok(row) } else { Err(Error::not_found()) }
}

/// One campaign.
#[utoipa::path(tag = "campaigns", operation_id = "campaign_one", params(("id" = String, Path)), responses(
    (status = 200, body = CampaignView),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/campaigns/{id}")]
pub async fn one(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
) -> Result<HttpResponse> {
    run(move || {
        let view = app.db.read(|conn| {
            let row = seen(conn, &app, &actor, &id)?;
            CampaignView::of(&app, conn, &actor, row)
        })?;
        Answer::ok(&view)
    })
    .await
    .map(Answer::respond)
}

/// Puts more tickets under it.
#[utoipa::path(tag = "campaigns", operation_id = "campaign_gather", request_body = MoreTickets,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = CampaignView),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "campaign.not_open", body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[post("/campaigns/{id}/tickets")]
pub async fn gather(asked: Once<String>) -> Result<HttpResponse> {
    asked
        .write(|tx, Once { app, actor, path, raw, .. }| {
            let row = seen(tx.conn, app, actor, path)?;
            let row = campaign::gather(tx, actor, row, || raw.parse())?;
            Answer::ok(&CampaignView::of(app, tx.conn, actor, row)?)
        })
        .await
}

/// The unit of a point shows that it is done.
#[utoipa::path(tag = "campaigns", operation_id = "campaign_done", request_body = Proof,
    params(("id" = String, Path), ("k" = usize, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = CampaignView),
    (status = 403, description = "campaign.own_point", body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "campaign.not_open", body = Problem, content_type = "application/problem+json"),
))]
#[post("/campaigns/{id}/points/{k}/done")]
pub async fn done(asked: Once<(String, String)>) -> Result<HttpResponse> {
    asked
        .write(|tx, Once { app, actor, path: (id, k), raw, .. }| {
            let row = seen(tx.conn, app, actor, id)?;
            let k = k.parse().map_err(|_| Error::not_found())?;
            let row = campaign::done(tx, actor, (row, k), || raw.parse())?;
            Answer::ok(&CampaignView::of(app, tx.conn, actor, row)?)
        })
        .await
}

/// Ends it, with what came of it.
#[utoipa::path(tag = "campaigns", operation_id = "campaign_close", request_body = Outcome,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = CampaignView),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "campaign.not_open", body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[post("/campaigns/{id}/close")]
pub async fn close(asked: Once<String>) -> Result<HttpResponse> {
    asked
        .write(|tx, Once { app, actor, path, raw, .. }| {
            let row = seen(tx.conn, app, actor, path)?;
            let row = campaign::close(tx, actor, row, || raw.parse())?;
            Answer::ok(&CampaignView::of(app, tx.conn, actor, row)?)
        })
        .await
}
