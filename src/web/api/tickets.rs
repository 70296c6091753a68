//! Web, `/tickets`: taking one in, lists, one ticket, finding a caller's. Its rule: 404 before 403
//! before 422 before 409, so a body is parsed only after its ticket was seen.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::marks::marks;
use super::view::{self, LineView, TicketView};
use crate::app::App;
use crate::audit::{self, Entry};
use crate::directory::{CategoryCode, Channel, EstateCode, Kind, RegionCode, UnitCode};
use crate::error::{Error, FieldError, Result};
use crate::feed;
use crate::identity::{Actor, Role};
use crate::intake::Draft;
use crate::lifecycle::{Arrival, Hotline, Rules};
use crate::limits::Light;
use crate::notify::outbox::GRACE;
use crate::ticket::listing::{self, Filter, Sort};
use crate::ticket::sight::{Scope, scope, sight};
use crate::ticket::state::StateName;
use crate::ticket::store::Stored;
use crate::ticket::store::callers::name_hash;
use crate::ticket::{Mode, Text};
use crate::time::Stamp;
use crate::web::problem::Problem;
use crate::web::{
    Answer, Asker, Body, Caller, IdempotencyKey, Page, Query, RawBody, run, write_once,
    write_prepared,
};

/// A new ticket with the six digits that the agent tells the citizen, once.
#[derive(Serialize, ToSchema)]
pub struct Taken {
    #[serde(flatten)]
    ticket: TicketView,
    /// Six digits; never shown again.
    code: String,
    /// Four digits that the citizen gives where others give the last of their telephone: of a ticket
    /// without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_tail: Option<String>,
    /// For how many seconds whoever took it in may take it back by `undo`, before anybody is written to.
    undo_seconds: i64,
}

/// Takes a ticket in. `dispatch` defaults to hold for agents and to auto otherwise.
#[utoipa::path(tag = "tickets", request_body = Draft,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same key and body give the same ticket")),
    responses(
        (status = 201, body = Taken),
        (status = 200, description = "the city's platform has sent it before: the ticket, without a code", body = TicketView),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "ticket.number_known", body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/tickets")]
pub async fn take_in(
    app: web::Data<App>,
    caller: Caller,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    let (clerk, hotline) = (app.hotline.clone(), app.hotline.clone());
    let once_more = (caller.clone(), key.clone(), raw.clone());
    let ready = move |actor: &Actor, raw: &RawBody| {
        actor.require(&[Role::Agent, Role::Platform])?;
        let draft: Draft = raw.parse()?;
        let arrival = clerk.arrive(actor, &draft)?;
        let answer = taken(actor, &arrival)?;
        Ok(((draft, arrival), answer))
    };
    let done =
        write_prepared(&app, caller, (key, raw), ready, move |tx, actor, (draft, arrival)| {
            let again = hotline.keep_arrival(tx, actor, draft, arrival)?;
            again.map(|arrival| taken(actor, &arrival)).transpose()
        })
        .await;
    match done {
        Err(error) if error.code() == "ticket.number_known" => {
            come_again(&app, once_more, error).await
        }
        done => done,
    }
}

/// The platform sends a ticket that it has sent before: it is answered with that ticket, and what it says
/// otherwise than the last time is noted there. Anybody else is told that the number is known.
async fn come_again(
    app: &web::Data<App>,
    (caller, key, raw): (Caller, IdempotencyKey, RawBody),
    known: Error,
) -> Result<HttpResponse> {
    let house = app.clone();
    let actor = run(move || house.db.read(|conn| caller.actor(conn, &house))).await?;
    if !actor.has(Role::Platform) {
        return Err(known);
    }
    let (idem, hotline) = (key.bind(&actor.name, raw.bytes()), app.hotline.clone());
    write_once(app, idem, move |tx| {
        let draft: Draft = raw.parse()?;
        let (stored, _) = feed::again::again(tx, &hotline, &actor, &draft)?;
        let rules = hotline.rules.current(tx.conn, tx.now)?;
        let version = i64::from(stored.version);
        Ok(Answer::ok(&shown(&rules, &actor, &stored, tx.now))?.versioned(version))
    })
    .await
}

/// 201 with the ticket as `actor` may see it, and the code.
fn taken(actor: &Actor, arrival: &Arrival) -> Result<Answer> {
    let scene = arrival.rules.scene(actor, arrival.at, Mode::Live);
    let seen = sight(arrival.ticket(), actor, &arrival.rules.directory);
    let ticket = view::ticket(arrival.ticket(), arrival.version(), &scene, seen);
    let place = format!("/api/v1/tickets/{}", arrival.ticket().no);
    let phone_tail = arrival.code.say_tail().map(str::to_owned);
    let (code, undo_seconds) = (arrival.code.say().to_owned(), GRACE.num_seconds());
    let taken = Taken { ticket, code, phone_tail, undo_seconds };
    Ok(Answer::created(place, &taken)?.versioned(i64::from(arrival.version())))
}

/// The ticket as `actor` may see it at `now`.
pub fn shown(rules: &Rules, actor: &Actor, stored: &Stored, now: Stamp) -> TicketView {
    let scene = rules.scene(actor, now, Mode::Live);
    view::ticket(
        &stored.ticket,
        stored.version,
        &scene,
        sight(&stored.ticket, actor, &rules.directory),
    )
}

/// One ticket, masked. Opening it is noted once a reader and day.
#[utoipa::path(tag = "tickets", params(("no" = String, Path)), responses(
    (status = 200, body = TicketView),
    (status = 404, description = "absent, or not for this reader's eyes", body = Problem, content_type = "application/problem+json"),
))]
#[get("/tickets/{no}")]
pub async fn one(
    app: web::Data<App>,
    Asker(actor): Asker,
    no: web::Path<String>,
) -> Result<HttpResponse> {
    let hotline = app.hotline.clone();
    run(move || {
        let (shown, version) = opened(&hotline, &actor, &no)?;
        Answer::ok(&shown).map(|answer| answer.versioned(i64::from(version)))
    })
    .await
    .map(Answer::respond)
}

