//! Web, `/roster/sheet`: a month of the roster at once. Its rule: good days are put, each as `PUT
//! /roster/{unit}/{date}` does; the other lines come back as they came, with their reasons.

use actix_web::{HttpResponse, post, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::directory::Rejected;
use crate::error::Result;
use crate::roster::Office;
use crate::roster::sheet::{self, NewSheet};
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, IdempotencyKey, RawBody, write_once};

/// A line of a roster's sheet that was not put.
#[derive(Serialize, ToSchema)]
pub struct DutyLine {
    /// Its place in the sheet; the headings are line 1.
    line: u64,
    /// As it came.
    cells: Vec<String>,
    reason: String,
}

impl DutyLine {
    fn of(rejected: Rejected) -> Self {
        Self { line: rejected.line, reason: rejected.reason(), cells: rejected.cells }
    }
}

/// What became of a roster's sheet.
#[derive(Serialize, ToSchema)]
pub struct DutySheet {
    /// Days of units that were put.
    days: usize,
    rejected: Vec<DutyLine>,
}

/// Puts the days of a sheet: each unit's day whole, or not at all.
#[utoipa::path(tag = "reference", operation_id = "roster_sheet", request_body = NewSheet, params(("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = DutySheet),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "the headings cannot be used", body = Problem, content_type = "application/problem+json"),
))]
#[post("/roster/sheet")]
pub async fn load_sheet(
    app: web::Data<App>,
    Asker(actor): Asker,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    let hotline = app.hotline.clone();
    let idem = key.bind(&actor.name, raw.bytes());
    write_once(&app, idem, move |tx| {
        let rules = hotline.rules.current(tx.conn, tx.now)?;
        let office = Office::of(&rules.profile, &rules.calendar);
        sheet::require(&actor)?;
        let new: NewSheet = raw.parse()?;
        let loaded = sheet::load(tx, &actor, (&*rules.directory, office), &new)?;
        let rejected = loaded.rejected.into_iter().map(DutyLine::of).collect();
        Answer::ok(&DutySheet { days: loaded.days, rejected })
    })
    .await
}
