//! Ticket: the side machines that run beside its state: surveys, ledger, exclusion, supervision,
//! whistles (domain.md §2–§6).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::state::{Awaits, Work};
use crate::code_enum;
use crate::directory::UnitCode;
use crate::limits::Timer;
use crate::time::Stamp;

code_enum! {
    /// What came of asking the citizen.
    pub enum Outcome {
        Reached = "reached" "接通",
        NoAnswer = "no_answer" "无人接听",
        Unreachable = "unreachable" "无法接通",
        Refused = "refused" "拒绝回访",
        NotTheCaller = "not_the_caller" "非本人",
        TooEarly = "too_early" "尚未办理完",
    }
}
code_enum! {
    pub enum Contacted { Yes = "yes" "联系了", No = "no" "没有联系" }
}
code_enum! {
    pub enum Solved {
        Solved = "solved" "已解决",
        Basic = "basic" "基本解决",
        Unsolved = "unsolved" "未解决",
    }
}
code_enum! {
    pub enum Satisfied {
        Satisfied = "satisfied" "满意",
        Basic = "basic" "基本满意",
        Dissatisfied = "dissatisfied" "不满意",
    }
}
code_enum! {
    /// 触碰底线: what a unit may never do.
    pub enum BottomLine {
        PhoneDead = "phone_dead" "电话不通",
        BadAttitude = "bad_attitude" "态度不好",
        PolicyUnfamiliar = "policy_unfamiliar" "政策不熟",
    }
}
code_enum! {
    /// How the citizen was asked; only the phone script uses an attempt.
    pub enum Way { Phone = "phone" "电话", Link = "link" "链接", Sms = "sms" "短信", Web = "web" "网页" }
}

/// One try to ask the citizen the three questions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    pub at: Stamp,
    pub by: i64,
    pub way: Way,
    /// Which round: 0 before any rework, then 1, 2.
    pub round: u32,
    pub outcome: Outcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contacted: Option<Contacted>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solved: Option<Solved>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfied: Option<Satisfied>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bottom_line: Vec<BottomLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompted: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When the citizen asked to be rung again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again_at: Option<Stamp>,
}

impl Attempt {
    /// The three answers, where the survey is valid: reached, and all three answered (domain.md §5).
    pub fn answers(&self) -> Option<(Contacted, Solved, Satisfied)> {
        match (self.outcome, self.contacted, self.solved, self.satisfied) {
            (Outcome::Reached, Some(contacted), Some(solved), Some(satisfied)) => {
                Some((contacted, solved, satisfied))
            }
            _ => None,
        }
    }
    /// Unsolved or dissatisfied: a reviewer triages it.
    pub fn is_bad(&self) -> bool {
        self.answers().is_some_and(|(_, solved, satisfied)| {
            solved == Solved::Unsolved || satisfied == Satisfied::Dissatisfied
        })
    }
}

code_enum! {
    /// Why a matter is not solved.
    pub enum Why {
        NoPower = "no_power" "无权处理",
        NoMoney = "no_money" "资金不足",
        LawOrPolicy = "law_or_policy" "法规政策限制",
        ThirdParty = "third_party" "第三方原因",
        StillWaiting = "still_waiting" "仍在办理",
        Refused = "refused" "诉求人不接受",
        PoorWork = "poor_work" "办理不力",
    }
}

/// What became of a bad survey: as a reviewer triaged it, or as the profile sent it back by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Triage {
    pub at: Stamp,
    /// As the reviewer said; nothing where nobody was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    pub rework: bool,
}

/// A promise in a reply: the survey waits until after that day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    pub what: String,
    pub on: NaiveDate,
}

code_enum! {
    pub enum LedgerStage {
        ToEndorse = "to_endorse" "待负责人签批",
        ToDecide = "to_decide" "待审核",
        Refused = "refused" "未同意",
        Running = "running" "挂账中",
        ProvenDone = "proven_done" "待销号审核",
        WrittenOff = "written_off" "已销号",
        Cancelled = "cancelled" "已撤销",
    }
}

/// A hard case with a plan and a promised day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    pub grounds: String,
    pub plan: String,
    pub promised_on: NaiveDate,
    pub asked_at: Stamp,
    pub asked_by: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endorsed_by: Option<i64>,
    pub stage: LedgerStage,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Stamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Stamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed_at: Option<Stamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timer: Option<Timer>,
    /// Until when the unit says what has happened since; none where the promise is due before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress_timer: Option<Timer>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub progress: Vec<Said>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
}

