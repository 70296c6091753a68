//! Roster: the rows of plans. Its rule: one row a unit and day; a plan put again takes the place of the one before.

use chrono::{Days, NaiveDate};
use diesel::prelude::*;

use super::plan::Plan;
use crate::db::conn::MultiBackend;
use crate::db::schema::duty_plan;
use crate::db::{Conn, Tx, each};
use crate::directory::UnitCode;
use crate::error::{Error, Result};
use crate::time::Stamp;

/// A row of `duty_plan`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = duty_plan, treat_none_as_default_value = false)]
struct Row {
    unit: UnitCode,
    on_day: String,
    turns: String,
    set_by: String,
    set_at: Stamp,
}

impl Row {
    fn of(plan: &Plan) -> Result<Self> {
        Ok(Self {
            unit: plan.unit.clone(),
            on_day: plan.on.to_string(),
            turns: serde_json::to_string(&plan.turns).map_err(Error::internal)?,
            set_by: plan.set_by.clone(),
            set_at: plan.set_at,
        })
    }

    fn into_plan(self) -> Result<Plan> {
        Ok(Plan {
            unit: self.unit,
            on: self.on_day.parse().map_err(Error::internal)?,
            turns: serde_json::from_str(&self.turns).map_err(Error::internal)?,
            set_by: self.set_by,
            set_at: self.set_at,
        })
    }
}

/// Puts `plan` in the place of the one of its unit and day.
pub(super) fn put(tx: &mut Tx<'_>, plan: &Plan) -> Result<()> {
    let row = Row::of(plan)?;
    let old = duty_plan::table
        .filter(duty_plan::unit.eq(plan.unit.as_str()))
        .filter(duty_plan::on_day.eq(row.on_day.as_str()));
    diesel::delete(old).execute(tx.conn)?;
    each!(tx.conn, c => diesel::insert_into(duty_plan::table).values(&row).execute(c))?;
    Ok(())
}

fn of<'a>(units: Option<&[UnitCode]>) -> duty_plan::BoxedQuery<'a, MultiBackend> {
    let query = duty_plan::table.into_boxed();
    match units {
        Some(units) => {
            let units: Vec<String> = units.iter().map(ToString::to_string).collect();
            query.filter(duty_plan::unit.eq_any(units))
        }
        None => query,
    }
}

/// The plans from one day to another, both included, by unit and day; of these units alone where some are named.
///
/// # Errors
/// The database's own.
pub fn plans(
    conn: &mut Conn,
    units: Option<&[UnitCode]>,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<Plan>> {
    let rows: Vec<Row> = of(units)
        .filter(duty_plan::on_day.ge(from.to_string()))
        .filter(duty_plan::on_day.le(to.to_string()))
        .order((duty_plan::unit, duty_plan::on_day))
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Row::into_plan).collect()
}

/// The plan of `unit` for the day `on`.
///
/// # Errors
/// The database's own.
pub fn plan(conn: &mut Conn, unit: &UnitCode, on: NaiveDate) -> Result<Option<Plan>> {
    Ok(plans(conn, Some(std::slice::from_ref(unit)), (on, on))?.pop())
}

/// The plans by which somebody may be on duty on `day`: of that day, and of the one before, whose nights last into it.
///
/// # Errors
/// The database's own.
pub fn plans_about(
    conn: &mut Conn,
    units: Option<&[UnitCode]>,
    day: NaiveDate,
) -> Result<Vec<Plan>> {
    let before = day.checked_sub_days(Days::new(1)).unwrap_or(day);
    plans(conn, units, (before, day))
}
