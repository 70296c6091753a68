//! Web, `/ledger/register` 台账: what was on the ledger when the window began, what came, what went and what is
//! left, unit by unit, with the tickets of each part. Its rule: the parts are the metrics `ledger_…` and nothing
//! else, and the tickets are those behind them, so that a row is the sum of its tickets and opening + new −
//! written off − cancelled = closing. No weight of a profile enters a part, but the profile cuts the window and says
//! what each part means, as in the table of figures: the register names it as the table does.

pub mod sheet;

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::listed::{DefinitionView, definitions_of};
use super::{Asked, RatesQuery};
use crate::app::App;
use crate::assessment::rules::Rules as Scoring;
use crate::assessment::{GroupBy, Metric, Place, Row, Side};
use crate::db::Conn;
use crate::error::Result;
use crate::identity::Actor;
use crate::lifecycle::{Hotline, Rules};
use crate::limits::Window;
use crate::ticket::Ticket;
use crate::ticket::overlay::{Ledger, LedgerStage};
use crate::ticket::sight::{Sight, sight};
use crate::ticket::store::load_many;
use crate::time::Stamp;
use crate::web::api::stretch::Stretch;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Query, run_long};

/// The parts, in the order of the sum.
const PARTS: [Metric; 5] = [
    Metric::LedgerOpening,
    Metric::LedgerNew,
    Metric::LedgerWrittenOff,
    Metric::LedgerCancelled,
    Metric::Ledger,
];

/// Which window.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RegisterQuery {
    /// `2026-10`: the profile's window that ends in October.
    window: Option<String>,
    /// Instead of a window: a day or an RFC 3339 instant, included.
    from: Option<String>,
    /// A day or an RFC 3339 instant, not included.
    to: Option<String>,
    /// Tickets of a page: 1 to 500, 50 where nothing is said.
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// The parts of the sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Parts {
    opening: i64,
    new: i64,
    written_off: i64,
    cancelled: i64,
    /// opening + new − written_off − cancelled
    closing: i64,
}

impl Parts {
    fn of(parts: [i64; 5]) -> Self {
        let [opening, new, written_off, cancelled, closing] = parts;
        Self { opening, new, written_off, cancelled, closing }
    }
}

/// A unit's line.
#[derive(Serialize, ToSchema)]
pub struct RegisterRow {
    /// Absent in the total.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    name: String,
    #[serde(flatten)]
    parts: Parts,
}

/// One stay on the ledger.
#[derive(Serialize, ToSchema)]
pub struct StayView {
    approved_at: String,
    promised_on: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    written_off_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled_at: Option<String>,
    /// The promise was missed at this instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    missed_at: Option<String>,
    /// Masked; absent on a handling copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    grounds: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
}

/// A ticket, and to which parts of which unit's line it adds how much.
#[derive(Serialize, ToSchema)]
pub struct RegisterItem {
    unit: String,
    no: String,
    #[serde(flatten)]
    parts: Parts,
    /// Its stays that touch the window.
    stays: Vec<StayView>,
}

/// The register of a window.
#[derive(Serialize, ToSchema)]
pub struct RegisterView {
    from: String,
    to: String,
    /// `name@version`: the profile in force on the day on which the window begins.
    profile: String,
    /// Every unit, also those with nothing.
    rows: Vec<RegisterRow>,
    total: RegisterRow,
    /// The tickets of the parts, by unit.
    items: Vec<RegisterItem>,
    next: Option<String>,
    /// What each part means, by its metric.
    definitions: BTreeMap<&'static str, DefinitionView>,
}

impl RegisterView {
    /// The numbers of the tickets that the page names.
    pub fn numbers(&self) -> Vec<String> {
        self.items.iter().map(|item| item.no.clone()).collect()
    }
}

/// A register as it was asked for.
struct Register {
    hotline: Arc<Hotline>,
    rules: Arc<Rules>,
    actor: Actor,
    window: Window,
    scoring: Scoring,
    now: Stamp,
    rows: Vec<RegisterRow>,
    total: RegisterRow,
    /// Row, ticket, parts.
    items: Vec<(usize, i64, Parts)>,
}

