//! Web: around every request: its id, the access log and the security headers. Its rule: a log line holds the
//! route's template and never the address that was asked for, nor anything a person typed.

use std::time::Instant;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;

use super::{metrics, request_id};

/// The outermost middleware: gives the id (our own; a caller's could hold anything), counts,
/// logs, and sets the headers that every answer has.
pub async fn around<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let started = Instant::now();
    let id = uuid::Uuid::now_v7().to_string();
    let method = metrics::name_of(request.method());
    let docs = request.path().starts_with(concat!("/api/v1", "/docs"));
    let mut answer = request_id::within(id.clone(), next.call(request)).await?;
    let route = answer.request().match_pattern().unwrap_or_else(|| "-".to_owned());
    let status = answer.status().as_u16();
    let elapsed = started.elapsed();
    metrics::observe(method, &route, status, elapsed);
    let ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(target: "jiesu::access", request = %id, method, route, status, ms, "answered");
    let headers = answer.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    secure(headers, docs);
    Ok(answer)
}

const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";
/// The documentation page brings its own scripts and styles, all from here.
const OWN_PAGES: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

fn secure(headers: &mut HeaderMap, docs: bool) {
    let policy = if docs { OWN_PAGES } else { NOTHING };
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        // A page that knows better has set its own.
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}
