//! Web, `/rates`: figures and what lies behind them (domain.md §6). Its rule: the table and its
//! drill-down are asked with the same words and made from the same facts.

pub mod days;
pub mod drill;
mod earlier;
mod fair;
mod listed;
pub mod projection;
mod quarter;
pub mod register;
pub mod sheet;
pub mod whatif;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::assessment::facts::Facts;
use crate::assessment::listed::dims;
use crate::assessment::rules::Rules as Scoring;
use crate::assessment::{
    Categories, Cell, Depth, Dim, Edition, GroupBy, List, Question, Remap, Row, Shelf,
};
use crate::db::Conn;
use crate::directory::UnitCode;
use crate::error::{Error, Result};
use crate::identity::{Actor, Role};
use crate::lifecycle::Rules;
use crate::limits::Window;
use crate::ticket::sight::{Scope, scope};
use crate::time::Stamp;
use crate::web::api::period::Period;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Query, run_long};
use earlier::Beside;
pub use earlier::{EarlierView, ThenView};
use fair::{Mix, MixView};
use listed::{DefinitionView, definitions};
use projection::projected;
use quarter::{Quarter, QuarterView, SpanView};

/// Which figures.
#[derive(Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RatesQuery {
    /// `2026-10`: the profile's window that ends in October.
    pub window: Option<String>,
    /// Instead of a window: a day or an RFC 3339 instant, included.
    pub from: Option<String>,
    /// A day or an RFC 3339 instant, not included.
    pub to: Option<String>,
    /// `unit` where nothing is said.
    pub group_by: Option<GroupBy>,
    /// `all` where nothing is said.
    pub edition: Option<Edition>,
    /// `true`: a row also holds what lies below it in the tree; of channels, letters and visits (petitions) and the
    /// others are each a row of their own.
    pub rollup: Option<bool>,
    /// `previous` 环比, `year` 同比, or both with a comma between: the same figures of the window before and of the
    /// same window a year earlier, of a window that still runs the same elapsed part.
    pub compare: Option<String>,
    /// `true`: rows with few answers also have their rates of three windows, this one the last of them.
    pub quarter: Option<bool>,
    /// `remapped`: by the categories that older ones are counted as today; `recorded` where nothing is said.
    #[param(value_type = Option<String>)]
    pub categories: Option<Categories>,
    /// `true`: by unit, head or company, what others get with the same matters.
    pub same_mix: Option<bool>,
}

/// One figure.
#[derive(Serialize, ToSchema)]
pub struct CellView {
    pub num: Option<f64>,
    pub den: Option<i64>,
    /// num ÷ den, unrounded; null at a zero denominator.
    pub value: Option<f64>,
    /// The Wilson 95 % interval of a rate.
    low: Option<f64>,
    high: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    median: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p90: Option<f64>,
    /// The id and version of its definition.
    definition: &'static str,
    /// The same of the earlier windows that were asked for, as far as they are known.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub earlier: BTreeMap<&'static str, ThenView>,
}

/// One line of figures.
#[derive(Serialize, ToSchema)]
pub struct RowView {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    pub name: String,
    /// The response denominator.
    pub n: i64,
    pub metrics: BTreeMap<&'static str, CellView>,
    rank: Option<u32>,
    /// Within its peers: 1 for the best and whoever cannot be told from it by the intervals.
    band: Option<u32>,
    /// Where the profile wants lists, and it can be told from the rest of its peers.
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<List>,
    /// n is small: out of the ranks.
    pub flagged: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    peers: Option<String>,
    /// Tickets that stand excluded, by reason.
    excluded: BTreeMap<String, i64>,
    /// Of a flagged row, where it was asked for: the rates of three windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    quarter: Option<QuarterView>,
    /// Where it was asked for: the three rates beside those of the same mix.
    #[serde(skip_serializing_if = "Option::is_none")]
    same_mix: Option<MixView>,
}

