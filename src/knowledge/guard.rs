//! Knowledge: the reply guard 答复核查: what in a reply points at another case than this one. Its rule: pure; what
//! stands anywhere on the ticket may be said again; where in doubt it asks, and whoever answers for the reply may
//! acknowledge it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::check::is_published;
use super::copied::{is_anothers, is_of_another_matter, sources};
use super::hollow::{Hollow, is_empty_reply};
use super::particulars::{Particular, Pointing, particulars, plain};
use super::words::folded;
use crate::db::Conn;
use crate::directory::{Directory, Estate, Mention};
use crate::error::{Error, FieldError, Kind, Result};
use crate::limits::conduct::EmptyRule;
use crate::sealing::{mask_address, mask_phone, numbers};
use crate::ticket::command::{Command, Doubt};
use crate::ticket::{Cited, Part, State, Ticket};

/// Something in a reply that is not this ticket's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub doubt: Doubt,
    /// The field of the command in which it stands.
    pub pointer: &'static str,
    /// Which character it begins with, from 1; of an estate nothing.
    pub at: Option<usize>,
    /// An estate's name; nothing personal.
    pub name: Option<String>,
}

/// A text for a citizen, and the field of its command.
pub type Said<'a> = (&'static str, &'a str);

/// What of `command` the citizen reads, and what its giver has acknowledged; an assist's words go to the lead, who
/// writes the reply.
fn said(command: &Command) -> (Vec<Said<'_>>, &[Doubt]) {
    match command {
        Command::Reply(reply) => {
            let promise = reply.promise.as_ref();
            let promise = promise.map(|promise| ("/promise/what", promise.what.as_str()));
            let said = [("/text", reply.text.as_str())].into_iter().chain(promise);
            (said.collect(), reply.acknowledge.as_slice())
        }
        Command::Answer(answer) => {
            (vec![("/text", answer.text.as_str())], answer.acknowledge.as_slice())
        }
        Command::Note(note) if note.public => {
            (vec![("/text", note.text.as_str())], note.acknowledge.as_slice())
        }
        // The proof becomes the ticket's reply.
        Command::LedgerWriteOff(body) => {
            (vec![("/proof", body.proof.as_str())], body.acknowledge.as_slice())
        }
        // They stand in the paper about it.
        Command::Extend(body) => {
            (vec![("/grounds", body.grounds.as_str())], body.acknowledge.as_slice())
        }
        // What the city's platform says to its caller.
        Command::Decline(body) => {
            (vec![("/told", body.told.as_str())], body.acknowledge.as_slice())
        }
        _ => (Vec::new(), &[]),
    }
}

/// The articles that `command` names.
fn cited(command: &Command) -> &[Cited] {
    match command {
        Command::Reply(reply) => &reply.cited,
        Command::Answer(answer) => &answer.cited,
        _ => &[],
    }
}

/// Looks through what `command` tells the citizen of the ticket with this id.
///
/// # Errors
/// As [`demand`], and as the database says.
pub fn guard(
    conn: &mut Conn,
    ticket: (i64, &Ticket),
    command: &Command,
    (directory, empty): (&Directory, &EmptyRule),
) -> Result<()> {
    let (said, acknowledged) = said(command);
    if said.is_empty() {
        return Ok(());
    }
    let sources = sources(conn, cited(command))?;
    let mut found = examine_all(conn, ticket, (&said, &sources), directory)?;
    found.extend(hollow(command, empty));
    demand(&found, acknowledged)
}

/// Whether a unit's reply, or the proof that becomes one, says nothing; what the desk says at once is not judged.
fn hollow(command: &Command, rule: &EmptyRule) -> Option<Finding> {
    let (pointer, text, cited) = match command {
        // A promise is something that the unit can be held to.
        Command::Reply(reply) if reply.promise.is_none() => {
            ("/text", reply.text.as_str(), reply.cited.len())
        }
        Command::LedgerWriteOff(body) => ("/proof", body.proof.as_str(), 0),
        _ => return None,
    };
    let why = is_empty_reply(text, cited, rule)?;
    let doubt = match why {
        Hollow::Formula => Doubt::Formula,
        Hollow::Policy => Doubt::Policy,
    };
    Some(Finding { doubt, pointer, at: None, name: None })
}

