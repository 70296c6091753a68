//! Moving: a line becomes the ticket a live site would have had. Its rule: the facts happen again
//! in the order of time through the stations' own functions, so that every limit, miss, rework and
//! return comes out as a live one would.
//!
//! Where the short form leaves something open:
//! * Leads follow each other by `sent_at`; one still at work when the next is sent was recalled.
//! * A review needs a submission: the lead's `replied_at` where it lies since the sending or the
//!   last send-back, else the review's own instant.
//! * A bad valid survey that a reply or a review of the same lead follows was sent back for rework
//!   at the survey's instant.
//! * Closed without any assignment was answered at once; closed without a passed review, a unit
//!   still at work submitted then.
//! * A merge happens at `closed_at`, else at the last fact.

use std::collections::BTreeMap;

use super::facts::{Fact, facts};
use super::history::{Asked, Excluded, History, Sent};
use super::order;
use crate::error::{Error, Result, sentence};
use crate::followup::survey;
use crate::handling::{contact, reply};
use crate::identity::Actor;
use crate::intake::{Draft, duplicate, register};
use crate::lifecycle::Rules;
use crate::limits::ClockName;
use crate::routing::{dispatch, dispute};
use crate::ticket::assignment::{DisputeOutcome, DisputeRecord};
use crate::ticket::command::{ContactBody, ReplyBody, Review, Spoken};
use crate::ticket::overlay::{Attempt, Exclusion, ExclusionStage, Triage, Way};
use crate::ticket::state::{Awaits, Closing, WorkName};
use crate::ticket::{Class, Direct, Matter, Mode, Part, Place, Scene, State, Text, Ticket};
use crate::time::Stamp;

/// Who acts in an import.
pub fn importer() -> Actor {
    Actor { name: "import".to_owned(), ..Actor::system() }
}

/// The ticket of `history` as of `now`.
///
/// # Errors
/// `invalid` with every wrong field: unknown codes, times out of order, facts that cannot follow
/// each other.
pub fn replay(history: &History, rules: &Rules, now: Stamp) -> Result<Ticket> {
    let wrong = order::faults(history, &rules.directory, now);
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    let actor = importer();
    let ticket = begin(history, &rules.scene(&actor, history.received_at, Mode::History))?;
    let facts = facts(history);
    let mut story = Story { history, ticket, keys: BTreeMap::new() };
    for (place, (at, fact)) in facts.iter().enumerate() {
        let later = facts.get(place + 1..).unwrap_or_default();
        story.happen(*fact, &rules.scene(&actor, *at, Mode::History), later)?;
    }
    let mut ticket = story.ticket;
    ticket.exclusion = history.exclusion.as_ref().map(excluded);
    Ok(ticket)
}

fn begin(history: &History, scene: &Scene<'_>) -> Result<Ticket> {
    let draft = Draft {
        kind: history.kind,
        channel: history.channel,
        dispatch: None,
        received_at: Some(history.received_at),
        received_reason: None,
        upstream: history.upstream.clone(),
        call: None,
        caller: history.caller.clone(),
        matter: Matter {
            title: history.title.clone(),
            content: history.content.clone(),
            category: history.category.clone(),
            urgency: Some(history.urgency.unwrap_or(scene.profile.default_urgency)),
            event_time: None,
            accused: None,
            tags: Vec::new(),
        },
        place: Place {
            region: history.region.clone(),
            estate: history.estate.clone(),
            building: history.building.clone(),
            address: history.address.clone(),
            point: None,
        },
        previous: None,
        slip: None,
        into: None,
    };
    let mut ticket = register(scene, history.no.clone(), &draft)?;
    if let Some(class) = history.assessment_class {
        ticket.class = Class { class, chosen: true };
    }
    Ok(ticket)
}

struct Story<'a> {
    history: &'a History,
    ticket: Ticket,
    /// Place in the line → key in the ticket.
    keys: BTreeMap<usize, u32>,
}

