//! Lifecycle: a ticket comes to be. Its rule: made ready before its write, by the caller's own thread,
//! so that the one writer only writes; kept only if the rules are still those it was made by.

use std::sync::Arc;

use chrono::Datelike;
use serde_json::{Value, json};

use super::advise::Sure;
use super::consequences::{self, Change};
use super::decide::{decide, with_state};
use super::hotline::{Hotline, Registered, to_value};
use super::rules::Rules;
use super::table;
use crate::db::{Conn, Tx};
use crate::directory::Channel;
use crate::error::{Error, Kind, Result};
use crate::identity::{Actor, Role};
use crate::intake::{DispatchMode, Draft, duplicate, register, slip};
use crate::routing::catalogue::{Match, Question, match_rules};
use crate::sealing::entropy;
use crate::ticket::command::{Command, CommandName, Dispatch, Merge, Target};
use crate::ticket::event::{self, Event};
use crate::ticket::store::{self, Prepared};
use crate::ticket::{CitizenCode, Mode, Scene, State, Text, Ticket};
use crate::time::Stamp;

/// A ticket made ready: numbered, dispatched where the catalogue knows, sealed, not yet kept.
#[derive(Clone)]
pub struct Arrival {
    pub rules: Arc<Rules>,
    /// The instant of everything in its write.
    pub at: Stamp,
    /// What the citizen is told once.
    pub code: CitizenCode,
    no: String,
    /// The category that nobody gave.
    sure: Option<Sure>,
    prepared: Prepared,
}

/// What a ticket is made of.
struct Coming<'a> {
    draft: &'a Draft,
    no: String,
    id: i64,
    sure: Option<Sure>,
    /// The ticket that it is merged into was answered already: so is this one.
    is_answered: bool,
}

/// A ticket as it begins: registered, with the digits that its caller is told and the event that says so.
struct Opened {
    ticket: Ticket,
    code: CitizenCode,
    event: Event,
}

impl Opened {
    fn of(scene: &Scene<'_>, no: &str, draft: &Draft) -> Result<Self> {
        let mut ticket = register(scene, no.to_owned(), draft)?;
        let code = CitizenCode::issue(&mut entropy(), &ticket.caller);
        ticket.code = Some(code.clone());
        let body = json!({ "kind": draft.kind, "channel": draft.channel });
        let event = Event::by(scene.actor, scene.now, "register", body, Value::Null);
        Ok(Self { ticket, code, event })
    }
}

impl Arrival {
    /// The ticket as it will be kept.
    pub fn ticket(&self) -> &Ticket {
        &self.prepared.ticket
    }

    /// How many events it begins with: its version.
    pub fn version(&self) -> i32 {
        self.prepared.version()
    }

    /// The ticket as loaded, once it was kept.
    fn registered(self) -> Registered {
        Registered { stored: self.prepared.into_stored(), code: self.code }
    }
}

impl Hotline {
    /// Makes `draft` ready under a free number, and dispatched where that is asked and the
    /// catalogue has one most specific answer. A ticket that is not kept leaves a gap in the numbers.
    ///
    /// # Errors
    /// 403; 422 with every wrong field.
    pub fn arrive(&self, actor: &Actor, draft: &Draft) -> Result<Arrival> {
        actor.require(&[Role::Agent, Role::Platform, Role::Citizen, Role::System])?;
        if draft.into.is_some() {
            actor.require(&[Role::Agent, Role::Dispatcher])?;
        }
        let at = self.db.now();
        let rules = match self.rules.newest(at) {
            Some(rules) => rules,
            None => self.db.read(|conn| self.rules.current(conn, at))?,
        };
        if let Some(previous) = &draft.previous {
            self.db.read(|conn| self.see_previous(conn, &rules, actor, previous))?;
        }
        let no = self.db.number(at.in_zone(rules.profile.zone).year())?;
        let id =
            self.db.ids(1)?.first().copied().ok_or_else(|| Error::internal("no identifier"))?;
        let sure =
            if wants_dispatch(draft, actor) { self.sure_of(&rules, draft, at)? } else { None };
        let arrival =
            self.make(&rules, actor, &Coming { draft, no, id, sure, is_answered: false }, at)?;
        if draft.into.is_some() {
            self.db.read(|conn| self.may_link(conn, actor, &arrival))?;
        }
        Ok(arrival)
    }

