//! Web, Open311: taking a report in. Its rule: it is an intake like any other (a key of a role that may
//! register, the same checks, one write), and it waits for a person: nothing is dispatched by itself.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, post, web};

use super::asked::Parameters;
use super::form;
use super::node::{Format, Node};
use super::requests::{EACH, ROOT};
use crate::app::App;
use crate::error::{Error, Kind, Result, sentence};
use crate::identity::{Actor, Role, Scope};
use crate::lifecycle::{Arrival, Hotline, Rules};
use crate::web::client::client_ip;
use crate::web::{Answer, Caller, IdempotencyKey, RawBody, asker, write_prepared};

const FORM: &str = "application/x-www-form-urlencoded";

/// Takes a report in. The key of a machine account with the scope `tickets:write` stands in `api_key`, or
/// as `Authorization: Bearer`; without one only where the site allows it.
#[utoipa::path(tag = "open311", security(("bearer" = []), ()),
    params(("format" = String, Path, description = "json or xml"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same key and body give the same answer")),
    request_body(content = Object, content_type = "application/x-www-form-urlencoded",
        description = "GeoReport v2 POST Service Request: api_key, jurisdiction_id, service_code, lat and long or address_string or address_id, description, email, phone, first_name, last_name, media_url, attribute[…]"),
    responses((status = 200, description = "the number, and a notice with the code told once", body = Object),
        (status = 400, description = "a field is wrong", body = Object),
        (status = 403, description = "no key, or one that may not", body = Object),
        (status = 404, description = "no such service or jurisdiction", body = Object)))]
#[post("/v2/requests.{format:json|xml}")]
pub async fn report(
    app: web::Data<App>,
    format: web::Path<String>,
    request: HttpRequest,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    let format = Format::of_path(&format!(".{format}"));
    require_form(&request)?;
    let form = Parameters::read(raw.bytes());
    let query = Parameters::read(request.query_string().as_bytes());
    form.require_jurisdiction(&app)?;
    query.require_jurisdiction(&app)?;
    let caller = caller(&app, &request, &form, &query)?;
    let (clerk, hotline) = (app.hotline.clone(), app.hotline.clone());
    let ready = move |actor: &Actor, _: &RawBody| {
        actor.require(&[Role::Agent, Role::Platform, Role::Citizen])?;
        let rules = rules(&clerk)?;
        let today = clerk.db.now().day(rules.profile.zone);
        let draft = form::draft(&form, &rules.directory, today)?;
        let arrival = clerk.arrive(actor, &draft)?;
        let answer = taken(&arrival, format)?;
        Ok(((draft, arrival), answer))
    };
    write_prepared(&app, caller, (key, raw), ready, move |tx, actor, (draft, arrival)| {
        let again = hotline.keep_arrival(tx, actor, draft, arrival)?;
        again.map(|arrival| taken(&arrival, format)).transpose()
    })
    .await
}

/// A body of another type would be read as a form without fields.
fn require_form(request: &HttpRequest) -> Result<()> {
    let given = request.headers().get(header::CONTENT_TYPE).map(|value| value.to_str());
    match given {
        None => Ok(()),
        Some(Ok(given)) if given.to_ascii_lowercase().starts_with(FORM) => Ok(()),
        Some(_) => Err(Error::new(Kind::Malformed, "open311.form")),
    }
}

/// Who reports: by the key in the form, in the header, or (the specification allows it, our log holds no
/// addresses) in the query.
fn caller(
    app: &App,
    request: &HttpRequest,
    form: &Parameters,
    query: &Parameters,
) -> Result<Caller> {
    let header = asker::bearer(request);
    let shown = form.one("api_key").or(header.as_deref()).or_else(|| query.one("api_key"));
    match shown {
        Some(key) => Caller::with_key(key, Scope::TicketsWrite)
            .map_err(|_| Error::new(Kind::Forbidden, "open311.key_wrong")),
        None if app.config.open311.open_intake => {
            // As at the citizens' door: nobody floods the desk, or another person's telephone.
            if let Some(address) = client_ip(request, &app.config.web.trusted_proxies) {
                app.gatekeeper.let_bring(address)?;
            }
            Ok(Caller::stranger())
        }
        None => Err(Error::new(Kind::Forbidden, "open311.key_missing")),
    }
}

fn rules(hotline: &Hotline) -> Result<std::sync::Arc<Rules>> {
    let now = hotline.db.now();
    match hotline.rules.newest(now) {
        Some(rules) => Ok(rules),
        None => hotline.db.read(|conn| hotline.rules.current(conn, now)),
    }
}

/// The number, and how to ask about it: the code, and the digits that stand in for a telephone's where
/// there is none, are told this once.
fn taken(arrival: &Arrival, format: Format) -> Result<Answer> {
    let ticket = arrival.ticket();
    let code = arrival.code.say();
    let proof = match arrival.code.say_tail() {
        Some(tail) => sentence("open311.proof_tail", &[("code", code), ("tail", tail)]),
        None => sentence("open311.proof", &[("code", code)]),
    };
    let values = [("no", ticket.no.as_str()), ("proof", proof.as_str())];
    let notice = if ticket.is_sealed() {
        sentence("open311.taken_sealed", &values)
    } else {
        sentence("open311.taken", &values)
    };
    let request = Node::Fields(vec![
        ("service_request_id", Node::text(&ticket.no)),
        ("service_notice", Node::text(&notice)),
        ("account_id", Node::Nothing),
    ]);
    Node::List(EACH, vec![request]).answer(format, ROOT)
}
