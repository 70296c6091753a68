//! Calls: their rows. Its rule: of each event the earliest telling counts, and of a call what was said of its
//! earliest instant; so the order in which its events come makes no difference.

use diesel::prelude::*;

use super::{CallEvent, CalledBack, NoTicket, Told};
use crate::db::page::{cut, one_more};
use crate::db::schema::call;
use crate::db::{Conn, Tx};
use crate::error::{Error, Result};
use crate::sealing::{MasterKey, place};
use crate::ticket::Text;
use crate::time::Stamp;

/// A call as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = call)]
pub struct Call {
    pub id: i64,
    pub call_id: String,
    /// The earliest thing that was told of it.
    pub first_at: Stamp,
    pub rang_at: Option<Stamp>,
    pub answered_at: Option<Stamp>,
    pub ended_at: Option<Stamp>,
    pub missed_at: Option<Stamp>,
    pub agent: Option<String>,
    pub queue: Option<String>,
    pub recording_id: Option<String>,
    phone: Option<Vec<u8>>,
    pub phone_hash: Option<String>,
    pub called_back_at: Option<Stamp>,
    pub called_back_by: Option<String>,
    pub called_back: Option<CalledBack>,
    /// Of which instant these were told.
    queue_at: Option<Stamp>,
    recording_at: Option<Stamp>,
    phone_at: Option<Stamp>,
    /// Why it needs no ticket.
    pub no_ticket: Option<NoTicket>,
    pub no_ticket_by: Option<String>,
    pub no_ticket_at: Option<Stamp>,
}

/// Nobody answered, and it is over; one that rings now is not missed yet.
const fn missed(answered: Option<Stamp>, missed: Option<Stamp>, ended: Option<Stamp>) -> bool {
    answered.is_none() && (missed.is_some() || ended.is_some())
}

impl Call {
    /// The number in clear, where there is one.
    ///
    /// # Errors
    /// `internal` where it was changed or its key is missing.
    pub fn phone(&self, keys: &MasterKey) -> Result<Option<String>> {
        let Some(sealed) = &self.phone else { return Ok(None) };
        let plain = keys.open(sealed, &place("call", "phone", self.id))?;
        String::from_utf8(plain).map(Some).map_err(Error::internal)
    }

    /// It ended, or rang out, without anybody.
    pub const fn is_missed(&self) -> bool {
        missed(self.answered_at, self.missed_at, self.ended_at)
    }
}

/// The call with this id of the telephone system's.
///
/// # Errors
/// As the database says.
pub fn one(conn: &mut Conn, call_id: &str) -> Result<Option<Call>> {
    let found = call::table.filter(call::call_id.eq(call_id)).select(Call::as_select());
    Ok(found.first(conn).optional()?)
}

/// Writes one event down.
///
/// # Errors
/// As the database says.
pub(super) fn tell(tx: &mut Tx<'_>, keys: &MasterKey, told: &Told) -> Result<Call> {
    let before = match one(tx.conn, &told.call_id)? {
        Some(call) => call,
        None => begin(tx, told)?,
    };
    let mut after = before.clone();
    after.hear(keys, told)?;
    if after != before {
        diesel::update(call::table.find(after.id))
            .set((
                call::first_at.eq(after.first_at),
                call::rang_at.eq(after.rang_at),
                call::answered_at.eq(after.answered_at),
                call::ended_at.eq(after.ended_at),
                call::missed_at.eq(after.missed_at),
                call::agent.eq(&after.agent),
                call::queue.eq(&after.queue),
                call::recording_id.eq(&after.recording_id),
                call::phone.eq(&after.phone),
                call::phone_hash.eq(&after.phone_hash),
                call::queue_at.eq(after.queue_at),
                call::recording_at.eq(after.recording_at),
                call::phone_at.eq(after.phone_at),
            ))
            .execute(tx.conn)?;
    }
    Ok(after)
}

