//! Reports: the rows of reports, their bodies, steps, texts and objections. Its rule: a body that was frozen is never
//! written again; steps and texts are only added.

use diesel::prelude::*;

use super::kinds::{Decision, Part, ReportKind};
use super::state::{State, Step};
use crate::assessment::{Categories, GroupBy};
use crate::db::schema::{
    report, report_body, report_confirmation, report_objection, report_said, report_step,
    report_text,
};
use crate::db::{Conn, Tx, each};
use crate::directory::UnitCode;
use crate::error::Result;
use crate::identity::Actor;
use crate::time::Stamp;

/// A row of `report`: what a report is, without what it says.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = report, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct ReportRow {
    pub id: i64,
    /// The first edition, itself included.
    pub root: i64,
    pub kind: ReportKind,
    /// The name of the window.
    pub period: String,
    pub start_at: Stamp,
    pub end_at: Stamp,
    pub scope_by: Option<GroupBy>,
    pub scope_key: Option<String>,
    /// From 1.
    pub edition: i32,
    /// The edition that it corrects.
    pub restates: Option<i64>,
    pub state: State,
    pub version: i32,
    /// `name@version`
    pub profile: String,
    /// The profile's numbers for figures, as JSON.
    pub scoring: String,
    /// The instant that the figures are of.
    pub taken_at: Stamp,
    /// How far the events were then (`assessment::store::Mark`).
    pub mark: String,
    pub document_hash: Vec<u8>,
    pub facts_hash: Vec<u8>,
    pub objections_until: Option<Stamp>,
    pub frozen_by: Option<i64>,
    /// By which categories its tickets are counted.
    pub categories: Categories,
}

impl ReportRow {
    /// Whether units may still check it at `now`, and until `until`.
    pub fn is_checked(&self, until: Stamp, now: Stamp) -> bool {
        self.state == State::Preliminary && self.objections_until == Some(until) && now < until
    }
}

/// One step of a report's life.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = report_step)]
pub struct StepRow {
    pub id: i64,
    pub report_id: i64,
    pub step: Step,
    pub at: Stamp,
    pub by_id: i64,
    /// The login name.
    pub by_name: String,
}

/// A version of a text that a person wrote, sealed.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = report_text)]
pub(super) struct TextRow {
    pub id: i64,
    pub report_id: i64,
    pub field: String,
    pub at: Stamp,
    pub by_id: i64,
    pub by_name: String,
    pub sealed: Vec<u8>,
}

/// A row of `report_objection`: codes and times.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = report_objection, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct ObjectionRow {
    pub id: i64,
    /// The first edition.
    pub report_id: i64,
    pub ticket_id: i64,
    /// The unit of who objected.
    pub unit: UnitCode,
    pub at: Stamp,
    pub by_id: i64,
    pub by_name: String,
    pub decision: Option<Decision>,
    pub decided_at: Option<Stamp>,
    pub decided_name: Option<String>,
}

/// A row of `report_confirmation`: that a unit's head found its figures right.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = report_confirmation)]
pub struct ConfirmationRow {
    pub id: i64,
    /// The first edition.
    pub report_id: i64,
    pub unit: UnitCode,
    pub at: Stamp,
    pub by_id: i64,
    pub by_name: String,
    /// The instant that the figures were of, and how far the events were then.
    pub taken_at: Stamp,
    pub mark: String,
    /// When the unit objected after all.
    pub withdrawn_at: Option<Stamp>,
}

impl ConfirmationRow {
    /// Whether it is of the figures of `taken_at`, and stands.
    pub fn holds(&self, taken_at: Stamp) -> bool {
        self.withdrawn_at.is_none() && self.taken_at == taken_at
    }
}

/// What was said in an objection or to it, sealed.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = report_said)]
pub(super) struct SaidRow {
    pub id: i64,
    pub objection_id: i64,
    pub ticket_id: i64,
    pub part: Part,
    pub sealed: Vec<u8>,
}

/// The report with this id.
///
/// # Errors
/// What the database says.
pub fn find(conn: &mut Conn, id: i64) -> Result<Option<ReportRow>> {
    Ok(report::table.find(id).select(ReportRow::as_select()).first(conn).optional()?)
}

