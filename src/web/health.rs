//! Web: is it alive, is it ready. Its rule: every check has a time limit and an answer of one
//! word; nothing here tells a stranger more than that.

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::blocking::run;
use super::store;
use crate::app::App;
use crate::error::Result;

/// How far this machine's clock and the database's may be apart.
const CLOCKS_APART_MS: u64 = 2_000;

/// Whether the program is up.
#[derive(Debug, Serialize, ToSchema)]
pub struct Live {
    /// `ok`
    pub status: &'static str,
    pub version: &'static str,
}

/// Whether requests will be served, and what is missing.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ready {
    pub status: Health,
    pub checks: Vec<Check>,
}

/// One thing that must be well.
#[derive(Debug, Serialize, ToSchema)]
pub struct Check {
    /// `database`, `migrations`, `disk`, and on PostgreSQL `clock`
    pub name: &'static str,
    pub status: Health,
    /// What it measured, where there is a number to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
}

impl Check {
    fn new(name: &'static str, status: Health) -> Self {
        Self { name, status, value: None, unit: None }
    }
    fn measured(mut self, value: u64, unit: &'static str) -> Self {
        self.value = Some(value);
        self.unit = Some(unit);
        self
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    Ok,
    Bad,
}

impl Health {
    const fn of(good: bool) -> Self {
        if good { Self::Ok } else { Self::Bad }
    }
}

/// The process runs.
#[utoipa::path(tag = "operations", security(()), responses((status = 200, body = Live)))]
#[get("/health/live")]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(Live { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// The process can do its work: database, migrations, disk, clocks.
#[utoipa::path(tag = "operations", security(()), responses((status = 200, body = Ready), (status = 503, body = Ready)))]
#[get("/health/ready")]
pub async fn ready(app: web::Data<App>) -> Result<HttpResponse> {
    let checks = run(move || Ok(checks(&app))).await?;
    let good = checks.iter().all(|check| check.status == Health::Ok);
    let body = Ready { status: Health::of(good), checks };
    Ok(if good {
        HttpResponse::Ok().json(body)
    } else {
        HttpResponse::ServiceUnavailable().insert_header(("retry-after", "2")).json(body)
    })
}

/// Everything that must be well, with what it measured.
pub fn checks(app: &App) -> Vec<Check> {
    let mut checks = vec![];
    let pending = app.db.pending_migrations();
    checks.push(Check::new("database", Health::of(pending.is_ok())));
    checks.push(disk(app));
    // A database that is away is waited for once.
    let Ok(pending) = pending else { return checks };
    let count = pending.len() as u64;
    checks.insert(1, Check::new("migrations", Health::of(count == 0)).measured(count, "pending"));
    // Limits are counted by each node's own clock: one that runs apart counts them wrongly.
    if let Some(apart) = clocks_apart(app) {
        let check = Check::new("clock", Health::of(apart <= CLOCKS_APART_MS));
        checks.push(check.measured(apart, "ms apart"));
    }
    checks
}

/// By how many milliseconds this machine's clock and the database's are apart; none where they are one, or where the
/// database is away.
fn clocks_apart(app: &App) -> Option<u64> {
    let theirs = app.db.read(store::database_clock).ok()??;
    Some(app.clock.now().millis_since(theirs).unsigned_abs())
}

/// The same where it is so much that limits are counted wrongly.
pub fn clock_drift_ms(app: &App) -> Option<u64> {
    clocks_apart(app).filter(|apart| *apart > CLOCKS_APART_MS)
}

fn disk(app: &App) -> Check {
    let free = rustix::fs::statvfs(&app.config.data_dir)
        .map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) / 1_000_000)
        .ok();
    let good = free.is_some_and(|free| free >= app.config.health.disk_free_mb);
    let check = Check::new("disk", Health::of(good));
    match free {
        Some(free) => check.measured(free, "MB"),
        None => check,
    }
}
