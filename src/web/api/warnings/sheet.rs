//! Web, `/warnings.csv` and `.xlsx`: the reader's list of warnings as a sheet. Its rule: what `GET /warnings` shows to
//! this reader, row by row.

use actix_web::{HttpResponse, get, web};

use super::{Named, WarningQuery, WarningView};
use crate::app::App;
use crate::error::Result;
use crate::identity::Actor;
use crate::proactive::sight::{Scope, scope};
use crate::proactive::store;
use crate::sheet::{Cell, Form};
use crate::web::api::exports::column::{Column, column, maybe, moment, text};
use crate::web::api::exports::onward::{self, Listed, PAGE, list_sheets, unit_of};
use crate::web::api::exports::{Filters, is_whole};
use crate::web::leaving;
use crate::web::problem::Problem;
use crate::web::{Asker, Query, run_long};

/// What each of them says.
const COLUMNS: &[Column<WarningView>] = &[
    column("规则", 18, |it| text(it.rule_name)),
    column("级别", 8, |it| text(it.grade.zh())),
    column("状态", 10, |it| text(it.state.zh())),
    column("小区", 18, |it| named(it.estate.as_ref())),
    column("事项分类", 22, |it| named(it.category.as_ref())),
    column("企业", 22, |it| named(it.company.as_ref())),
    column("承办单位", 22, |it| named(it.unit.as_ref())),
    column("承办岗位", 12, |it| it.desk.map_or(Cell::Empty, |desk| text(desk.zh()))),
    column("件数", 8, |it| Cell::Number(f64::from(it.n))),
    column("阈值", 8, |it| Cell::Number(f64::from(it.threshold))),
    column("工单", 40, |it| it.tickets.as_ref().map_or(Cell::Empty, |all| text(&all.join("、")))),
    column("发现时间", 20, |it| moment(Some(&it.opened_at))),
    column("最近变动", 20, |it| moment(Some(&it.changed_at))),
    column("认领人", 16, |it| maybe(it.owner.as_ref())),
    column("认领时间", 20, |it| moment(it.taken_at.as_ref())),
    column("处置", 40, |it| maybe(it.act.as_ref())),
    column("处置时间", 20, |it| moment(it.acted_at.as_ref())),
    column("结果", 40, |it| maybe(it.result.as_ref())),
    column("是否属实", 10, |it| it.real.map_or(Cell::Empty, Cell::Truth)),
];

fn named(it: Option<&Named>) -> Cell {
    maybe(it.map(|it| it.name.as_ref().unwrap_or(&it.code)))
}

async fn sheet(
    app: web::Data<App>,
    actor: Actor,
    query: WarningQuery,
    form: Form,
) -> Result<HttpResponse> {
    let house = app.clone();
    let (turn, sheet, rows) = run_long(move || {
        let now = house.db.now();
        let (rules, scope, count) = house.db.read(|conn| {
            let rules = house.hotline.rules.current(conn, now)?;
            let scope = scope(&actor, &rules.directory)?;
            is_whole(query.limit, query.after.as_deref())?;
            let count = store::count(conn, &scope, &query.filter(None))?;
            Ok((rules, scope, count))
        })?;
        let listed = Listed {
            only: (scope != Scope::All).then(|| unit_of(&actor, &rules)),
            actor: actor.clone(),
            rules,
            now,
            filters: Filters::of(&query)?,
            form,
            what: "warnings",
            title: "预警",
            columns: COLUMNS,
            count,
        };
        let app = house.clone();
        let page = move |after: Option<i64>| {
            app.db.read(|conn| {
                let found = store::page(conn, &scope, &query.filter(after), PAGE)?;
                let next = onward::behind(found.len(), found.last().map(|row| row.id));
                let view = |row| WarningView::of(&app, conn, &actor, row);
                Ok((found.into_iter().map(view).collect::<Result<_>>()?, next))
            })
        };
        listed.begin(&house, page)
    })
    .await?;
    leaving::send(&app, turn, sheet, rows).await
}

list_sheets! {
    WarningQuery, sheet;
    /// The reader's list of warnings as CSV, every page of it.
    warnings_csv "/warnings.csv" Csv "text/csv";
    /// The reader's list of warnings as a workbook, every page of it.
    warnings_xlsx "/warnings.xlsx" Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
}