/// What in `said`, words to the citizen of `ticket`, is not on it.
pub fn examine(ticket: &Ticket, said: &[Said<'_>], directory: &Directory) -> Vec<Finding> {
    let own = Own::of(ticket, directory);
    said.iter().flat_map(|said| examine_one(&own, *said, directory)).collect()
}

fn examine_one(own: &Own<'_>, (pointer, text): Said<'_>, directory: &Directory) -> Vec<Finding> {
    let mut found: Vec<Finding> = particulars(text)
        .iter()
        .filter(|it| !own.has(it, text, directory))
        .map(|it| Finding {
            doubt: match it.kind {
                Pointing::Building => Doubt::Building,
                Pointing::Person => Doubt::Person,
                Pointing::Phone => Doubt::Phone,
                Pointing::Ticket => Doubt::Ticket,
            },
            pointer,
            at: Some(text[..it.range.start].chars().count() + 1),
            name: None,
        })
        .collect();
    let strangers = strangers(own, text, directory);
    found.extend(strangers.into_iter().map(|name| Finding {
        doubt: Doubt::Estate,
        pointer,
        at: None,
        name: Some(name),
    }));
    found
}

/// The same, and whether the words are another ticket's: of any, where something in them is not this ticket's; else of
/// one on another matter, where they are neither an article's (`sources`) nor a standard answer.
fn examine_all(
    conn: &mut Conn,
    (id, ticket): (i64, &Ticket),
    (said, sources): (&[Said<'_>], &[String]),
    directory: &Directory,
) -> Result<Vec<Finding>> {
    let mut found = examine(ticket, said, directory);
    for &(pointer, text) in said {
        let is_copied = if found.iter().any(|it| it.pointer == pointer) {
            is_anothers(conn, id, text)?
        } else {
            is_of_another_matter(conn, id, text, sources)?
        };
        if is_copied {
            found.push(Finding { doubt: Doubt::Copied, pointer, at: None, name: None });
        }
    }
    Ok(found)
}

/// # Errors
/// 422 `reply.guard` with each finding that is not in `acknowledged`.
pub fn demand(found: &[Finding], acknowledged: &[Doubt]) -> Result<()> {
    let open: Vec<FieldError> = found
        .iter()
        .filter(|finding| !acknowledged.contains(&finding.doubt))
        .map(Finding::said)
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    Err(Error::new(Kind::Invalid, "reply.guard").at_fields(open))
}

impl Finding {
    /// What it is, in words that name nobody.
    fn said(&self) -> FieldError {
        let at = self.at.unwrap_or_default().to_string();
        let name = self.name.as_deref().unwrap_or_default();
        let values = [("at", at.as_str()), ("name", name)];
        let pointer = self.pointer;
        match self.doubt {
            Doubt::Estate => FieldError::with(pointer, "guard.estate", &values),
            Doubt::Building => FieldError::with(pointer, "guard.building", &values),
            Doubt::Person => FieldError::with(pointer, "guard.person", &values),
            Doubt::Phone => FieldError::with(pointer, "guard.phone", &values),
            Doubt::Ticket => FieldError::with(pointer, "guard.ticket", &values),
            Doubt::Copied => FieldError::with(pointer, "guard.copied", &values),
            Doubt::Formula => FieldError::with(pointer, "guard.formula", &values),
            Doubt::Policy => FieldError::with(pointer, "guard.policy", &values),
        }
    }
}

/// What is on the ticket, as far as whoever replies reads it: by what is asked about and what is not, nobody shall
/// learn what is masked (domain.md §11). So a telephone is its own where it is masked alike, a door where it stands
/// in a text, and not where it stands in the address only.
pub(super) struct Own<'a> {
    /// Every text of it but its earlier replies, one after the other.
    text: String,
    particulars: BTreeSet<String>,
    /// Its number, and those of the tickets that it is merged or linked with.
    tickets: BTreeSet<&'a str>,
    numbers: BTreeSet<String>,
    surnames: BTreeSet<char>,
    /// Telephones, masked: the caller's and those in texts.
    phones: BTreeSet<String>,
    estate: Option<&'a Estate>,
    /// Others were merged into it, and read the same words: who and which door the first caller is, is not theirs.
    is_shared: bool,
}

impl<'a> Own<'a> {
    pub(super) fn of(ticket: &'a Ticket, directory: &'a Directory) -> Self {
        let mut texts = Vec::new();
        // An earlier reply is what is guarded: what it named is no reason to name it again.
        let mut told = serde_json::to_value(ticket).unwrap_or_default();
        if let Value::Object(fields) = &mut told {
            fields.remove("reply");
            fields.remove("direct");
        }
        // Whoever led before said it as the ticket's reply too.
        for (lead, _) in ticket.assignments.iter().filter(|(_, it)| it.part == Part::Lead) {
            let lead = told.pointer_mut(&format!("/assignments/{lead}"));
            if let Some(fields) = lead.and_then(Value::as_object_mut) {
                fields.remove("reply");
            }
        }
        // The proof of a case of the ledger was the reply.
        let ledgers = told.get_mut("ledgers").and_then(Value::as_array_mut);
        for ledger in ledgers.into_iter().flatten().filter_map(Value::as_object_mut) {
            ledger.remove("proof");
        }
        collect("", &told, &mut texts);
        // Of the address what its reader sees: the estate or the road, and no door.
        texts.extend(ticket.place.address.as_ref().map(|address| mask_address(address)));
        let text = texts.join("\n");
        let caller = &ticket.caller;
        let of_caller = [&caller.phone, &caller.second_phone].into_iter().flatten();
        let in_texts = numbers(&text).into_iter().map(|range| text[range].to_owned());
        let phones = of_caller.map(ToString::to_string).chain(in_texts);
        let phones = phones.map(|phone| mask_phone(&phone)).collect();
        let surnames =
            ticket.names().iter().filter_map(|name| name.trim().chars().next()).collect();
        Self {
            particulars: particulars(&text).into_iter().map(|it| it.normal).collect(),
            tickets: relatives(ticket).collect(),
            numbers: digits(&text),
            surnames,
            phones,
            estate: ticket.estate().and_then(|code| directory.estate(code)),
            is_shared: !ticket.children.is_empty(),
            text,
        }
    }

    pub(super) fn has(&self, it: &Particular, text: &str, directory: &Directory) -> bool {
        let said = &text[it.range.clone()];
        match it.kind {
            Pointing::Phone if self.is_shared => is_published(said, directory),
            Pointing::Person if self.is_shared => false,
            Pointing::Building if self.is_shared && is_door(&it.normal) => false,
            Pointing::Building if self.particulars.contains(&it.normal) => true,
            // A door may be written 502, 5-0-2 or 3-502 elsewhere; what counts is its number.
            Pointing::Building => {
                let number = it.normal.trim_end_matches(|c: char| !c.is_ascii_digit());
                let parts: Vec<&str> = number.split('-').collect();
                parts.iter().all(|part| self.numbers.contains(*part))
            }
            Pointing::Person => {
                let surname = it.normal.chars().next();
                self.text.contains(said)
                    || self.particulars.contains(&it.normal)
                    || surname.is_some_and(|surname| self.surnames.contains(&surname))
            }
            Pointing::Ticket => {
                self.tickets.contains(it.normal.as_str()) || self.particulars.contains(&it.normal)
            }
            Pointing::Phone => {
                is_published(said, directory) || self.phones.contains(&mask_phone(said))
            }
        }
    }
}

/// The number of `ticket`, the city's for it, and those of the tickets that it is merged or linked with.
fn relatives(ticket: &Ticket) -> impl Iterator<Item = &str> {
    let into = match &ticket.state {
        State::Merged { into } => Some(into),
        _ => None,
    };
    let upstream = ticket.upstream.as_ref().map(|upstream| upstream.no.as_str());
    let linked = ticket.children.iter().chain(&ticket.previous).chain(into).map(String::as_str);
    linked.chain([ticket.no.as_str()]).chain(upstream)
}

/// Whether it is one household's, not a whole building's.
fn is_door(normal: &str) -> bool {
    normal.ends_with('室') || normal.contains('-')
}

/// The fields in which people write and which others read; the others are codes, numbers, times, and what is masked.
const WRITTEN: [&str; 17] = [
    "title", "content", "text", "reason", "grounds", "plan", "proof", "place", "owner", "accused",
    "tags", "evidence", "result", "reply", "comment", "decision", "appeal",
];

/// Every text that people wrote in a document.
fn collect(field: &str, value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) if WRITTEN.contains(&field) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(field, item, into)),
        Value::Object(fields) => {
            fields.iter().for_each(|(field, value)| collect(field, value, into));
        }
        _ => {}
    }
}

