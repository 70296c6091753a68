//! Web, `/supervision.csv` and `.xlsx`: open supervisions as a sheet. Its rule: what `GET /supervision` shows to this
//! reader, row by row.

use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{SupervisionView, sees_all, supervised};
use crate::app::App;
use crate::error::Result;
use crate::identity::Actor;
use crate::sheet::Form;
use crate::web::api::exports::Filters;
use crate::web::api::exports::column::{Column, column, moment, text};
use crate::web::api::exports::onward::{Listed, Paged, list_sheets, unit_of};
use crate::web::leaving;
use crate::web::problem::Problem;
use crate::web::{Asker, Query, run_long};

/// What each of them says.
const COLUMNS: &[Column<SupervisionView>] = &[
    column("工单编号", 18, |it| text(&it.ticket)),
    column("督办层级", 18, |it| text(it.step_name)),
    column("单位", 22, |it| text(&it.unit_name)),
    column("督办时间", 20, |it| moment(Some(&it.opened_at))),
    column("答复时限", 20, |it| moment(it.due_at.as_ref())),
    column("灯色", 8, |it| text(it.light.zh())),
    column("答复时间", 20, |it| moment(it.answered_at.as_ref())),
];

/// Nothing: the list is not narrowed.
#[derive(Debug, Default, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SupervisionSheetQuery {}

async fn sheet(
    app: web::Data<App>,
    actor: Actor,
    query: SupervisionSheetQuery,
    form: Form,
) -> Result<HttpResponse> {
    let house = app.clone();
    let (turn, sheet, rows) = run_long(move || {
        let now = house.db.now();
        let (rules, mut views) = house.db.read(|conn| {
            let rules = house.hotline.rules.current(conn, now)?;
            let views = supervised(conn, &rules, &actor, now)?;
            Ok((rules, views))
        })?;
        let listed = Listed {
            only: (!sees_all(&actor)).then(|| unit_of(&actor, &rules)),
            actor,
            rules,
            now,
            filters: Filters::of(&query)?,
            form,
            what: "supervision",
            title: "督办",
            columns: COLUMNS,
            count: i64::try_from(views.len()).unwrap_or(i64::MAX),
        };
        let page = move |_: Option<()>| -> Result<Paged<SupervisionView, ()>> {
            Ok((std::mem::take(&mut views), None))
        };
        listed.begin(&house, page)
    })
    .await?;
    leaving::send(&app, turn, sheet, rows).await
}

list_sheets! {
    SupervisionSheetQuery, sheet;
    /// The open supervisions that the reader sees as CSV.
    supervision_csv "/supervision.csv" Csv "text/csv";
    /// The open supervisions that the reader sees as a workbook.
    supervision_xlsx "/supervision.xlsx" Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
}
