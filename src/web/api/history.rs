//! Web, `/tickets/{no}/…`: its events, its limits explained, who has seen it, and the clear values
//! for a reason. Its rule: a reveal is on disk before it is answered (domain.md §11).

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::masked::masked_json;
use crate::app::App;
use crate::audit::{self, Entry};
use crate::code_enum;
use crate::db::Conn;
use crate::directory::UnitCode;
use crate::error::{Error, FieldError, Kind, Result};
use crate::identity::{Actor, Role};
use crate::lifecycle::{Hotline, Rules};
use crate::limits::{ClockName, Explanation, Light, Timer, explain};
use crate::privacy::clear;
use crate::ticket::sight::{Sight, sight};
use crate::ticket::state::State;
use crate::ticket::store::{self, Stored};
use crate::ticket::{Text, Ticket};
use crate::time::Stamp;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, IdempotencyKey, RawBody, run, write_once};

/// One accepted command.
#[derive(Serialize, ToSchema)]
pub struct EventView {
    seq: usize,
    at: String,
    actor: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<UnitCode>,
    command: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment: Option<String>,
    /// What was asked, masked; absent on a handling copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
}

/// All of a ticket's events, oldest first.
#[derive(Serialize, ToSchema)]
pub struct Events {
    items: Vec<EventView>,
    next: Option<String>,
}

/// What happened to a ticket.
#[utoipa::path(tag = "tickets", params(("no" = String, Path)), responses(
    (status = 200, body = Events),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/tickets/{no}/events")]
pub async fn events(
    app: web::Data<App>,
    Asker(actor): Asker,
    no: web::Path<String>,
) -> Result<HttpResponse> {
    let hotline = app.hotline.clone();
    run(move || Answer::ok(&events_of(&hotline, &actor, &no)?)).await.map(Answer::respond)
}

/// What happened to the ticket `no`, as `actor` may see it.
///
/// # Errors
/// 404 where it is absent or not for their eyes; so the two below.
pub fn events_of(hotline: &Hotline, actor: &Actor, no: &str) -> Result<Events> {
    look(hotline, actor, no, |conn, seen| {
        let Seen { rules, stored, .. } = seen;
        let story = store::load_events(conn, stored)?;
        let view = |(index, event): (usize, crate::ticket::event::Event)| EventView {
            seq: index + 1,
            at: event.at.rfc3339(rules.profile.zone),
            actor: event.actor,
            unit: event.unit,
            command: event.command,
            assignment: event.assignment.map(|k| stored.ticket.assignment_id(k)),
            body: (!seen.is_copy).then(|| masked_json(&stored.ticket, &event.body)),
        };
        Ok(Events { items: story.into_iter().enumerate().map(view).collect(), next: None })
    })
}

/// A ticket as its reader came upon it.
struct Seen<'a> {
    rules: &'a Rules,
    stored: &'a Stored,
    now: Stamp,
    /// Whether this reader has a handling copy only.
    is_copy: bool,
}

/// What `view` makes of the ticket, for who may see it; 404 for everybody else.
fn look<T>(
    hotline: &Hotline,
    actor: &Actor,
    no: &str,
    view: impl FnOnce(&mut Conn, &Seen<'_>) -> Result<T>,
) -> Result<T> {
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let stored = hotline.see(conn, &rules, actor, no)?;
        let is_copy = sight(&stored.ticket, actor, &rules.directory) == Sight::HandlingCopy;
        view(conn, &Seen { rules: &rules, stored: &stored, now, is_copy })
    })
}

/// A limit with its explanation.
#[derive(Serialize, ToSchema)]
pub struct LimitExplained {
    clock: ClockName,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment: Option<String>,
    starts_at: String,
    due_at: String,
    stopped_at: Option<String>,
    light: Light,
    missed: bool,
    /// The rule in words.
    rule: String,
    /// `name@version`
    profile: String,
    /// `{on, counted, nth?, why}` for each day.
    days: Value,
    /// `{from, to?, reason}`
    pauses: Value,
    /// `{at, reason, from_due, to_due, until, workdays}`
    extensions: Value,
    /// What moved or kept it otherwise: another urgency, another calendar.
    notes: Vec<String>,
}

/// Every limit of a ticket, explained.
#[derive(Serialize, ToSchema)]
pub struct Limits {
    items: Vec<LimitExplained>,
}

