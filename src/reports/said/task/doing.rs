//! Reports: what is done to an instruction's tasks, and what is asked of them. Its rule: see (404), may (403), meant (412),
//! well formed (422), possible (409); each step is said beside the task and in the trail.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;

use super::store::{self, Filter, InstructionRow, TaskRow, WordRow};
use super::{
    Accepting, Answering, Instructing, SendingBack, Task, Word, addressed, allowed, due, require,
};
use crate::audit::{self, Entry};
use crate::db::{Conn, Tx};
use crate::error::{Error, Kind, Result};
use crate::notify::outbox;
use crate::reports::desk::{Aim, Desk, check};
use crate::reports::kinds::{TaskState, TaskStep};
use crate::reports::said::person::shown;
use crate::reports::said::texts::{impersonal, unnamed};
use crate::reports::sight::Reads;
use crate::reports::state::Step;
use crate::reports::store as reports;
use crate::reports::store::ReportRow;
use crate::sealing::{MasterKey, place};
use crate::ticket::Text;
use crate::time::Stamp;

fn seal(keys: &MasterKey, table: &'static str, id: i64, text: &str) -> Result<Vec<u8>> {
    keys.seal(text.as_bytes(), &place(table, "sealed", id))
}

fn open(keys: &MasterKey, table: &'static str, id: i64, sealed: &[u8]) -> Result<String> {
    let plain = keys.open(sealed, &place(table, "sealed", id))?;
    String::from_utf8(plain).map_err(Error::internal)
}

const INSTRUCTION: &str = "report_instruction";
const WORD: &str = "report_task_word";

