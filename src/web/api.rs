//! Web: the interface of contract.md, a file a noun. Its rule: a route is registered here or
//! nowhere, always by `.service(…)`, so that it is described too.

use utoipa_actix_web::service_config::ServiceConfig;

use super::{health, metrics, openapi};

/// Where every route lies.
pub const BASE: &str = "/api/v1";

/// Every route of the interface.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services
        .service(health::live)
        .service(health::ready)
        .service(metrics::metrics_text)
        .service(openapi::openapi_json);
}
