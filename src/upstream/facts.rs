//! Upstream: what an answer says. Its rule: made of the ticket as it was after the answer's own event, so
//! that each try says the same, whatever happened since; nothing of the caller is in it.

use super::{Backfill, Cause, Stage};
use crate::code_enum;
use crate::db::Conn;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::sealing::mask_text;
use crate::ticket::store::{self, Vault};
use crate::ticket::{State, Ticket, event};
use crate::time::Stamp;

code_enum! {
    /// What a form may ask for.
    pub enum Fact {
        MessageId = "message_id" "消息编号",
        UpstreamNo = "upstream_no" "上级平台工单编号",
        No = "no" "本系统工单编号",
        Revision = "revision" "回填版本",
        Cause = "cause" "回填事由",
        Stage = "stage" "办理状态",
        CausedAt = "caused_at" "回填事由发生时间",
        Reply = "reply" "答复内容",
        RepliedAt = "replied_at" "答复时间",
        Unit = "unit" "主办单位代码",
        UnitName = "unit_name" "主办单位",
        Contacted = "contacted" "是否联系",
        Solved = "solved" "解决情况",
        Satisfied = "satisfied" "满意情况",
        SurveyedAt = "surveyed_at" "回访时间",
        Reason = "reason" "原因",
        ClosedAt = "closed_at" "办结时间",
        MergedInto = "merged_into" "并入工单",
        Urges = "urges" "催单次数",
        Reworks = "reworks" "重办次数",
    }
}

/// One value of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    Text(String),
    /// One of our codes, which a form may say in the platform's.
    Code(&'static str),
    At(Stamp),
    Number(i64),
}

/// All that an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts(Vec<(Fact, Said)>);

impl Facts {
    /// The value of `fact`, where the answer has one.
    pub fn get(&self, fact: Fact) -> Option<&Said> {
        self.0.iter().find(|(named, _)| *named == fact).map(|(_, said)| said)
    }

    /// What `owed` says, `source` being the ticket that holds the answer, as of its version.
    pub fn of(owed: &Backfill, source: &Ticket, directory: &Directory) -> Self {
        let stage = if owed.cause == Cause::Merge { Stage::Merged } else { stage_of(source) };
        let mut said = vec![
            (Fact::MessageId, Said::Text(owed.message_id())),
            (Fact::UpstreamNo, Said::Text(owed.upstream_no.clone())),
            (Fact::No, Said::Text(owed.ticket_no.clone())),
            (Fact::Revision, Said::Number(i64::from(owed.revision))),
            (Fact::Cause, Said::Code(owed.cause.as_str())),
            (Fact::Stage, Said::Code(stage.as_str())),
            (Fact::CausedAt, Said::At(owed.caused_at)),
            (Fact::Urges, count(source.urges.len())),
            (Fact::Reworks, Said::Number(i64::from(source.reworks()))),
        ];
        if stage != Stage::Handling {
            // Another caller's answer may name that caller: theirs are masked in it, as in a letter.
            let is_anothers = owed.cause == Cause::Merge;
            said.extend(reply(source).into_iter().map(|(fact, said)| match said {
                Said::Text(text) if is_anothers => {
                    (fact, Said::Text(mask_text(&text, &source.names())))
                }
                said => (fact, said),
            }));
        }
        if let Some((_, lead)) = source.final_lead() {
            let name = directory.unit(&lead.unit).map(|unit| unit.name.clone());
            said.push((Fact::Unit, Said::Text(lead.unit.to_string())));
            said.extend(name.map(|name| (Fact::UnitName, Said::Text(name))));
        }
        if owed.cause == Cause::Merge {
            said.push((Fact::MergedInto, Said::Text(source.no.clone())));
        } else {
            said.extend(survey(source));
            said.extend(source.ended_at().map(|at| (Fact::ClosedAt, Said::At(at))));
        }
        let reason = reason(source).filter(|_| owed.cause != Cause::Merge);
        said.extend(reason.map(|reason| (Fact::Reason, Said::Text(reason))));
        Self(said)
    }
}

fn count(n: usize) -> Said {
    Said::Number(i64::try_from(n).unwrap_or(i64::MAX))
}

/// Where the platform shall see the ticket.
pub const fn stage_of(ticket: &Ticket) -> Stage {
    match ticket.state {
        State::Surveying { .. } => Stage::Answered,
        State::Closed { .. } => Stage::Closed,
        State::Declined { .. } => Stage::Declined,
        State::Diverted { .. } => Stage::Diverted,
        State::Withdrawn { .. } => Stage::Withdrawn,
        State::Merged { .. } => Stage::Merged,
        _ => Stage::Handling,
    }
}

/// What the citizen was told: the lead's composite reply, or the agent's own answer.
fn reply(ticket: &Ticket) -> Vec<(Fact, Said)> {
    let reply = ticket.reply.as_ref().map(|reply| (&reply.text, reply.at));
    let direct = ticket.direct.as_ref().map(|direct| (&direct.text, direct.at));
    let told = reply.into_iter().chain(direct).max_by_key(|(_, at)| *at);
    let Some((text, at)) = told else { return Vec::new() };
    vec![(Fact::Reply, Said::Text(text.clone())), (Fact::RepliedAt, Said::At(at))]
}

/// The last valid survey counts.
fn survey(ticket: &Ticket) -> Vec<(Fact, Said)> {
    let (_, last) = ticket.valid_surveys();
    let Some((last, (contacted, solved, satisfied))) =
        last.and_then(|last| Some((last, last.answers()?)))
    else {
        return Vec::new();
    };
    vec![
        (Fact::Contacted, Said::Code(contacted.as_str())),
        (Fact::Solved, Said::Code(solved.as_str())),
        (Fact::Satisfied, Said::Code(satisfied.as_str())),
        (Fact::SurveyedAt, Said::At(last.at)),
    ]
}

fn reason(ticket: &Ticket) -> Option<String> {
    match &ticket.state {
        State::Declined { reason, told } => Some(crate::error::sentence(
            "upstream.declined",
            &[("reason", reason.zh()), ("told", told)],
        )),
        State::Diverted { service, .. } => Some(crate::error::sentence(
            "upstream.diverted",
            &[("service", service.zh()), ("number", service.as_str())],
        )),
        State::Withdrawn { reason } => Some(reason.clone()),
        _ => None,
    }
}

/// The ticket that holds the answer, as it was then.
///
/// # Errors
/// `ticket.erased` where its key is gone; `not_found`.
pub fn source(conn: &mut Conn, vault: Vault<'_>, owed: &Backfill) -> Result<Ticket> {
    let stored = store::load_by_id(conn, vault, owed.source_id)?.ok_or_else(Error::not_found)?;
    if stored.version == owed.version {
        return Ok(stored.ticket);
    }
    let events = store::load_events(conn, &stored)?;
    let until = usize::try_from(owed.version).unwrap_or_default();
    event::replay(events.iter().take(until))
}
