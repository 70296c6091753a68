//! Notices: the rows of letters. Its rule: a letter is made once for a notice, a person and a medium;
//! every later word about it is one statement.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::plan::Occasion;
use crate::code_enum;
use crate::db::schema::letter;
use crate::db::{Conn, Tx, each};
use crate::directory::UnitCode;
use crate::error::Result;
use crate::time::Stamp;

code_enum! {
    /// By which way a letter goes.
    pub enum Medium { Mail = "mail" "邮件", Sms = "sms" "短信" }
}

code_enum! {
    /// How far a letter has come.
    pub enum LetterState {
        Waiting = "waiting" "待发送",
        /// Until the next digest.
        Gathered = "gathered" "待汇总",
        /// Sent, or told in a digest that was.
        Sent = "sent" "已发送",
        /// Somebody has to look: refused for good, nobody to write to, or too old.
        Dead = "dead" "发送失败",
        /// What it would have told no longer held.
        Dropped = "dropped" "已取消",
    }
}

/// Whose letter it is where it is no account's: whoever asked, or nobody who could be found.
pub const CITIZEN: i64 = 0;
pub const NOBODY: i64 = -1;

/// A letter to one person.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = letter, treat_none_as_default_value = false)]
pub struct Letter {
    pub id: i64,
    /// The notice it came of; its own id for a digest.
    pub notice_id: i64,
    pub ticket_id: Option<i64>,
    pub occasion: Occasion,
    pub medium: Medium,
    /// An account's id, [`CITIZEN`] or [`NOBODY`].
    pub account_id: i64,
    /// In whose place a deputy gets it.
    pub principal: Option<i64>,
    pub unit: Option<UnitCode>,
    pub assignment: Option<i32>,
    pub limit_name: Option<String>,
    pub state: LetterState,
    pub created_at: Stamp,
    pub due_at: Stamp,
    pub tries: i32,
    /// The code of the last failure.
    pub why: Option<String>,
    pub done_at: Option<Stamp>,
    pub digest_id: Option<i64>,
    /// The report that it carries.
    pub report_id: Option<i64>,
}

impl Letter {
    /// A letter of its own notice, about nothing yet, that waits since `now`.
    pub const fn new(
        id: i64,
        occasion: Occasion,
        medium: Medium,
        (account_id, now): (i64, Stamp),
    ) -> Self {
        Self {
            id,
            notice_id: id,
            ticket_id: None,
            occasion,
            medium,
            account_id,
            principal: None,
            unit: None,
            assignment: None,
            limit_name: None,
            state: LetterState::Waiting,
            created_at: now,
            due_at: now,
            tries: 0,
            why: None,
            done_at: None,
            digest_id: None,
            report_id: None,
        }
    }

    /// Whether it may wake somebody, if the ticket is an emergency: only who has to do something now, and
    /// never whoever asked.
    pub(super) fn may_wake(&self) -> bool {
        self.account_id != CITIZEN && self.occasion.calls_for_action()
    }
}

/// Keeps a new letter.
pub fn insert(tx: &mut Tx<'_>, row: &Letter) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(letter::table).values(row).execute(c)?);
    Ok(())
}

/// Whether `account_id` was written to about any of these reports from `since` on, or will be: a letter that waits
/// encloses what there is when it leaves; one that did not leave since what it told held no more says nothing.
pub fn is_told_of(
    conn: &mut Conn,
    reports: &[i64],
    (account_id, since): (i64, Stamp),
) -> Result<bool> {
    let waits = letter::state.eq(LetterState::Waiting);
    let one = letter::table
        .filter(letter::report_id.eq_any(reports.to_vec()).and(letter::account_id.eq(account_id)))
        .filter(letter::state.ne(LetterState::Dropped))
        .filter(waits.or(letter::created_at.ge(since)))
        .select(letter::id);
    Ok(one.first::<i64>(conn).optional()?.is_some())
}

/// Whether letters were made of a notice already.
pub fn is_made(conn: &mut Conn, notice_id: i64) -> Result<bool> {
    let one = letter::table.filter(letter::notice_id.eq(notice_id)).select(letter::id);
    Ok(one.first::<i64>(conn).optional()?.is_some())
}

pub fn find(conn: &mut Conn, id: i64) -> Result<Option<Letter>> {
    Ok(letter::table.find(id).first(conn).optional()?)
}

