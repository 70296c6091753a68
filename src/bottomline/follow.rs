//! Bottom line: which cases follow from a change of a ticket. Its rule: written with the change; of one ticket, unit
//! and flag one case waits at a time; a change that is not its business costs neither a query nor a row.

use super::Source;
use super::case::{self, Opening};
use super::store;
use crate::db::Tx;
use crate::directory::UnitCode;
use crate::error::Result;
use crate::knowledge::hollow::is_empty_reply;
use crate::limits::conduct::EmptyRule;
use crate::limits::span::DAY_MS;
use crate::limits::{Calendar, Profile};
use crate::ticket::Ticket;
use crate::ticket::command::CommandName;
use crate::ticket::overlay::BottomLine;
use crate::ticket::state::State;

/// A change of a ticket as far as it may touch the bottom line.
#[derive(Debug, Clone, Copy)]
pub struct Cause<'a> {
    /// Its id in the database.
    pub ticket: i64,
    pub before: &'a Ticket,
    pub after: &'a Ticket,
    /// Who made it: a user's id, 0 for the program and for citizens.
    pub by: i64,
    /// The command.
    pub label: &'a str,
}

/// A flag that was raised on a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    pub flag: BottomLine,
    pub source: Source,
    pub unit: UnitCode,
}

/// The flags in `after` that were not in `before`, each once. A survey's are the unit's that led last; where nobody
/// ever led, nobody is asked.
pub fn raised(before: &Ticket, after: &Ticket) -> Vec<Raised> {
    let mut found: Vec<Raised> = Vec::new();
    let mut add = |one: Raised| {
        let same = |it: &Raised| it.flag == one.flag && it.unit == one.unit;
        if !found.iter().any(same) {
            found.push(one);
        }
    };
    for flag in after.flags.iter().skip(before.flags.len()) {
        add(Raised { flag: flag.flag, source: Source::Report, unit: flag.unit.clone() });
    }
    let led = after.final_lead().map(|(_, lead)| &lead.unit);
    for attempt in after.attempts.iter().skip(before.attempts.len()) {
        for flag in &attempt.bottom_line {
            if let Some(unit) = led {
                add(Raised { flag: *flag, source: Source::Survey, unit: unit.clone() });
            }
        }
    }
    found
}

/// The unit whose reply, given by this change, says nothing.
pub fn hollow_reply<'a>(cause: &Cause<'a>, rule: &EmptyRule) -> Option<&'a UnitCode> {
    let Cause { before, after, label, .. } = *cause;
    let (State::Replied { lead }, Some(reply)) = (&after.state, &after.reply) else { return None };
    // An assist's answer is called the same, and leaves the lead's reply as it was.
    let is_reply =
        [CommandName::Reply, CommandName::LedgerWriteOff].iter().any(|it| it.wire() == label);
    if !is_reply || after.reply == before.reply || reply.promise.is_some() {
        return None;
    }
    is_empty_reply(&reply.text, reply.cited.len(), rule)?;
    after.assignments.get(lead).map(|assignment| &assignment.unit)
}

/// Opens the cases that follow from `cause`.
///
/// # Errors
/// The database's own.
pub fn follow(
    tx: &mut Tx<'_>,
    (profile, calendar): (&Profile, &Calendar),
    cause: &Cause<'_>,
) -> Result<()> {
    let rule = &profile.bottom_line;
    let on = Some(cause.ticket);
    for Raised { flag, source, unit } in raised(cause.before, cause.after) {
        if !store::waits_on_ticket(tx.conn, cause.ticket, &unit, flag)? {
            let opening = Opening { flag, source, unit, ticket: on, test_call: None, by: cause.by };
            case::open(tx, rule, calendar, opening)?;
        }
    }
    let Some(unit) = hollow_reply(cause, &rule.empty) else { return Ok(()) };
    store::add_empty_reply(tx, cause.ticket, unit)?;
    // Those before the last case of this sort have had theirs.
    let since = tx.now.plus_millis(-i64::from(rule.empty.days) * DAY_MS);
    let since = store::last_for_empty_replies(tx.conn, unit)?.map_or(since, |at| at.max(since));
    let count = store::count_empty_replies(tx.conn, unit, since)?;
    let flag = BottomLine::PolicyUnfamiliar;
    if count >= i64::from(rule.empty.count.max(1))
        && !store::waits_on_ticket(tx.conn, cause.ticket, unit, flag)?
    {
        let opening = Opening {
            flag,
            source: Source::EmptyReply,
            unit: unit.clone(),
            ticket: on,
            test_call: None,
            by: 0,
        };
        case::open(tx, rule, calendar, opening)?;
    }
    Ok(())
}