    /// Whether the ticket that `arrival` was merged into can take it in. A refusal says where that one stands.
    fn may_link(&self, conn: &mut Conn, actor: &Actor, arrival: &Arrival) -> Result<()> {
        let State::Merged { into } = &arrival.ticket().state else { return Ok(()) };
        let parent = self.parent(conn, &arrival.rules, actor, into)?;
        duplicate::may_merge(&arrival.no, &parent.ticket).map_err(|error| {
            let scene = arrival.rules.scene(actor, arrival.at, Mode::Live);
            with_state(error, &parent.ticket, Target::default(), &scene)
        })
    }

    /// What `coming` becomes under `rules`: merged at once, sent where the catalogue knows, or held.
    fn make(
        &self,
        rules: &Arc<Rules>,
        actor: &Actor,
        coming: &Coming<'_>,
        at: Stamp,
    ) -> Result<Arrival> {
        let scene = rules.scene(actor, at, Mode::Live);
        if let Some(sure) = &coming.sure
            && let Some((opened, then)) = by_itself(rules, &scene, coming, sure)?
        {
            return self.ready(rules, coming, opened, Some(then));
        }
        let draft = coming.draft;
        let mut opened = Opened::of(&scene, &coming.no, draft)?;
        if let Some(slip) = &draft.slip {
            opened.ticket.advice =
                slip::advice(&self.keys, slip, draft.matter.category.as_ref(), at)?;
        }
        // The first event's patch is the whole document, which is made only where it is looked at.
        let then = if let Some(into) = &draft.into {
            opened.event.patch = to_value(&opened.ticket)?;
            Some(linked(&scene, &opened, into, coming)?)
        } else if wants_dispatch(draft, actor) {
            opened.event.patch = to_value(&opened.ticket)?;
            by_catalogue(rules, &opened, at)?
        } else {
            None
        };
        self.ready(rules, coming, opened, then)
    }

    /// Sealed, with what followed at once.
    fn ready(
        &self,
        rules: &Arc<Rules>,
        coming: &Coming<'_>,
        opened: Opened,
        then: Option<(Ticket, Event)>,
    ) -> Result<Arrival> {
        let Opened { ticket, code, event } = opened;
        let (at, vault) = (event.at, rules.vault(&self.keys));
        let prepared = match then {
            Some((after, next)) => store::prepare(coming.id, vault, after, &[event, next])?,
            None => store::prepare_new(coming.id, vault, ticket, &event)?,
        };
        let (no, sure) = (coming.no.clone(), coming.sure.clone());
        Ok(Arrival { rules: rules.clone(), at, code, no, sure, prepared })
    }

    /// Keeps what arrived. Where the rules have changed since it was made ready, it is first made
    /// again by those of this write, and that arrival is handed out: the answer is made of it. So it is where
    /// it is merged at once: what that does to the other ticket is of the same instant, and after all that
    /// happened there.
    ///
    /// # Errors
    /// As [`Hotline::arrive`]; `ticket.number_known` where the upstream's number is taken.
    pub fn keep_arrival(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        draft: &Draft,
        arrival: &Arrival,
    ) -> Result<Option<Arrival>> {
        if draft.into.is_none() && self.rules.are_current(tx, &arrival.rules, arrival.at)? {
            keep(tx, arrival)?;
            return Ok(None);
        }
        let rules = self.rules.current(tx.conn, tx.now)?;
        let (no, id, sure) = (arrival.no.clone(), arrival.prepared.id, arrival.sure.clone());
        let into = draft.into.as_ref().map(|into| self.parent(tx.conn, &rules, actor, into));
        let is_answered =
            into.transpose()?.is_some_and(|parent| duplicate::is_answered(&parent.ticket));
        let coming = Coming { draft, no, id, sure, is_answered };
        let again = self.make(&rules, actor, &coming, tx.now)?;
        self.may_link(tx.conn, actor, &again)?;
        keep(tx, &again)?;
        if let State::Merged { into } = &again.ticket().state {
            self.change_other(tx, &again.rules, into, "merge/child", |parent, _| {
                parent.children.push(again.no.clone());
            })?;
        }
        Ok(Some(again))
    }

    /// Takes `draft` in: makes it ready and keeps it, in a write of its own.
    ///
    /// # Errors
    /// As [`Hotline::arrive`] and [`Hotline::keep_arrival`].
    pub fn take_in(self: &Arc<Self>, actor: &Actor, draft: Draft) -> Result<Registered> {
        let turn = self.db.turn();
        let arrival = Arc::new(self.arrive(actor, &draft)?);
        drop(turn);
        let (hotline, actor, ready) = (self.clone(), actor.clone(), arrival.clone());
        let again = self.db.write(move |tx| hotline.keep_arrival(tx, &actor, &draft, &ready))?;
        let arrival = again.unwrap_or_else(|| Arc::unwrap_or_clone(arrival));
        Ok(arrival.registered())
    }
}

