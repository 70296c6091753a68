//! Web, Open311: the answer to an error. Its rule: the form and the statuses are the specification's
//! (403 for the key, 404 for what is not there, 400 for the rest); what passes by itself keeps its own.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};

use super::node::{Format, Node};
use crate::error::{Error, Kind, sentence};
use crate::web::problem;

/// The one table from kind to status at this door.
const fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Malformed | Kind::Invalid | Kind::Refused | Kind::Stale => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated | Kind::Forbidden => StatusCode::FORBIDDEN,
        other => problem::status(other),
    }
}

/// The answer to `error`, each wrong field an error of its own.
pub fn respond(error: &Error, format: Format) -> HttpResponse {
    let status = status(error.kind());
    let one = |description: &str| {
        Node::Fields(vec![
            ("code", Node::Count(i64::from(status.as_u16()))),
            ("description", Node::text(description)),
        ])
    };
    let mut errors: Vec<Node> = error
        .fields()
        .iter()
        .map(|field| {
            let name = named(&field.pointer);
            one(&sentence("open311.field", &[("field", name), ("detail", &field.detail)]))
        })
        .collect();
    if errors.is_empty() {
        errors.push(one(error.detail()));
    }
    let body = Node::List("error", errors).write(format, "errors").unwrap_or_default();
    let mut answer = HttpResponse::build(status);
    answer.insert_header((header::CONTENT_TYPE, format.content_type()));
    let wait = error.retry_after_s().or(match error.kind() {
        Kind::Unavailable => Some(2),
        Kind::TooMany | Kind::Full => Some(60),
        _ => None,
    });
    if let Some(seconds) = wait {
        answer.insert_header((header::RETRY_AFTER, seconds));
    }
    if matches!(error.kind(), Kind::Slow | Kind::TooLarge) {
        answer.force_close();
    }
    answer.body(body)
}

/// A field of the intake by the name that it has at this door.
fn named(pointer: &str) -> &str {
    match pointer {
        "/caller/phone" => "phone",
        "/caller/email" => "email",
        "/matter/category" => "service_code",
        "/matter/content" => "description",
        "/place/estate" => "address_id",
        "/place/point" => "lat, long",
        other => other.trim_start_matches('/'),
    }
}
