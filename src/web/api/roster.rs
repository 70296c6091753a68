//! Web, `/roster`: who is on duty where 值班表. Its rule: the plans of units that the reader sees, with what nobody
//! covers.

pub mod duty;
mod sheet;

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get, put, web};
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::directory::UnitCode;
use crate::error::{Error, FieldError, Result};
use crate::identity::Actor;
use crate::lifecycle::Rules;
use crate::roster::change::READERS;
use crate::roster::{self, NEVER_PUT, NewPlan, Office, Plan, Shift, Turn, store};
use crate::time::Stamp;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Once, Query, Versioned, run};

/// Days that one answer tells of at most.
const MOST: u64 = 62;
/// Days where no end is said.
const WEEK: u64 = 7;

/// Every route of the roster.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services.service(list).service(duty::on_duty_now).service(put_day).service(sheet::load_sheet);
}

/// A turn of duty.
#[derive(Serialize, ToSchema)]
pub struct DutyTurn {
    shift: Shift,
    shift_name: &'static str,
    /// `HH:MM`.
    from: String,
    /// The same.
    to: String,
    /// Whether it ends on the next day.
    next_day: bool,
    /// The login name, where they have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    name: String,
    /// The phone of the duty.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

impl DutyTurn {
    fn of(turn: &Turn) -> Self {
        Self {
            shift: turn.shift,
            shift_name: turn.shift.zh(),
            from: turn.from.format("%H:%M").to_string(),
            to: turn.to.format("%H:%M").to_string(),
            next_day: turn.is_over_midnight(),
            account: turn.account.clone(),
            name: turn.name.clone(),
            phone: turn.phone.clone(),
        }
    }
}

/// A stretch of a day in which nobody is on duty and the house is not at work.
#[derive(Serialize, ToSchema)]
pub struct DutyGap {
    /// `HH:MM`.
    from: String,
    /// The same; the day's end is `24:00`.
    to: String,
}

impl DutyGap {
    fn of((from, to): (Stamp, Stamp), zone: Tz) -> Self {
        let clock = |at: Stamp| at.in_zone(zone).format("%H:%M").to_string();
        let end = clock(to);
        Self { from: clock(from), to: if end == "00:00" { "24:00".to_owned() } else { end } }
    }
}

/// The plan of a unit for a day, or that there is none.
#[derive(Serialize, ToSchema)]
pub struct DutyDay {
    on: NaiveDate,
    /// Of the shifts that begin on the day.
    turns: Vec<DutyTurn>,
    /// Of the day from midnight to midnight; the night before covers its morning.
    gaps: Vec<DutyGap>,
    /// Who put it, where somebody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    set_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set_at: Option<String>,
    /// For `If-Match` of the `PUT`; 0 where nobody has put it yet.
    version: i64,
}

/// The days of a unit.
#[derive(Serialize, ToSchema)]
pub struct DutyUnit {
    unit: String,
    unit_name: String,
    /// Whether the reader may put its plans.
    may_put: bool,
    days: Vec<DutyDay>,
}

/// A day of the calendar.
#[derive(Serialize, ToSchema)]
pub struct RosterDay {
    on: NaiveDate,
    working: bool,
    /// The day of the week, and why it is worked or not.
    why: String,
}

/// The roster of a stretch of days.
#[derive(Serialize, ToSchema)]
pub struct RosterView {
    from: NaiveDate,
    to: NaiveDate,
    days: Vec<RosterDay>,
    /// The unit that was asked for, or the reader's own, first; then those that have plans then, by code.
    units: Vec<DutyUnit>,
}

/// Which days, whose.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RosterQuery {
    /// The first day; today where nothing is said.
    pub from: Option<NaiveDate>,
    /// The last day; the seventh where nothing is said, and the sixty-second at most.
    pub to: Option<NaiveDate>,
    /// This unit and those below it.
    pub unit: Option<String>,
}

impl RosterQuery {
    fn days(&self, today: NaiveDate) -> Result<(NaiveDate, NaiveDate)> {
        let from = self.from.unwrap_or(today);
        let after = |days: u64| from.checked_add_days(Days::new(days - 1)).unwrap_or(from);
        let to = self.to.unwrap_or_else(|| after(WEEK));
        if to < from {
            return Err(Error::field("/to", "roster.backwards"));
        }
        if to > after(MOST) {
            let most = MOST.to_string();
            let wrong = FieldError::with("/to", "roster.too_long", &[("most", &most)]);
            return Err(Error::invalid(vec![wrong]));
        }
        Ok((from, to))
    }
}

/// The roster of a stretch of days: a property company reads its own alone.
#[utoipa::path(tag = "reference", operation_id = "roster", params(RosterQuery), responses(
    (status = 200, body = RosterView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "no such unit, or not for this reader", body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[get("/roster")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<RosterQuery>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&roster_of(&app, &actor, &query)?)).await.map(Answer::respond)
}

