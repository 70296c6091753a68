//! Web, `/calls`: the telephone: its events with the desk's screen-pop, missed calls, figures. Its rule: what
//! leaves is masked; a number in clear is asked for with a reason, like any other.

pub mod missed;

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::period::Period;
use super::view::{self, LineView};
use crate::app::App;
use crate::calls::desk::{HANDS, READERS};
use crate::calls::{self, Call, CallsBy, Figures, Told, figures, store};
use crate::db::Conn;
use crate::error::{Error, Kind, Result};
use crate::identity::Actor;
use crate::limits::span::DAY_MS;
use crate::sealing::{mask_name, mask_phone};
use crate::ticket::listing::{self, Filter};
use crate::ticket::sight::Scope;
use crate::ticket::store::load_by_id;
use crate::ticket::{Mode, StateName};
use crate::time::Stamp;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, IdempotencyKey, Query, RawBody, run, run_long, write_once};

/// Tickets that a screen-pop shows: of those open, and of those that ended.
const OPEN: usize = 10;
const ENDED: usize = 5;

/// Every route about calls.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services
        .service(tell)
        .service(missed::list)
        .service(counted)
        .service(missed::call_back)
        .service(missed::reveal)
        .service(missed::no_ticket)
        .service(one);
}

/// A call, masked.
#[derive(Serialize, ToSchema)]
pub struct CallView {
    call_id: String,
    first_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rang_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    missed: bool,
    /// Masked; absent where it was withheld, or its time is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recording_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    called_back_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    called_back_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    called_back: Option<calls::CalledBack>,
    /// Why it needs no ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_ticket: Option<calls::NoTicket>,
    #[serde(skip_serializing_if = "Option::is_none")]
    no_ticket_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    no_ticket_at: Option<String>,
}

impl CallView {
    fn of(app: &App, call: &Call) -> Result<Self> {
        let shown = |at: Option<Stamp>| at.map(|at| at.rfc3339(app.config.site.zone));
        Ok(Self {
            call_id: call.call_id.clone(),
            first_at: call.first_at.rfc3339(app.config.site.zone),
            rang_at: shown(call.rang_at),
            answered_at: shown(call.answered_at),
            ended_at: shown(call.ended_at),
            missed: call.is_missed(),
            phone: call.phone(&app.keys)?.map(|phone| mask_phone(&phone)),
            agent: call.agent.clone(),
            queue: call.queue.clone(),
            recording_id: call.recording_id.clone(),
            called_back_at: shown(call.called_back_at),
            called_back_by: call.called_back_by.clone(),
            called_back: call.called_back,
            no_ticket: call.no_ticket,
            no_ticket_by: call.no_ticket_by.clone(),
            no_ticket_at: shown(call.no_ticket_at),
        })
    }
}

/// What an agent's screen shows while it rings.
#[derive(Serialize, ToSchema)]
pub struct Pop {
    #[serde(flatten)]
    call: CallView,
    /// Whether this number has called before.
    known: bool,
    /// The name given last, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Whether the caller asked last not to be called.
    do_not_call: bool,
    /// Whether the caller asked last for secrecy.
    confidential: bool,
    /// Tickets of this number received within the profile's time of repeats.
    lately: usize,
    /// Tickets that are still open, newest first.
    open: Vec<LineView>,
    /// The latest of those that ended.
    ended: Vec<LineView>,
}