/// Why each limit is when it is.
#[utoipa::path(tag = "tickets", params(("no" = String, Path)), responses(
    (status = 200, body = Limits),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/tickets/{no}/limits")]
pub async fn limits(
    app: web::Data<App>,
    Asker(actor): Asker,
    no: web::Path<String>,
) -> Result<HttpResponse> {
    let hotline = app.hotline.clone();
    run(move || Answer::ok(&limits_of(&hotline, &actor, &no)?)).await.map(Answer::respond)
}

/// Why each limit of the ticket `no` is when it is.
pub fn limits_of(hotline: &Hotline, actor: &Actor, no: &str) -> Result<Limits> {
    look(hotline, actor, no, |_, seen| {
        let items = all_limits(&seen.stored.ticket)
            .filter(|(_, timer)| !(seen.is_copy && timer.clock == ClockName::Contact))
            .map(|(assignment, timer)| explained(seen.rules, assignment, timer, seen.now))
            .collect::<Result<Vec<_>>>()?;
        Ok(Limits { items })
    })
}

pub(super) fn all_limits(ticket: &Ticket) -> impl Iterator<Item = (Option<String>, &Timer)> {
    let own = ticket.timers.values().map(|timer| (None, timer));
    let units = ticket.assignments.iter().flat_map(|(k, a)| {
        let id = ticket.assignment_id(*k);
        a.all_timers().map(move |timer| (Some(id.clone()), timer))
    });
    let ledgers =
        ticket.ledgers.iter().flat_map(|it| it.timer.iter().chain(it.progress_timer.as_ref()));
    let whistles = ticket.whistles.values().flat_map(|whistle| &whistle.called);
    own.chain(units)
        .chain(ledgers.map(|timer| (None, timer)))
        .chain(whistles.map(|called| (None, &called.timer)))
}

pub(super) fn explained(
    rules: &Rules,
    assignment: Option<String>,
    timer: &Timer,
    now: Stamp,
) -> Result<LimitExplained> {
    let zone = rules.profile.zone;
    let Explanation { rule, profile, days, pauses, extensions, notes, .. } =
        explain(timer, &rules.calendar);
    let json = |value: serde_json::Result<Value>| value.map_err(Error::internal);
    Ok(LimitExplained {
        clock: timer.clock,
        assignment,
        starts_at: timer.starts_at.rfc3339(zone),
        due_at: timer.due_at.rfc3339(zone),
        stopped_at: timer.stopped_at.map(|at| at.rfc3339(zone)),
        light: timer.light(now),
        missed: timer.missed || timer.overdue(now),
        rule,
        profile,
        days: json(serde_json::to_value(days))?,
        pauses: json(serde_json::to_value(pauses))?,
        extensions: json(serde_json::to_value(extensions))?,
        notes,
    })
}

/// Somebody who has seen a ticket.
#[derive(Serialize, ToSchema)]
pub struct Reader {
    at: String,
    pub user: String,
    /// `ticket.open`, `ticket.attachment`, `ticket.reveal`, `ticket.card` or `ticket.clear_export`
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
}

/// Who has seen a ticket.
#[derive(Serialize, ToSchema)]
pub struct Readers {
    pub items: Vec<Reader>,
}

/// Who has seen this ticket, and who was shown clear values for which purpose.
#[utoipa::path(tag = "tickets", params(("no" = String, Path)), responses(
    (status = 200, body = Readers),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/tickets/{no}/readers")]
pub async fn readers(
    app: web::Data<App>,
    Asker(actor): Asker,
    no: web::Path<String>,
) -> Result<HttpResponse> {
    let hotline = app.hotline.clone();
    run(move || Answer::ok(&readers_of(&hotline, &actor, &no)?)).await.map(Answer::respond)
}

/// Who has seen the ticket `no`.
pub fn readers_of(hotline: &Hotline, actor: &Actor, no: &str) -> Result<Readers> {
    look(hotline, actor, no, |conn, seen| {
        let thing = ("ticket", seen.stored.ticket.no.as_str());
        let lines = audit::readers_of(
            conn,
            thing,
            &["ticket.open", "ticket.attachment", "ticket.reveal", "ticket.card", clear::SEEN],
            500,
        )?;
        let reader = |line: audit::Line| Reader {
            at: line.at.rfc3339(seen.rules.profile.zone),
            user: line.name,
            what: line.action,
            // Typed words; a copy's readers are not to know what they were about.
            purpose: line.purpose.filter(|_| !seen.is_copy),
        };
        Ok(Readers { items: lines.into_iter().map(reader).collect() })
    })
}

