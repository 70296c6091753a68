//! Ticket: the end of a person's data. Its rule: the key goes, and with it the document and every event's
//! body; what figures count stays, and so does the chain, which hashes what nobody can read any more.

use diesel::prelude::*;

use super::callers;
use crate::code_enum;
use crate::db::schema::{erased, ticket_body, tickets, unsealed};
use crate::db::{Conn, Tx, each};
use crate::error::{Result, sentence};
use crate::sealing::MasterKey;
use crate::time::Stamp;

code_enum! {
    /// Why a ticket's person was erased.
    pub enum Ground {
        Request = "request" "本人请求",
        Retention = "retention" "保存期满",
    }
}

/// A row of `erased`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = erased, treat_none_as_default_value = false)]
pub struct Erasure {
    pub ticket_id: i64,
    pub no: String,
    pub at: Stamp,
    pub ground: Ground,
    /// The two who answer for it, by login name.
    pub asked_by: String,
    pub agreed_by: String,
    /// Masked.
    pub reason: String,
    mac: Vec<u8>,
}

/// Who wants a ticket's person erased, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grounds {
    pub ground: Ground,
    pub asked_by: String,
    pub agreed_by: String,
    pub reason: String,
}

impl Erasure {
    fn signed(&self, keys: &MasterKey, head: &[u8]) -> Vec<u8> {
        let mut bytes = b"erased\0".to_vec();
        bytes.extend(self.ticket_id.to_be_bytes());
        bytes.extend(self.at.millis().to_be_bytes());
        let parts = [&self.no, &self.asked_by, &self.agreed_by, &self.reason].map(String::as_str);
        for part in parts.into_iter().chain([self.ground.as_str()]) {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
        bytes.extend(head);
        keys.chain_seal(&bytes).to_vec()
    }

    /// Whether it was written with `keys` about the chain that ends in `head`.
    pub fn is_genuine(&self, keys: &MasterKey, head: &[u8]) -> bool {
        self.mac == self.signed(keys, head)
    }
}

/// The wrapped key of a ticket, to look for on the disk after it was destroyed; nothing where it is.
pub fn wrapped_key(conn: &mut Conn, id: i64) -> Result<Option<Vec<u8>>> {
    let found: Option<Option<Vec<u8>>> =
        ticket_body::table.find(id).select(ticket_body::record_key).first(conn).optional()?;
    Ok(found.flatten())
}

/// Destroys the key of the ticket `id`, empties its document, takes away by what its caller is found, and
/// keeps who wanted it. The chain is marked to be sealed once more, by which whoever follows the seals learns
/// of it. Answers false where it was erased already.
pub fn erase(tx: &mut Tx<'_>, keys: &MasterKey, id: i64, grounds: &Grounds) -> Result<bool> {
    let (no, version, head): (String, i32, Vec<u8>) = tickets::table
        .inner_join(ticket_body::table.on(ticket_body::ticket_id.eq(tickets::id)))
        .filter(tickets::id.eq(id))
        .select((tickets::no, tickets::version, ticket_body::head))
        .first(tx.conn)?;
    if of_ticket(tx.conn, id)?.is_some() {
        return Ok(false);
    }
    let Grounds { ground, asked_by, agreed_by, reason } = grounds.clone();
    let (at, mac) = (tx.now, Vec::new());
    let mut row = Erasure { ticket_id: id, no, at, ground, asked_by, agreed_by, reason, mac };
    row.mac = row.signed(keys, &head);
    let body = (ticket_body::record_key.eq(None::<Vec<u8>>), ticket_body::doc.eq(Vec::<u8>::new()));
    let line = (
        tickets::title.eq(sentence("ticket.erased_title", &[])),
        tickets::phone_hash.eq(None::<String>),
        tickets::accused.eq(None::<String>),
        tickets::next_at.eq(None::<Stamp>),
    );
    let mark = (unsealed::ticket_id.eq(id), unsealed::seq.eq(version), unsealed::since.eq(version));
    callers::forget(tx.conn, &row.no, id)?;
    each!(tx.conn, c => {
        diesel::update(ticket_body::table.find(id)).set(body).execute(c)?;
        diesel::update(tickets::table.find(id)).set(line).execute(c)?;
        diesel::insert_into(erased::table).values(&row).execute(c)?;
        diesel::insert_into(unsealed::table).values(mark).on_conflict_do_nothing().execute(c)?;
    });
    Ok(true)
}

/// The erasure of a ticket, where there was one.
pub fn of_ticket(conn: &mut Conn, id: i64) -> Result<Option<Erasure>> {
    Ok(erased::table.find(id).select(Erasure::as_select()).first(conn).optional()?)
}

/// Every erasure after the number `after`, in the order of numbers.
pub fn erasures_after(conn: &mut Conn, after: &str, most: i64) -> Result<Vec<Erasure>> {
    Ok(erased::table
        .filter(erased::no.gt(after))
        .order(erased::no)
        .limit(most)
        .select(Erasure::as_select())
        .load(conn)?)
}

/// Tickets that ended before `before` and are not erased, the longest ended first.
pub fn ended_before(
    conn: &mut Conn,
    before: Stamp,
    most: i64,
) -> Result<Vec<(i64, String, Stamp)>> {
    let gone = erased::table.filter(erased::ticket_id.eq(tickets::id));
    let found: Vec<(i64, String, Option<Stamp>)> = tickets::table
        .filter(tickets::ended_at.lt(before.millis()))
        .filter(diesel::dsl::not(diesel::dsl::exists(gone)))
        .order((tickets::ended_at, tickets::id))
        .limit(most)
        .select((tickets::id, tickets::no, tickets::ended_at))
        .load(conn)?;
    let at = |at: Option<Stamp>| at.unwrap_or(before);
    Ok(found.into_iter().map(|(id, no, ended)| (id, no, at(ended))).collect())
}
