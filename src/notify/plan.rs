//! Notices: who must be told what after a change of a ticket. Its rule: pure, and seen from the
//! ticket before and after alone; whoever works the notice later asks again whether it still holds.

use serde::{Deserialize, Serialize};

use crate::code_enum;
use crate::directory::{Channel, UnitCode};
use crate::identity::Role;
use crate::limits::ClockName;
use crate::ticket::notice::{Told, Whose};
use crate::ticket::overlay::Supervision;
use crate::ticket::sight::is_taken_back;
use crate::ticket::state::{Awaits, State};
use crate::ticket::{Assignment, Noted, Part, Ticket, WorkName};
use crate::time::Stamp;

code_enum! {
    /// What a letter is about; its templates are called so.
    pub enum Occasion {
        Dispatched = "dispatched" "派单",
        Designated = "designated" "指定承办",
        Copied = "copied" "抄送",
        Recalled = "recalled" "收回",
        DisputeDecided = "dispute_decided" "派单异议裁定",
        SentBack = "sent_back" "退回修改",
        Rework = "rework" "重办",
        Urged = "urged" "催办",
        Soon = "soon" "即将到期",
        Overdue = "overdue" "已超期",
        Receipt = "receipt" "受理告知",
        Answered = "answered" "答复告知",
        Survey = "survey" "回访邀请",
        /// Acting before the complaint; the limit it names is a rule.
        Warning = "warning" "未诉先办预警",
        /// What a leader wrote on a report; the limit it names is a task.
        Instructed = "instructed" "领导批示",
        /// A rung of the ladder of supervision was opened; the limit it names is its place in the ticket.
        Supervised = "supervised" "督办",
        /// The answer to one is due soon.
        AnswerDue = "answer_due" "督办反馈即将到期",
        /// A case of the bottom line was opened; the limit it names is the case.
        BottomLine = "bottom_line" "触碰底线",
        /// The answer to one is due soon.
        BottomLineDue = "bottom_line_due" "触碰底线说明即将到期",
        /// The owner of an article is to look at it; the limit it names is the article.
        Charged = "charged" "知识库督办",
        /// The check period of a report with the unit's figures is open; the limit it names is the report and its end.
        Checking = "checking" "专报核对",
        Digest = "digest" "汇总",
        Report = "report" "专报",
    }
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "to", content = "of", rename_all = "snake_case")]
pub enum Addressee {
    /// The people of a unit: its handlers, and its head where it is serious.
    Unit(UnitCode),
    /// Everyone of a central role.
    Role(Role),
    /// Whoever asked.
    Citizen,
}

impl Occasion {
    /// Whether somebody of the staff has to do something now: what wakes them in an emergency.
    pub const fn calls_for_action(self) -> bool {
        matches!(
            self,
            Self::Dispatched
                | Self::Designated
                | Self::DisputeDecided
                | Self::SentBack
                | Self::Rework
                | Self::Urged
                | Self::Soon
                | Self::Overdue
                | Self::Warning
                | Self::Supervised
                | Self::AnswerDue
        )
    }

    /// Whether it says nothing of any ticket: what it is about is asked when it leaves.
    pub const fn has_no_ticket(self) -> bool {
        matches!(
            self,
            Self::Instructed
                | Self::BottomLine
                | Self::BottomLineDue
                | Self::Charged
                | Self::Checking
        )
    }
}

/// Something that somebody has to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    pub occasion: Occasion,
    pub addressee: Addressee,
    /// The assignment it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment: Option<u32>,
    /// The limit it is about, by its name in the ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
}

impl Owed {
    fn unit(occasion: Occasion, k: u32, assignment: &Assignment) -> Self {
        let addressee = Addressee::Unit(assignment.unit.clone());
        Self { occasion, addressee, assignment: Some(k), limit: None }
    }

    const fn citizen(occasion: Occasion) -> Self {
        Self { occasion, addressee: Addressee::Citizen, assignment: None, limit: None }
    }
}

