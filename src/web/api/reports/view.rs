//! Web, `/reports`: how reports are shown. Its rule: ids as text, instants in the site's zone, tickets by number.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::beside::{CaseView, CheckView};
use super::task_view::TaskView;
use crate::assessment::{Categories, GroupBy, Item};
use crate::directory::UnitCode;
use crate::reports::desk::{LOOKED_INTO, Why};
use crate::reports::differ::{Difference, Moved, What};
use crate::reports::document::Value;
use crate::reports::kinds::{Decision, ReportKind};
use crate::reports::said::objection::Objection;
use crate::reports::said::texts::Written;
use crate::reports::store::{ReportRow, StepRow};
use crate::reports::{Changes, Seen, State, Step, Task};

/// A step of which nothing is said.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Whose report, where it is not the whole bureau's.
#[derive(Serialize, ToSchema)]
struct ScopeView {
    by: GroupBy,
    key: String,
}

/// A report in a list.
#[derive(Serialize, ToSchema)]
pub struct ReportLine {
    pub id: String,
    kind: ReportKind,
    /// `2026-10`
    window: String,
    from: String,
    to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<ScopeView>,
    pub state: State,
    pub version: i32,
    /// From 1; a restatement is the next one.
    edition: i32,
    /// The id of the edition that it corrects.
    #[serde(skip_serializing_if = "Option::is_none")]
    restates: Option<String>,
    /// `name@version`
    profile: String,
    /// Where its tickets are counted by other categories than they carry.
    #[serde(skip_serializing_if = "Option::is_none")]
    categories: Option<Categories>,
    /// The instant that its figures are of.
    taken_at: String,
    /// The end of the check period.
    #[serde(skip_serializing_if = "Option::is_none")]
    objections_until: Option<String>,
}

impl ReportLine {
    pub(super) fn of(row: ReportRow, zone: Tz) -> Self {
        let scope = row.scope_by.zip(row.scope_key).map(|(by, key)| ScopeView { by, key });
        Self {
            id: row.id.to_string(),
            kind: row.kind,
            window: row.period,
            from: row.start_at.rfc3339(zone),
            to: row.end_at.rfc3339(zone),
            scope,
            state: row.state,
            version: row.version,
            edition: row.edition,
            restates: row.restates.map(|id| id.to_string()),
            profile: row.profile,
            categories: Some(row.categories).filter(|it| *it == Categories::Remapped),
            taken_at: row.taken_at.rfc3339(zone),
            objections_until: row.objections_until.map(|at| at.rfc3339(zone)),
        }
    }
}

/// Reports, the newest first.
#[derive(Serialize, ToSchema)]
pub struct ReportList {
    pub(super) items: Vec<ReportLine>,
    pub(super) next: Option<String>,
}

/// Something that was done to a report.
#[derive(Serialize, ToSchema)]
struct StepView {
    step: Step,
    at: String,
    /// The login name.
    by: String,
}

impl StepView {
    fn of(row: StepRow, zone: Tz) -> Self {
        Self { step: row.step, at: row.at.rfc3339(zone), by: row.by_name }
    }
}

/// A version of a text.
#[derive(Serialize, ToSchema)]
pub struct TextView {
    pub field: String,
    pub text: String,
    at: String,
    by: String,
}

impl TextView {
    fn of(text: Written, zone: Tz) -> Self {
        Self { field: text.field, text: text.text, at: text.at.rfc3339(zone), by: text.by }
    }
}

/// An objection, masked.
#[derive(Serialize, ToSchema)]
struct ObjectionView {
    id: String,
    /// The ticket; none where it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    no: Option<String>,
    unit: UnitCode,
    at: String,
    by: String,
    /// None where it went with the ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<Decision>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What the reader may do to it now: `decide`.
    allowed: Vec<Step>,
}

