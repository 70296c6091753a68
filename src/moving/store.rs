//! Moving: what was imported before, by number and keyed hash of its line; and the runs that brought it.

use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::db::schema::{
    backfill, citizen_try, citizen_word, import_batch, imported, letter, place_aside, report_said,
    supervision, supervision_word, surveyed, tickets, vexatious,
};
use crate::db::{Conn, Tx, each};
use crate::error::Result;
use crate::ticket::store::known;
use crate::time::Stamp;

/// What is known of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known {
    /// Imported from a line with this hash.
    Imported(Vec<u8>),
    /// It came to be here.
    Native,
}

/// Which of `numbers` are there.
pub(super) fn look_up(conn: &mut Conn, numbers: &[&str]) -> Result<HashMap<String, Known>> {
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let mut there: HashMap<String, Known> =
        known(conn, numbers)?.into_iter().map(|no| (no, Known::Native)).collect();
    if !there.is_empty() {
        let hashes: Vec<(String, Vec<u8>)> = imported::table
            .filter(imported::no.eq_any(numbers.to_vec()))
            .select((imported::no, imported::hash))
            .load(conn)?;
        there.extend(hashes.into_iter().map(|(no, hash)| (no, Known::Imported(hash))));
    }
    Ok(there)
}

/// A ticket that came in.
pub(super) struct Came<'a> {
    pub no: &'a str,
    pub ticket_id: i64,
    pub hash: &'a [u8],
    /// With how many events.
    pub events: i32,
}

/// Notes that a ticket came in by the run `batch`.
pub(super) fn note(tx: &mut Tx<'_>, batch: i64, came: &Came<'_>) -> Result<()> {
    let values = (
        imported::no.eq(came.no),
        imported::ticket_id.eq(came.ticket_id),
        imported::batch.eq(batch),
        imported::hash.eq(came.hash),
        imported::events.eq(came.events),
    );
    each!(tx.conn, c => diesel::insert_into(imported::table).values(values).execute(c)?);
    Ok(())
}

/// Notes that the run `batch` gave the ticket numbered `no`, where it brought it, one more event.
pub(super) fn note_one_more(tx: &mut Tx<'_>, batch: i64, no: &str) -> Result<()> {
    let own = imported::table.find(no).filter(imported::batch.eq(batch));
    let more = imported::events.eq(imported::events + 1);
    diesel::update(own).set(more).execute(tx.conn)?;
    Ok(())
}

/// What a run reads: how it is written, and a hash of it, empty where it is no file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bytes<'a> {
    pub form: &'a str,
    pub hash: &'a [u8],
}

/// Notes that a run begins; answers its number: `batch`, or that of a run of the same file that was cut
/// short, which goes on.
pub(super) fn begin(tx: &mut Tx<'_>, batch: i64, file: &str, of: Bytes<'_>) -> Result<i64> {
    let Bytes { form, hash } = of;
    if !hash.is_empty() {
        let broken_off = import_batch::table
            .filter(import_batch::hash.eq(hash).and(import_batch::form.eq(form)))
            .filter(import_batch::ended_at.is_null().and(import_batch::undone_at.is_null()))
            .order(import_batch::id.desc())
            .select(import_batch::id);
        if let Some(id) = broken_off.first(tx.conn).optional()? {
            return Ok(id);
        }
    }
    let values = (
        import_batch::id.eq(batch),
        import_batch::began_at.eq(tx.now.millis()),
        import_batch::file.eq(file),
        import_batch::hash.eq(hash),
        import_batch::form.eq(form),
        import_batch::lines.eq(0),
        import_batch::skipped.eq(0),
        import_batch::rejected.eq(0),
    );
    each!(tx.conn, c => diesel::insert_into(import_batch::table).values(values).execute(c)?);
    Ok(batch)
}

/// Notes what the run did; one that brought nothing is none.
pub(super) fn end(tx: &mut Tx<'_>, batch: i64, counts: (i64, i64, i64)) -> Result<()> {
    let own = import_batch::table.find(batch);
    let brought = imported::table.filter(imported::batch.eq(batch)).select(imported::no);
    if brought.first::<String>(tx.conn).optional()?.is_none() {
        diesel::delete(own).execute(tx.conn)?;
        return Ok(());
    }
    let values = (
        import_batch::ended_at.eq(Some(tx.now.millis())),
        import_batch::lines.eq(counts.0),
        import_batch::skipped.eq(counts.1),
        import_batch::rejected.eq(counts.2),
    );
    diesel::update(own).set(values).execute(tx.conn)?;
    Ok(())
}

