//! Citizen: what somebody does with a ticket that is proven to be theirs. Its rule: the same commands
//! and the same table as for everybody else; only how often is limited here.

use super::inbox::{self, New};
use super::store as rows;
use super::word::{WhyKept, WordSource};
use crate::db::{Conn, Tx};
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::lifecycle::{Hotline, Rules, decide};
use crate::ticket::command::{Command, NoteBody, Reasoned, Spoken, Survey, Target};
use crate::ticket::link::Link;
use crate::ticket::overlay::{Contacted, Outcome, Satisfied, Solved, Way};
use crate::ticket::state::State;
use crate::ticket::store::{self, Stored};
use crate::ticket::{Mode, Text, Ticket};
use crate::time::Stamp;

/// Facts that one ticket takes from its citizen.
const FACTS: usize = 50;
/// A citizen urges once in so many milliseconds.
const BETWEEN_URGES: i64 = 86_400_000;
/// The name under which a citizen's own notes stand.
pub(super) const NAME: &str = "citizen";

/// What the citizen does.
#[derive(Debug, Clone)]
pub enum Act {
    /// More facts: a note that everybody sees who sees the ticket.
    Facts(Text),
    Urge(Text),
    /// Taken back at once where nobody was sent it; else an agent rings first.
    Withdraw(Text),
    /// 没解决: an answer to the survey while it is asked; of a closed ticket a wish that a person
    /// decides.
    Unsolved {
        text: Text,
        contacted: Option<Contacted>,
        satisfied: Option<Satisfied>,
    },
    Survey(Survey),
}

/// Does `act` on the ticket numbered `no`.
///
/// # Errors
/// As the command of `lifecycle::table`; `public.urged`, `public.facts_full`,
/// `public.asked_already`.
pub fn act(hotline: &Hotline, tx: &mut Tx<'_>, no: &str, act: &Act) -> Result<Stored> {
    let rules = hotline.rules.current(tx.conn, tx.now)?;
    let vault = rules.vault(&hotline.keys);
    let stored = store::load(tx.conn, vault, no)?.ok_or_else(Error::not_found)?;
    let command = match act {
        Act::Facts(text) => facts(&stored.ticket, text)?,
        Act::Urge(text) => {
            let said = urge(&stored.ticket, text, tx.now)?;
            return hotline.urge(tx, &rules, &Actor::citizen(), &stored, &said);
        }
        Act::Withdraw(reason) => Command::Withdraw(Reasoned { reason: reason.clone() }),
        Act::Survey(answers) => Command::Survey(answers.clone()),
        Act::Unsolved { text, contacted, satisfied } => {
            if let State::Closed { .. } = stored.ticket.state {
                return ask_to_reopen(hotline, tx, &rules, &stored, text);
            }
            Command::Survey(unsolved(text, *contacted, *satisfied))
        }
    };
    give(hotline, tx, &rules, &stored, &command)
}

fn give(
    hotline: &Hotline,
    tx: &mut Tx<'_>,
    rules: &Rules,
    stored: &Stored,
    command: &Command,
) -> Result<Stored> {
    hotline.perform(tx, rules, &Actor::citizen(), stored, command, Target::default())
}

fn facts(ticket: &Ticket, text: &Text) -> Result<Command> {
    if ticket.notes.iter().filter(|note| note.by == NAME).count() >= FACTS {
        return Err(Error::refused("public.facts_full"));
    }
    Ok(Command::Note(NoteBody { text: text.clone(), public: false, acknowledge: Vec::new() }))
}

fn urge(ticket: &Ticket, text: &Text, now: Stamp) -> Result<Spoken> {
    let lately = |at: &Stamp| now.millis_since(*at) < BETWEEN_URGES;
    let may_urge = ticket.state.is_live() || matches!(ticket.state, State::Merged { .. });
    if may_urge && ticket.urges.last().is_some_and(lately) {
        return Err(Error::refused("public.urged"));
    }
    Ok(Spoken { text: text.clone() })
}

fn unsolved(text: &Text, contacted: Option<Contacted>, satisfied: Option<Satisfied>) -> Survey {
    Survey {
        outcome: Outcome::Reached,
        contacted,
        solved: Some(Solved::Unsolved),
        satisfied,
        bottom_line: Vec::new(),
        prompted: None,
        comment: Some(text.clone()),
        way: Some(Way::Web),
        again_at: None,
    }
}

/// Only an agent or a dispatcher reopens: the citizen's word stands on the ticket, and waits where
/// they look.
fn ask_to_reopen(
    hotline: &Hotline,
    tx: &mut Tx<'_>,
    rules: &Rules,
    stored: &Stored,
    text: &Text,
) -> Result<Stored> {
    let ticket = &stored.ticket;
    let days = i64::from(rules.profile.reopen_days);
    let too_late = |at: Stamp| tx.now.millis_since(at) > days * 86_400_000;
    if ticket.ended_at().is_none_or(too_late) {
        return Err(Error::refused("reopen.too_late"));
    }
    if rows::waits(tx.conn, &ticket.no, WhyKept::ReopenAsked)? {
        return Err(Error::refused("public.asked_already"));
    }
    let new = New {
        source: WordSource::Web,
        why: WhyKept::ReopenAsked,
        ticket: Some(&ticket.no),
        phone: None,
        text,
    };
    inbox::keep(tx, &hotline.keys, &new)?;
    let note = facts(ticket, text)?;
    give(hotline, tx, rules, stored, &note)
}

/// The ticket whose survey `link` opens.
///
/// # Errors
/// `public.link` (404) where there is no such ticket any more; `survey.link_over` where it belongs to
/// an earlier round.
pub fn linked(conn: &mut Conn, hotline: &Hotline, rules: &Rules, link: Link) -> Result<Stored> {
    let stored = store::load_by_id(conn, rules.vault(&hotline.keys), link.ticket_id)?;
    let stored = stored.ok_or_else(no_link)?;
    if stored.ticket.round() == link.round {
        Ok(stored)
    } else {
        Err(Error::refused("survey.link_over"))
    }
}

/// The text is no link of this house.
pub fn no_link() -> Error {
    Error::new(crate::error::Kind::NotFound, "public.link")
}

/// Whether the survey of `ticket` would take an answer now.
///
/// # Errors
/// Why it would not.
pub fn check_asked(ticket: &Ticket, rules: &Rules, now: Stamp) -> Result<()> {
    let citizen = Actor::citizen();
    let scene = rules.scene(&citizen, now, Mode::Live);
    let good = Survey {
        outcome: Outcome::Reached,
        contacted: Some(Contacted::Yes),
        solved: Some(Solved::Solved),
        satisfied: Some(Satisfied::Satisfied),
        bottom_line: Vec::new(),
        prompted: None,
        comment: None,
        way: Some(Way::Link),
        again_at: None,
    };
    decide(ticket, &Command::Survey(good), Target::default(), &scene).map(drop)
}