impl Register {
    fn of(app: &App, actor: &Actor, query: &RegisterQuery) -> Result<Self> {
        let hotline = &app.hotline;
        let now = hotline.db.now();
        let as_rates = RatesQuery {
            window: query.window.clone(),
            from: query.from.clone(),
            to: query.to.clone(),
            group_by: Some(GroupBy::Unit),
            ..RatesQuery::default()
        };
        hotline.db.read(|conn| {
            let rules = hotline.rules.current(conn, now)?;
            let asked = Asked::of(&as_rates, &rules, actor, now)?;
            let facts = asked.facts(&app.shelf, conn)?;
            let (ask, shows) = (asked.question(), |key: &str| asked.shows(key));
            let table = app.shelf.table(&facts, ask);
            let figures = table.rates(&asked.dims, asked.depth, shows);
            let behind = PARTS.map(|part| app.shelf.behind(&facts, None, &ask, part));
            let mut items: BTreeMap<(usize, i64), [i64; 5]> = BTreeMap::new();
            for (place, row) in figures.rows.iter().enumerate() {
                for (part, metric) in PARTS.iter().enumerate() {
                    if row.cell(*metric).exact == 0 {
                        continue;
                    }
                    let key = row.key.as_deref();
                    let inside = Place { dims: &asked.dims, depth: asked.depth, key };
                    for it in behind[part].cell(&facts.names, inside, Side::Num, shows) {
                        let parts = items.entry((place, it.ticket)).or_default();
                        parts[part] += it.exact / metric.scale();
                    }
                }
            }
            Ok(Self {
                hotline: hotline.clone(),
                rules,
                actor: actor.clone(),
                window: asked.window,
                scoring: asked.scoring,
                now,
                rows: figures.rows.into_iter().map(line).collect(),
                total: line(figures.total),
                items: items
                    .into_iter()
                    .map(|((place, ticket), parts)| (place, ticket, Parts::of(parts)))
                    .collect(),
            })
        })
    }

    /// The tickets of `some` items that are still there, each with its unit's row, and with what this reader may know
    /// of them.
    fn views(
        &self,
        conn: &mut Conn,
        some: &[(usize, i64, Parts)],
    ) -> Result<Vec<(usize, RegisterItem)>> {
        let ids: Vec<i64> = some.iter().map(|(_, id, _)| *id).collect();
        let numbers = crate::assessment::store::numbers(conn, &ids)?;
        let whole = load_many(conn, self.rules.vault(&self.hotline.keys), &ids)?;
        let view = |(place, id, parts): &(usize, i64, Parts)| {
            let no = numbers.get(id)?.clone();
            let unit = self.rows[*place].key.clone().unwrap_or_default();
            let stays = whole.get(id).map(|ticket| self.stays(ticket)).unwrap_or_default();
            Some((*place, RegisterItem { unit, no, parts: *parts, stays }))
        };
        Ok(some.iter().filter_map(view).collect())
    }

    fn stays(&self, ticket: &Ticket) -> Vec<StayView> {
        let zone = self.rules.profile.zone;
        let is_case = sight(ticket, &self.actor, &self.rules.directory) == Sight::Case;
        let text = |text: &str| is_case.then(|| ticket.masked(text));
        let stay = |ledger: &Ledger| {
            let approved_at = ledger.opened_at?;
            let written_off = ledger.stage == LedgerStage::WrittenOff;
            let ended_at = match ledger.stage {
                LedgerStage::WrittenOff | LedgerStage::Cancelled => ledger.ended_at,
                _ => ticket.ended_at(),
            };
            let touches = approved_at < self.window.end
                && ended_at.is_none_or(|ended| ended >= self.window.start);
            touches.then(|| StayView {
                approved_at: approved_at.rfc3339(zone),
                promised_on: ledger.promised_on.to_string(),
                written_off_at: ended_at.filter(|_| written_off).map(|at| at.rfc3339(zone)),
                cancelled_at: ended_at.filter(|_| !written_off).map(|at| at.rfc3339(zone)),
                missed_at: ledger.missed_at.map(|at| at.rfc3339(zone)),
                grounds: text(&ledger.grounds),
                plan: text(&ledger.plan),
            })
        };
        ticket.ledgers.iter().filter_map(stay).collect()
    }
}

fn line(row: Row) -> RegisterRow {
    let parts = PARTS.map(|part| row.cell(part).exact / part.scale());
    RegisterRow { key: row.key, name: row.name, parts: Parts::of(parts) }
}

/// The ledger's movements in a window, unit by unit, with the tickets of each part.
#[utoipa::path(tag = "figures", operation_id = "ledger_register", params(RegisterQuery), responses(
    (status = 200, body = RegisterView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[get("/ledger/register")]
pub async fn show(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<RegisterQuery>,
) -> Result<HttpResponse> {
    run_long(move || Answer::ok(&register_of(&app, &actor, &query)?)).await.map(Answer::respond)
}

/// The register that `query` asks for, as far as `actor` may see it.
///
/// # Errors
/// 403 for a role that sees no figures; 422 for a window or a page that there is not.
pub fn register_of(app: &App, actor: &Actor, query: &RegisterQuery) -> Result<RegisterView> {
    let page = Stretch::asked(query.limit, query.after.as_deref())?;
    let register = Register::of(app, actor, query)?;
    let zone = register.rules.profile.zone;
    let (some, next) = page.of(&register.items);
    let items = app.db.read(|conn| register.views(conn, some))?;
    Ok(RegisterView {
        from: register.window.start.rfc3339(zone),
        to: register.window.end.rfc3339(zone),
        definitions: definitions_of(&PARTS, &register.scoring),
        profile: register.scoring.profile,
        rows: register.rows,
        total: register.total,
        items: items.into_iter().map(|(_, item)| item).collect(),
        next,
    })
}
