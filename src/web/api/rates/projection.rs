//! Web, `/rates/projection`: if the window were frozen today, for one unit. Its rule: the score of the table, the
//! tickets that pull it down, and what can still be done; it changes nothing and promises nothing.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::fair::Mix;
use super::{Asked, RatesQuery, RowView, row};
use crate::app::App;
use crate::assessment::figures::figure_of;
use crate::assessment::fraction::Fraction;
use crate::assessment::late::cutoff;
use crate::assessment::projection::{Cost, Projection, Remedy, next_due, projection, remedies};
use crate::assessment::{Edition, GroupBy, Metric};
use crate::directory::UnitCode;
use crate::error::{Error, FieldError, Result};
use crate::identity::Actor;
use crate::lifecycle::Rules;
use crate::reports::live;
use crate::ticket::store::{Vault, load_many};
use crate::ticket::{StateName, Ticket};
use crate::time::Stamp;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Query, run_long};

/// No more tickets of either kind are listed; `more` says how many are left out.
const LISTED: u32 = 200;

/// Of which unit.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ProjectionQuery {
    /// `2026-10`: the profile's window that ends in October.
    window: Option<String>,
    unit: UnitCode,
    /// `assessed` where nothing is said: what a report would count.
    edition: Option<Edition>,
    /// How many tickets of either kind are listed at most: 1 to 200, 200 where nothing is said.
    limit: Option<u32>,
}

impl ProjectionQuery {
    fn limit(&self) -> Result<usize> {
        match self.limit.unwrap_or(LISTED) {
            limit @ 1..=LISTED => Ok(limit as usize),
            _ => Err(Error::invalid(vec![FieldError::with(
                "/limit",
                "field.range",
                &[("from", "1"), ("to", &LISTED.to_string())],
            )])),
        }
    }
}

/// A rate so far.
#[derive(Serialize, ToSchema)]
struct RateView {
    num: f64,
    den: i64,
    value: Option<f64>,
}

/// Something that can still be done.
#[derive(Serialize, ToSchema)]
struct RemedyView {
    code: Remedy,
    name: &'static str,
}

/// A ticket that pulls the score down.
#[derive(Serialize, ToSchema)]
struct CostView {
    no: String,
    state: StateName,
    /// The score without it, and how many points more that is; null where a rate would have no answer left.
    score_without: Option<f64>,
    points: Option<f64>,
    can: Vec<RemedyView>,
}

/// A ticket that will still count.
#[derive(Serialize, ToSchema)]
struct OpenView {
    no: String,
    state: StateName,
    /// The next limit that runs.
    due_at: Option<String>,
    /// Whether its citizen will be asked.
    survey_due: bool,
    can: Vec<RemedyView>,
}

/// How a unit would stand if its window were frozen now.
#[derive(Serialize, ToSchema)]
pub struct ProjectionView {
    unit: String,
    name: String,
    window: String,
    /// `name@version`: under which the score is made.
    profile: String,
    edition: Edition,
    /// Null where a rate has no answer yet.
    score: Option<f64>,
    rates: BTreeMap<&'static str, RateView>,
    /// The dearest first.
    pulls_down: Vec<CostView>,
    /// By receipt of their numbers.
    will_enter: Vec<OpenView>,
    /// How many of each are not listed.
    more_pull_down: usize,
    more_will_enter: usize,
    /// From then on a survey is too late for the window's report: nothing more enters, and no rework helps. Nothing where
    /// the profile has no such day.
    #[serde(skip_serializing_if = "Option::is_none")]
    surveys_until: Option<String>,
}

impl ProjectionView {
    /// The numbers of the tickets that are listed.
    pub fn numbers(&self) -> Vec<String> {
        let costs = self.pulls_down.iter().map(|it| it.no.clone());
        costs.chain(self.will_enter.iter().map(|it| it.no.clone())).collect()
    }
}

/// A unit's score as it stands over the surveys so far, and what can still be done.
#[utoipa::path(tag = "figures", params(ProjectionQuery), responses(
    (status = 200, body = ProjectionView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[get("/rates/projection")]
pub async fn projected(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<ProjectionQuery>,
) -> Result<HttpResponse> {
    run_long(move || Answer::ok(&projection_of(&app, &actor, &query)?)).await.map(Answer::respond)
}

/// How the unit of `query` would stand, as `actor` may see it.
///
/// # Errors
/// 403 for a role that sees no figures; 404 for a unit that is not the reader's; 422 for a window that there is not, and
/// for a limit out of its range.
pub fn projection_of(app: &App, actor: &Actor, query: &ProjectionQuery) -> Result<ProjectionView> {
    let (hotline, most) = (&app.hotline, query.limit()?);
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let as_rates = by_unit(query.window.as_deref(), query.edition);
        let asked = Asked::of(&as_rates, &rules, actor, now)?;
        let name = rules.directory.unit(&query.unit).map(|unit| unit.name.clone());
        let name = name.filter(|_| asked.shows(query.unit.as_str()));
        let name = name.ok_or_else(Error::not_found)?;
        let facts = asked.facts(&app.shelf, conn)?;
        let vault = Vault { keys: &hotline.keys };
        let facts = live::as_frozen(conn, (vault, &rules), &asked.window, facts)?;
        let empty = Projection { rates: [(0, 0); 3], score: None, costs: vec![], open: vec![] };
        let unit = facts.names.find(query.unit.as_str());
        let book = rules.of_window(&asked.window)?;
        let cutoff = cutoff(&asked.window, &book);
        let ask = asked.question();
        let found = unit.map_or(empty, |unit| projection(&facts, &ask, unit, cutoff));
        let costs = found.costs.iter().take(most).map(|cost| cost.ticket);
        let ids: Vec<i64> = costs.chain(found.open.iter().take(most).copied()).collect();
        let tickets = load_many(conn, vault, &ids)?;
        let seen = Seen { rules: &rules, tickets, most, now, cutoff };
        Ok(seen.view(&query.unit, name, &asked, &found))
    })
}

