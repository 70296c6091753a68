//! Privacy: a list exported in clear. Its rule: one named person asks for what that person sees anyway, another
//! one of those who keep the house safe agrees, and the first fetches the file, once and in time; each step is in
//! the audit trail, and every ticket's readers have it.

pub mod store;

use chrono::TimeDelta;

use super::masked;
use crate::audit::{self, Entry};
use crate::code_enum;
use crate::db::{Conn, Tx};
use crate::error::{Error, Result};
use crate::identity::{Actor, Role};
use crate::ticket::Text;
use crate::time::Stamp;
pub use store::ClearRow;

/// Who asks for one: whoever decides about replies, and whoever signs. Both see every ticket anyway.
pub const ASKERS: [Role; 2] = [Role::Reviewer, Role::Leader];
/// Who is the second person: sees no case, and so judges who, why and how much alone.
pub const DECIDERS: [Role; 1] = [Role::Secadmin];
/// The audit trail's word for the tickets that went out in clear.
pub const SEEN: &str = "ticket.clear_export";
/// The kind of thing that the steps are noted of.
const KIND: &str = "export";

code_enum! {
    /// How far it has come. That its time is over is seen from its end alone.
    pub enum ClearState {
        Asked = "asked" "待批准",
        Approved = "approved" "已批准",
        Refused = "refused" "未批准",
        Had = "had" "已取走",
    }
}

code_enum! {
    /// What the second person says.
    pub enum ClearVerdict { Approve = "approve" "批准", Refuse = "refuse" "不批准" }
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// The filters of a list, as JSON: codes and times.
    pub filters: String,
    /// `csv` or `xlsx`.
    pub form: &'static str,
    pub reason: &'a Text,
    /// How many tickets there are now.
    pub tickets: i64,
}

/// Whether `actor` may ask for one at all, and fetch it.
///
/// # Errors
/// 403: another role, and whoever belongs to a property company.
pub fn may_ask(actor: &Actor) -> Result<()> {
    actor.require(&ASKERS)?;
    if actor.company { Err(Error::forbidden()) } else { Ok(()) }
}

/// Asks for one; [`may_ask`] was asked before.
///
/// # Errors
/// The database's own.
pub fn ask(tx: &mut Tx<'_>, actor: &Actor, wanted: &Wanted<'_>) -> Result<ClearRow> {
    let row = ClearRow {
        id: tx.id(),
        asked_at: tx.now,
        asked_by: actor.user,
        asked_name: actor.name.clone(),
        filters: wanted.filters.clone(),
        form: wanted.form.to_owned(),
        reason: masked(wanted.reason)?,
        tickets: wanted.tickets,
        state: ClearState::Asked,
        decided_at: None,
        decided_name: None,
        decided_why: None,
        ends_at: None,
        had_at: None,
    };
    store::insert(tx, &row)?;
    note(tx, actor, "export.ask", &row, &row.reason)?;
    Ok(row)
}

/// The one numbered `id`, for whoever asked and for those who decide.
///
/// # Errors
/// 404 for everybody else.
pub fn see(conn: &mut Conn, actor: &Actor, id: i64) -> Result<ClearRow> {
    let found = store::one(conn, id)?;
    let may = |row: &ClearRow| row.asked_by == actor.user || actor.has_any(&DECIDERS);
    found.filter(may).ok_or_else(Error::not_found)
}

/// Whether `actor` may be the second person.
///
/// # Errors
/// 403: another role; `own_request` for whoever asked.
pub fn may_decide(actor: &Actor, row: &ClearRow) -> Result<()> {
    actor.require(&DECIDERS)?;
    actor.require_other_than(row.asked_by)
}

/// The second person, who may be it ([`may_decide`]), agrees or not; from then on it may be fetched for `hours`.
///
/// # Errors
/// 409 `export.decided`.
pub fn decide(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: ClearRow,
    (verdict, why): (ClearVerdict, &Text),
    hours: u32,
) -> Result<ClearRow> {
    if row.state != ClearState::Asked {
        return Err(refused(&row, "export.decided"));
    }
    let (state, action) = match verdict {
        ClearVerdict::Approve => (ClearState::Approved, "export.approve"),
        ClearVerdict::Refuse => (ClearState::Refused, "export.refuse"),
    };
    let ends_at = tx.now.plus(TimeDelta::hours(i64::from(hours)));
    let why = masked(why)?;
    let after = ClearRow {
        state,
        decided_at: Some(tx.now),
        decided_name: Some(actor.name.clone()),
        ends_at: Some(ends_at).filter(|_| state == ClearState::Approved),
        decided_why: Some(why.clone()),
        ..row
    };
    store::save(tx, &after)?;
    note(tx, actor, action, &after, &why)?;
    Ok(after)
}

/// Who asked fetches it: from now on it was had, whether the file arrives or not. Answers under which entry of the
/// audit trail its tickets are to be noted, before they leave.
///
/// # Errors
/// 404 for everybody else; 403 where the role is gone meanwhile; 409 `export.not_approved`, `export.refused`,
/// `export.had`, `export.over`.
pub fn take(tx: &mut Tx<'_>, actor: &Actor, id: i64) -> Result<(ClearRow, i64)> {
    let found = store::one(tx.conn, id)?.filter(|row| row.asked_by == actor.user);
    let row = found.ok_or_else(Error::not_found)?;
    may_ask(actor)?;
    match row.state {
        ClearState::Asked => return Err(refused(&row, "export.not_approved")),
        ClearState::Refused => return Err(refused(&row, "export.refused")),
        ClearState::Had => return Err(refused(&row, "export.had")),
        ClearState::Approved if row.ends_at.is_none_or(|ends| tx.now > ends) => {
            return Err(refused(&row, "export.over"));
        }
        ClearState::Approved => {}
    }
    let after = ClearRow { state: ClearState::Had, had_at: Some(tx.now), ..row };
    store::save(tx, &after)?;
    let number = after.id.to_string();
    let agreed = after.decided_name.as_deref().unwrap_or_default();
    let entry = Entry::new((actor.user, &actor.name), SEEN, (KIND, &number));
    let entry = entry.for_purpose(&after.reason).detailed(format!("agreed={agreed}"));
    let entry = audit::record_many(tx, &entry)?;
    Ok((after, entry))
}

/// The instant up to which tickets are in it: what came after it was asked was not asked for.
pub fn until(row: &ClearRow, received_to: Option<Stamp>) -> Stamp {
    received_to.map_or(row.asked_at, |to| to.min(row.asked_at))
}

fn refused(row: &ClearRow, code: &'static str) -> Error {
    Error::refused(code).in_state(row.state.as_str(), Vec::new())
}

fn note(
    tx: &mut Tx<'_>,
    actor: &Actor,
    action: &'static str,
    row: &ClearRow,
    why: &str,
) -> Result<()> {
    let number = row.id.to_string();
    let entry = Entry::new((actor.user, &actor.name), action, (KIND, &number)).for_purpose(why);
    let detail = format!("tickets={} form={} filters={}", row.tickets, row.form, row.filters);
    audit::record(tx, &entry.detailed(detail))
}