impl Ledger {
    /// The limit of the next word about it, while that is owed: a promise that was missed is asked about otherwise.
    pub fn owed_progress(&self) -> Option<&Timer> {
        let is_owed = self.stage == LedgerStage::Running && self.missed_at.is_none();
        self.progress_timer.as_ref().filter(|timer| is_owed && timer.is_open())
    }
}

/// A text that somebody left at some time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Said {
    pub at: Stamp,
    pub by: String,
    pub text: String,
}

/// A note on the ticket, for staff or for the citizen too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    pub at: Stamp,
    pub by: String,
    pub text: String,
    pub public: bool,
}

code_enum! {
    /// Why a ticket leaves the assessment.
    pub enum ExclusionReason {
        BeyondPower = "beyond_power" "超出职权",
        LegalOrPetition = "legal_or_petition" "司法信访途径",
        AnsweredInWriting = "answered_in_writing" "已书面答复",
        CallerUncooperative = "caller_uncooperative" "诉求人不配合",
        AgainstLaw = "against_law" "违反法律规定",
        Ledger = "ledger" "已挂账",
        ForceMajeure = "force_majeure" "不可抗力",
        Vexatious = "vexatious" "恶意重复诉求",
        DispatchError = "dispatch_error" "派单错误",
    }
}
code_enum! {
    pub enum ExclusionStage {
        ToEndorse = "to_endorse" "待负责人签批",
        ToDecide = "to_decide" "待审核",
        ToConfirm = "to_confirm" "待第二人确认",
        Approved = "approved" "已剔除",
        Refused = "refused" "未同意",
        Appealed = "appealed" "申诉中",
        RefusedFinally = "refused_finally" "申诉未同意",
    }
}

/// A request that a ticket leave the assessment; it counts until decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exclusion {
    pub reason: ExclusionReason,
    pub evidence: String,
    pub asked_at: Stamp,
    pub asked_by: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endorsed_by: Option<i64>,
    pub stage: ExclusionStage,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<i64>,
    /// The second reviewer, where it was refused after the first had approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_by: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Stamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appealed_by: Option<i64>,
}

code_enum! {
    /// The ladder of supervision.
    pub enum Step {
        Urge = "urge" "催办",
        Supervise = "supervise" "督办",
        Interview = "interview" "约谈",
        Circular = "circular" "通报",
    }
}

/// One rung of the ladder, opened on a ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Supervision {
    pub step: Step,
    pub text: String,
    pub opened_at: Stamp,
    pub opened_by: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Stamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Said>,
    /// Of a joint one: the other units it is addressed to, each answering for itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Joined>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Said>,
}

/// A further unit that a supervision is addressed to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Joined {
    pub unit: UnitCode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Said>,
}

impl Supervision {
    /// The units that it is addressed to, each with its answer; the lead first, where it is among them.
    pub fn addressed(&self) -> impl Iterator<Item = (&UnitCode, Option<&Said>)> {
        let first = self.unit.iter().map(|unit| (unit, self.answer.as_ref()));
        first.chain(self.others.iter().map(|one| (&one.unit, one.answer.as_ref())))
    }
}

/// One unit that was called to come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Called {
    pub unit: UnitCode,
    /// Its head when it was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    pub timer: Timer,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived_at: Option<Stamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
}

/// 吹哨: a street calls departments to come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Whistle {
    pub by_unit: UnitCode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_head: Option<String>,
    pub by: i64,
    pub at: Stamp,
    pub text: String,
    pub called: Vec<Called>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Said>,
}

/// A bottom-line flag set by staff.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flag {
    pub at: Stamp,
    /// Who gave it; 0 where that was not kept.
    #[serde(default, skip_serializing_if = "is_nobody")]
    pub by: i64,
    pub flag: BottomLine,
    pub unit: UnitCode,
    pub text: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_nobody(user: &i64) -> bool {
    *user == 0
}

/// A withdrawal that waits for an agent who spoke to the citizen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Withdrawal {
    pub at: Stamp,
    pub reason: String,
}

/// What a merge put aside, so that unmerging restores it as if nothing had been recalled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suspended {
    /// The state before, as JSON (a state is internally tagged; kept apart from maps).
    pub state: super::state::State,
    pub at: Stamp,
    pub works: Vec<(u32, Work)>,
    /// The clocks as they were: `(assignment or 0, clock)`.
    pub timers: Vec<(u32, Timer)>,
    /// When its citizen was last answered by the words to the ticket it was merged into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Stamp>,
}

/// Whether a ticket in `surveying` may be asked again.
pub const fn asks_again(awaits: Awaits) -> bool {
    matches!(awaits, Awaits::Answer)
}
