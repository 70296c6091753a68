//! Web: what leaves the house of a ticket. Its rule: names, phones and addresses are masked for
//! everyone; a handling copy shows the matter and the place to estate level, and no caller at all
//! (domain.md §11). Nothing else serialises a ticket to a client.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::attached::{AttachmentView, views};
pub use super::line::{LineView, line};
use super::marks::{MarkView, RepeatView, is_no_handler};
use super::sides::{SideView, sides};
use crate::directory::{
    AssessmentClass, CategoryCode, Channel, CompanyCode, EstateCode, Kind, RegionCode, UnitCode,
    Urgency,
};
use crate::lifecycle::table;
use crate::limits::{ClockName, Light, Timer};
use crate::sealing::{mask_address, mask_email, mask_name, mask_phone};
use crate::ticket::assignment::Assignment;
use crate::ticket::command::{CommandName, Target};
use crate::ticket::overlay::{
    Attempt, Contacted, ExclusionReason, ExclusionStage, Satisfied, Solved,
};
use crate::ticket::sight::Sight;
use crate::ticket::state::{Awaits, Part, State, StateName, WorkName};
use crate::ticket::{Cited, Scene, Ticket};
use crate::time::Stamp;

/// A ticket, as much as the reader may see.
#[derive(Serialize, ToSchema)]
pub struct TicketView {
    no: String,
    version: i32,
    pub state: StateName,
    kind: Kind,
    channel: Channel,
    urgency: Urgency,
    category: Option<CategoryCode>,
    title: String,
    /// Telephone numbers, identity numbers and the caller's name in it are masked.
    content: String,
    /// Absent on a handling copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<CallerView>,
    place: PlaceView,
    /// The code of the unit that leads (or led).
    pub lead: Option<UnitCode>,
    assignments: Vec<AssignmentView>,
    limits: BTreeMap<ClockName, LimitView>,
    /// The next limit to run out: of the ticket or of its units.
    next_limit: Option<NextLimit>,
    light: Light,
    counts: Counts,
    /// What a ticket in surveying waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    awaits: Option<Awaits>,
    survey: Option<SurveyView>,
    /// The first valid survey, where it is not the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_survey: Option<SurveyView>,
    assessment: AssessmentView,
    pub reply: Option<String>,
    /// The articles that its answer or reply rests on.
    pub articles: Vec<Cited>,
    /// Its files, as many as the reader may see.
    attachments: Vec<AttachmentView>,
    received_at: String,
    closed_at: Option<String>,
    links: Links,
    /// The same caller brought the same matter within the days of `repeat_rate`: where one ticket is asked for,
    /// by whoever reads any ticket; never a unit, never on a handling copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    repeat: Option<RepeatView>,
    /// Two people hold that the caller is vexatious in this matter: shown to the same. It blocks nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    vexatious: Option<MarkView>,
    /// Supervisions and whistles that wait for this reader.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sides: Vec<SideView>,
    /// Whether this reader gets the sealed handling copy.
    handling_copy: bool,
    /// The commands this reader may give now.
    allowed: Vec<&'static str>,
}

impl TicketView {
    /// The same with what is known of the caller's other tickets.
    #[must_use]
    pub fn marked(self, (repeat, vexatious): (Option<RepeatView>, Option<MarkView>)) -> Self {
        Self { repeat, vexatious, ..self }
    }
}

/// Who called, masked.
#[derive(Serialize, ToSchema)]
struct CallerView {
    name: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    anonymous: bool,
    confidential: bool,
    reply_wanted: bool,
    do_not_call: bool,
}

#[derive(Serialize, ToSchema)]
struct PlaceView {
    region: Option<RegionCode>,
    estate: Option<EstateCode>,
    company: Option<CompanyCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
}

/// One unit's part.
#[derive(Serialize, ToSchema)]
pub struct AssignmentView {
    id: String,
    unit: UnitCode,
    role: Part,
    state: WorkName,
    designated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    sent_at: String,
    limits: BTreeMap<ClockName, LimitView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<String>,
    allowed: Vec<&'static str>,
}

/// When a clock runs out, and how it stands.
#[derive(Serialize, ToSchema)]
struct LimitView {
    due_at: String,
    light: Light,
    stopped_at: Option<String>,
    missed: bool,
}