impl Story<'_> {
    fn happen(&mut self, fact: Fact, scene: &Scene<'_>, later: &[(Stamp, Fact)]) -> Result<()> {
        match fact {
            Fact::Sent(i, part) => {
                self.send(i, part, scene);
                Ok(())
            }
            Fact::Signed(i) => self.sign(i, scene),
            Fact::Contact(i, j) => self.contact(i, j, scene),
            Fact::Returned(i) => self.give_back(i, scene),
            Fact::Replied(i, Part::Lead) => self.reply(i, scene),
            Fact::Replied(i, _) => self.assist_reply(i, scene),
            Fact::Reviewed(i) => self.review(i, scene),
            Fact::Asked(i) => self.ask(i, scene, later),
            Fact::Ended => {
                self.end(scene);
                Ok(())
            }
        }
    }

    fn fact(&self, i: usize) -> Result<(&Sent, u32)> {
        let sent = self.history.assignments.get(i);
        let key = self.keys.get(&i);
        sent.zip(key.copied()).ok_or_else(|| misplaced(i, "sent_at"))
    }

    fn work(&self, k: u32) -> Option<WorkName> {
        self.ticket.assignments.get(&k).map(|assignment| assignment.work.name())
    }

    fn send(&mut self, i: usize, part: Part, scene: &Scene<'_>) {
        let Some(sent) = self.history.assignments.get(i) else { return };
        let ticket = &mut self.ticket;
        if part == Part::Lead {
            let former = ticket.live_lead();
            let place = self.keys.iter().find(|(_, k)| Some(**k) == former).map(|(i, _)| *i);
            if let (Some(former), Some(place)) = (former, place) {
                let facts = self.history.assignments.get(place);
                if facts.is_some_and(|facts| facts.returned_at == Some(scene.now)) {
                    void(ticket, scene, former);
                } else if let Some(assignment) = ticket.assignments.get_mut(&former) {
                    dispatch::recall_one(assignment, scene, "redispatched");
                    ticket.back_to_accepted(scene);
                }
            }
            ticket.stop_clock(ClockName::Dispatch, scene.now);
            ticket.timers.retain(|clock, timer| *clock != ClockName::Survey || !timer.is_open());
        }
        let k = dispatch::open(ticket, scene, &sent.unit, part);
        if part == Part::Lead {
            ticket.state = State::InUnits { lead: k };
        }
        self.keys.insert(i, k);
    }

    fn sign(&mut self, i: usize, scene: &Scene<'_>) -> Result<()> {
        let (sent, k) = self.fact(i)?;
        if sent.role == Part::Copy {
            return Ok(());
        }
        match self.work(k) {
            Some(WorkName::Sent) => contact::sign(&mut self.ticket, scene, k),
            // The reply passed meanwhile; that the unit signed late is a fact all the same.
            Some(WorkName::Done) => {
                let assignment = self.ticket.assignments.get_mut(&k);
                if let Some(timer) = assignment.and_then(|a| a.timers.get_mut(&ClockName::Sign)) {
                    timer.stop(scene.now);
                }
                Ok(())
            }
            _ => Err(misplaced(i, "signed_at")),
        }
    }

    fn contact(&mut self, i: usize, j: usize, scene: &Scene<'_>) -> Result<()> {
        let (sent, k) = self.fact(i)?;
        let Some(tried) = sent.contacts.get(j) else { return Ok(()) };
        if self.work(k).is_none_or(WorkName::is_void) {
            return Err(misplaced(i, &format!("contacts/{j}/at")));
        }
        let text = tried.text.as_deref().and_then(|text| Text::parse(text).ok());
        let body = ContactBody { outcome: tried.outcome, text, at: None };
        contact::contact(&mut self.ticket, scene, k, &body)
    }

    /// "Not ours" was upheld; when it was asked is not known.
    fn give_back(&mut self, i: usize, scene: &Scene<'_>) -> Result<()> {
        let (_, k) = self.fact(i)?;
        match self.work(k) {
            Some(WorkName::Returned) => Ok(()),
            Some(work) if work.is_live() => {
                void(&mut self.ticket, scene, k);
                Ok(())
            }
            _ => Err(misplaced(i, "returned_at")),
        }
    }

    fn reply(&mut self, i: usize, scene: &Scene<'_>) -> Result<()> {
        let (sent, k) = self.fact(i)?;
        let text = sent.reply.as_deref().map_or_else(no_text, said)?;
        if self.ticket.state != (State::InUnits { lead: k }) {
            return Err(misplaced(i, "replied_at"));
        }
        let body = plain_reply(text);
        reply::reply(&mut self.ticket, scene, k, &body)
    }

    fn assist_reply(&mut self, i: usize, scene: &Scene<'_>) -> Result<()> {
        let (sent, k) = self.fact(i)?;
        let text = sent.reply.as_deref().map_or_else(no_text, said)?;
        match self.work(k) {
            _ if sent.role == Part::Copy => Ok(()),
            Some(work) if work.is_live() => {
                reply::assist_reply(&mut self.ticket, scene, k, &Spoken { text })
            }
            // It came after the lead's reply had passed: kept, but it ended then.
            Some(WorkName::Done) => {
                if let Some(assignment) = self.ticket.assignments.get_mut(&k) {
                    assignment.reply = Some(text.into_string());
                }
                Ok(())
            }
            _ => Err(misplaced(i, "replied_at")),
        }
    }

    fn review(&mut self, i: usize, scene: &Scene<'_>) -> Result<()> {
        let Some(review) = self.history.reviews.get(i) else { return Ok(()) };
        if let State::InUnits { lead } = self.ticket.state {
            self.submit(lead, scene)?;
        }
        if !matches!(self.ticket.state, State::Replied { .. }) {
            return Err(Error::field(format!("/reviews/{i}/at"), "import.nothing_to_review"));
        }
        let body = Review { pass: review.pass, reason: review.reason.clone() };
        reply::review(&mut self.ticket, scene, &body)
    }

    /// A reply that the line tells of by its review only. Its text is known where it was sent in
    /// once and no time was kept of it.
    fn submit(&mut self, lead: u32, scene: &Scene<'_>) -> Result<()> {
        let place = self.keys.iter().find(|(_, k)| **k == lead).map(|(i, _)| *i);
        let sent = place.and_then(|i| self.history.assignments.get(i));
        let text = sent.and_then(|sent| sent.reply.as_deref());
        let known = self.ticket.reply.as_ref().map(|reply| reply.text.clone());
        let text = text.or(known.as_deref()).map_or_else(no_text, said)?;
        let body = plain_reply(text);
        reply::reply(&mut self.ticket, scene, lead, &body)
    }

    fn ask(&mut self, i: usize, scene: &Scene<'_>, later: &[(Stamp, Fact)]) -> Result<()> {
        let Some(asked) = self.history.surveys.get(i) else { return Ok(()) };
        let attempt = attempt(asked, &self.ticket, scene);
        let (valid, bad) = (attempt.answers().is_some(), attempt.is_bad());
        self.ticket.attempts.push(attempt);
        if valid {
            self.ticket.stop_clock(ClockName::Survey, scene.now);
        }
        if !bad || !self.ticket.state.is_live() {
            return Ok(());
        }
        let next = later.iter().find(|(_, fact)| {
            let leads = matches!(fact, Fact::Sent(_, Part::Lead) | Fact::Replied(_, Part::Lead));
            leads || matches!(fact, Fact::Reviewed(_))
        });
        let goes_on = next.is_some_and(|(_, fact)| !matches!(fact, Fact::Sent(..)));
        match self.ticket.state {
            State::Surveying { .. } | State::Replied { .. } if goes_on => {
                survey::rework(&mut self.ticket, scene)?;
                let triage = Triage { at: scene.now, why: None, rework: true };
                self.ticket.triages.push(triage);
            }
            State::InUnits { .. } if goes_on => {}
            _ => self.ticket.state = State::Surveying { awaits: Awaits::Triage },
        }
        Ok(())
    }

    fn end(&mut self, scene: &Scene<'_>) {
        let ticket = &mut self.ticket;
        if let Some(into) = &self.history.merged_into {
            duplicate::merge(ticket, scene, into);
            return;
        }
        let closing = if self.history.assignments.is_empty() {
            let text = sentence("import.no_text", &[]);
            ticket.direct = Some(Direct { at: scene.now, text, article: None, cited: vec![] });
            ticket.note_handling_time(scene);
            if !ticket.class.chosen {
                let class = scene.profile.assessment.direct_class;
                ticket.class = Class { class, chosen: false };
            }
            Closing::Answered
        } else {
            how_closed(ticket)
        };
        for assignment in ticket.assignments.values_mut().filter(|a| a.is_live()) {
            reply::submit(assignment, scene);
            assignment.end_with_the_reply();
            assignment.work = crate::ticket::state::Work::Done { at: scene.now };
        }
        for clock in [ClockName::Dispatch, ClockName::Overall, ClockName::Survey] {
            ticket.stop_clock(clock, scene.now);
        }
        ticket.end(State::Closed { how: closing }, scene.now);
    }
}

