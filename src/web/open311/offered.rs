//! Web, Open311: the services, which are the leaf categories in force. Its rule: what is listed can be
//! reported, and nothing else.

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::NaiveDate;

use super::asked::Parameters;
use super::node::{Format, Node};
use crate::app::App;
use crate::directory::{Category, CategoryCode, Directory, Urgency};
use crate::error::{Error, Kind, Result, sentence};
use crate::web::{Answer, run};

/// The service list.
#[utoipa::path(tag = "open311", security(()),
    params(("format" = String, Path, description = "json or xml"),
        ("jurisdiction_id" = Option<String>, Query, description = "looked at only where the site has one")),
    responses((status = 200, description = "GeoReport v2 GET Service List", body = Object)))]
#[get("/v2/services.{format:json|xml}")]
pub async fn list(
    app: web::Data<App>,
    format: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let format = Format::of_path(&format!(".{format}"));
    let asked = Parameters::read(request.query_string().as_bytes());
    asked.require_jurisdiction(&app)?;
    run(move || {
        let (hotline, now) = (&app.hotline, app.db.now());
        let rules = hotline.db.read(|conn| hotline.rules.current(conn, now))?;
        let today = now.day(rules.profile.zone);
        let directory = &rules.directory;
        let offered = directory.categories().filter(|it| is_offered(directory, it, today));
        let services = offered.map(|category| service(directory, category)).collect();
        Node::List("service", services).answer(format, "services")
    })
    .await
    .map(Answer::respond)
}

/// Whether the category can be reported on `today`.
fn is_offered(directory: &Directory, category: &Category, today: NaiveDate) -> bool {
    category.span.holds_on(today) && directory.is_leaf(&category.code)
}

/// The category with this code, where it can be reported.
///
/// # Errors
/// `open311.service_unknown` (404).
pub fn offered<'a>(directory: &'a Directory, code: &str, today: NaiveDate) -> Result<&'a Category> {
    directory
        .category(&CategoryCode::from(code))
        .filter(|category| is_offered(directory, category, today))
        .ok_or_else(|| Error::new(Kind::NotFound, "open311.service_unknown"))
}

fn service(directory: &Directory, category: &Category) -> Node {
    let group = directory.category_ancestors(&category.code);
    let group = group.last().and_then(|code| directory.category(code)).map(|top| &*top.name);
    Node::Fields(vec![
        ("service_code", Node::text(category.code.as_str())),
        ("service_name", Node::text(&category.name)),
        ("description", Node::text(&description(directory, &category.code))),
        // Every service has the attributes of `definition`.
        ("metadata", Node::Flag(true)),
        ("type", Node::text("realtime")),
        ("keywords", Node::text(&category.keywords.join(", "))),
        ("group", Node::some(group)),
    ])
}

/// The category with those above it; that an emergency is none for this door is said too.
pub fn description(directory: &Directory, code: &CategoryCode) -> String {
    let path = path(directory, code);
    match directory.default_urgency(code) {
        Some(Urgency::Emergency) => sentence("open311.emergency", &[("path", &path)]),
        _ => path,
    }
}

/// Its name after the names of those above it.
pub fn path(directory: &Directory, code: &CategoryCode) -> String {
    let mut codes = directory.category_ancestors(code);
    codes.reverse();
    codes.push(code.clone());
    let names = codes.iter().filter_map(|code| directory.category(code));
    names.map(|category| category.name.as_str()).collect::<Vec<_>>().join(" — ")
}
