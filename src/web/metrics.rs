//! Web: figures about the program itself, for Prometheus. Its rule: labels are route templates,
//! methods and statuses, never a number of a ticket or a name.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse, get, web};
use metrics::{Counter, Histogram};
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

/// The figures of one route that this thread has answered on.
struct Figures {
    seconds: Histogram,
    /// By method and status; there are few.
    answered: Vec<(&'static str, u16, Counter)>,
}

thread_local! {
    /// Looking a figure up by its labels means copying them: each thread does so once.
    static FIGURES: RefCell<HashMap<String, Figures>> = RefCell::default();
}

/// A method by its name; whatever a client made up may hold anything and has none.
pub fn name_of(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    KNOWN.into_iter().find(|name| *name == method.as_str()).unwrap_or("-")
}

/// Counts one answered request; `method` as [`name_of`] has it.
pub fn observe(method: &'static str, route: &str, status: u16, elapsed: Duration) {
    FIGURES.with_borrow_mut(|figures| {
        if !figures.contains_key(route) {
            LazyLock::force(&RECORDER);
            let name = route.to_owned();
            let seconds =
                metrics::histogram!("jiesu_http_request_seconds", "route" => name.clone());
            figures.insert(name, Figures { seconds, answered: Vec::new() });
        }
        let Some(Figures { seconds, answered }) = figures.get_mut(route) else { return };
        seconds.record(elapsed.as_secs_f64());
        if let Some((.., count)) = answered.iter().find(|it| it.0 == method && it.1 == status) {
            return count.increment(1);
        }
        let labels = [
            ("method", method.to_owned()),
            ("route", route.to_owned()),
            ("status", status.to_string()),
        ];
        let count = metrics::counter!("jiesu_http_requests_total", &labels);
        count.increment(1);
        answered.push((method, status, count));
    });
}

/// Counts one of what `name` says; there are no labels, so nobody is in it.
pub fn count(name: &'static str) {
    LazyLock::force(&RECORDER);
    metrics::counter!(name).increment(1);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_a_client_made_up_has_no_name() {
        let made_up = Method::from_bytes(b"13900000001").unwrap();
        assert_eq!((name_of(&Method::POST), name_of(&made_up)), ("POST", "-"));
    }
}
