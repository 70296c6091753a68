//! Web, console: the table of figures and what lies behind each. Its rule: asked with the words of `/rates`, and a page
//! holds the first rows of a long table, whole in its sheet.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, get, web};
use minijinja::Value;
use serde::Serialize;

use super::asked::{Words, where_well_asked};
use super::pictures::Picture;
use crate::app::App;
use crate::assessment::{Edition, GroupBy, Metric, Side};
use crate::error::Result;
use crate::identity::Actor;
use crate::reports::document::{ChartKind, Format};
use crate::web::api::line::LineView;
use crate::web::api::named::lines_of;
use crate::web::api::rates::drill::{DrillQuery, DrillView, behind_of};
use crate::web::api::rates::{RatesQuery, RatesView, RowView, table};
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;
use crate::web::console::numbers::format;
use crate::web::console::page::long_page;

/// So many rows stand on a page.
const SHOWN: usize = 50;
/// So many of them are drawn.
const DRAWN: usize = 30;
/// What is no word of the drill-down.
const ABOVE: &[&str] = &["compare", "quarter", "same_mix", "show"];
/// What is no word of a sheet.
const ON_A_PAGE: &[&str] = &["compare", "quarter", "show"];

/// Columns that are read together.
#[derive(Debug, Clone, Copy, Serialize)]
struct Group {
    key: &'static str,
    title: &'static str,
    metrics: &'static [Metric],
    /// Which of them is drawn.
    drawn: Metric,
}

/// The first stands where nothing is said.
const GROUPS: &[Group] = &[
    Group {
        key: "rates",
        title: "三率",
        metrics: &[
            Metric::ResponseRate,
            Metric::ResolutionRate,
            Metric::SatisfactionRate,
            Metric::Composite,
            Metric::FirstResolutionRate,
        ],
        drawn: Metric::Composite,
    },
    Group {
        key: "volume",
        title: "数量与时长",
        metrics: &[
            Metric::Received,
            Metric::DirectRate,
            Metric::Finished,
            Metric::CarriedOver,
            Metric::Declined,
            Metric::Diverted,
            Metric::Withdrawn,
            Metric::Merged,
            Metric::RepeatRate,
            Metric::HandlingTime,
        ],
        drawn: Metric::Received,
    },
    Group {
        key: "process",
        title: "办理过程",
        metrics: &[
            Metric::SignRate,
            Metric::ContactRate,
            Metric::OnTimeRate,
            Metric::AssistOnTimeRate,
            Metric::ReworkOnTimeRate,
            Metric::ReturnRate,
            Metric::ReworkRate,
            Metric::UrgeRate,
            Metric::ExtensionRate,
            Metric::WithdrawalRate,
            Metric::ReportInRate,
        ],
        drawn: Metric::OnTimeRate,
    },
    Group {
        key: "ledger",
        title: "挂账与底线",
        metrics: &[
            Metric::LedgerOpening,
            Metric::LedgerNew,
            Metric::LedgerWrittenOff,
            Metric::LedgerCancelled,
            Metric::Ledger,
            Metric::Whistles,
            Metric::BottomLine,
        ],
        drawn: Metric::Ledger,
    },
];

#[derive(Serialize)]
struct Asked {
    window: String,
    from: String,
    to: String,
    group_by: String,
    edition: String,
    compare: String,
    rollup: bool,
    show: String,
}

#[derive(Serialize)]
struct Figured {
    asked: Asked,
    /// The words with which a figure's tickets are asked for.
    drill: String,
    /// The same without which columns are shown.
    rest: String,
    /// The words of the sheet.
    sheet: String,
    groups: &'static [Group],
    metrics: &'static [Metric],
    /// What cannot be asked, and why.
    wrong: Option<String>,
    /// Rows that are left to the sheet.
    hidden: usize,
    /// The metric that is drawn, as many rows of it as are, and the server's own picture of them.
    drawn: Metric,
    most: usize,
    picture: Option<Value>,
    found: Option<RatesView>,
}

/// Figures by unit, head, category, estate, company, region or channel.
#[get("/figures")]
pub async fn figures(app: web::Data<App>, guest: Guest, request: HttpRequest) -> Shown {
    let words = Words::of(&request);
    long_page(&app, &guest, "figures.html", move |app, actor| figured(app, actor, words)).await
}

