//! Web, `/reports`: special reports 专报 and what lies behind them. Its rule: who reads how much of one is
//! `reports::sight`'s to say, and what may be done to it `reports::state`'s.

mod beside;
pub mod printed;
mod task_sheet;
mod task_view;
pub mod tasks;
pub mod view;
mod writing;

use actix_web::{HttpResponse, get, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use self::view::{BehindItem, BehindView, DifferencesView, ReportLine, ReportList, ReportView};
use crate::app::App;
use crate::assessment::Side;
use crate::assessment::store::numbers;
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::reports::{Desk, Reads, Spot, State, listing};
use crate::web::api::stretch::{Onward, Stretch};
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Query, run, run_long};

/// Every route of reports.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services
        .service(list)
        .service(writing::create)
        // Before the report itself too.
        .service(tasks::list)
        .service(task_sheet::report_tasks_csv)
        .service(task_sheet::report_tasks_xlsx)
        .service(tasks::one)
        .service(tasks::answer)
        .service(tasks::accept)
        .service(tasks::send_back)
        // Before the report itself, whose id may hold any character.
        .service(printed::print)
        .service(one)
        .service(tickets)
        .service(differences)
        .service(writing::preview)
        .service(writing::object)
        .service(writing::confirm)
        .service(writing::decide)
        .service(writing::freeze)
        .service(writing::sign)
        .service(writing::publish)
        .service(writing::text)
        .service(writing::choose)
        .service(writing::instruct)
        .service(writing::restate);
}

/// Reports as `actor` sees them.
fn desk<'a>(app: &'a App, actor: &'a Actor) -> Desk<'a> {
    Desk { hotline: &app.hotline, actor, site: &app.mailing.site }
}

/// The id in an address.
///
/// # Errors
/// 404: what is no number is no report's.
pub fn read_id(text: &str) -> Result<i64> {
    text.parse().map_err(|_| Error::not_found())
}

/// Which reports.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ReportQuery {
    /// Only those in this state.
    state: Option<State>,
    /// 1 to 500, 50 where nothing is said.
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Reports, the newest first; units see those in their check period and those that were published.
#[utoipa::path(tag = "reports", operation_id = "reports_list", params(ReportQuery), responses(
    (status = 200, body = ReportList),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[get("/reports")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<ReportQuery>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&listed(&app, &actor, &query)?)).await.map(Answer::respond)
}

/// The reports that `actor` knows of.
///
/// # Errors
/// 403 for whom none is there; 422 at `/limit` and `/after`.
pub fn listed(app: &App, actor: &Actor, query: &ReportQuery) -> Result<ReportList> {
    let reads = Reads::of(actor);
    if reads == Reads::Nothing {
        return Err(Error::forbidden());
    }
    let page = Onward::asked(query.limit, query.after.as_deref())?;
    let most = page.most();
    let ask = |conn: &mut _| listing::page(conn, &reads, query.state, page.after, most);
    let (rows, next) = page.of(app.db.read(ask)?, |row| row.id);
    let zone = app.config.site.zone;
    let items = rows.into_iter().map(|row| ReportLine::of(row, zone)).collect();
    Ok(ReportList { items, next })
}

/// How far a report has come: each step with who and when, what may be done, what was written into it, and the
/// objections that the reader may see.
#[utoipa::path(tag = "reports", operation_id = "reports_one", params(("id" = String, Path)), responses(
    (status = 200, body = ReportView),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/reports/{id}")]
pub async fn one(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
) -> Result<HttpResponse> {
    run(move || {
        let view = opened(&app, &actor, &id)?;
        Ok(Answer::ok(&view)?.versioned(view.line.version.into()))
    })
    .await
    .map(Answer::respond)
}

/// The report `id` as `actor` sees it.
///
/// # Errors
/// 404 where it is absent or not for their eyes.
pub fn opened(app: &App, actor: &Actor, id: &str) -> Result<ReportView> {
    let (id, now) = (read_id(id)?, app.db.now());
    let (seen, tasks) = app.db.read(|conn| {
        let desk = desk(app, actor);
        let seen = desk.look(conn, id, now)?;
        let tasks = desk.instructions(conn, &seen.row, now)?;
        Ok((seen, tasks))
    })?;
    Ok(ReportView::of(seen, tasks, app.config.site.zone))
}

/// Which cell.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CellQuery {
    /// The ids that the document has for them.
    pub table: String,
    pub row: String,
    pub column: String,
    /// The side that the cell was printed from where nothing is said.
    part: Option<Side>,
    /// 1 to 500, 50 where nothing is said.
    limit: Option<u32>,
    after: Option<String>,
}

/// The tickets behind a cell of a report, as they were when its figures were taken; the weights sum to the cell.
/// Units find their own alone.
#[utoipa::path(tag = "reports", operation_id = "reports_tickets", params(("id" = String, Path), CellQuery), responses(
    (status = 200, body = BehindView),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[get("/reports/{id}/tickets")]
pub async fn tickets(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
    Query(query): Query<CellQuery>,
) -> Result<HttpResponse> {
    run_long(move || Answer::ok(&behind_of(&app, &actor, (&id, &query))?))
        .await
        .map(Answer::respond)
}

/// What lies behind a cell of the report `id`, as far as `actor` may see it.
///
/// # Errors
/// 404; 422 where there is no such cell, or it has no tickets.
pub fn behind_of(app: &App, actor: &Actor, (id, query): (&str, &CellQuery)) -> Result<BehindView> {
    let page = Stretch::asked(query.limit, query.after.as_deref())?;
    let id = read_id(id)?;
    app.db.read(|conn| {
        let spot = Spot { table: &query.table, row: &query.row, column: &query.column };
        let desk = desk(app, actor);
        let (all, words) = desk.tickets(conn, &app.drawer, (id, spot), query.part)?;
        let (some, next) = page.of(&all);
        let ids: Vec<i64> = some.iter().map(|item| item.ticket).collect();
        let numbers = numbers(conn, &ids)?;
        let items = some.iter().map(|item| BehindItem::of(item, &numbers)).collect();
        Ok(BehindView { items, next, words })
    })
}

/// What a restatement changed: every cell that differs, the tickets whose weight differs, and what happened to them
/// since.
#[utoipa::path(tag = "reports", operation_id = "reports_differences", params(("id" = String, Path)), responses(
    (status = 200, body = DifferencesView),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/reports/{id}/differences")]
pub async fn differences(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
) -> Result<HttpResponse> {
    run_long(move || Answer::ok(&differences_of(&app, &actor, &id)?)).await.map(Answer::respond)
}

/// What the restatement `id` changed, as far as `actor` may see it.
///
/// # Errors
/// 404 where the report is absent or not for their eyes.
pub fn differences_of(app: &App, actor: &Actor, id: &str) -> Result<DifferencesView> {
    let id = read_id(id)?;
    app.db.read(|conn| {
        let changes = desk(app, actor).changes(conn, &app.drawer, id)?;
        let Some(changes) = changes else { return Ok(DifferencesView::default()) };
        let all = changes.differences.iter().flat_map(|it| &it.moved);
        let ids: Vec<i64> = all.map(|moved| moved.ticket).collect();
        let numbers = numbers(conn, &ids)?;
        Ok(DifferencesView::of(&changes, &numbers, app.config.site.zone))
    })
}