/// Returned: an upheld dispute of which only the end is known.
fn void(ticket: &mut Ticket, scene: &Scene<'_>, k: u32) {
    dispute::return_it(ticket, scene, k);
    if let Some(assignment) = ticket.assignments.get_mut(&k) {
        assignment.disputes.push(DisputeRecord {
            asked_at: scene.now,
            decided_at: scene.now,
            outcome: DisputeOutcome::Upheld,
            reason: sentence("import.no_text", &[]),
        });
    }
    if ticket.state == (State::Replied { lead: k }) {
        ticket.back_to_accepted(scene);
    }
}

fn how_closed(ticket: &Ticket) -> Closing {
    match ticket.valid_surveys().1 {
        Some(last) if last.is_bad() => Closing::AsItStands,
        Some(_) => Closing::Surveyed,
        None if !ticket.attempts.is_empty() => Closing::Exhausted,
        None if !ticket.survey_is_due() => Closing::NoneDue,
        None => Closing::Imported,
    }
}

fn attempt(asked: &Asked, ticket: &Ticket, scene: &Scene<'_>) -> Attempt {
    Attempt {
        at: scene.now,
        by: scene.actor.user,
        way: Way::Phone,
        round: ticket.reworks(),
        outcome: asked.outcome,
        contacted: asked.contacted,
        solved: asked.solved,
        satisfied: asked.satisfied,
        bottom_line: asked.bottom_line.clone(),
        prompted: asked.prompted,
        comment: asked.comment.clone(),
        again_at: None,
    }
}