/// The ticket `no` as `actor` may see it, with its version; that they opened it is noted.
///
/// # Errors
/// 404 where it is absent or not for their eyes.
pub fn opened(hotline: &Arc<Hotline>, actor: &Actor, no: &str) -> Result<(TicketView, i32)> {
    let now = hotline.db.now();
    let (answer, version, day) = hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let stored = hotline.see(conn, &rules, actor, no)?;
        let day = now.day(rules.profile.zone);
        let marks = marks(conn, hotline, &rules, actor, (&stored.ticket, now))?;
        let shown = shown(&rules, actor, &stored, now).marked(marks);
        Ok((shown, stored.version, day))
    })?;
    note_opening(hotline, actor, (no, day))?;
    Ok((answer, version))
}

/// Notes that `actor` opened the ticket on `day`, once.
pub(super) fn note_opening(
    hotline: &Arc<Hotline>,
    actor: &Actor,
    (no, day): (&str, NaiveDate),
) -> Result<()> {
    let entry = || Entry::new((actor.user, &actor.name), "ticket.open", ("ticket", no));
    if hotline.db.read(|conn| audit::is_recorded(conn, &entry(), day))? {
        return Ok(());
    }
    let (user, name, no) = (actor.user, actor.name.clone(), no.to_owned());
    hotline.db.write(move |tx| {
        let entry = Entry::new((user, &name), "ticket.open", ("ticket", &no));
        audit::record_once(tx, &entry, day)
    })
}

/// What a list may be narrowed to.
#[derive(Debug, Default, Clone, Serialize, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// One state or several, separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// A unit's code: it or a unit below it works on the ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    /// A category's code, of any level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<CategoryCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estate: Option<EstateCode>,
    /// A region's code, of any level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<RegionCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub light: Option<Light>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// RFC 3339.
    #[param(value_type = Option<String>)]
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_from: Option<Stamp>,
    /// RFC 3339, not included.
    #[param(value_type = Option<String>)]
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_to: Option<Stamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<Sort>,
    /// 1 to 500, 50 where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub struct Lines {
    items: Vec<LineView>,
    next: Option<String>,
}

impl Lines {
    /// Whether the page has no line.
    pub const fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

/// Tickets in this reader's scope, newest first where nothing else is asked.
#[utoipa::path(tag = "tickets", params(ListQuery), responses(
    (status = 200, body = Lines),
    (status = 403, description = "the role sees no cases", body = Problem, content_type = "application/problem+json"),
))]
#[get("/tickets")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<ListQuery>,
) -> Result<HttpResponse> {
    let hotline = app.hotline.clone();
    run(move || Answer::ok(&listed(&hotline, &actor, &query)?)).await.map(Answer::respond)
}

