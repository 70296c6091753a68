//! Audit: writing the trail. Its rule: in the transaction of what it speaks of.

use chrono::NaiveDate;
use diesel::{ExpressionMethods, Insertable, QueryDsl, RunQueryDsl};

use super::{Entry, KEPT_DAYS, Went};
use crate::db::schema::{audit_entry, audit_subject};
use crate::db::{Conn, Tx, each};
use crate::error::Result;
use crate::time::Stamp;

#[derive(Insertable)]
#[diesel(table_name = audit_entry)]
struct Row<'a> {
    id: i64,
    at: Stamp,
    account_id: i64,
    account_name: &'a str,
    action: &'a str,
    outcome: Went,
    subject_kind: &'a str,
    subject: &'a str,
    purpose: Option<&'a str>,
    detail: Option<&'a str>,
    once_key: Option<&'a str>,
}

fn row<'a>(tx: &Tx<'_>, entry: &'a Entry<'a>, once_key: Option<&'a str>) -> Row<'a> {
    Row {
        id: tx.id(),
        at: tx.now,
        account_id: entry.account.0,
        account_name: entry.account.1,
        action: entry.action,
        outcome: entry.outcome,
        subject_kind: entry.subject.0,
        subject: entry.subject.1,
        purpose: entry.purpose,
        detail: entry.detail.as_deref(),
        once_key,
    }
}

/// Whether [`record_once`] has noted it that day already.
pub fn is_recorded(conn: &mut Conn, entry: &Entry<'_>, day: NaiveDate) -> Result<bool> {
    let (kind, subject) = entry.subject;
    let key = format!("{day} {} {} {kind} {subject}", entry.account.0, entry.action);
    let found = audit_entry::table.filter(audit_entry::once_key.eq(key));
    Ok(diesel::select(diesel::dsl::exists(found)).get_result(conn)?)
}

/// Notes `entry`.
pub fn record(tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<()> {
    let row = row(tx, entry, None);
    each!(tx.conn, c => diesel::insert_into(audit_entry::table).values(&row).execute(c))?;
    Ok(())
}

/// Notes `entry`, which is about more things than it names; answers by which id [`add_subjects`] adds them.
pub fn record_many(tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<i64> {
    let row = row(tx, entry, None);
    each!(tx.conn, c => diesel::insert_into(audit_entry::table).values(&row).execute(c))?;
    Ok(row.id)
}

#[derive(Insertable)]
#[diesel(table_name = audit_subject)]
struct ManyRow<'a> {
    entry_id: i64,
    part: i32,
    subject_kind: &'a str,
    lowest: &'a str,
    highest: &'a str,
    subjects: String,
}

/// Adds `subjects` of one `kind` to the entry `id`, as its `part` (from 0, each once): a row for all of them, and
/// yet whoever asks who has seen one of them is told.
pub fn add_subjects(
    tx: &mut Tx<'_>,
    (entry_id, part): (i64, i32),
    kind: &str,
    subjects: &[String],
) -> Result<()> {
    let (Some(lowest), Some(highest)) = (subjects.iter().min(), subjects.iter().max()) else {
        return Ok(());
    };
    let lines = format!("\n{}\n", subjects.join("\n"));
    let row = ManyRow { entry_id, part, subject_kind: kind, lowest, highest, subjects: lines };
    each!(tx.conn, c => diesel::insert_into(audit_subject::table).values(&row).execute(c))?;
    Ok(())
}

/// Notes `entry` unless the same account has done the same to the same subject on `day`: openings
/// count once a reader and day.
pub fn record_once(tx: &mut Tx<'_>, entry: &Entry<'_>, day: NaiveDate) -> Result<()> {
    let (kind, subject) = entry.subject;
    let key = format!("{day} {} {} {kind} {subject}", entry.account.0, entry.action);
    let row = row(tx, entry, Some(&key));
    each!(tx.conn, c => diesel::insert_into(audit_entry::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Drops up to `most` entries older than `days` (never fewer than [`KEPT_DAYS`]); answers how
/// many went. Asked again until it answers 0, no write is long.
pub fn drop_older_than(tx: &mut Tx<'_>, days: u32, most: u32) -> Result<usize> {
    let days = i64::from(days.max(KEPT_DAYS));
    let before = tx.now.plus_millis(-days * 86_400_000);
    let old: Vec<i64> = audit_entry::table
        .filter(audit_entry::at.lt(before))
        .order((audit_entry::at, audit_entry::id))
        .limit(i64::from(most))
        .select(audit_entry::id)
        .load(tx.conn)?;
    diesel::delete(audit_subject::table.filter(audit_subject::entry_id.eq_any(old.clone())))
        .execute(tx.conn)?;
    let gone = diesel::delete(audit_entry::table.filter(audit_entry::id.eq_any(old)));
    Ok(gone.execute(tx.conn)?)
}
