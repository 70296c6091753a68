//! Feed: the rows of messages. Its rule: the content is sealed with a key of the message's own, and both go
//! once the ticket has it, or its person is erased.

use diesel::prelude::*;

use super::{Fate, Message, MessageKind};
use crate::audit::{self, Entry};
use crate::db::page::{cut, one_more};
use crate::db::schema::{tickets, upstream_message};
use crate::db::{Conn, Tx};
use crate::error::{Error, Result, sentence};
use crate::identity::Actor;
use crate::sealing::{MasterKey, RecordKey, entropy};
use crate::time::Stamp;

/// A message as it is kept, without its content.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = upstream_message)]
pub struct Kept {
    pub id: String,
    pub upstream_no: String,
    pub kind: MessageKind,
    pub seq: Option<i32>,
    pub at: Stamp,
    pub received_at: Stamp,
    pub account_id: i64,
    pub account: String,
    pub fate: Fate,
    /// Why it was refused, or what became of it otherwise.
    pub code: Option<String>,
    /// The same in words.
    pub reason: Option<String>,
    /// The wrong field of a refused ticket.
    pub pointer: Option<String>,
    pub ticket_no: Option<String>,
    pub settled_at: Option<Stamp>,
}

fn place(id: &str, column: &str) -> Vec<u8> {
    [b"upstream_message\0".as_slice(), column.as_bytes(), b"\0", id.as_bytes()].concat()
}

/// Keeps `message` as waiting; true where it was there already.
///
/// # Errors
/// `upstream.other_content` where its id was another message's.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    keys: &MasterKey,
    actor: &Actor,
    message: &Message,
) -> Result<bool> {
    let id = message.message_id.as_str();
    let body = serde_json::to_vec(message).map_err(Error::internal)?;
    let hash = keys.content_hash(&body).to_vec();
    let there: Option<(Vec<u8>, i64)> = upstream_message::table
        .find(id)
        .select((upstream_message::hash, upstream_message::account_id))
        .first(tx.conn)
        .optional()?;
    if let Some(there) = there {
        let same = there == (hash, actor.user);
        return if same { Ok(true) } else { Err(Error::refused("upstream.other_content")) };
    }
    let key = RecordKey::fresh(&mut entropy());
    diesel::insert_into(upstream_message::table)
        .values((
            upstream_message::id.eq(id),
            upstream_message::upstream_no.eq(message.upstream_no.as_str()),
            upstream_message::kind.eq(message.kind),
            upstream_message::seq.eq(message.seq),
            upstream_message::at.eq(message.at),
            upstream_message::received_at.eq(tx.now),
            upstream_message::account_id.eq(actor.user),
            upstream_message::account.eq(&actor.name),
            upstream_message::hash.eq(hash),
            upstream_message::record_key.eq(Some(key.wrap(keys, &place(id, "record_key"))?)),
            upstream_message::body.eq(Some(key.seal(&body, &place(id, "body"))?)),
            upstream_message::fate.eq(Fate::Waiting),
        ))
        .execute(tx.conn)?;
    Ok(false)
}

/// One message.
///
/// # Errors
/// As the database says.
pub fn one(conn: &mut Conn, id: &str) -> Result<Option<Kept>> {
    Ok(upstream_message::table.find(id).select(Kept::as_select()).first(conn).optional()?)
}

/// Every message of one of the platform's tickets, and whether we have that ticket: its number here.
pub(super) fn of_number(conn: &mut Conn, no: &str) -> Result<(Vec<Kept>, Option<String>)> {
    let rows = upstream_message::table
        .filter(upstream_message::upstream_no.eq(no))
        .select(Kept::as_select())
        .load(conn)?;
    Ok((rows, ticket_of(conn, no)?))
}

/// Our number of the platform's ticket `no`.
pub(super) fn ticket_of(conn: &mut Conn, no: &str) -> Result<Option<String>> {
    let found = tickets::table.filter(tickets::upstream_no.eq(no)).select(tickets::no);
    Ok(found.first(conn).optional()?)
}

/// What a message said, while its content is kept.
pub(super) fn content(conn: &mut Conn, keys: &MasterKey, id: &str) -> Result<Option<Message>> {
    type Sealed = (Option<Vec<u8>>, Option<Vec<u8>>);
    let found: Option<Sealed> = upstream_message::table
        .find(id)
        .select((upstream_message::record_key, upstream_message::body))
        .first(conn)
        .optional()?;
    let Some((Some(wrapped), Some(body))) = found else { return Ok(None) };
    let key = RecordKey::unwrap(keys, &wrapped, &place(id, "record_key"))?;
    let plain = key.open(&body, &place(id, "body"))?;
    serde_json::from_slice(&plain).map(Some).map_err(Error::internal)
}

/// Whether the message still waits: asked in the write that lets it take effect.
pub(super) fn still_waits(conn: &mut Conn, id: &str) -> Result<bool> {
    Ok(one(conn, id)?.is_some_and(|kept| kept.fate == Fate::Waiting))
}

