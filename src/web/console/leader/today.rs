//! Web, console: today and this month at a glance. Its rule: the figures of `/rates`, beside as much of the month
//! before; a picture says nothing that its table does not say.

use actix_web::{get, web};
use chrono::NaiveDate;
use minijinja::Value;
use serde::Serialize;

use super::asked::{Words, where_allowed};
use crate::app::App;
use crate::assessment::likewise::Against;
use crate::assessment::{GroupBy, Metric};
use crate::error::Result;
use crate::identity::Actor;
use crate::limits::{Light, Window};
use crate::reports::document::{Chart, ChartKind, Format, Series};
use crate::reports::print::chart::svg;
use crate::ticket::listing::Sort;
use crate::web::api::rates::{CellView, EarlierView, RatesQuery, RatesView, RowView, table};
use crate::web::api::tickets::{self, Lines, ListQuery};
use crate::web::api::warnings::{self, WarningList, WarningQuery};
use crate::web::blocking::run_long;
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;
use crate::web::console::page::Page;

/// How many rows a list at a glance has.
const SHOWN: usize = 10;
/// So many overdue tickets are counted; more are "more".
const COUNTED: u32 = 100;
/// What is live, and may be overdue.
const LIVE: &str = "accepted,consulting,in_units,replied,on_ledger,surveying";

/// The figures of one period: how its tickets are asked for, and its total.
#[derive(Serialize)]
struct Period {
    asked: String,
    total: RowView,
}

#[derive(Serialize)]
struct Glance {
    day: String,
    window: String,
    today: Period,
    month: Period,
    compare: Vec<EarlierView>,
    /// Estates with the most tickets of the month.
    hot: Vec<RowView>,
    /// Units whose score is lowest, of those with answers enough.
    units: Vec<RowView>,
    units_asked: String,
    rates_chart: Value,
    hot_chart: Option<Value>,
    overdue: Lines,
    warnings: Option<WarningList>,
}

/// How the day and the month stand.
#[get("/today")]
pub async fn glance(app: web::Data<App>, guest: Guest) -> Shown {
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (seen, directory) = run_long(move || {
        let directory = house.db.read(|conn| house.directory.current(conn))?;
        Ok((looked(&house, &actor)?, directory))
    })
    .await?;
    Ok(Page::of(&app, &guest).naming(directory).show("today.html", seen)?)
}

fn looked(app: &App, actor: &Actor) -> Result<Glance> {
    let (day, window) = present(app)?;
    let by = |group_by| RatesQuery {
        window: Some(window.label()),
        group_by: Some(group_by),
        ..RatesQuery::default()
    };
    let compare = Some(Against::Previous.as_str().to_owned());
    let estates = table(app, actor, &RatesQuery { compare, ..by(GroupBy::Estate) })?;
    let units = table(app, actor, &by(GroupBy::Unit))?;
    let of_day = of_day(app, actor, day)?;
    let RatesView { rows, total, compare, .. } = estates;
    let hot = hottest(rows);
    let overdue = ListQuery {
        state: Some(LIVE.to_owned()),
        light: Some(Light::Red),
        sort: Some(Sort::Due),
        limit: Some(COUNTED),
        ..ListQuery::default()
    };
    let open = WarningQuery { limit: Some(10), ..WarningQuery::default() };
    Ok(Glance {
        day: day.to_string(),
        window: window.label(),
        today: of_day,
        rates_chart: drawn(&rates_chart(&total), 1)?,
        hot_chart: if hot.is_empty() { None } else { Some(drawn(&hot_chart(&hot), 2)?) },
        month: Period { asked: asked(&window, GroupBy::Estate), total },
        compare,
        hot,
        units: lowest(units.rows),
        units_asked: asked(&window, GroupBy::Unit),
        overdue: tickets::listed(&app.hotline, actor, &overdue)?,
        warnings: where_allowed(warnings::listed(app, actor, &open))?,
    })
}

/// The words with which the tickets behind the figures of `window` are asked for.
fn asked(window: &Window, by: GroupBy) -> String {
    Words::none().with("window", window.label()).with("group_by", by.as_str()).written()
}

/// The day it is, and the window that holds it.
fn present(app: &App) -> Result<(NaiveDate, Window)> {
    let hotline = &app.hotline;
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        Ok((now.day(rules.profile.zone), rules.window_of(now)?))
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
    rows.truncate(SHOWN);
    rows
}

/// Those with the lowest score, of those with answers enough to be ranked.
fn lowest(mut rows: Vec<RowView>) -> Vec<RowView> {
    let score = |row: &RowView| value(row, Metric::Composite);
    rows.retain(|row| !row.flagged && score(row).is_some());
    rows.sort_by(|one, other| {
        score(one).unwrap_or_default().total_cmp(&score(other).unwrap_or_default())
    });
    rows.truncate(SHOWN);
    rows
}

/// The three rates, beside those of as much of the month before where there were any.
fn rates_chart(total: &RowView) -> Chart {
    let cell = |metric: &Metric| total.metrics.get(metric.as_str());
    let now = Metric::THREE.iter().map(|metric| cell(metric)?.value).collect();
    let before = Metric::THREE.iter().map(|metric| earlier(cell(metric)?));
    chart(
        "三率与上月同期",
        Format::Percent,
        Metric::THREE.iter().map(|metric| metric.zh().to_owned()).collect(),
        (now, before.collect()),
    )
}

/// The tickets of the hottest estates, beside those of the month before.
fn hot_chart(hot: &[RowView]) -> Chart {
    let cell = |row: &RowView| row.metrics.get(Metric::Received.as_str()).and_then(earlier);
    chart(
        "受理最多的小区",
        Format::Count,
        hot.iter().map(|row| row.name.clone()).collect(),
        (
            hot.iter().map(|row| value(row, Metric::Received)).collect(),
            hot.iter().map(cell).collect(),
        ),
    )
}

fn earlier(cell: &CellView) -> Option<f64> {
    cell.earlier.get(Against::Previous.as_str()).and_then(|then| then.value)
}

/// A chart of bars: what is now, and what was then where anything is known of it.
fn chart(
    title: &str,
    format: Format,
    labels: Vec<String>,
    (now, before): (Vec<Option<f64>>, Vec<Option<f64>>),
) -> Chart {
    let mut series = vec![Series { name: "本月".to_owned(), values: now }];
    if before.iter().any(Option::is_some) {
        series.push(Series { name: "上月同期".to_owned(), values: before });
    }
    Chart {
        id: String::new(),
        title: title.to_owned(),
        kind: ChartKind::Bar,
        labels,
        series,
        format,
        table: String::new(),
    }
}

/// The picture, which the printer has escaped; `number` makes its names unique in the page.
fn drawn(chart: &Chart, number: usize) -> Result<Value> {
    Ok(Value::from_safe_string(svg(chart, number)?))
}