/// Keeps it as it is: what was made by the rules of this very write needs no second look at them.
fn keep(tx: &mut Tx<'_>, arrival: &Arrival) -> Result<()> {
    tx.now = arrival.at;
    store::insert_prepared(tx, &arrival.prepared)?;
    let change = Change {
        id: arrival.prepared.id,
        version: arrival.version(),
        before: None,
        after: arrival.ticket(),
        by: 0,
        label: "register",
    };
    consequences::follow(tx, &arrival.rules, &change)
}

/// The ticket with the category that the site's tickets make sure, and how it is sent to its units; nothing
/// where the catalogue has no answer to it.
fn by_itself(
    rules: &Rules,
    scene: &Scene<'_>,
    coming: &Coming<'_>,
    sure: &Sure,
) -> Result<Option<(Opened, (Ticket, Event))>> {
    // What does not fit (a category for other kinds) refuses nobody's ticket.
    let Ok(mut opened) = Opened::of(scene, &coming.no, &sure.of(coming.draft)) else {
        return Ok(None);
    };
    opened.ticket.advice = Some(sure.advice.clone());
    opened.event.body["category_by"] = json!(sure.advice.model.map(|model| model.to_string()));
    opened.event.patch = to_value(&opened.ticket)?;
    let sent = by_catalogue(rules, &opened, scene.now)?;
    Ok(sent.map(|sent| (opened, sent)))
}

/// The new ticket merged at once, by the same decision as the command: no limit but the citizen's own is
/// left of it, and no unit ever hears of it.
fn linked(
    scene: &Scene<'_>,
    Opened { ticket, event, .. }: &Opened,
    into: &Text,
    coming: &Coming<'_>,
) -> Result<(Ticket, Event)> {
    table::require(ticket, scene, CommandName::Merge, Target::default())?;
    let command = Command::Merge(Merge { into: into.clone() });
    let mut after = decide(ticket, &command, Target::default(), scene)?;
    if coming.is_answered {
        duplicate::answered_with_parent(&mut after, scene);
    }
    let patch = event::patch(&event.patch, &to_value(&after)?);
    let body = command.body().map_err(Error::internal)?;
    Ok((after, Event::by(scene.actor, scene.now, "merge", body, patch)))
}

/// `dispatch` defaults to hold for agents and auto otherwise. What is merged at once goes to nobody.
fn wants_dispatch(draft: &Draft, actor: &Actor) -> bool {
    let by_default = if actor.has(Role::Agent) { DispatchMode::Hold } else { DispatchMode::Auto };
    draft.into.is_none()
        && draft.channel != Channel::Open311
        && draft.dispatch.unwrap_or(by_default) == DispatchMode::Auto
}

/// What the catalogue makes of it (the event's patch is the ticket as JSON): the ticket sent to its units, or
/// nothing where no rule or more than one fits, or the lead may not have it.
fn by_catalogue(
    rules: &Rules,
    Opened { ticket, event, .. }: &Opened,
    now: Stamp,
) -> Result<Option<(Ticket, Event)>> {
    let question = Question {
        category: ticket.category.as_ref(),
        region: ticket.region(),
        estate: ticket.estate(),
    };
    let day = now.day(rules.profile.zone);
    let Match::One { outcome, reason } = match_rules(&rules.directory, &question, day) else {
        return Ok(None);
    };
    let dispatch = Dispatch {
        lead: Some(outcome.lead),
        assists: outcome.assists.into_iter().collect(),
        copies: outcome.copies.into_iter().collect(),
        urgency: None,
        designate: false,
        note: None,
    };
    let system = Actor::system();
    let scene = rules.scene(&system, now, Mode::Live);
    let command = Command::Dispatch(dispatch);
    let mut after = match decide(ticket, &command, Target::default(), &scene) {
        Ok(after) => after,
        // The catalogue named a unit that may not have this one: a person decides.
        Err(error) if error.kind() == Kind::Invalid => return Ok(None),
        Err(error) => return Err(error),
    };
    after.matches.push(reason.text);
    let patch = event::patch(&event.patch, &to_value(&after)?);
    let body = command.body().map_err(Error::internal)?;
    Ok(Some((after, Event::by(&system, now, "dispatch", body, patch))))
}
