//! Reports: what people write into one: the next measures, the decision that is asked for. Its rule: every version is
//! kept with who and when, sealed at rest; it names no caller, since it is signed, and no erasure reaches it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use utoipa::ToSchema;

use crate::db::{Conn, Tx};
use crate::error::{Error, FieldError, Result};
use crate::identity::Actor;
use crate::reports::document::{Block, Document};
use crate::reports::store::{self, TextRow};
use crate::sealing::{MasterKey, mask_text, place};
use crate::search::fold::narrow;
use crate::ticket::store::{Vault, id_of, known, known_upstream, load_many};
use crate::ticket::{Text, Ticket};
use crate::time::Stamp;

/// What is written into which place.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Writing {
    /// A `field` that the document leaves open.
    pub field: String,
    pub text: Text,
}

/// A version of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub field: String,
    pub text: String,
    pub at: Stamp,
    /// The login name.
    pub by: String,
}

/// Whether `document` leaves this place open.
fn is_open(document: &Document, wanted: &str) -> bool {
    let mut blocks = document.sections.iter().flat_map(|section| &section.blocks);
    blocks.any(|block| matches!(block, Block::Open { field, .. } if field == wanted))
}

/// Nothing of a person's is written where everybody reads it, and where it is printed and mailed.
///
/// # Errors
/// 422 `report.personal` at `pointer`.
pub(in crate::reports) fn impersonal(text: &Text, pointer: &str) -> Result<()> {
    let plain = plain(text);
    if mask_text(text, &[]) == text.as_str() && mask_text(&plain, &[]) == plain {
        Ok(())
    } else {
        Err(Error::field(pointer, "report.personal"))
    }
}

/// `text` in half width, every dash a plain one: a number is the same number however it was typed.
fn plain(text: &str) -> String {
    let one = |c: char| match narrow(c) {
        '\u{2010}'..='\u{2015}' | '−' | '﹣' => '-',
        narrow => narrow,
    };
    text.chars().map(one).collect()
}

/// Keeps another version of a text.
///
/// # Errors
/// 422 at `/field` where the document leaves no such place open; at `/text` where it has a number of somebody's
/// (`report.personal`), cites too many tickets (`report.cites_many`), or names the caller of one that it cites
/// (`report.names`).
pub(in crate::reports) fn write(
    tx: &mut Tx<'_>,
    (keys, actor): (&MasterKey, &Actor),
    (report, document): (i64, &Document),
    writing: &Writing,
) -> Result<()> {
    if !is_open(document, &writing.field) {
        return Err(Error::field("/field", "field.unknown_code"));
    }
    // It is read by everybody, printed and mailed.
    impersonal(&writing.text, "/text")?;
    unnamed(tx.conn, keys, &writing.text)?;
    keep(tx, (keys, actor), report, (&writing.field, &writing.text))
}

/// Refuses at `/text` what names the caller of a ticket that it cites (`report.names`), and what cites more tickets than
/// are opened for that (`report.cites_many`).
pub(in crate::reports) fn unnamed(conn: &mut Conn, keys: &MasterKey, text: &Text) -> Result<()> {
    let plain = plain(text);
    let cited = cited_tickets(conn, &plain)?;
    if cited.len() > MOST_CITED {
        let most = MOST_CITED.to_string();
        let fault = FieldError::with("/text", "report.cites_many", &[("most", &most)]);
        return Err(Error::invalid(vec![fault]));
    }
    if cited.is_empty() {
        return Ok(());
    }
    let mut ids = Vec::new();
    for no in cited {
        ids.extend(id_of(conn, &no)?);
    }
    let tickets = load_many(conn, Vault { keys }, &ids)?;
    if tickets.values().any(|ticket| names_its_caller(&plain, ticket)) {
        return Err(Error::field("/text", "report.names"));
    }
    Ok(())
}

/// Keeps `text` as the last version of `field`.
pub(in crate::reports) fn keep(
    tx: &mut Tx<'_>,
    (keys, actor): (&MasterKey, &Actor),
    report: i64,
    (field, text): (&str, &str),
) -> Result<()> {
    let (id, at) = (tx.id(), tx.now);
    let row = TextRow {
        id,
        report_id: report,
        field: field.to_owned(),
        at,
        by_id: actor.user,
        by_name: actor.name.clone(),
        sealed: seal(keys, id, text)?,
    };
    store::insert_text(tx, &row)
}

/// How many tickets a text may cite: each of them is opened in the write that keeps it.
const MOST_CITED: usize = 100;
/// How many numbers are looked up at once.
const AT_ONCE: usize = 500;

/// The numbers of tickets that `plain` cites by them or by the city platform's: more than [`MOST_CITED`] may be not all.
fn cited_tickets(conn: &mut Conn, plain: &str) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for some in cited(plain).chunks(AT_ONCE) {
        found.extend(known(conn, some)?);
        found.extend(known_upstream(conn, some)?.into_iter().map(|(_, no)| no));
        if found.len() > MOST_CITED {
            break;
        }
    }
    Ok(found)
}

