//! Web, `/bottom-line/cases.csv` and `.xlsx`: cases of the bottom line as a sheet. Its rule: what `GET /bottom-line/cases`
//! shows to this reader, row by row.

use actix_web::{HttpResponse, get, web};

use super::{CaseQuery, CaseView, Shown};
use crate::app::App;
use crate::bottomline::{Desk, store};
use crate::error::Result;
use crate::identity::Actor;
use crate::sheet::{Cell, Form};
use crate::web::api::exports::onward::{
    self, Listed, PAGE, list_sheets, maybe, moment, text, unit_of,
};
use crate::web::api::exports::{Filters, is_whole};
use crate::web::leaving;
use crate::web::problem::Problem;
use crate::web::{Asker, Query, run_long};

/// The columns, and their widths.
const COLUMNS: [(&str, u16); 16] = [
    ("触碰事项", 18),
    ("来源", 14),
    ("单位", 22),
    ("工单编号", 18),
    ("拨测电话", 18),
    ("拨测结果", 14),
    ("立案时间", 20),
    ("答复时限", 20),
    ("灯色", 8),
    ("状态", 10),
    ("单位说明", 40),
    ("说明时间", 20),
    ("说明人", 16),
    ("审定意见", 40),
    ("审定时间", 20),
    ("审定人", 16),
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
            columns: &COLUMNS,
            count,
        };
        let app = house.clone();
        let page = move |after: Option<i64>| {
            app.db.read(|conn| {
                let desk = Desk { actor: &actor, keys: &app.keys, directory: &rules.directory };
                let found = store::list(conn, &which, after.unwrap_or(i64::MIN), PAGE)?;
                let next = onward::behind(found.len(), found.last().map(|case| case.id));
                let views = Shown { desk, zone, now }.all(conn, found)?;
                Ok((views.iter().map(cells).collect(), next))
            })
        };
        listed.begin(&house, page)
    })
    .await?;
    leaving::send(&app, turn, sheet, rows).await
}

fn cells(view: &CaseView) -> Vec<Cell> {
    let call = view.test_call.as_ref();
    vec![
        text(view.flag_name),
        text(view.source_name),
        text(&view.unit_name),
        maybe(view.ticket.as_ref()),
        maybe(call.map(|call| &call.number)),
        call.map_or(Cell::Empty, |call| text(call.outcome.zh())),
        moment(Some(&view.opened_at)),
        moment(Some(&view.due_at)),
        text(view.light.zh()),
        text(view.state_name),
        maybe(view.answer.as_ref()),
        moment(view.answered_at.as_ref()),
        maybe(view.answered_by.as_ref()),
        maybe(view.decision.as_ref()),
        moment(view.decided_at.as_ref()),
        maybe(view.decided_by.as_ref()),
    ]
}

list_sheets! {
    CaseQuery, sheet;
    /// The reader's cases of the bottom line as CSV, every page of them.
    cases_csv "/bottom-line/cases.csv" Csv "text/csv";
    /// The reader's cases of the bottom line as a workbook, every page of them.
    cases_xlsx "/bottom-line/cases.xlsx" Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
}
