//! Webhooks: the system administrator's endpoints. Its rule: a secret is told once, in the answer that
//! made it; an address is shown without what may be a token in it; each change is in the audit trail.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::deliver::{Due, JOB};
use super::event::Event;
use super::store::{self, Delivery, Row};
use super::{hooks, secret};
use crate::audit::{self, Entry};
use crate::db::{Conn, Tx};
use crate::directory::{self, Directory, UnitCode};
use crate::error::{Error, Result};
use crate::identity::{Actor, Role};
use crate::jobs;
use crate::outward::{Outward, Url};
use crate::sealing::{MasterKey, place};
use crate::time::Stamp;

const KEEPERS: [Role; 2] = [Role::Sysadmin, Role::System];
/// Endpoints of a site.
const MOST: i64 = 50;
/// Hours for which the old secret signs too after a new one was made.
const OLD_HOURS: i64 = 24;

/// What an endpoint is to be.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookPlan)]
pub struct Plan {
    /// `https://…` (`http://` only where `outward.allow` lists it). Left out in a change: as it was.
    pub url: Option<String>,
    /// None at all: every event.
    #[serde(default)]
    pub events: BTreeSet<Event>,
    /// Only tickets that this unit's handlers see.
    pub unit: Option<UnitCode>,
    /// Whether it is told anything.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

/// An endpoint without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub id: i64,
    /// Scheme, host and port; three stars for the rest.
    pub url: String,
    pub events: BTreeSet<Event>,
    pub unit: Option<UnitCode>,
    pub created_at: Stamp,
    pub created_by: String,
    pub disabled_at: Option<Stamp>,
    pub disabled_why: Option<String>,
    pub failing_since: Option<Stamp>,
    pub old_secret_until: Option<Stamp>,
}

/// An endpoint with the secret that was made for it just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub endpoint: Endpoint,
    pub secret: String,
}

impl Endpoint {
    fn of(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id,
            url: row.origin,
            events: serde_json::from_str(&row.events).map_err(Error::internal)?,
            unit: row.unit,
            created_at: row.created_at,
            created_by: row.created_by,
            disabled_at: row.disabled_at,
            disabled_why: row.disabled_why,
            failing_since: row.failing_since,
            old_secret_until: row.old_until,
        })
    }
}

/// What the commands need beside their write.
#[derive(Clone)]
pub struct Desk {
    pub keys: Arc<MasterKey>,
    pub outward: Outward,
    pub directory: Arc<Directory>,
}

/// Makes an endpoint.
///
/// # Errors
/// `forbidden`; `invalid` at `/url`, `/unit`; `webhook.too_many`.
pub fn add(tx: &mut Tx<'_>, desk: &Desk, actor: &Actor, plan: &Plan) -> Result<Told> {
    actor.require(&KEEPERS)?;
    let url = plan.url.as_deref().ok_or_else(|| Error::field("/url", "field.required"))?;
    let url = checked(desk, url)?;
    check_unit(desk, plan.unit.as_ref())?;
    if store::count(tx.conn)? >= MOST {
        return Err(Error::refused("webhook.too_many"));
    }
    let (id, fresh) = (tx.id(), secret::fresh());
    let row = Row {
        id,
        url: seal(desk, "url", id, url.reveal().as_bytes())?,
        origin: url.to_string(),
        events: serde_json::to_string(&plan.events).map_err(Error::internal)?,
        unit: plan.unit.clone(),
        secret: seal(desk, "secret", id, &fresh)?,
        old_secret: None,
        old_until: None,
        created_at: tx.now,
        created_by: actor.name.clone(),
        disabled_at: (!plan.enabled).then_some(tx.now),
        disabled_why: (!plan.enabled).then(|| "webhook.by_hand".to_owned()),
        failing_since: None,
    };
    store::insert(tx, &row)?;
    note(tx, actor, "webhook.add", id, row.origin.clone())?;
    Ok(Told { endpoint: Endpoint::of(row)?, secret: secret::told(&fresh) })
}

/// Changes an endpoint. Enabled again, it begins anew: what was told meanwhile is not made up for,
/// and what is in the log can be replayed.
///
/// # Errors
/// `forbidden`; `not_found`; `invalid` at `/url`, `/unit`.
pub fn change(
    tx: &mut Tx<'_>,
    desk: &Desk,
    actor: &Actor,
    id: i64,
    plan: &Plan,
) -> Result<Endpoint> {
    actor.require(&KEEPERS)?;
    let mut row = store::one(tx.conn, id)?.ok_or_else(Error::not_found)?;
    if let Some(url) = &plan.url {
        let url = checked(desk, url)?;
        row.url = seal(desk, "url", id, url.reveal().as_bytes())?;
        row.origin = url.to_string();
        row.failing_since = None;
    }
    check_unit(desk, plan.unit.as_ref())?;
    row.events = serde_json::to_string(&plan.events).map_err(Error::internal)?;
    row.unit = plan.unit.clone();
    if plan.enabled {
        row.failing_since = row.failing_since.filter(|_| row.disabled_at.is_none());
        (row.disabled_at, row.disabled_why) = (None, None);
    } else if row.disabled_at.is_none() {
        row.disabled_at = Some(tx.now);
        row.disabled_why = Some("webhook.by_hand".to_owned());
    }
    store::save(tx, &row)?;
    let state = if plan.enabled { "enabled" } else { "disabled" };
    note(tx, actor, "webhook.change", id, format!("{} {state}", row.origin))?;
    Endpoint::of(row)
}

