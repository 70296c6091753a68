//! Web, `/signals.csv` and `.xlsx`: the signals as a sheet. Its rule: what `GET /signals` shows to this reader, a signal
//! of a unit a row, unrounded; what the unit is not told yet is empty.

use actix_web::{HttpResponse, get, web};

use super::{JUDGES, Seeing, SignalView, SignalsQuery, signals_of};
use crate::app::App;
use crate::error::Result;
use crate::identity::Actor;
use crate::sheet::{Cell, Form};
use crate::web::api::exports::Filters;
use crate::web::api::exports::column::{Column, column, text};
use crate::web::api::exports::onward::{Listed, Paged, list_sheets, unit_of};
use crate::web::leaving;
use crate::web::problem::Problem;
use crate::web::{Asker, Query, run_long};

/// What each of them says.
const COLUMNS: &[Column<SignalView>] = &[
    column("单位代码", 18, |it| text(&it.unit)),
    column("单位", 22, |it| text(&it.name)),
    column("信号", 24, |it| text(it.title)),
    column("总数", 8, |it| Cell::Number(it.n as f64)),
    column("件数", 8, |it| number(it.count.map(|count| count as f64))),
    column("占比", 10, |it| number(it.share)),
    column("其他单位", 10, |it| number(it.expected)),
    column("区间下限", 10, |it| number(it.low)),
    column("区间上限", 10, |it| number(it.high)),
    column("亮起", 8, |it| {
        it.lit.map_or(Cell::Empty, |lit| text(if lit { "是" } else { "否" }))
    }),
    column("数的是什么", 60, |it| text(&it.rule)),
];

fn number(said: Option<f64>) -> Cell {
    said.map_or(Cell::Empty, Cell::Number)
}

async fn sheet(
    app: web::Data<App>,
    actor: Actor,
    query: SignalsQuery,
    form: Form,
) -> Result<HttpResponse> {
    let house = app.clone();
    let (turn, sheet, rows) = run_long(move || {
        let mut views = signals_of(&house, &actor, &query, Seeing::Now)?.items;
        let now = house.db.now();
        let rules = house.db.read(|conn| house.hotline.rules.current(conn, now))?;
        let judges = actor.has_any(&JUDGES) && !actor.company;
        let listed = Listed {
            only: (!judges).then(|| unit_of(&actor, &rules)),
            actor,
            rules,
            now,
            filters: Filters::of(&query)?,
            form,
            what: "signals",
            title: "数据体检",
            columns: COLUMNS,
            count: i64::try_from(views.len()).unwrap_or(i64::MAX),
        };
        let page = move |_: Option<()>| -> Result<Paged<SignalView, ()>> {
            Ok((std::mem::take(&mut views), None))
        };
        listed.begin(&house, page)
    })
    .await?;
    leaving::send(&app, turn, sheet, rows).await
}

list_sheets! {
    SignalsQuery, sheet;
    /// The signals that the reader sees as CSV.
    signals_csv "/signals.csv" Csv "text/csv";
    /// The signals that the reader sees as a workbook.
    signals_xlsx "/signals.xlsx" Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
}
