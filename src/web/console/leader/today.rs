//! Web, console: today and this month at a glance. Its rule: the figures of `/rates` and `/search`, beside as much of
//! the month before; each number leads to its tickets, and a picture says nothing that its table does not say.

use actix_web::{get, web};
use chrono::NaiveDate;
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use super::asked::{Words, where_allowed};
use super::pictures::Picture;
use crate::app::App;
use crate::assessment::likewise::Against;
use crate::assessment::{GroupBy, Metric};
use crate::error::Result;
use crate::identity::Actor;
use crate::limits::Window;
use crate::reports::document::{ChartKind, Format};
use crate::ticket::sight::{Scope, scope};
use crate::time::Stamp;
use crate::web::api::rates::days::{DayView, DaysQuery, days_of};
use crate::web::api::rates::{CellView, EarlierView, RatesQuery, RatesView, RowView, table};
use crate::web::api::search::{self, FoundView, SearchQuery, ValueView};
use crate::web::api::warnings::{self, WarningQuery};
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;
use crate::web::console::page::long_page;

/// How many rows a list at a glance has.
const SHOWN: u32 = 10;
/// What is past its limit, as the search is asked for it.
const OVERDUE: &str = "light:red";
/// So long a glance is the same, in milliseconds: counting a month anew costs more than a page may.
const MINUTE: i64 = 60_000;

/// The figures of one period: how its tickets are asked for, and its total.
#[derive(Serialize)]
struct Period {
    asked: String,
    total: RowView,
}

/// The pictures of the page's tables, where there is something to draw.
#[derive(Serialize)]
struct Pictures {
    rates: Option<Value>,
    days: Option<Value>,
    hot: Option<Value>,
}

/// What is made of the month's facts.
#[derive(Serialize)]
struct Glance {
    /// When it was looked at.
    at: String,
    day: String,
    window: String,
    today: Period,
    month: Period,
    compare: Vec<EarlierView>,
    /// What came in and went, day by day.
    days: Vec<DayView>,
    days_asked: String,
    /// Estates with the most tickets of the month.
    hot: Vec<RowView>,
    /// Units whose score is lowest, of those with answers enough.
    units: Vec<RowView>,
    units_asked: String,
    pictures: Pictures,
}

/// How the day and the month stand.
#[get("/today")]
pub async fn glance(app: web::Data<App>, guest: Guest) -> Shown {
    long_page(&app, &guest, "today.html", looked).await
}

fn looked(app: &App, actor: &Actor) -> Result<Value> {
    // Whoever sees every ticket sees the same: within a minute it is counted once for all of them.
    let counted = || Ok(Value::from(Serde(month_of(app, actor)?)));
    let month = if scope(actor) == Scope::All {
        let minute = app.hotline.db.now().millis() / MINUTE;
        (*app.glance.get(minute, counted)?).clone()
    } else {
        counted()?
    };
    let overdue = search::found(app, actor, &SearchQuery::due_first(OVERDUE, SHOWN))?;
    let open = WarningQuery { limit: Some(SHOWN), ..WarningQuery::default() };
    Ok(context! {
        overdue_picture => overdue_picture(&overdue).drawn(4)?,
        overdue => Value::from(Serde(&overdue)),
        overdue_asked => OVERDUE,
        warnings => Value::from(Serde(where_allowed(warnings::listed(app, actor, &open))?)),
        ..month
    })
}

fn month_of(app: &App, actor: &Actor) -> Result<Glance> {
    let (now, day, window) = present(app)?;
    let by = |group_by| RatesQuery {
        window: Some(window.label()),
        group_by: Some(group_by),
        ..RatesQuery::default()
    };
    // The month first: its facts serve all that follows.
    let compare = Some(Against::Previous.as_str().to_owned());
    let estates = table(app, actor, &RatesQuery { compare, ..by(GroupBy::Estate) })?;
    let units = table(app, actor, &by(GroupBy::Unit))?;
    let today = of_day(app, actor, day)?;
    let of_window = DaysQuery { window: Some(window.label()), ..DaysQuery::default() };
    let days = days_of(app, actor, of_window)?.items;
    let RatesView { rows, total, compare, .. } = estates;
    let hot = hottest(rows);
    Ok(Glance {
        at: now.rfc3339(app.config.site.zone),
        day: day.to_string(),
        window: window.label(),
        today,
        pictures: Pictures {
            rates: rates_picture(&total).drawn(1)?,
            days: days_picture(&days).drawn(2)?,
            hot: hot_picture(&hot).drawn(3)?,
        },
        month: Period { asked: asked(&window, GroupBy::Estate), total },
        compare,
        days,
        days_asked: Words::none().with("group_by", GroupBy::Channel.as_str()).written(),
        hot,
        units: lowest(units.rows),
        units_asked: asked(&window, GroupBy::Unit),
    })
}

