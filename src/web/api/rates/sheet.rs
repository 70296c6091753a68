//! Web, `/rates.csv` and `/rates.xlsx`: the table of figures as a sheet. Its rule: what `GET /rates` says, cell by
//! cell, unrounded; what has no value is "—", never 0. A column of red and black lists is there where the profile wants
//! them, and columns of the same mix where it is asked for.

use actix_web::{HttpResponse, get, web};

use super::fair::FairView;
use super::{CellView, RatesQuery, RatesView, RowView, table};
use crate::app::App;
use crate::assessment::Metric;
use crate::assessment::samemix::Fair;
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::sheet::{Cell, Form};
use crate::web::api::exports::column::{Column, cells, column, headings, maybe, text};
use crate::web::api::exports::{Filters, Leaving};
use crate::web::leaving::{self, Ready};
use crate::web::problem::Problem;
use crate::web::{Asker, Query, run_long};

/// What stands where there is no value.
const NONE: &str = "—";

/// A row, and the table that it is of.
struct Line<'a> {
    row: &'a RowView,
    view: &'a RatesView,
}

/// The columns before the figures; that of red and black lists is there where the profile wants them.
fn before<'a>(view: &RatesView) -> Vec<Column<Line<'a>>> {
    let names: [Column<Line<'a>>; 5] = [
        column("代码", 18, |it| maybe(it.row.key.as_ref())),
        column("名称", 22, |it| {
            text(it.row.key.as_ref().map_or("合计", |_| it.row.name.as_str()))
        }),
        column("有效回访数", 12, |it| Cell::Number(it.row.n as f64)),
        column("排名", 8, |it| small(it.row.rank)),
        column("档次", 8, |it| small(it.row.band)),
    ];
    let list = |it: &Line<'a>| it.row.list.map_or(Cell::Empty, |list| text(list.zh()));
    let list = view.has_lists.then(|| column("红黑榜", 8, list));
    let rest: [Column<Line<'a>>; 3] = [
        column("样本不足", 10, |it| Cell::Truth(it.row.flagged)),
        column("可比组", 18, |it| maybe(it.row.peers.as_ref())),
        column("考核办法", 16, |it| text(&it.view.profile)),
    ];
    names.into_iter().chain(list).chain(rest).collect()
}

fn small(number: Option<u32>) -> Cell {
    number.map_or(Cell::Empty, |it| Cell::Number(f64::from(it)))
}

/// The columns of each figure.
fn of_figure<'a>() -> [Column<Option<&'a CellView>>; 3] {
    [
        column("分子", 12, |it| it.and_then(|it| it.num).map_or(Cell::Empty, Cell::Number)),
        column("分母", 12, |it| {
            it.and_then(|it| it.den).map_or(Cell::Empty, |den| Cell::Number(den as f64))
        }),
        column("值", 14, |it| it.and_then(|it| it.value).map_or_else(|| text(NONE), Cell::Number)),
    ]
}

/// The columns of each of the three rates beside the same mix.
fn of_mix<'a>() -> [Column<Option<&'a FairView>>; 4] {
    [
        column("同类期望", 14, |it| fair(*it, |it| it.expected)),
        column("与同类之差", 14, |it| fair(*it, |it| it.difference)),
        column("与同类之差下限", 16, |it| fair(*it, |it| it.low)),
        column("与同类之差上限", 16, |it| fair(*it, |it| it.high)),
    ]
}

fn fair(it: Option<&FairView>, of: fn(&FairView) -> f64) -> Cell {
    it.map_or_else(|| text(NONE), |it| Cell::Number(of(it)))
}

async fn rates(
    app: web::Data<App>,
    actor: Actor,
    query: RatesQuery,
    form: Form,
) -> Result<HttpResponse> {
    let house = app.clone();
    let (turn, sheet, rows) = run_long(move || {
        for (pointer, said) in
            [("/compare", query.compare.is_some()), ("/quarter", query.quarter.is_some())]
        {
            // A sheet has one window.
            if said {
                return Err(Error::field(pointer, "field.unknown"));
            }
        }
        let view = table(&house, &actor, &query)?;
        let now = house.db.now();
        let rules = house.db.read(|conn| house.hotline.rules.current(conn, now))?;
        let turn = house.exports.enter(actor.user)?;
        let rows = rows(&view);
        let leaving = Leaving {
            actor: &actor,
            rules: &rules,
            now,
            filters: Filters::of(&query)?,
            form,
            what: "rates",
            title: "考核指标",
            columns: columns(&view),
        };
        let sheet = leaving.begin(&house, i64::try_from(rows.len()).unwrap_or(i64::MAX))?;
        Ok((turn, sheet, Ready(Some(rows))))
    })
    .await?;
    leaving::send(&app, turn, sheet, rows).await
}

fn columns(view: &RatesView) -> Vec<(String, u16)> {
    let mut columns = headings(&before(view));
    for metric in Metric::ALL {
        let [num, den, value] = of_figure();
        for it in [num, den] {
            columns.push((format!("{}·{}", metric.zh(), it.heading), it.width));
        }
        let heading = format!("{}·{}（{}）", metric.zh(), value.heading, metric.definition());
        columns.push((heading, value.width));
    }
    if is_mixed(view) {
        for metric in Metric::THREE {
            let definition = Fair::definition(metric);
            for it in of_mix() {
                let heading = format!("{}·{}（{definition}）", metric.zh(), it.heading);
                columns.push((heading, it.width));
            }
        }
    }
    columns
}

/// Whether the same mix was asked for: then each row has it, though of a rate without answers there is none.
fn is_mixed(view: &RatesView) -> bool {
    view.rows.iter().any(|row| row.same_mix.is_some())
}

fn rows(view: &RatesView) -> Vec<Vec<Cell>> {
    view.rows.iter().chain([&view.total]).map(|row| cells_of(row, view)).collect()
}

fn cells_of(row: &RowView, view: &RatesView) -> Vec<Cell> {
    let mut found = cells(&before(view), &Line { row, view });
    for metric in Metric::ALL {
        found.extend(cells(&of_figure(), &row.metrics.get(metric.as_str())));
    }
    if is_mixed(view) {
        for metric in Metric::THREE {
            let mix = row.same_mix.as_ref();
            let fair = mix.and_then(|it| it.get(metric.as_str())).and_then(Option::as_ref);
            found.extend(cells(&of_mix(), &fair));
        }
    }
    found
}

macro_rules! sheets {
    ($($(#[$doc:meta])* $handler:ident $path:literal $form:ident $media:literal;)+) => {
        $($(#[$doc])*
        #[utoipa::path(tag = "exports", params(RatesQuery), responses(
            (status = 200, description = "the sheet; its last row says who had it, when and of what", content_type = $media, body = Vec<u8>),
            (status = 403, body = Problem, content_type = "application/problem+json"),
            (status = 422, description = "compare and quarter are not taken", body = Problem, content_type = "application/problem+json"),
            (status = 429, description = "export.too_many", body = Problem, content_type = "application/problem+json"),
        ))]
        #[get($path)]
        pub async fn $handler(
            app: web::Data<App>,
            Asker(actor): Asker,
            Query(query): Query<RatesQuery>,
        ) -> Result<HttpResponse> {
            rates(app, actor, query, Form::$form).await
        })+
    };
}

sheets! {
    /// The table of figures as CSV: of each metric the numerator, the denominator and the value.
    rates_csv "/rates.csv" Csv "text/csv";
    /// The table of figures as a workbook: of each metric the numerator, the denominator and the value.
    rates_xlsx "/rates.xlsx" Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
}
