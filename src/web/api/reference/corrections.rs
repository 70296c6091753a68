//! Web, `GET /catalogue/corrections`: changes of the dispatch catalogue that upheld disputes ask for. Its rule:
//! numbers and codes, no case; each change is as `POST /catalogue`, `PUT` and the dry run take it.

use actix_web::{HttpResponse, get, web};
use chrono::TimeDelta;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::dry_run::KEEPERS;
use super::view::{RuleView, turned};
use crate::app::App;
use crate::directory::UnitCode;
use crate::error::Result;
use crate::identity::Actor;
use crate::routing::corrections::{Correction, corrections};
use crate::ticket::store::returned;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, run_long};

/// How far back disputes are looked at.
const LOOK_BACK: TimeDelta = TimeDelta::days(90);
/// And at how many tickets that were sent to another unit, the newest: a large city has thousands in its 90 days, and
/// the newest say most of the catalogue that is in force.
const LOOKED_AT: usize = 1_000;
/// Ticket numbers shown of each.
const SHOWN: usize = 20;

/// A change that disputes ask for.
#[derive(Serialize, ToSchema)]
pub struct CorrectionView {
    /// The rule that still names the unit that refused.
    rule: String,
    refused: UnitCode,
    refused_name: String,
    /// How many of the disputes that were looked at it would have spared.
    count: usize,
    /// The newest of the tickets.
    tickets: Vec<String>,
    /// Whether the catalogue gets a rule more; else the rule is revised.
    is_new: bool,
    /// Ready to be tried (`POST /catalogue/dry-run`, `changes`) and recorded.
    pub change: RuleView,
}

/// The changes, those that would have spared most first.
#[derive(Serialize, ToSchema)]
pub struct CorrectionList {
    /// So many tickets that were sent to another unit in the last 90 days are looked at at most, the newest.
    pub most: usize,
    /// Whether there are more.
    pub partial: bool,
    pub items: Vec<CorrectionView>,
}

/// Changes of the dispatch catalogue that the upheld disputes of the last 90 days ask for.
#[utoipa::path(tag = "reference", responses(
    (status = 200, body = CorrectionList),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
#[get("/catalogue/corrections")]
pub async fn show(app: web::Data<App>, Asker(actor): Asker) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    run_long(move || Answer::ok(&corrections_of(&app, &actor)?)).await.map(Answer::respond)
}

/// The changes that disputes ask for, those that would have spared most first.
///
/// # Errors
/// `forbidden`.
pub fn corrections_of(app: &App, actor: &Actor) -> Result<CorrectionList> {
    actor.require(KEEPERS)?;
    let hotline = &app.hotline;
    let now = hotline.db.now();
    let since = now.plus_millis(-LOOK_BACK.num_milliseconds());
    let (rules, (returned, partial)) = hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let returned = returned(conn, rules.vault(&hotline.keys), since, LOOKED_AT)?;
        Ok((rules, returned))
    })?;
    let found = corrections(&rules.directory, &returned, now.day(rules.profile.zone));
    let shown = |one: Correction| {
        let name = rules.directory.unit(&one.refused).map(|unit| unit.name.clone());
        Ok(CorrectionView {
            is_new: one.is_new(),
            refused_name: name.unwrap_or_default(),
            count: one.tickets.len(),
            change: turned(&one.change)?,
            tickets: one.tickets.into_iter().take(SHOWN).collect(),
            rule: one.rule,
            refused: one.refused,
        })
    };
    let items = found.into_iter().map(shown).collect::<Result<_>>()?;
    Ok(CorrectionList { most: LOOKED_AT, partial, items })
}

pub fn routes(services: &mut ServiceConfig<'_>) {
    services.service(show);
}