/// It took effect on the ticket `no`; its content goes.
pub(super) fn applied(tx: &mut Tx<'_>, id: &str, no: &str, code: Option<&str>) -> Result<()> {
    diesel::update(upstream_message::table.find(id))
        .set((
            upstream_message::fate.eq(Fate::Applied),
            upstream_message::code.eq(code),
            upstream_message::reason.eq(code.map(|code| sentence(code, &[]))),
            upstream_message::pointer.eq(None::<String>),
            upstream_message::ticket_no.eq(Some(no)),
            upstream_message::settled_at.eq(Some(tx.now)),
            upstream_message::record_key.eq(None::<Vec<u8>>),
            upstream_message::body.eq(None::<Vec<u8>>),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// It was refused as `error` says; its content stays, so that a person may have it looked at again.
pub(super) fn refused(tx: &mut Tx<'_>, id: &str, error: &Refusal) -> Result<()> {
    diesel::update(
        upstream_message::table.find(id).filter(upstream_message::fate.eq(Fate::Waiting)),
    )
    .set((
        upstream_message::fate.eq(Fate::Refused),
        upstream_message::code.eq(Some(error.code)),
        upstream_message::reason.eq(Some(&error.reason)),
        upstream_message::pointer.eq(&error.pointer),
        upstream_message::settled_at.eq(Some(tx.now)),
    ))
    .execute(tx.conn)?;
    Ok(())
}

/// Why a message was not taken.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub code: &'static str,
    pub reason: String,
    pub pointer: Option<String>,
}

/// What is said of a message whose content went with its person.
pub(super) const ERASED: &str = "upstream.erased";

/// Empties every message about the ticket numbered `no` here and `upstream_no` there, since its person was erased:
/// also those that never became a part of it. What has not taken effect never will.
///
/// # Errors
/// As the database says.
pub fn forget(tx: &mut Tx<'_>, no: &str, upstream_no: Option<&str>) -> Result<()> {
    let of_it = upstream_message::ticket_no
        .eq(Some(no))
        .or(upstream_message::upstream_no.eq(upstream_no.unwrap_or_default()).nullable());
    let ids: Vec<String> = upstream_message::table
        .filter(of_it)
        .filter(upstream_message::body.is_not_null())
        .select(upstream_message::id)
        .load(tx.conn)?;
    let full = upstream_message::table.filter(upstream_message::id.eq_any(&ids));
    diesel::update(full.filter(upstream_message::fate.ne(Fate::Applied)))
        .set((
            upstream_message::fate.eq(Fate::Refused),
            upstream_message::code.eq(Some(ERASED)),
            upstream_message::reason.eq(Some(sentence(ERASED, &[]))),
            upstream_message::pointer.eq(None::<String>),
            upstream_message::settled_at.eq(Some(tx.now)),
        ))
        .execute(tx.conn)?;
    diesel::update(upstream_message::table.filter(upstream_message::id.eq_any(&ids)))
        .set((
            upstream_message::record_key.eq(None::<Vec<u8>>),
            upstream_message::body.eq(None::<Vec<u8>>),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// A refused message waits again, while there is something in it that could take effect.
pub(super) fn reopen(tx: &mut Tx<'_>, actor: &Actor, id: &str) -> Result<()> {
    let refused = upstream_message::fate.eq(Fate::Refused);
    let changed = diesel::update(
        upstream_message::table
            .find(id)
            .filter(refused)
            .filter(upstream_message::body.is_not_null()),
    )
    .set((
        upstream_message::fate.eq(Fate::Waiting),
        upstream_message::code.eq(None::<String>),
        upstream_message::reason.eq(None::<String>),
        upstream_message::pointer.eq(None::<String>),
        upstream_message::settled_at.eq(None::<Stamp>),
    ))
    .execute(tx.conn)?;
    if changed == 0 {
        let empty = one(tx.conn, id)?.is_some_and(|kept| kept.fate == Fate::Refused);
        return Err(Error::refused(if empty { ERASED } else { "upstream.not_refused" }));
    }
    let thing = ("upstream_message", id);
    audit::record(tx, &Entry::new((actor.user, &actor.name), "upstream.message_retry", thing))
}

/// Numbers with something that waits, after `after`.
pub(super) fn waiting_numbers(conn: &mut Conn, after: &str, most: i64) -> Result<Vec<String>> {
    Ok(upstream_message::table
        .filter(upstream_message::fate.eq(Fate::Waiting))
        .filter(upstream_message::upstream_no.gt(after))
        .order(upstream_message::upstream_no)
        .select(upstream_message::upstream_no)
        .distinct()
        .limit(most)
        .load(conn)?)
}

/// What a list of messages is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub fate: Option<Fate>,
    pub upstream_no: Option<String>,
    /// Only what this account sent.
    pub account_id: Option<i64>,
}

/// A page of at most `limit` messages, newest first, and the key to go on from.
///
/// # Errors
/// 422 at `/after` where the key was not given by a list.
pub fn page(
    conn: &mut Conn,
    filter: &Filter,
    after: Option<&str>,
    limit: usize,
) -> Result<(Vec<Kept>, Option<String>)> {
    let mut query = upstream_message::table.into_boxed();
    if let Some(fate) = filter.fate {
        query = query.filter(upstream_message::fate.eq(fate));
    }
    if let Some(no) = &filter.upstream_no {
        query = query.filter(upstream_message::upstream_no.eq(no));
    }
    if let Some(account) = filter.account_id {
        query = query.filter(upstream_message::account_id.eq(account));
    }
    if let Some(after) = after {
        let wrong = || Error::field("/after", "field.format");
        let (at, id) = after.split_once('-').ok_or_else(wrong)?;
        let at = Stamp::from_millis(at.parse().map_err(|_| wrong())?);
        // The first says nothing new; by it the index is entered at this place and not walked up to it.
        query = query.filter(upstream_message::received_at.le(at)).filter(
            upstream_message::received_at
                .lt(at)
                .or(upstream_message::received_at.eq(at).and(upstream_message::id.lt(id))),
        );
    }
    let most = one_more(limit);
    let rows: Vec<Kept> = query
        .order((upstream_message::received_at.desc(), upstream_message::id.desc()))
        .limit(most)
        .select(Kept::as_select())
        .load(conn)?;
    Ok(cut(rows, limit, |row| format!("{}-{}", row.received_at.millis(), row.id)))
}