/// The same question as the table of figures is asked.
fn by_unit(window: Option<&str>, edition: Option<Edition>) -> RatesQuery {
    RatesQuery {
        group_by: Some(GroupBy::Unit),
        edition: Some(edition.unwrap_or(Edition::Assessed)),
        window: window.map(str::to_owned),
        ..RatesQuery::default()
    }
}

/// The scores of all units that the reader sees, if the window were frozen now.
#[derive(Serialize)]
pub struct StandingsView {
    window: String,
    profile: String,
    edition: Edition,
    /// Each with the score and the rates that [`projection_of`] gives of it.
    pub rows: Vec<RowView>,
}

impl StandingsView {
    /// Whether the unit `code` is among them.
    pub fn has(&self, code: &str) -> bool {
        self.rows.iter().any(|row| row.key.as_deref() == Some(code))
    }
}

/// How each unit that `actor` may see would stand if `window` were frozen now.
///
/// # Errors
/// 403 for a role that sees no figures; 422 for a window that there is not.
pub fn standings_of(app: &App, actor: &Actor, window: &str) -> Result<StandingsView> {
    let hotline = &app.hotline;
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let as_rates = by_unit(Some(window), None);
        let asked = Asked::of(&as_rates, &rules, actor, now)?;
        let facts = asked.facts(&app.shelf, conn)?;
        let vault = Vault { keys: &hotline.keys };
        let facts = live::as_frozen(conn, (vault, &rules), &asked.window, facts)?;
        let mix = Mix::of(&asked, &as_rates, &facts, &facts)?;
        let computed = app.shelf.table(&facts, asked.question());
        let shown = computed.rates(&asked.dims, asked.depth, |key| asked.shows(key));
        Ok(StandingsView {
            window: asked.window.label(),
            profile: asked.scoring.profile.clone(),
            edition: asked.edition,
            rows: shown.rows.into_iter().map(|it| row(it, &[], None, &mix)).collect(),
        })
    })
}

/// The tickets that are listed.
struct Seen<'a> {
    rules: &'a Rules,
    tickets: BTreeMap<i64, Ticket>,
    /// Of either kind.
    most: usize,
    now: Stamp,
    /// Of the window's surveys.
    cutoff: Option<Stamp>,
}

impl Seen<'_> {
    fn view(
        &self,
        unit: &UnitCode,
        name: String,
        asked: &Asked,
        found: &Projection,
    ) -> ProjectionView {
        let rates = Metric::THREE.into_iter().zip(found.rates);
        let rate = |(metric, (exact, den)): (Metric, (i64, i64))| {
            let (num, value) = figure_of(metric, exact, den);
            (metric.as_str(), RateView { num, den, value })
        };
        let (costs, open) = (found.costs.len(), found.open.len());
        ProjectionView {
            unit: unit.to_string(),
            name,
            window: asked.window.label(),
            profile: asked.scoring.profile.clone(),
            edition: asked.edition,
            score: found.score.map(Fraction::as_f64),
            rates: rates.map(rate).collect(),
            pulls_down: found.costs.iter().take(self.most).filter_map(|it| self.cost(it)).collect(),
            will_enter: found.open.iter().take(self.most).filter_map(|id| self.open(*id)).collect(),
            more_pull_down: costs.saturating_sub(self.most),
            more_will_enter: open.saturating_sub(self.most),
            surveys_until: self.cutoff.map(|at| at.rfc3339(self.rules.profile.zone)),
        }
    }

    fn can(&self, ticket: &Ticket) -> Vec<RemedyView> {
        let found = remedies(ticket, &self.rules.profile, self.now, self.cutoff).into_iter();
        found.map(|code| RemedyView { code, name: code.zh() }).collect()
    }

    /// Nothing for one whose key was destroyed: nothing can be done about it.
    fn cost(&self, cost: &Cost) -> Option<CostView> {
        let ticket = self.tickets.get(&cost.ticket)?;
        Some(CostView {
            no: ticket.no.clone(),
            state: ticket.state.name(),
            score_without: cost.without.map(Fraction::as_f64),
            points: cost.points.map(Fraction::as_f64),
            can: self.can(ticket),
        })
    }

    fn open(&self, id: i64) -> Option<OpenView> {
        let ticket = self.tickets.get(&id)?;
        Some(OpenView {
            no: ticket.no.clone(),
            state: ticket.state.name(),
            due_at: next_due(ticket).map(|at| at.rfc3339(self.rules.profile.zone)),
            survey_due: ticket.survey_is_due(),
            can: self.can(ticket),
        })
    }
}