/// The latest edition of the report about `[start, end)` and this scope.
pub(super) fn latest_of(
    conn: &mut Conn,
    (start, end): (Stamp, Stamp),
    scope: Option<(GroupBy, &str)>,
) -> Result<Option<ReportRow>> {
    let mut query = report::table
        .filter(report::start_at.eq(start.millis()))
        .filter(report::end_at.eq(end.millis()))
        .into_boxed();
    query = match scope {
        Some((by, key)) => query
            .filter(report::scope_by.eq(by.as_str()).assume_not_null())
            .filter(report::scope_key.eq(key.to_owned()).assume_not_null()),
        None => query.filter(report::scope_by.is_null()),
    };
    let latest = query.order(report::edition.desc()).select(ReportRow::as_select());
    Ok(latest.first(conn).optional()?)
}

/// The latest edition in one of `states` of the whole bureau's report about `[start, end)`.
pub(super) fn latest_in(
    conn: &mut Conn,
    (start, end): (Stamp, Stamp),
    states: &[State],
) -> Result<Option<ReportRow>> {
    let states: Vec<&str> = states.iter().map(|state| state.as_str()).collect();
    let latest = report::table
        .filter(report::start_at.eq(start.millis()).and(report::end_at.eq(end.millis())))
        .filter(report::scope_by.is_null().and(report::state.eq_any(states)))
        .order(report::edition.desc())
        .select(ReportRow::as_select());
    Ok(latest.first(conn).optional()?)
}

/// The editions of the report whose first edition is `root` that are published now.
pub(super) fn published(conn: &mut Conn, root: i64) -> Result<Vec<ReportRow>> {
    let editions =
        report::table.filter(report::root.eq(root)).filter(report::state.eq(State::Published));
    Ok(editions.order(report::edition).select(ReportRow::as_select()).load(conn)?)
}

/// The ids of every edition of the report whose first edition is `root`.
pub(super) fn editions(conn: &mut Conn, root: i64) -> Result<Vec<i64>> {
    Ok(report::table.filter(report::root.eq(root)).select(report::id).load(conn)?)
}

/// The last edition before `row` that was published.
pub(super) fn read_before(conn: &mut Conn, row: &ReportRow) -> Result<Option<ReportRow>> {
    let read = [State::Published, State::Superseded].map(State::as_str);
    let editions = report::table
        .filter(report::root.eq(row.root).and(report::edition.lt(row.edition)))
        .filter(report::state.eq_any(read));
    let last = editions.order(report::edition.desc()).select(ReportRow::as_select());
    Ok(last.first(conn).optional()?)
}

/// The number of the latest edition of the report whose first edition is `root`.
pub(super) fn last_edition(conn: &mut Conn, root: i64) -> Result<i32> {
    let editions = report::table.filter(report::root.eq(root));
    let last: Option<i32> = editions.select(diesel::dsl::max(report::edition)).first(conn)?;
    Ok(last.unwrap_or(0))
}

/// A new report with its body.
pub(super) fn insert(tx: &mut Tx<'_>, row: &ReportRow, body: (&[u8], &[u8])) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(report::table).values(row).execute(c))?;
    put_body(tx, row.id, body)
}

/// Keeps the row as it is now.
pub(super) fn save(tx: &mut Tx<'_>, row: &ReportRow) -> Result<()> {
    each!(tx.conn, c => diesel::update(report::table.find(row.id)).set(row).execute(c))?;
    Ok(())
}

/// Another body in the place of the one before.
pub(super) fn replace_body(tx: &mut Tx<'_>, id: i64, body: (&[u8], &[u8])) -> Result<()> {
    diesel::delete(report_body::table.find(id)).execute(tx.conn)?;
    put_body(tx, id, body)
}

fn put_body(tx: &mut Tx<'_>, id: i64, (document, facts): (&[u8], &[u8])) -> Result<()> {
    let row = (
        report_body::report_id.eq(id),
        report_body::document.eq(document),
        report_body::facts.eq(facts),
    );
    each!(tx.conn, c => diesel::insert_into(report_body::table).values(row).execute(c))?;
    Ok(())
}

/// The document of a report as it lies there.
pub(super) fn document(conn: &mut Conn, id: i64) -> Result<Vec<u8>> {
    Ok(report_body::table.find(id).select(report_body::document).first(conn)?)
}

