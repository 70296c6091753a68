//! Web, Open311: the door of GeoReport v2 (wiki.open311.org/GeoReport_v2) for the apps of others. Its
//! rule: it shows what `ticket::store::public` finds and nothing else, in JSON and XML alike (decision
//! 0020); names and forms are the specification's, not ours.

pub mod asked;
pub mod definition;
pub mod discovery;
pub mod door;
pub mod form;
pub mod node;
pub mod offered;
pub mod refusal;
pub mod report;
pub mod requests;
pub mod shown;

use utoipa_actix_web::service_config::ServiceConfig;

/// Where the door is; the discovery document tells clients.
pub const BASE: &str = "/open311";

/// Every route of the door.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services
        .service(discovery::discovery)
        .service(offered::list)
        .service(definition::one)
        .service(requests::list)
        .service(requests::one)
        .service(requests::token)
        .service(report::report);
}
