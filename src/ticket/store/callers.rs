//! Ticket: by what a caller's tickets are found without number or name: keyed hashes. Its rule: the
//! index grows in parts, each of some thousands of tickets of consecutive numbers, so that a new
//! ticket touches the newest part alone, however many are stored; whoever asks, asks every part.

use diesel::dsl::max;
use diesel::prelude::*;

use crate::db::schema::caller_key;
use crate::db::{Conn, each};
use crate::error::Result;
use crate::sealing::{MasterKey, hex};
use crate::ticket::Ticket;

/// A part holds this many consecutive numbers of each year (as a power of two).
const PART_BITS: u32 = 13;
/// There are no more parts than this, whatever the numbers of an older system look like.
const PARTS: i32 = 4_096;
/// Characters of a hash that are kept: at least 64 bits of it.
const KEPT: usize = 16;

/// A row of `caller_key`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Queryable, Selectable, Insertable)]
#[diesel(table_name = caller_key, treat_none_as_default_value = false)]
pub struct CallerRow {
    /// Which part of the index: from the ticket's number, which never changes.
    pub part: i32,
    /// The beginning of a keyed hash.
    pub hash: String,
    pub ticket_id: i64,
}

/// The keyed hash of a caller's name, to find the caller's tickets by it.
pub fn name_hash(keys: &MasterKey, name: &str) -> String {
    let plain: String = name.split_whitespace().collect();
    hex(&keys.chain_seal(format!("caller-name\0{plain}").as_bytes()))
}

/// The part of the ticket numbered `no`: its last nine digits at most, in steps of 2^13. The same
/// count stands in migration 0009.
fn part_of(no: &str) -> i32 {
    let digits = no.len() - no.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let number: i32 = no[no.len() - digits.min(9)..].parse().unwrap_or(0);
    (number >> PART_BITS) % PARTS
}

/// What of a hash is kept.
fn kept(hash: &str) -> &str {
    hash.get(..KEPT).unwrap_or(hash)
}

/// The rows for the caller of `ticket`, whose first number has the hash `phone`.
pub(super) fn caller_rows(
    ticket: &Ticket,
    ticket_id: i64,
    keys: &MasterKey,
    phone: Option<&str>,
) -> Vec<CallerRow> {
    let caller = &ticket.caller;
    let second = caller.second_phone.as_ref().map(|phone| keys.phone_hash(phone));
    let name = caller.name.as_ref().map(|name| name_hash(keys, name));
    let part = part_of(&ticket.no);
    let row = |hash: &str| CallerRow { part, hash: kept(hash).to_owned(), ticket_id };
    let hashes = phone.into_iter().chain(second.as_deref()).chain(name.as_deref());
    let mut rows: Vec<CallerRow> = hashes.map(row).collect();
    rows.sort();
    rows.dedup();
    rows
}

/// Every part that there may be, to ask all of them.
pub(in crate::ticket) fn parts(conn: &mut Conn) -> Result<Vec<i32>> {
    let newest: Option<i32> =
        each!(conn, c => caller_key::table.select(max(caller_key::part)).first(c))?;
    Ok((0..=newest.unwrap_or(0)).collect())
}

/// The hashes as the index has them.
pub(in crate::ticket) fn keys_of(hashes: &[String]) -> Vec<String> {
    hashes.iter().map(|hash| kept(hash).to_owned()).collect()
}

/// Of `callers`, all of one ticket, those that are there.
pub(super) fn known(conn: &mut Conn, id: i64, callers: &[CallerRow]) -> Result<Vec<CallerRow>> {
    let Some(first) = callers.first() else { return Ok(Vec::new()) };
    let hashes: Vec<&str> = callers.iter().map(|row| row.hash.as_str()).collect();
    Ok(caller_key::table
        .filter(caller_key::part.eq(first.part).and(caller_key::hash.eq_any(hashes)))
        .filter(caller_key::ticket_id.eq(id))
        .select(CallerRow::as_select())
        .load(conn)?)
}

/// The rows of a ticket, searched for through the whole table.
pub(super) fn of_ticket(conn: &mut Conn, id: i64) -> Result<Vec<CallerRow>> {
    let all = caller_key::table.filter(caller_key::ticket_id.eq(id));
    Ok(all.select(CallerRow::as_select()).load(conn)?)
}

/// The beginnings of the hashes by which the caller of the ticket numbered `no` is found: of numbers, and of a name.
///
/// # Errors
/// As the database says.
pub fn hashes_of(conn: &mut Conn, no: &str, id: i64) -> Result<Vec<String>> {
    let rows = caller_key::table
        .filter(caller_key::part.eq(part_of(no)))
        .filter(caller_key::ticket_id.eq(id));
    Ok(rows.select(caller_key::hash).load(conn)?)
}

/// How many rows there are for tickets up to `last`.
pub(super) fn count(conn: &mut Conn, last: i64) -> Result<i64> {
    Ok(caller_key::table.filter(caller_key::ticket_id.le(last)).count().get_result(conn)?)
}

/// Keeps `rows`, one by one as every row of a new ticket.
pub(super) fn insert(conn: &mut Conn, rows: &[CallerRow]) -> Result<()> {
    each!(conn, c => for row in rows {
        diesel::insert_into(caller_key::table).values(row).execute(c)?;
    });
    Ok(())
}

/// Takes every row of the ticket numbered `no` away.
pub(super) fn forget(conn: &mut Conn, no: &str, id: i64) -> Result<()> {
    let gone = caller_key::table
        .filter(caller_key::part.eq(part_of(no)))
        .filter(caller_key::ticket_id.eq(id));
    each!(conn, c => diesel::delete(gone).execute(c)?);
    Ok(())
}

/// Puts `new` in the place of `old`, both of one ticket.
pub(super) fn replace(
    conn: &mut Conn,
    id: i64,
    old: &[CallerRow],
    new: &[CallerRow],
) -> Result<()> {
    if let Some(first) = old.first() {
        // By their hashes: the key's order is theirs.
        let hashes: Vec<&str> = old.iter().map(|row| row.hash.as_str()).collect();
        let gone = caller_key::table
            .filter(caller_key::part.eq(first.part).and(caller_key::hash.eq_any(hashes)))
            .filter(caller_key::ticket_id.eq(id));
        each!(conn, c => diesel::delete(gone).execute(c)?);
    }
    insert(conn, new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_of_consecutive_numbers_and_any_number_has_one() {
        for (no, part) in [
            ("2026-000001", 0),
            ("2026-008191", 0),
            ("2026-008192", 1),
            ("2027-1000000", 122),
            ("12345678901234567890", 234_567_890 / 8_192 % 4_096),
            ("2026-000001-甲", 0),
            ("", 0),
            ("999999999", 999_999_999 / 8_192 % 4_096),
        ] {
            assert_eq!(part_of(no), part, "{no}");
        }
    }

    #[test]
    fn the_migration_counts_the_same_part() {
        let migration = include_str!("../../../migrations/sqlite/0009_callers/up.sql");
        let count = migration.split("SELECT DISTINCT\n").nth(1).unwrap();
        let count = count.split(",\n    substr(c.hash").next().unwrap().replace("t.no", "?1");
        let conn = rusqlite::Connection::open_in_memory().unwrap();
        for no in [
            "2026-000001",
            "2026-008192",
            "2027-1000000",
            "12345678901234567890",
            "",
            "甲9",
            "热线2026甲0123456",
            "9甲",
        ] {
            let there: i32 =
                conn.query_row(&format!("SELECT {count}"), [no], |row| row.get(0)).unwrap();
            assert_eq!(there, part_of(no), "{no}");
        }
    }
}
