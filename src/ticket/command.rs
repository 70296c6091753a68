//! Ticket: every command of contract.md's tables with its body. Its rule: a body is parsed here,
//! at the door; what is parsed needs no second look at its form.

use chrono::NaiveDate;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::assignment::{ContactOutcome, Point};
use super::cited::Cited;
use super::citizen::{Caller, Place};
use super::overlay::{
    BottomLine, Contacted, ExclusionReason, Outcome, Promise, Satisfied, Solved, Step, Way, Why,
};
use super::state::{DeclineReason, Service};
use super::text::Text;
use crate::code_enum;
use crate::directory::{AssessmentClass, CategoryCode, Kind, UnitCode, Urgency};
use crate::error::Result;
use crate::time::Stamp;

/// Whatever can read a body of a given form: the web's raw JSON, or a stored event.
pub trait Parser {
    /// Errors name the field and the reason.
    fn parse<T: DeserializeOwned>(&self) -> Result<T>;
}

/// Makes `CommandName`, `Command` and the parsing of one by its name.
macro_rules! commands {
    ($($(#[$meta:meta])* $variant:ident($body:ty) = $name:tt $zh:literal),+ $(,)?) => {
        code_enum! {
            /// The name of a command, as in the URL.
            pub enum CommandName { $($(#[$meta])* $variant = $name $zh),+ }
        }

        /// A command with its body.
        #[expect(clippy::large_enum_variant, reason = "one at a time, and never kept")]
        #[derive(Debug, Clone, PartialEq)]
        pub enum Command { $($variant($body)),+ }

        impl Command {
            pub const fn name(&self) -> CommandName {
                match self { $(Self::$variant(_) => CommandName::$variant),+ }
            }
            /// Reads the body of the command called `name`.
            pub fn parse<P: Parser>(name: CommandName, body: &P) -> Result<Self> {
                match name { $(CommandName::$variant => body.parse().map(Self::$variant)),+ }
            }
            /// The body as JSON, for the event.
            pub fn body(&self) -> serde_json::Result<serde_json::Value> {
                match self { $(Self::$variant(body) => serde_json::to_value(body)),+ }
            }
        }
    };
}

commands! {
    Amend(Amend) = "amend" "更正",
    Answer(Answer) = "answer" "直接答复",
    Decline(Decline) = "decline" "不予受理",
    Divert(Divert) = "divert" "转紧急",
    Consult(Consult) = "consult" "会商",
    ConsultConclude(Conclude) = "consult/conclude" "会商结论",
    Dispatch(Dispatch) = "dispatch" "派单",
    Recall(Reasoned) = "recall" "收回",
    Merge(Merge) = "merge" "并单",
    Unmerge(Nothing) = "unmerge" "撤销并单",
    Urge(Spoken) = "urge" "催单",
    Withdraw(Reasoned) = "withdraw" "撤单",
    WithdrawConfirm(WithdrawConfirm) = "withdraw/confirm" "确认撤单",
    Note(NoteBody) = "note" "备注",
    Reply(ReplyBody) = "reply" "答复",
    Review(Review) = "review" "审核",
    Survey(Survey) = "survey" "回访",
    SurveyAgain(Rearrange) = "survey/again" "改约回访",
    Triage(TriageBody) = "triage" "研判",
    Reopen(Reasoned) = "reopen" "重新受理",
    Supervise(Supervise) = "supervise" "督办",
    SuperviseAnswer(Spoken) = "supervise/answer" "督办反馈",
    SuperviseClose(Resulted) = "supervise/close" "督办销号",
    Ledger(LedgerBody) = "ledger" "申请挂账",
    LedgerDecide(Decide) = "ledger/decide" "挂账审核",
    LedgerProgress(Spoken) = "ledger/progress" "挂账进展",
    LedgerWriteOff(WriteOff) = "ledger/write-off" "销号",
    LedgerCancel(Reasoned) = "ledger/cancel" "撤销挂账",
    Exclude(Exclude) = "exclude" "申请剔除",
    ExcludeDecide(Decide) = "exclude/decide" "剔除审核",
    ExcludeConfirm(ExcludeConfirm) = "exclude/confirm" "剔除复核",
    ExcludeAppeal(Spoken) = "exclude/appeal" "申诉",
    ExcludeAppealDecide(Decide) = "exclude/appeal/decide" "申诉裁定",
    Classify(Classify) = "classify" "考核分类",
    Flag(FlagBody) = "flag" "触线标记",
    Whistle(WhistleBody) = "whistle" "吹哨",
    WhistleReportIn(ReportIn) = "whistle/report-in" "报到",
    WhistleClose(Resulted) = "whistle/close" "吹哨办结",
    Sign(Nothing) = "sign" "签收",
    Contact(ContactBody) = "contact" "联系诉求人",
    Progress(ProgressBody) = "progress" "进展",
    AssistReply(Spoken) = "assist-reply" "协办答复",
    Accept(Nothing) = "accept" "采纳协办答复",
    SendBack(Reasoned) = "send-back" "退回协办答复",
    Dispute(Dispute) = "dispute" "派单异议",
    DisputeDecide(DisputeDecide) = "dispute/decide" "异议裁定",
    Extend(Extend) = "extend" "申请延期",
    ExtendDecide(Decide) = "extend/decide" "延期审核",
    Endorse(Endorse) = "endorse" "负责人签批",
    SubDispatch(SubDispatch) = "sub-dispatch" "下派",
    AssignmentRecall(Reasoned) = "recall-assignment" "收回子单",
}

/// Where a command is aimed inside its ticket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Target {
    /// The assignment, for an assignment's command.
    pub assignment: Option<u32>,
    /// The supervision or the whistle.
    pub side: Option<u32>,
}

macro_rules! bodies {
    ($($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident : $type:ty),* $(,)? })+) => {
        $($(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$fmeta])* pub $field: $type),* })+
    };
}