/// What runs out next.
#[derive(Serialize, ToSchema)]
pub struct NextLimit {
    clock: ClockName,
    pub(super) due_at: String,
    light: Light,
    /// Minutes of the working hours in force until then; below zero, since then.
    working_minutes: i64,
}

#[derive(Serialize, ToSchema)]
struct Counts {
    disputes: usize,
    extensions: usize,
    urges: usize,
    reworks: u32,
    attempts: usize,
    /// Tickets of other calls that are merged into it: their callers are answered with it.
    linked: usize,
}

#[derive(Serialize, ToSchema)]
struct SurveyView {
    at: String,
    contacted: Contacted,
    solved: Solved,
    satisfied: Satisfied,
}

#[derive(Serialize, ToSchema)]
struct AssessmentView {
    class: AssessmentClass,
    excluded: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    exclusion: Option<ExclusionView>,
}

#[derive(Serialize, ToSchema)]
struct ExclusionView {
    reason: ExclusionReason,
    stage: ExclusionStage,
}

#[derive(Serialize, ToSchema)]
struct Links {
    #[serde(skip_serializing_if = "Option::is_none")]
    merged_into: Option<String>,
    /// Who else called: for whoever reads any ticket. A unit knows how many they are, in `counts`.
    merged: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<String>,
}

/// The ticket as `scene.actor` may see it.
pub fn ticket(ticket: &Ticket, version: i32, scene: &Scene<'_>, sight: Sight) -> TicketView {
    let copy = sight == Sight::HandlingCopy;
    let shown = Shown { ticket, scene, copy };
    let (first, last) = ticket.valid_surveys();
    TicketView {
        no: ticket.no.clone(),
        version,
        state: ticket.state.name(),
        kind: ticket.kind,
        channel: ticket.channel,
        urgency: ticket.urgency,
        category: ticket.category.clone(),
        title: shown.text(&ticket.title),
        content: shown.text(&ticket.content),
        caller: (!copy).then(|| shown.caller()),
        place: shown.place(),
        lead: ticket.final_lead().map(|(_, lead)| lead.unit.clone()),
        assignments: ticket.assignments.iter().map(|(k, a)| shown.assignment(*k, a)).collect(),
        limits: shown.limits(ticket.timers.values()),
        next_limit: shown.next_limit(),
        light: ticket.light(scene.now),
        counts: shown.counts(),
        awaits: match ticket.state {
            State::Surveying { awaits } => Some(awaits),
            _ => None,
        },
        survey: last.and_then(|attempt| shown.survey(attempt)),
        first_survey: first.filter(|_| first != last).and_then(|attempt| shown.survey(attempt)),
        assessment: AssessmentView {
            class: ticket.class.class,
            excluded: ticket.is_excluded(),
            exclusion: ticket
                .exclusion
                .as_ref()
                .map(|e| ExclusionView { reason: e.reason, stage: e.stage }),
        },
        reply: ticket.reply.as_ref().map(|reply| shown.text(&reply.text)),
        articles: shown.cited(),
        attachments: views(ticket, scene, sight),
        received_at: shown.at(ticket.received_at),
        closed_at: ticket.ended_at().map(|at| shown.at(at)),
        links: shown.links(),
        repeat: None,
        vexatious: None,
        sides: sides(ticket, scene, sight),
        handling_copy: copy,
        allowed: table::allowed(ticket, scene, Target::default())
            .into_iter()
            .map(CommandName::wire)
            .collect(),
    }
}

/// Assignment `k` as its ticket shows it, and what its unit owes next while it is somebody's work.
pub(super) fn part(
    (ticket, k): (&Ticket, u32),
    scene: &Scene<'_>,
    sight: Sight,
) -> Option<(AssignmentView, Option<NextLimit>)> {
    let shown = Shown { ticket, scene, copy: sight == Sight::HandlingCopy };
    let a = ticket.assignments.get(&k)?;
    Some((shown.assignment(k, a), shown.first_of(a.owed())))
}

struct Shown<'a> {
    ticket: &'a Ticket,
    scene: &'a Scene<'a>,
    copy: bool,
}