/// Makes a new secret; the old one signs beside it for a day, so that the receiver can change over.
///
/// # Errors
/// `forbidden`; `not_found`.
pub fn rotate(tx: &mut Tx<'_>, desk: &Desk, actor: &Actor, id: i64) -> Result<Told> {
    actor.require(&KEEPERS)?;
    let mut row = store::one(tx.conn, id)?.ok_or_else(Error::not_found)?;
    let fresh = secret::fresh();
    row.old_secret = Some(std::mem::replace(&mut row.secret, seal(desk, "secret", id, &fresh)?));
    row.old_until = Some(tx.now.plus(TimeDelta::hours(OLD_HOURS)));
    store::save(tx, &row)?;
    note(tx, actor, "webhook.rotate", id, row.origin.clone())?;
    Ok(Told { endpoint: Endpoint::of(row)?, secret: secret::told(&fresh) })
}

/// Sends a `webhook.test` there; answers the delivery.
///
/// # Errors
/// `forbidden`; `not_found`; `webhook.disabled`.
pub fn ping(tx: &mut Tx<'_>, actor: &Actor, id: i64) -> Result<i64> {
    actor.require(&KEEPERS)?;
    enabled(tx.conn, id)?;
    let body = json!({ "type": Event::Test, "timestamp": tx.now, "data": {} });
    let now = tx.now;
    hooks::put(tx, id, Event::Test, body.to_string(), now)
}

/// Tells something again, with the same identifier and the same bytes.
///
/// # Errors
/// `forbidden`; `not_found`; `webhook.disabled`; `webhook.waiting` while it is still being tried.
pub fn replay(tx: &mut Tx<'_>, actor: &Actor, id: i64, delivery: i64) -> Result<Delivery> {
    actor.require(&KEEPERS)?;
    let found = store::delivery(tx.conn, delivery)?.filter(|found| found.webhook_id == id);
    let mut found = found.ok_or_else(Error::not_found)?;
    enabled(tx.conn, id)?;
    if !found.is_over() {
        return Err(Error::refused("webhook.waiting"));
    }
    (found.delivered_at, found.dead_at, found.tries) = (None, None, 0);
    store::save_delivery(tx, &found)?;
    jobs::put(tx, JOB, &Due { delivery, by_hand: true })?;
    let subject = id.to_string();
    let entry = Entry::new((actor.user, &actor.name), "webhook.replay", ("webhook", &subject));
    audit::record(tx, &entry.detailed(found.message_id()))?;
    Ok(found)
}

/// Every endpoint, oldest first.
///
/// # Errors
/// `forbidden`.
pub fn list(conn: &mut Conn, actor: &Actor) -> Result<Vec<Endpoint>> {
    actor.require(&KEEPERS)?;
    store::all(conn)?.into_iter().map(Endpoint::of).collect()
}

/// One endpoint.
///
/// # Errors
/// `forbidden`; `not_found`.
pub fn find(conn: &mut Conn, actor: &Actor, id: i64) -> Result<Endpoint> {
    actor.require(&KEEPERS)?;
    store::one(conn, id)?.ok_or_else(Error::not_found).and_then(Endpoint::of)
}

/// What was told to the endpoint, newest first; at most `most`, those before the id `before`.
///
/// # Errors
/// `forbidden`; `not_found`.
pub fn deliveries(
    conn: &mut Conn,
    actor: &Actor,
    id: i64,
    before: Option<i64>,
    most: i64,
) -> Result<Vec<Delivery>> {
    find(conn, actor, id)?;
    store::deliveries(conn, id, before, most)
}

fn enabled(conn: &mut Conn, id: i64) -> Result<()> {
    let row = store::one(conn, id)?.ok_or_else(Error::not_found)?;
    if row.disabled_at.is_some() { Err(Error::refused("webhook.disabled")) } else { Ok(()) }
}

fn checked(desk: &Desk, text: &str) -> Result<Url> {
    let wrong = |failure: crate::outward::Failure| Error::field("/url", failure.code());
    let url = Url::parse(text.trim()).map_err(wrong)?;
    desk.outward.check(&url).map_err(wrong)?;
    Ok(url)
}

fn check_unit(desk: &Desk, unit: Option<&UnitCode>) -> Result<()> {
    match unit {
        Some(unit) if desk.directory.unit(unit).is_none() => {
            Err(Error::field("/unit", "field.unknown_code"))
        }
        _ => Ok(()),
    }
}

fn seal(desk: &Desk, column: &str, id: i64, plain: &[u8]) -> Result<Vec<u8>> {
    desk.keys.seal(plain, &place("webhook", column, id))
}

/// For the auditor, and for every node: the endpoints lie beside the directory in memory.
fn note(tx: &mut Tx<'_>, actor: &Actor, action: &str, id: i64, detail: String) -> Result<()> {
    let id = id.to_string();
    let entry = Entry::new((actor.user, &actor.name), action, ("webhook", &id)).detailed(detail);
    audit::record(tx, &entry)?;
    directory::store::append(tx, &actor.name, &[]).map(drop)
}