/// Figures of a window.
#[derive(Serialize, ToSchema)]
pub struct RatesView {
    from: String,
    to: String,
    group_by: GroupBy,
    edition: Edition,
    categories: Categories,
    /// `name@version`: the profile in force on the day on which the window begins.
    profile: String,
    /// With what each figure is compared, where that was asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub compare: Vec<EarlierView>,
    /// The three windows, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    quarter: Option<SpanView>,
    pub rows: Vec<RowView>,
    /// Pools the rows shown.
    pub total: RowView,
    definitions: BTreeMap<&'static str, DefinitionView>,
    /// Whether the profile wants red and black lists: a sheet has a column of them then.
    #[serde(skip)]
    has_lists: bool,
}

/// Figures by unit, head, category, estate, company, region or channel.
#[utoipa::path(tag = "figures", params(RatesQuery), responses(
    (status = 200, body = RatesView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[get("/rates")]
pub async fn rates(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<RatesQuery>,
) -> Result<HttpResponse> {
    run_long(move || Answer::ok(&table(&app, &actor, &query)?)).await.map(Answer::respond)
}

/// The figures that `actor` may see of what `query` asks.
///
/// # Errors
/// 403 for a role that sees no figures; 422 for a window or a comparison that there is not.
pub fn table(app: &App, actor: &Actor, query: &RatesQuery) -> Result<RatesView> {
    let hotline = &app.hotline;
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let asked = Asked::of(query, &rules, actor, now)?;
        let all = asked.facts(&app.shelf, conn)?;
        let facts = asked.mine(all.clone());
        let mix = Mix::of(&asked, query, &all, &facts)?;
        let computed = app.shelf.table(&facts, asked.question());
        let shown = computed.rates(&asked.dims, asked.depth, |key| asked.shows(key));
        let beside = Beside::of(&asked, query, &app.shelf, conn)?;
        let quarter = match query.quarter {
            Some(true) => Some(Quarter::of(&asked, conn)?),
            _ => None,
        };
        let row = |it: Row| row(it, &beside, quarter.as_ref(), &mix);
        let zone = rules.profile.zone;
        Ok(RatesView {
            from: asked.window.start.rfc3339(zone),
            to: asked.window.end.rfc3339(zone),
            group_by: asked.by,
            edition: asked.edition,
            categories: query.categories.unwrap_or(Categories::Recorded),
            profile: asked.scoring.profile.clone(),
            compare: beside.iter().map(|one| one.view(zone)).collect(),
            quarter: quarter.as_ref().map(|quarter| quarter.span(zone)),
            rows: shown.rows.into_iter().map(row).collect(),
            total: row(shown.total),
            definitions: definitions(&asked.scoring),
            has_lists: asked.scoring.listed > 0,
        })
    })
}

/// A question as it was understood, with the reader's scope.
struct Asked {
    window: Window,
    /// The profile's window that all of it lies in, where it is a part of one.
    around: Option<(Stamp, Stamp)>,
    now: Stamp,
    by: GroupBy,
    edition: Edition,
    depth: Depth,
    scoring: Scoring,
    /// What categories are counted as, where the question says so.
    remap: Option<Remap>,
    dims: Vec<Dim>,
    /// The rows this reader may see, where not all.
    rows: Option<BTreeSet<String>>,
    /// The units whose facts this reader may see, where not all.
    units: Option<BTreeSet<UnitCode>>,
}

impl Asked {
    fn of(query: &RatesQuery, rules: &Rules, actor: &Actor, now: Stamp) -> Result<Self> {
        let scope = scope(actor);
        let units = match scope {
            Scope::All => None,
            Scope::Units(units) if !actor.has(Role::Platform) => Some(units),
            _ => return Err(Error::forbidden()),
        };
        let by = query.group_by.unwrap_or(GroupBy::Unit);
        let depth = if query.rollup == Some(true) { Depth::RollUp } else { Depth::Own };
        let dims = dims(by, depth, &rules.directory);
        // By unit, ranks are over whole peer groups: all facts are counted, own rows are shown.
        let rows = units.as_ref().filter(|_| by == GroupBy::Unit);
        let rows = rows.map(|units| units.iter().map(ToString::to_string).collect());
        let window = window(query, rules)?;
        Ok(Self {
            scoring: (&rules.of_window(&window)?.profile).into(),
            around: around(&window, rules)?,
            window,
            remap: match query.categories {
                Some(Categories::Remapped) => {
                    Some(Remap::of(&rules.directory, now.day(rules.profile.zone)))
                }
                Some(Categories::Recorded) | None => None,
            },
            now,
            by,
            edition: query.edition.unwrap_or(Edition::All),
            depth,
            dims,
            units: units.filter(|_| by != GroupBy::Unit),
            rows,
        })
    }

