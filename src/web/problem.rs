//! Web: one error, one answer: `application/problem+json` (RFC 9457). Its rule: one table maps
//! kinds to statuses; our own faults are logged once, and the caller gets only their id.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

use super::request_id;
use crate::error::{Error, FieldError, Kind};

/// A problem as RFC 9457 has it, with a stable `code`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:jiesu:problem:` and the code.
    #[schema(example = "urn:jiesu:problem:transition")]
    pub r#type: String,
    /// The status in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong and what would help, in Chinese.
    pub detail: String,
    /// Stable; programs decide by it.
    pub code: &'static str,
    /// The wrong fields, for status 422.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// The state the thing is in, for a refused command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The commands that this reader may give now, for a refused command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<String>>,
    /// `urn:uuid:` and the request's id, which stands in the log too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}

/// One wrong field.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldProblem {
    /// RFC 6901, into the body (or the query's parameters).
    #[schema(example = "/caller/phone")]
    pub pointer: String,
    /// Stable.
    #[schema(example = "field.required")]
    pub code: &'static str,
    /// In Chinese.
    pub detail: String,
}

impl FieldProblem {
    pub fn of(field: &FieldError) -> Self {
        Self { pointer: field.pointer.clone(), code: field.code, detail: field.detail.clone() }
    }
}

/// The one table from kind to status.
pub const fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Malformed => StatusCode::BAD_REQUEST,
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Refused => StatusCode::CONFLICT,
        Kind::Stale => StatusCode::PRECONDITION_FAILED,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::Slow => StatusCode::REQUEST_TIMEOUT,
        Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Full => StatusCode::INSUFFICIENT_STORAGE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        status(self.kind())
    }
    fn error_response(&self) -> HttpResponse {
        respond(self)
    }
}

/// The answer to `error`.
pub fn respond(error: &Error) -> HttpResponse {
    let status = status(error.kind());
    note(error);
    let mut answer = HttpResponse::build(status);
    answer.insert_header((header::CONTENT_TYPE, "application/problem+json; charset=utf-8"));
    if let Some(seconds) = wait(error) {
        answer.insert_header((header::RETRY_AFTER, seconds));
    }
    match error.kind() {
        Kind::Unauthenticated => {
            answer.insert_header((header::WWW_AUTHENTICATE, r#"Bearer realm="jiesu""#));
        }
        Kind::Slow | Kind::TooLarge => {
            answer.force_close();
        }
        _ => {}
    }
    match serde_json::to_vec(&describe(error, status)) {
        Ok(body) => answer.body(body),
        Err(_) => answer.insert_header(ContentType::plaintext()).body("internal"),
    }
}

/// Seconds after which it is worth trying again, where waiting helps.
pub fn wait(error: &Error) -> Option<u32> {
    error.retry_after_s().or(match error.kind() {
        Kind::Unavailable => Some(2),
        Kind::TooMany | Kind::Full => Some(60),
        _ => None,
    })
}

fn describe(error: &Error, status: StatusCode) -> Problem {
    Problem {
        r#type: format!("urn:jiesu:problem:{}", error.code()),
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail: error.detail().to_owned(),
        code: error.code(),
        errors: error.fields().iter().map(FieldProblem::of).collect(),
        state: error.state().map(str::to_owned),
        allowed: error.state().map(|_| error.allowed().to_vec()),
        instance: request_id::current().map(|id| format!("urn:uuid:{id}")),
    }
}

/// Logs what a person must look into: our faults and what we could not reach. Causes are printed
/// by their `Display`, which in this house never holds a value that somebody typed.
pub fn note(error: &Error) {
    let id = request_id::current().unwrap_or_default();
    let causes = || {
        let mut chain = Vec::new();
        let mut next = std::error::Error::source(error);
        while let Some(cause) = next {
            chain.push(cause.to_string());
            next = cause.source();
        }
        chain.join(": ")
    };
    match error.kind() {
        Kind::Internal => {
            tracing::error!(request = %id, code = error.code(), cause = causes(), "internal error");
        }
        Kind::Unavailable | Kind::Full => {
            tracing::warn!(request = %id, code = error.code(), cause = causes(), "not done");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body::MessageBody;

    fn json(error: &Error) -> (HttpResponse, serde_json::Value) {
        let answer = error.error_response();
        let (head, body) = answer.into_parts();
        let body = body.try_into_bytes().expect("bytes");
        (
            head.set_body(actix_web::body::BoxBody::new(())),
            serde_json::from_slice(&body).expect("json"),
        )
    }

    #[test]
    fn a_refused_command_names_the_state_and_what_is_allowed() {
        let error = Error::refused("transition").in_state("closed", vec!["reopen".to_owned()]);
        let (head, body) = json(&error);
        assert_eq!(head.status(), 409);
        let kind = head.headers().get("content-type").and_then(|value| value.to_str().ok());
        assert_eq!(kind, Some("application/problem+json; charset=utf-8"));
        assert_eq!(body["code"], "transition");
        assert_eq!(body["state"], "closed");
        assert_eq!(body["allowed"], serde_json::json!(["reopen"]));
    }

    #[test]
    fn a_wrong_field_has_pointer_code_and_a_chinese_sentence() {
        let (head, body) = json(&Error::field("/matter/content", "field.required"));
        assert_eq!(head.status(), 422);
        assert_eq!(body["errors"][0]["pointer"], "/matter/content");
        assert_eq!(body["errors"][0]["code"], "field.required");
        assert_eq!(body["errors"][0]["detail"], "此项必填。");
    }

    #[test]
    fn what_passes_by_itself_says_when_to_come_back() {
        let (head, _) = json(&Error::new(Kind::Unavailable, "unavailable"));
        assert_eq!(head.status(), 503);
        assert_eq!(head.headers().get("retry-after"), Some(&header::HeaderValue::from(2)));
        let (head, _) = json(&Error::new(Kind::Unauthenticated, "unauthenticated"));
        assert!(head.headers().contains_key("www-authenticate"));
    }

    #[test]
    fn our_own_faults_say_nothing_about_their_cause() {
        let (_, body) = json(&Error::internal("table ticket is gone"));
        assert!(!body.to_string().contains("ticket"));
    }
}
