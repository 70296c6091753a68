//! Web: what runs beside a ticket and waits for its reader: supervisions to be answered or closed, whistles to report
//! in to or to close. Its rule: the command's own judge says what may be done; whoever may do nothing is told nothing.

use serde::Serialize;
use utoipa::ToSchema;

use crate::lifecycle::{decide, table};
use crate::ticket::command::{Command, CommandName, ReportIn, Resulted, Spoken, Target};
use crate::ticket::overlay::Step;
use crate::ticket::sight::Sight;
use crate::ticket::{Scene, Text, Ticket};

/// A supervision or a whistle that waits for this reader.
#[derive(Serialize, ToSchema)]
pub struct SideView {
    /// As in `/tickets/{no}/supervise/{id}/…` or `/tickets/{no}/whistle/{id}/…`.
    id: u32,
    /// Of a supervision; a whistle has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<Step>,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<String>,
    /// What is asked, masked; absent on a handling copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Addresses after the ticket's own, `{id}` filled in, of what this reader may do now.
    allowed: Vec<SideCommand>,
}

/// One thing that may be done.
#[derive(Serialize, ToSchema)]
pub struct SideCommand {
    /// As in the ticket's `allowed`.
    name: &'static str,
    path: String,
}

/// What waits for `scene.actor` beside `ticket`.
pub fn sides(ticket: &Ticket, scene: &Scene<'_>, sight: Sight) -> Vec<SideView> {
    let zone = scene.profile.zone;
    let said = |text: &str| (sight == Sight::Case).then(|| ticket.masked(text));
    let supervised = ticket.supervisions.iter().filter(|(_, it)| it.result.is_none());
    let supervised = supervised.map(|(id, it)| SideView {
        id: *id,
        step: Some(it.step),
        at: it.opened_at.rfc3339(zone),
        due_at: it.due_at.map(|at| at.rfc3339(zone)),
        text: said(&it.text),
        allowed: allowed(ticket, scene, (*id, "supervise"), &supervise()),
    });
    let blown = ticket.whistles.iter().filter(|(_, it)| it.closed.is_none());
    let blown = blown.map(|(id, it)| SideView {
        id: *id,
        step: None,
        at: it.at.rfc3339(zone),
        due_at: None,
        text: said(&it.text),
        allowed: allowed(ticket, scene, (*id, "whistle"), &whistle()),
    });
    supervised.chain(blown).filter(|side| !side.allowed.is_empty()).collect()
}

/// What may be done to a supervision, with any words.
fn supervise() -> Vec<Command> {
    let text = any();
    let answer = text.clone().map(|text| Command::SuperviseAnswer(Spoken { text }));
    let close = text.map(|result| Command::SuperviseClose(Resulted { result }));
    answer.into_iter().chain(close).collect()
}

/// The same of a whistle.
fn whistle() -> Vec<Command> {
    let close = any().map(|result| Command::WhistleClose(Resulted { result }));
    [Command::WhistleReportIn(ReportIn { result: None })].into_iter().chain(close).collect()
}

fn any() -> Option<Text> {
    Text::parse("—").ok()
}

fn allowed(
    ticket: &Ticket,
    scene: &Scene<'_>,
    (id, kind): (u32, &str),
    commands: &[Command],
) -> Vec<SideCommand> {
    let target = Target { assignment: None, side: Some(id) };
    let may = |name: CommandName| table::require(ticket, scene, name, target).is_ok();
    let could = commands.iter().filter(|it| may(it.name()));
    let can = could.filter(|it| decide(ticket, it, target, scene).is_ok());
    can.map(|it| {
        let name = it.name().wire();
        let act = name.rsplit('/').next().unwrap_or(name);
        SideCommand { name, path: format!("{kind}/{id}/{act}") }
    })
    .collect()
}
