//! Proactive: what only a ticket's document says: the words, and when a survey was answered. Its rule: a document that
//! cannot be read is passed over and said in the log by its id alone; the round goes on.

use super::finding::{Finding, Grade, Rule, number, of_sealed};
use super::seen::{DAY, Seen};
use super::sensitive::{self, Sensitive};
use super::store::{self, Surveyed, WarningRow, tickets};
use crate::db::Conn;
use crate::error::{Error, Kind, Result};
use crate::sealing::{Broken, MasterKey};
use crate::ticket::store::{Stored, Vault, load_by_id};
use crate::time::Stamp;

/// The words of what was said. Short of callers, the place is watched, and what was heard is kept there. What a sealed
/// ticket says is kept beside it, with all that was heard there.
///
/// # Errors
/// The database's own.
pub fn words(
    conn: &mut Conn,
    keys: &MasterKey,
    rule: &Sensitive,
    (ticket, now): (&Seen, Stamp),
) -> Result<Vec<(Finding, Vec<Seen>)>> {
    if rule.words.is_empty() || now.millis_since(ticket.at) > rule.days * DAY {
        return Ok(Vec::new());
    }
    let Some(stored) = document(conn, keys, ticket.id)? else { return Ok(Vec::new()) };
    let said = format!("{}\n{}", stored.ticket.title.as_str(), stored.ticket.content.as_str());
    let mut found = Vec::new();
    for word in sensitive::found_in(&rule.words, &said) {
        let open = sensitive::cell(word, ticket);
        let sealed = of_sealed(&open);
        if !ticket.sealed {
            found.extend(heard(conn, (&open, None), (word, ticket, now), rule)?);
        }
        if ticket.sealed || store::open_of(conn, Rule::Sensitive, &sealed)?.is_some() {
            found.extend(heard(conn, (&sealed, Some(&open)), (word, ticket, now), rule)?);
        }
    }
    Ok(found)
}

/// What a cell comes to with `ticket`; one of sealed tickets also counts what was heard in the one beside it.
fn heard(
    conn: &mut Conn,
    (cell, beside): (&str, Option<&str>),
    (word, ticket, now): (&str, &Seen, Stamp),
    rule: &Sensitive,
) -> Result<Option<(Finding, Vec<Seen>)>> {
    let settled = store::settled(conn, Rule::Sensitive, cell)?;
    if ticket.at <= settled {
        return Ok(None);
    }
    let mut numbers = Vec::new();
    for cell in [Some(cell), beside].into_iter().flatten() {
        let open = store::open_of(conn, Rule::Sensitive, cell)?;
        numbers.extend(open.iter().flat_map(WarningRow::numbers));
    }
    let mut heard = tickets::numbered(conn, &numbers)?;
    if heard.iter().all(|it| it.id != ticket.id) {
        heard.push(ticket.clone());
        heard.sort_by_key(|it| (it.at, it.id));
    }
    heard.retain(Seen::counts);
    if beside.is_none() {
        heard.retain(|it| !it.sealed);
    } else if heard.iter().all(|it| !it.sealed) {
        return Ok(None);
    }
    let finding = sensitive::judge(&heard, word, (now, settled), rule).unwrap_or_else(|| {
        let few = Finding::of(Rule::Sensitive, cell.to_owned(), ticket).resting_on(&heard);
        let (n, threshold) = (number(heard.len()), number(rule.callers));
        let why = serde_json::json!({ "word": word, "days": rule.days });
        Finding { grade: Grade::Watch, category: None, n, threshold, why, ..few }
    });
    Ok(Some((Finding { cell: cell.to_owned(), ..finding }, heard)))
}

/// The last valid survey of a ticket.
///
/// # Errors
/// The database's own.
pub fn survey_of(conn: &mut Conn, keys: &MasterKey, ticket: &Seen) -> Result<Option<Surveyed>> {
    let stored = document(conn, keys, ticket.id)?;
    let last = stored.as_ref().and_then(|it| it.ticket.valid_surveys().1);
    Ok(last.map(|attempt| Surveyed {
        ticket_id: ticket.id,
        ticket_no: ticket.no.clone(),
        at: attempt.at,
        estate: ticket.estate.clone(),
        company: ticket.company.clone(),
        dissatisfied: ticket.dissatisfied.unwrap_or_default(),
    }))
}

/// The whole ticket; nothing where its key was destroyed or it cannot be read.
fn document(conn: &mut Conn, keys: &MasterKey, id: i64) -> Result<Option<Stored>> {
    match load_by_id(conn, Vault { keys }, id) {
        Err(error) if error.kind() == Kind::NotFound => Ok(None),
        Err(error) if is_unreadable(&error) => {
            // What is wrong with it may quote it.
            tracing::warn!(
                ticket = id,
                "a ticket's document cannot be read: no warning looks at it"
            );
            Ok(None)
        }
        found => found,
    }
}

/// Whether it is the document's fault, not the database's.
fn is_unreadable(error: &Error) -> bool {
    error.cause().is_some_and(|cause| cause.is::<Broken>() || cause.is::<serde_json::Error>())
}
