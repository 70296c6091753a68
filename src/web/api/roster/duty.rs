//! Web, `/roster/now`: who is on duty 值班 now. Its rule: where nobody is, what the unit has published stands instead,
//! and that nobody is.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::DutyTurn;
use crate::app::App;
use crate::directory::UnitCode;
use crate::error::{Error, Result};
use crate::identity::{Actor, Role};
use crate::lifecycle::Rules;
use crate::roster::change::READERS;
use crate::roster::{self, Office, Plan, store};
use crate::time::Stamp;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Query, run};

/// Somebody who is on duty now.
#[derive(Serialize, ToSchema)]
pub struct OnDuty {
    #[serde(flatten)]
    turn: DutyTurn,
    /// When their turn ends.
    until: String,
}

/// A published phone of a unit.
#[derive(Serialize, ToSchema)]
pub struct PublishedPhone {
    number: String,
    /// As they are published.
    hours: String,
}

/// Who is on duty at a unit now.
#[derive(Serialize, ToSchema)]
pub struct NowView {
    unit: String,
    unit_name: String,
    turns: Vec<OnDuty>,
    /// Where nobody is on duty: what the unit has published.
    phones: Vec<PublishedPhone>,
}

/// Who is on duty now, by unit.
#[derive(Serialize, ToSchema)]
pub struct NowList {
    at: String,
    /// Whether the house is at work: units answer their phones themselves then.
    working: bool,
    items: Vec<NowView>,
}

impl NowList {
    /// The same by the unit's code, where the house is not at work; nothing where it is.
    fn off_hours(self) -> Option<BTreeMap<String, NowView>> {
        let by_code = |now: NowView| (now.unit.clone(), now);
        (!self.working).then(|| self.items.into_iter().map(by_code).collect())
    }
}

/// Whose.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct NowQuery {
    /// Every unit where somebody is on duty now, where nothing is said.
    pub unit: Option<String>,
}

/// Who is on duty now: at a unit, or wherever somebody is.
#[utoipa::path(tag = "reference", operation_id = "roster_now", params(NowQuery), responses(
    (status = 200, body = NowList),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "no such unit, or not for this reader", body = Problem, content_type = "application/problem+json"),
))]
#[get("/roster/now")]
pub async fn on_duty_now(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<NowQuery>,
) -> Result<HttpResponse> {
    run(move || {
        let Some(unit) = query.unit else { return Answer::ok(&everywhere(&app, &actor)?) };
        let units = BTreeSet::from([UnitCode::from(unit)]);
        let found = now_at(&app, &actor, &units)?;
        if found.items.is_empty() {
            return Err(Error::not_found());
        }
        Answer::ok(&found)
    })
    .await
    .map(Answer::respond)
}

/// Who is on duty now at each of `units` that there is and `actor` sees.
///
/// # Errors
/// 403.
pub fn now_at(app: &App, actor: &Actor, units: &BTreeSet<UnitCode>) -> Result<NowList> {
    asked_now(app, actor, Some(units))
}

/// The units that `actor` sees and where somebody is on duty now.
///
/// # Errors
/// 403.
pub fn everywhere(app: &App, actor: &Actor) -> Result<NowList> {
    asked_now(app, actor, None)
}

/// Outside working hours: the units where somebody is on duty, by code, for whoever sends a caller's matter on.
///
/// # Errors
/// The database's own.
pub fn after_hours(app: &App, actor: &Actor) -> Result<Option<BTreeMap<String, NowView>>> {
    if !actor.has_any(&[Role::Agent, Role::Dispatcher]) {
        return Ok(None);
    }
    Ok(everywhere(app, actor)?.off_hours())
}

/// Outside working hours: who is on duty at `unit`, where `actor` may read it.
///
/// # Errors
/// The database's own.
pub fn after_hours_at(app: &App, actor: &Actor, unit: &UnitCode) -> Result<Option<NowView>> {
    if !actor.has_any(READERS) {
        return Ok(None);
    }
    let found = now_at(app, actor, &BTreeSet::from([unit.clone()]))?;
    Ok(found.off_hours().and_then(|units| units.into_values().next()))
}

fn asked_now(app: &App, actor: &Actor, units: Option<&BTreeSet<UnitCode>>) -> Result<NowList> {
    actor.require(READERS)?;
    let now = app.db.now();
    app.db.read(|conn| {
        let rules = app.hotline.rules.current(conn, now)?;
        let zone = rules.calendar.zone();
        let wanted = units.map(|units| units.iter().cloned().collect::<Vec<_>>());
        let plans = store::plans_about(conn, wanted.as_deref(), now.day(zone))?;
        let there: BTreeSet<UnitCode> = match units {
            Some(units) => units.clone(),
            None => plans.iter().map(|plan| plan.unit.clone()).collect(),
        };
        let seen = there.iter().filter(|unit| roster::sees(actor, unit));
        let found = seen.filter_map(|unit| now_of(&rules, unit, &plans, now));
        let items = found.filter(|now| units.is_some() || !now.turns.is_empty()).collect();
        let working = Office::of(&rules.profile, &rules.calendar).is_open(now);
        Ok(NowList { at: now.rfc3339(zone), working, items })
    })
}

/// Who of `plans` is on duty at `unit` now; nothing where there is no such unit.
fn now_of(rules: &Rules, unit: &UnitCode, plans: &[Plan], now: Stamp) -> Option<NowView> {
    let known = rules.directory.unit(unit)?;
    let own = plans.iter().filter(|plan| plan.unit == *unit);
    let zone = rules.calendar.zone();
    let turns = roster::on_duty(own, now, zone).into_iter();
    let turns: Vec<OnDuty> = turns
        .map(|(turn, until)| OnDuty { turn: DutyTurn::of(turn), until: until.rfc3339(zone) })
        .collect();
    let published = known.phones.iter().filter(|_| turns.is_empty());
    let phones = published
        .map(|it| PublishedPhone { number: it.number.clone(), hours: it.hours.clone() })
        .collect();
    Some(NowView { unit: unit.to_string(), unit_name: known.name.clone(), turns, phones })
}