fn begin(tx: &mut Tx<'_>, told: &Told) -> Result<Call> {
    let id = tx.id();
    diesel::insert_into(call::table)
        .values((
            call::id.eq(id),
            call::call_id.eq(told.call_id.as_str()),
            call::first_at.eq(told.at),
        ))
        .execute(tx.conn)?;
    one(tx.conn, &told.call_id)?.ok_or_else(Error::not_found)
}

impl Call {
    fn hear(&mut self, keys: &MasterKey, told: &Told) -> Result<()> {
        let text = |text: &Option<Text>| text.as_ref().map(ToString::to_string);
        // Whoever answered it first is its agent, whoever it rang at.
        if told.event == CallEvent::Answered {
            let agent = text(&told.agent);
            let of_two = |agent: &String| self.agent.as_ref().is_none_or(|kept| agent < kept);
            let first = self.answered_at.is_none_or(|before| told.at < before);
            let same = self.answered_at == Some(told.at) && agent.as_ref().is_some_and(of_two);
            if first || same {
                self.agent = agent;
            }
        }
        let heard = match told.event {
            CallEvent::Ring => &mut self.rang_at,
            CallEvent::Answered => &mut self.answered_at,
            CallEvent::Ended => &mut self.ended_at,
            CallEvent::Missed => &mut self.missed_at,
        };
        *heard = Some(heard.map_or(told.at, |before| before.min(told.at)));
        self.first_at = self.first_at.min(told.at);
        let at = told.at;
        if is_first(self.queue.as_deref(), self.queue_at, told.queue.as_deref(), at) {
            (self.queue, self.queue_at) = (text(&told.queue), Some(at));
        }
        let recording = told.recording_id.as_deref();
        if is_first(self.recording_id.as_deref(), self.recording_at, recording, at) {
            (self.recording_id, self.recording_at) = (text(&told.recording_id), Some(at));
        }
        let hash = told.phone.as_ref().map(|phone| keys.phone_hash(phone));
        if let Some(phone) = &told.phone
            && is_first(self.phone_hash.as_deref(), self.phone_at, hash.as_deref(), at)
        {
            let aad = place("call", "phone", self.id);
            self.phone = Some(keys.seal(phone.as_bytes(), &aad)?);
            (self.phone_hash, self.phone_at) = (hash, Some(at));
        }
        Ok(())
    }
}

/// Whether what is `said` of the instant `at` goes before what is `kept` of the instant `since`; of two things said
/// of one instant the lesser does, whichever came first. What was forgotten stays so.
fn is_first(kept: Option<&str>, since: Option<Stamp>, said: Option<&str>, at: Stamp) -> bool {
    let lesser = || kept.zip(said).is_some_and(|(kept, said)| said < kept);
    said.is_some() && since.is_none_or(|since| at < since || (at == since && lesser()))
}

/// Which calls that nobody answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// Those that nobody has called back yet, or said that they need nothing.
    Open,
    All,
}

/// A page of at most `limit` missed calls, newest first, and the key to go on from.
///
/// # Errors
/// 422 at `/after` where the key was not given by a list.
pub fn page(
    conn: &mut Conn,
    which: Missed,
    after: Option<&str>,
    limit: usize,
) -> Result<(Vec<Call>, Option<String>)> {
    let mut query = call::table
        .filter(call::answered_at.is_null())
        .filter(call::missed_at.is_not_null().or(call::ended_at.is_not_null()))
        .into_boxed();
    if which == Missed::Open {
        query = query.filter(call::called_back_at.is_null()).filter(call::no_ticket_at.is_null());
    }
    if let Some(after) = after {
        let wrong = || Error::field("/after", "field.format");
        let (at, id) = after.rsplit_once('-').ok_or_else(wrong)?;
        let at = Stamp::from_millis(at.parse().map_err(|_| wrong())?);
        let id: i64 = id.parse().map_err(|_| wrong())?;
        query = query
            .filter(call::first_at.le(at))
            .filter(call::first_at.lt(at).or(call::first_at.eq(at).and(call::id.lt(id))));
    }
    let most = one_more(limit);
    let rows: Vec<Call> = query
        .order((call::first_at.desc(), call::id.desc()))
        .limit(most)
        .select(Call::as_select())
        .load(conn)?;
    Ok(cut(rows, limit, |it| format!("{}-{}", it.first_at.millis(), it.id)))
}

