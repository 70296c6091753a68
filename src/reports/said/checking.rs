//! Reports: a unit's head finds its figures right. Its rule: what was seen is confirmed, by whom it concerns, and only
//! where the unit has nothing open against it.

use super::confirmation::units;
use crate::db::{Conn, Tx};
use crate::directory::UnitCode;
use crate::error::{Error, Result};
use crate::notify::outbox;
use crate::reports::desk::{Aim, Desk, check};
use crate::reports::document::Document;
use crate::reports::frozen::document;
use crate::reports::state::{self, Step};
use crate::reports::store::{self, ConfirmationRow, ReportRow};
use crate::time::Stamp;

impl Desk<'_> {
    /// A unit's head confirms its own figures as they are shown; an objection afterwards takes that back.
    ///
    /// # Errors
    /// 404, 403, 412; 409 also `report.check_over`, `report.no_figures`, `report.own_objection`, `report.confirmed`.
    pub fn confirm(
        &self,
        tx: &mut Tx<'_>,
        aim: Aim<'_>,
        read: impl FnOnce() -> Result<()>,
    ) -> Result<ReportRow> {
        let (row, standing) = self.take(tx.conn, aim, Step::Confirm)?;
        let unit = self.actor.unit.clone().ok_or_else(Error::forbidden)?;
        read()?;
        let to = check(Step::Confirm, &standing, self.actor, tx.now)?;
        let possible = self.check_confirming(tx.conn, (&row, &unit), tx.now);
        possible.map_err(|error| state::refused(error, &standing, self.actor, tx.now))?;
        let confirmation = ConfirmationRow {
            id: tx.id(),
            report_id: row.root,
            unit,
            at: tx.now,
            by_id: self.actor.user,
            by_name: self.actor.name.clone(),
            taken_at: row.taken_at,
            mark: row.mark.clone(),
            withdrawn_at: None,
        };
        store::insert_confirmation(tx, &confirmation)?;
        self.keep_step(tx, row, (Step::Confirm, to))
    }

    /// Tells the units with figures in `document`, which is opened to them, by when they are to check it.
    pub(in crate::reports) fn tell_units(
        &self,
        tx: &mut Tx<'_>,
        row: &ReportRow,
        document: &Document,
    ) -> Result<()> {
        let Some(until) = row.objections_until else { return Ok(()) };
        let rules = self.hotline.rules.current(tx.conn, tx.now)?;
        let concerned = units(document, &rules.directory);
        concerned.iter().try_for_each(|unit| outbox::check(tx, (row.id, unit), until))
    }

    fn check_confirming(
        &self,
        conn: &mut Conn,
        (row, unit): (&ReportRow, &UnitCode),
        now: Stamp,
    ) -> Result<()> {
        let document = document(conn, row)?;
        let rules = self.hotline.rules.current(conn, now)?;
        if !units(&document, &rules.directory).contains(unit) {
            return Err(Error::refused("report.no_figures"));
        }
        let objections = store::objections(conn, row.root)?;
        if objections.iter().any(|it| it.unit == *unit && it.decision.is_none()) {
            return Err(Error::refused("report.own_objection"));
        }
        let confirmations = store::confirmations(conn, row.root)?;
        if confirmations.iter().any(|it| it.unit == *unit && it.holds(row.taken_at)) {
            return Err(Error::refused("report.confirmed"));
        }
        Ok(())
    }
}
