//! Proactive: campaigns 每月一题: tickets under a goal. Its rule: every point has a unit, a day and, once done, a
//! proof; a campaign that has ended is changed no more.

use std::collections::HashSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::desk::masked;
pub use super::point::{CampaignState, Point};
use super::store::campaigns::{self, CampaignRow};
use super::store::tickets;
use crate::audit::{self, Entry};
use crate::db::Tx;
use crate::directory::{CategoryCode, Directory, EstateCode, UnitCode};
use crate::error::{Error, FieldError, Kind, Result};
use crate::identity::{Actor, Role};
use crate::ticket::Text;

/// Who sets goals and ends them.
pub const KEEPERS: [Role; 3] = [Role::Reviewer, Role::Dispatcher, Role::Leader];
/// Who reports a point as done, for its unit.
pub const HANDS: [Role; 2] = [Role::Handler, Role::UnitHead];
/// Points of one campaign, and tickets under it, at most.
const MOST_POINTS: usize = 200;
const MOST_TICKETS: usize = 2_000;

/// A point as it is asked for.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPoint {
    pub what: Text,
    #[schema(value_type = String)]
    pub unit: UnitCode,
    pub due_on: NaiveDate,
}

/// A campaign as it is asked for.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCampaign {
    /// Like `2026-11`.
    pub month: String,
    pub goal: Text,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub category: Option<CategoryCode>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub estate: Option<EstateCode>,
    pub points: Vec<NewPoint>,
    /// Numbers of tickets.
    #[serde(default)]
    pub tickets: Vec<String>,
}

/// Tickets that are put under a campaign.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoreTickets {
    pub tickets: Vec<String>,
}

/// What shows that a point is done.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    pub proof: Text,
}

/// What came of a campaign.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    pub result: Text,
}

/// Begins a campaign.
///
/// # Errors
/// 422 naming the field.
pub fn begin(
    tx: &mut Tx<'_>,
    actor: &Actor,
    directory: &Directory,
    plan: &NewCampaign,
) -> Result<CampaignRow> {
    actor.require(&KEEPERS)?;
    check(plan, directory)?;
    let tickets = known(tx, &plan.tickets)?;
    let mut points = Vec::with_capacity(plan.points.len());
    for (place, point) in plan.points.iter().enumerate() {
        points.push(Point {
            what: masked(&point.what, &format!("/points/{place}/what"))?,
            unit: point.unit.clone(),
            due_on: point.due_on,
            proof: None,
            done_at: None,
            done_by: None,
        });
    }
    let row = CampaignRow {
        id: tx.id(),
        month: plan.month.clone(),
        goal: masked(&plan.goal, "/goal")?,
        category: plan.category.clone(),
        estate: plan.estate.clone(),
        state: CampaignState::Open,
        points: json(&points)?,
        tickets: json(&tickets)?,
        created_at: tx.now,
        created_by: actor.name.clone(),
        result: None,
        closed_at: None,
    };
    campaigns::insert(tx, &row)?;
    note(tx, actor, "campaign.begin", &row)?;
    Ok(row)
}

