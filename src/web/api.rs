//! Web: the interface of contract.md, a file a noun. Its rule: a route is registered here or
//! nowhere, always by `.service(…)`, so that it is described too.

pub mod auth;

use utoipa_actix_web::service_config::ServiceConfig;

use super::{health, metrics};

/// Where every route lies.
pub const BASE: &str = "/api/v1";

/// Every route of the interface.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services
        .service(auth::token)
        .service(auth::refresh)
        .service(auth::logout)
        .service(auth::me)
        .service(auth::password)
        .service(auth::totp)
        .service(auth::totp_confirm)
        .service(health::live)
        .service(health::ready)
        .service(metrics::metrics_text);
}
