//! Web, Open311: where the interface is and how to get a key (wiki.open311.org/Service_Discovery). Its
//! rule: the address is the site's own, never the one a request claims to have asked for.

use actix_web::{HttpResponse, get, web};

use super::BASE;
use super::node::{Format, Node};
use crate::app::{App, Demo};
use crate::directory;
use crate::error::{Result, sentence};
use crate::web::{Answer, run};

/// The token of the specification that is served.
const SPECIFICATION: &str = "http://wiki.open311.org/GeoReport_v2";

/// The discovery document: the endpoint, its formats, and when its services last changed.
#[utoipa::path(tag = "open311", security(()),
    params(("format" = String, Path, description = "json or xml")),
    responses((status = 200, description = "GeoReport v2 service discovery", body = Object)))]
#[get("/discovery.{format:json|xml}")]
pub async fn discovery(app: web::Data<App>, format: web::Path<String>) -> Result<HttpResponse> {
    let format = Format::of_path(&format!(".{format}"));
    run(move || document(&app)?.answer(format, "discovery")).await.map(Answer::respond)
}

fn document(app: &App) -> Result<Node> {
    let changed_at = app.db.read(directory::store::mark)?.changed_at;
    let said = |given: &str, code: &'static str| {
        let name = app.config.site.name.as_str();
        if given.is_empty() { sentence(code, &[("name", name)]) } else { given.to_owned() }
    };
    let config = &app.config.open311;
    let demo = app.demo == Demo::On;
    let formats = [Format::Xml, Format::Json]
        .map(|format| format.content_type().split(';').next().map_or(Node::Nothing, Node::text));
    let endpoint = Node::Fields(vec![
        ("specification", Node::text(SPECIFICATION)),
        ("url", Node::text(&format!("{}{BASE}/v2", app.config.public_url()))),
        ("changeset", Node::instant(changed_at)),
        ("type", Node::text(if demo { "test" } else { "production" })),
        ("formats", Node::List("format", formats.to_vec())),
    ]);
    let contact = said(&config.contact, "open311.contact");
    let key_service = said(&config.key_service, "open311.key_service");
    Ok(Node::Fields(vec![
        ("changeset", Node::instant(changed_at)),
        ("contact", Node::text(&contact)),
        ("key_service", Node::text(&key_service)),
        ("endpoints", Node::List("endpoint", vec![endpoint])),
    ]))
}
