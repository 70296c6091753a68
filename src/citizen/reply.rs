//! Citizen: an answer by text message. Its rule: the ticket of that number which was asked last is
//! meant; whatever cannot be put anywhere is kept for a person.

use super::digits::{self, Answers};
use super::inbox::{self, New};
use super::word::{WhyKept, WordSource};
use crate::audit::{self, Entry};
use crate::db::Tx;
use crate::error::{Kind, Result};
use crate::identity::{Actor, Role};
use crate::lifecycle::{Hotline, Rules, decide};
use crate::ticket::command::{Command, Survey, Target};
use crate::ticket::listing::{self, Filter};
use crate::ticket::overlay::{Outcome, Way};
use crate::ticket::sight::Scope;
use crate::ticket::state::{Awaits, Closing};
use crate::ticket::store::{self, Stored};
use crate::ticket::{Mode, State, StateName, Ticket, link};
use crate::time::Stamp;

/// The newest tickets of a number that are looked at.
const NEWEST: usize = 50;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It answers a survey.
    Answered,
    /// A person will look at it.
    Kept(WhyKept),
}

/// Takes a message from `phone`.
///
/// # Errors
/// `forbidden`; what the database says.
pub fn hear(
    hotline: &Hotline,
    tx: &mut Tx<'_>,
    actor: &Actor,
    phone: &str,
    text: &str,
) -> Result<Heard> {
    // No person: whoever could type what a citizen is said to have answered could close tickets well.
    actor.require(&[Role::Platform])?;
    let rules = hotline.rules.current(tx.conn, tx.now)?;
    let keep = |tx: &mut Tx<'_>, why: WhyKept, ticket: Option<&str>| {
        let new = New { source: WordSource::Sms, why, ticket, phone: Some(phone), text };
        inbox::keep(tx, &hotline.keys, &new).map(|()| Heard::Kept(why))
    };
    let stored = match meant(hotline, tx, &rules, phone)? {
        Ok(stored) => stored,
        Err((why, about)) => return keep(tx, why, about.as_deref()),
    };
    let no = stored.ticket.no.clone();
    audit::record(tx, &Entry::new((actor.user, &actor.name), "sms.brought", ("ticket", &no)))?;
    let Some(answers) = digits::answers(text) else {
        return keep(tx, WhyKept::NotUnderstood, Some(&no));
    };
    let (citizen, command) = (Actor::citizen(), survey(answers));
    let scene = rules.scene(&citizen, tx.now, Mode::Live);
    // Asked first, so that only a refusal is taken for one.
    match decide(&stored.ticket, &command, Target::default(), &scene) {
        Err(error) if error.kind() == Kind::Refused => keep(tx, WhyKept::NotTaken, Some(&no)),
        Err(error) => Err(error),
        Ok(_) => {
            let none = Target::default();
            hotline.perform(tx, &rules, &citizen, &stored, &command, none)?;
            Ok(Heard::Answered)
        }
    }
}

fn survey(answers: Answers) -> Command {
    Command::Survey(Survey {
        outcome: Outcome::Reached,
        contacted: answers.contacted,
        solved: answers.solved,
        satisfied: Some(answers.satisfied),
        bottom_line: Vec::new(),
        prompted: None,
        comment: None,
        way: Some(Way::Sms),
        again_at: None,
    })
}

/// Why nobody can say which ticket is meant, and one that may help a person to find out.
type Lost = (WhyKept, Option<String>);

/// The ticket that a message from `phone` is about.
fn meant(
    hotline: &Hotline,
    tx: &mut Tx<'_>,
    rules: &Rules,
    phone: &str,
) -> Result<Result<Stored, Lost>> {
    let hash = hotline.keys.phone_hash(phone);
    let of_number = |states: &[StateName]| Filter {
        callers: Some(vec![hash.clone()]),
        states: states.to_vec(),
        ..Filter::default()
    };
    let asked = of_number(&[StateName::Surveying, StateName::Closed]);
    let (rows, _) = listing::page(tx.conn, &Scope::All, &asked, tx.now, None, NEWEST)?;
    let mut waiting: Vec<(bool, Stamp, Stored)> = Vec::new();
    for row in rows {
        let stored = store::load_by_id(tx.conn, rules.vault(&hotline.keys), row.id)?;
        if let Some(stored) = stored
            && let Some((asked_again, at)) = waits(&stored.ticket, rules, tx.now)
        {
            waiting.push((asked_again, at, stored));
        }
    }
    // Those being asked before those that were closed without an answer; then the last one asked.
    waiting.sort_by_key(|(live, at, _)| (*live, *at));
    let last = waiting.pop();
    match (last, waiting.last()) {
        (Some((live, at, one)), Some((other, same, _))) if (live, at) == (*other, *same) => {
            Ok(Err((WhyKept::Ambiguous, Some(one.ticket.no))))
        }
        (Some((.., stored)), _) => Ok(Ok(stored)),
        (None, _) => {
            let any = of_number(&[]);
            let (rows, _) = listing::page(tx.conn, &Scope::All, &any, tx.now, None, 1)?;
            Ok(Err(match rows.into_iter().next() {
                Some(newest) => (WhyKept::NotAsked, Some(newest.no)),
                None => (WhyKept::UnknownPhone, None),
            }))
        }
    }
}

/// Whether an answer to the survey of `ticket` may still come: whether it is being asked, and since
/// when.
fn waits(ticket: &Ticket, rules: &Rules, now: Stamp) -> Option<(bool, Stamp)> {
    let live = match ticket.state {
        State::Surveying { awaits: Awaits::Answer } => true,
        State::Closed { how: Closing::Exhausted } => false,
        _ => return None,
    };
    let (from, until) = link::survey_window(ticket, &rules.profile)?;
    (from <= now && now <= until).then_some((live, from))
}
