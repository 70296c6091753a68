//! Web, `/incidents.csv` and `.xlsx`: the list of incidents as a sheet. Its rule: what `GET /incidents` shows to this
//! reader, row by row.

use actix_web::{HttpResponse, get, web};

use super::listed::{Either, IncidentQuery, Which};
use super::may_read;
use super::view::{IncidentPlace, IncidentView};
use crate::app::App;
use crate::error::Result;
use crate::identity::Actor;
use crate::sheet::{Cell, Form};
use crate::web::api::exports::column::{Column, column, maybe, moment, text};
use crate::web::api::exports::onward::{self, Listed, PAGE, list_sheets};
use crate::web::api::exports::{Filters, is_whole};
use crate::web::leaving;
use crate::web::problem::Problem;
use crate::web::{Asker, Query, run_long};

/// What each of them says.
const COLUMNS: &[Column<IncidentView>] = &[
    column("来源", 10, |it| text(it.source.zh())),
    column("状态", 10, |it| text(it.state.zh())),
    column("标题", 30, |it| text(&it.title)),
    column("事项分类", 22, |it| places(it.category.as_slice())),
    column("小区", 30, |it| places(&it.estates)),
    column("区域", 22, |it| places(&it.regions)),
    column("开始时间", 20, |it| moment(Some(&it.since))),
    column("预计结束", 20, |it| moment(it.expected_end.as_ref())),
    column("已过预计", 10, |it| Cell::Truth(it.overdue)),
    column("答复口径", 40, |it| maybe(it.tell.as_ref())),
    column("工单编号", 18, |it| maybe(it.no.as_ref())),
    column("并单数", 8, |it| Cell::Number(f64::from(it.linked))),
    column("公布时间", 20, |it| moment(it.declared_at.as_ref())),
    column("公布人", 16, |it| maybe(it.declared_by.as_ref())),
    column("最近变动", 20, |it| moment(it.changed_at.as_ref())),
    column("变动人", 16, |it| maybe(it.changed_by.as_ref())),
    column("结果", 40, |it| maybe(it.result.as_ref())),
    column("结束时间", 20, |it| moment(it.closed_at.as_ref())),
];

fn places(all: &[IncidentPlace]) -> Cell {
    let names = all.iter().map(|it| it.name.as_deref().unwrap_or(&it.code));
    text(&names.collect::<Vec<_>>().join("、"))
}

async fn sheet(
    app: web::Data<App>,
    actor: Actor,
    query: IncidentQuery,
    form: Form,
) -> Result<HttpResponse> {
    let house = app.clone();
    let (turn, sheet, rows) = run_long(move || {
        may_read(&actor)?;
        is_whole(query.limit, query.after.as_deref())?;
        let (now, state) = (house.db.now(), query.state());
        let (rules, count) = house.db.read(|conn| {
            let rules = house.hotline.rules.current(conn, now)?;
            let count = Which { actor: &actor, state }.count(conn)?;
            Ok((rules, count))
        })?;
        let listed = Listed {
            actor: actor.clone(),
            rules,
            now,
            // The sheet says which they are where nobody asked, too.
            filters: Filters::of(&IncidentQuery { state: Some(state), ..query })?,
            form,
            what: "incidents",
            title: "突发事件",
            columns: COLUMNS,
            count,
            only: None,
        };
        let app = house.clone();
        let page = move |after: Option<i64>| {
            let which = Which { actor: &actor, state };
            app.db.read(|conn| {
                let mut found = which.rows(conn, after, PAGE)?;
                found.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
                let next = onward::behind(found.len(), found.last().map(Either::id));
                Ok((which.views(&app, conn, found)?, next))
            })
        };
        listed.begin(&house, page)
    })
    .await?;
    leaving::send(&app, turn, sheet, rows).await
}

list_sheets! {
    IncidentQuery, sheet;
    /// The reader's list of incidents as CSV, every page of it.
    incidents_csv "/incidents.csv" Csv "text/csv";
    /// The reader's list of incidents as a workbook, every page of it.
    incidents_xlsx "/incidents.xlsx" Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
}
