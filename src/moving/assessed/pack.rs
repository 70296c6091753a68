//! Moving, assessed: the appeal pack. Its rule: a row a difference, the dearest first; what we hold is shown with
//! the instants of its events, and with nothing that a citizen said or is.

use std::io::Write;
use std::path::Path;

use crate::assessment::facts::ValidSurvey;
use crate::assessment::reconcile::{Answers, Comparison, Line};
use crate::db::Conn;
use crate::error::Result;
use crate::lifecycle::{Hotline, Rules};
use crate::limits::ClockName;
use crate::sheet::{Cell, Column, Form, Writer};
use crate::ticket::{Ticket, store};
use crate::time::Stamp;

/// The columns, with their widths.
pub const COLUMNS: [(&str, u16); 12] = [
    ("工单编号", 18),
    ("市平台编号", 20),
    ("差异", 20),
    ("我方：是否计入", 12),
    ("我方：联系/解决/满意", 24),
    ("市方：是否计入", 12),
    ("市方：联系/解决/满意", 24),
    ("市方：不计入原因", 20),
    ("影响综合得分", 14),
    ("受理时间", 20),
    ("主办单位", 20),
    ("我方证据", 80),
];

pub(super) fn write<W: Write + Send>(
    hotline: &Hotline,
    rules: &Rules,
    comparison: &Comparison,
    form: Form,
    (out, aside): (W, &Path),
) -> Result<()> {
    let columns = COLUMNS.map(|(heading, width)| Column { heading, width });
    let mut writer = Writer::new(form, out, aside, "申诉材料", &columns)?;
    for line in &comparison.lines {
        writer.row(&hotline.db.read(|conn| row(conn, (hotline, rules), line))?)?;
    }
    writer.finish()
}

/// What stands in [`COLUMNS`] of a difference.
///
/// # Errors
/// The database's own.
pub fn row(
    conn: &mut Conn,
    (hotline, rules): (&Hotline, &Rules),
    line: &Line,
) -> Result<Vec<Cell>> {
    let held = match &line.no {
        Some(no) => store::load(conn, rules.vault(&hotline.keys), no)?,
        None => None,
    };
    Ok(cells(line, held.as_ref().map(|it| &it.ticket), rules))
}

fn cells(line: &Line, held: Option<&Ticket>, rules: &Rules) -> Vec<Cell> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let known = |it: Option<&str>| it.map_or(Cell::Empty, text);
    let what: Vec<&str> = line.what.iter().map(|it| it.zh()).collect();
    let said = |survey: Option<ValidSurvey>| survey.map_or(Cell::Empty, |it| Cell::Text(words(it)));
    let zone = rules.profile.zone;
    let at = |at: Stamp| Cell::Moment(at.in_zone(zone).naive_local());
    let lead = held.and_then(|ticket| ticket.final_lead());
    let unit = lead.map(|(_, lead)| {
        let unit = rules.directory.unit(&lead.unit);
        unit.map_or_else(|| lead.unit.to_string(), |it| it.name.clone())
    });
    let theirs = line.theirs.as_ref();
    vec![
        known(line.no.as_deref()),
        known(line.upstream_no.as_deref()),
        Cell::Text(what.join("、")),
        line.ours.map_or(Cell::Empty, |ours| Cell::Truth(ours.counted)),
        said(line.ours.and_then(|ours| ours.survey)),
        theirs.map_or(Cell::Empty, |theirs| Cell::Truth(theirs.counted)),
        theirs.and_then(|theirs| theirs.survey).map_or(Cell::Empty, |it| Cell::Text(named(it))),
        known(theirs.and_then(|theirs| theirs.reason.as_deref())),
        line.cost.map_or_else(|| text("—"), |cost| Cell::Number(cost.as_f64())),
        held.map_or(Cell::Empty, |ticket| at(ticket.received_at)),
        known(unit.as_deref()),
        held.map_or(Cell::Empty, |ticket| Cell::Text(evidence(ticket, rules))),
    ]
}

const fn contacted(it: bool) -> &'static str {
    if it { "已联系" } else { "未联系" }
}

fn words(survey: ValidSurvey) -> String {
    format!("{}/{}/{}", contacted(survey.contacted), survey.solved.zh(), survey.satisfied.zh())
}

/// The answers that the city's list names.
fn named(answers: Answers) -> String {
    match answers {
        Answers::All(survey) => words(survey),
        Answers::Contact(it) => contacted(it).to_owned(),
    }
}

/// What happened when, in order: contacts, replies, surveys, an exclusion.
fn evidence(ticket: &Ticket, rules: &Rules) -> String {
    let mut events: Vec<(Stamp, String)> = Vec::new();
    for assignment in ticket.assignments.values().filter(|it| !it.work.name().is_void()) {
        for contact in &assignment.contacts {
            events.push((contact.at, format!("联系诉求人（{}）", contact.outcome.zh())));
        }
        let handled = assignment.timers.get(&ClockName::Handle).and_then(|it| it.stopped_at);
        let reworked = assignment.reworks.iter().filter_map(|it| it.timer.stopped_at);
        events.extend(handled.into_iter().chain(reworked).map(|at| (at, "答复".to_owned())));
    }
    for attempt in &ticket.attempts {
        let answers = attempt.answers().map(|(contacted, solved, satisfied)| {
            format!("：{}、{}、{}", contacted.zh(), solved.zh(), satisfied.zh())
        });
        let answers = answers.unwrap_or_default();
        events.push((attempt.at, format!("回访（{}{answers}）", attempt.outcome.zh())));
    }
    if let Some(exclusion) = &ticket.exclusion {
        let decided = exclusion.decided_at.unwrap_or(exclusion.asked_at);
        let (reason, stage) = (exclusion.reason.zh(), exclusion.stage.zh());
        events.push((decided, format!("剔除申请（{reason}，{stage}）")));
    }
    events.sort_by_key(|(at, _)| *at);
    let zone = rules.profile.zone;
    let told = events
        .into_iter()
        .map(|(at, what)| format!("{} {what}", at.in_zone(zone).format("%Y-%m-%d %H:%M")));
    told.collect::<Vec<_>>().join("；")
}
