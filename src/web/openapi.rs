//! Web: the description of the interface, made from the same lines that register the routes. Its
//! rule: what is not described is not served (`.route(…)` is forbidden for that reason).

use std::sync::LazyLock;

use actix_web::http::header::{self, ContentType};
use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::PrettyFormatter;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_actix_web::{AppExt, scope};
use utoipa_swagger_ui::{Config as DocsConfig, SwaggerUi};

use super::{api, open311};
use crate::app::App;
use crate::assessment::{Metric, Side};
use crate::error::{Error, Kind, Result};
use crate::ticket::listing::Sort;
use crate::web::api::search::SearchSort;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "jiesu 接诉",
        description = "A housing bureau's citizen hotline, from the call to the monthly rates. \
            Problems are application/problem+json with a stable `code`; lists are \
            `{items, next}`; every POST takes `Idempotency-Key`; writes to a ticket take `If-Match`."
    ),
    // Named in query parameters only, from which utoipa collects nothing.
    components(schemas(Sort, SearchSort, Metric, Side)),
    modifiers(&Tokens),
    security(("bearer" = []))
)]
struct Head;

struct Tokens;

impl Modify for Tokens {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An access token of POST /auth/token, or a machine account's key"))
            .build();
        let parts = document.components.get_or_insert_default();
        parts.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// Every route of the interface, this description too.
pub fn routes(services: &mut ServiceConfig<'_>) {
    api::routes(services);
    services.service(openapi_json);
}

/// The whole document, from a throw-away application.
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = actix_web::App::new()
        .into_utoipa_app()
        .openapi(Head::openapi())
        .service(scope::scope(api::BASE).configure(routes))
        .service(scope::scope(open311::BASE).configure(open311::routes))
        .split_for_parts()
        .1;
    name_operations(&mut document);
    document
}

/// Handlers of different nouns have the same short names; an operation's id must be its own.
fn name_operations(document: &mut utoipa::openapi::OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let rest = path.strip_prefix(api::BASE).unwrap_or(path);
        let words: Vec<&str> =
            rest.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        for (method, operation) in [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("put", &mut item.put),
            ("delete", &mut item.delete),
        ] {
            if let Some(operation) = operation {
                operation.operation_id = Some(format!("{method}_{}", words.join("_")));
            }
        }
    }
}

/// The document as it is served and checked in.
pub static JSON: LazyLock<String> = LazyLock::new(|| {
    // A space for each level: with two, a fifth of the document is nothing else.
    let (mut text, form) = (Vec::new(), PrettyFormatter::with_indent(b" "));
    let written = document().serialize(&mut Serializer::with_formatter(&mut text, form));
    written.ok().and_then(|()| String::from_utf8(text).ok()).unwrap_or_default()
});

/// This description.
#[utoipa::path(tag = "operations", security(()), responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
#[get("/openapi.json")]
pub async fn openapi_json(app: web::Data<App>) -> Result<HttpResponse> {
    if !app.config.web.docs {
        return Err(Error::new(Kind::NotFound, "web.docs_off"));
    }
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(JSON.as_str()))
}

/// Registers the pages under `/docs`; before the scope of the interface, which would take them.
pub fn register_docs(services: &mut web::ServiceConfig) {
    let config = DocsConfig::new(["/api/v1/openapi.json"]).validator_url("none");
    services
        .service(web::resource("/api/v1/docs").to(|| async {
            HttpResponse::PermanentRedirect()
                .insert_header((header::LOCATION, "/api/v1/docs/"))
                .finish()
        }))
        .service(SwaggerUi::new("/api/v1/docs/{_:.*}").config(config));
}