/// Everything that is owed after `before` became `after`; of nothing before, after it came to be.
pub fn owed(before: Option<&Ticket>, after: &Ticket) -> Vec<Owed> {
    let mut all = Vec::new();
    to_units(before, after, &mut all);
    to_supervised(before, after, &mut all);
    limits(before, after, &mut all);
    to_citizen(before, after, &mut all);
    all
}

fn to_units(before: Option<&Ticket>, after: &Ticket, all: &mut Vec<Owed>) {
    for (k, now) in &after.assignments {
        let was = before.and_then(|before| before.assignments.get(k));
        if was == Some(now) {
            continue;
        }
        let occasion = match was {
            None if now.work.name().is_void() => None,
            None => Some(sent(now)),
            Some(was) => moved(was, now),
        };
        // What was taken back with its whole ticket was never told of.
        let occasion = occasion.filter(|it| *it != Occasion::Recalled || !is_withdrawn(after));
        all.extend(occasion.map(|occasion| Owed::unit(occasion, *k, now)));
    }
    // By its own caller, or by one who was merged into it.
    let urges = |ticket: &Ticket, k| ticket.assignments.get(&k).map_or(0, |lead| lead.urges);
    if let Some(k) = after.live_lead()
        && let Some(lead) = after.assignments.get(&k)
        && before.is_some_and(|before| lead.urges > urges(before, k))
    {
        all.push(Owed::unit(Occasion::Urged, k, lead));
    }
}

fn is_withdrawn(ticket: &Ticket) -> bool {
    matches!(ticket.state, State::Withdrawn { .. })
}

/// What a unit is told of an assignment that it has now.
fn sent(now: &Assignment) -> Occasion {
    if now.part == Part::Copy {
        Occasion::Copied
    } else if now.designated {
        Occasion::Designated
    } else {
        Occasion::Dispatched
    }
}

/// What a unit is told of an assignment that was there already.
fn moved(was: &Assignment, now: &Assignment) -> Option<Occasion> {
    match (was.work.name(), now.work.name()) {
        // A dispute that was withdrawn, or passed over, was decided by nobody.
        _ if now.disputes.len() > was.disputes.len() => Some(Occasion::DisputeDecided),
        // What was taken back is theirs again: a merge was undone.
        (WorkName::Recalled, to) if to.is_live() => Some(sent(now)),
        (from, WorkName::Recalled) if from.is_live() => Some(Occasion::Recalled),
        (WorkName::Done, WorkName::Handling) => Some(Occasion::Rework),
        (WorkName::Submitted, WorkName::Handling) => Some(Occasion::SentBack),
        _ => None,
    }
}

/// Each unit that a rung is addressed to is told of it, and once more before its answer is due.
fn to_supervised(before: Option<&Ticket>, after: &Ticket, all: &mut Vec<Owed>) {
    let Some(before) = before else { return };
    for (side, rung) in &after.supervisions {
        if before.supervisions.contains_key(side) {
            continue;
        }
        let occasions = [Some(Occasion::Supervised), rung.due_at.map(|_| Occasion::AnswerDue)];
        for (unit, _) in rung.addressed() {
            for occasion in occasions.into_iter().flatten() {
                let addressee = Addressee::Unit(unit.clone());
                let limit = Some(format!("{RUNG}{side}"));
                all.push(Owed { occasion, addressee, assignment: None, limit });
            }
        }
    }
}

/// How the name of a limit begins that is a rung of the ladder of supervision.
const RUNG: &str = "supervision/";

/// The rung that the limit `name` is.
pub fn rung<'a>(ticket: &'a Ticket, name: &str) -> Option<&'a Supervision> {
    let side = name.strip_prefix(RUNG)?.parse().ok()?;
    ticket.supervisions.get(&side)
}