/// How many letters `account_id` gets within `[from, to]`, digests counted as one.
pub fn count_between(conn: &mut Conn, account_id: i64, from: Stamp, to: Stamp) -> Result<i64> {
    let states = [LetterState::Waiting, LetterState::Sent].map(LetterState::as_str);
    Ok(letter::table
        .filter(letter::account_id.eq(account_id))
        .filter(letter::due_at.gt(from).and(letter::due_at.le(to)))
        .filter(letter::state.eq_any(states).and(letter::digest_id.is_null()))
        .count()
        .get_result(conn)?)
}

/// The letter has come to an end, or is tried again where `state` is waiting.
pub fn set_state(
    tx: &mut Tx<'_>,
    id: i64,
    state: LetterState,
    why: Option<&str>,
    tries: i32,
) -> Result<()> {
    let done_at = (state != LetterState::Waiting).then_some(tx.now);
    diesel::update(letter::table.find(id))
        .set((
            letter::state.eq(state),
            letter::why.eq(why),
            letter::tries.eq(tries),
            letter::done_at.eq(done_at),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Gives a dead letter a new life.
pub fn revive(tx: &mut Tx<'_>, id: i64) -> Result<()> {
    let dead = letter::table.find(id).filter(letter::state.eq(LetterState::Dead));
    diesel::update(dead)
        .set((
            letter::state.eq(LetterState::Waiting),
            letter::tries.eq(0),
            letter::created_at.eq(tx.now),
            letter::due_at.eq(tx.now),
            letter::done_at.eq(None::<Stamp>),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Some of the letters that died of `why` up to `until`, oldest first.
pub fn dead_of(conn: &mut Conn, why: &str, until: Stamp, most: i64) -> Result<Vec<Letter>> {
    let dead = letter::state.eq(LetterState::Dead).and(letter::done_at.le(until));
    Ok(letter::table
        .filter(dead.and(letter::why.eq(why)))
        .order(letter::id)
        .limit(most)
        .load(conn)?)
}

/// Who has letters gathered whose digest is due at `now`: accounts with the medium.
pub fn due_digests(conn: &mut Conn, now: Stamp, most: i64) -> Result<Vec<(i64, Medium)>> {
    Ok(letter::table
        .filter(letter::state.eq(LetterState::Gathered).and(letter::due_at.le(now)))
        .filter(letter::digest_id.is_null())
        .select((letter::account_id, letter::medium))
        .distinct()
        .limit(most)
        .load(conn)?)
}

/// Puts everything gathered for an account by a medium into the digest `into`; answers how many.
pub fn gather(tx: &mut Tx<'_>, account_id: i64, medium: Medium, into: i64) -> Result<usize> {
    let open = letter::table
        .filter(letter::state.eq(LetterState::Gathered).and(letter::digest_id.is_null()))
        .filter(letter::account_id.eq(account_id).and(letter::medium.eq(medium)));
    Ok(diesel::update(open).set(letter::digest_id.eq(into)).execute(tx.conn)?)
}

/// What a digest is made of, oldest first.
pub fn in_digest(conn: &mut Conn, digest_id: i64) -> Result<Vec<Letter>> {
    Ok(letter::table.filter(letter::digest_id.eq(digest_id)).order(letter::id).load(conn)?)
}

/// A digest has left or was given up: so were those in it.
pub fn end_digest(tx: &mut Tx<'_>, digest_id: i64, state: LetterState) -> Result<()> {
    diesel::update(letter::table.filter(letter::digest_id.eq(digest_id)))
        .set((letter::state.eq(state), letter::done_at.eq(tx.now)))
        .execute(tx.conn)?;
    Ok(())
}

/// How many days a letter that carried a report is kept at least: a year's is looked after for a year, and whoever had
/// it must not get it again.
const REPORTS_DAYS: i64 = 400;

/// Drops letters that ended before `until`, some at a time; dead ones stay until somebody has seen
/// to them.
pub fn drop_ended(tx: &mut Tx<'_>, until: Stamp, most: i64) -> Result<usize> {
    let ended = [LetterState::Sent, LetterState::Dropped].map(LetterState::as_str);
    let reports = tx.now.plus(-TimeDelta::days(REPORTS_DAYS));
    let old: Vec<i64> = letter::table
        .filter(letter::state.eq_any(ended).and(letter::done_at.lt(until)))
        .filter(letter::report_id.is_null().or(letter::done_at.lt(reports)))
        .order(letter::done_at)
        .limit(most)
        .select(letter::id)
        .load(tx.conn)?;
    Ok(diesel::delete(letter::table.filter(letter::id.eq_any(old))).execute(tx.conn)?)
}
