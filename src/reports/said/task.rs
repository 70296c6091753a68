//! Reports: what a leader writes on one 批示, as a task of each unit that it is addressed to. Its rule: who answers never
//! decides; it comes after the report and changes no word of it.

pub mod doing;
pub mod store;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Deserialize;
use utoipa::ToSchema;

use self::store::{InstructionRow, TaskRow};
use crate::directory::{Directory, UnitCode, UnitKind};
use crate::error::{Error, FieldError, Kind, Result};
use crate::identity::{Actor, Role};
use crate::limits::{Calendar, Light};
use crate::reports::kinds::{TaskState, TaskStep};
use crate::ticket::Text;
use crate::ticket::sight::is_of;
use crate::time::Stamp;

/// An instruction on its way.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Instructing {
    pub text: Text,
    /// Who has to answer: 1 to 100 units.
    #[schema(value_type = Vec<String>)]
    pub units: Vec<UnitCode>,
    /// The last day for the answer; where nothing is said, so many workdays from now as the site has chosen.
    pub due_on: Option<NaiveDate>,
}

/// What a unit answers.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Answering {
    pub text: Text,
}

/// That the answer will do.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Accepting {
    pub text: Option<Text>,
}

/// Why the answer will not do.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendingBack {
    pub text: Text,
    /// Another last day; where nothing is said the one before stays, or, where that is over, so many workdays from now as
    /// the site has chosen.
    pub due_on: Option<NaiveDate>,
}

/// How many days ahead an answer may be due at most.
const FARTHEST: i64 = 366;
/// To how many units one instruction is addressed at most.
const MOST: usize = 100;
/// Who decides about an answer: the leader's office.
const DECIDERS: [Role; 2] = [Role::Leader, Role::Reviewer];

/// A task as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    pub row: TaskRow,
    pub instruction: InstructionRow,
    /// What the leader wrote.
    pub text: String,
    /// What the leader is called on paper.
    pub leader: String,
    /// The name of the report's window.
    pub period: String,
    /// What was said since, the oldest first.
    pub words: Vec<Word>,
    pub light: Light,
    pub overdue: bool,
    /// What whoever reads it may do to it now, by its name in the URL.
    pub allowed: Vec<&'static str>,
}

/// Something that was said to a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub step: TaskStep,
    pub text: String,
    pub at: Stamp,
    /// The login name.
    pub by: String,
}

impl TaskRow {
    /// Whether the unit owes an answer that was due before `now`.
    pub fn is_overdue(&self, now: Stamp) -> bool {
        self.state == TaskState::Open && now > self.due_at
    }

    /// How it stands at `now`; what is answered stays as it was then.
    pub fn light(&self, now: Stamp) -> Light {
        match (self.state, self.answered_at) {
            (TaskState::Open, _) | (_, None) => {
                Light::of(Some(self.soon_at), Some(self.due_at), now)
            }
            (_, Some(answered)) if answered > self.due_at => Light::Red,
            _ => Light::Green,
        }
    }
}

/// Whether `actor` may do `step` to the task of `row`, whatever its state: nobody of the unit or below it decides.
fn require(step: TaskStep, row: &TaskRow, actor: &Actor, directory: &Directory) -> Result<()> {
    if actor.company {
        return Err(Error::forbidden());
    }
    match step {
        TaskStep::Answer => {
            actor.require(&[Role::UnitHead])?;
            let own = actor.works_for(&row.unit);
            if own { Ok(()) } else { Err(Error::new(Kind::Forbidden, "report.task_not_yours")) }
        }
        TaskStep::Accept | TaskStep::SendBack => {
            actor.require(&DECIDERS)?;
            row.answered_by.map_or(Ok(()), |by| actor.require_other_than(by))?;
            if is_of(actor, &row.unit, directory) {
                return Err(Error::new(Kind::Forbidden, "report.task_own_unit"));
            }
            Ok(())
        }
    }
}

fn allowed(row: &TaskRow, actor: &Actor, directory: &Directory) -> Vec<&'static str> {
    let may = |step: &&TaskStep| {
        step.from() == row.state && require(**step, row, actor, directory).is_ok()
    };
    TaskStep::ALL.iter().filter(may).map(|step| step.as_str()).collect()
}

/// The last instant for an answer, and from when its light is yellow, as those of every limit of workdays.
fn due(
    calendar: &Calendar,
    now: Stamp,
    (day, workdays): (Option<NaiveDate>, u32),
) -> Result<(Stamp, Stamp)> {
    let zone = calendar.zone();
    let today = now.day(zone);
    if day.is_some_and(|day| day.signed_duration_since(today).num_days() > FARTHEST) {
        return Err(Error::field("/due_on", "field.too_far"));
    }
    let due = day.map_or_else(|| calendar.due(now, workdays), |day| Stamp::end_of(day, zone));
    if due <= now {
        return Err(Error::field("/due_on", "field.in_past"));
    }
    let last = due.day(zone);
    let length = calendar.workdays_between(calendar.counted_start(now), last);
    let soon = calendar.nth_last_workday(last, (length / 4).max(1));
    Ok((due, Stamp::start_of(soon, zone)))
}

/// Whom it is addressed to, each once.
fn addressed(asked: &[UnitCode], directory: &Directory, today: NaiveDate) -> Result<Vec<UnitCode>> {
    if asked.is_empty() {
        return Err(Error::field("/units", "field.required"));
    }
    if asked.len() > MOST {
        return Err(Error::field("/units", "field.too_long"));
    }
    let answers = |code: &UnitCode| {
        let unit = directory.unit(code).filter(|unit| unit.span.holds_on(today));
        unit.is_some_and(|unit| unit.kind != UnitKind::CommunityCommittee)
            // A company reads no report.
            && !directory.is_company(code)
    };
    let mut units: Vec<UnitCode> = Vec::new();
    let mut wrong = Vec::new();
    for (nth, code) in asked.iter().enumerate() {
        if !answers(code) {
            wrong.push(FieldError::new(format!("/units/{nth}"), "field.unknown_code"));
        } else if !units.contains(code) {
            units.push(code.clone());
        }
    }
    if wrong.is_empty() { Ok(units) } else { Err(Error::invalid(wrong)) }
}

/// The instructions as they are printed below a report: what was written, and how far each unit has come.
pub fn told(tasks: &[Task], zone: Tz, directory: &Directory) -> Vec<String> {
    let mut told: Vec<(i64, String)> = Vec::new();
    for task in tasks {
        let Task { row, instruction, text, leader, .. } = task;
        if told.last().is_none_or(|(id, _)| *id != instruction.id) {
            let day = instruction.at.day(zone);
            told.push((instruction.id, format!("{day} {leader}：{text}")));
        }
        let name = directory.unit(&row.unit).map_or(row.unit.as_str(), |unit| unit.name.as_str());
        let late = if task.overdue { "，已超期" } else { "" };
        let (due, state) = (row.due_at.day(zone), row.state.zh());
        if let Some((_, lines)) = told.last_mut() {
            *lines += &format!("\n承办：{name}，{due}前答复，{state}{late}。");
        }
    }
    told.into_iter().map(|(_, lines)| lines).collect()
}

#[cfg(test)]
mod tests;