fn excluded(facts: &Excluded) -> Exclusion {
    Exclusion {
        reason: facts.reason,
        evidence: sentence("import.no_text", &[]),
        asked_at: facts.asked_at,
        asked_by: 0,
        endorsed_by: None,
        stage: match facts.approved {
            Some(true) => ExclusionStage::Approved,
            Some(false) => ExclusionStage::Refused,
            None => ExclusionStage::ToDecide,
        },
        decided_by: facts.decided_at.map(|_| 0),
        refused_by: None,
        decided_at: facts.decided_at,
        decision: None,
        appeal: None,
        appealed_by: None,
    }
}

fn misplaced(i: usize, name: &str) -> Error {
    Error::field(format!("/assignments/{i}/{name}"), "import.order")
}

fn said(text: &str) -> Result<Text> {
    Text::parse(text).or_else(|_| no_text())
}

/// What stands where an older system kept no text.
fn no_text() -> Result<Text> {
    Text::parse(&sentence("import.no_text", &[])).map_err(Error::internal)
}

/// A reply of which only the words are known.
fn plain_reply(text: Text) -> ReplyBody {
    let (articles, acknowledge, cited) = (vec![], vec![], vec![]);
    ReplyBody { text, assists_summary: None, promise: None, articles, acknowledge, cited }
}
