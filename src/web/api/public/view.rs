//! Web: what leaves the house of a ticket towards its citizen. Its rule: only what `citizen::standing`
//! says, the citizen's own words masked, since the door is opened by a code and not by a person.

use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use crate::citizen::photos::own;
use crate::citizen::standing::{Concern, Doing, Said, standing};
use crate::directory::Kind;
use crate::sealing::mask_text;
use crate::ticket::attachment::{Attachment, AttachmentKind, GoneWhy, Media};
use crate::ticket::overlay::{Contacted, Satisfied, Solved};
use crate::ticket::{Scene, StateName, Ticket};
use crate::web::api::attached::name_of;

/// A ticket, as its citizen may know it.
#[derive(Serialize, ToSchema)]
pub struct CitizenView {
    no: String,
    kind: Kind,
    /// The citizen's own words, with numbers and names masked.
    title: String,
    content: String,
    state: StateName,
    /// Where it stands, in a sentence.
    now: String,
    /// What comes next, and by when.
    next: String,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<AnsweringUnit>,
    limits: Vec<ConcernView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<CitizenSaid>,
    /// What was written for the citizen, and what the citizen added.
    notes: Vec<CitizenSaid>,
    /// What the citizen sent.
    attachments: Vec<CitizenFile>,
    received_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<String>,
    /// What the citizen may do now: paths under `/public`.
    allowed: Vec<Doing>,
}

/// A unit, as the public knows it.
#[derive(Serialize, ToSchema)]
struct AnsweringUnit {
    name: String,
    phones: Vec<UnitPhone>,
}

#[derive(Serialize, ToSchema)]
struct UnitPhone {
    number: String,
    hours: String,
}

#[derive(Serialize, ToSchema)]
struct ConcernView {
    what: Concern,
    name: &'static str,
    until: String,
}

#[derive(Serialize, ToSchema)]
struct CitizenSaid {
    at: String,
    text: String,
    /// Whether the citizen said it.
    own: bool,
}

/// A photo or paper that the citizen sent; it is not given back, since the door is opened by a code.
#[derive(Serialize, ToSchema)]
struct CitizenFile {
    /// What they called it, masked, or what we call it.
    name: String,
    kind: AttachmentKind,
    r#type: Media,
    /// As it is kept: a photo was drawn anew.
    bytes: u64,
    at: String,
    /// Why it is not there (any more), where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    gone: Option<GoneWhy>,
}

/// The ticket for its citizen; `parent` is the one it was merged into.
pub fn view(ticket: &Ticket, parent: Option<&Ticket>, scene: &Scene<'_>) -> CitizenView {
    let zone = scene.profile.zone;
    let mask = |text: &str| mask_text(text, &ticket.names());
    let stands = standing(ticket, parent, scene);
    // What was answered to another caller is an answer to this one, but not that one's name.
    let others: Vec<&str> = parent.into_iter().flat_map(Ticket::names).collect();
    let reply = stands.reply.map(|said| match parent {
        Some(_) => Said { text: mask_text(&said.text, &others), ..said },
        None => said,
    });
    CitizenView {
        no: ticket.no.clone(),
        kind: ticket.kind,
        title: mask(&ticket.title),
        content: mask(&ticket.content),
        state: stands.state,
        now: stands.now,
        next: stands.next,
        unit: stands.unit.map(|unit| AnsweringUnit {
            name: unit.name.clone(),
            phones: unit
                .phones
                .iter()
                .map(|phone| UnitPhone { number: phone.number.clone(), hours: phone.hours.clone() })
                .collect(),
        }),
        limits: stands
            .limits
            .into_iter()
            .map(|(what, at)| ConcernView { what, name: what.zh(), until: at.rfc3339(zone) })
            .collect(),
        reply: reply.map(|said| said_view(said, zone)),
        notes: stands
            .notes
            .into_iter()
            .map(|said| if said.own { Said { text: mask(&said.text), ..said } } else { said })
            .map(|said| said_view(said, zone))
            .collect(),
        attachments: own(ticket).map(|(k, one)| file_view(ticket, k, one, zone)).collect(),
        received_at: ticket.received_at.rfc3339(zone),
        closed_at: ticket.ended_at().map(|at| at.rfc3339(zone)),
        allowed: stands.may,
    }
}

fn said_view(said: Said, zone: Tz) -> CitizenSaid {
    CitizenSaid { at: said.at.rfc3339(zone), text: said.text, own: said.own }
}

fn file_view(ticket: &Ticket, k: u32, one: &Attachment, zone: Tz) -> CitizenFile {
    CitizenFile {
        name: name_of(ticket, k, one),
        kind: one.kind,
        r#type: one.media,
        bytes: one.bytes,
        at: one.at.rfc3339(zone),
        gone: one.gone,
    }
}

/// One of the three questions with the answers it takes.
#[derive(Serialize, ToSchema)]
pub struct SurveyQuestion {
    /// The field of the answer.
    field: &'static str,
    text: String,
    answers: Vec<SurveyChoice>,
}

#[derive(Serialize, ToSchema)]
struct SurveyChoice {
    code: &'static str,
    text: &'static str,
}

/// The three questions (domain.md §5).
pub fn three_questions() -> Vec<SurveyQuestion> {
    use crate::error::sentence;
    let contacted = Contacted::ALL.iter().map(|it| (it.as_str(), it.zh())).collect();
    let solved = Solved::ALL.iter().map(|it| (it.as_str(), it.zh())).collect();
    let satisfied = Satisfied::ALL.iter().map(|it| (it.as_str(), it.zh())).collect();
    let asked = |field, text, answers: Vec<(&'static str, &'static str)>| SurveyQuestion {
        field,
        text,
        answers: answers.into_iter().map(|(code, text)| SurveyChoice { code, text }).collect(),
    };
    vec![
        asked("contacted", sentence("public.question.contacted", &[]), contacted),
        asked("solved", sentence("public.question.solved", &[]), solved),
        asked("satisfied", sentence("public.question.satisfied", &[]), satisfied),
    ]
}