impl ObjectionView {
    fn of(it: Objection, zone: Tz) -> Self {
        Self {
            id: it.row.id.to_string(),
            no: it.no,
            unit: it.row.unit,
            at: it.row.at.rfc3339(zone),
            by: it.row.by_name,
            text: it.text,
            decision: it.row.decision,
            decided_at: it.row.decided_at.map(|at| at.rfc3339(zone)),
            decided_by: it.row.decided_name,
            reason: it.answer,
            allowed: if it.may_decide { vec![Step::Decide] } else { Vec::new() },
        }
    }
}

/// A name and a value that must be printed with every figure.
#[derive(Serialize, ToSchema)]
struct MarkLine {
    name: String,
    value: String,
}

/// A report and all that is beside it.
#[derive(Serialize, ToSchema)]
pub struct ReportView {
    #[serde(flatten)]
    pub line: ReportLine,
    /// SHA-256 of the document and of the facts, as they are kept, in hexadecimal.
    document_hash: String,
    facts_hash: String,
    /// The oldest first.
    steps: Vec<StepView>,
    /// Every version, the oldest first: the last one of a field is what the report says.
    pub texts: Vec<TextView>,
    objections: Vec<ObjectionView>,
    /// In the check period: how each unit stands that has figures in it; units find themselves alone.
    checks: Vec<CheckView>,
    /// The typical cases that it offers, for those who read every ticket.
    cases: Vec<CaseView>,
    /// The numbers that were chosen for them and are offered no more since the figures were taken anew; where none of the
    /// choice is left, the rule chooses.
    cases_gone: Vec<String>,
    /// What leaders wrote on it since, a task for each unit; units find their own.
    instructions: Vec<TaskView>,
    marks: Vec<MarkLine>,
    /// What the reader may do to it now.
    pub allowed: Vec<&'static str>,
}

impl ReportView {
    pub(super) fn of(seen: Seen, tasks: Vec<Task>, zone: Tz) -> Self {
        let mark = |(name, value): (String, String)| MarkLine { name, value };
        Self {
            document_hash: crate::sealing::hex(&seen.row.document_hash),
            facts_hash: crate::sealing::hex(&seen.row.facts_hash),
            line: ReportLine::of(seen.row, zone),
            steps: seen.steps.into_iter().map(|row| StepView::of(row, zone)).collect(),
            texts: seen.texts.into_iter().map(|text| TextView::of(text, zone)).collect(),
            objections: seen.objections.into_iter().map(|it| ObjectionView::of(it, zone)).collect(),
            checks: seen.checks.into_iter().map(|it| CheckView::of(it, zone)).collect(),
            cases: seen.cases.into_iter().map(CaseView::of).collect(),
            cases_gone: seen.cases_gone,
            instructions: tasks.into_iter().map(|task| TaskView::of(task, zone)).collect(),
            marks: seen.marks.into_iter().map(mark).collect(),
            allowed: seen.allowed,
        }
    }
}

/// A ticket, or one assignment of it, behind a cell.
#[derive(Serialize, ToSchema)]
pub struct BehindItem {
    /// None of a ticket that was taken back with its import since.
    #[serde(skip_serializing_if = "Option::is_none")]
    no: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment: Option<String>,
    weight: f64,
}

impl BehindItem {
    pub(super) fn of(item: &Item, numbers: &HashMap<i64, String>) -> Self {
        let (no, assignment) = named(item.ticket, item.assignment, numbers);
        Self { no, assignment, weight: item.weight }
    }
}

fn named(
    ticket: i64,
    assignment: Option<i64>,
    numbers: &HashMap<i64, String>,
) -> (Option<String>, Option<String>) {
    let no = numbers.get(&ticket).cloned();
    let assignment = no.as_ref().zip(assignment).map(|(no, k)| format!("{no}-{k}"));
    (no, assignment)
}

/// A page of what lies behind a cell.
#[derive(Serialize, ToSchema)]
pub struct BehindView {
    pub(super) items: Vec<BehindItem>,
    pub(super) next: Option<String>,
    /// What the cell's table, row and column are called, for a page's heading.
    #[serde(skip)]
    pub words: [String; 3],
}

