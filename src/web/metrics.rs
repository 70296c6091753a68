//! Web: figures about the program itself, for Prometheus. Its rule: labels are route templates,
//! methods and statuses, never a number of a ticket or a name.

use std::sync::LazyLock;
use std::time::Duration;

use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse, get, web};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::client;
use crate::app::App;
use crate::config::MetricsAccess;
use crate::error::{Error, Result};

const SECONDS: [f64; 11] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The process's recorder, installed at first use; None where the process already has another.
static RECORDER: LazyLock<Option<PrometheusHandle>> = LazyLock::new(|| {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .ok()?
        .build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).ok()?;
    Some(handle)
});

/// Counts one answered request.
pub fn observe(method: &str, route: &str, status: u16, elapsed: Duration) {
    LazyLock::force(&RECORDER);
    let labels = [
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.to_string()),
    ];
    metrics::counter!("jiesu_http_requests_total", &labels).increment(1);
    metrics::histogram!("jiesu_http_request_seconds", "route" => route.to_owned())
        .record(elapsed.as_secs_f64());
}

/// Figures for Prometheus, in its text format.
#[utoipa::path(tag = "operations", security(()), responses(
    (status = 200, description = "Text in Prometheus' format", content_type = "text/plain", body = String),
    (status = 404, description = "Not from this address (metrics.access)", body = super::problem::Problem, content_type = "application/problem+json"),
))]
#[get("/metrics")]
pub async fn metrics_text(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse> {
    let allowed = match app.config.metrics.access {
        MetricsAccess::Off => false,
        MetricsAccess::Loopback => client::from_this_machine(&request),
        MetricsAccess::All => true,
    };
    let Some(handle) = RECORDER.as_ref().filter(|_| allowed) else {
        return Err(Error::not_found());
    };
    handle.run_upkeep();
    Ok(HttpResponse::Ok().content_type(ContentType::plaintext()).body(handle.render()))
}