    fn facts(&self, shelf: &Shelf, conn: &mut Conn) -> Result<Arc<Facts>> {
        let (window, reach) = ((self.window.start, self.window.end), self.scoring.repeat_days);
        Ok(self.counted(match self.around {
            Some(around) => shelf.facts_within(conn, window, around, reach)?,
            None => shelf.facts(conn, window, reach)?,
        }))
    }

    /// The facts under the categories that the question counts by.
    fn counted(&self, facts: Arc<Facts>) -> Arc<Facts> {
        match &self.remap {
            Some(remap) => Arc::new(remap.apply(&facts)),
            None => facts,
        }
    }

    /// Of all facts what this reader may count.
    fn mine(&self, facts: Arc<Facts>) -> Arc<Facts> {
        match &self.units {
            Some(units) => Arc::new(facts.only(units)),
            None => facts,
        }
    }

    fn question(&self) -> Question<'_> {
        Question {
            start: self.window.start,
            end: self.window.end,
            now: self.now,
            by: self.by,
            edition: self.edition,
            rules: &self.scoring,
        }
    }

    fn shows(&self, key: &str) -> bool {
        self.rows.as_ref().is_none_or(|rows| rows.contains(key))
    }
}

fn window(query: &RatesQuery, rules: &Rules) -> Result<Window> {
    let RatesQuery { window, from, to, .. } = query;
    Period { window: window.as_deref(), from: from.as_deref(), to: to.as_deref() }.read(rules)
}

/// The window of the profile that holds all of `part`, which is not one itself.
fn around(part: &Window, rules: &Rules) -> Result<Option<(Stamp, Stamp)>> {
    let whole = rules.window_of(part.start)?;
    let is_part = part.end <= whole.end && (part.start, part.end) != (whole.start, whole.end);
    Ok(is_part.then_some((whole.start, whole.end)))
}

fn row(row: Row, beside: &[Beside], quarter: Option<&Quarter>, mix: &Mix) -> RowView {
    let key = row.key.as_deref();
    let same_mix = mix.row(key);
    let quarter = quarter.filter(|_| row.flagged).and_then(|quarter| quarter.row(key));
    let figures = row.cells.iter().map(|cell| {
        let then = beside.iter().filter_map(|one| one.then(key, cell));
        (cell.metric.as_str(), figure(cell, then.collect()))
    });
    RowView {
        metrics: figures.collect(),
        key: row.key,
        name: row.name,
        n: row.n,
        rank: row.rank,
        band: row.band,
        list: row.list,
        flagged: row.flagged,
        peers: row.peers,
        excluded: row.excluded,
        quarter,
        same_mix,
    }
}

fn figure(cell: &Cell, earlier: BTreeMap<&'static str, ThenView>) -> CellView {
    CellView {
        num: cell.num,
        den: cell.den,
        value: cell.value,
        low: cell.low,
        high: cell.high,
        median: cell.median,
        p90: cell.p90,
        definition: cell.definition,
        earlier,
    }
}

/// Every route of figures.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services
        .service(rates)
        .service(drill::behind)
        .service(drill::sheet::rates_tickets_csv)
        .service(drill::sheet::rates_tickets_xlsx)
        .service(days::days)
        .service(projected)
        .service(whatif::what_if)
        .service(sheet::rates_csv)
        .service(sheet::rates_xlsx)
        .service(register::show)
        .service(register::sheet::register_csv)
        .service(register::sheet::register_xlsx);
}