/// A run that brought tickets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    pub id: i64,
    pub began_at: Stamp,
    /// None while it runs, and where it was cut short.
    pub ended_at: Option<Stamp>,
    /// The file's name, masked; empty where there was none.
    pub file: String,
    /// `ndjson`, `csv` or `xlsx`.
    pub form: String,
    pub lines: i64,
    pub skipped: i64,
    pub rejected: i64,
    /// How many of its tickets are there now.
    pub tickets: i64,
    /// When the last of them was taken back.
    pub undone_at: Option<Stamp>,
}

/// Every run that brought something, the newest first, with how many of its tickets are there.
pub(super) fn batches(conn: &mut Conn) -> Result<Vec<Batch>> {
    type Row = (i64, i64, Option<i64>, String, String, (i64, i64, i64), Option<i64>);
    let rows: Vec<Row> = import_batch::table
        .order(import_batch::id.desc())
        .select((
            import_batch::id,
            import_batch::began_at,
            import_batch::ended_at,
            import_batch::file,
            import_batch::form,
            (import_batch::lines, import_batch::skipped, import_batch::rejected),
            import_batch::undone_at,
        ))
        .load(conn)?;
    let counts: HashMap<i64, i64> = imported::table
        .group_by(imported::batch)
        .select((imported::batch, count_star()))
        .load::<(i64, i64)>(conn)?
        .into_iter()
        .collect();
    let batch = |(id, began, ended, file, form, counted, undone): Row| Batch {
        id,
        began_at: Stamp::from_millis(began),
        ended_at: ended.map(Stamp::from_millis),
        file,
        form,
        lines: counted.0,
        skipped: counted.1,
        rejected: counted.2,
        tickets: counts.get(&id).copied().unwrap_or_default(),
        undone_at: undone.map(Stamp::from_millis),
    };
    Ok(rows.into_iter().map(batch).collect())
}

/// Whether there is such a run.
pub(super) fn has_batch(conn: &mut Conn, batch: i64) -> Result<bool> {
    let own = import_batch::table.find(batch);
    Ok(own.select(import_batch::id).first::<i64>(conn).optional()?.is_some())
}

/// A ticket of a run: its number and id, how many events the run gave it, and how many it has.
pub(super) type Brought = (String, i64, i32, i32);

/// The tickets that the run brought and that are still there.
pub(super) fn brought(conn: &mut Conn, batch: i64) -> Result<Vec<Brought>> {
    Ok(imported::table
        .inner_join(tickets::table.on(tickets::id.eq(imported::ticket_id)))
        .filter(imported::batch.eq(batch))
        .order(imported::ticket_id)
        .select((imported::no, imported::ticket_id, imported::events, tickets::version))
        .load(conn)?)
}

/// Forgets that these tickets came in, and what other rooms noted of them without touching them: letters
/// that have not left, answers owed to the city's platform, tries and words at the citizens' door, marks on their
/// callers, what was said in objections to them, and their answers in the rows of dissatisfied ones.
pub(super) fn forget(tx: &mut Tx<'_>, ids: &[i64], numbers: &[String]) -> Result<()> {
    let (ids, numbers) = (ids.to_vec(), numbers.to_vec());
    let own = citizen_word::table.filter(citizen_word::ticket_no.eq_any(numbers.clone()));
    diesel::delete(own).execute(tx.conn)?;
    let own = citizen_try::table.filter(citizen_try::ticket_id.eq_any(ids.clone()));
    diesel::delete(own).execute(tx.conn)?;
    diesel::delete(backfill::table.filter(backfill::ticket_id.eq_any(ids.clone())))
        .execute(tx.conn)?;
    diesel::delete(vexatious::table.filter(vexatious::ticket_id.eq_any(ids.clone())))
        .execute(tx.conn)?;
    diesel::delete(place_aside::table.filter(place_aside::ticket_id.eq_any(ids.clone())))
        .execute(tx.conn)?;
    diesel::delete(report_said::table.filter(report_said::ticket_id.eq_any(ids.clone())))
        .execute(tx.conn)?;
    diesel::delete(surveyed::table.filter(surveyed::ticket_id.eq_any(ids.clone())))
        .execute(tx.conn)?;
    diesel::delete(supervision::table.filter(supervision::ticket_id.eq_any(ids.clone())))
        .execute(tx.conn)?;
    diesel::delete(supervision_word::table.filter(supervision_word::ticket_id.eq_any(ids.clone())))
        .execute(tx.conn)?;
    diesel::delete(letter::table.filter(letter::ticket_id.eq_any(ids))).execute(tx.conn)?;
    diesel::delete(imported::table.filter(imported::no.eq_any(numbers))).execute(tx.conn)?;
    Ok(())
}

/// Notes that nothing of the run is left.
pub(super) fn undone(tx: &mut Tx<'_>, batch: i64) -> Result<()> {
    let own = import_batch::table.find(batch);
    let values = import_batch::undone_at.eq(Some(tx.now.millis()));
    diesel::update(own).set(values).execute(tx.conn)?;
    Ok(())
}
