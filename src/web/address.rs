//! Web: what an address may hold. Its rule: whatever no text of ours can hold is refused before
//! anybody looks for it.

use actix_web::Error as ActixError;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;

use super::problem;
use crate::error::{Error, Kind};

/// A zero character is in no number, code or name, and PostgreSQL takes no text with one: 400.
pub async fn around(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    let holds_zero = |text: &str| text.contains("%00");
    if holds_zero(request.path()) || holds_zero(request.query_string()) {
        let refused = problem::respond(&Error::new(Kind::Malformed, "malformed"));
        return Ok(request.into_response(refused));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}