/// Notes that a missed call was called back.
///
/// # Errors
/// As the database says.
pub(super) fn called_back(tx: &mut Tx<'_>, id: i64, by: &str, how: CalledBack) -> Result<()> {
    diesel::update(call::table.find(id))
        .set((
            call::called_back_at.eq(Some(tx.now)),
            call::called_back_by.eq(Some(by)),
            call::called_back.eq(Some(how)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Notes that a call needs no ticket.
///
/// # Errors
/// As the database says.
pub(super) fn no_ticket(tx: &mut Tx<'_>, id: i64, by: &str, why: NoTicket) -> Result<()> {
    diesel::update(call::table.find(id))
        .set((
            call::no_ticket.eq(Some(why)),
            call::no_ticket_by.eq(Some(by)),
            call::no_ticket_at.eq(Some(tx.now)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// What figures are made of.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Facts {
    pub first_at: Stamp,
    pub rang_at: Option<Stamp>,
    pub answered_at: Option<Stamp>,
    pub ended_at: Option<Stamp>,
    pub missed_at: Option<Stamp>,
    pub agent: Option<String>,
    pub queue: Option<String>,
}

impl Facts {
    /// As [`Call::is_missed`].
    pub const fn is_missed(&self) -> bool {
        missed(self.answered_at, self.missed_at, self.ended_at)
    }
}

/// Every call from the number with this hash, the oldest first.
///
/// # Errors
/// As the database says.
pub fn of_number(conn: &mut Conn, hash: &str) -> Result<Vec<Call>> {
    Ok(call::table
        .filter(call::phone_hash.eq(hash))
        .order((call::first_at, call::id))
        .select(Call::as_select())
        .load(conn)?)
}

/// The recorded calls with the number of this hash that began within `[from, to)`.
///
/// # Errors
/// As the database says.
pub fn recorded(conn: &mut Conn, hash: &str, (from, to): (Stamp, Stamp)) -> Result<Vec<Call>> {
    Ok(call::table
        .filter(call::first_at.ge(from))
        .filter(call::first_at.lt(to))
        .filter(call::phone_hash.eq(hash))
        .filter(call::recording_id.is_not_null())
        .order((call::first_at, call::id))
        .select(Call::as_select())
        .load(conn)?)
}

/// The calls that came in within `[from, to)`.
///
/// # Errors
/// As the database says.
pub fn within(conn: &mut Conn, (from, to): (Stamp, Stamp)) -> Result<Vec<Facts>> {
    Ok(call::table
        .filter(call::first_at.ge(from))
        .filter(call::first_at.lt(to))
        .order((call::first_at, call::id))
        .select((
            call::first_at,
            call::rang_at,
            call::answered_at,
            call::ended_at,
            call::missed_at,
            call::agent,
            call::queue,
        ))
        .load(conn)?)
}

/// Forgets the numbers of calls older than `before`, `most` at a time; answers how many.
///
/// # Errors
/// As the database says.
pub fn forget_numbers(tx: &mut Tx<'_>, before: Stamp, most: i64) -> Result<usize> {
    let old: Vec<i64> = call::table
        .filter(call::first_at.lt(before))
        .filter(call::phone.is_not_null())
        .order((call::first_at, call::id))
        .limit(most)
        .select(call::id)
        .load(tx.conn)?;
    let changed = diesel::update(call::table.filter(call::id.eq_any(old)))
        .set((call::phone.eq(None::<Vec<u8>>), call::phone_hash.eq(None::<String>)))
        .execute(tx.conn)?;
    Ok(changed)
}
