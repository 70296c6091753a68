//! Web, `/supervision.csv` and `.xlsx`: open supervisions as a sheet. Its rule: what `GET /supervision` shows to this
//! reader, row by row.

use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{SupervisionView, sees_all, supervised};
use crate::app::App;
use crate::error::Result;
use crate::identity::Actor;
use crate::sheet::{Cell, Form};
use crate::web::api::exports::Filters;
use crate::web::api::exports::onward::{Listed, Paged, list_sheets, moment, text, unit_of};
use crate::web::leaving;
use crate::web::problem::Problem;
use crate::web::{Asker, Query, run_long};

/// The columns, and their widths.
const COLUMNS: [(&str, u16); 7] = [
    ("工单编号", 18),
    ("督办层级", 18),
    ("单位", 22),
    ("督办时间", 20),
    ("答复时限", 20),
    ("灯色", 8),
    ("答复时间", 20),
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
        let (rules, views) = house.db.read(|conn| {
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
            columns: &COLUMNS,
            count: i64::try_from(views.len()).unwrap_or(i64::MAX),
        };
        let page = move |_: Option<()>| -> Result<Paged<()>> {
            Ok((views.iter().map(cells).collect(), None))
        };
        listed.begin(&house, page)
    })
    .await?;
    leaving::send(&app, turn, sheet, rows).await
}

fn cells(view: &SupervisionView) -> Vec<Cell> {
    vec![
        text(&view.ticket),
        text(view.step_name),
        text(&view.unit_name),
        moment(Some(&view.opened_at)),
        moment(view.due_at.as_ref()),
        text(view.light.zh()),
        moment(view.answered_at.as_ref()),
    ]
}

list_sheets! {
    SupervisionSheetQuery, sheet;
    /// The open supervisions that the reader sees as CSV.
    supervision_csv "/supervision.csv" Csv "text/csv";
    /// The open supervisions that the reader sees as a workbook.
    supervision_xlsx "/supervision.xlsx" Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
}
