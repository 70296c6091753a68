//! Privacy: a list exported in clear. Its rule: one named person asks for what that person sees anyway, another
//! one of those who keep the house safe agrees, and the first fetches the file, once and in time; each step is in
//! the audit trail, and every ticket's readers have it.

pub mod store;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use sha2::{Digest, Sha256};

use super::masked;
use crate::audit::{self, Entry};
use crate::code_enum;
use crate::db::{Conn, Tx};
use crate::error::{Error, Kind, Result};
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
    /// When it was looked what there is: up to then tickets are in it.
    pub at: Stamp,
    /// The identifiers of the tickets that there are, in order.
    pub tickets: &'a [i64],
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
        asked_at: wanted.at,
        asked_by: actor.user,
        asked_name: actor.name.clone(),
        filters: wanted.filters.clone(),
        form: wanted.form.to_owned(),
        reason: masked(wanted.reason)?,
        tickets: many(wanted.tickets),
        digest: digest(wanted.tickets),
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

/// Whether `actor` may fetch it at `now`.
///
/// # Errors
/// 404 for everybody but who asked; 403 where the role is gone meanwhile; 409 `export.not_approved`,
/// `export.refused`, `export.had`, `export.over`.
pub fn may_take(row: &ClearRow, actor: &Actor, now: Stamp) -> Result<()> {
    if row.asked_by != actor.user {
        return Err(Error::not_found());
    }
    may_ask(actor)?;
    match row.state {
        ClearState::Asked => Err(refused(row, "export.not_approved")),
        ClearState::Refused => Err(refused(row, "export.refused")),
        ClearState::Had => Err(refused(row, "export.had")),
        ClearState::Approved if row.ends_at.is_none_or(|ends| now > ends) => {
            Err(refused(row, "export.over"))
        }
        ClearState::Approved => Ok(()),
    }
}

/// Whether `tickets`, the identifiers of what its filters find now, in order, are those that were agreed to.
///
/// # Errors
/// 409 `export.changed`.
pub fn is_as_agreed(row: &ClearRow, tickets: &[i64]) -> Result<()> {
    if digest(tickets) == row.digest {
        return Ok(());
    }
    let (agreed, now) = (row.tickets.to_string(), tickets.len().to_string());
    let values = [("agreed", agreed.as_str()), ("now", now.as_str())];
    let error = Error::with(Kind::Refused, "export.changed", &values);
    Err(error.in_state(row.state.as_str(), Vec::new()))
}

/// Who asked fetches it: from now on it was had, whether the file arrives or not. Answers under which entry of the
/// audit trail its tickets are to be noted, before they leave.
///
/// # Errors
/// As [`may_take`].
pub fn take(tx: &mut Tx<'_>, actor: &Actor, id: i64) -> Result<i64> {
    let row = store::one(tx.conn, id)?.ok_or_else(Error::not_found)?;
    may_take(&row, actor, tx.now)?;
    let after = ClearRow { state: ClearState::Had, had_at: Some(tx.now), ..row };
    store::save(tx, &after)?;
    let number = after.id.to_string();
    let agreed = after.decided_name.as_deref().unwrap_or_default();
    let entry = Entry::new((actor.user, &actor.name), SEEN, (KIND, &number));
    let entry = entry.for_purpose(&after.reason).detailed(format!("agreed={agreed}"));
    audit::record_many(tx, &entry)
}

/// The instant before which tickets of one asked for at `asked_at` were received: what came after it was not asked for.
pub fn until(asked_at: Stamp, received_to: Option<Stamp>) -> Stamp {
    let end = asked_at.plus_millis(1);
    received_to.map_or(end, |to| to.min(end))
}

fn many(tickets: &[i64]) -> i64 {
    i64::try_from(tickets.len()).unwrap_or(i64::MAX)
}

/// SHA-256 of the identifiers, base64url.
fn digest(tickets: &[i64]) -> String {
    let mut hash = Sha256::new();
    for id in tickets {
        hash.update(id.to_be_bytes());
    }
    URL_SAFE_NO_PAD.encode(hash.finalize())
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