bodies! {
    /// No field at all: `{}`.
    Nothing {}
    Reasoned { reason: Text }
    Spoken { text: Text }
    Resulted { result: Text }
    /// A yes or no with its reason (required for a no).
    Decide {
        approve: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Text>,
    }
    Amend { fields: Fields, reason: Text }
    /// What an amendment may change; what is absent stays.
    #[derive(Default)]
    Fields {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<Kind>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        urgency: Option<Urgency>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        category: Option<CategoryCode>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<Text>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content: Option<Text>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        accused: Option<Text>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tags: Option<Vec<Text>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<Place>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caller: Option<Caller>,
    }
    Answer {
        text: Text,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        article: Option<Text>,
        /// What the guard asks about and whoever answers has looked at.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        acknowledge: Vec<Doubt>,
        /// What the article said then: filled in by the program, never by a client.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        cited: Vec<Cited>,
    }
    Decline {
        reason: DeclineReason,
        told: Text,
        /// What the guard asks about and whoever declines has looked at.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        acknowledge: Vec<Doubt>,
    }
    Divert {
        service: Service,
        #[schema(value_type = String, format = DateTime)]
        at: Stamp,
    }
    Consult { units: Vec<UnitCode>, text: Text }
    Conclude {
        minutes: Text,
        lead: UnitCode,
        #[serde(default)]
        assists: Vec<UnitCode>,
        #[serde(default)]
        designate: bool,
    }
    Dispatch {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lead: Option<UnitCode>,
        #[serde(default)]
        assists: Vec<UnitCode>,
        #[serde(default)]
        copies: Vec<UnitCode>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        urgency: Option<Urgency>,
        #[serde(default)]
        designate: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Text>,
    }
    Merge { into: Text }
    WithdrawConfirm { confirmed: bool, how: Text }
    NoteBody {
        text: Text,
        #[serde(default)]
        public: bool,
        /// Of a public one: what the guard asks about and whoever writes it has looked at.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        acknowledge: Vec<Doubt>,
    }
    ReplyBody {
        text: Text,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assists_summary: Option<Text>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        promise: Option<Promise>,
        /// The articles that it rests on, at most 10.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        articles: Vec<Text>,
        /// What the guard asked about and is meant so.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        acknowledge: Vec<Doubt>,
        /// What the articles said then: filled in by the program, never by a client.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        cited: Vec<Cited>,
    }
    Review {
        pass: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Text>,
    }
    Survey {
        outcome: Outcome,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contacted: Option<Contacted>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        solved: Option<Solved>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        satisfied: Option<Satisfied>,
        #[serde(default)]
        bottom_line: Vec<BottomLine>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prompted: Option<bool>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<Text>,
        /// How a citizen answered: by link where nothing is said. Not for surveyors.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        way: Option<Way>,
        /// When the citizen asked to be rung again, said in a call that brought no full answer; it uses an attempt like
        /// any other. Not for citizens.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>, format = DateTime)]
        again_at: Option<Stamp>,
    }
    /// Another time for an appointment, or that it is cancelled: the citizen rang back.
    Rearrange {
        /// When to ring.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>, format = DateTime)]
        again_at: Option<Stamp>,
        /// No time is agreed on any more; `again_at` is absent then.
        #[serde(default)]
        cancel: bool,
        /// What the citizen said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Text>,
    }
    TriageBody { why: Why, rework: bool }
    Supervise {
        step: Step,
        text: Text,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>, format = DateTime)]
        due_at: Option<Stamp>,
        /// Units on the ticket that it is addressed to, each answering for itself; the lead where none is named.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        units: Vec<UnitCode>,
    }
    LedgerBody { grounds: Text, plan: Text, promised_at: Day }
    WriteOff {
        /// The reply that the citizen reads once the reviewer has passed it.
        proof: Text,
        /// What the guard asks about and is meant so.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        acknowledge: Vec<Doubt>,
    }
    Exclude { reason: ExclusionReason, evidence: Text }
    /// The second reviewer's word; what says nothing is a yes, and a no needs its reason.
    ExcludeConfirm {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        approve: Option<bool>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Text>,
    }
    Classify { assessment_class: AssessmentClass, reason: Text }
    FlagBody { flag: BottomLine, unit: UnitCode, text: Text }
    WhistleBody { units: Vec<UnitCode>, text: Text }
    ReportIn {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        result: Option<Text>,
    }
    ContactBody {
        outcome: ContactOutcome,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Text>,
        /// When it was, as typed: information only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>, format = DateTime)]
        at: Option<Stamp>,
    }
    ProgressBody {
        text: Text,
        #[serde(default)]
        points: Vec<Point>,
    }
    Dispute { reason: Text, grounds: Text }
    DisputeDecide { uphold: bool, reason: Text }
    Extend {
        until: Day,
        /// They stand in the paper that tells the citizen of it.
        grounds: Text,
        caller_told: bool,
        /// What the guard asks about and is meant so.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        acknowledge: Vec<Doubt>,
    }
    Endorse {
        request: Request,
        approve: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Text>,
    }
    SubDispatch {
        unit: UnitCode,
        #[schema(value_type = String, format = DateTime)]
        due_at: Stamp,
    }
}

code_enum! {
    /// What in a reply may be another case's, or nothing at all.
    pub enum Doubt {
        Estate = "estate" "其他小区",
        Building = "building" "楼栋房号",
        Person = "person" "姓名称谓",
        Phone = "phone" "电话号码",
        Ticket = "ticket" "其他工单号",
        Copied = "copied" "其他工单的答复",
        Formula = "formula" "通篇套话",
        Policy = "policy" "未写明政策依据",
    }
}

code_enum! {
    /// What a handler asked and the unit head endorses.
    pub enum Request {
        Extend = "extend" "延期",
        Ledger = "ledger" "挂账",
        Exclude = "exclude" "剔除",
    }
}

/// A day, typed as `2026-10-20` or as an RFC 3339 time on that day (its own offset's date).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = Date)]
pub struct Day(pub NaiveDate);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse::<NaiveDate>()
            .or_else(|_| chrono::DateTime::parse_from_rfc3339(&text).map(|at| at.date_naive()))
            .map(Self)
            .map_err(|_| serde::de::Error::custom("field.format"))
    }
}