/// The facts of a report as they lie there.
pub(super) fn facts(conn: &mut Conn, id: i64) -> Result<Vec<u8>> {
    Ok(report_body::table.find(id).select(report_body::facts).first(conn)?)
}

/// Notes that `actor` did `step`.
pub(super) fn note(tx: &mut Tx<'_>, report_id: i64, step: Step, actor: &Actor) -> Result<()> {
    let row = StepRow {
        id: tx.id(),
        report_id,
        step,
        at: tx.now,
        by_id: actor.user,
        by_name: actor.name.clone(),
    };
    each!(tx.conn, c => diesel::insert_into(report_step::table).values(&row).execute(c))?;
    Ok(())
}

/// Every step of a report, the oldest first.
///
/// # Errors
/// What the database says.
pub fn steps(conn: &mut Conn, id: i64) -> Result<Vec<StepRow>> {
    let steps = report_step::table.filter(report_step::report_id.eq(id)).order(report_step::id);
    Ok(steps.select(StepRow::as_select()).load(conn)?)
}

pub(super) fn insert_text(tx: &mut Tx<'_>, row: &TextRow) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(report_text::table).values(row).execute(c))?;
    Ok(())
}

/// Every version of every text of a report, the oldest first.
pub(super) fn texts(conn: &mut Conn, id: i64) -> Result<Vec<TextRow>> {
    let texts = report_text::table.filter(report_text::report_id.eq(id)).order(report_text::id);
    Ok(texts.select(TextRow::as_select()).load(conn)?)
}

pub(super) fn insert_objection(tx: &mut Tx<'_>, row: &ObjectionRow) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(report_objection::table).values(row).execute(c))?;
    Ok(())
}

pub(super) fn save_objection(tx: &mut Tx<'_>, row: &ObjectionRow) -> Result<()> {
    let there = report_objection::table.find(row.id);
    each!(tx.conn, c => diesel::update(there).set(row).execute(c))?;
    Ok(())
}

/// Every objection to the report whose first edition is `root`, the oldest first.
///
/// # Errors
/// What the database says.
pub fn objections(conn: &mut Conn, root: i64) -> Result<Vec<ObjectionRow>> {
    let all = report_objection::table.filter(report_objection::report_id.eq(root));
    Ok(all.order(report_objection::id).select(ObjectionRow::as_select()).load(conn)?)
}

pub(super) fn insert_confirmation(tx: &mut Tx<'_>, row: &ConfirmationRow) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(report_confirmation::table).values(row).execute(c))?;
    Ok(())
}

/// Takes back what `unit` confirmed of the report whose first edition is `root`.
pub(super) fn withdraw_confirmation(tx: &mut Tx<'_>, root: i64, unit: &UnitCode) -> Result<()> {
    let own = report_confirmation::table
        .filter(report_confirmation::report_id.eq(root))
        .filter(report_confirmation::unit.eq(unit.to_string()))
        .filter(report_confirmation::withdrawn_at.is_null());
    let now = report_confirmation::withdrawn_at.eq(tx.now);
    each!(tx.conn, c => diesel::update(own).set(now).execute(c))?;
    Ok(())
}

/// Every confirmation of the report whose first edition is `root`, the oldest first.
///
/// # Errors
/// What the database says.
pub fn confirmations(conn: &mut Conn, root: i64) -> Result<Vec<ConfirmationRow>> {
    let all = report_confirmation::table.filter(report_confirmation::report_id.eq(root));
    Ok(all.order(report_confirmation::id).select(ConfirmationRow::as_select()).load(conn)?)
}

pub(super) fn insert_said(tx: &mut Tx<'_>, row: &SaidRow) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(report_said::table).values(row).execute(c))?;
    Ok(())
}

/// What was said in these objections and to them.
pub(super) fn said(conn: &mut Conn, objections: &[i64]) -> Result<Vec<SaidRow>> {
    let mut all = Vec::new();
    for some in objections.chunks(900) {
        let rows = report_said::table.filter(report_said::objection_id.eq_any(some.to_vec()));
        all.extend(rows.order(report_said::id).select(SaidRow::as_select()).load(conn)?);
    }
    Ok(all)
}
