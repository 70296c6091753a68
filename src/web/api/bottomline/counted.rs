//! Web: `/bottom-line`: cases by unit and flag, and per 1 000 contact entries. Its rule: the contact entries are those of
//! the metric of that name, from the same pass.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::name_of;
use crate::app::App;
use crate::assessment::facts::{Edition, GroupBy};
use crate::assessment::shares::{self, Question};
use crate::assessment::{Metric, rules as assessed};
use crate::bottomline::Desk;
use crate::bottomline::figures::{Line, Tally, figures};
use crate::bottomline::store::{self, Which};
use crate::db::Conn;
use crate::error::Result;
use crate::identity::Actor;
use crate::limits::Window;
use crate::ticket::overlay::BottomLine;
use crate::time::Stamp;
use crate::web::api::period::Period;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Query, run_long};

/// Of which window.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct BottomLineQuery {
    /// `2026-10`: the profile's window that ends in October.
    pub window: Option<String>,
    /// Instead of a window: a day or an RFC 3339 instant, included.
    pub from: Option<String>,
    /// A day or an RFC 3339 instant, not included.
    pub to: Option<String>,
    /// `all` where nothing is said; `assessed` leaves out what rests on tickets that stand excluded.
    #[param(value_type = Option<String>)]
    pub edition: Option<Edition>,
}

/// The cases of one flag.
#[derive(Serialize, ToSchema)]
struct TallyView {
    opened: i64,
    upheld: i64,
    dismissed: i64,
    /// Not decided yet.
    open: i64,
}

/// The cases of one unit, or of all shown.
#[derive(Serialize, ToSchema)]
struct BottomLineRow {
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    name: String,
    flags: BTreeMap<&'static str, TallyView>,
    /// Contact entries of the window, as `/rates` counts them.
    contacts: i64,
    /// Cases not dismissed per 1 000 of them; null without any.
    per_1000: Option<f64>,
}

impl BottomLineRow {
    fn of(unit: Option<String>, name: String, line: &Line) -> Self {
        let flag = |flag: &BottomLine| {
            let Tally { opened, upheld, dismissed, open } =
                line.flags.get(flag).copied().unwrap_or_default();
            (flag.as_str(), TallyView { opened, upheld, dismissed, open })
        };
        let flags = BottomLine::ALL.iter().map(flag).collect();
        Self { unit, name, flags, contacts: line.contacts, per_1000: line.per_1000() }
    }
}

/// Cases by unit.
#[derive(Serialize, ToSchema)]
pub struct BottomLineView {
    from: String,
    to: String,
    edition: Edition,
    /// Every unit, also those with nothing.
    rows: Vec<BottomLineRow>,
    /// Pools the rows shown.
    total: BottomLineRow,
}

/// Cases that were opened in a window, by unit and flag, and per 1 000 contact entries.
#[utoipa::path(tag = "bottom line", operation_id = "bottom_line_counted", params(BottomLineQuery), responses(
    (status = 200, body = BottomLineView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[get("/bottom-line")]
pub async fn counted(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<BottomLineQuery>,
) -> Result<HttpResponse> {
    run_long(move || Answer::ok(&counted_of(&app, &actor, &query)?)).await.map(Answer::respond)
}

/// The cases of a window by unit and flag, as far as `actor` may see them.
///
/// # Errors
/// 403 for a role that sees none; 422 for a window that there is not.
pub fn counted_of(app: &App, actor: &Actor, query: &BottomLineQuery) -> Result<BottomLineView> {
    let hotline = &app.hotline;
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let desk = Desk { actor, keys: &app.keys, directory: &rules.directory };
        let own = desk.units()?;
        let own = own.map(|own| own.into_iter().map(|it| it.to_string()).collect());
        let BottomLineQuery { window, from, to, .. } = query;
        let edition = query.edition.unwrap_or(Edition::All);
        let (window, from, to) = (window.as_deref(), from.as_deref(), to.as_deref());
        let window = Period { window, from, to }.read(&rules)?;
        let which = Which {
            opened: Some((window.start, window.end)),
            is_assessed: edition == Edition::Assessed,
            ..Which::default()
        };
        let cases = store::counted(conn, &which)?;
        let scoring = (&rules.profile).into();
        let contacts = contacts(app, conn, (&scoring, now), (&window, edition))?;
        let shown =
            |unit: &str| own.as_ref().is_none_or(|own: &BTreeSet<String>| own.contains(unit));
        let listed = rules.directory.units().map(|unit| &unit.code);
        let (lines, total) = figures(listed, &cases, &contacts, shown);
        let row = |(unit, line): (String, Line)| {
            let name = name_of(&rules.directory, &unit);
            BottomLineRow::of(Some(unit), name, &line)
        };
        let zone = rules.profile.zone;
        Ok(BottomLineView {
            from: window.start.rfc3339(zone),
            to: window.end.rfc3339(zone),
            edition,
            rows: lines.into_iter().map(row).collect(),
            total: BottomLineRow::of(None, "合计".to_owned(), &total),
        })
    })
}

/// How many contact entries each unit has: the denominators of the metric of that name.
fn contacts(
    app: &App,
    conn: &mut Conn,
    (rules, now): (&assessed::Rules, Stamp),
    (window, edition): (&Window, Edition),
) -> Result<BTreeMap<String, i64>> {
    let (start, end) = (window.start, window.end);
    let facts = app.shelf.facts(conn, (start, end), rules.repeat_days)?;
    let by = GroupBy::Unit;
    let mut found: BTreeMap<String, i64> = BTreeMap::new();
    shares::each(&facts, &Question { start, end, now, by, edition, rules }, |share| {
        if share.metric == Metric::BottomLine && share.den > 0 {
            let unit = facts.names.text(share.key);
            if let Some(count) = found.get_mut(unit) {
                *count += share.den;
            } else {
                found.insert(unit.to_owned(), share.den);
            }
        }
    });
    Ok(found)
}