code_enum! {
    /// What for.
    pub enum Purpose { Call = "call" "致电诉求人", Other = "other" "其他" }
}

code_enum! {
    /// What may be revealed.
    pub enum Field {
        Name = "name" "姓名",
        Phone = "phone" "电话",
        SecondPhone = "second_phone" "备用电话",
        Email = "email" "邮箱",
        Address = "address" "地址",
        Building = "building" "楼栋",
        Title = "title" "标题",
        Content = "content" "内容",
    }
}

/// What is asked for, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reveal {
    fields: Vec<Field>,
    purpose: Purpose,
    /// Needed for `other`.
    reason: Option<Text>,
}

/// The clear values of what was asked for; null where the ticket has none.
#[derive(Serialize, ToSchema)]
pub struct Revealed {
    fields: BTreeMap<Field, Option<String>>,
}

/// Shows clear values. `call` is for whoever holds the task of calling the citizen; anyone else
/// gives a reason. Each reveal is one audit entry, on disk before the answer.
#[utoipa::path(tag = "tickets", params(("no" = String, Path)), request_body = Reveal, responses(
    (status = 200, body = Revealed),
    (status = 403, description = "a handling copy has no caller; or no task to call", body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[post("/tickets/{no}/reveal")]
pub async fn reveal(
    app: web::Data<App>,
    Asker(actor): Asker,
    no: web::Path<String>,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    let hotline = app.hotline.clone();
    let idem = key.bind(&actor.name, raw.bytes());
    write_once(&app, idem, move |tx| {
        let rules = hotline.rules.current(tx.conn, tx.now)?;
        let stored = hotline.see(tx.conn, &rules, &actor, &no)?;
        if sight(&stored.ticket, &actor, &rules.directory) != Sight::Case {
            return Err(Error::forbidden());
        }
        let asked: Reveal = raw.parse()?;
        check(&asked)?;
        if asked.purpose == Purpose::Call && !holds_the_call(&stored.ticket, &actor) {
            return Err(Error::new(Kind::Forbidden, "reveal.no_call_task"));
        }
        let named: Vec<&str> = asked.fields.iter().map(|field| field.as_str()).collect();
        // Readers of the trail have no purpose of their own: the reason is masked for them.
        let reason = asked.reason.as_ref().map(|reason| stored.ticket.masked(reason));
        let purpose = reason.as_deref().unwrap_or(asked.purpose.as_str());
        let entry = Entry::new((actor.user, &actor.name), "ticket.reveal", ("ticket", &no))
            .for_purpose(purpose)
            .detailed(named.join(","));
        audit::record(tx, &entry)?;
        let fields =
            asked.fields.iter().map(|field| (*field, clear(&stored.ticket, *field))).collect();
        Answer::ok(&Revealed { fields })
    })
    .await
}

fn check(asked: &Reveal) -> Result<()> {
    let mut wrong = Vec::new();
    if asked.fields.is_empty() {
        wrong.push(FieldError::new("/fields", "field.required"));
    }
    if asked.purpose == Purpose::Other && asked.reason.is_none() {
        wrong.push(FieldError::new("/reason", "field.required"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::invalid(wrong)) }
}

/// Whether it is this actor's task to ring the citizen: the clerk of a unit at work, the surveyor
/// while it is surveyed, the agent while it lives.
pub(super) fn holds_the_call(ticket: &Ticket, actor: &Actor) -> bool {
    let works = actor.has_any(&[Role::Handler, Role::UnitHead])
        && ticket.assignments.values().any(|a| a.is_live() && actor.works_for(&a.unit));
    let surveys = actor.has(Role::Surveyor) && matches!(ticket.state, State::Surveying { .. });
    let answers = actor.has(Role::Agent) && ticket.state.is_live();
    works || surveys || answers
}

fn clear(ticket: &Ticket, field: Field) -> Option<String> {
    let text = |text: &Option<Text>| text.as_ref().map(ToString::to_string);
    match field {
        Field::Name => text(&ticket.caller.name),
        Field::Phone => text(&ticket.caller.phone),
        Field::SecondPhone => text(&ticket.caller.second_phone),
        Field::Email => text(&ticket.caller.email),
        Field::Address => text(&ticket.place.address),
        Field::Building => text(&ticket.place.building),
        Field::Title => Some(ticket.title.clone()),
        Field::Content => Some(ticket.content.clone()),
    }
}