/// Takes an event of a call: it rang, was answered, ended, was missed. The same event again changes nothing;
/// they may come in any order. The answer is what the agent's screen shows.
#[utoipa::path(tag = "calls", request_body = Told,
    params(("Idempotency-Key" = Option<String>, Header, description = "not needed: the call and its event are known by themselves")),
    responses(
        (status = 200, body = Pop),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/calls")]
pub async fn tell(
    app: web::Data<App>,
    Asker(actor): Asker,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(HANDS)?;
    let idem = key.bind(&actor.name, raw.bytes());
    let house = app.clone();
    write_once(&app, idem, move |tx| {
        let told: Told = raw.parse()?;
        let call = calls::take(tx, &actor, &house.keys, &told)?;
        Answer::ok(&pop(&house, tx.conn, &actor, &call, tx.now)?)
    })
    .await
}

/// A call, with what the agent's screen shows.
#[utoipa::path(tag = "calls", params(("id" = String, Path)), responses(
    (status = 200, body = Pop),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/calls/{id}")]
pub async fn one(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
) -> Result<HttpResponse> {
    actor.require(HANDS)?;
    run(move || {
        let now = app.db.now();
        let pop = app.db.read(|conn| {
            let call = store::one(conn, &id)?.ok_or_else(Error::not_found)?;
            pop(&app, conn, &actor, &call, now)
        })?;
        Answer::ok(&pop)
    })
    .await
    .map(Answer::respond)
}

fn pop(app: &App, conn: &mut Conn, actor: &Actor, call: &Call, now: Stamp) -> Result<Pop> {
    let mut pop = Pop {
        call: CallView::of(app, call)?,
        known: false,
        name: None,
        do_not_call: false,
        confidential: false,
        lately: 0,
        open: Vec::new(),
        ended: Vec::new(),
    };
    let Some(hash) = &call.phone_hash else { return Ok(pop) };
    let rules = app.hotline.rules.current(conn, now)?;
    let scene = rules.scene(actor, now, Mode::Live);
    let states = |live: bool| -> Vec<StateName> {
        StateName::ALL.iter().copied().filter(|state| state.is_live() == live).collect()
    };
    let of_caller = listing::of_callers(actor, &rules.directory, &app.keys, vec![hash.clone()])?;
    let mut rows = |filter: Filter, most| {
        listing::page(conn, &Scope::All, &filter, now, None, most).map(|(rows, _)| rows)
    };
    let open = rows(Filter { states: states(true), ..of_caller.clone() }, OPEN)?;
    let ended = rows(Filter { states: states(false), ..of_caller.clone() }, ENDED)?;
    let since = now.plus_millis(-i64::from(rules.profile.repeat_days) * DAY_MS);
    pop.lately = rows(Filter { received_from: Some(since), ..of_caller }, 100)?.len();
    let newest = open.iter().chain(&ended).max_by_key(|row| (row.received_at, row.id));
    let newest = newest.map(|row| row.id);
    pop.open = open.iter().map(|row| view::line(row, &scene)).collect();
    pop.ended = ended.iter().map(|row| view::line(row, &scene)).collect();
    let vault = rules.vault(&app.keys);
    let Some(newest) = newest else { return Ok(pop) };
    pop.known = true;
    let newest = match load_by_id(conn, vault, newest) {
        // One that was erased says nothing more of its caller.
        Err(error) if error.kind() == Kind::NotFound => None,
        found => found?.map(|stored| stored.ticket),
    };
    if let Some(ticket) = newest {
        pop.name = ticket.caller.name.as_ref().map(|name| mask_name(name));
        pop.do_not_call = ticket.caller.do_not_call;
        pop.confidential = ticket.caller.confidential;
    }
    Ok(pop)
}

/// Which figures.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FiguresQuery {
    /// `2026-10`: the profile's window that ends in October.
    window: Option<String>,
    /// Instead of a window: a day or an RFC 3339 instant, included.
    from: Option<String>,
    /// The last day, included, or an instant, not included.
    to: Option<String>,
    /// Nothing said: the hours of the day.
    group_by: Option<CallsBy>,
}

/// The telephone's figures.
#[derive(Serialize, ToSchema)]
pub struct Counted {
    from: String,
    /// Not included.
    to: String,
    group_by: CallsBy,
    /// Where the figures are defined.
    standard: &'static str,
    rows: Vec<Figures>,
    total: Figures,
}

/// The figures of GB/T 33358-2016: how many calls were connected, and how many within 15 seconds.
#[utoipa::path(tag = "calls", params(FiguresQuery), responses(
    (status = 200, body = Counted),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[get("/calls/figures")]
pub async fn counted(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<FiguresQuery>,
) -> Result<HttpResponse> {
    actor.require(READERS)?;
    run_long(move || {
        let now = app.db.now();
        let (window, facts, zone) = app.db.read(|conn| {
            let rules = app.hotline.rules.current(conn, now)?;
            let (from, to) = (query.from.as_deref(), query.to.as_deref());
            let asked = Period { window: query.window.as_deref(), from, to }.read(&rules)?;
            let window = (asked.start, asked.end);
            Ok((window, store::within(conn, window)?, rules.profile.zone))
        })?;
        let group_by = query.group_by.unwrap_or(CallsBy::Hour);
        let (rows, total) = figures(&facts, group_by, zone);
        Answer::ok(&Counted {
            from: window.0.rfc3339(zone),
            to: window.1.rfc3339(zone),
            group_by,
            standard: "GB/T 33358-2016",
            rows,
            total,
        })
    })
    .await
    .map(Answer::respond)
}
