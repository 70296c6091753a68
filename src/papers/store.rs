//! Papers: their rows. Its rule: a number is drawn and kept in one write, and no row ever changes.

use diesel::prelude::*;

use super::PaperKind;
use super::subject::Subject;
use crate::db::schema::{paper, paper_line};
use crate::db::{Conn, Tx, each};
use crate::directory::UnitCode;
use crate::error::Result;
use crate::time::Stamp;

/// A paper that has its number.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = paper)]
pub(super) struct PaperRow {
    pub id: i64,
    pub kind: PaperKind,
    pub year: i32,
    pub number: i64,
    pub no: String,
    pub made_at: Stamp,
    pub made_by: String,
    pub unit: Option<UnitCode>,
}

/// A ticket that a paper is about, and how far it had come then.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = paper_line)]
pub(super) struct Line {
    pub paper_id: i64,
    pub nth: i32,
    pub ticket_id: i64,
    pub ticket_no: String,
    pub version: i32,
    pub assignment: Option<i32>,
    pub side: Option<i32>,
}

impl Line {
    pub(super) fn subject(&self) -> Subject {
        let place = |k: Option<i32>| k.and_then(|k| u32::try_from(k).ok());
        Subject { assignment: place(self.assignment), side: place(self.side) }
    }
}

pub(super) fn insert(tx: &mut Tx<'_>, row: &PaperRow, lines: &[Line]) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(paper::table).values(row).execute(c))?;
    for line in lines {
        each!(tx.conn, c => diesel::insert_into(paper_line::table).values(line).execute(c))?;
    }
    Ok(())
}

pub(super) fn load(conn: &mut Conn, id: i64) -> Result<Option<(PaperRow, Vec<Line>)>> {
    let row: Option<PaperRow> =
        paper::table.find(id).select(PaperRow::as_select()).first(conn).optional()?;
    let Some(row) = row else { return Ok(None) };
    let lines = paper_line::table
        .filter(paper_line::paper_id.eq(id))
        .order(paper_line::nth)
        .select(Line::as_select())
        .load(conn)?;
    Ok(Some((row, lines)))
}

/// Those about a ticket, oldest first.
pub(super) fn about(conn: &mut Conn, ticket_id: i64) -> Result<Vec<i64>> {
    let mut found: Vec<i64> = paper_line::table
        .filter(paper_line::ticket_id.eq(ticket_id))
        .select(paper_line::paper_id)
        .load(conn)?;
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