impl BehindView {
    /// The numbers of the tickets that the page names.
    pub fn numbers(&self) -> Vec<String> {
        self.items.iter().filter_map(|item| item.no.clone()).collect()
    }
}

/// What a ticket adds to both sides of a cell; of a score, to the rates that it is made of.
#[derive(Serialize, ToSchema)]
struct WeightView {
    num: f64,
    den: f64,
}

/// A ticket whose weight in a cell differs.
#[derive(Serialize, ToSchema)]
struct MovedView {
    #[serde(skip_serializing_if = "Option::is_none")]
    no: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment: Option<String>,
    before: WeightView,
    after: WeightView,
}

impl MovedView {
    fn of(moved: &Moved, numbers: &HashMap<i64, String>) -> Self {
        let (no, assignment) = named(moved.ticket, moved.assignment, numbers);
        let [before, after] =
            [moved.before, moved.after].map(|it| WeightView { num: it.num, den: it.den });
        Self { no, assignment, before, after }
    }
}

/// One difference.
#[derive(Serialize, ToSchema)]
struct DifferenceView {
    what: What,
    table: String,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    /// As the document has it: `{"count": 3}`, `{"ratio": {num, den, value}}`, `"none"` …
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
    /// For those who read every ticket.
    tickets: Vec<MovedView>,
}

/// Something that happened to a ticket between the two.
#[derive(Serialize, ToSchema)]
struct WhyView {
    at: String,
    command: String,
    actor: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<UnitCode>,
}

impl WhyView {
    fn of(why: &Why, zone: Tz) -> Self {
        let Why { at, command, actor, unit } = why;
        Self {
            at: at.rfc3339(zone),
            command: command.clone(),
            actor: actor.clone(),
            unit: unit.clone(),
        }
    }
}

/// What a restatement changed; nothing of a first edition, or where the one before is not there for the reader.
#[derive(Default, Serialize, ToSchema)]
pub struct DifferencesView {
    /// The id of the edition that it corrects.
    restates: Option<String>,
    /// `name@version` before and after: where they differ, figures may without any event.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<[String; 2]>,
    /// The instants that the figures are of, before and after.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_at: Option<[String; 2]>,
    items: Vec<DifferenceView>,
    /// What happened to the tickets that moved, by number: of none where a limit ran out meanwhile, or an objection was
    /// upheld.
    events: BTreeMap<String, Vec<WhyView>>,
    /// How many of the tickets that moved are not looked into here.
    not_looked_into: usize,
}

impl DifferencesView {
    pub(super) fn of(changes: &Changes, numbers: &HashMap<i64, String>, zone: Tz) -> Self {
        let Changes { before, after, differences, why } = changes;
        let moved: BTreeSet<i64> =
            differences.iter().flat_map(|it| &it.moved).map(|moved| moved.ticket).collect();
        let events = why.iter().filter_map(|(ticket, why)| {
            let no = numbers.get(ticket)?.clone();
            Some((no, why.iter().map(|why| WhyView::of(why, zone)).collect()))
        });
        let item = |it: &Difference| DifferenceView {
            what: it.what,
            table: it.table.clone(),
            title: it.title.clone(),
            row: it.row.clone(),
            column: it.column.clone(),
            before: it.before.clone(),
            after: it.after.clone(),
            tickets: it.moved.iter().map(|moved| MovedView::of(moved, numbers)).collect(),
        };
        Self {
            restates: Some(before.id.to_string()),
            profile: Some([before.profile.clone(), after.profile.clone()]),
            taken_at: Some([before.taken_at.rfc3339(zone), after.taken_at.rfc3339(zone)]),
            items: differences.iter().map(item).collect(),
            events: events.collect(),
            not_looked_into: moved.len().saturating_sub(LOOKED_INTO),
        }
    }
}