impl Desk<'_> {
    /// Writes an instruction on a report that was frozen: a task for each unit, which is told of it.
    ///
    /// # Errors
    /// 404, 403, 412; 422 at `/units`, `/text` and `/due_on`; 409.
    pub fn instruct(
        &self,
        tx: &mut Tx<'_>,
        aim: Aim<'_>,
        read: impl FnOnce() -> Result<Instructing>,
    ) -> Result<ReportRow> {
        let (row, standing) = self.take(tx.conn, aim, Step::Instruct)?;
        let asked = read()?;
        impersonal(&asked.text, "/text")?;
        unnamed(tx.conn, &self.hotline.keys, &asked.text)?;
        let rules = self.hotline.rules.current(tx.conn, tx.now)?;
        let today = tx.now.day(rules.profile.zone);
        let units = addressed(&asked.units, &rules.directory, today)?;
        let length = (asked.due_on, self.site.answer_workdays);
        let (due_at, soon_at) = due(&rules.calendar, tx.now, length)?;
        let to = check(Step::Instruct, &standing, self.actor, tx.now)?;
        let id = tx.id();
        let instruction = InstructionRow {
            id,
            root: row.root,
            report_id: row.id,
            at: tx.now,
            by_id: self.actor.user,
            by_name: self.actor.name.clone(),
            sealed: seal(&self.hotline.keys, INSTRUCTION, id, &asked.text)?,
        };
        store::insert_instruction(tx, &instruction)?;
        for unit in units {
            let task = TaskRow {
                id: tx.id(),
                instruction_id: id,
                unit,
                state: TaskState::Open,
                version: 1,
                due_at,
                soon_at,
                answered_at: None,
                answered_by: None,
            };
            store::insert(tx, &task)?;
            outbox::instruct(tx, (task.id, &task.unit), (None, task.due_at))?;
        }
        self.keep_step(tx, row, (Step::Instruct, to))
    }

    /// The unit's head answers.
    ///
    /// # Errors
    /// 404, 403, 412; 422 at `/text`; 409 `transition`.
    pub fn answer(
        &self,
        tx: &mut Tx<'_>,
        aim: Aim<'_>,
        read: impl FnOnce() -> Result<Answering>,
    ) -> Result<Task> {
        let (mut row, on) = self.take_task(tx, aim, TaskStep::Answer)?;
        let text = read()?.text;
        (row.answered_at, row.answered_by) = (Some(tx.now), Some(self.actor.user));
        self.keep_task(tx, (row, on), (TaskStep::Answer, Some(&text)))
    }

    /// The leader's office finds that the answer will do.
    ///
    /// # Errors
    /// 404, 403 (`own_request`: not who answered; `report.task_own_unit`), 412; 422 at `/text`; 409 `transition`.
    pub fn accept(
        &self,
        tx: &mut Tx<'_>,
        aim: Aim<'_>,
        read: impl FnOnce() -> Result<Accepting>,
    ) -> Result<Task> {
        let (row, on) = self.take_task(tx, aim, TaskStep::Accept)?;
        let text = read()?.text;
        self.keep_task(tx, (row, on), (TaskStep::Accept, text.as_ref()))
    }

    /// The leader's office sends the answer back; the unit is told of it.
    ///
    /// # Errors
    /// As [`Desk::accept`]; 422 also at `/due_on`.
    pub fn send_back(
        &self,
        tx: &mut Tx<'_>,
        aim: Aim<'_>,
        read: impl FnOnce() -> Result<SendingBack>,
    ) -> Result<Task> {
        let (mut row, on) = self.take_task(tx, aim, TaskStep::SendBack)?;
        let asked = read()?;
        let before = row.due_at;
        if asked.due_on.is_some() || before <= tx.now {
            let rules = self.hotline.rules.current(tx.conn, tx.now)?;
            let length = (asked.due_on, self.site.answer_workdays);
            (row.due_at, row.soon_at) = due(&rules.calendar, tx.now, length)?;
        }
        let task = self.keep_task(tx, (row, on), (TaskStep::SendBack, Some(&asked.text)))?;
        let TaskRow { id, ref unit, due_at, .. } = task.row;
        outbox::instruct(tx, (id, unit), (Some(before), due_at))?;
        Ok(task)
    }

    /// The task that `aim` names, where the actor may do `step` to it in some state.
    fn take_task(
        &self,
        tx: &mut Tx<'_>,
        aim: Aim<'_>,
        step: TaskStep,
    ) -> Result<(TaskRow, InstructionRow)> {
        let (row, on) = self.known_task(tx.conn, aim.id)?;
        let rules = self.hotline.rules.current(tx.conn, tx.now)?;
        require(step, &row, self.actor, &rules.directory)?;
        (aim.expected)(row.version.into())?;
        Ok((row, on))
    }

    /// The task with this id, for whoever may know of it.
    fn known_task(&self, conn: &mut Conn, id: i64) -> Result<(TaskRow, InstructionRow)> {
        let (row, on) = store::find(conn, id)?.ok_or_else(Error::not_found)?;
        let knows = match Reads::of(self.actor) {
            Reads::Nothing => false,
            Reads::Own(units) => units.contains(&row.unit),
            Reads::Everything => true,
        };
        if knows { Ok((row, on)) } else { Err(Error::not_found()) }
    }

    fn keep_task(
        &self,
        tx: &mut Tx<'_>,
        (mut row, on): (TaskRow, InstructionRow),
        (step, text): (TaskStep, Option<&Text>),
    ) -> Result<Task> {
        if let Some(text) = text {
            impersonal(text, "/text")?;
            unnamed(tx.conn, &self.hotline.keys, text)?;
        }
        if row.state != step.from() {
            let values = [("state", row.state.zh()), ("command", step.zh())];
            let rules = self.hotline.rules.current(tx.conn, tx.now)?;
            let may = allowed(&row, self.actor, &rules.directory);
            let may = may.into_iter().map(str::to_owned).collect();
            let refused = Error::with(Kind::Refused, "transition", &values);
            return Err(refused.in_state(row.state.as_str(), may));
        }
        row.state = step.leads_to();
        row.version += 1;
        store::save(tx, &row)?;
        if let Some(text) = text {
            let id = tx.id();
            let sealed = seal(&self.hotline.keys, WORD, id, text)?;
            let (by_id, by_name) = (self.actor.user, self.actor.name.clone());
            store::say(
                tx,
                &WordRow { id, task_id: row.id, step, at: tx.now, by_id, by_name, sealed },
            )?;
        }
        let (action, subject) = (format!("report.task.{step}"), row.id.to_string());
        let entry =
            Entry::new((self.actor.user, &self.actor.name), &action, ("report_task", &subject));
        audit::record(tx, &entry.detailed(row.unit.to_string()))?;
        let mut read = self.read_tasks(tx.conn, vec![(row, on)], tx.now)?;
        read.pop().ok_or_else(Error::not_found)
    }

    /// One task.
    ///
    /// # Errors
    /// 404.
    pub fn task(&self, conn: &mut Conn, id: i64, now: Stamp) -> Result<Task> {
        let found = self.known_task(conn, id)?;
        let mut read = self.read_tasks(conn, vec![found], now)?;
        read.pop().ok_or_else(Error::not_found)
    }

    /// At most `most` tasks that the actor may know of and `filter` lets through, the newest first.
    ///
    /// # Errors
    /// 403 for whoever reads no reports.
    pub fn tasks(
        &self,
        conn: &mut Conn,
        filter: &Filter,
        (most, now): (i64, Stamp),
    ) -> Result<Vec<Task>> {
        let reads = Reads::of(self.actor);
        if reads == Reads::Nothing {
            return Err(Error::forbidden());
        }
        let found = store::page(conn, &reads, filter, most)?;
        self.read_tasks(conn, found, now)
    }

    /// What was written on any edition of the report of `row`, as far as the actor may know of it, the oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn instructions(&self, conn: &mut Conn, row: &ReportRow, now: Stamp) -> Result<Vec<Task>> {
        let found = store::of_report(conn, &Reads::of(self.actor), row.root)?;
        self.read_tasks(conn, found, now)
    }

    fn read_tasks(
        &self,
        conn: &mut Conn,
        found: Vec<(TaskRow, InstructionRow)>,
        now: Stamp,
    ) -> Result<Vec<Task>> {
        let keys = &self.hotline.keys;
        let ids: Vec<i64> = found.iter().map(|(row, _)| row.id).collect();
        let mut words: BTreeMap<i64, Vec<Word>> = BTreeMap::new();
        for row in store::words(conn, &ids)? {
            let text = open(keys, WORD, row.id, &row.sealed)?;
            let word = Word { step: row.step, text, at: row.at, by: row.by_name };
            words.entry(row.task_id).or_default().push(word);
        }
        let rules = self.hotline.rules.current(conn, now)?;
        let mut periods: BTreeMap<i64, String> = BTreeMap::new();
        let mut leaders: BTreeMap<i64, String> = BTreeMap::new();
        let mut tasks = Vec::with_capacity(found.len());
        for (row, instruction) in found {
            let report = instruction.report_id;
            let period = match periods.entry(report) {
                Place::Occupied(known) => known.get().clone(),
                Place::Vacant(free) => {
                    let there = reports::find(conn, report)?;
                    free.insert(there.map(|it| it.period).unwrap_or_default()).clone()
                }
            };
            let leader = match leaders.entry(instruction.by_id) {
                Place::Occupied(known) => known.get().clone(),
                Place::Vacant(free) => {
                    let login = instruction.by_name.as_str();
                    free.insert(shown(conn, (instruction.by_id, login))?).clone()
                }
            };
            tasks.push(Task {
                leader,
                text: open(keys, INSTRUCTION, instruction.id, &instruction.sealed)?,
                period,
                words: words.remove(&row.id).unwrap_or_default(),
                light: row.light(now),
                overdue: row.is_overdue(now),
                allowed: allowed(&row, self.actor, &rules.directory),
                row,
                instruction,
            });
        }
        Ok(tasks)
    }
}