/// The words with which the tickets behind the figures of `window` are asked for.
fn asked(window: &Window, by: GroupBy) -> String {
    Words::none().with("window", window.label()).with("group_by", by.as_str()).written()
}

/// The instant and the day it is, and the window that holds it.
fn present(app: &App) -> Result<(Stamp, NaiveDate, Window)> {
    let hotline = &app.hotline;
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        Ok((now, now.day(rules.profile.zone), rules.window_of(now)?))
    })
}

/// What came in on `day`, and what was finished.
fn of_day(app: &App, actor: &Actor, day: NaiveDate) -> Result<Period> {
    let after = day.succ_opt().unwrap_or(day);
    let (from, to) = (day.to_string(), after.to_string());
    let by = GroupBy::Channel;
    let asked = Words::none().with("from", from.as_str()).with("to", to.as_str());
    let asked = asked.with("group_by", by.as_str()).written();
    let query =
        RatesQuery { from: Some(from), to: Some(to), group_by: Some(by), ..RatesQuery::default() };
    Ok(Period { asked, total: table(app, actor, &query)?.total })
}

fn value(row: &RowView, metric: Metric) -> Option<f64> {
    row.metrics.get(metric.as_str()).and_then(|cell| cell.value)
}

/// Those with the most tickets, of those that have a name.
fn hottest(mut rows: Vec<RowView>) -> Vec<RowView> {
    let count = |row: &RowView| value(row, Metric::Received).unwrap_or_default();
    rows.retain(|row| count(row) > 0.0 && row.key.as_deref() != Some("-"));
    rows.sort_by(|one, other| count(other).total_cmp(&count(one)));
    rows.truncate(SHOWN as usize);
    rows
}

/// Those with the lowest score, of those with answers enough to be ranked.
fn lowest(mut rows: Vec<RowView>) -> Vec<RowView> {
    let score = |row: &RowView| value(row, Metric::Composite);
    rows.retain(|row| !row.flagged && score(row).is_some());
    rows.sort_by(|one, other| {
        score(one).unwrap_or_default().total_cmp(&score(other).unwrap_or_default())
    });
    rows.truncate(SHOWN as usize);
    rows
}

/// The three rates, beside those of as much of the month before where there were any.
fn rates_picture(total: &RowView) -> Picture<'static> {
    let cell = |metric: &Metric| total.metrics.get(metric.as_str());
    let now = Metric::THREE.iter().map(|metric| cell(metric)?.value).collect();
    let before = Metric::THREE.iter().map(|metric| earlier(cell(metric)?)).collect();
    Picture {
        title: "三率与上月同期",
        kind: ChartKind::Bar,
        format: Format::Percent,
        labels: Metric::THREE.iter().map(|metric| metric.zh().to_owned()).collect(),
        columns: vec![("本月", now), ("上月同期", before)],
    }
}

fn days_picture(days: &[DayView]) -> Picture<'static> {
    let column =
        |count: fn(&DayView) -> i64| days.iter().map(|day| Some(count(day) as f64)).collect();
    Picture {
        title: "每日受理与办结",
        kind: ChartKind::Line,
        format: Format::Count,
        labels: days.iter().map(|day| day.day.format("%-m-%-d").to_string()).collect(),
        columns: vec![("受理", column(|day| day.received)), ("办结", column(|day| day.finished))],
    }
}

fn overdue_picture(overdue: &FoundView) -> Picture<'static> {
    let units: &[ValueView] = overdue.facets.get("unit").map_or(&[], Vec::as_slice);
    let units = &units[..units.len().min(SHOWN as usize)];
    Picture {
        title: "各单位超期未办",
        kind: ChartKind::Bar,
        format: Format::Count,
        labels: units.iter().map(|unit| unit.name.clone()).collect(),
        columns: vec![("件数", units.iter().map(|unit| Some(unit.count as f64)).collect())],
    }
}

/// The tickets of the hottest estates, beside those of the month before.
fn hot_picture(hot: &[RowView]) -> Picture<'static> {
    let cell = |row: &RowView| row.metrics.get(Metric::Received.as_str()).and_then(earlier);
    Picture {
        title: "受理最多的小区",
        kind: ChartKind::Bar,
        format: Format::Count,
        labels: hot.iter().map(|row| row.name.clone()).collect(),
        columns: vec![
            ("本月", hot.iter().map(|row| value(row, Metric::Received)).collect()),
            ("上月同期", hot.iter().map(cell).collect()),
        ],
    }
}

fn earlier(cell: &CellView) -> Option<f64> {
    cell.earlier.get(Against::Previous.as_str()).and_then(|then| then.value)
}
