//! Web, `/rates/tickets`: what lies behind a figure (domain.md §6 rule 7). Its rule: asked with the words of the table, and
//! answered from the same facts.

pub mod sheet;

use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Asked, RatesQuery};
use crate::app::App;
use crate::assessment::{Categories, Edition, GroupBy, Item, Metric, Place, Side, store};
use crate::db::Conn;
use crate::error::Result;
use crate::identity::Actor;
use crate::lifecycle::Rules;
use crate::time::Stamp;
use crate::web::api::stretch::Stretch;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Query, run_long};

/// Which side of which cell.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DrillQuery {
    window: Option<String>,
    from: Option<String>,
    to: Option<String>,
    group_by: Option<GroupBy>,
    edition: Option<Edition>,
    rollup: Option<bool>,
    #[param(value_type = Option<String>)]
    categories: Option<Categories>,
    /// The row's key (`-` for what has none); the total where it is left out.
    pub key: Option<String>,
    pub metric: Metric,
    /// `num` where nothing is said.
    pub part: Option<Side>,
    /// 1 to 500, 50 where nothing is said.
    limit: Option<u32>,
    after: Option<String>,
}

/// A ticket, or one assignment of it, behind a figure.
#[derive(Serialize, ToSchema)]
struct DrillItem {
    no: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment: Option<String>,
    weight: f64,
}

/// A page of what lies behind a figure.
#[derive(Serialize, ToSchema)]
pub struct DrillView {
    /// `name@version`: under which the figure was made.
    profile: String,
    items: Vec<DrillItem>,
    next: Option<String>,
}

impl DrillView {
    /// The numbers of the tickets that the page names.
    pub fn numbers(&self) -> Vec<String> {
        self.items.iter().map(|item| item.no.clone()).collect()
    }
}

/// The tickets behind one side of one figure; their weights sum to it.
#[utoipa::path(tag = "figures", params(DrillQuery), responses(
    (status = 200, body = DrillView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[get("/rates/tickets")]
pub async fn behind(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<DrillQuery>,
) -> Result<HttpResponse> {
    run_long(move || Answer::ok(&behind_of(&app, &actor, &query)?)).await.map(Answer::respond)
}

/// What lies behind the side of the figure that `query` names, as far as `actor` may see it.
///
/// # Errors
/// 403 for a role that sees no figures; 422 for what there is not.
pub fn behind_of(app: &App, actor: &Actor, query: &DrillQuery) -> Result<DrillView> {
    let page = Stretch::asked(query.limit, query.after.as_deref())?;
    let hotline = &app.hotline;
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let (profile, all) = shares_of(app, conn, (actor, &rules), query, now)?;
        let (some, next) = page.of(&all);
        let items = named(conn, some)?;
        Ok(DrillView { profile, items, next })
    })
}

/// Under which profile the figure was made, and all that lies behind the side of it that `query` names.
fn shares_of(
    app: &App,
    conn: &mut Conn,
    (actor, rules): (&Actor, &Rules),
    query: &DrillQuery,
    now: Stamp,
) -> Result<(String, Vec<Item>)> {
    let as_rates = RatesQuery {
        window: query.window.clone(),
        from: query.from.clone(),
        to: query.to.clone(),
        group_by: query.group_by,
        edition: query.edition,
        rollup: query.rollup,
        categories: query.categories,
        ..RatesQuery::default()
    };
    let asked = Asked::of(&as_rates, rules, actor, now)?;
    let facts = asked.facts(&app.shelf, conn)?;
    let place = Place { dims: &asked.dims, depth: asked.depth, key: query.key.as_deref() };
    let side = query.part.unwrap_or(Side::Num);
    let shows = |key: &str| asked.shows(key);
    let (units, ask) = (asked.units.as_ref(), asked.question());
    let shares = app.shelf.behind(&facts, units, &ask, query.metric);
    let all = shares.cell(&facts.names, place, side, shows);
    Ok((asked.scoring.profile.clone(), all))
}

/// `some` by the numbers of their tickets.
fn named(conn: &mut Conn, some: &[Item]) -> Result<Vec<DrillItem>> {
    let ids: Vec<i64> = some.iter().map(|item| item.ticket).collect();
    let numbers = store::numbers(conn, &ids)?;
    let item = |item: &Item| {
        let no = numbers.get(&item.ticket)?.clone();
        let assignment = item.assignment.map(|k| format!("{no}-{k}"));
        Some(DrillItem { no, assignment, weight: item.weight })
    };
    Ok(some.iter().filter_map(item).collect())
}
