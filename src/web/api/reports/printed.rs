//! Web, `/reports/{id}.…`: a report in one of its forms. Its rule: the kept document and what people wrote into it,
//! never a figure made anew; a copy that can leave the house carries who took it and when, and the trail says so.

use std::collections::BTreeMap;

use actix_web::body::MessageBody;
use actix_web::{HttpResponse, get, http::header, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{desk, read_id};
use crate::app::App;
use crate::audit::{self, Entry};
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::reports::mailing::{form_name, printed};
use crate::reports::print::{self as press, Printed};
use crate::reports::said::task::told;
use crate::reports::store::ReportRow;
use crate::reports::{DOCX, Document, XLSX};
use crate::web::api::attachments::percent_encoded;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Query, run_long};

/// The document as it is kept, the texts beside the places that it leaves open.
#[derive(Serialize)]
pub struct Whole {
    #[serde(flatten)]
    pub document: Document,
    /// By `field`.
    pub texts: BTreeMap<String, String>,
}

/// Which part.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PrintQuery {
    /// Of `csv`: the one table of this id; all of them in a ZIP where nothing is said.
    table: Option<String>,
}

/// A report as it is handed out.
struct Copy {
    row: ReportRow,
    document: Document,
    printed: Printed,
}

impl Copy {
    /// The report `id`, its figures leading to their tickets at `base`.
    fn of(app: &App, actor: &Actor, (id, base): (i64, String)) -> Result<Self> {
        let (now, zone) = (app.db.now(), app.config.site.zone);
        app.db.read(|conn| {
            let desk = desk(app, actor);
            let (row, document, texts) = desk.read(conn, id)?;
            let rules = app.hotline.rules.current(conn, now)?;
            let tasks = desk.instructions(conn, &row, now)?;
            let printed = Printed {
                watermark: Some(press::words::watermark(&actor.name, now, zone)),
                base: Some(base),
                instructions: told(&tasks, zone, &rules.directory),
                ..printed(conn, &row, texts, (now, zone))?
            };
            Ok(Self { row, document, printed })
        })
    }

    /// Its media type, its ending and its bytes; nothing where there is no such form.
    fn print(&self, format: &str, table: Option<&str>) -> Result<(&'static str, String, Vec<u8>)> {
        let (document, printed) = (&self.document, &self.printed);
        let csv = "text/csv; charset=utf-8";
        Ok(match (format, table) {
            ("docx", None) => (DOCX, "docx".into(), press::docx(document, printed)?),
            ("xlsx", None) => (XLSX, "xlsx".into(), press::xlsx(document, printed)?),
            ("csv", None) => ("application/zip", "zip".into(), press::csv_all(document, printed)?),
            ("csv", Some(table)) => {
                let bytes = press::csv(document, printed, table)?;
                let bytes = bytes.ok_or_else(|| Error::field("/table", "field.unknown_code"))?;
                (csv, format!("{table}.csv"), bytes)
            }
            _ => return Err(Error::not_found()),
        })
    }
}

/// A report whole: `json` the document, and by `field` what was written into the places it leaves open; `html` the page
/// with charts; `docx` the letter; `xlsx` and `csv` its tables. Units find their own rows alone in the check period.
#[utoipa::path(tag = "reports", operation_id = "reports_print",
    params(("id" = String, Path),
        ("format" = String, Path, description = "json, html, docx, xlsx or csv"), PrintQuery),
    responses(
        (status = 200, body = Object),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/reports/{id}.{format}")]
pub async fn print(
    app: web::Data<App>,
    Asker(actor): Asker,
    path: web::Path<(String, String)>,
    Query(query): Query<PrintQuery>,
) -> Result<HttpResponse> {
    let (id, format) = path.into_inner();
    let id = read_id(&id)?;
    match format.as_str() {
        "json" => run_long(move || {
            let (whole, version) = whole_of(&app, &actor, id)?;
            Ok(Answer::ok(&whole)?.versioned(version.into()))
        })
        .await
        .map(Answer::respond),
        "html" => {
            let base = tickets_at(id);
            let page = run_long(move || page_of(&app, &actor, (id, base), &[]));
            Ok(sheet(page.await?, press::policy()))
        }
        _ => Ok(file(
            run_long(move || taken_out(&app, &actor, id, &format, query.table.as_deref())).await?,
        )),
    }
}

/// Where the tickets behind the cells of a report are found.
fn tickets_at(id: i64) -> String {
    format!("/api/v1/reports/{id}/tickets")
}

/// The document of the report `id` and what was written into it, as `actor` reads them; and its version.
///
/// # Errors
/// 404 where the report is absent or not for their eyes.
pub fn whole_of(app: &App, actor: &Actor, id: i64) -> Result<(Whole, i32)> {
    let (row, document, texts) = app.db.read(|conn| desk(app, actor).read(conn, id))?;
    note_reading(app, actor, id)?;
    Ok((Whole { document, texts }, row.version))
}

/// The report `id` as a page, its figures leading to their tickets at `base`, its pictures drawn by `scripts` where
/// there are any.
///
/// # Errors
/// As [`whole_of`].
pub fn page_of(
    app: &App,
    actor: &Actor,
    (id, base): (i64, String),
    scripts: &[String],
) -> Result<String> {
    let copy = Copy::of(app, actor, (id, base))?;
    note_reading(app, actor, id)?;
    app.press.page(copy.document, &copy.printed, scripts)
}

/// The page as it is sent: with a policy of the printer's, under which its style shows.
pub fn sheet(page: impl MessageBody + 'static, policy: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(page)
}

/// Notes that `actor` read the report, once a day.
fn note_reading(app: &App, actor: &Actor, id: i64) -> Result<()> {
    const WHAT: &str = "report.read";
    let (day, subject) = (app.db.now().day(app.config.site.zone), id.to_string());
    let entry = Entry::new((actor.user, &actor.name), WHAT, ("report", &subject));
    if app.db.read(|conn| audit::is_recorded(conn, &entry, day))? {
        return Ok(());
    }
    let actor = actor.clone();
    app.db.write(move |tx| {
        let entry = Entry::new((actor.user, &actor.name), WHAT, ("report", &subject));
        audit::record_once(tx, &entry, day)
    })
}

/// A file: its media type, its name and its bytes.
type Taken = (&'static str, String, Vec<u8>);

fn taken_out(
    app: &App,
    actor: &Actor,
    id: i64,
    format: &str,
    table: Option<&str>,
) -> Result<Taken> {
    let copy = Copy::of(app, actor, (id, tickets_at(id)))?;
    let (media_type, ending, bytes) = copy.print(format, table)?;
    let (actor, what) = (actor.clone(), ending.clone());
    app.db.write(move |tx| {
        let subject = id.to_string();
        let entry = Entry::new((actor.user, &actor.name), "report.copy", ("report", &subject));
        audit::record(tx, &entry.detailed(what.clone()))
    })?;
    Ok((media_type, format!("{}.{ending}", form_name(&copy.document, &copy.row)), bytes))
}

fn file((media_type, name, bytes): Taken) -> HttpResponse {
    let disposition = format!("attachment; filename*=UTF-8''{}", percent_encoded(&name));
    HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(bytes)
}
