//! Reports: the rows of instructions and tasks. Its rule: an instruction and each word are only added; of a task what
//! changes is how far it has come.

use diesel::prelude::*;

use crate::db::schema::{report_instruction, report_task, report_task_word};
use crate::db::{Conn, Tx, each};
use crate::directory::UnitCode;
use crate::error::Result;
use crate::reports::kinds::{TaskState, TaskStep};
use crate::reports::sight::Reads;
use crate::time::Stamp;

/// A row of `report_instruction`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = report_instruction)]
pub struct InstructionRow {
    pub id: i64,
    /// The first edition.
    pub root: i64,
    /// The edition that it was written on.
    pub report_id: i64,
    pub at: Stamp,
    pub by_id: i64,
    /// The login name.
    pub by_name: String,
    pub(super) sealed: Vec<u8>,
}

/// A row of `report_task`.
#[derive(
    Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Identifiable,
)]
#[diesel(table_name = report_task, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct TaskRow {
    pub id: i64,
    pub instruction_id: i64,
    pub unit: UnitCode,
    pub state: TaskState,
    pub version: i32,
    pub due_at: Stamp,
    /// From when its light is yellow.
    pub soon_at: Stamp,
    /// When it was answered last.
    pub answered_at: Option<Stamp>,
    /// The user id of who did.
    pub answered_by: Option<i64>,
}

/// Something that was said to a task, sealed.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = report_task_word)]
pub(super) struct WordRow {
    pub id: i64,
    pub task_id: i64,
    pub step: TaskStep,
    pub at: Stamp,
    pub by_id: i64,
    pub by_name: String,
    pub sealed: Vec<u8>,
}

/// What a list of tasks is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<TaskState>,
    pub unit: Option<UnitCode>,
    /// Only what is not answered though it was due before this instant.
    pub overdue_at: Option<Stamp>,
    /// The last task of the page before.
    pub after: Option<i64>,
}

pub(super) fn insert_instruction(tx: &mut Tx<'_>, row: &InstructionRow) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(report_instruction::table).values(row).execute(c))?;
    Ok(())
}

pub(super) fn insert(tx: &mut Tx<'_>, row: &TaskRow) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(report_task::table).values(row).execute(c))?;
    Ok(())
}

pub(super) fn save(tx: &mut Tx<'_>, row: &TaskRow) -> Result<()> {
    each!(tx.conn, c => diesel::update(report_task::table.find(row.id)).set(row).execute(c))?;
    Ok(())
}

pub(super) fn say(tx: &mut Tx<'_>, row: &WordRow) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(report_task_word::table).values(row).execute(c))?;
    Ok(())
}

/// The task with this id and its instruction.
pub(super) fn find(conn: &mut Conn, id: i64) -> Result<Option<(TaskRow, InstructionRow)>> {
    let one = report_task::table.inner_join(report_instruction::table);
    let one = one.filter(report_task::id.eq(id));
    Ok(one.select((TaskRow::as_select(), InstructionRow::as_select())).first(conn).optional()?)
}

/// The instructions on every edition of the report whose first is `root` with the tasks that whoever `reads` may know
/// of, the oldest first.
pub(super) fn of_report(
    conn: &mut Conn,
    reads: &Reads,
    root: i64,
) -> Result<Vec<(TaskRow, InstructionRow)>> {
    let all = report_task::table.inner_join(report_instruction::table);
    let mut all = all.filter(report_instruction::root.eq(root)).into_boxed();
    match reads {
        Reads::Nothing => return Ok(Vec::new()),
        Reads::Everything => {}
        Reads::Own(units) => all = all.filter(report_task::unit.eq_any(codes(units.iter()))),
    }
    let all = all.order((report_instruction::id, report_task::id));
    Ok(all.select((TaskRow::as_select(), InstructionRow::as_select())).load(conn)?)
}

/// At most `most` tasks that whoever `reads` may know of and `filter` lets through, the newest first.
pub(super) fn page(
    conn: &mut Conn,
    reads: &Reads,
    filter: &Filter,
    most: i64,
) -> Result<Vec<(TaskRow, InstructionRow)>> {
    let mut query = report_task::table.inner_join(report_instruction::table).into_boxed();
    match reads {
        Reads::Nothing => return Ok(Vec::new()),
        Reads::Everything => {}
        Reads::Own(units) => query = query.filter(report_task::unit.eq_any(codes(units.iter()))),
    }
    if let Some(state) = filter.state {
        query = query.filter(report_task::state.eq(state.as_str()));
    }
    if let Some(unit) = &filter.unit {
        query = query.filter(report_task::unit.eq(unit.to_string()));
    }
    if let Some(at) = filter.overdue_at {
        let open = report_task::state.eq(TaskState::Open.as_str());
        query = query.filter(open.and(report_task::due_at.lt(at.millis())));
    }
    if let Some(after) = filter.after {
        query = query.filter(report_task::id.lt(after));
    }
    let query = query.order(report_task::id.desc()).limit(most);
    Ok(query.select((TaskRow::as_select(), InstructionRow::as_select())).load(conn)?)
}

fn codes<'a>(units: impl Iterator<Item = &'a UnitCode>) -> Vec<String> {
    units.map(ToString::to_string).collect()
}

/// What was said to these tasks, the oldest first.
pub(super) fn words(conn: &mut Conn, tasks: &[i64]) -> Result<Vec<WordRow>> {
    let mut all = Vec::new();
    for some in tasks.chunks(900) {
        let rows = report_task_word::table.filter(report_task_word::task_id.eq_any(some.to_vec()));
        all.extend(rows.order(report_task_word::id).select(WordRow::as_select()).load(conn)?);
    }
    Ok(all)
}

#[cfg(test)]
impl InstructionRow {
    /// One that was written by `by` at `at`.
    pub(super) fn sample(id: i64, at: Stamp, by: &str) -> Self {
        let by_name = by.to_owned();
        Self { id, root: 1, report_id: 1, at, by_id: 1, by_name, sealed: Vec::new() }
    }
}
