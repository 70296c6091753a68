//! Web, `/audit.csv` and `.xlsx`: the trail as a sheet. Its rule: as the auditor reads it, up to the instant of asking;
//! that it left is the next line of the trail.

use actix_web::{HttpResponse, get, web};

use super::{Asked, filter};
use crate::app::App;
use crate::audit::{self, Filter, Line};
use crate::error::Result;
use crate::identity::{Actor, Role, count_trail};
use crate::sheet::{Cell, Form};
use crate::web::api::exports::column::{Column, column, maybe, text};
use crate::web::api::exports::onward::{self, Listed, PAGE, list_sheets};
use crate::web::api::exports::{Filters, is_whole};
use crate::web::leaving;
use crate::web::problem::Problem;
use crate::web::{Asker, Query, run_long};

/// A line by the clocks of the site.
struct Noted {
    line: Line,
    zone: chrono_tz::Tz,
}

/// What each of them says.
const COLUMNS: &[Column<Noted>] = &[
    column("时间", 20, |it| Cell::Moment(it.line.at.in_zone(it.zone).naive_local())),
    column("账号", 18, |it| text(&it.line.name)),
    column("操作", 24, |it| text(&it.line.action)),
    column("结果", 10, |it| text(it.line.outcome.zh())),
    column("对象类型", 14, |it| text(&it.line.subject_kind)),
    column("对象", 24, |it| text(&it.line.subject)),
    column("用途", 14, |it| maybe(it.line.purpose.as_ref())),
    column("说明", 60, |it| maybe(it.line.detail.as_ref())),
];

async fn sheet(
    app: web::Data<App>,
    actor: Actor,
    query: Asked,
    form: Form,
) -> Result<HttpResponse> {
    actor.require(&[Role::Auditor])?;
    let house = app.clone();
    let (turn, sheet, rows) = run_long(move || {
        is_whole(query.limit, query.after.as_deref())?;
        let (now, zone) = (house.db.now(), house.config.site.zone);
        let filters = Filters::of(&query)?;
        let mut filter = filter(query)?;
        filter.to = Some(filter.to.map_or(now, |to| to.min(now)));
        let count = count_trail(&house.db, &actor, &filter, now.day(zone))?;
        let rules = house.db.read(|conn| house.hotline.rules.current(conn, now))?;
        let listed = Listed {
            actor,
            rules,
            now,
            filters,
            form,
            what: "audit",
            title: "审计记录",
            columns: COLUMNS,
            count,
            only: None,
        };
        let app = house.clone();
        let page = move |after| {
            let filter = Filter { after, ..filter.clone() };
            let found = app.db.read(|conn| audit::page(conn, &filter, PAGE))?;
            let next = onward::behind(found.len(), found.last().map(|line| (line.at, line.id)));
            Ok((found.into_iter().map(|line| Noted { line, zone }).collect(), next))
        };
        listed.begin(&house, page)
    })
    .await?;
    leaving::send(&app, turn, sheet, rows).await
}

list_sheets! {
    Asked, sheet;
    /// The audit trail as CSV, every page of it.
    audit_csv "/audit.csv" Csv "text/csv";
    /// The audit trail as a workbook, every page of it.
    audit_xlsx "/audit.xlsx" Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
}
