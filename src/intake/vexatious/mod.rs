//! Intake: the vexatious mark on one caller's one matter. Its rule: it takes two people and has an end; it is
//! shown to those who take calls and decide, never to a unit, and it blocks nothing: whoever is marked is
//! registered and answered as anybody else, on this matter and on every other.
//!
//! It has nothing to do with the exclusion of that name, which takes a ticket out of the assessment.

pub mod eyes;
pub mod store;

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::audit::{self, Entry};
use crate::code_enum;
use crate::db::Tx;
use crate::directory::{Directory, UnitCode};
use crate::error::{Error, FieldError, Kind, Result};
use crate::identity::{Actor, Role};
use crate::sealing::MasterKey;
use crate::ticket::again::About;
use crate::ticket::store::Stored;
use crate::ticket::{Text, Ticket};
pub use eyes::Eyes;
pub use store::{Listed, MarkRow};

/// Who proposes it.
pub const PROPOSERS: [Role; 2] = [Role::Agent, Role::Dispatcher];
/// Who is the second person.
pub const DECIDERS: [Role; 2] = [Role::Reviewer, Role::Dispatcher];
/// Who lifts it before its end.
pub const LIFTERS: [Role; 1] = [Role::Reviewer];
/// A mark rests on this many tickets of the caller and the matter at least.
const FEWEST: usize = 2;
/// And names this many at most.
const MOST: usize = 50;

code_enum! {
    /// How far a mark has come. That its day has passed is seen from its end alone.
    pub enum MarkState {
        Proposed = "proposed" "待核准",
        InForce = "in_force" "生效",
        Refused = "refused" "未核准",
        Lifted = "lifted" "已解除",
    }
}

code_enum! {
    /// What a second person says to a proposal.
    pub enum Verdict { Confirm = "confirm" "核准", Refuse = "refuse" "不予核准" }
}

/// Why the caller of a ticket is vexatious in its matter.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    pub reason: Text,
    /// The numbers of the caller's other tickets about the same matter that it rests on.
    pub tickets: Vec<Text>,
}

/// Why a mark is confirmed, refused or lifted.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Why {
    pub reason: Text,
}

/// Whose mark it would be: the keyed hash of the caller's number, and the matter.
///
/// # Errors
/// `vexatious.no_caller` without a number; `vexatious.no_matter` without a category or a place.
pub fn subject(keys: &MasterKey, ticket: &Ticket) -> Result<(String, About)> {
    let phone =
        ticket.caller.phone.as_ref().ok_or_else(|| Error::refused("vexatious.no_caller"))?;
    let about = About::of_ticket(ticket).ok_or_else(|| Error::refused("vexatious.no_matter"))?;
    Ok((keys.phone_hash(phone), about))
}

/// What is proposed: on which ticket, resting on which others, each with its place in the list.
pub struct Grounds<'a> {
    pub on: &'a Stored,
    pub others: &'a [Stored],
    pub reason: &'a Text,
}

impl Proposal {
    /// Refuses a list that is too long to be looked at; whether its tickets fit is [`propose`]'s.
    ///
    /// # Errors
    /// 422 at `/tickets`.
    pub fn check(&self) -> Result<()> {
        if self.tickets.len() <= MOST {
            return Ok(());
        }
        Err(Error::field("/tickets", "field.too_long"))
    }
}

/// Proposes a mark on the caller and the matter of a ticket.
///
/// # Errors
/// 403; 422 at `/tickets/…` where one is of another caller or about another matter, and at `/tickets` where
/// they are too few; 409 without a number or a matter, and where one stands or waits already.
pub fn propose(
    tx: &mut Tx<'_>,
    keys: &MasterKey,
    actor: &Actor,
    grounds: &Grounds<'_>,
) -> Result<MarkRow> {
    actor.require(&PROPOSERS)?;
    let on = &grounds.on.ticket;
    let (caller, about) = subject(keys, on)?;
    let mut wrong = Vec::new();
    let mut rests_on = BTreeSet::from([on.no.clone()]);
    for (place, other) in grounds.others.iter().enumerate() {
        let same =
            subject(keys, &other.ticket).is_ok_and(|it| it == (caller.clone(), about.clone()));
        if same {
            rests_on.insert(other.ticket.no.clone());
        } else {
            wrong.push(FieldError::new(format!("/tickets/{place}"), "vexatious.other_matter"));
        }
    }
    if wrong.is_empty() && rests_on.len() < FEWEST {
        wrong.push(FieldError::new("/tickets", "vexatious.too_few"));
    }
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    if store::is_open(tx.conn, &caller, &about, tx.now)? {
        return Err(Error::refused("vexatious.already"));
    }
    let row = MarkRow {
        id: tx.id(),
        ticket_id: grounds.on.id,
        ticket_no: on.no.clone(),
        phone_hash: caller,
        category: about.category,
        estate: about.estate,
        region: about.region,
        rests_on: serde_json::to_string(&rests_on).map_err(Error::internal)?,
        reason: on.masked(grounds.reason),
        state: MarkState::Proposed,
        proposed_at: tx.now,
        proposed_by: actor.user,
        proposed_name: actor.name.clone(),
        decided_at: None,
        decided_name: None,
        decided_why: None,
        ends_at: None,
        lifted_at: None,
        lifted_name: None,
        lifted_why: None,
    };
    store::insert(tx, &row)?;
    note(tx, actor, "vexatious.propose", &row)?;
    Ok(row)
}