/// Every number of a text, in plain digits. A short one in Chinese digits is as often a word or a name (张三); with
/// 号楼 or 单元 behind it, it is found as what it is.
fn digits(text: &str) -> BTreeSet<String> {
    let arabic = |c: char| c.is_ascii_digit() || ('０'..='９').contains(&c);
    let han = |c: char| "零〇一二三四五六七八九".contains(c);
    let mut found: BTreeSet<String> =
        text.split(|c| !arabic(c)).filter(|it| !it.is_empty()).map(plain).collect();
    found.extend(text.split(|c| !han(c)).filter(|it| it.chars().count() > 2).map(plain));
    found
}

/// Estates named in `text` that are neither the ticket's nor named on it; what stands within the name of a unit, a
/// region or a company is no estate's.
fn strangers(own: &Own<'_>, text: &str, directory: &Directory) -> Vec<String> {
    let is_mine =
        |mention: &Mention<'_>| own.estate.is_some_and(|own| mention.estates.contains(&own));
    if directory.estates_in(text).iter().all(is_mine) {
        return Vec::new();
    }
    let known = folded(&own.text);
    // The name that was said, and the estate's own.
    let named = |text: &str| -> Vec<(String, String)> {
        let strange = |it: &Mention<'_>| !is_mine(it) && !known.contains(&folded(it.name));
        let mentions = directory.estates_in(text).into_iter().filter(strange);
        let both = |it: Mention<'_>| Some((it.name.to_owned(), it.estates.first()?.name.clone()));
        mentions.filter_map(both).collect()
    };
    let names = |found: Vec<(String, String)>| found.into_iter().map(|(_, name)| name).collect();
    let found = named(text);
    let mut left = text.to_owned();
    let regions = directory.regions().map(|region| &region.name);
    let units = directory.units().map(|unit| &unit.name);
    let companies = directory.companies().map(|company| &company.name);
    for name in regions.chain(units).chain(companies) {
        let flat = folded(name);
        let covers = |said: &str| flat.len() > said.len() && flat.contains(said);
        if found.iter().any(|(said, _)| covers(said)) {
            left = left.replace(name.as_str(), "\n");
        }
    }
    names(if left == text { found } else { named(&left) })
}
