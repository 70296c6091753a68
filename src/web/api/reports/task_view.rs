//! Web, reports: how a task of a unit is shown. Its rule: the words as they are, since whoever sees a task owes or
//! judges its answer.

use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use crate::directory::UnitCode;
use crate::limits::Light;
use crate::reports::Task;
use crate::reports::kinds::{TaskState, TaskStep};
use crate::reports::said::task::Word;

/// Something that was said to a task.
#[derive(Serialize, ToSchema)]
pub(super) struct WordView {
    pub(super) step: TaskStep,
    pub(super) text: String,
    pub(super) at: String,
    /// The login name.
    pub(super) by: String,
}

impl WordView {
    fn of(word: Word, zone: Tz) -> Self {
        Self { step: word.step, text: word.text, at: word.at.rfc3339(zone), by: word.by }
    }
}

/// What a unit owes to a leader's instruction.
#[derive(Serialize, ToSchema)]
pub struct TaskView {
    id: String,
    /// The same of all tasks of one instruction.
    instruction: String,
    /// The report that it was written on, and its window.
    report: String,
    pub(super) window: String,
    pub(super) text: String,
    pub(super) at: String,
    /// The login name.
    pub(super) by: String,
    pub(super) unit: UnitCode,
    pub(super) state: TaskState,
    version: i32,
    pub(super) due_at: String,
    pub(super) light: Light,
    pub(super) overdue: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) answered_at: Option<String>,
    /// The oldest first.
    pub(super) words: Vec<WordView>,
    /// What the reader may do to it now.
    allowed: Vec<&'static str>,
}

impl TaskView {
    pub(super) fn of(task: Task, zone: Tz) -> Self {
        let Task { row, instruction, .. } = task;
        Self {
            id: row.id.to_string(),
            instruction: instruction.id.to_string(),
            report: instruction.report_id.to_string(),
            window: task.period,
            text: task.text,
            at: instruction.at.rfc3339(zone),
            by: instruction.by_name,
            unit: row.unit,
            state: row.state,
            version: row.version,
            due_at: row.due_at.rfc3339(zone),
            light: task.light,
            overdue: task.overdue,
            answered_at: row.answered_at.map(|at| at.rfc3339(zone)),
            words: task.words.into_iter().map(|word| WordView::of(word, zone)).collect(),
            allowed: task.allowed,
        }
    }
}