fn check(plan: &NewCampaign, directory: &Directory) -> Result<()> {
    let mut wrong = Vec::new();
    if format!("{}-01", plan.month).parse::<NaiveDate>().is_err() || plan.month.len() != 7 {
        wrong.push(FieldError::new("/month", "field.format"));
    }
    if plan.category.as_ref().is_some_and(|code| directory.category(code).is_none()) {
        wrong.push(FieldError::new("/category", "field.unknown_code"));
    }
    if plan.estate.as_ref().is_some_and(|code| directory.estate(code).is_none()) {
        wrong.push(FieldError::new("/estate", "field.unknown_code"));
    }
    if plan.points.is_empty() {
        wrong.push(FieldError::new("/points", "field.required"));
    }
    if plan.points.len() > MOST_POINTS {
        wrong.push(FieldError::new("/points", "field.too_long"));
    }
    for (place, point) in plan.points.iter().enumerate() {
        if directory.unit(&point.unit).is_none() {
            wrong.push(FieldError::new(format!("/points/{place}/unit"), "field.unknown_code"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::invalid(wrong)) }
}

/// The numbers of tickets that there are, each once.
fn known(tx: &mut Tx<'_>, numbers: &[String]) -> Result<Vec<String>> {
    if numbers.len() > MOST_TICKETS {
        return Err(Error::field("/tickets", "field.too_long"));
    }
    let found = tickets::numbered(tx.conn, numbers)?;
    let there: HashSet<&str> = found.iter().map(|it| it.no.as_str()).collect();
    let wrong = numbers.iter().enumerate().filter(|(_, no)| !there.contains(no.as_str()));
    let wrong: Vec<FieldError> = wrong
        .map(|(place, _)| FieldError::new(format!("/tickets/{place}"), "field.unknown_code"))
        .collect();
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    Ok(found.into_iter().map(|it| it.no).collect())
}

/// Puts more tickets under a campaign.
///
/// # Errors
/// 403; 422; 409 `campaign.not_open`.
pub fn gather(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: CampaignRow,
    read: impl FnOnce() -> Result<MoreTickets>,
) -> Result<CampaignRow> {
    actor.require(&KEEPERS)?;
    let more = known(tx, &read()?.tickets)?;
    let mut row = open(row)?;
    let mut all = row.numbers();
    let there: HashSet<String> = all.iter().cloned().collect();
    all.extend(more.into_iter().filter(|no| !there.contains(no)));
    if all.len() > MOST_TICKETS {
        return Err(Error::field("/tickets", "field.too_long"));
    }
    row.tickets = json(&all)?;
    campaigns::save(tx, &row)?;
    note(tx, actor, "campaign.gather", &row)?;
    Ok(row)
}

/// The unit of the point `k` (from 1) shows that it is done.
///
/// # Errors
/// 404 without such a point; 403; 422; 409 `campaign.not_open`, `campaign.point_done`: what was shown stays.
pub fn done(
    tx: &mut Tx<'_>,
    actor: &Actor,
    (row, k): (CampaignRow, usize),
    read: impl FnOnce() -> Result<Proof>,
) -> Result<CampaignRow> {
    let mut points = row.points();
    let point = k.checked_sub(1).and_then(|at| points.get_mut(at)).ok_or_else(Error::not_found)?;
    actor.require(&HANDS)?;
    if !actor.works_for(&point.unit) {
        return Err(Error::new(Kind::Forbidden, "campaign.own_point"));
    }
    let proof = masked(&read()?.proof, "/proof")?;
    let mut row = open(row)?;
    if point.done_at.is_some() {
        return Err(Error::refused("campaign.point_done"));
    }
    (point.proof, point.done_at, point.done_by) =
        (Some(proof), Some(tx.now), Some(actor.name.clone()));
    row.points = json(&points)?;
    campaigns::save(tx, &row)?;
    note(tx, actor, "campaign.done", &row)?;
    Ok(row)
}

/// Ends a campaign.
///
/// # Errors
/// 403; 422; 409 `campaign.not_open`.
pub fn close(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: CampaignRow,
    read: impl FnOnce() -> Result<Outcome>,
) -> Result<CampaignRow> {
    actor.require(&KEEPERS)?;
    let result = masked(&read()?.result, "/result")?;
    let mut row = open(row)?;
    row.state = CampaignState::Closed;
    row.result = Some(result);
    row.closed_at = Some(tx.now);
    campaigns::save(tx, &row)?;
    note(tx, actor, "campaign.close", &row)?;
    Ok(row)
}

fn open(row: CampaignRow) -> Result<CampaignRow> {
    if row.state == CampaignState::Open {
        Ok(row)
    } else {
        Err(Error::refused("campaign.not_open"))
    }
}

fn note(tx: &mut Tx<'_>, actor: &Actor, action: &'static str, row: &CampaignRow) -> Result<()> {
    let id = row.id.to_string();
    audit::record(tx, &Entry::new((actor.user, &actor.name), action, ("campaign", &id)))
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}
