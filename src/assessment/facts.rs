//! Assessment: the flat facts that figures are made of (domain.md §6). Its rule: a fact says what
//! happened and when, never whether it counts; only `shares.rs` decides that.
//!
//! Each struct maps one to one on columns of the projection tables, filled in by the one recording
//! function. The loader may hand over more facts than a window needs (each formula looks at the
//! instants itself), never fewer:
//!
//! | Facts | At least the rows with |
//! |---|---|
//! | [`TicketFact`] | `received_at < end` and (`received_at >= start`, or `ended_at` null or `>= start`) |
//! | [`AssignmentFact`] | `sent_at`, `handle_due_at`, `rework1_due_at` or `rework2_due_at` in `[start, end)`; not role copy |
//! | [`ContactFact`] | `at` in `[start, end)` |
//! | [`WhistleFact`] | `called_at` in `[start, end)` |
//! | [`LedgerFact`] | `approved_at < end` and (not ended, or ended `>= start`) |
//!
//! A frozen report keeps them by the names of their fields: a field that is new needs a `#[serde(default)]`.

use serde::{Deserialize, Serialize};

pub use super::names::{Names, Sym};
use crate::code_enum;
use crate::directory::{AssessmentClass, Kind};
pub use crate::ticket::overlay::{Satisfied, Solved};
pub use crate::ticket::{Part, StateName, WorkName};
use crate::time::Stamp;

code_enum! {
    /// What a table of figures has a row for.
    pub enum GroupBy {
        Unit = "unit" "承办单位",
        Head = "head" "一把手",
        Category = "category" "类别",
        Estate = "estate" "小区",
        Company = "company" "物业公司",
        Region = "region" "区域",
        Channel = "channel" "渠道",
    }
}

code_enum! {
    /// Which tickets count: every one, or without the approved exclusions.
    pub enum Edition {
        All = "all" "全量",
        Assessed = "assessed" "考核",
    }
}

code_enum! {
    /// Where a ticket stands, as far as figures care; every live state is one.
    pub enum Standing {
        Live = "live" "在办",
        Closed = "closed" "办结",
        Declined = "declined" "不予受理",
        Diverted = "diverted" "转紧急",
        Withdrawn = "withdrawn" "撤单",
        Merged = "merged" "并单",
    }
}

impl From<StateName> for Standing {
    fn from(state: StateName) -> Self {
        match state {
            StateName::Closed => Self::Closed,
            StateName::Declined => Self::Declined,
            StateName::Diverted => Self::Diverted,
            StateName::Withdrawn => Self::Withdrawn,
            StateName::Merged => Self::Merged,
            _ => Self::Live,
        }
    }
}

impl From<WorkName> for Fate {
    fn from(work: WorkName) -> Self {
        match work {
            WorkName::Done => Self::Done,
            WorkName::Returned => Self::Returned,
            WorkName::Recalled => Self::Recalled,
            _ => Self::Live,
        }
    }
}

impl Standing {
    /// Ended without being dealt with: counted apart, in no rate of the survey.
    pub const fn is_apart(self) -> bool {
        matches!(self, Self::Declined | Self::Diverted | Self::Withdrawn | Self::Merged)
    }
}

code_enum! {
    /// What became of an assignment.
    pub enum Fate {
        Live = "live" "在办",
        Done = "done" "办结",
        Returned = "returned" "退回",
        Recalled = "recalled" "收回",
    }
}

impl Fate {
    /// Void: out of the rates (the return rate apart).
    pub const fn is_void(self) -> bool {
        matches!(self, Self::Returned | Self::Recalled)
    }
}

/// The keys a fact is grouped by. A ticket's `unit` and `head` are those of its final lead: the
/// last lead by `sent_at` that was not returned or recalled (of one instant, the larger id); an
/// assignment's are its own. `head` is the unit's head in office at `sent_at`. All others are the
/// ticket's, `company` the estate's at `received_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Keys {
    pub unit: Sym,
    pub head: Sym,
    pub category: Sym,
    pub estate: Sym,
    pub company: Sym,
    pub region: Sym,
    pub channel: Sym,
}