/// The roster that `query` asks for, as `actor` sees it.
///
/// # Errors
/// 403; 404 for a unit that there is not or that the actor does not see; 422 at `/to`.
pub fn roster_of(app: &App, actor: &Actor, query: &RosterQuery) -> Result<RosterView> {
    actor.require(READERS)?;
    let now = app.db.now();
    let (from, to) = query.days(now.day(app.config.site.zone))?;
    app.db.read(|conn| {
        let current = app.hotline.rules.current(conn, now)?;
        let rules = &*current;
        let asked = query.unit.as_deref().filter(|code| !code.is_empty());
        let first = asked_first(rules, actor, asked)?;
        let below = first.as_ref().filter(|_| asked.is_some());
        let below = below.map(|unit| rules.directory.subtree(unit).into_iter().collect::<Vec<_>>());
        let before = from.checked_sub_days(Days::new(1)).unwrap_or(from);
        let plans = store::plans(conn, below.as_deref(), (before, to))?;
        let mut by_unit: BTreeMap<UnitCode, Vec<Plan>> = BTreeMap::new();
        for plan in plans.into_iter().filter(|plan| roster::sees(actor, &plan.unit)) {
            by_unit.entry(plan.unit.clone()).or_default().push(plan);
        }
        let days: Vec<NaiveDate> = from.iter_days().take_while(|day| *day <= to).collect();
        let of = |unit: &UnitCode, plans: &[Plan]| unit_of((rules, actor), unit, plans, &days);
        let head = first.map(|unit| {
            let plans = by_unit.remove(&unit).unwrap_or_default();
            of(&unit, &plans)
        });
        let rest = by_unit.iter().filter(|(_, plans)| plans.iter().any(|plan| plan.on >= from));
        let rest: Vec<DutyUnit> = rest.map(|(unit, plans)| of(unit, plans)).collect();
        let units = head.into_iter().chain(rest).collect();
        let days = days.iter().map(|on| {
            let why = rules.calendar.why(*on);
            RosterDay { on: *on, working: why.is_working(), why: why.zh(*on) }
        });
        Ok(RosterView { from, to, days: days.collect(), units })
    })
}

/// The unit that stands first: the one that was asked for, else the reader's own.
fn asked_first(rules: &Rules, actor: &Actor, asked: Option<&str>) -> Result<Option<UnitCode>> {
    let Some(asked) = asked else { return Ok(actor.unit.clone()) };
    let unit = UnitCode::from(asked);
    let known = rules.directory.unit(&unit).is_some() && roster::sees(actor, &unit);
    if known { Ok(Some(unit)) } else { Err(Error::not_found()) }
}

fn name_of(rules: &Rules, unit: &UnitCode) -> String {
    rules.directory.unit(unit).map_or_else(|| unit.to_string(), |it| it.name.clone())
}

fn unit_of(
    (rules, actor): (&Rules, &Actor),
    unit: &UnitCode,
    plans: &[Plan],
    days: &[NaiveDate],
) -> DutyUnit {
    let office = Office::of(&rules.profile, &rules.calendar);
    let day = |on: &NaiveDate| {
        let plan = plans.iter().find(|plan| plan.on == *on);
        day_of(plan, *on, plans, office)
    };
    DutyUnit {
        unit: unit.to_string(),
        unit_name: name_of(rules, unit),
        may_put: roster::may_put(actor, unit),
        days: days.iter().map(day).collect(),
    }
}

fn day_of(plan: Option<&Plan>, on: NaiveDate, plans: &[Plan], office: Office<'_>) -> DutyDay {
    let zone = office.calendar.zone();
    let turns = plan.map(|plan| plan.turns.iter().map(DutyTurn::of).collect());
    let gaps = roster::gaps(plans, on, office).into_iter();
    DutyDay {
        on,
        turns: turns.unwrap_or_default(),
        gaps: gaps.map(|gap| DutyGap::of(gap, zone)).collect(),
        set_by: plan.map(|plan| plan.set_by.clone()),
        set_at: plan.map(|plan| plan.set_at.rfc3339(zone)),
        version: plan.map_or(NEVER_PUT, Plan::version),
    }
}

/// Puts who is on duty at a unit in the shifts that begin on a day, in the place of what was put before.
#[utoipa::path(tag = "reference", operation_id = "roster_put", request_body = NewPlan,
    params(("unit" = String, Path), ("date" = NaiveDate, Path), ("If-Match" = Option<String>, Header)),
    responses(
        (status = 200, body = DutyDay),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "somebody else has put the day since", body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ))]
#[put("/roster/{unit}/{date}")]
pub async fn put_day(asked: Versioned<(String, NaiveDate)>) -> Result<HttpResponse> {
    asked
        .write(|tx, Once { app, actor, path: (unit, on), version, raw, .. }| {
            let rules = app.hotline.rules.current(tx.conn, tx.now)?;
            let office = Office::of(&rules.profile, &rules.calendar);
            let unit = UnitCode::from(unit.as_str());
            let within = (&*rules.directory, office);
            let expected = |found: i64| version.check(found);
            let plan = roster::put(tx, actor, within, (&unit, *on), &expected, || raw.parse())?;
            let plans = store::plans_about(tx.conn, Some(&[unit]), *on)?;
            let day = day_of(Some(&plan), *on, &plans, office);
            Ok(Answer::ok(&day)?.versioned(plan.version()))
        })
        .await
}