/// Whether `plain_text` has a name of the ticket's caller.
fn names_its_caller(plain_text: &str, ticket: &Ticket) -> bool {
    let names: Vec<String> = ticket.names().into_iter().map(plain).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    mask_text(plain_text, &names) != plain_text
}

/// Masks in `texts` the callers of the tickets whose numbers any of them has: what others wrote, and is printed.
pub(in crate::reports) fn mask_callers(
    conn: &mut Conn,
    keys: &MasterKey,
    texts: &mut [&mut String],
) -> Result<()> {
    let all = texts.iter().map(|text| text.as_str()).collect::<Vec<_>>().join("\n");
    for some in cited_ids(conn, &all)?.chunks(AT_ONCE) {
        for ticket in load_many(conn, Vault { keys }, some)?.values() {
            for text in texts.iter_mut() {
                **text = mask_text(text, &ticket.names());
            }
        }
    }
    Ok(())
}

/// The ids of the tickets whose numbers, ours or the city platform's, `text` has.
fn cited_ids(conn: &mut Conn, text: &str) -> Result<Vec<i64>> {
    let mut ids = Vec::new();
    for some in cited(text).chunks(AT_ONCE) {
        let upstream = known_upstream(conn, some)?.into_iter().map(|(_, no)| no);
        for no in known(conn, some)?.into_iter().chain(upstream) {
            ids.extend(id_of(conn, &no)?);
        }
    }
    Ok(ids)
}

/// What may be the number of a ticket in `text`: letters, digits and dashes with a digit among them, each once; of an
/// assignment's id also what stands before its last dash.
fn cited(text: &str) -> Vec<&str> {
    let runs = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let numbers = runs.map(|run| run.trim_matches('-'));
    let mut all = BTreeSet::new();
    for run in numbers.filter(|run| run.bytes().any(|byte| byte.is_ascii_digit())) {
        all.insert(run);
        all.extend(run.rsplit_once('-').map(|(no, _)| no));
    }
    all.into_iter().collect()
}

/// Gives the edition `to` the texts of the edition `from`, each with who wrote it and when.
pub(in crate::reports) fn carry_over(
    tx: &mut Tx<'_>,
    keys: &MasterKey,
    from: i64,
    to: i64,
) -> Result<()> {
    let rows = store::texts(tx.conn, from)?;
    let last: BTreeMap<String, TextRow> =
        rows.into_iter().map(|row| (row.field.clone(), row)).collect();
    for row in last.into_values() {
        let id = tx.id();
        let sealed = seal(keys, id, &open(keys, &row)?)?;
        store::insert_text(tx, &TextRow { id, report_id: to, sealed, ..row })?;
    }
    Ok(())
}

/// Every version of every text, the oldest first: the last one of a field is what the report says.
///
/// # Errors
/// What the database says.
pub fn versions(conn: &mut Conn, keys: &MasterKey, report: i64) -> Result<Vec<Written>> {
    let rows = store::texts(conn, report)?;
    let read = |row: TextRow| {
        let text = open(keys, &row)?;
        Ok(Written { field: row.field, text, at: row.at, by: row.by_name })
    };
    rows.into_iter().map(read).collect()
}

/// What the report says in each place that somebody wrote into.
///
/// # Errors
/// What the database says.
pub fn latest(conn: &mut Conn, keys: &MasterKey, report: i64) -> Result<BTreeMap<String, String>> {
    let all = versions(conn, keys, report)?;
    Ok(all.into_iter().map(|it| (it.field, it.text)).collect())
}

fn seal(keys: &MasterKey, id: i64, text: &str) -> Result<Vec<u8>> {
    keys.seal(text.as_bytes(), &place("report_text", "sealed", id))
}

fn open(keys: &MasterKey, row: &TextRow) -> Result<String> {
    let plain = keys.open(&row.sealed, &place("report_text", "sealed", row.id))?;
    String::from_utf8(plain).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::{cited, plain};

    #[test]
    fn what_may_be_a_number_is_found_between_other_words() {
        for (text, numbers) in [
            ("下月整治电梯", &[][..]),
            ("工单2026-000001、H-12已办结。", &["2026", "2026-000001", "H", "H-12"]),
            ("子单2026-000001-2及2026-000001", &["2026", "2026-000001", "2026-000001-2"]),
            ("（-A-）共3件", &["3"]),
        ] {
            assert_eq!(cited(text), numbers, "{text}");
        }
    }

    #[test]
    fn a_number_is_the_same_number_however_it_was_typed() {
        for text in ["工单２０２６－００１２３４。", "工单2026–001234。", "工单２026—００1234．"]
        {
            assert!(cited(&plain(text)).contains(&"2026-001234"), "{text}");
        }
        assert_eq!(plain("Ｈ－ａ：张　三"), "H-a:张 三");
    }
}