impl Keys {
    /// The same for a unit of the ticket, with its head.
    #[must_use]
    pub fn of_unit(self, unit: &str, head: Option<&str>, names: &mut Names) -> Self {
        Self { unit: names.intern(unit), head: names.intern_some(head), ..self }
    }
    pub const fn of(&self, by: GroupBy) -> Sym {
        match by {
            GroupBy::Unit => self.unit,
            GroupBy::Head => self.head,
            GroupBy::Category => self.category,
            GroupBy::Estate => self.estate,
            GroupBy::Company => self.company,
            GroupBy::Region => self.region,
            GroupBy::Channel => self.channel,
        }
    }
}

/// One valid survey: reached, and all three answered (domain.md §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidSurvey {
    pub contacted: bool,
    pub solved: Solved,
    pub satisfied: Satisfied,
}

impl ValidSurvey {
    /// Reads the column `ticket.survey`: `contacted:solved:satisfied`.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let contacted = parts.next()? == "yes";
        let (solved, satisfied) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Self { contacted, solved, satisfied })
    }
}

/// A time the ticket was not live before it was reopened: ended at `ended_at`, live again from
/// `reopened_at`. A merge that was unmerged leaves none ("as if it had never been").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    pub ended_at: Stamp,
    pub reopened_at: Stamp,
}

impl Gap {
    /// Reads the column `ticket.gaps`: `ended:reopened` in milliseconds, joined by `,`; what is
    /// no gap is left out.
    pub fn read(text: &str) -> Box<[Self]> {
        let one = |part: &str| {
            let (ended, reopened) = part.split_once(':')?;
            Some(Self {
                ended_at: Stamp::from_millis(ended.parse().ok()?),
                reopened_at: Stamp::from_millis(reopened.parse().ok()?),
            })
        };
        text.split(',').filter_map(one).collect()
    }
}

/// A row of `ticket`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TicketFact {
    /// `ticket.id`; the number is looked up where a drill-down shows it.
    pub id: i64,
    /// `state`.
    pub standing: Standing,
    /// `received_at`: upstream's where given.
    pub received_at: Stamp,
    /// `ended_at`: when the ticket last left the live states (closed, declined, diverted,
    /// withdrawn, merged); null while live. For a closed ticket it is the last `closed_at`.
    pub ended_at: Option<Stamp>,
    /// `gaps`: earlier ends that a reopening undid, by [`Gap::read`].
    pub gaps: Box<[Gap]>,
    pub keys: Keys,
    /// `kind`.
    pub kind: Kind,
    /// `assessment_class`: the class in force (direct answers, consult and praise: by profile).
    pub class: AssessmentClass,
    /// `excluded`: the reason of the exclusion that stands approved; null else (also while asked).
    pub excluded: Sym,
    /// `direct`: closed (or being surveyed) by `answer` in accepted, without a dispatch since.
    pub direct: bool,
    /// `first_solved`: "solved?" of the first valid survey.
    pub first_solved: Option<Solved>,
    /// `contacted, solved, satisfied`: the last valid survey (by its instant, then its order).
    pub survey: Option<ValidSurvey>,
    /// `handled_ms`: working milliseconds from `received_at` to the first passed review or the
    /// direct answer, whichever is first, less the working milliseconds on the ledger between.
    pub handled_ms: Option<i64>,
    /// `received_at` of the latest ticket received strictly before this one from the
    /// same caller (phone hash) about the same matter (leaf category and estate, else region), as far
    /// back as was asked for when the facts were loaded.
    pub earlier_at: Option<Stamp>,
    /// `flagged`: any bottom-line flag, by a survey of whatever outcome or by `flag`.
    pub flagged: bool,
}

impl TicketFact {
    /// Whether it was live just before `at`: an end or a reopening at `at` itself is not yet.
    pub fn live_before(&self, at: Stamp) -> bool {
        self.received_at < at
            && self.ended_at.is_none_or(|ended| ended >= at)
            && !self.gaps.iter().any(|gap| gap.ended_at < at && gap.reopened_at >= at)
    }
}

/// A handle or rework clock of an assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Run {
    /// `…_due_at`: the last due instant, with all extensions and pauses; null where there is no
    /// such clock, or where it was called off before it was due (the ticket withdrawn).
    pub due_at: Option<Stamp>,
    /// `…_stopped_at`: the last submission (a send-back sets it to null again); for the handle
    /// clock not later than the ticket's first passed review: a rework leaves it alone.
    pub stopped_at: Option<Stamp>,
    /// `…_missed`: some lap before ended late or was running at its due instant: stays missed.
    pub missed: bool,
}

