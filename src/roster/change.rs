//! Roster: its one command. Its rule: a unit's head plans their own unit and those below, dispatchers and the sysadmin
//! plan all; a property company sees and names nobody but its own.

use chrono::{NaiveDate, TimeDelta};

use super::cover::Office;
use super::plan::{NEVER_PUT, NewPlan, Plan};
use super::store;
use crate::audit::{self, Entry};
use crate::db::{Conn, Tx};
use crate::directory::{Directory, Unfit, UnitCode};
use crate::error::{Error, Result};
use crate::identity::account::fold_name;
use crate::identity::store as accounts;
use crate::identity::{Actor, Role};

/// Who reads the roster: everybody who has to do with cases, and whoever keeps the units.
pub const READERS: &[Role] = &[
    Role::Agent,
    Role::Dispatcher,
    Role::Handler,
    Role::UnitHead,
    Role::Reviewer,
    Role::Surveyor,
    Role::Assessor,
    Role::Leader,
    Role::Sysadmin,
];

/// Who plans every unit.
const PLANNERS: &[Role] = &[Role::Dispatcher, Role::Sysadmin, Role::System];

/// Days from today on which a plan may be put, before and behind.
const FAR: i64 = 366;

/// Whether `actor`, who reads the roster, reads that of `unit`: a property company has no use for others' phones.
pub fn sees(actor: &Actor, unit: &UnitCode) -> bool {
    !actor.company || actor.works_for(unit)
}

/// Whether `actor` may put plans of `unit`.
pub fn may_put(actor: &Actor, unit: &UnitCode) -> bool {
    sees(actor, unit)
        && (actor.has_any(PLANNERS) || (actor.has(Role::UnitHead) && actor.works_for(unit)))
}

/// Puts the plan of `unit` for the day `on`, in the place of the one before; `expected` says whether that one, by its
/// version, is the one that is meant to be replaced.
///
/// # Errors
/// 404 for a unit that there is not or that the actor does not see; 403; as `expected`; 422 at `/date` for a day far
/// off, and as [`NewPlan::checked`].
pub fn put(
    tx: &mut Tx<'_>,
    actor: &Actor,
    (directory, office): (&Directory, Office<'_>),
    (unit, on): (&UnitCode, NaiveDate),
    expected: &dyn Fn(i64) -> Result<()>,
    read: impl FnOnce() -> Result<NewPlan>,
) -> Result<Plan> {
    let known = directory.unit(unit).filter(|_| sees(actor, unit)).ok_or_else(Error::not_found)?;
    if !may_put(actor, unit) {
        return Err(Error::forbidden());
    }
    let before = store::plan(tx.conn, unit, on)?;
    expected(before.as_ref().map_or(NEVER_PUT, Plan::version))?;
    let new = read()?;
    let today = tx.now.day(office.calendar.zone());
    if on.signed_duration_since(today).abs() > TimeDelta::days(FAR) {
        return Err(Error::field("/date", "field.too_far"));
    }
    if !known.span.holds_on(on) {
        let why = if on < known.span.from_on { Unfit::NotYet } else { Unfit::Ended };
        return Err(Error::field("/date", why.code()));
    }
    let turns = new.checked(office.hours, |login| called(tx.conn, actor, login))?;
    // Two in one instant are two versions.
    let set_at = before.map_or(tx.now, |before| tx.now.max(before.set_at.plus_millis(1)));
    let plan = Plan { unit: unit.clone(), on, turns, set_by: actor.name.clone(), set_at };
    store::put(tx, &plan)?;
    let by = (actor.user, actor.name.as_str());
    audit::record(
        tx,
        &Entry::new(by, "roster.put", ("unit", unit.as_str())).detailed(on.to_string()),
    )?;
    Ok(plan)
}

/// What the account `login` is called, where it may be put on duty by `actor`: of a property company, its own alone.
pub(super) fn called(conn: &mut Conn, actor: &Actor, login: &str) -> Result<Option<String>> {
    let found = accounts::account_named(conn, &fold_name(login))?;
    let own = |unit: Option<&UnitCode>| unit.is_some_and(|unit| actor.works_for(unit));
    Ok(found
        .filter(|account| account.disabled_at.is_none())
        .filter(|account| !actor.company || own(account.unit.as_ref()))
        .map(|account| account.display_name))
}
