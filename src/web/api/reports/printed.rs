//! Web, `/reports/{id}.…`: a report in one of its forms. Its rule: the kept document and what people wrote into it,
//! never a figure made anew.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get, web};
use serde::Serialize;

use super::{desk, read_id};
use crate::app::App;
use crate::error::{Error, Result};
use crate::reports::Document;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, run};

/// The document as it is kept, the texts beside the places that it leaves open.
#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    document: Document,
    /// By `field`.
    texts: BTreeMap<String, String>,
}

/// A report whole, as `json`: the document, and by `field` what was written into the places it leaves open. Units
/// find their own rows alone in the check period.
#[utoipa::path(tag = "reports", operation_id = "reports_print",
    params(("id" = String, Path), ("format" = String, Path, description = "json")),
    responses(
        (status = 200, body = Object),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/reports/{id}.{format}")]
pub async fn print(
    app: web::Data<App>,
    Asker(actor): Asker,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse> {
    run(move || {
        let (id, format) = path.into_inner();
        let id = read_id(&id)?;
        let (row, document, texts) = app.db.read(|conn| desk(&app, &actor).read(conn, id))?;
        let answer = match format.as_str() {
            "json" => Answer::ok(&Whole { document, texts })?,
            _ => return Err(Error::not_found()),
        };
        Ok(answer.versioned(row.version.into()))
    })
    .await
    .map(Answer::respond)
}
