//! Web, `/test-calls.csv` and `.xlsx`: test calls as a sheet. Its rule: what `GET /test-calls` shows to this reader, row
//! by row; a unit is not told who called.

use actix_web::{HttpResponse, get, web};

use super::{TestCallQuery, TestCallView, view};
use crate::app::App;
use crate::bottomline::{Desk, store};
use crate::error::Result;
use crate::identity::Actor;
use crate::sheet::Form;
use crate::web::api::exports::column::{Column, column, maybe, moment, text};
use crate::web::api::exports::onward::{self, Listed, PAGE, list_sheets, unit_of};
use crate::web::api::exports::{Filters, is_whole};
use crate::web::leaving;
use crate::web::problem::Problem;
use crate::web::{Asker, Query, run_long};

/// What each of them says.
const COLUMNS: &[Column<TestCallView>] = &[
    column("单位", 22, |it| text(&it.unit_name)),
    column("拨测电话", 18, |it| text(&it.number)),
    column("拨测时间", 20, |it| moment(Some(&it.at))),
    column("拨测人", 16, |it| maybe(it.by.as_ref())),
    column("拨测结果", 14, |it| text(it.outcome_name)),
    column("备注", 40, |it| maybe(it.note.as_ref())),
];

async fn sheet(
    app: web::Data<App>,
    actor: Actor,
    query: TestCallQuery,
    form: Form,
) -> Result<HttpResponse> {
    let house = app.clone();
    let (turn, sheet, rows) = run_long(move || {
        let (now, zone) = (house.db.now(), house.config.site.zone);
        let (rules, own, count) = house.db.read(|conn| {
            let rules = house.hotline.rules.current(conn, now)?;
            let desk = Desk { actor: &actor, keys: &house.keys, directory: &rules.directory };
            let own = desk.units_of_calls()?;
            is_whole(query.limit, query.after.as_deref())?;
            let count = store::count_calls(conn, own.as_deref())?;
            Ok((rules, own, count))
        })?;
        let listed = Listed {
            only: own.as_ref().map(|_| unit_of(&actor, &rules)),
            actor: actor.clone(),
            rules: rules.clone(),
            now,
            filters: Filters::of(&query)?,
            form,
            what: "test-calls",
            title: "拨测",
            columns: COLUMNS,
            count,
        };
        let app = house.clone();
        let page = move |after: Option<i64>| {
            let desk = Desk { actor: &actor, keys: &app.keys, directory: &rules.directory };
            let (own, after) = (own.as_deref(), after.unwrap_or(i64::MIN));
            let found = app.db.read(|conn| store::list_calls(conn, own, after, PAGE))?;
            let next = onward::behind(found.len(), found.last().map(|call| call.id));
            let views = found.into_iter().map(|call| view(desk, zone, (call, None), own));
            Ok((views.collect::<Result<_>>()?, next))
        };
        listed.begin(&house, page)
    })
    .await?;
    leaving::send(&app, turn, sheet, rows).await
}

list_sheets! {
    TestCallQuery, sheet;
    /// The reader's test calls as CSV, every page of them.
    test_calls_csv "/test-calls.csv" Csv "text/csv";
    /// The reader's test calls as a workbook, every page of them.
    test_calls_xlsx "/test-calls.xlsx" Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
}
