//! Web, `/bottom-line/cases.csv` and `.xlsx`: cases of the bottom line as a sheet. Its rule: what `GET /bottom-line/cases`
//! shows to this reader, row by row.

use actix_web::{HttpResponse, get, web};

use super::{CaseQuery, CaseView, Shown};
use crate::app::App;
use crate::bottomline::{Desk, store};
use crate::error::Result;
use crate::identity::Actor;
use crate::sheet::{Cell, Form};
use crate::web::api::exports::column::{Column, column, maybe, moment, text};
use crate::web::api::exports::onward::{self, Listed, PAGE, list_sheets, unit_of};
use crate::web::api::exports::{Filters, is_whole};
use crate::web::leaving;
use crate::web::problem::Problem;
use crate::web::{Asker, Query, run_long};

/// What each of them says.
const COLUMNS: &[Column<CaseView>] = &[
    column("触碰事项", 18, |it| text(it.flag_name)),
    column("来源", 14, |it| text(it.source_name)),
    column("单位", 22, |it| text(&it.unit_name)),
    column("工单编号", 18, |it| maybe(it.ticket.as_ref())),
    column("拨测电话", 18, |it| maybe(it.test_call.as_ref().map(|call| &call.number))),
    column("拨测结果", 14, |it| {
        it.test_call.as_ref().map_or(Cell::Empty, |call| text(call.outcome.zh()))
    }),
    column("立案时间", 20, |it| moment(Some(&it.opened_at))),
    column("答复时限", 20, |it| moment(Some(&it.due_at))),
    column("灯色", 8, |it| text(it.light.zh())),
    column("状态", 10, |it| text(it.state_name)),
    column("单位说明", 40, |it| maybe(it.answer.as_ref())),
    column("说明时间", 20, |it| moment(it.answered_at.as_ref())),
    column("说明人", 16, |it| maybe(it.answered_by.as_ref())),
    column("审定意见", 40, |it| maybe(it.decision.as_ref())),
    column("审定时间", 20, |it| moment(it.decided_at.as_ref())),
    column("审定人", 16, |it| maybe(it.decided_by.as_ref())),
];

async fn sheet(
    app: web::Data<App>,
    actor: Actor,
    query: CaseQuery,
    form: Form,
) -> Result<HttpResponse> {
    let house = app.clone();
    let (turn, sheet, rows) = run_long(move || {
        let (now, zone) = (house.db.now(), house.config.site.zone);
        let (rules, own, which, count) = house.db.read(|conn| {
            let rules = house.hotline.rules.current(conn, now)?;
            let desk = Desk { actor: &actor, keys: &house.keys, directory: &rules.directory };
            let own = desk.units()?;
            is_whole(query.limit, query.after.as_deref())?;
            let which = query.which(own.clone(), &rules)?;
            let count = store::count(conn, &which)?;
            Ok((rules, own, which, count))
        })?;
        let listed = Listed {
            only: own.map(|_| unit_of(&actor, &rules)),
            actor: actor.clone(),
            rules: rules.clone(),
            now,
            filters: Filters::of(&query)?,
            form,
            what: "bottom-line-cases",
            title: "触碰底线",
            columns: COLUMNS,
            count,
        };
        let app = house.clone();
        let page = move |after: Option<i64>| {
            app.db.read(|conn| {
                let desk = Desk { actor: &actor, keys: &app.keys, directory: &rules.directory };
                let found = store::list(conn, &which, after.unwrap_or(i64::MIN), PAGE)?;
                let next = onward::behind(found.len(), found.last().map(|case| case.id));
                Ok((Shown { desk, zone, now }.all(conn, found)?, next))
            })
        };
        listed.begin(&house, page)
    })
    .await?;
    leaving::send(&app, turn, sheet, rows).await
}

list_sheets! {
    CaseQuery, sheet;
    /// The reader's cases of the bottom line as CSV, every page of them.
    cases_csv "/bottom-line/cases.csv" Csv "text/csv";
    /// The reader's cases of the bottom line as a workbook, every page of them.
    cases_xlsx "/bottom-line/cases.xlsx" Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
}