fn figured(app: &App, actor: &Actor, words: Words) -> Result<Figured> {
    let words = dated(app, words)?;
    let asked = words.clone().without(&["show"]);
    let query = asked.read::<RatesQuery>();
    let (found, wrong) = where_well_asked(query.and_then(|query| table(app, actor, &query)))?;
    let (found, hidden) = found.map_or((None, 0), |view| {
        let (view, hidden) = shortened(view);
        (Some(view), hidden)
    });
    let said = |name: &str, instead: &str| words.get(name).unwrap_or(instead).to_owned();
    let show = said("show", GROUPS[0].key);
    let group = GROUPS.iter().find(|group| group.key == show).unwrap_or(&GROUPS[0]);
    let picture = found.as_ref().map_or(Ok(None), |view| pictured(&view.rows, group.drawn))?;
    Ok(Figured {
        asked: Asked {
            window: said("window", ""),
            from: said("from", ""),
            to: said("to", ""),
            group_by: said("group_by", GroupBy::Unit.as_str()),
            edition: said("edition", Edition::All.as_str()),
            compare: said("compare", ""),
            rollup: words.get("rollup") == Some("true"),
            show: group.key.to_owned(),
        },
        drill: words.clone().without(ABOVE).written(),
        sheet: words.without(ON_A_PAGE).written(),
        rest: asked.written(),
        groups: GROUPS,
        metrics: group.metrics,
        wrong,
        hidden,
        drawn: group.drawn,
        most: DRAWN,
        picture,
        found,
    })
}

/// The first rows of a table by one metric, as far as it is known of them; a bar of no things is none, and of a single row
/// there is nothing to compare. `charts.js` draws the same.
fn pictured(rows: &[RowView], metric: Metric) -> Result<Option<Value>> {
    let value = |row: &RowView| row.metrics.get(metric.as_str()).and_then(|cell| cell.value);
    let is_rate = format(metric) == Format::Percent;
    let is_bar = |row: &&RowView| value(row).is_some_and(|value| is_rate || value != 0.0);
    let rows: Vec<&RowView> = rows.iter().filter(is_bar).take(DRAWN).collect();
    if rows.len() < 2 {
        return Ok(None);
    }
    let picture = Picture {
        title: metric.zh(),
        kind: ChartKind::Bar,
        format: format(metric),
        labels: rows.iter().map(|row| row.name.clone()).collect(),
        columns: vec![(metric.zh(), rows.into_iter().map(value).collect())],
    };
    picture.drawn(1)
}

/// The one period that is meant: the present window, where none is said.
fn dated(app: &App, words: Words) -> Result<Words> {
    if words.get("from").is_some() && words.get("to").is_some() {
        // The form has both; days that were typed are meant.
        return Ok(words.without(&["window"]));
    }
    if ["window", "from", "to"].iter().any(|name| words.get(name).is_some()) {
        return Ok(words);
    }
    Ok(words.with("window", window(app)?))
}

/// The name of the window that holds the present.
///
/// # Errors
/// 503 where the profile of the day cannot be read.
pub fn window(app: &App) -> Result<String> {
    let hotline = &app.hotline;
    let now = hotline.db.now();
    hotline.db.read(|conn| Ok(hotline.rules.current(conn, now)?.window_of(now)?.label()))
}

/// The first rows of a table, of a long one those with the most tickets; and how many are left out.
fn shortened(mut view: RatesView) -> (RatesView, usize) {
    let hidden = view.rows.len().saturating_sub(SHOWN);
    if hidden > 0 {
        let count = |row: &RowView| {
            let cell = row.metrics.get(Metric::Received.as_str());
            cell.and_then(|cell| cell.value).unwrap_or_default()
        };
        view.rows.sort_by(|one, other| count(other).total_cmp(&count(one)));
        view.rows.truncate(SHOWN);
    }
    (view, hidden)
}

#[derive(Serialize)]
struct Behind {
    metric: Metric,
    part: Side,
    group_by: String,
    key: Option<String>,
    window: String,
    from: String,
    to: String,
    /// The words of this list without its page.
    asked: String,
    /// The words of the table that it came from.
    above: String,
    list: DrillView,
    /// What the lists of the reader say of them, by number.
    lines: BTreeMap<String, LineView>,
}

/// The tickets behind one side of one figure.
#[get("/figures/tickets")]
pub async fn behind(app: web::Data<App>, guest: Guest, request: HttpRequest) -> Shown {
    let words = Words::of(&request);
    let query = words.read::<DrillQuery>()?;
    let look = move |app: &App, actor: &Actor| drilled(app, actor, (&words, &query));
    long_page(&app, &guest, "behind.html", look).await
}

fn drilled(app: &App, actor: &Actor, (words, query): (&Words, &DrillQuery)) -> Result<Behind> {
    let said = |name: &str| words.get(name).unwrap_or_default().to_owned();
    let asked = words.clone().without(&["after", "limit"]);
    let list = behind_of(app, actor, query)?;
    Ok(Behind {
        metric: query.metric,
        part: query.part.unwrap_or(Side::Num),
        group_by: words.get("group_by").unwrap_or(GroupBy::Unit.as_str()).to_owned(),
        key: query.key.clone(),
        window: said("window"),
        from: said("from"),
        to: said("to"),
        above: asked.clone().without(&["key", "metric", "part"]).written(),
        asked: asked.written(),
        lines: lines_of(&app.hotline, actor, &list.numbers())?,
        list,
    })
}