/// What the second person looks at beside the mark itself.
pub struct Case<'a> {
    /// The ticket that it was proposed on, as it is now.
    pub on: &'a Ticket,
    /// How many of the tickets it rests on are still of this caller and matter.
    pub fits: usize,
    /// Natural days until it ends.
    pub days: u32,
}

/// Whether `actor` may be the second person at all.
///
/// # Errors
/// 403: another role; `own_request` for whoever proposed it; `vexatious.own_unit` for whoever works for a unit
/// that the caller was complaining to: who handled it does not say that the caller is a nuisance.
pub fn may_decide(
    actor: &Actor,
    mark: &MarkRow,
    (handled, directory): (&BTreeSet<UnitCode>, &Directory),
) -> Result<()> {
    actor.require(&DECIDERS)?;
    actor.require_other_than(mark.proposed_by)?;
    apart(actor, (handled, directory))
}

/// Who works for a unit that the caller was complaining to says nothing of the mark, neither for it nor against it.
///
/// # Errors
/// 403 `vexatious.own_unit`.
pub fn apart(actor: &Actor, (handled, directory): (&BTreeSet<UnitCode>, &Directory)) -> Result<()> {
    if is_of(actor, (handled, directory)) {
        return Err(Error::new(Kind::Forbidden, "vexatious.own_unit"));
    }
    Ok(())
}

/// Whether `actor` belongs to one of the units `handled`, or to one below it.
fn is_of(actor: &Actor, (handled, directory): (&BTreeSet<UnitCode>, &Directory)) -> bool {
    let is_own = |own: &UnitCode| handled.iter().any(|unit| directory.subtree(unit).contains(own));
    actor.unit.as_ref().is_some_and(is_own)
}

/// Whether `ticket` is of the caller and the matter of `mark`.
pub fn bears_out(keys: &MasterKey, ticket: &Ticket, mark: &MarkRow) -> bool {
    subject(keys, ticket).is_ok_and(|it| mark.is_of(&it.0, &it.1))
}

/// The second person, who may be it ([`may_decide`]), confirms or refuses.
///
/// # Errors
/// 409 `vexatious.decided`; `vexatious.changed` where the ticket, or all but one of
/// those it rests on, has another caller or is about another matter by now: what was proposed would be of somebody else.
pub fn decide(
    tx: &mut Tx<'_>,
    keys: &MasterKey,
    actor: &Actor,
    (mark, case): (MarkRow, &Case<'_>),
    (verdict, why): (Verdict, &Text),
) -> Result<MarkRow> {
    if mark.state != MarkState::Proposed {
        return Err(Error::refused("vexatious.decided"));
    }
    let mut after = MarkRow {
        decided_at: Some(tx.now),
        decided_name: Some(actor.name.clone()),
        decided_why: Some(case.on.masked(why)),
        ..mark
    };
    let action = match verdict {
        Verdict::Refuse => {
            after.state = MarkState::Refused;
            "vexatious.refuse"
        }
        Verdict::Confirm => {
            if case.fits < FEWEST || !bears_out(keys, case.on, &after) {
                return Err(Error::refused("vexatious.changed"));
            }
            after.state = MarkState::InForce;
            after.ends_at = Some(tx.now.plus(TimeDelta::days(i64::from(case.days))));
            "vexatious.confirm"
        }
    };
    store::save(tx, &after)?;
    note(tx, actor, action, &after)?;
    Ok(after)
}

/// Ends a mark before its day.
///
/// # Errors
/// 403; 409 `vexatious.not_in_force`.
pub fn lift(
    tx: &mut Tx<'_>,
    actor: &Actor,
    (mark, on): (MarkRow, &Ticket),
    why: &Text,
) -> Result<MarkRow> {
    actor.require(&LIFTERS)?;
    if !mark.is_in_force(tx.now) {
        return Err(Error::refused("vexatious.not_in_force"));
    }
    let after = MarkRow {
        state: MarkState::Lifted,
        lifted_at: Some(tx.now),
        lifted_name: Some(actor.name.clone()),
        lifted_why: Some(on.masked(why)),
        ..mark
    };
    store::save(tx, &after)?;
    note(tx, actor, "vexatious.lift", &after)?;
    Ok(after)
}

fn note(tx: &mut Tx<'_>, actor: &Actor, action: &'static str, mark: &MarkRow) -> Result<()> {
    // The reason stands in the mark, and goes with it.
    let entry = Entry::new((actor.user, &actor.name), action, ("ticket", &mark.ticket_no));
    audit::record(tx, &entry.detailed(mark.id.to_string()))
}
