//! Webhooks: their rows. Its rule: nothing is decided here.

use chrono::TimeDelta;
use diesel::{
    AsChangeset, BoolExpressionMethods, ExpressionMethods, Identifiable, Insertable,
    OptionalExtension, QueryDsl, Queryable, RunQueryDsl, TextExpressionMethods,
};

use super::event::Event;
use crate::db::schema::{webhook, webhook_delivery};
use crate::db::{Conn, Tx, each};
use crate::directory::UnitCode;
use crate::error::Result;
use crate::time::Stamp;

/// Days for which the log is kept.
const KEPT_DAYS: i64 = 30;

/// An endpoint as it is kept.
#[derive(Clone, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = webhook, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct Row {
    pub id: i64,
    pub url: Vec<u8>,
    pub origin: String,
    pub events: String,
    pub unit: Option<UnitCode>,
    pub secret: Vec<u8>,
    pub old_secret: Option<Vec<u8>>,
    pub old_until: Option<Stamp>,
    pub created_at: Stamp,
    pub created_by: String,
    pub disabled_at: Option<Stamp>,
    pub disabled_why: Option<String>,
    pub failing_since: Option<Stamp>,
}

/// Something told to an endpoint, or about to be.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = webhook_delivery, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Delivery {
    pub id: i64,
    pub webhook_id: i64,
    pub event: Event,
    /// The same bytes on each try.
    pub body: String,
    pub created_at: Stamp,
    pub tries: i32,
    pub tried_at: Option<Stamp>,
    /// The status that came back last.
    pub status: Option<i32>,
    /// How long the last try took, in milliseconds.
    pub ms: Option<i64>,
    /// The code of the last failure.
    pub why: Option<String>,
    /// The first letters of the last answer that was no success.
    pub answer: Option<String>,
    pub delivered_at: Option<Stamp>,
    pub dead_at: Option<Stamp>,
}

impl Delivery {
    pub(super) fn fresh(
        id: i64,
        webhook_id: i64,
        event: Event,
        body: String,
        created_at: Stamp,
    ) -> Self {
        Self {
            id,
            webhook_id,
            event,
            body,
            created_at,
            tries: 0,
            tried_at: None,
            status: None,
            ms: None,
            why: None,
            answer: None,
            delivered_at: None,
            dead_at: None,
        }
    }

    /// Whether nobody will try it again by itself.
    pub fn is_over(&self) -> bool {
        self.delivered_at.is_some() || self.dead_at.is_some()
    }

    /// The `webhook-id`: the same on each try and each replay.
    pub fn message_id(&self) -> String {
        format!("msg_{}", self.id)
    }
}

/// Id, events and unit of those that are enabled.
pub(super) fn listening(conn: &mut Conn) -> Result<Vec<(i64, String, Option<UnitCode>)>> {
    Ok(webhook::table
        .filter(webhook::disabled_at.is_null())
        .order(webhook::id)
        .select((webhook::id, webhook::events, webhook::unit))
        .load(conn)?)
}

pub(super) fn all(conn: &mut Conn) -> Result<Vec<Row>> {
    Ok(webhook::table.order(webhook::id).load::<Row>(conn)?)
}

pub(super) fn one(conn: &mut Conn, id: i64) -> Result<Option<Row>> {
    Ok(webhook::table.find(id).first::<Row>(conn).optional()?)
}

pub(super) fn count(conn: &mut Conn) -> Result<i64> {
    Ok(webhook::table.count().get_result(conn)?)
}

pub(super) fn insert(tx: &mut Tx<'_>, row: &Row) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(webhook::table).values(row).execute(c))?;
    Ok(())
}

pub(super) fn save(tx: &mut Tx<'_>, row: &Row) -> Result<()> {
    diesel::update(webhook::table.find(row.id)).set(row).execute(tx.conn)?;
    Ok(())
}

/// Since when nothing arrives there; nothing where something has.
pub(super) fn note_failing(tx: &mut Tx<'_>, id: i64, since: Option<Stamp>) -> Result<()> {
    diesel::update(webhook::table.find(id))
        .set(webhook::failing_since.eq(since))
        .execute(tx.conn)?;
    Ok(())
}

pub(super) fn insert_delivery(tx: &mut Tx<'_>, delivery: &Delivery) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(webhook_delivery::table).values(delivery).execute(c))?;
    Ok(())
}

pub(super) fn save_delivery(tx: &mut Tx<'_>, delivery: &Delivery) -> Result<()> {
    diesel::update(webhook_delivery::table.find(delivery.id)).set(delivery).execute(tx.conn)?;
    Ok(())
}

/// Drops what waits to be told of the ticket `no` and was written at or after `since`; their jobs then find nothing.
pub(super) fn drop_untold(tx: &mut Tx<'_>, no: &str, since: Stamp) -> Result<()> {
    let untold = webhook_delivery::table
        .filter(webhook_delivery::created_at.ge(since))
        .filter(webhook_delivery::tries.eq(0))
        .filter(webhook_delivery::body.like(format!("%\"no\":\"{no}\"%")));
    diesel::delete(untold).execute(tx.conn)?;
    Ok(())
}

pub(super) fn delivery(conn: &mut Conn, id: i64) -> Result<Option<Delivery>> {
    Ok(webhook_delivery::table.find(id).first::<Delivery>(conn).optional()?)
}

/// Newest first; those before the id `before`, where one is given.
pub(super) fn deliveries(
    conn: &mut Conn,
    webhook: i64,
    before: Option<i64>,
    most: i64,
) -> Result<Vec<Delivery>> {
    Ok(webhook_delivery::table
        .filter(webhook_delivery::webhook_id.eq(webhook))
        .filter(webhook_delivery::id.lt(before.unwrap_or(i64::MAX)))
        .order(webhook_delivery::id.desc())
        .limit(most)
        .load::<Delivery>(conn)?)
}

/// Drops up to `most` deliveries that are over and a month old; answers how many.
///
/// # Errors
/// As the database says.
pub fn drop_old(tx: &mut Tx<'_>, most: i64) -> Result<usize> {
    let before = tx.now.plus(TimeDelta::days(-KEPT_DAYS));
    let over =
        webhook_delivery::delivered_at.is_not_null().or(webhook_delivery::dead_at.is_not_null());
    let old: Vec<i64> = webhook_delivery::table
        .filter(webhook_delivery::created_at.lt(before).and(over))
        .order(webhook_delivery::created_at)
        .limit(most)
        .select(webhook_delivery::id)
        .load(tx.conn)?;
    let gone = webhook_delivery::table.filter(webhook_delivery::id.eq_any(old));
    Ok(diesel::delete(gone).execute(tx.conn)?)
}