fn limits(before: Option<&Ticket>, after: &Ticket, all: &mut Vec<Owed>) {
    let new = after.noted.iter().filter(|(limit, told)| {
        before.and_then(|before| before.noted.get(*limit)).is_none_or(|was| was != *told)
    });
    // Of a ticket that was put aside and back, or moved in, nothing is told anew.
    if before.is_none_or(|before| before.noted == after.noted) {
        return;
    }
    for (limit, told) in new {
        let occasion = match told.what {
            Noted::Soon => Occasion::Soon,
            Noted::Overdue => Occasion::Overdue,
        };
        for (addressee, assignment) in owners(after, limit) {
            all.push(Owed { occasion, addressee, assignment, limit: Some(limit.clone()) });
        }
    }
}

/// Whose limit it is. The citizen's own clock is the lead's business, and before there is one the
/// dispatcher's; a survey is the surveyors'.
fn owners(ticket: &Ticket, limit: &str) -> Vec<(Addressee, Option<u32>)> {
    let unit = |k: u32| {
        let assignment = ticket.assignments.get(&k);
        assignment.map(|it| (Addressee::Unit(it.unit.clone()), Some(k)))
    };
    let lead = || ticket.live_lead().or_else(|| ticket.final_lead().map(|(k, _)| k));
    let mut copy = ticket.clone();
    let found = copy.every_limit().into_iter().find(|named| named.limit == limit);
    let Some(named) = found else { return Vec::new() };
    let clock = named.timer.clock;
    match named.whose {
        Whose::Unit(k) => unit(k).into_iter().collect(),
        Whose::Review(k) => vec![(Addressee::Role(desk_of(limit)), Some(k))],
        Whose::Ledger => lead().and_then(unit).into_iter().collect(),
        Whose::Called => {
            let code = limit.rsplit('/').next().unwrap_or_default();
            vec![(Addressee::Unit(UnitCode::from(code)), None)]
        }
        Whose::Ticket if clock == ClockName::Overall => match lead().and_then(unit) {
            Some(lead) => vec![lead],
            None => vec![(Addressee::Role(desk_of(limit)), None)],
        },
        Whose::Ticket => vec![(Addressee::Role(desk_of(limit)), None)],
    }
}

/// The role that a limit concerns where no unit has it.
pub fn desk_of(limit: &str) -> Role {
    if limit == ClockName::Survey.as_str() { Role::Surveyor } else { Role::Dispatcher }
}

fn to_citizen(before: Option<&Ticket>, after: &Ticket, all: &mut Vec<Owed>) {
    if !after.caller.reply_wanted || !can_be_written_to(after) {
        return;
    }
    let Some(before) = before else {
        if is_told_nothing_yet(after) {
            all.push(Owed::citizen(Occasion::Receipt));
        }
        // A direct answer at the desk is spoken; one that was typed elsewhere is sent below.
        // So is what was linked at once to a ticket that was answered before.
        let by_parent = answered_by_parent(after).is_some();
        if after.direct.is_some() || by_parent {
            all.push(Owed::citizen(Occasion::Answered));
        }
        return;
    };
    let direct = after.direct.is_some() && before.direct != after.direct;
    let was_passed =
        |ticket: &Ticket| matches!(ticket.state, State::Surveying { .. } | State::Closed { .. });
    let passed = matches!(before.state, State::Replied { .. } | State::OnLedger { .. })
        && was_passed(after)
        && after.reply.is_some();
    let told = answered_by_parent(after);
    let by_parent = told.is_some() && told != answered_by_parent(before);
    if direct || passed || by_parent {
        all.push(Owed::citizen(Occasion::Answered));
    }
    if awaits_answer(after) && !awaits_answer(before) {
        all.push(Owed::citizen(Occasion::Survey));
    }
}

/// When its citizen was last answered by the words to another's ticket, into which it was merged.
fn answered_by_parent(ticket: &Ticket) -> Option<Stamp> {
    ticket.suspended.as_ref().and_then(|suspended| suspended.answered_at)
}

/// Whether the citizen is being asked the three questions.
pub fn awaits_answer(ticket: &Ticket) -> bool {
    matches!(ticket.state, State::Surveying { awaits: Awaits::Answer })
}