/// The tickets that `query` names, as far as `actor` may see them.
///
/// # Errors
/// 403 for a role that sees no cases; 422 for codes that there are not.
pub fn listed(hotline: &Hotline, actor: &Actor, query: &ListQuery) -> Result<Lines> {
    let limit = Page { limit: query.limit, after: None }.limit()?;
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let filter = filter(query, &rules)?;
        lines(conn, &rules, actor, &filter, now, query.after.as_deref(), limit)
    })
}

fn lines(
    conn: &mut crate::db::Conn,
    rules: &Rules,
    actor: &Actor,
    filter: &Filter,
    now: Stamp,
    after: Option<&str>,
    limit: usize,
) -> Result<Lines> {
    let scope = scope(actor);
    if scope == Scope::Nothing {
        return Err(Error::forbidden());
    }
    let (rows, next) = listing::page(conn, &scope, filter, now, after, limit)?;
    let scene = rules.scene(actor, now, Mode::Live);
    Ok(Lines { items: rows.iter().map(|row| view::line(row, &scene)).collect(), next })
}

/// The query's codes with what lies below them; unknown codes are 422.
pub(super) fn filter(query: &ListQuery, rules: &Rules) -> Result<Filter> {
    let directory = &rules.directory;
    let mut wrong = Vec::new();
    let mut unknown = |name: &str| {
        wrong.push(FieldError::new(format!("/{name}"), "field.unknown_code"));
    };
    let mut states = Vec::new();
    for word in query.state.iter().flat_map(|text| text.split(',')) {
        match word.trim().parse::<StateName>() {
            Ok(state) => states.push(state),
            Err(_) => unknown("state"),
        }
    }
    if query.unit.as_ref().is_some_and(|unit| directory.unit(unit).is_none()) {
        unknown("unit");
    }
    if query.category.as_ref().is_some_and(|code| directory.category(code).is_none()) {
        unknown("category");
    }
    if query.region.as_ref().is_some_and(|code| directory.region(code).is_none()) {
        unknown("region");
    }
    if query.estate.as_ref().is_some_and(|code| directory.estate(code).is_none()) {
        unknown("estate");
    }
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    let regions = query.region.as_ref().map(|outer| {
        let below: BTreeSet<RegionCode> = directory
            .regions()
            .filter(|inner| inner.code == *outer || directory.contains(outer, &inner.code))
            .map(|inner| inner.code.clone())
            .collect();
        below
    });
    Ok(Filter {
        states,
        units: query.unit.as_ref().map(|unit| directory.subtree(unit)),
        categories: query.category.as_ref().map(|code| directory.category_subtree(code)),
        estate: query.estate.clone(),
        regions,
        light: query.light,
        kind: query.kind,
        channel: query.channel,
        received_from: query.received_from,
        received_to: query.received_to,
        sort: query.sort,
        callers: None,
        accusing: BTreeSet::new(),
    })
}

/// Whose tickets are looked for; in a body, so that no name or number stands in a URL.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sought {
    caller_phone: Option<Text>,
    name: Option<Text>,
}

/// Finds a caller's tickets in this reader's scope, by number, by name, or by both.
#[utoipa::path(tag = "tickets", request_body = Sought, params(Page), responses(
    (status = 200, body = Lines),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[post("/tickets/find")]
pub async fn find(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(page): Query<Page>,
    Body(sought): Body<Sought>,
) -> Result<HttpResponse> {
    let limit = page.limit()?;
    let hotline = app.hotline.clone();
    run(move || {
        let phone = sought.caller_phone.as_ref().map(|phone| hotline.keys.phone_hash(phone));
        let name = sought.name.as_ref().map(|name| name_hash(&hotline.keys, name));
        let keys: Vec<String> = phone.into_iter().chain(name).collect();
        let now = hotline.db.now();
        let found = hotline.db.read(|conn| {
            let rules = hotline.rules.current(conn, now)?;
            let filter =
                listing::of_callers(&actor, &rules.directory, &hotline.keys, keys.clone())?;
            if keys.is_empty() {
                return Err(Error::field("/caller_phone", "field.required"));
            }
            lines(conn, &rules, &actor, &filter, now, page.after.as_deref(), limit)
        })?;
        Answer::ok(&found)
    })
    .await
    .map(Answer::respond)
}
