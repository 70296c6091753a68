//! Web, Open311: around every request at this door. Its rule: strangers are counted before anything is
//! read for them; every refusal, whoever made it, leaves in the specification's form.

use actix_web::Error as ActixError;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;

use super::node::Format;
use super::refusal;
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::web::client::client_ip;
use crate::web::problem;

/// The middleware around the routes of the door.
pub async fn around(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    let format = Format::of_path(request.path());
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_open(&request) {
        let closed = problem::respond(&Error::new(Kind::NotFound, "web.no_route"));
        return Ok(request.into_response(closed));
    }
    let mut answer = match admit(&request) {
        Err(error) => request.into_response(refusal::respond(&error, format)),
        Ok(()) => {
            let answer = next.call(request).await?.map_into_boxed_body();
            let refused = answer.response().error().and_then(|error| error.as_error::<Error>());
            match refused.map(|error| refusal::respond(error, format)) {
                Some(refused) => answer.into_response(refused),
                None => answer,
            }
        }
    };
    if reads {
        // Public data: a page of anybody's may show it.
        let any = HeaderValue::from_static("*");
        answer.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
        let name = HeaderName::from_static("cross-origin-resource-policy");
        answer.headers_mut().insert(name, HeaderValue::from_static("cross-origin"));
    }
    Ok(answer)
}

fn is_open(request: &ServiceRequest) -> bool {
    request.app_data::<Data<App>>().is_some_and(|app| app.config.open311.enabled)
}

/// Counts the request for the address it comes from.
fn admit(request: &ServiceRequest) -> Result<()> {
    let Some(app) = request.app_data::<Data<App>>() else { return Ok(()) };
    match client_ip(request.request(), &app.config.web.trusted_proxies) {
        Some(address) => app.open311.check(address),
        None => Ok(()),
    }
}