/// Whether there is an address or a mobile to write to.
pub fn can_be_written_to(ticket: &Ticket) -> bool {
    ticket.caller.email.is_some() || mobile(ticket).is_some()
}

/// The caller's mobile number, as it is dialled: eleven digits from 1 on.
pub fn mobile(ticket: &Ticket) -> Option<String> {
    let caller = &ticket.caller;
    let phones = caller.phone.iter().chain(&caller.second_phone);
    phones
        .filter_map(|phone| crate::sealing::normalise_phone(phone.as_str()))
        .find(|digits| digits.len() == 11 && digits.starts_with('1'))
}

/// At the telephone and at the counter the agent says number and code aloud, and the city's platform
/// tells its own callers; everyone else learns them by letter.
fn is_told_nothing_yet(ticket: &Ticket) -> bool {
    !matches!(ticket.channel, Channel::Phone | Channel::Visit | Channel::Platform)
        && ticket.upstream.is_none()
}

/// Whether it is still worth telling `owed` of `ticket` as it is now; `parent` is the ticket it was
/// merged into.
pub fn still_holds(ticket: &Ticket, parent: Option<&Ticket>, owed: &Owed) -> bool {
    let assignment = owed.assignment.and_then(|k| ticket.assignments.get(&k));
    let is_work = |assignment: &Assignment| {
        assignment.is_live() || (assignment.part == Part::Copy && !assignment.work.name().is_void())
    };
    match owed.occasion {
        Occasion::Dispatched
        | Occasion::Designated
        | Occasion::Copied
        | Occasion::SentBack
        | Occasion::Rework
        | Occasion::Urged => assignment.is_some_and(is_work),
        Occasion::Recalled => assignment.is_some_and(|it| it.is(WorkName::Recalled)),
        Occasion::DisputeDecided => assignment.is_some_and(|it| !it.is(WorkName::Disputed)),
        Occasion::Soon | Occasion::Overdue => {
            let limit = owed.limit.as_deref().unwrap_or_default();
            let mut copy = ticket.clone();
            let timers = copy.every_limit();
            let timer = timers.iter().find(|named| named.limit == limit).map(|it| &it.timer);
            let what = if owed.occasion == Occasion::Soon { Noted::Soon } else { Noted::Overdue };
            let is_so = |told: &Told| {
                told.what == what
                    && timer.is_some_and(|it| it.is_open() && it.due_at == told.due_at)
            };
            ticket.state.is_live() && ticket.noted.get(limit).is_some_and(is_so)
        }
        // Number and code of a ticket that is no more lead to nothing.
        Occasion::Receipt => !is_withdrawn(ticket),
        Occasion::Digest
        | Occasion::Report
        | Occasion::Warning
        | Occasion::Instructed
        | Occasion::BottomLine
        | Occasion::BottomLineDue
        | Occasion::Charged
        | Occasion::Checking => true,
        Occasion::Supervised | Occasion::AnswerDue => is_asked(ticket, owed),
        Occasion::Answered => parent.unwrap_or(ticket).answer().is_some(),
        Occasion::Survey => awaits_answer(ticket),
    }
}

/// Whether a rung still wants the unit's word, on a ticket that lives and that the unit has not lost sight of.
fn is_asked(ticket: &Ticket, owed: &Owed) -> bool {
    let Addressee::Unit(unit) = &owed.addressee else { return false };
    let is_wanted = |rung: &Supervision| {
        rung.result.is_none() && rung.addressed().any(|(to, said)| to == unit && said.is_none())
    };
    let mut parts = ticket.assignments.iter();
    let sees =
        parts.any(|(k, a)| a.unit == *unit && a.part != Part::Copy && !is_taken_back(ticket, *k));
    let name = owed.limit.as_deref().unwrap_or_default();
    sees && ticket.state.is_live() && rung(ticket, name).is_some_and(is_wanted)
}
