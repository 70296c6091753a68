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
use crate::web::api::exports::onward::{
    self, Listed, PAGE, list_sheets, maybe, moment, text, unit_of,
};
use crate::web::api::exports::{Filters, is_whole};
use crate::web::leaving;
use crate::web::problem::Problem;
use crate::web::{Asker, Query, run_long};

/// The columns, and their widths.
const COLUMNS: [(&str, u16); 19] = [
    ("规则", 18),
    ("级别", 8),
    ("状态", 10),
    ("小区", 18),
    ("事项分类", 22),
    ("企业", 22),
    ("承办单位", 22),
    ("承办岗位", 12),
    ("件数", 8),
    ("阈值", 8),
    ("工单", 40),
    ("发现时间", 20),
    ("最近变动", 20),
    ("认领人", 16),
    ("认领时间", 20),
    ("处置", 40),
    ("处置时间", 20),
    ("结果", 40),
    ("是否属实", 10),
];

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
            columns: &COLUMNS,
            count,
        };
        let app = house.clone();
        let page = move |after: Option<i64>| {
            app.db.read(|conn| {
                let found = store::page(conn, &scope, &query.filter(after), PAGE)?;
                let next = onward::behind(found.len(), found.last().map(|row| row.id));
                let mut rows = Vec::with_capacity(found.len());
                for row in found {
                    rows.push(cells(&WarningView::of(&app, conn, &actor, row)?));
                }
                Ok((rows, next))
            })
        };
        listed.begin(&house, page)
    })
    .await?;
    leaving::send(&app, turn, sheet, rows).await
}

fn cells(view: &WarningView) -> Vec<Cell> {
    let named = |named: &Option<Named>| {
        let name = named.as_ref().map(|it| it.name.as_ref().unwrap_or(&it.code));
        maybe(name)
    };
    let numbers = view.tickets.as_ref().map(|all| all.join("、"));
    vec![
        text(view.rule_name),
        text(view.grade.zh()),
        text(view.state.zh()),
        named(&view.estate),
        named(&view.category),
        named(&view.company),
        named(&view.unit),
        view.desk.map_or(Cell::Empty, |desk| text(desk.zh())),
        Cell::Number(f64::from(view.n)),
        Cell::Number(f64::from(view.threshold)),
        maybe(numbers.as_ref()),
        moment(Some(&view.opened_at)),
        moment(Some(&view.changed_at)),
        maybe(view.owner.as_ref()),
        moment(view.taken_at.as_ref()),
        maybe(view.act.as_ref()),
        moment(view.acted_at.as_ref()),
        maybe(view.result.as_ref()),
        view.real.map_or(Cell::Empty, Cell::Truth),
    ]
}

list_sheets! {
    WarningQuery, sheet;
    /// The reader's list of warnings as CSV, every page of it.
    warnings_csv "/warnings.csv" Csv "text/csv";
    /// The reader's list of warnings as a workbook, every page of it.
    warnings_xlsx "/warnings.xlsx" Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
}