/// A row of `assignment` with its ticket's keys (a join).
#[expect(clippy::struct_excessive_bools, reason = "flat columns of a row, each on its own")]
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AssignmentFact {
    /// `assignment.id`.
    pub id: i64,
    /// `assignment.ticket_id`.
    pub ticket: i64,
    /// The assignment's own `unit` and `head`; the rest from the ticket.
    pub keys: Keys,
    /// `ticket.excluded`.
    pub excluded: Sym,
    /// `role`.
    pub part: Part,
    /// `parent_id` is not null: passed on to a sub-unit, in no rate.
    pub is_sub: bool,
    /// `is_final`: the lead that the ticket's metrics belong to (see [`Keys`]).
    pub is_final: bool,
    /// `state` as far as figures care. The end of a ticket by withdrawal leaves it as it was
    /// (not recalled), since the withdrawal rate is shown per lead; a merge recalls it.
    pub fate: Fate,
    /// `ticket.state = withdrawn`.
    pub withdrawn: bool,
    /// `sent_at`.
    pub sent_at: Stamp,
    /// `sign_due_at`, `signed_at`.
    pub sign_due_at: Option<Stamp>,
    pub signed_at: Option<Stamp>,
    /// `contact_due_at` (null where no contact is owed), `contacted_at` (the clock's stop).
    pub contact_due_at: Option<Stamp>,
    pub contacted_at: Option<Stamp>,
    /// `handle_due_at, handle_stopped_at, handle_missed`.
    pub handle: Run,
    /// `rework1_…`, `rework2_…`: the clocks after the first and the second bad survey.
    pub reworks: [Run; 2],
    /// `paused`: its open handle or rework clock stands still now (the ticket is on the ledger).
    pub paused: bool,
    /// `urges`: urges of the ticket while this was its lead.
    pub urges: i32,
    /// `extensions`: approved ones.
    pub extensions: i32,
    /// `rework_count`: times sent back after a survey.
    pub rework_count: i32,
}

/// One recorded contact entry of an assignment, whatever its outcome (table `contact`:
/// `ticket_id, assignment_id, at` = the instant of recording).
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct ContactFact {
    pub ticket: i64,
    pub assignment: i64,
    pub at: Stamp,
    /// The assignment's own unit and head; the rest from the ticket.
    pub keys: Keys,
    pub excluded: Sym,
    /// `parent_id` is not null.
    pub is_sub: bool,
    /// Of the assignment: a returned one is void and leaves this figure too.
    pub fate: Fate,
}

/// One whistle to one called unit (table `whistle`).
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct WhistleFact {
    pub ticket: i64,
    /// `unit` and `head` are the called unit's; the rest from the ticket.
    pub keys: Keys,
    /// The street that called, and its head.
    pub caller: Sym,
    pub caller_head: Sym,
    pub excluded: Sym,
    pub called_at: Stamp,
    /// The end of the n workdays ⚙ for reporting in, from `limits`.
    pub due_at: Stamp,
    pub answered_at: Option<Stamp>,
}

/// One stay on the ledger (table `ledger`), from its approval.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct LedgerFact {
    pub ticket: i64,
    /// The ticket's, so by its final lead.
    pub keys: Keys,
    pub excluded: Sym,
    pub approved_at: Stamp,
    /// At most one of the two is set. Any other end of the ticket while on the ledger cancels.
    pub written_off_at: Option<Stamp>,
    pub cancelled_at: Option<Stamp>,
}

/// All facts of a question, with the codes behind their keys.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Facts {
    pub names: Names,
    pub tickets: Vec<TicketFact>,
    pub assignments: Vec<AssignmentFact>,
    pub contacts: Vec<ContactFact>,
    pub whistles: Vec<WhistleFact>,
    pub ledger: Vec<LedgerFact>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_read_as_they_were_written() {
        let gap =
            |a, b| Gap { ended_at: Stamp::from_millis(a), reopened_at: Stamp::from_millis(b) };
        assert_eq!(&*Gap::read("5:9,20:31"), &[gap(5, 9), gap(20, 31)]);
        assert!(Gap::read("").is_empty());
    }

    #[test]
    fn each_live_state_is_one_standing() {
        let live = StateName::ALL.iter().filter(|state| Standing::from(**state) == Standing::Live);
        assert!(live.clone().all(|state| state.is_live()));
        assert_eq!(live.count(), 6);
    }
}
