//! Citizen: words of citizens that no rule knows where to put, for a person. Its rule: nothing that a
//! citizen said is lost; what it says lies sealed, and a number is shown for a reason that is on disk.

use serde::{Deserialize, Serialize};

use super::store::{self, WordRow};
use super::word::{WhyKept, WordSettled, WordSource};
use crate::audit::{self, Entry};
use crate::db::{Conn, Tx};
use crate::error::{Error, Result};
use crate::identity::{Actor, Role};
use crate::sealing::{MasterKey, mask_text, place};
use crate::ticket::Text;
use crate::ticket::store::{Vault, load};
use crate::time::Stamp;

/// Who may look: whoever speaks with citizens or sends tickets on.
pub const READERS: [Role; 3] = [Role::Agent, Role::Dispatcher, Role::Surveyor];

/// A word that waits.
#[derive(Debug)]
pub struct Word {
    pub id: i64,
    pub at: Stamp,
    pub source: WordSource,
    pub why: WhyKept,
    /// The ticket it is about, where that is known.
    pub ticket: Option<String>,
    /// As it was said, with everything personal masked.
    pub masked: String,
}

/// What is kept of one.
pub(super) struct New<'a> {
    pub source: WordSource,
    pub why: WhyKept,
    pub ticket: Option<&'a str>,
    pub phone: Option<&'a str>,
    pub text: &'a str,
}

#[derive(Serialize, Deserialize)]
struct Said {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    text: String,
}

/// Keeps a word until a person has dealt with it.
pub(super) fn keep(tx: &mut Tx<'_>, keys: &MasterKey, new: &New<'_>) -> Result<()> {
    let id = tx.id();
    let said = Said { phone: new.phone.map(str::to_owned), text: new.text.to_owned() };
    let plain = serde_json::to_vec(&said).map_err(Error::internal)?;
    let row = WordRow {
        id,
        at: tx.now,
        source: new.source,
        why: new.why,
        ticket_no: new.ticket.map(str::to_owned),
        phone_hash: new.phone.map(|phone| keys.phone_hash(phone)),
        sealed: keys.seal(&plain, &place("citizen_word", "sealed", id))?,
        settled_at: None,
        settled: None,
        settled_by: None,
    };
    store::keep_word(tx, &row)
}

fn open(keys: &MasterKey, row: &WordRow) -> Result<Said> {
    let plain = keys.open(&row.sealed, &place("citizen_word", "sealed", row.id))?;
    serde_json::from_slice(&plain).map_err(Error::internal)
}

/// The words that wait, the oldest first: at most `limit` after the id `after`.
///
/// # Errors
/// `forbidden`.
pub fn list(
    conn: &mut Conn,
    keys: &MasterKey,
    actor: &Actor,
    after: i64,
    limit: i64,
) -> Result<Vec<Word>> {
    actor.require(&READERS)?;
    let rows = store::open_words(conn, after, limit)?;
    rows.into_iter()
        .map(|row| {
            let about = row.ticket_no.as_deref();
            let about = about.map(|no| load(conn, Vault { keys }, no)).transpose()?.flatten();
            let names = about.as_ref().map(|it| it.ticket.names()).unwrap_or_default();
            let masked = mask_text(&open(keys, &row)?.text, &names);
            let WordRow { id, at, source, why, ticket_no: ticket, .. } = row;
            Ok(Word { id, at, source, why, ticket, masked })
        })
        .collect()
}

/// A word in clear: the number it came from, where one is known, and what it says.
#[derive(Debug)]
pub struct InClear {
    pub phone: Option<String>,
    pub text: String,
}

/// Shows a word in clear for `reason`; the entry of the trail is written with it.
///
/// # Errors
/// `not_found`; `forbidden`.
pub fn reveal(
    tx: &mut Tx<'_>,
    keys: &MasterKey,
    actor: &Actor,
    id: i64,
    reason: impl FnOnce() -> Result<Text>,
) -> Result<InClear> {
    actor.require(&READERS)?;
    let row = store::word(tx.conn, id)?.ok_or_else(Error::not_found)?;
    let purpose = mask_text(&reason()?, &[]);
    let subject = id.to_string();
    let entry = Entry::new((actor.user, &actor.name), "inbox.reveal", ("word", &subject));
    audit::record(tx, &entry.for_purpose(&purpose))?;
    let Said { phone, text } = open(keys, &row)?;
    Ok(InClear { phone, text })
}

/// A word as the person whose it is may have a copy of it.
#[derive(Debug, Serialize)]
pub struct Held {
    pub id: i64,
    pub at: Stamp,
    pub source: WordSource,
    pub why: WhyKept,
    pub ticket: Option<String>,
    pub settled: Option<WordSettled>,
    pub text: String,
}

/// Every word that came from the number with the hash `phone`, in clear: for that person, by whoever answers for it.
///
/// # Errors
/// What the database says; `internal` where one was changed or its key is missing.
pub fn copies(conn: &mut Conn, keys: &MasterKey, phone: &str) -> Result<Vec<Held>> {
    let rows = store::words_from(conn, phone)?;
    rows.into_iter()
        .map(|row| {
            let text = open(keys, &row)?.text;
            let WordRow { id, at, source, why, ticket_no: ticket, settled, .. } = row;
            Ok(Held { id, at, source, why, ticket, settled, text })
        })
        .collect()
}

/// Marks a word as dealt with.
///
/// # Errors
/// `not_found` where there is none, or it was dealt with before; `forbidden`.
pub fn settle(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: i64,
    how: impl FnOnce() -> Result<WordSettled>,
) -> Result<()> {
    actor.require(&READERS)?;
    if store::word(tx.conn, id)?.is_none_or(|row| row.settled_at.is_some()) {
        return Err(Error::not_found());
    }
    let how = how()?;
    store::settle(tx, id, how, actor.user)?;
    let subject = id.to_string();
    let entry = Entry::new((actor.user, &actor.name), "inbox.settle", ("word", &subject));
    audit::record(tx, &entry.detailed(how.as_str()))
}