impl Shown<'_> {
    fn at(&self, at: Stamp) -> String {
        at.rfc3339(self.scene.profile.zone)
    }

    fn text(&self, text: &str) -> String {
        self.ticket.masked(text)
    }

    fn caller(&self) -> CallerView {
        let caller = &self.ticket.caller;
        CallerView {
            name: caller.name.as_ref().map(|name| mask_name(name)),
            phone: caller.phone.as_ref().map(|phone| mask_phone(phone)),
            email: caller.email.as_ref().map(|email| mask_email(email)),
            anonymous: caller.anonymous,
            confidential: caller.confidential,
            reply_wanted: caller.reply_wanted,
            do_not_call: caller.do_not_call,
        }
    }

    fn place(&self) -> PlaceView {
        let place = &self.ticket.place;
        PlaceView {
            region: place.region.clone(),
            estate: place.estate.clone(),
            company: self.ticket.company.clone(),
            address: place.address.as_ref().filter(|_| !self.copy).map(|text| mask_address(text)),
        }
    }

    fn assignment(&self, k: u32, a: &Assignment) -> AssignmentView {
        let target = Target { assignment: Some(k), side: None };
        AssignmentView {
            id: self.ticket.assignment_id(k),
            unit: a.unit.clone(),
            role: a.part,
            state: a.work.name(),
            designated: a.designated,
            parent: a.parent.map(|parent| self.ticket.assignment_id(parent)),
            sent_at: self.at(a.sent_at),
            limits: self.limits(a.all_timers()),
            reply: a.reply.as_ref().map(|reply| self.text(reply)),
            allowed: table::allowed(self.ticket, self.scene, target)
                .into_iter()
                .map(CommandName::wire)
                .collect(),
        }
    }

    fn limits<'t>(
        &self,
        timers: impl Iterator<Item = &'t Timer>,
    ) -> BTreeMap<ClockName, LimitView> {
        timers
            .filter(|timer| !(self.copy && timer.clock == ClockName::Contact))
            .map(|timer| {
                let view = LimitView {
                    due_at: self.at(timer.due_at),
                    light: timer.light(self.scene.now),
                    stopped_at: timer.stopped_at.map(|at| self.at(at)),
                    missed: timer.missed || timer.overdue(self.scene.now),
                };
                (timer.clock, view)
            })
            .collect()
    }

    fn next_limit(&self) -> Option<NextLimit> {
        let parts = self.ticket.assignments.values().flat_map(Assignment::running);
        self.first_of(self.ticket.timers.values().chain(parts))
    }

    fn first_of<'t>(&self, timers: impl Iterator<Item = &'t Timer>) -> Option<NextLimit> {
        timers
            .filter(|timer| timer.runs())
            .filter(|timer| !(self.copy && timer.clock == ClockName::Contact))
            .min_by_key(|timer| timer.due_at)
            .map(|timer| NextLimit {
                clock: timer.clock,
                due_at: self.at(timer.due_at),
                light: timer.light(self.scene.now),
                working_minutes: self.scene.working_minutes(timer),
            })
    }

    /// Internal ones are for the authorities.
    fn cited(&self) -> Vec<Cited> {
        let company = self.copy || self.scene.actor.company;
        self.ticket.cited().iter().filter(|it| it.is_public() || !company).cloned().collect()
    }

    fn counts(&self) -> Counts {
        let all = self.ticket.assignments.values();
        Counts {
            disputes: all
                .clone()
                .map(|a| a.disputes.len() + usize::from(a.is(WorkName::Disputed)))
                .sum(),
            extensions: all.map(|a| a.extensions.len()).sum(),
            urges: self.ticket.urges.len(),
            reworks: self.ticket.reworks(),
            attempts: self.ticket.attempts.len(),
            linked: self.ticket.children.len(),
        }
    }

    fn survey(&self, attempt: &Attempt) -> Option<SurveyView> {
        let (contacted, solved, satisfied) = attempt.answers()?;
        Some(SurveyView { at: self.at(attempt.at), contacted, solved, satisfied })
    }

    fn links(&self) -> Links {
        let ticket = self.ticket;
        Links {
            merged_into: match &ticket.state {
                State::Merged { into } => Some(into.clone()),
                _ => None,
            },
            merged: if is_no_handler(self.scene.actor, ticket, self.scene.directory) {
                ticket.children.clone()
            } else {
                Vec::new()
            },
            previous: ticket.previous.clone(),
            upstream: ticket.upstream.as_ref().map(|upstream| upstream.no.to_string()),
        }
    }
}
